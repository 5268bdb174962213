// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tristate numbers by example, and for sets of 4 bits all of them: every result
 * is in the set, and for what is exact no smaller set would do. `make prove`
 * has all widths.
 */
#include "unit.h"
#include "tnum.h"

#define BITS	4
#define WORDS	(1 << BITS)

typedef struct mbpf_tnum (*binary)(struct mbpf_tnum a, struct mbpf_tnum b);

static u64 add(u64 x, u64 y) { return x + y; }
static u64 sub(u64 x, u64 y) { return x - y; }
static u64 mul(u64 x, u64 y) { return x * y; }
static u64 and(u64 x, u64 y) { return x & y; }
static u64 or(u64 x, u64 y) { return x | y; }
static u64 xor(u64 x, u64 y) { return x ^ y; }

static const struct {
	binary sets;
	u64 (*words)(u64 x, u64 y);
	bool exact;		/* the result is the smallest set there is */
} operations[] = {
	{ mbpf_tnum_add, add, true },
	{ mbpf_tnum_sub, sub, true },
	{ mbpf_tnum_mul, mul, false },
	{ mbpf_tnum_and, and, true },
	{ mbpf_tnum_or, or, true },
	{ mbpf_tnum_xor, xor, true },
};

/* The smallest set with these words. */
static struct mbpf_tnum hull(const u64 *words, u32 nr)
{
	struct mbpf_tnum set = mbpf_tnum_const(words[0]);
	u32 i;

	for (i = 1; i < nr; i++)
		set = mbpf_tnum_make(set.value, set.mask | (set.value ^ words[i]));
	return set;
}

static u32 elements(struct mbpf_tnum set, u64 *words)
{
	u32 nr = 0;
	u64 x;

	for (x = 0; x < WORDS; x++)
		if (mbpf_tnum_has(set, x))
			words[nr++] = x;
	return nr;
}

/* Whether @set holds all of @words, and with @exact nothing that the smallest does not. */
static bool right(struct mbpf_tnum set, const u64 *words, u32 nr, bool exact)
{
	struct mbpf_tnum smallest = hull(words, nr);
	u32 i;

	for (i = 0; i < nr; i++)
		if (!mbpf_tnum_has(set, words[i]))
			return false;
	return !(set.value & set.mask) && mbpf_tnum_subset(smallest, set) &&
	       (!exact || (set.value == smallest.value && set.mask == smallest.mask));
}

/* Calls @fn for all pairs of sets of BITS bits. */
static u32 for_all_pairs(bool (*fn)(struct mbpf_tnum a, struct mbpf_tnum b, u32 arg), u32 arg)
{
	u64 am, av, bm, bv;
	u32 failed = 0;

	for (am = 0; am < WORDS; am++)
		for (av = 0; av < WORDS; av++)
			for (bm = 0; bm < WORDS; bm++)
				for (bv = 0; bv < WORDS; bv++)
					if (!(am & av) && !(bm & bv))
						failed += !fn(mbpf_tnum_make(av, am),
							      mbpf_tnum_make(bv, bm), arg);
	return failed;
}

static bool operation_holds(struct mbpf_tnum a, struct mbpf_tnum b, u32 op)
{
	u64 xs[WORDS], ys[WORDS], results[WORDS * WORDS];
	u32 nx = elements(a, xs), ny = elements(b, ys), i, k, nr = 0;

	for (i = 0; i < nx; i++)
		for (k = 0; k < ny; k++)
			results[nr++] = operations[op].words(xs[i], ys[k]);
	return right(operations[op].sets(a, b), results, nr, operations[op].exact);
}

TEST(every_operation)
{
	u32 op;

	for (op = 0; op < ARRAY_SIZE(operations); op++)
		EXPECT_EQ(0, for_all_pairs(operation_holds, op)) TH_LOG("operation %u", op);
}

static bool join_and_meet_hold(struct mbpf_tnum a, struct mbpf_tnum b, u32 arg)
{
	u64 words[2 * WORDS], both[WORDS];
	u32 nr = elements(a, words), nr_both = 0, i;
	struct mbpf_tnum met;
	bool some = mbpf_tnum_meet(a, b, &met);

	for (i = 0; i < nr; i++)
		if (mbpf_tnum_has(b, words[i]))
			both[nr_both++] = words[i];
	if (some != (nr_both != 0) || (some && !right(met, both, nr_both, true)))
		return false;
	if (mbpf_tnum_subset(a, b) != (nr_both == nr))
		return false;
	nr += elements(b, words + nr);
	return right(mbpf_tnum_join(a, b), words, nr, true);
}

TEST(join_meet_subset)
{
	EXPECT_EQ(0, for_all_pairs(join_and_meet_hold, 0));
}

TEST(range)
{
	u64 words[WORDS], min, max;

	for (min = 0; min < WORDS; min++)
		for (max = min; max < WORDS; max++) {
			u32 nr = 0;
			u64 x;

			for (x = min; x <= max; x++)
				words[nr++] = x;
			EXPECT_TRUE(right(mbpf_tnum_range(min, max), words, nr, true));
		}
}

TEST(by_example)
{
	const struct {
		struct mbpf_tnum got, want;
	} rows[] = {
		{ mbpf_tnum_range(0, U64_MAX), { 0, U64_MAX } },
		{ mbpf_tnum_range(1ULL << 63, U64_MAX), { 1ULL << 63, U64_MAX >> 1 } },
		{ mbpf_tnum_range(64, 127), { 64, 63 } },
		{ mbpf_tnum_lsh(mbpf_tnum_make(1, 6), 60), { 1ULL << 60, 6ULL << 60 } },
		{ mbpf_tnum_rsh(mbpf_tnum_make(1ULL << 63, 1), 63), { 1, 0 } },
		{ mbpf_tnum_arsh(mbpf_tnum_make(1ULL << 63, 0), 63), { U64_MAX, 0 } },
		{ mbpf_tnum_arsh(mbpf_tnum_make(0, 1ULL << 63), 62), { 0, U64_MAX << 1 } },
		/* A carry that is not known runs up to the first known zeroes. */
		{ mbpf_tnum_add(mbpf_tnum_make(1, 2), mbpf_tnum_const(1)), { 0, 6 } },
		{ mbpf_tnum_sub(mbpf_tnum_const(0), mbpf_tnum_make(0, 1)), { 0, U64_MAX } },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(rows[i].want.value, rows[i].got.value) TH_LOG("row %u", i);
		EXPECT_EQ(rows[i].want.mask, rows[i].got.mask) TH_LOG("row %u", i);
	}
}

TEST_HARNESS_MAIN
