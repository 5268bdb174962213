/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verifier knows of a scalar: known bits and the smallest and
 * largest value, read as signed and unsigned, of the word and of its lower
 * half. A range stands for the set of words that meet all of these at once.
 */
#ifndef MBPF_RANGE_H
#define MBPF_RANGE_H

#include "tnum.h"

#define MBPF_HALF_BITS	(MBPF_WORD_BITS / 2)

/**
 * struct mbpf_range - a set of words
 * @bits: known bits
 * @umin: smallest as unsigned word
 * @umax: largest
 * @smin: smallest as signed word
 * @smax: largest
 * @umin32: smallest lower half as unsigned
 * @umax32: largest
 * @smin32: smallest lower half as signed
 * @smax32: largest
 */
struct mbpf_range {
	struct mbpf_tnum bits;
	u64 umin, umax;
	s64 smin, smax;
	u32 umin32, umax32;
	s32 smin32, smax32;
};

/* Relations of a conditional jump: dst REL src. */
enum mbpf_rel {
	MBPF_REL_EQ,
	MBPF_REL_NE,
	MBPF_REL_ULT,
	MBPF_REL_ULE,
	MBPF_REL_UGT,
	MBPF_REL_UGE,
	MBPF_REL_SLT,
	MBPF_REL_SLE,
	MBPF_REL_SGT,
	MBPF_REL_SGE,
	MBPF_REL_SET,		/* dst & src is not zero */
	MBPF_REL_CLEAR,		/* dst & src is zero */
};

static inline bool mbpf_range_is_const(const struct mbpf_range *r)
{
	return !r->bits.mask;
}

static inline bool mbpf_range_is(const struct mbpf_range *r, u64 value)
{
	return !r->bits.mask && r->bits.value == value;
}

/* Whether nothing is known. */
static inline bool mbpf_range_is_unknown(const struct mbpf_range *r)
{
	const u64 sign = (u64)((u64)1 << (MBPF_WORD_BITS - 1));
	const u32 sign32 = (u32)((u32)1 << (MBPF_HALF_BITS - 1));
	u64 word = (u64)~r->bits.mask | r->umin | (u64)~r->umax |
		   ((u64)r->smin ^ sign) | (u64)~((u64)r->smax ^ sign);
	u32 half = r->umin32 | (u32)~r->umax32 |
		   ((u32)r->smin32 ^ sign32) | (u32)~((u32)r->smax32 ^ sign32);

	return !word && !half;
}

static inline void mbpf_range_set_const(struct mbpf_range *r, u64 value)
{
	r->bits = mbpf_tnum_const(value);
	r->umin = value;
	r->umax = value;
	r->smin = (s64)value;
	r->smax = (s64)value;
	r->umin32 = (u32)value;
	r->umax32 = (u32)value;
	r->smin32 = (s32)value;
	r->smax32 = (s32)value;
}

void mbpf_range_set_unknown(struct mbpf_range *r);
/* Any value of @size bytes, the bits above being zero. */
void mbpf_range_set_bytes(struct mbpf_range *r, u32 size);
/* All of @min..@max. */
void mbpf_range_set_span(struct mbpf_range *r, u64 min, u64 max);

bool mbpf_range_has(const struct mbpf_range *r, u64 x);
/* Whether each word of @b is one of @a; may say no where it is so. */
bool mbpf_range_subset(const struct mbpf_range *b, const struct mbpf_range *a);
bool mbpf_range_equal(const struct mbpf_range *a, const struct mbpf_range *b);

/**
 * mbpf_range_sync - let each part learn from the others
 * @r: the set; becomes no larger, and loses no word
 *
 * Return: false if the parts contradict each other: the set is empty.
 */
bool mbpf_range_sync(struct mbpf_range *r);

/* The words of both; false if there is none. */
bool mbpf_range_meet(struct mbpf_range *r, const struct mbpf_range *with);
/* All words of both, and possibly more. */
void mbpf_range_join(struct mbpf_range *r, const struct mbpf_range *with);

/* Casts: the lower @bits (8, 16, 32; half a word in the proofs), extended. */
void mbpf_range_zext(struct mbpf_range *r, u32 bits);
void mbpf_range_sext(struct mbpf_range *r, u32 bits);

/*
 * @a becomes the result on words. Division by zero gives 0, modulo by zero
 * leaves @a, the smallest word by minus one gives itself; shift counts are
 * taken modulo the width.
 */
void mbpf_range_add(struct mbpf_range *a, const struct mbpf_range *b);
void mbpf_range_sub(struct mbpf_range *a, const struct mbpf_range *b);
void mbpf_range_mul(struct mbpf_range *a, const struct mbpf_range *b);
void mbpf_range_udiv(struct mbpf_range *a, const struct mbpf_range *b);
void mbpf_range_umod(struct mbpf_range *a, const struct mbpf_range *b);
void mbpf_range_sdiv(struct mbpf_range *a, const struct mbpf_range *b);
void mbpf_range_smod(struct mbpf_range *a, const struct mbpf_range *b);
void mbpf_range_and(struct mbpf_range *a, const struct mbpf_range *b);
void mbpf_range_or(struct mbpf_range *a, const struct mbpf_range *b);
void mbpf_range_xor(struct mbpf_range *a, const struct mbpf_range *b);
void mbpf_range_lsh(struct mbpf_range *a, const struct mbpf_range *b, u32 width);
void mbpf_range_rsh(struct mbpf_range *a, const struct mbpf_range *b, u32 width);
void mbpf_range_arsh(struct mbpf_range *a, const struct mbpf_range *b, u32 width);

/**
 * mbpf_range_assume - keep what makes a comparison true
 * @a: left side
 * @rel: the relation
 * @b: right side; both sides are refined
 * @half: compare the lower halves
 *
 * Return: false if no pair of words is so related.
 */
bool mbpf_range_assume(struct mbpf_range *a, enum mbpf_rel rel,
		       struct mbpf_range *b, bool half);

/* The relation that holds where @rel does not. */
enum mbpf_rel mbpf_rel_not(enum mbpf_rel rel);

#endif /* MBPF_RANGE_H */
