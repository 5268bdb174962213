// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of words: construction, comparison, casts, and how known bits, signed
 * and unsigned, full and half-width bounds sharpen each other.
 */
#include "range.h"

#define WORD_MAX	((u64)~(u64)0)
#define SIGN_BIT	((u64)((u64)1 << (MBPF_WORD_BITS - 1)))
#define HALF_MAX	((u32)~(u32)0)
#define HALF_SIGN	((u32)((u32)1 << (MBPF_HALF_BITS - 1)))
#define LOW_HALF	((u64)HALF_MAX)
#define HIGH_HALF	((u64)~LOW_HALF)

static void open_half(struct mbpf_range *r)
{
	r->umin32 = 0;
	r->umax32 = HALF_MAX;
	r->smin32 = (s32)HALF_SIGN;
	r->smax32 = (s32)(HALF_SIGN - 1);
}

static void open_word(struct mbpf_range *r)
{
	r->umin = 0;
	r->umax = WORD_MAX;
	r->smin = (s64)SIGN_BIT;
	r->smax = (s64)(SIGN_BIT - 1);
}

void mbpf_range_set_unknown(struct mbpf_range *r)
{
	r->bits = mbpf_tnum_unknown();
	open_word(r);
	open_half(r);
}

void mbpf_range_set_span(struct mbpf_range *r, u64 min, u64 max)
{
	mbpf_range_set_unknown(r);
	r->umin = min;
	r->umax = max;
	mbpf_range_sync(r);
}

void mbpf_range_set_bytes(struct mbpf_range *r, u32 size)
{
	u32 bits = size * 8;

	mbpf_range_set_unknown(r);
	if (bits >= MBPF_WORD_BITS)
		return;
	r->bits.mask = ((u64)1 << bits) - 1;
	r->umax = r->bits.mask;
	r->smin = 0;
	r->smax = (s64)r->bits.mask;
	if (bits >= MBPF_HALF_BITS)
		return;
	r->umax32 = (u32)r->bits.mask;
	r->smin32 = 0;
	r->smax32 = (s32)r->bits.mask;
}

bool mbpf_range_has(const struct mbpf_range *r, u64 x)
{
	u32 half = (u32)x;

	return mbpf_tnum_has(r->bits, x) && x >= r->umin && x <= r->umax &&
	       (s64)x >= r->smin && (s64)x <= r->smax &&
	       half >= r->umin32 && half <= r->umax32 &&
	       (s32)half >= r->smin32 && (s32)half <= r->smax32;
}

bool mbpf_range_subset(const struct mbpf_range *b, const struct mbpf_range *a)
{
	return b->umin >= a->umin && b->umax <= a->umax &&
	       b->smin >= a->smin && b->smax <= a->smax &&
	       b->umin32 >= a->umin32 && b->umax32 <= a->umax32 &&
	       b->smin32 >= a->smin32 && b->smax32 <= a->smax32 &&
	       mbpf_tnum_subset(b->bits, a->bits);
}

bool mbpf_range_equal(const struct mbpf_range *a, const struct mbpf_range *b)
{
	return mbpf_range_subset(a, b) && mbpf_range_subset(b, a);
}

/* Bounds from known bits. */
static void learn_from_bits(struct mbpf_range *r)
{
	u64 low = r->bits.value, high = r->bits.value | r->bits.mask;
	u64 slow = low | (r->bits.mask & SIGN_BIT), shigh = high & ~(r->bits.mask & SIGN_BIT);
	u32 mask32 = (u32)r->bits.mask;
	u32 low32 = (u32)low, high32 = (u32)high;
	u32 slow32 = low32 | (mask32 & HALF_SIGN), shigh32 = high32 & ~(mask32 & HALF_SIGN);

	r->umin = max(r->umin, low);
	r->umax = min(r->umax, high);
	r->smin = max(r->smin, (s64)slow);
	r->smax = min(r->smax, (s64)shigh);
	r->umin32 = max(r->umin32, low32);
	r->umax32 = min(r->umax32, high32);
	r->smin32 = max(r->smin32, (s32)slow32);
	r->smax32 = min(r->smax32, (s32)shigh32);
}

/*
 * Bounds of one reading hold in the other where they do not reach across the
 * point at which that one wraps around.
 */
static void learn_sign(struct mbpf_range *r)
{
	if ((s64)r->umin <= (s64)r->umax) {
		r->smin = max(r->smin, (s64)r->umin);
		r->smax = min(r->smax, (s64)r->umax);
	}
	if ((u64)r->smin <= (u64)r->smax) {
		r->umin = max(r->umin, (u64)r->smin);
		r->umax = min(r->umax, (u64)r->smax);
	}
	if ((s32)r->umin32 <= (s32)r->umax32) {
		r->smin32 = max(r->smin32, (s32)r->umin32);
		r->smax32 = min(r->smax32, (s32)r->umax32);
	}
	if ((u32)r->smin32 <= (u32)r->smax32) {
		r->umin32 = max(r->umin32, (u32)r->smin32);
		r->umax32 = min(r->umax32, (u32)r->smax32);
	}
}

/* With one upper half for all words, the order of the words is that of the halves. */
static void learn_half(struct mbpf_range *r)
{
	u32 low, high;

	if (!((r->umin ^ r->umax) & HIGH_HALF)) {
		low = (u32)r->umin;
		high = (u32)r->umax;
		r->umin32 = max(r->umin32, low);
		r->umax32 = min(r->umax32, high);
		if ((s32)low <= (s32)high) {
			r->smin32 = max(r->smin32, (s32)low);
			r->smax32 = min(r->smax32, (s32)high);
		}
	}
	if (r->smin >= (s32)HALF_SIGN && r->smax <= (s32)(HALF_SIGN - 1)) {
		r->smin32 = max(r->smin32, (s32)r->smin);
		r->smax32 = min(r->smax32, (s32)r->smax);
	}
}

/*
 * The upper half of a word is at least that of the smallest word; with the
 * smallest lower half below it that is a lower bound, likewise from above.
 */
static void learn_word(struct mbpf_range *r)
{
	u64 low = (r->umin & HIGH_HALF) | r->umin32;
	u64 high = (r->umax & HIGH_HALF) | r->umax32;
	u64 slow = ((u64)r->smin & HIGH_HALF) | r->umin32;
	u64 shigh = ((u64)r->smax & HIGH_HALF) | r->umax32;

	r->umin = max(r->umin, low);
	r->umax = min(r->umax, high);
	r->smin = max(r->smin, (s64)slow);
	r->smax = min(r->smax, (s64)shigh);
}

static bool learn_bits(struct mbpf_range *r)
{
	struct mbpf_tnum half = mbpf_tnum_range(r->umin32, r->umax32);

	half.mask |= HIGH_HALF;
	return mbpf_tnum_meet(r->bits, mbpf_tnum_range(r->umin, r->umax), &r->bits) &&
	       mbpf_tnum_meet(r->bits, mbpf_tnum_make(half.value, half.mask), &r->bits);
}

static bool has_order(const struct mbpf_range *r)
{
	return r->umin <= r->umax && r->smin <= r->smax &&
	       r->umin32 <= r->umax32 && r->smin32 <= r->smax32;
}

static bool learn(struct mbpf_range *r)
{
	learn_from_bits(r);
	learn_sign(r);
	learn_half(r);
	learn_sign(r);
	learn_word(r);
	return has_order(r) && learn_bits(r);
}

static bool is_same(const struct mbpf_range *a, const struct mbpf_range *b)
{
	return !((a->bits.value ^ b->bits.value) | (a->bits.mask ^ b->bits.mask) |
		 (a->umin ^ b->umin) | (a->umax ^ b->umax) |
		 (u64)(a->smin ^ b->smin) | (u64)(a->smax ^ b->smax) |
		 (a->umin32 ^ b->umin32) | (a->umax32 ^ b->umax32) |
		 (u32)(a->smin32 ^ b->smin32) | (u32)(a->smax32 ^ b->smax32));
}

/*
 * Words that are not negative as halves either: all four readings agree, so
 * each bound is one of the same number.
 */
static bool sync_small(struct mbpf_range *r)
{
	u64 low = r->umin, high = r->umax;
	u32 round;

	low = max(low, (u64)max(r->smin, (s64)0));
	low = max(low, (u64)r->umin32);
	low = max(low, (u64)max(r->smin32, (s32)0));
	if (r->smax < 0 || r->smax32 < 0)
		return false;
	high = min(high, (u64)r->smax);
	high = min(high, (u64)r->umax32);
	high = min(high, (u64)r->smax32);
	for (round = 0; round < 2; round++) {
		low = max(low, r->bits.value);
		high = min(high, (u64)(r->bits.value | r->bits.mask));
		if (low > high ||
		    !mbpf_tnum_meet(r->bits, mbpf_tnum_range(low, high), &r->bits))
			return false;
	}
	r->umin = low;
	r->umax = high;
	r->smin = (s64)low;
	r->smax = (s64)high;
	r->umin32 = (u32)low;
	r->umax32 = (u32)high;
	r->smin32 = (s32)low;
	r->smax32 = (s32)high;
	return true;
}

/* Whether only bits are known. */
static bool is_open(const struct mbpf_range *r)
{
	struct mbpf_range bounds = *r;

	bounds.bits = mbpf_tnum_unknown();
	return mbpf_range_is_unknown(&bounds);
}

bool mbpf_range_sync(struct mbpf_range *r)
{
	struct mbpf_range before;

	if (mbpf_range_is_const(r)) {
		if (!mbpf_range_has(r, r->bits.value))
			return false;
		mbpf_range_set_const(r, r->bits.value);
		return true;
	}
	if (min(r->umax, (u64)(r->bits.value | r->bits.mask)) < HALF_SIGN)
		return sync_small(r);
	/* Bounds that come from bits alone have nothing to tell each other. */
	if (is_open(r)) {
		learn_from_bits(r);
		return true;
	}
	before = *r;
	if (!learn(r))
		return false;
	/* Who learnt nothing will learn nothing. */
	if (is_same(r, &before))
		return true;
	/* The second time, the first reading profits from the last. */
	if (!learn(r))
		return false;
	learn_from_bits(r);
	learn_sign(r);
	return has_order(r);
}

bool mbpf_range_meet(struct mbpf_range *r, const struct mbpf_range *with)
{
	if (mbpf_range_is_const(with)) {
		if (!mbpf_range_has(r, with->bits.value))
			return false;
		mbpf_range_set_const(r, with->bits.value);
		return true;
	}
	if (!mbpf_tnum_meet(r->bits, with->bits, &r->bits))
		return false;
	r->umin = max(r->umin, with->umin);
	r->umax = min(r->umax, with->umax);
	r->smin = max(r->smin, with->smin);
	r->smax = min(r->smax, with->smax);
	r->umin32 = max(r->umin32, with->umin32);
	r->umax32 = min(r->umax32, with->umax32);
	r->smin32 = max(r->smin32, with->smin32);
	r->smax32 = min(r->smax32, with->smax32);
	return has_order(r) && mbpf_range_sync(r);
}

void mbpf_range_join(struct mbpf_range *r, const struct mbpf_range *with)
{
	r->bits = mbpf_tnum_join(r->bits, with->bits);
	r->umin = min(r->umin, with->umin);
	r->umax = max(r->umax, with->umax);
	r->smin = min(r->smin, with->smin);
	r->smax = max(r->smax, with->smax);
	r->umin32 = min(r->umin32, with->umin32);
	r->umax32 = max(r->umax32, with->umax32);
	r->smin32 = min(r->smin32, with->smin32);
	r->smax32 = max(r->smax32, with->smax32);
}

void mbpf_range_zext(struct mbpf_range *r, u32 bits)
{
	u64 mask = ((u64)1 << bits) - 1;
	bool same = !((r->umin ^ r->umax) & ~mask);
	u64 low = r->umin & mask, high = r->umax & mask;

	if (r->umax <= mask)
		return;
	r->bits = mbpf_tnum_make(r->bits.value & mask, r->bits.mask & mask);
	open_word(r);
	/* Words that agree above keep their order when that is cut off. */
	r->umin = same ? low : 0;
	r->umax = same ? high : mask;
	if (bits < MBPF_HALF_BITS)
		open_half(r);
	mbpf_range_sync(r);
}

void mbpf_range_sext(struct mbpf_range *r, u32 bits)
{
	s64 smin32 = r->smin32, smax32 = r->smax32;
	s64 most = (s64)((u64)((u64)1 << (bits - 1)) - 1), least = (s64)(-most - 1);
	u32 shift = MBPF_WORD_BITS - bits;

	if (r->smin >= least && r->smax <= most)
		return;
	mbpf_range_zext(r, bits);
	r->bits = mbpf_tnum_arsh(mbpf_tnum_lsh(r->bits, shift), shift);
	if (bits == MBPF_HALF_BITS) {
		least = smin32;
		most = smax32;
	} else if ((s64)r->umax <= most) {
		/* All have the sign bit clear. */
		least = (s64)r->umin;
		most = (s64)r->umax;
	}
	open_word(r);
	r->smin = least;
	r->smax = most;
	if (bits < MBPF_HALF_BITS)
		open_half(r);
	mbpf_range_sync(r);
}
