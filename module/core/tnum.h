/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tristate numbers: what is known of each bit of a word. A tnum stands for the
 * set of all x with (x & ~mask) == value.
 */
#ifndef MBPF_TNUM_H
#define MBPF_TNUM_H

#include "os.h"

/* Width of a word; the proofs compile these files with narrower ones. */
#ifndef MBPF_WORD_BITS
#define MBPF_WORD_BITS	64
#endif

/**
 * struct mbpf_tnum - a set of words, bit by bit
 * @value: the bits known to be one
 * @mask: the bits not known; disjoint from @value
 */
struct mbpf_tnum {
	u64 value;
	u64 mask;
};

static inline struct mbpf_tnum mbpf_tnum_make(u64 value, u64 mask)
{
	return (struct mbpf_tnum){ .value = value & ~mask, .mask = mask };
}

static inline struct mbpf_tnum mbpf_tnum_const(u64 value)
{
	return (struct mbpf_tnum){ .value = value };
}

static inline struct mbpf_tnum mbpf_tnum_unknown(void)
{
	return (struct mbpf_tnum){ .mask = (u64)~(u64)0 };
}

static inline bool mbpf_tnum_is_const(struct mbpf_tnum a)
{
	return !a.mask;
}

static inline bool mbpf_tnum_has(struct mbpf_tnum a, u64 x)
{
	return !((x ^ a.value) & ~a.mask);
}

/* Whether each word of @b is one of @a. */
static inline bool mbpf_tnum_subset(struct mbpf_tnum b, struct mbpf_tnum a)
{
	return !((a.value ^ b.value) & ~a.mask) && !(b.mask & ~a.mask);
}

/* The smallest tnum with all of @min..@max. */
struct mbpf_tnum mbpf_tnum_range(u64 min, u64 max);

struct mbpf_tnum mbpf_tnum_add(struct mbpf_tnum a, struct mbpf_tnum b);
struct mbpf_tnum mbpf_tnum_sub(struct mbpf_tnum a, struct mbpf_tnum b);
struct mbpf_tnum mbpf_tnum_mul(struct mbpf_tnum a, struct mbpf_tnum b);
struct mbpf_tnum mbpf_tnum_and(struct mbpf_tnum a, struct mbpf_tnum b);
struct mbpf_tnum mbpf_tnum_or(struct mbpf_tnum a, struct mbpf_tnum b);
struct mbpf_tnum mbpf_tnum_xor(struct mbpf_tnum a, struct mbpf_tnum b);

/* Shifts by a constant below the width. */
struct mbpf_tnum mbpf_tnum_lsh(struct mbpf_tnum a, u32 n);
struct mbpf_tnum mbpf_tnum_rsh(struct mbpf_tnum a, u32 n);
struct mbpf_tnum mbpf_tnum_arsh(struct mbpf_tnum a, u32 n);

/**
 * mbpf_tnum_meet - the words that both hold
 * @a: one set
 * @b: the other
 * @out: their intersection
 *
 * Return: false if it is empty; @out is then meaningless.
 */
bool mbpf_tnum_meet(struct mbpf_tnum a, struct mbpf_tnum b, struct mbpf_tnum *out);

/* The smallest tnum with all words of both. */
struct mbpf_tnum mbpf_tnum_join(struct mbpf_tnum a, struct mbpf_tnum b);

#endif /* MBPF_TNUM_H */
