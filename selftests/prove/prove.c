// SPDX-License-Identifier: GPL-2.0-only
/*
 * What prove.py proves, as one unit: the verifier's arithmetic as it is
 * compiled into the module, with one entry per function that takes pointers to
 * sets. -DWORD=32, 16 or 8 makes words and halves narrower.
 */
#include "os.h"

#ifndef WORD
#define WORD 64
#endif

#define MBPF_WORD_BITS WORD
#if WORD == 32
typedef u16 half_u; typedef s16 half_s; typedef u32 word_u; typedef s32 word_s;
#elif WORD == 16
typedef u8 half_u; typedef s8 half_s; typedef u16 word_u; typedef s16 word_s;
#elif WORD == 8
typedef unsigned _BitInt(4) half_u; typedef _BitInt(4) half_s; typedef u8 word_u; typedef s8 word_s;
#elif WORD == 64
typedef u32 half_u; typedef s32 half_s; typedef u64 word_u; typedef s64 word_s;
#endif
#define u64 word_u
#define s64 word_s
#define u32 half_u
#define s32 half_s

/* Proven one by one: where one calls another, that is taken to keep its promise. */
#include "tnum.h"
#include "range.h"
struct mbpf_tnum noinline mbpf_tnum_mul(struct mbpf_tnum a, struct mbpf_tnum b);
#include "tnum.c"
bool noinline mbpf_range_sync(struct mbpf_range *r);
void noinline mbpf_range_zext(struct mbpf_range *r, u32 bits);
static noinline void learn_from_bits(struct mbpf_range *r);
static noinline void learn_sign(struct mbpf_range *r);
static noinline void learn_half(struct mbpf_range *r);
static noinline void learn_word(struct mbpf_range *r);
static noinline bool learn_bits(struct mbpf_range *r);
static noinline bool has_order(const struct mbpf_range *r);
#include "range.c"
#include "range_alu.c"
#undef WORD_MAX
#undef SIGN_BIT
#include "range_cmp.c"

#define TNUM2(name) void prove_tnum_##name(struct mbpf_tnum *a, const struct mbpf_tnum *b) \
	{ *a = mbpf_tnum_##name(*a, *b); }
#define TNUM_SHIFT(name) void prove_tnum_##name(struct mbpf_tnum *a, u32 n) \
	{ *a = mbpf_tnum_##name(*a, n); }
#define RANGE2(name) void prove_range_##name(struct mbpf_range *a, const struct mbpf_range *b) \
	{ mbpf_range_##name(a, b); }
#define RANGE_SHIFT(name) void prove_range_##name(struct mbpf_range *a, const struct mbpf_range *b) \
	{ mbpf_range_##name(a, b, WORD); } \
	void prove_range_##name##_half(struct mbpf_range *a, const struct mbpf_range *b) \
	{ mbpf_range_##name(a, b, WORD / 2); }
#define RANGE_REL(name, rel) \
	bool prove_assume_##name(struct mbpf_range *a, struct mbpf_range *b) \
	{ return mbpf_range_assume(a, rel, b, false); } \
	bool prove_assume_##name##_half(struct mbpf_range *a, struct mbpf_range *b) \
	{ return mbpf_range_assume(a, rel, b, true); }

TNUM2(add)
TNUM2(sub)
TNUM2(and)
TNUM2(or)
TNUM2(xor)
TNUM2(join)
TNUM_SHIFT(lsh)
TNUM_SHIFT(rsh)
TNUM_SHIFT(arsh)

bool prove_tnum_meet(struct mbpf_tnum *a, const struct mbpf_tnum *b)
{
	return mbpf_tnum_meet(*a, *b, a);
}

void prove_tnum_range(struct mbpf_tnum *a, u64 min, u64 max)
{
	*a = mbpf_tnum_range(min, max);
}

/* One step of the multiplication's loop, for induction. */
void prove_tnum_mul_step(struct mbpf_tnum *sum, struct mbpf_tnum *a, struct mbpf_tnum *b)
{
	if (a->value & 1)
		*sum = mbpf_tnum_add(*sum, *b);
	else if (a->mask & 1)
		*sum = mbpf_tnum_add(*sum, mbpf_tnum_make(0, b->value | b->mask));
	*a = mbpf_tnum_rsh(*a, 1);
	*b = mbpf_tnum_lsh(*b, 1);
}

#define LEARN(name) void prove_##name(struct mbpf_range *a) { name(a); }
LEARN(learn_from_bits)
LEARN(learn_sign)
LEARN(learn_half)
LEARN(learn_word)
bool prove_learn_bits(struct mbpf_range *a) { return learn_bits(a); }
bool prove_has_order(struct mbpf_range *a) { return has_order(a); }

bool prove_range_sync(struct mbpf_range *a)
{
	return mbpf_range_sync(a);
}

bool prove_range_meet(struct mbpf_range *a, const struct mbpf_range *b)
{
	return mbpf_range_meet(a, b);
}

bool prove_range_subset(const struct mbpf_range *b, const struct mbpf_range *a)
{
	return mbpf_range_subset(b, a);
}

RANGE2(join)
RANGE2(add)
RANGE2(sub)
RANGE2(mul)
RANGE2(udiv)
RANGE2(umod)
RANGE2(sdiv)
RANGE2(smod)
RANGE2(and)
RANGE2(or)
RANGE2(xor)
RANGE_SHIFT(lsh)
RANGE_SHIFT(rsh)
RANGE_SHIFT(arsh)

void prove_zext_half(struct mbpf_range *a) { mbpf_range_zext(a, WORD / 2); }
void prove_sext_half(struct mbpf_range *a) { mbpf_range_sext(a, WORD / 2); }
void prove_zext_quarter(struct mbpf_range *a) { mbpf_range_zext(a, WORD / 4); }
void prove_sext_quarter(struct mbpf_range *a) { mbpf_range_sext(a, WORD / 4); }
void prove_zext_eighth(struct mbpf_range *a) { mbpf_range_zext(a, WORD / 8); }
void prove_sext_eighth(struct mbpf_range *a) { mbpf_range_sext(a, WORD / 8); }

RANGE_REL(eq, MBPF_REL_EQ)
RANGE_REL(ne, MBPF_REL_NE)
RANGE_REL(ult, MBPF_REL_ULT)
RANGE_REL(ule, MBPF_REL_ULE)
RANGE_REL(ugt, MBPF_REL_UGT)
RANGE_REL(uge, MBPF_REL_UGE)
RANGE_REL(slt, MBPF_REL_SLT)
RANGE_REL(sle, MBPF_REL_SLE)
RANGE_REL(sgt, MBPF_REL_SGT)
RANGE_REL(sge, MBPF_REL_SGE)
RANGE_REL(set, MBPF_REL_SET)
RANGE_REL(clear, MBPF_REL_CLEAR)
