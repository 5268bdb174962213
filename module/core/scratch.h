/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of one load of a program: pieces that its stages cut one after the
 * other, and let go together. To allocate, clear and free each by itself is a
 * sixth of what it takes to load a small program.
 */
#ifndef MBPF_SCRATCH_H
#define MBPF_SCRATCH_H

#include "os.h"

/**
 * struct mbpf_scratch_block - where pieces are cut from
 * @next: the block before it
 * @size: bytes, this header included
 * @dirty: what is behind it is zero, and was not cut since it came
 */
struct mbpf_scratch_block {
	struct mbpf_scratch_block *next;
	size_t size;
	u8 *dirty;
};

/**
 * struct mbpf_scratch - what is cut, and what is left
 * @blocks: the latest first
 * @pos: the next piece of the latest
 * @end: of the latest
 * @want: bytes for the first block
 *
 * All zero, but for @want, it holds nothing. One load, one thread.
 */
struct mbpf_scratch {
	struct mbpf_scratch_block *blocks;
	u8 *pos;
	u8 *end;
	size_t want;
};

/* mbpf_scratch_alloc() where a block has to be added. */
void *mbpf_scratch_more(struct mbpf_scratch *scratch, size_t size);

/**
 * mbpf_scratch_alloc - cut a piece
 * @scratch: from which
 * @size: bytes
 *
 * Return: memory aligned to 8 bytes in which anything may be, or NULL.
 */
static inline void *mbpf_scratch_alloc(struct mbpf_scratch *scratch, size_t size)
{
	u8 *p = scratch->pos;

	if ((size_t)(scratch->end - p) < size)
		return mbpf_scratch_more(scratch, size);
	/* Blocks end at multiples of 8, or where nothing is left. */
	scratch->pos += min_t(size_t, round_up(size, 8), scratch->end - p);
	return p;
}

/* The same; the first @zero bytes are zero. */
static inline void *mbpf_scratch_zalloc(struct mbpf_scratch *scratch, size_t size, size_t zero)
{
	u8 *p = mbpf_scratch_alloc(scratch, size);

	if (p && scratch->blocks->dirty > p)
		memset(p, 0, min_t(size_t, zero, scratch->blocks->dirty - p));
	return p;
}

/**
 * mbpf_scratch_reset - let go what was cut since
 * @scratch: what to cut from again
 * @mark: what it was then; all zero: lets go all
 */
void mbpf_scratch_reset(struct mbpf_scratch *scratch, const struct mbpf_scratch *mark);

/**
 * mbpf_os_scratch_take - a block's memory
 * @size: bytes at least; becomes what it has
 * @want: bytes, if it is not more than @size that it costs
 * @zero: becomes whether it is zero
 *
 * Process context.
 *
 * Return: memory in which anything may be, or NULL.
 */
void *mbpf_os_scratch_take(size_t *size, size_t want, bool *zero);

/* Gives it back; @size as it was returned. */
void mbpf_os_scratch_give(void *memory, size_t size);

#endif /* MBPF_SCRATCH_H */
