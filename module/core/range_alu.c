// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic on sets of words: each reading of the operands gives bounds of
 * the result where it cannot wrap around; what is left is learnt from the rest.
 */
#include "range.h"

#define WORD_MAX	((u64)~(u64)0)
#define SIGN_BIT	((u64)((u64)1 << (MBPF_WORD_BITS - 1)))
#define HIGHEST		((s64)(SIGN_BIT - 1))
#define LOWEST		((s64)SIGN_BIT)

/* Nothing but known bits; bounds follow by synchronisation. */
static void set_bits(struct mbpf_range *r, struct mbpf_tnum bits)
{
	mbpf_range_set_unknown(r);
	r->bits = bits;
}

static bool both_const(const struct mbpf_range *a, const struct mbpf_range *b)
{
	return mbpf_range_is_const(a) && mbpf_range_is_const(b);
}

void mbpf_range_add(struct mbpf_range *a, const struct mbpf_range *b)
{
	struct mbpf_range r;
	u64 low, high;
	s64 slow, shigh;
	bool wraps, swraps;

	if (both_const(a, b)) {
		mbpf_range_set_const(a, a->bits.value + b->bits.value);
		return;
	}
	wraps = check_add_overflow(a->umin, b->umin, &low);
	/* Either no sum wraps or all do; in both cases the order is kept. */
	wraps = wraps != check_add_overflow(a->umax, b->umax, &high);
	swraps = check_add_overflow(a->smin, b->smin, &slow);
	swraps = check_add_overflow(a->smax, b->smax, &shigh) || swraps;

	set_bits(&r, mbpf_tnum_add(a->bits, b->bits));
	if (!wraps) {
		r.umin = low;
		r.umax = high;
	}
	if (!swraps) {
		r.smin = slow;
		r.smax = shigh;
	}
	mbpf_range_sync(&r);
	*a = r;
}

void mbpf_range_sub(struct mbpf_range *a, const struct mbpf_range *b)
{
	struct mbpf_range r;
	u64 low, high;
	s64 slow, shigh;
	bool wraps, swraps;

	if (both_const(a, b)) {
		mbpf_range_set_const(a, a->bits.value - b->bits.value);
		return;
	}
	wraps = check_sub_overflow(a->umin, b->umax, &low);
	wraps = wraps != check_sub_overflow(a->umax, b->umin, &high);
	swraps = check_sub_overflow(a->smin, b->smax, &slow);
	swraps = check_sub_overflow(a->smax, b->smin, &shigh) || swraps;

	set_bits(&r, mbpf_tnum_sub(a->bits, b->bits));
	if (!wraps) {
		r.umin = low;
		r.umax = high;
	}
	if (!swraps) {
		r.smin = slow;
		r.smax = shigh;
	}
	mbpf_range_sync(&r);
	*a = r;
}

/* The extremes of a product lie where both factors are extreme. */
static bool signed_product(const struct mbpf_range *a, const struct mbpf_range *b,
			   s64 *low, s64 *high)
{
	s64 p[4];
	bool wraps;
	u32 i;

	wraps = check_mul_overflow(a->smin, b->smin, &p[0]);
	wraps = check_mul_overflow(a->smin, b->smax, &p[1]) || wraps;
	wraps = check_mul_overflow(a->smax, b->smin, &p[2]) || wraps;
	wraps = check_mul_overflow(a->smax, b->smax, &p[3]) || wraps;
	*low = p[0];
	*high = p[0];
	for (i = 1; i < 4; i++) {
		*low = min(*low, p[i]);
		*high = max(*high, p[i]);
	}
	return !wraps;
}

void mbpf_range_mul(struct mbpf_range *a, const struct mbpf_range *b)
{
	struct mbpf_range r;
	u64 low, high;
	s64 slow, shigh;

	set_bits(&r, mbpf_tnum_mul(a->bits, b->bits));
	if (!check_mul_overflow(a->umax, b->umax, &high)) {
		low = a->umin * b->umin;
		r.umin = low;
		r.umax = high;
	}
	if (signed_product(a, b, &slow, &shigh)) {
		r.smin = slow;
		r.smax = shigh;
	}
	mbpf_range_sync(&r);
	*a = r;
}

void mbpf_range_udiv(struct mbpf_range *a, const struct mbpf_range *b)
{
	u64 low = b->umax ? a->umin / b->umax : 0;
	u64 high = b->umin ? a->umax / b->umin : a->umax;

	/* Division by zero gives zero. */
	if (!b->umin)
		low = 0;
	if (!b->umax)
		high = 0;
	mbpf_range_set_span(a, low, high);
}

void mbpf_range_umod(struct mbpf_range *a, const struct mbpf_range *b)
{
	if (both_const(a, b)) {
		if (b->bits.value)
			mbpf_range_set_const(a, a->bits.value % b->bits.value);
		return;
	}
	/* Nothing is taken away from what is smaller than each divisor. */
	if (a->umax < b->umin)
		return;
	if (b->umin)
		mbpf_range_set_span(a, 0, min(a->umax, (u64)(b->umax - 1)));
	else
		mbpf_range_set_span(a, 0, a->umax);
}

static void set_signed_span(struct mbpf_range *r, s64 low, s64 high)
{
	mbpf_range_set_unknown(r);
	r->smin = low;
	r->smax = high;
	mbpf_range_sync(r);
}

void mbpf_range_sdiv(struct mbpf_range *a, const struct mbpf_range *b)
{
	s64 d = (s64)b->bits.value;

	if (!mbpf_range_is_const(b)) {
		mbpf_range_set_unknown(a);
	} else if (!d) {
		mbpf_range_set_const(a, 0);
	} else if (d == -1) {
		struct mbpf_range zero;

		mbpf_range_set_const(&zero, 0);
		mbpf_range_sub(&zero, a);
		*a = zero;
	} else if (d > 0) {
		set_signed_span(a, a->smin / d, a->smax / d);
	} else {
		set_signed_span(a, a->smax / d, a->smin / d);
	}
}

void mbpf_range_smod(struct mbpf_range *a, const struct mbpf_range *b)
{
	s64 d = (s64)b->bits.value;
	s64 most, low, high;

	if (!mbpf_range_is_const(b) || d == LOWEST) {
		mbpf_range_set_unknown(a);
		return;
	}
	if (!d)
		return;
	if (d == -1) {
		mbpf_range_set_const(a, 0);
		return;
	}
	if (mbpf_range_is_const(a)) {
		mbpf_range_set_const(a, (u64)((s64)a->bits.value % d));
		return;
	}
	/* The result has the sign of the dividend and is not further from zero. */
	most = (d < 0 ? (s64)-d : d) - 1;
	low = a->smin < 0 ? max(a->smin, (s64)-most) : 0;
	high = a->smax > 0 ? min(a->smax, most) : 0;
	set_signed_span(a, low, high);
}

void mbpf_range_and(struct mbpf_range *a, const struct mbpf_range *b)
{
	struct mbpf_range r;

	if (both_const(a, b)) {
		mbpf_range_set_const(a, a->bits.value & b->bits.value);
		return;
	}
	set_bits(&r, mbpf_tnum_and(a->bits, b->bits));
	r.umax = min(a->umax, b->umax);
	r.umax32 = min(a->umax32, b->umax32);
	mbpf_range_sync(&r);
	*a = r;
}

void mbpf_range_or(struct mbpf_range *a, const struct mbpf_range *b)
{
	struct mbpf_range r;

	if (both_const(a, b)) {
		mbpf_range_set_const(a, a->bits.value | b->bits.value);
		return;
	}
	set_bits(&r, mbpf_tnum_or(a->bits, b->bits));
	r.umin = max(a->umin, b->umin);
	r.umin32 = max(a->umin32, b->umin32);
	mbpf_range_sync(&r);
	*a = r;
}

void mbpf_range_xor(struct mbpf_range *a, const struct mbpf_range *b)
{
	struct mbpf_range r;

	if (both_const(a, b)) {
		mbpf_range_set_const(a, a->bits.value ^ b->bits.value);
		return;
	}
	set_bits(&r, mbpf_tnum_xor(a->bits, b->bits));
	mbpf_range_sync(&r);
	*a = r;
}

/* Whether the count is a known one; it counts modulo @width. */
static bool shift_count(const struct mbpf_range *b, u32 width, u32 *n)
{
	*n = (u32)(b->bits.value & (width - 1));
	return !(b->bits.mask & (width - 1));
}

void mbpf_range_lsh(struct mbpf_range *a, const struct mbpf_range *b, u32 width)
{
	struct mbpf_range r;
	u64 low, high;
	s64 slow, shigh;
	u32 n;

	if (!shift_count(b, width, &n)) {
		mbpf_range_set_unknown(a);
		return;
	}
	set_bits(&r, mbpf_tnum_lsh(a->bits, n));
	low = a->umin << n;
	high = a->umax << n;
	if (high >> n == a->umax) {
		r.umin = low;
		r.umax = high;
	}
	slow = (s64)((u64)a->smin << n);
	shigh = (s64)((u64)a->smax << n);
	if (slow >> n == a->smin && shigh >> n == a->smax) {
		r.smin = slow;
		r.smax = shigh;
	} else if (n == MBPF_HALF_BITS) {
		/* First step of a sign extension: the lower half is all that is left. */
		r.smin = (s64)((u64)(s64)a->smin32 << n);
		r.smax = (s64)((u64)(s64)a->smax32 << n);
		r.umin = (u64)a->umin32 << n;
		r.umax = (u64)a->umax32 << n;
	}
	mbpf_range_sync(&r);
	*a = r;
}

void mbpf_range_rsh(struct mbpf_range *a, const struct mbpf_range *b, u32 width)
{
	struct mbpf_range r;
	u32 n;

	if (!shift_count(b, width, &n)) {
		/* It gets no larger. */
		mbpf_range_set_span(a, 0, a->umax);
		return;
	}
	set_bits(&r, mbpf_tnum_rsh(a->bits, n));
	r.umin = a->umin >> n;
	r.umax = a->umax >> n;
	mbpf_range_sync(&r);
	*a = r;
}

void mbpf_range_arsh(struct mbpf_range *a, const struct mbpf_range *b, u32 width)
{
	struct mbpf_range r;
	u32 n;

	if (!shift_count(b, width, &n)) {
		/* It gets no further from zero, or from minus one. */
		set_signed_span(a, min(a->smin, (s64)0), max(a->smax, (s64)-1));
		return;
	}
	set_bits(&r, mbpf_tnum_arsh(a->bits, n));
	r.smin = a->smin >> n;
	r.smax = a->smax >> n;
	mbpf_range_sync(&r);
	*a = r;
}
