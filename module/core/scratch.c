// SPDX-License-Identifier: GPL-2.0-only
/* The blocks behind the memory of a load. */
#include "scratch.h"

void *mbpf_scratch_more(struct mbpf_scratch *scratch, size_t size)
{
	size_t all = sizeof(struct mbpf_scratch_block) + size;
	struct mbpf_scratch_block *block;
	bool zero;

	block = mbpf_os_scratch_take(&all, scratch->want, &zero);
	if (!block)
		return NULL;
	block->next = scratch->blocks;
	block->size = all;
	scratch->blocks = block;
	scratch->pos = (u8 *)(block + 1);
	scratch->end = (u8 *)block + all;
	block->dirty = zero ? scratch->pos : scratch->end;
	scratch->want = 0;
	return mbpf_scratch_alloc(scratch, size);
}

void mbpf_scratch_reset(struct mbpf_scratch *scratch, const struct mbpf_scratch *mark)
{
	struct mbpf_scratch_block *block;
	u8 *used = scratch->pos;

	while ((block = scratch->blocks) != mark->blocks) {
		scratch->blocks = block->next;
		mbpf_os_scratch_give(block, block->size);
		/* How far the one before it was used, nobody knows. */
		used = mark->end;
	}
	*scratch = *mark;
	if (block)
		block->dirty = max(block->dirty, used);
}
