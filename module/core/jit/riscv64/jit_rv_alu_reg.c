// SPDX-License-Identifier: GPL-2.0-only
/* Arithmetic on two registers. */
#include "rv_emit.h"

/* What is known of a bitwise operation's result before BPF zeroes anything. */
static u8 bitwise_upper(u8 op, u8 a, u8 b)
{
	u8 both = a & b & (RV_ZX | RV_SX);
	u8 any = (a | b) & RV_ZX;

	if (op != MBPF_AND)
		return both;
	/* Not negative in 32 bits: then the result is not either. */
	if ((a & RV_ZX && a & RV_SX) || (b & RV_ZX && b & RV_SX))
		return RV_ZX | RV_SX;
	return both | any;
}

static void emit_bitwise(struct rv_jit *rv, u8 op, u8 rd, u8 rs1, u8 rs2)
{
	if (op == MBPF_AND)
		emit_and(rv, rd, rs1, rs2);
	else if (op == MBPF_OR)
		emit_or(rv, rd, rs1, rs2);
	else
		emit_xor(rv, rd, rs1, rs2);
}

/*
 * Division by zero gives 0 in BPF and all ones in the machine, whose other
 * odd cases (remainder by zero, the smallest number by -1) are BPF's own.
 */
static void emit_div(struct rv_jit *rv, const struct mbpf_insn *insn,
		     u32 div, u8 rd, u8 divisor)
{
	if (rd == divisor) {
		/* x / x */
		emit(rv, rv_sltu(rd, RV_ZERO, divisor));
		return;
	}
	emit(rv, div);
	if (MBPF_SRC(insn->code) == MBPF_K)
		return;
	if (is_c_reg(divisor))
		emit_c(rv, rvc_bnez(divisor, 2 + 2));
	else
		emit(rv, rv_bcc(RV_BNE, divisor, RV_ZERO, 4 + 2));
	emit_c(rv, rvc_li(rd, 0));
}

/* With Zba one operand of an addition may be open. */
static void emit_add64(struct rv_jit *rv, u8 rd, struct rv_val a, struct rv_val b)
{
	if (a.upper & RV_OPEN)
		emit(rv, rv_add_uw(rd, a.reg, b.reg));
	else if (b.upper & RV_OPEN)
		emit(rv, rv_add_uw(rd, b.reg, a.reg));
	else
		emit_add(rv, rd, a.reg, b.reg);
}

u8 mbpf_rv_alu64_reg(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		     struct rv_val a, struct rv_val b)
{
	u8 op = MBPF_OP(insn->code);

	switch (op) {
	case MBPF_ADD:
		emit_add64(rv, rd, a, b);
		return 0;
	case MBPF_SUB:
		emit_sub(rv, rd, a.reg, b.reg);
		return 0;
	case MBPF_MUL:
		emit(rv, rv_mul(rd, a.reg, b.reg));
		return 0;
	case MBPF_DIV:
		emit_div(rv, insn, insn->off ? rv_div(rd, a.reg, b.reg) :
			 rv_divu(rd, a.reg, b.reg), rd, b.reg);
		return 0;
	case MBPF_MOD:
		emit(rv, insn->off ? rv_rem(rd, a.reg, b.reg) :
		     rv_remu(rd, a.reg, b.reg));
		return 0;
	case MBPF_AND:
	case MBPF_OR:
	case MBPF_XOR:
		emit_bitwise(rv, op, rd, a.reg, b.reg);
		return bitwise_upper(op, a.upper, b.upper);
	case MBPF_LSH:
		emit(rv, rv_sll(rd, a.reg, b.reg));
		return 0;
	case MBPF_RSH:
		emit(rv, rv_srl(rd, a.reg, b.reg));
		return a.upper & RV_ZX ? a.upper : 0;
	case MBPF_ARSH:
		emit(rv, rv_sra(rd, a.reg, b.reg));
		return a.upper & (RV_ZX | RV_SX);
	case MBPF_NEG:
		emit_sub(rv, rd, RV_ZERO, a.reg);
		return 0;
	default:
		rv->jit->err = -EINVAL;
		return 0;
	}
}

u8 mbpf_rv_alu32_reg(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		     struct rv_val a, struct rv_val b)
{
	u8 op = MBPF_OP(insn->code), upper;

	switch (op) {
	case MBPF_ADD:
		emit_addw(rv, rd, a.reg, b.reg);
		break;
	case MBPF_SUB:
		emit_subw(rv, rd, a.reg, b.reg);
		break;
	case MBPF_MUL:
		emit(rv, rv_mulw(rd, a.reg, b.reg));
		break;
	case MBPF_DIV:
		emit_div(rv, insn, insn->off ? rv_divw(rd, a.reg, b.reg) :
			 rv_divuw(rd, a.reg, b.reg), rd, b.reg);
		break;
	case MBPF_MOD:
		emit(rv, insn->off ? rv_remw(rd, a.reg, b.reg) :
		     rv_remuw(rd, a.reg, b.reg));
		break;
	case MBPF_AND:
	case MBPF_OR:
	case MBPF_XOR:
		emit_bitwise(rv, op, rd, a.reg, b.reg);
		upper = bitwise_upper(op, a.upper, b.upper);
		return upper & RV_ZX ? upper : upper | RV_OPEN;
	case MBPF_LSH:
		emit(rv, rv_sllw(rd, a.reg, b.reg));
		break;
	case MBPF_RSH:
		emit(rv, rv_srlw(rd, a.reg, b.reg));
		break;
	case MBPF_ARSH:
		emit(rv, rv_sraw(rd, a.reg, b.reg));
		break;
	case MBPF_NEG:
		emit_subw(rv, rd, RV_ZERO, a.reg);
		break;
	default:
		rv->jit->err = -EINVAL;
		break;
	}
	return RV_SX | RV_OPEN;
}
