// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that loads of programs work in. Who loads one program often loads
 * many: the last load's block is kept for the next, a second at most, since
 * the kernel would clear it again.
 */
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "core/scratch.h"
#include "scratch_spare.h"

#define KEEP	(8UL << 20)	/* bytes at most: of a program of 80,000 instructions */
#define LARGE	16384		/* bytes; below that, kvmalloc() is cheaper */

static struct mbpf_scratch_block *spare;	/* owned by who takes it by xchg() */

static void drop(struct work_struct *work)
{
	kvfree(xchg(&spare, NULL));
}

static DECLARE_DELAYED_WORK(drop_work, drop);

void *mbpf_os_scratch_take(size_t *size, size_t want, bool *zero)
{
	struct mbpf_scratch_block *block = xchg(&spare, NULL);

	if (want <= KEEP)
		*size = max(*size, want);
	*zero = !block || block->size < *size;
	if (!*zero) {
		*size = block->size;
		return block;
	}
	kvfree(block);
	/* No power of two that is much more than what is asked for. */
	if (*size > LARGE && roundup_pow_of_two(*size) - *size > *size / 4)
		return __vmalloc(*size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	return kvzalloc(*size, GFP_KERNEL_ACCOUNT);
}

void mbpf_os_scratch_give(void *memory, size_t size)
{
	if (size <= KEEP) {
		memory = xchg(&spare, memory);
		if (!delayed_work_pending(&drop_work))
			schedule_delayed_work(&drop_work, HZ);
	}
	if (memory)
		kvfree(memory);
}

void mbpf_scratch_spare_deinit(void)
{
	cancel_delayed_work_sync(&drop_work);
	drop(NULL);
}
