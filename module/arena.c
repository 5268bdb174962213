// SPDX-License-Identifier: GPL-2.0-only
/*
 * The allocator of executable memory. Kernels export nothing that makes
 * memory executable, so pieces are cut from a block of the module's text,
 * which is written through a short-lived second mapping.
 */
#include <linux/bitmap.h>
#include <linux/cacheflush.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "arena.h"
#include "target.h"

#define ARENA_SIZE	(MINIBPF_ARENA_SIZE)
#define GRANULE		64u	/* a cache line: programs share none */
#define NR_GRANULES	(ARENA_SIZE / GRANULE)
#define PAGES_AT_ONCE	16

/* In arena_text.S. */
extern u8 mbpf_arena_text[];

static DECLARE_BITMAP(taken, NR_GRANULES);	/* protected by arena_lock */
static unsigned int arena_used;			/* bytes, protected by arena_lock */
static unsigned int arena_total = ARENA_SIZE;
static DEFINE_MUTEX(arena_lock);		/* also serialises writing */

module_param(arena_total, uint, 0444);
MODULE_PARM_DESC(arena_total, "bytes that machine code of programs may take");
module_param(arena_used, uint, 0444);
MODULE_PARM_DESC(arena_used, "bytes that it takes");

void *mbpf_arena_alloc(u32 size)
{
	u32 nr = DIV_ROUND_UP(size, GRANULE);
	void *addr = NULL;
	unsigned long at;

	mutex_lock(&arena_lock);
	at = bitmap_find_next_zero_area(taken, NR_GRANULES, 0, nr, 0);
	if (at < NR_GRANULES) {
		bitmap_set(taken, at, nr);
		arena_used += nr * GRANULE;
		addr = mbpf_arena_text + at * GRANULE;
	}
	mutex_unlock(&arena_lock);
	return addr;
}

static void fill_traps(u8 *to, u32 size)
{
	const struct mbpf_jit_backend *be = mbpf_target_backend();
	u32 i;

	for (i = 0; i < size; i += be->fill_size)
		memcpy(to + i, be->fill, be->fill_size);
}

/* Writes @code, or traps if it is NULL, to @size bytes at @addr in one window. */
static int write_window(u8 *addr, const void *code, u32 size)
{
	u32 start = offset_in_page(addr), i;
	u32 nr = DIV_ROUND_UP(start + size, PAGE_SIZE);
	struct page *pages[PAGES_AT_ONCE];
	u8 *alias;

	for (i = 0; i < nr; i++)
		pages[i] = vmalloc_to_page(addr - start + i * PAGE_SIZE);
	alias = vm_map_ram(pages, nr, NUMA_NO_NODE);
	if (!alias)
		return -ENOMEM;
	if (code)
		memcpy(alias + start, code, size);
	else
		fill_traps(alias + start, size);
	vm_unmap_ram(alias, nr);
	return 0;
}

static int write_text(u8 *addr, const void *code, u32 size)
{
	u32 done, part;
	int err;

	lockdep_assert_held(&arena_lock);
	for (done = 0; done < size; done += part) {
		part = min_t(u32, size - done,
			     PAGES_AT_ONCE * PAGE_SIZE - offset_in_page(addr + done));
		err = write_window(addr + done, code ? code + done : NULL, part);
		if (err)
			return err;
	}
	flush_icache_range((unsigned long)addr, (unsigned long)addr + size);
	mbpf_target_sync_text();
	return 0;
}

int mbpf_arena_write(void *addr, const void *code, u32 size)
{
	int err;

	mutex_lock(&arena_lock);
	err = write_text(addr, code, size);
	mutex_unlock(&arena_lock);
	return err;
}

void mbpf_arena_free(void *addr, u32 size)
{
	u32 nr = DIV_ROUND_UP(size, GRANULE);

	if (!addr)
		return;
	mutex_lock(&arena_lock);
	/* A piece that cannot be made to trap again is not used again. */
	if (!write_text(addr, NULL, nr * GRANULE)) {
		bitmap_clear(taken, ((u8 *)addr - mbpf_arena_text) / GRANULE, nr);
		arena_used -= nr * GRANULE;
	}
	mutex_unlock(&arena_lock);
}

bool mbpf_arena_has(const void *addr)
{
	return (unsigned long)addr - (unsigned long)mbpf_arena_text < ARENA_SIZE;
}

void *mbpf_arena_base(void)
{
	return mbpf_arena_text;
}
