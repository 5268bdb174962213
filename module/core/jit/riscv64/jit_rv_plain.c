// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations that are one instruction of the machine, as most are: a table of
 * these with all operands 0, to be filled in where nothing stands in the way.
 * Else an operation goes the general way, which looks at all that may be
 * special about it.
 */
#include "rv_emit.h"

#define R(f7, f3, op)	((f7) << 25 | (f3) << 12 | (op))
#define I(f3, op)	((f3) << 12 | (op))
#define CA(f6, f2)	((f6) << 10 | (f2) << 5 | 1)
#define CI(f3, op)	((f3) << 13 | (op))

#define KNOWN	(RV_ZX | RV_SX)
#define ANY	(KNOWN | RV_OPEN)
#define HALF	(RV_SX | RV_OPEN)

#define REG64(op)	[MBPF_ALU64 | (op) | MBPF_X]
#define REG32(op)	[MBPF_ALU | (op) | MBPF_X]
#define IMM64(op)	[MBPF_ALU64 | (op) | MBPF_K]
#define IMM32(op)	[MBPF_ALU | (op) | MBPF_K]

static const struct rv_plain table[256] = {
	REG64(MBPF_ADD)  = { RV_PLAIN_ADD, RV_OPEN, 0, CI(4, 1 << 12 | 2), R(0, 0, 0x33) },
	REG64(MBPF_SUB)  = { RV_PLAIN_REG, RV_OPEN, 0, CA(0x23, 0), R(0x20, 0, 0x33) },
	REG64(MBPF_MUL)  = { RV_PLAIN_REG, RV_OPEN, 0, 0, R(1, 0, 0x33) },
	REG64(MBPF_OR)   = { RV_PLAIN_REG, ANY, 0, CA(0x23, 2), R(0, 6, 0x33) },
	REG64(MBPF_AND)  = { RV_PLAIN_REG, ANY, 0, CA(0x23, 3), R(0, 7, 0x33) },
	REG64(MBPF_XOR)  = { RV_PLAIN_REG, ANY, 0, CA(0x23, 1), R(0, 4, 0x33) },
	REG64(MBPF_LSH)  = { RV_PLAIN_REG, RV_OPEN, 0, 0, R(0, 1, 0x33) },
	REG64(MBPF_RSH)  = { RV_PLAIN_REG, ANY, 0, 0, R(0, 5, 0x33) },
	REG64(MBPF_ARSH) = { RV_PLAIN_REG, ANY, 0, 0, R(0x20, 5, 0x33) },

	REG32(MBPF_ADD)  = { RV_PLAIN_REG, 0, HALF, CA(0x27, 1), R(0, 0, 0x3b) },
	REG32(MBPF_SUB)  = { RV_PLAIN_REG, 0, HALF, CA(0x27, 0), R(0x20, 0, 0x3b) },
	REG32(MBPF_MUL)  = { RV_PLAIN_REG, 0, HALF, 0, R(1, 0, 0x3b) },
	REG32(MBPF_OR)   = { RV_PLAIN_REG, KNOWN, RV_OPEN, CA(0x23, 2), R(0, 6, 0x33) },
	REG32(MBPF_AND)  = { RV_PLAIN_REG, KNOWN, RV_OPEN, CA(0x23, 3), R(0, 7, 0x33) },
	REG32(MBPF_XOR)  = { RV_PLAIN_REG, KNOWN, RV_OPEN, CA(0x23, 1), R(0, 4, 0x33) },
	REG32(MBPF_LSH)  = { RV_PLAIN_REG, 0, HALF, 0, R(0, 1, 0x3b) },
	REG32(MBPF_RSH)  = { RV_PLAIN_REG, 0, HALF, 0, R(0, 5, 0x3b) },
	REG32(MBPF_ARSH) = { RV_PLAIN_REG, 0, HALF, 0, R(0x20, 5, 0x3b) },

	IMM64(MBPF_ADD)  = { RV_PLAIN_IMM, RV_OPEN, 0, CI(0, 1), I(0, 0x13) },
	IMM64(MBPF_XOR)  = { RV_PLAIN_IMM, ANY, 0, 0, I(4, 0x13) },
	IMM64(MBPF_OR)   = { RV_PLAIN_IMM, ANY, 0, 0, I(6, 0x13), ~2047 },
	IMM64(MBPF_AND)  = { RV_PLAIN_IMM, 0, KNOWN, 0, I(7, 0x13), ~2047 },
	IMM64(MBPF_LSH)  = { RV_PLAIN_IMM, RV_OPEN, 0, CI(0, 2), I(1, 0x13), ~31 },
	IMM64(MBPF_RSH)  = { RV_PLAIN_IMM, ANY, 0, 0, I(5, 0x13), ~31 },

	IMM32(MBPF_ADD)  = { RV_PLAIN_IMM, 0, HALF, CI(1, 1), I(0, 0x1b) },
	IMM32(MBPF_AND)  = { RV_PLAIN_IMM, 0, KNOWN, 0, I(7, 0x13), ~2047 },
	IMM32(MBPF_LSH)  = { RV_PLAIN_IMM, 0, HALF, 0, I(1, 0x1b), ~31 },
	IMM32(MBPF_RSH)  = { RV_PLAIN_IMM, 0, KNOWN, 0, I(5, 0x1b), ~31 },
};

static inline void emit_with_reg(struct rv_jit *rv, const struct rv_plain *p, u8 rd, u8 rs)
{
	if (p->form == RV_PLAIN_ADD)
		emit_c(rv, p->c | rd << 7 | rs << 2);
	else if (p->c && is_c_reg(rd) && is_c_reg(rs))
		emit_c(rv, p->c | (rd & 7) << 7 | (rs & 7) << 2);
	else
		emit(rv, p->insn | rd << 7 | rd << 15 | rs << 20);
}

/* What mbpf_rv_set_upper() does, for an instruction that is not the current one yet. */
static inline void set_upper(struct rv_jit *rv, u32 dst, u8 upper, u16 flags)
{
	rv->upper[dst] = flags & MBPF_AUX_NO_ZEXT ? upper & ~RV_OPEN : upper;
}

/* With a constant that does not fit: two additions, or a register that holds it. */
static noinline bool emit_large(struct rv_jit *rv, const struct mbpf_insn *insn, u16 flags)
{
	const struct rv_plain *p = &table[insn->code | MBPF_X];
	u8 rd = rv->reg[insn->dst];
	s32 imm = insn->imm, half = imm < 0 ? -2048 : 2047;

	if (MBPF_OP(insn->code) == MBPF_ADD && fits_12(imm - (s64)half)) {
		if (MBPF_CLASS(insn->code) == MBPF_ALU)
			return false;
		emit(rv, rv_addi(rd, rd, half));
		emit_addi(rv, rd, rd, imm - half);
	} else if (is_power_of_2((u32)imm)) {
		return false;
	} else {
		mbpf_rv_imm(rv, RV_TMP, (s64)imm);
		emit_with_reg(rv, p, rd, RV_TMP);
	}
	set_upper(rv, insn->dst, p->upper, flags);
	return true;
}

/* Whether @insn was one of them; else nothing is done. */
static inline bool emit_plain(struct rv_jit *rv, const struct mbpf_insn *insn, u16 flags)
{
	const struct rv_plain *p = &table[insn->code];
	u32 dst = insn->dst, src = insn->src;
	u8 rd = rv->reg[dst];
	s32 imm = insn->imm;

	if (!p->form || rv->upper[dst] & p->asks)
		return false;
	if (p->form == RV_PLAIN_IMM) {
		if (!imm || imm & p->not)
			return false;
		if (p->c && fits_6(imm))
			emit_c(rv, p->c | rv_ci(0, imm, rd, 0));
		else if (fits_12(imm))
			emit(rv, p->insn | rd << 7 | rd << 15 | (u32)imm << 20);
		else
			return emit_large(rv, insn, flags);
	} else {
		if (rv->upper[src] & p->asks || src == MBPF_REG_FP)
			return false;
		emit_with_reg(rv, p, rd, rv->reg[src]);
	}
	set_upper(rv, dst, p->upper, flags);
	return true;
}

#define NOT_PLAIN (MBPF_AUX_DEAD | MBPF_AUX_SECOND | MBPF_AUX_TARGET | MBPF_AUX_CONST)

u32 mbpf_rv_plain(struct rv_jit *rv, u32 i)
{
	const struct mbpf_insn *insn = &rv->code->insns[i];
	const struct mbpf_insn_aux *aux = &rv->code->aux[i], *first = aux;
	const struct mbpf_insn_aux *end = &rv->code->aux[rv->sub->end];
	struct mbpf_jit *jit = rv->jit;
	u32 *off = &jit->off[i];

	for (; aux < end; insn++, aux++) {
		u16 flags = aux->flags;

		if (flags & NOT_PLAIN)
			break;
		mbpf_jit_room(jit);
		*off++ = jit->pos;
		if (!emit_plain(rv, insn, flags))
			break;
	}
	if (aux != first)
		rv->live = aux[-1].live;
	return insn - rv->code->insns;
}
