// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a comparison that came out true says about both of its sides. A side
 * without words left means that the comparison cannot come out so.
 */
#include "range.h"

#define HALF_MASK	((u64)(u32)~(u32)0)

enum mbpf_rel mbpf_rel_not(enum mbpf_rel rel)
{
	static const u8 opposite[] = {
		[MBPF_REL_EQ] = MBPF_REL_NE,
		[MBPF_REL_NE] = MBPF_REL_EQ,
		[MBPF_REL_ULT] = MBPF_REL_UGE,
		[MBPF_REL_ULE] = MBPF_REL_UGT,
		[MBPF_REL_UGT] = MBPF_REL_ULE,
		[MBPF_REL_UGE] = MBPF_REL_ULT,
		[MBPF_REL_SLT] = MBPF_REL_SGE,
		[MBPF_REL_SLE] = MBPF_REL_SGT,
		[MBPF_REL_SGT] = MBPF_REL_SLE,
		[MBPF_REL_SGE] = MBPF_REL_SLT,
		[MBPF_REL_SET] = MBPF_REL_CLEAR,
		[MBPF_REL_CLEAR] = MBPF_REL_SET,
	};

	return opposite[rel];
}

/*
 * One function per reading: a < b, or a <= b with @or_equal. The checks
 * against the ends keep b - 1 and a + 1 from wrapping.
 */
#define DEFINE_LESS(name, min_field, max_field)					\
static bool name(struct mbpf_range *a, struct mbpf_range *b, bool or_equal)	\
{										\
	if (or_equal ? a->min_field > b->max_field : a->min_field >= b->max_field) \
		return false;							\
	if (a->max_field >= b->max_field)					\
		a->max_field = b->max_field - !or_equal;			\
	if (b->min_field <= a->min_field)					\
		b->min_field = a->min_field + !or_equal;			\
	return true;								\
}

DEFINE_LESS(less_u, umin, umax)
DEFINE_LESS(less_s, smin, smax)
DEFINE_LESS(less_u32, umin32, umax32)
DEFINE_LESS(less_s32, smin32, smax32)

static bool less(struct mbpf_range *a, struct mbpf_range *b, bool or_equal,
		 bool is_signed, bool half)
{
	if (half)
		return is_signed ? less_s32(a, b, or_equal) : less_u32(a, b, or_equal);
	return is_signed ? less_s(a, b, or_equal) : less_u(a, b, or_equal);
}

static bool equal_half(struct mbpf_range *a, struct mbpf_range *b)
{
	struct mbpf_tnum a_low = mbpf_tnum_make(a->bits.value & HALF_MASK,
						a->bits.mask & HALF_MASK);
	struct mbpf_tnum b_low = mbpf_tnum_make(b->bits.value & HALF_MASK,
						b->bits.mask & HALF_MASK);
	struct mbpf_tnum both;

	if (!mbpf_tnum_meet(a_low, b_low, &both))
		return false;
	a->bits = mbpf_tnum_make((a->bits.value & ~HALF_MASK) | both.value,
				 (a->bits.mask & ~HALF_MASK) | both.mask);
	b->bits = mbpf_tnum_make((b->bits.value & ~HALF_MASK) | both.value,
				 (b->bits.mask & ~HALF_MASK) | both.mask);
	a->umin32 = b->umin32 = max(a->umin32, b->umin32);
	a->umax32 = b->umax32 = min(a->umax32, b->umax32);
	a->smin32 = b->smin32 = max(a->smin32, b->smin32);
	a->smax32 = b->smax32 = min(a->smax32, b->smax32);
	return a->umin32 <= a->umax32 && a->smin32 <= a->smax32;
}

static bool equal(struct mbpf_range *a, struct mbpf_range *b, bool half)
{
	if (half)
		return equal_half(a, b);
	if (!mbpf_range_meet(a, b))
		return false;
	*b = *a;
	return true;
}

/* @a is not the one value of @b: that moves a bound that lies on it. */
static bool not_const(struct mbpf_range *a, u64 value)
{
	if (a->umin == value) {
		if (a->umin == a->umax)
			return false;
		a->umin++;
	} else if (a->umax == value) {
		a->umax--;
	}
	if (a->smin == (s64)value) {
		if (a->smin == a->smax)
			return false;
		a->smin++;
	} else if (a->smax == (s64)value) {
		a->smax--;
	}
	return true;
}

static bool not_const_half(struct mbpf_range *a, u32 value)
{
	if (a->umin32 == value) {
		if (a->umin32 == a->umax32)
			return false;
		a->umin32++;
	} else if (a->umax32 == value) {
		a->umax32--;
	}
	if (a->smin32 == (s32)value) {
		if (a->smin32 == a->smax32)
			return false;
		a->smin32++;
	} else if (a->smax32 == (s32)value) {
		a->smax32--;
	}
	return true;
}

static bool differ(struct mbpf_range *a, struct mbpf_range *b, bool half)
{
	if (half) {
		u32 a_value = a->umin32, b_value = b->umin32;
		bool a_const = a->umin32 == a->umax32, b_const = b->umin32 == b->umax32;

		return (!b_const || not_const_half(a, b_value)) &&
		       (!a_const || not_const_half(b, a_value));
	} else {
		u64 a_value = a->bits.value, b_value = b->bits.value;
		bool a_const = mbpf_range_is_const(a), b_const = mbpf_range_is_const(b);

		return (!b_const || not_const(a, b_value)) &&
		       (!a_const || not_const(b, a_value));
	}
}

/* Some bit is set in both sides: if only one can be, it is. */
static bool common_bit(struct mbpf_range *a, struct mbpf_range *b, u64 mask)
{
	u64 possible = (a->bits.value | a->bits.mask) & (b->bits.value | b->bits.mask) & mask;

	if (!possible)
		return false;
	if (!(possible & (u64)(possible - 1))) {
		a->bits = mbpf_tnum_make(a->bits.value | possible, a->bits.mask & ~possible);
		b->bits = mbpf_tnum_make(b->bits.value | possible, b->bits.mask & ~possible);
	}
	return true;
}

/* No bit is set in both sides: what is known set in one is clear in the other. */
static bool no_common_bit(struct mbpf_range *a, struct mbpf_range *b, u64 mask)
{
	u64 a_ones = a->bits.value & mask, b_ones = b->bits.value & mask;

	if (a_ones & b_ones)
		return false;
	a->bits.mask &= ~b_ones;
	b->bits.mask &= ~a_ones;
	return true;
}

static bool relate(struct mbpf_range *a, enum mbpf_rel rel, struct mbpf_range *b, bool half)
{
	u64 mask = half ? HALF_MASK : (u64)~(u64)0;

	switch (rel) {
	case MBPF_REL_EQ:
		return equal(a, b, half);
	case MBPF_REL_NE:
		return differ(a, b, half);
	case MBPF_REL_ULT:
	case MBPF_REL_ULE:
		return less(a, b, rel == MBPF_REL_ULE, false, half);
	case MBPF_REL_UGT:
	case MBPF_REL_UGE:
		return less(b, a, rel == MBPF_REL_UGE, false, half);
	case MBPF_REL_SLT:
	case MBPF_REL_SLE:
		return less(a, b, rel == MBPF_REL_SLE, true, half);
	case MBPF_REL_SGT:
	case MBPF_REL_SGE:
		return less(b, a, rel == MBPF_REL_SGE, true, half);
	case MBPF_REL_SET:
		return common_bit(a, b, mask);
	case MBPF_REL_CLEAR:
		return no_common_bit(a, b, mask);
	}
	return true;
}

bool mbpf_range_assume(struct mbpf_range *a, enum mbpf_rel rel,
		       struct mbpf_range *b, bool half)
{
	return relate(a, rel, b, half) && mbpf_range_sync(a) && mbpf_range_sync(b);
}
