/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Executable memory: a block of the module's own text, cut into pieces. Its
 * executable mapping is never writable; it is written through a second
 * mapping that exists only meanwhile and is not executable.
 */
#ifndef MBPF_ARENA_H
#define MBPF_ARENA_H

#include <linux/types.h>

/**
 * mbpf_arena_alloc - take a piece of executable memory
 * @size: bytes, more than 0
 *
 * Return: its address, aligned to 64 bytes and full of trapping instructions,
 * or NULL if there is no room. Process context.
 */
void *mbpf_arena_alloc(u32 size);

/**
 * mbpf_arena_open - make a piece writable at another address
 * @addr: where; in a piece of which nothing is executed yet, and which is the caller's alone
 * @size: bytes
 *
 * Return: that address, until mbpf_arena_close(), or NULL: no memory. Process context.
 */
void *mbpf_arena_open(void *addr, u32 size);

/* Gives @alias back; all CPUs execute what is there now. */
void mbpf_arena_close(void *addr, void *alias, u32 size);

/**
 * mbpf_arena_write - put machine code into a piece
 * @addr: where; in a piece of which nothing is executed yet
 * @code: @size bytes
 * @size: how many
 *
 * All CPUs execute the new code from then on. Return: 0 or -ENOMEM. Process
 * context.
 */
int mbpf_arena_write(void *addr, const void *code, u32 size);

/**
 * mbpf_arena_free - give a piece back
 * @addr: what mbpf_arena_alloc() returned; NULL is fine
 * @size: as it was asked for
 *
 * Nothing executes it any more: the caller has waited for a grace period.
 * Process context.
 */
void mbpf_arena_free(void *addr, u32 size);

/* Whether an address lies in the arena. */
bool mbpf_arena_has(const void *addr);

/* The arena's first address: every piece is near it. */
void *mbpf_arena_base(void);

#endif /* MBPF_ARENA_H */
