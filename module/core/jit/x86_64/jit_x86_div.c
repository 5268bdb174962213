// SPDX-License-Identifier: GPL-2.0-only
/*
 * Division and remainder. x86 divides rdx:rax and traps on what BPF defines:
 * division by 0 and overflow. Division by a constant is a multiplication by its
 * reciprocal.
 */
#include "jit_x86.h"

static bool is_mod(const struct mbpf_insn *insn)
{
	return MBPF_OP(insn->code) == MBPF_MOD;
}

/* Where the result is the dividend itself, unless its upper half has to be cleared. */
static void emit_dividend(struct x86_jit *x, u32 i, u32 size, u8 dst)
{
	if (size == 4 && !(x86_aux(x, i)->flags & MBPF_AUX_NO_ZEXT) &&
	    !x86_is_zext(x, i, x86_insn(x, i)->dst))
		emit_zext(x->jit, dst);
}

/* dst = dst op @src, which is known not to be 0, nor -1 if the division is signed. */
static void emit_divide(struct x86_jit *x, u32 i, u32 size, u8 dst, u8 src)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	u8 result = is_mod(insn) ? X86_RDX : X86_RAX;
	bool keep_rax = dst != X86_RAX && x86_holds(x, i, X86_RAX);
	bool keep_rdx = dst != X86_RDX && x86_holds(x, i, X86_RDX);
	struct mbpf_jit *jit = x->jit;

	if (src == X86_RAX || src == X86_RDX) {
		emit(jit, x86_mov_rr(size, SCRATCH, src));
		src = SCRATCH;
	}
	if (keep_rax)
		emit(jit, x86_mov_rr(8, SCRATCH2, X86_RAX));
	if (keep_rdx)
		emit(jit, x86_mov_rr(8, SCRATCH3, X86_RDX));
	if (dst != X86_RAX)
		emit(jit, x86_mov_rr(size, X86_RAX, dst));
	if (insn->off) {
		emit(jit, x86_cdq(size));
		emit(jit, x86_idiv(size, src));
	} else {
		mbpf_x86_emit_const(jit, X86_RDX, 0);
		emit(jit, x86_div(size, src));
	}
	if (dst != result)
		emit(jit, x86_mov_rr(size, dst, result));
	if (keep_rdx)
		emit(jit, x86_mov_rr(8, X86_RDX, SCRATCH3));
	if (keep_rax)
		emit(jit, x86_mov_rr(8, X86_RAX, SCRATCH2));
}

/*
 * The divisors that need care when signed are 0 and -1, for which src + 1 is at
 * most 1, unsigned. With them, multiplying has the result that BPF wants:
 * dst / src = dst * src, dst % src = dst * (src + 1).
 */
static u32 emit_signed_check(struct x86_jit *x, u32 i, u32 size, u8 dst, u8 src)
{
	struct mbpf_jit *jit = x->jit;
	u32 divide, done;

	emit(jit, x86_lea(size, SCRATCH, x86_mem(src, 1)));
	mbpf_x86_emit_alu(jit, X86_CMP, size, SCRATCH, 1);
	divide = emit_skip_if(jit, X86_CC_A);
	emit(jit, x86_imul_rr(size, dst, is_mod(x86_insn(x, i)) ? SCRATCH : src));
	done = emit_skip(jit);
	emit_label(jit, divide);
	return done;
}

/* By 0, the quotient is 0 and the remainder the dividend. */
static u32 emit_zero_check(struct x86_jit *x, u32 i, u32 size, u8 dst, u8 src)
{
	struct mbpf_jit *jit = x->jit;
	u32 divide, done;

	if (is_mod(x86_insn(x, i))) {
		emit_dividend(x, i, size, dst);
		emit(jit, x86_test_rr(size, src, src));
		return emit_skip_if(jit, X86_CC_E);
	}
	emit(jit, x86_test_rr(size, src, src));
	divide = emit_skip_if(jit, X86_CC_NE);
	mbpf_x86_emit_const(jit, dst, 0);
	done = emit_skip(jit);
	emit_label(jit, divide);
	return done;
}

void mbpf_x86_div_reg(struct x86_jit *x, u32 i, u32 size, u8 dst, u8 src)
{
	u32 done;

	if (x86_insn(x, i)->off)
		done = emit_signed_check(x, i, size, dst, src);
	else
		done = emit_zero_check(x, i, size, dst, src);
	emit_divide(x, i, size, dst, src);
	emit_label(x->jit, done);
}

/*
 * Unsigned division by a constant after Granlund and Montgomery, "Division by
 * Invariant Integers using Multiplication" (1994), figures 4.1 and 6.2:
 *
 *	n / divisor = high(n >> pre, mul) >> shift
 *
 * where high() is the upper half of the product. Where the multiplier has one
 * bit more than a register, @mul lacks it and @add is set:
 *
 *	n / divisor = (n + high(n, mul)) >> shift
 *
 * with a sum of one bit more than a register.
 */
struct reciprocal {
	u64 mul;
	u8 pre;
	u8 shift;
	bool add;
};

/* The quotient of (high << bits) + low, without the bit that is @bits up. */
static u64 divide_wide(u32 bits, u64 high, u64 low, u32 divisor)
{
	u64 upper, rest;

	high %= divisor;
	if (bits == 32)
		return ((high << 32) + low) / divisor;
	upper = (high << 32) + (low >> 32);
	rest = upper % divisor << 32 | (u32)low;
	return upper / divisor << 32 | rest / divisor;
}

/* Of @divisor << @pre, if the dividend was shifted right by @pre before. */
static struct reciprocal find_multiplier(u32 bits, u32 divisor, u8 pre)
{
	u32 log = fls64(divisor);
	u64 low = divide_wide(bits, 1ULL << log, 0, divisor);
	u64 high = divide_wide(bits, 1ULL << log, 1ULL << (log + pre), divisor);
	struct reciprocal r = { .mul = high, .pre = pre, .shift = log, .add = true };
	u64 top = 1ULL << (bits - 1);

	/* Halve while there is a whole number left between the two bounds. */
	while (r.shift && (low >> 1) < (high >> 1)) {
		low = (low >> 1) + (r.add ? top : 0);
		high = (high >> 1) + (r.add ? top : 0);
		r.add = false;
		r.mul = high;
		r.shift--;
	}
	return r;
}

static struct reciprocal find_reciprocal(u32 divisor)
{
	struct reciprocal r = find_multiplier(64, divisor, 0);

	if (r.add && !(divisor & 1))
		r = find_multiplier(64, divisor >> __ffs64(divisor), __ffs64(divisor));
	return r;
}

static void emit_high_mulx(struct x86_jit *x, u32 i, u8 dst, u8 q, u8 n, u64 mul, bool keep_dst)
{
	bool keep = dst == X86_RDX ? keep_dst : x86_holds(x, i, X86_RDX);
	struct mbpf_jit *jit = x->jit;

	if (n == X86_RDX) {
		mbpf_x86_emit_const(jit, SCRATCH, mul);
		emit(jit, x86_mulx(8, q, SCRATCH, SCRATCH));
		return;
	}
	if (keep)
		emit(jit, x86_mov_rr(8, SCRATCH3, X86_RDX));
	mbpf_x86_emit_const(jit, X86_RDX, mul);
	emit(jit, x86_mulx(8, q, SCRATCH, n));
	if (keep)
		emit(jit, x86_mov_rr(8, X86_RDX, SCRATCH3));
}

static void emit_high_mul(struct x86_jit *x, u32 i, u8 dst, u8 q, u8 n, u64 mul, bool keep_dst)
{
	bool keep_rax = dst == X86_RAX ? keep_dst : x86_holds(x, i, X86_RAX);
	bool keep_rdx = dst == X86_RDX ? keep_dst : x86_holds(x, i, X86_RDX);
	struct mbpf_jit *jit = x->jit;

	if (n == X86_RAX || n == X86_RDX) {
		emit(jit, x86_mov_rr(8, SCRATCH, n));
		n = SCRATCH;
	}
	if (keep_rax)
		emit(jit, x86_mov_rr(8, SCRATCH2, X86_RAX));
	if (keep_rdx)
		emit(jit, x86_mov_rr(8, SCRATCH3, X86_RDX));
	mbpf_x86_emit_const(jit, X86_RAX, mul);
	emit(jit, x86_mul(8, n));
	if (q != X86_RDX)
		emit(jit, x86_mov_rr(8, q, X86_RDX));
	if (keep_rdx)
		emit(jit, x86_mov_rr(8, X86_RDX, SCRATCH3));
	if (keep_rax)
		emit(jit, x86_mov_rr(8, X86_RAX, SCRATCH2));
}

/*
 * high(@n, @mul) to @q, which is SCRATCH or @dst. @keep_dst: @dst keeps its
 * value unless it is @q.
 */
static void emit_high(struct x86_jit *x, u32 i, u8 dst, u8 q, u8 n, u64 mul, bool keep_dst)
{
	if (x->features & MBPF_CPU_BMI2)
		emit_high_mulx(x, i, dst, q, n, mul, keep_dst);
	else
		emit_high_mul(x, i, dst, q, n, mul, keep_dst);
}

/*
 * With 64-bit products of 32-bit numbers nothing overflows. Where the multiplier
 * has more than 32 bits, one of 64 serves, and the upper half of a product of 128
 * is the quotient: let m = 2^64 / d rounded up, so that m * d = 2^64 + e with
 * e < d; then n * m / 2^64 = n / d + n * e / (d * 2^64), where the last part is less
 * than 1 / d, as n * e < 2^32 * 2^32, and so brings no quotient up to the next.
 */
static void emit_reciprocal32(struct x86_jit *x, u32 i, u8 dst, u32 divisor, bool mod)
{
	struct reciprocal r = find_multiplier(32, divisor, 0);
	bool zext = x86_is_zext(x, i, x86_insn(x, i)->dst);
	u8 q = mod ? SCRATCH : dst;
	struct mbpf_jit *jit = x->jit;

	if (r.add) {
		/* The result has no upper half either. */
		if (!zext)
			emit_zext(jit, dst);
		emit_high(x, i, dst, q, dst, U64_MAX / divisor + 1, mod);
	} else {
		if (q != dst || !zext)
			emit(jit, x86_mov_rr(4, q, dst));
		if (is_s32(r.mul)) {
			mbpf_x86_emit_mul(jit, 8, q, q, r.mul);
		} else {
			mbpf_x86_emit_const(jit, SCRATCH2, r.mul);
			emit(jit, x86_imul_rr(8, q, SCRATCH2));
		}
		mbpf_x86_emit_shift(jit, X86_SHR, 8, q, 32 + r.shift);
	}
	if (mod) {
		mbpf_x86_emit_mul(jit, 4, q, q, divisor);
		emit(jit, x86_alu_rr(X86_SUB, 4, dst, q));
	}
}

/* q = (@n + @high) >> shift, by way of (((n - high) >> 1) + high) >> (shift - 1) */
static void emit_add_fixup(struct mbpf_jit *jit, u8 q, u8 n, u8 high, u8 shift)
{
	emit_mov(jit, 8, q, n);
	emit(jit, x86_alu_rr(X86_SUB, 8, q, high));
	mbpf_x86_emit_shift(jit, X86_SHR, 8, q, 1);
	emit(jit, x86_alu_rr(X86_ADD, 8, q, high));
	mbpf_x86_emit_shift(jit, X86_SHR, 8, q, shift - 1);
}

static void emit_reciprocal64(struct x86_jit *x, u32 i, u8 dst, u32 divisor, bool mod)
{
	struct reciprocal r = find_reciprocal(divisor);
	bool keep_dst = mod || r.add;
	u8 q = keep_dst ? SCRATCH : dst, n = dst;
	struct mbpf_jit *jit = x->jit;

	if (r.pre) {
		n = q;
		emit_mov(jit, 8, n, dst);
		mbpf_x86_emit_shift(jit, X86_SHR, 8, n, r.pre);
	}
	emit_high(x, i, dst, q, n, r.mul, keep_dst);
	if (r.add) {
		u8 high = q;

		q = mod ? SCRATCH2 : dst;
		emit_add_fixup(jit, q, dst, high, r.shift);
	} else if (r.shift) {
		mbpf_x86_emit_shift(jit, X86_SHR, 8, q, r.shift);
	}
	if (mod) {
		mbpf_x86_emit_mul(jit, 8, q, q, divisor);
		emit(jit, x86_alu_rr(X86_SUB, 8, dst, q));
	}
}

/* dst = @src / the constant of the division @i, where that saves the move. */
bool mbpf_x86_div_move(struct x86_jit *x, u32 i, u8 dst, u8 src)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	struct reciprocal r;

	if (insn->code != (MBPF_ALU64 | MBPF_DIV | MBPF_K) || insn->off || insn->imm <= 2 ||
	    is_power_of_2(insn->imm))
		return false;
	r = find_reciprocal(insn->imm);
	if (r.add || r.pre)
		return false;
	emit_high(x, i, dst, dst, src, r.mul, false);
	if (r.shift)
		mbpf_x86_emit_shift(x->jit, X86_SHR, 8, dst, r.shift);
	return true;
}

/* By a constant with which there is next to nothing to compute. */
static bool emit_simple(struct x86_jit *x, u32 i, u32 size, u8 dst, u64 divisor)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	bool mod = is_mod(insn);

	if (!divisor || divisor == 1) {
		if (mod == !divisor)
			emit_dividend(x, i, size, dst);
		else
			mbpf_x86_emit_const(x->jit, dst, 0);
	} else if (insn->off) {
		if (insn->imm != -1)
			return false;
		if (mod)
			mbpf_x86_emit_const(x->jit, dst, 0);
		else
			emit(x->jit, x86_neg(size, dst));
	} else if (is_power_of_2(divisor)) {
		if (mod)
			mbpf_x86_emit_and(x->jit, size, dst, divisor - 1);
		else
			mbpf_x86_emit_shift(x->jit, X86_SHR, size, dst, ilog2(divisor));
	} else {
		return false;
	}
	return true;
}

void mbpf_x86_div_imm(struct x86_jit *x, u32 i, u32 size, u8 dst, s32 imm)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	u64 divisor = size == 8 ? (u64)(s64)imm : (u32)imm;

	if (emit_simple(x, i, size, dst, divisor))
		return;
	if (insn->off || imm < 0) {
		mbpf_x86_emit_const(x->jit, SCRATCH, divisor);
		emit_divide(x, i, size, dst, SCRATCH);
	} else if (size == 8) {
		emit_reciprocal64(x, i, dst, divisor, is_mod(insn));
	} else {
		emit_reciprocal32(x, i, dst, divisor, is_mod(insn));
	}
}
