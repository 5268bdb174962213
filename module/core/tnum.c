// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic on tristate numbers. Each operation returns a set that holds the
 * result for every choice of words from its operands; `make prove` shows it.
 */
#include "tnum.h"

struct mbpf_tnum mbpf_tnum_range(u64 min, u64 max)
{
	u32 bits = fls64(min ^ max);
	u64 mask;

	/* Above the highest bit in which the ends differ, all between agree. */
	if (bits == MBPF_WORD_BITS)
		return mbpf_tnum_unknown();
	mask = ((u64)1 << bits) - 1;
	return mbpf_tnum_make(min, mask);
}

/*
 * The carry into each bit grows with the operands. So where the sum of the
 * smallest operands and that of the largest were reached by the same carry,
 * the carry is the same for all, and the bit is known if both operands' are.
 */
struct mbpf_tnum mbpf_tnum_add(struct mbpf_tnum a, struct mbpf_tnum b)
{
	u64 low = a.value + b.value;
	u64 high = low + a.mask + b.mask;

	return mbpf_tnum_make(low, (low ^ high) | a.mask | b.mask);
}

/* As for addition: the borrow falls with @a and grows with @b. */
struct mbpf_tnum mbpf_tnum_sub(struct mbpf_tnum a, struct mbpf_tnum b)
{
	u64 diff = a.value - b.value;
	u64 high = diff + a.mask;
	u64 low = diff - b.mask;

	return mbpf_tnum_make(diff, (low ^ high) | a.mask | b.mask);
}

/* Long multiplication; a bit of @a that is not known may add its row or not. */
struct mbpf_tnum mbpf_tnum_mul(struct mbpf_tnum a, struct mbpf_tnum b)
{
	struct mbpf_tnum sum = mbpf_tnum_const(0);

	if (mbpf_tnum_is_const(b))
		swap(a, b);
	while (a.value | a.mask) {
		if (a.value & 1)
			sum = mbpf_tnum_add(sum, b);
		else if (a.mask & 1)
			sum = mbpf_tnum_add(sum, mbpf_tnum_make(0, b.value | b.mask));
		a = mbpf_tnum_rsh(a, 1);
		b = mbpf_tnum_lsh(b, 1);
	}
	return sum;
}

struct mbpf_tnum mbpf_tnum_and(struct mbpf_tnum a, struct mbpf_tnum b)
{
	u64 ones = a.value & b.value;
	u64 maybe = (a.value | a.mask) & (b.value | b.mask);

	return mbpf_tnum_make(ones, maybe & ~ones);
}

struct mbpf_tnum mbpf_tnum_or(struct mbpf_tnum a, struct mbpf_tnum b)
{
	u64 ones = a.value | b.value;

	return mbpf_tnum_make(ones, (a.mask | b.mask) & ~ones);
}

struct mbpf_tnum mbpf_tnum_xor(struct mbpf_tnum a, struct mbpf_tnum b)
{
	return mbpf_tnum_make(a.value ^ b.value, a.mask | b.mask);
}

struct mbpf_tnum mbpf_tnum_lsh(struct mbpf_tnum a, u32 n)
{
	return (struct mbpf_tnum){ .value = a.value << n, .mask = a.mask << n };
}

struct mbpf_tnum mbpf_tnum_rsh(struct mbpf_tnum a, u32 n)
{
	return (struct mbpf_tnum){ .value = a.value >> n, .mask = a.mask >> n };
}

/* An unknown sign bit spreads as unknown, a known one as itself. */
struct mbpf_tnum mbpf_tnum_arsh(struct mbpf_tnum a, u32 n)
{
	return (struct mbpf_tnum){
		.value = (u64)((s64)a.value >> n),
		.mask = (u64)((s64)a.mask >> n),
	};
}

bool mbpf_tnum_meet(struct mbpf_tnum a, struct mbpf_tnum b, struct mbpf_tnum *out)
{
	if ((a.value ^ b.value) & ~a.mask & ~b.mask)
		return false;
	*out = mbpf_tnum_make(a.value | b.value, a.mask & b.mask);
	return true;
}

struct mbpf_tnum mbpf_tnum_join(struct mbpf_tnum a, struct mbpf_tnum b)
{
	return mbpf_tnum_make(a.value, a.mask | b.mask | (a.value ^ b.value));
}
