// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic on a register and a constant: the cases in which the constant
 * needs no register of its own; the others load it and go the general way.
 */
#include "rv_emit.h"

/* insn with its constant, sign-extended, in a register. */
static u8 with_imm_in_reg(struct rv_jit *rv, const struct mbpf_insn *insn,
			  u8 rd, struct rv_val a)
{
	struct rv_val b = {
		.reg = insn->imm ? RV_TMP : RV_ZERO,
		.upper = mbpf_rv_imm_upper((s64)insn->imm),
	};

	if (insn->imm)
		mbpf_rv_imm(rv, RV_TMP, (s64)insn->imm);
	if (MBPF_CLASS(insn->code) == MBPF_ALU64)
		return mbpf_rv_alu64_reg(rv, insn, rd, a, b);
	return mbpf_rv_alu32_reg(rv, insn, rd, a, b);
}

static u8 emit_zero(struct rv_jit *rv, u8 rd)
{
	emit_mv(rv, rd, RV_ZERO);
	return RV_ZX | RV_SX;
}

/* A 32-bit operation that changes nothing still zeroes the upper half. */
static u8 emit_same32(struct rv_jit *rv, u8 rd, struct rv_val a)
{
	emit_mv(rv, rd, a.reg);
	return a.upper & RV_ZX ? a.upper : a.upper | RV_OPEN;
}

static u8 emit_same64(struct rv_jit *rv, u8 rd, struct rv_val a)
{
	emit_mv(rv, rd, a.reg);
	return a.upper;
}

/* The lower @bits bits of @rs, for a mask that andi cannot hold. */
static u8 emit_low_bits(struct rv_jit *rv, u8 rd, u8 rs, u32 bits)
{
	if (bits == 16 && rv_has(rv, MBPF_CPU_ZBB)) {
		emit(rv, rv_zext_h(rd, rs));
	} else {
		emit_slli(rv, rd, rs, 64 - bits);
		emit_srli(rv, rd, rd, 64 - bits);
	}
	return bits < 32 ? RV_ZX | RV_SX : RV_ZX;
}

/* Bitwise operations; imm is sign-extended and the width plays no part. */
static bool emit_bitwise_imm(struct rv_jit *rv, const struct mbpf_insn *insn,
			     u8 rd, u8 rs)
{
	u8 op = MBPF_OP(insn->code);
	u32 set = insn->imm, clear = ~insn->imm;
	bool zbs = rv_has(rv, MBPF_CPU_ZBS);

	if (op == MBPF_AND && fits_12(insn->imm))
		emit_andi(rv, rd, rs, insn->imm);
	else if (op == MBPF_OR && fits_12(insn->imm))
		emit(rv, rv_ori(rd, rs, insn->imm));
	else if (op == MBPF_XOR && fits_12(insn->imm))
		emit(rv, rv_xori(rd, rs, insn->imm));
	else if (op == MBPF_AND && insn->imm > 0 && is_power_of_2(set + 1))
		emit_low_bits(rv, rd, rs, ilog2(set + 1));
	else if (op == MBPF_AND && zbs && insn->imm < 0 && is_power_of_2(clear))
		emit(rv, rv_bclri(rd, rs, ilog2(clear)));
	else if (op == MBPF_OR && zbs && insn->imm > 0 && is_power_of_2(set))
		emit(rv, rv_bseti(rd, rs, ilog2(set)));
	else if (op == MBPF_XOR && zbs && insn->imm > 0 && is_power_of_2(set))
		emit(rv, rv_binvi(rd, rs, ilog2(set)));
	else
		return false;
	return true;
}

/* What is known after a bitwise operation with a sign-extended constant. */
static u8 bitwise_imm_upper(u8 op, s32 imm, u8 upper)
{
	if (op == MBPF_AND)
		return imm < 0 ? upper : RV_ZX | RV_SX;
	if (imm >= 0)
		return upper;
	return op == MBPF_OR ? RV_SX : upper & RV_SX;
}

static u8 bitwise_imm(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		      struct rv_val a)
{
	u8 upper = bitwise_imm_upper(MBPF_OP(insn->code), insn->imm, a.upper);

	if (!emit_bitwise_imm(rv, insn, rd, a.reg))
		with_imm_in_reg(rv, insn, rd, a);
	if (MBPF_CLASS(insn->code) == MBPF_ALU && !(upper & RV_ZX))
		upper |= RV_OPEN;
	return upper;
}

/* Addition of @imm, two of addi being as good as loading it. */
static bool emit_add_imm(struct rv_jit *rv, u8 rd, u8 rs, s64 imm)
{
	s64 half = imm < 0 ? -2048 : 2047;

	if (!fits_12(imm) && !fits_12(imm - half))
		return false;
	if (!fits_12(imm)) {
		emit(rv, rv_addi(rd, rs, half));
		rs = rd;
		imm -= half;
	}
	emit_addi(rv, rd, rs, imm);
	return true;
}

/* A constant factor that shifts and additions do; false if it is none. */
static bool emit_mul_imm(struct rv_jit *rv, u8 rd, u8 rs, s32 imm)
{
	bool zba = rv_has(rv, MBPF_CPU_ZBA);

	if (imm == -1)
		emit_sub(rv, rd, RV_ZERO, rs);
	else if (imm > 1 && is_power_of_2(imm))
		emit_slli(rv, rd, rs, ilog2(imm));
	else if (imm == 3 && zba)
		emit(rv, rv_sh1add(rd, rs, rs));
	else if (imm == 5 && zba)
		emit(rv, rv_sh2add(rd, rs, rs));
	else if (imm == 9 && zba)
		emit(rv, rv_sh3add(rd, rs, rs));
	else
		return false;
	return true;
}

/*
 * Division with a constant that makes it trivial. @upper gets what is known;
 * signed ones are left to the machine, which rounds towards zero as BPF does.
 */
static bool div_imm(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		    struct rv_val a, u8 *upper)
{
	bool wide = MBPF_CLASS(insn->code) == MBPF_ALU64;
	bool mod = MBPF_OP(insn->code) == MBPF_MOD;
	struct mbpf_insn and = { .code = MBPF_CLASS(insn->code) | MBPF_AND };
	s32 imm = insn->imm;

	if (!imm && !mod) {
		*upper = emit_zero(rv, rd);
	} else if (imm == (mod ? 0 : 1)) {
		*upper = wide ? emit_same64(rv, rd, a) : emit_same32(rv, rd, a);
	} else if (imm == 1 || (mod && insn->off && imm == -1)) {
		*upper = emit_zero(rv, rd);
	} else if (insn->off || imm < 0 || !is_power_of_2(imm)) {
		return false;
	} else if (mod) {
		and.imm = imm - 1;
		*upper = bitwise_imm(rv, &and, rd, a);
	} else if (wide) {
		emit_srli(rv, rd, a.reg, ilog2(imm));
		*upper = a.upper & RV_ZX ? RV_ZX | RV_SX : 0;
	} else {
		emit(rv, rv_srliw(rd, a.reg, ilog2(imm)));
		*upper = RV_ZX | RV_SX;
	}
	return true;
}

/* Left shift; an open operand is closed by the shift itself. */
static u8 emit_lsh64(struct rv_jit *rv, u8 rd, struct rv_val a, u32 n)
{
	if (!(a.upper & RV_OPEN)) {
		emit_slli(rv, rd, a.reg, n);
	} else if (n >= 32) {
		emit_slli(rv, rd, a.reg, n);
	} else if (rv_has(rv, MBPF_CPU_ZBA)) {
		emit(rv, rv_slli_uw(rd, a.reg, n));
	} else {
		emit_slli(rv, rd, a.reg, 32);
		emit_srli(rv, rd, rd, 32 - n);
	}
	return 0;
}

/* Right shift of an operand that is zero-extended or open: as 32 bits. */
static u8 emit_rsh64(struct rv_jit *rv, u8 rd, struct rv_val a, u32 n)
{
	if (a.upper & (RV_OPEN | RV_ZX)) {
		if (n >= 32)
			return emit_zero(rv, rd);
		if (a.upper & RV_OPEN)
			emit(rv, rv_srliw(rd, a.reg, n));
		else
			emit_srli(rv, rd, a.reg, n);
		return RV_ZX | RV_SX;
	}
	emit_srli(rv, rd, a.reg, n);
	return n > 32 ? RV_ZX | RV_SX : n == 32 ? RV_ZX : 0;
}

static u8 emit_arsh64(struct rv_jit *rv, u8 rd, struct rv_val a, u32 n)
{
	emit_srai(rv, rd, a.reg, n);
	if (n >= 32)
		return RV_SX;
	return a.upper & (RV_ZX | RV_SX);
}

static u8 shift64_imm(struct rv_jit *rv, u8 op, u8 rd, struct rv_val a, u32 n)
{
	if (!n)
		return emit_same64(rv, rd, a);
	if (op == MBPF_LSH)
		return emit_lsh64(rv, rd, a, n);
	if (op == MBPF_RSH)
		return emit_rsh64(rv, rd, a, n);
	return emit_arsh64(rv, rd, a, n);
}

static u8 shift32_imm(struct rv_jit *rv, u8 op, u8 rd, struct rv_val a, u32 n)
{
	if (!n)
		return emit_same32(rv, rd, a);
	if (op == MBPF_RSH) {
		emit(rv, rv_srliw(rd, a.reg, n));
		return RV_ZX | RV_SX;
	}
	if (op == MBPF_LSH)
		emit(rv, rv_slliw(rd, a.reg, n));
	else
		emit(rv, rv_sraiw(rd, a.reg, n));
	return RV_SX | RV_OPEN;
}

static u8 emit_same(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd, struct rv_val a)
{
	return MBPF_CLASS(insn->code) == MBPF_ALU64 ? emit_same64(rv, rd, a) :
						       emit_same32(rv, rd, a);
}

/* What is alike in both widths; false if @insn is something else. */
static bool any_width(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		      struct rv_val a, u8 *upper)
{
	switch (MBPF_OP(insn->code)) {
	case MBPF_MUL:
		if (insn->imm != 0 && insn->imm != 1)
			return false;
		*upper = insn->imm ? emit_same(rv, insn, rd, a) : emit_zero(rv, rd);
		return true;
	case MBPF_DIV:
	case MBPF_MOD:
		return div_imm(rv, insn, rd, a, upper);
	case MBPF_AND:
	case MBPF_OR:
	case MBPF_XOR:
		*upper = bitwise_imm(rv, insn, rd, a);
		return true;
	default:
		return false;
	}
}

u8 mbpf_rv_alu64_imm(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		     struct rv_val a)
{
	u8 op = MBPF_OP(insn->code), upper;
	s64 imm = insn->imm;

	switch (op) {
	case MBPF_SUB:
		imm = -imm;
		fallthrough;
	case MBPF_ADD:
		if (emit_add_imm(rv, rd, a.reg, imm))
			return imm ? 0 : a.upper;
		break;
	case MBPF_LSH:
	case MBPF_RSH:
	case MBPF_ARSH:
		return shift64_imm(rv, op, rd, a, imm & 63);
	default:
		if (any_width(rv, insn, rd, a, &upper))
			return upper;
		if (op == MBPF_MUL && emit_mul_imm(rv, rd, a.reg, imm))
			return 0;
	}
	return with_imm_in_reg(rv, insn, rd, a);
}

u8 mbpf_rv_alu32_imm(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		     struct rv_val a)
{
	u8 op = MBPF_OP(insn->code), upper;
	s64 imm = insn->imm;

	switch (op) {
	case MBPF_SUB:
		imm = -imm;
		fallthrough;
	case MBPF_ADD:
		if (!imm)
			return emit_same32(rv, rd, a);
		if (!fits_12(imm))
			break;
		emit_addiw(rv, rd, a.reg, imm);
		return RV_SX | RV_OPEN;
	case MBPF_LSH:
	case MBPF_RSH:
	case MBPF_ARSH:
		return shift32_imm(rv, op, rd, a, imm & 31);
	default:
		if (any_width(rv, insn, rd, a, &upper))
			return upper;
		if (op == MBPF_MUL && imm > 0 && is_power_of_2(imm)) {
			emit(rv, rv_slliw(rd, a.reg, ilog2(imm)));
			return RV_SX | RV_OPEN;
		}
	}
	return with_imm_in_reg(rv, insn, rd, a);
}
