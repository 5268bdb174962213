// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of words on random sets: no operation loses a result. ../prove shows it
 * for all; this takes seconds and sees precision, too.
 */
#include "unit.h"
#include "range.h"

#define ROUNDS 200000

static u64 seed = 1;

static u64 below(u64 n)
{
	return n ? unit_random(&seed) % n : unit_random(&seed);
}

/* Mostly near powers of two, where bounds wrap and bits change. */
static u64 word(void)
{
	u64 x = unit_random(&seed) >> below(64);

	switch (below(4)) {
	case 0:
		return x;
	case 1:
		return -x;
	case 2:
		return (1ULL << below(64)) + below(5) - 2;
	default:
		return below(16);
	}
}

/* A word and a set that has it. */
static u64 make(struct mbpf_range *r)
{
	u64 x = word(), mask = below(3) ? word() & word() : 0;

	mbpf_range_set_unknown(r);
	if (below(4))
		r->bits = mbpf_tnum_make(x, mask);
	if (below(2)) {
		r->umin = x - below(x + 1);
		r->umax = x + below(U64_MAX - x + 1);
	}
	if (below(2)) {
		r->smin = min_t(s64, (s64)x, (s64)word());
		r->smax = max_t(s64, (s64)x, (s64)word());
	}
	if (below(3) == 0) {
		r->umin32 = (u32)x - below((u64)(u32)x + 1);
		r->umax32 = (u32)x + below((u64)U32_MAX - (u32)x + 1);
	}
	if (below(2))
		mbpf_range_sync(r);
	return x;
}

static u64 shift(u64 y)
{
	return y & 63;
}

static void (*const functions[])(struct mbpf_range *a, const struct mbpf_range *b) = {
	mbpf_range_add, mbpf_range_sub, mbpf_range_mul, mbpf_range_udiv, mbpf_range_umod,
	mbpf_range_sdiv, mbpf_range_smod, mbpf_range_and, mbpf_range_or, mbpf_range_xor,
};

static u64 result(u32 op, u64 x, u64 y)
{
	switch (op) {
	case 0:
		return x + y;
	case 1:
		return x - y;
	case 2:
		return x * y;
	case 3:
		return y ? x / y : 0;
	case 4:
		return y ? x % y : x;
	case 5:
		return !y ? 0 : y == U64_MAX ? -x : (u64)((s64)x / (s64)y);
	case 6:
		return !y ? x : y == U64_MAX ? 0 : (u64)((s64)x % (s64)y);
	case 7:
		return x & y;
	case 8:
		return x | y;
	default:
		return x ^ y;
	}
}

TEST(arithmetic_keeps_every_result)
{
	struct mbpf_range a, b;
	u32 i, op;

	for (i = 0; i < ROUNDS; i++) {
		for (op = 0; op < ARRAY_SIZE(functions); op++) {
			u64 x = make(&a), y = make(&b);

			functions[op](&a, &b);
			ASSERT_TRUE(mbpf_range_has(&a, result(op, x, y)))
				TH_LOG("operation %u on 0x%llx and 0x%llx", op,
				       (unsigned long long)x, (unsigned long long)y);
		}
	}
}

TEST(shifts_and_casts_keep_every_result)
{
	struct mbpf_range a, b, c;
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		u64 x = make(&a), y = make(&b);
		u32 bits = 8 << below(3);

		c = a;
		mbpf_range_lsh(&c, &b, 64);
		ASSERT_TRUE(mbpf_range_has(&c, x << shift(y)));
		c = a;
		mbpf_range_rsh(&c, &b, 64);
		ASSERT_TRUE(mbpf_range_has(&c, x >> shift(y)));
		c = a;
		mbpf_range_arsh(&c, &b, 64);
		ASSERT_TRUE(mbpf_range_has(&c, (u64)((s64)x >> shift(y))));
		c = a;
		mbpf_range_zext(&c, bits);
		ASSERT_TRUE(mbpf_range_has(&c, x & ((1ULL << bits) - 1)));
		c = a;
		mbpf_range_sext(&c, bits);
		ASSERT_TRUE(mbpf_range_has(&c, (u64)((s64)(x << (64 - bits)) >> (64 - bits))));
	}
}

static bool holds(enum mbpf_rel rel, u64 x, u64 y)
{
	switch (rel) {
	case MBPF_REL_EQ:
		return x == y;
	case MBPF_REL_ULT:
		return x < y;
	case MBPF_REL_ULE:
		return x <= y;
	case MBPF_REL_UGT:
		return x > y;
	case MBPF_REL_SLT:
		return (s64)x < (s64)y;
	case MBPF_REL_SLE:
		return (s64)x <= (s64)y;
	case MBPF_REL_SGT:
		return (s64)x > (s64)y;
	case MBPF_REL_SET:
		return x & y;
	default:
		return !holds(mbpf_rel_not(rel), x, y);
	}
}

TEST(comparisons_keep_both_sides)
{
	static const enum mbpf_rel rels[] = {
		MBPF_REL_EQ, MBPF_REL_NE, MBPF_REL_ULT, MBPF_REL_ULE, MBPF_REL_UGT, MBPF_REL_UGE,
		MBPF_REL_SLT, MBPF_REL_SLE, MBPF_REL_SGT, MBPF_REL_SGE, MBPF_REL_SET, MBPF_REL_CLEAR,
	};
	struct mbpf_range a, b;
	u32 i, k;

	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < ARRAY_SIZE(rels); k++) {
			u64 x = make(&a), y = make(&b);
			bool half = below(2);
			u64 low_x = half ? (u64)(s64)(s32)x : x, low_y = half ? (u64)(s64)(s32)y : y;
			enum mbpf_rel rel = rels[k];

			if (!holds(rel, low_x, low_y))
				rel = mbpf_rel_not(rel);
			ASSERT_TRUE(mbpf_range_assume(&a, rel, &b, half));
			ASSERT_TRUE(mbpf_range_has(&a, x));
			ASSERT_TRUE(mbpf_range_has(&b, y));
		}
	}
}

TEST(what_cannot_be_is_seen)
{
	struct mbpf_range a, b;

	mbpf_range_set_span(&a, 0, 7);
	mbpf_range_set_const(&b, 8);
	EXPECT_FALSE(mbpf_range_assume(&a, MBPF_REL_EQ, &b, false));
	mbpf_range_set_span(&a, 0, 7);
	EXPECT_FALSE(mbpf_range_assume(&a, MBPF_REL_UGE, &b, false));
	mbpf_range_set_span(&a, 0, 7);
	EXPECT_FALSE(mbpf_range_assume(&a, MBPF_REL_SET, &b, false));
	mbpf_range_set_const(&a, 8);
	EXPECT_FALSE(mbpf_range_assume(&a, MBPF_REL_NE, &b, true));
}

TEST(as_much_is_known_as_can_be)
{
	struct mbpf_range a, b;

	/* A 32-bit number with its sign, by shifts. */
	mbpf_range_set_unknown(&a);
	mbpf_range_set_const(&b, 100);
	ASSERT_TRUE(mbpf_range_assume(&a, MBPF_REL_SLE, &b, true));
	mbpf_range_set_const(&b, (u64)-5);
	ASSERT_TRUE(mbpf_range_assume(&a, MBPF_REL_SGE, &b, true));
	mbpf_range_set_const(&b, 32);
	mbpf_range_lsh(&a, &b, 64);
	mbpf_range_arsh(&a, &b, 64);
	EXPECT_EQ(-5, a.smin);
	EXPECT_EQ(100, a.smax);

	/* A mask tells bounds, and bounds tell bits. */
	mbpf_range_set_unknown(&a);
	mbpf_range_set_const(&b, 0x3f0);
	mbpf_range_and(&a, &b);
	EXPECT_EQ(0x3f0, a.umax);
	mbpf_range_set_span(&a, 0x100, 0x10f);
	EXPECT_EQ(0x100, a.bits.value);
	EXPECT_EQ(0xf, a.bits.mask);
}

TEST_HARNESS_MAIN
