// SPDX-License-Identifier: GPL-2.0-only
/* Jumps, and the comparisons they depend on. */
#include "rv_emit.h"

/* How many unconditional jumps in a row are followed. */
#define MAX_HOPS 4

/* A comparison: branch condition @cond of @a and @b, in 64 or 32 bits. */
struct compare {
	u8 cond;
	bool swapped;	/* b cond a */
	bool is_signed;
};

static bool compare_of(u8 op, struct compare *cmp)
{
	static const struct compare table[16] = {
		[MBPF_JEQ >> 4]  = { RV_BEQ, false, false },
		[MBPF_JNE >> 4]  = { RV_BNE, false, false },
		[MBPF_JGT >> 4]  = { RV_BLTU, true, false },
		[MBPF_JGE >> 4]  = { RV_BGEU, false, false },
		[MBPF_JLT >> 4]  = { RV_BLTU, false, false },
		[MBPF_JLE >> 4]  = { RV_BGEU, true, false },
		[MBPF_JSGT >> 4] = { RV_BLT, true, true },
		[MBPF_JSGE >> 4] = { RV_BGE, false, true },
		[MBPF_JSLT >> 4] = { RV_BLT, false, true },
		[MBPF_JSLE >> 4] = { RV_BGE, true, true },
	};

	if (op < MBPF_JEQ || op == MBPF_JSET || op > MBPF_JSLE ||
	    op == MBPF_CALL || op == MBPF_EXIT)
		return false;
	*cmp = table[op >> 4];
	return true;
}

/* Comparisons with 1 or -1 that are comparisons with 0. */
static void normalise(u8 *op, s32 *imm)
{
	static const struct { u8 op, as; s8 imm; } table[] = {
		{ MBPF_JGT, MBPF_JNE, 0 },	/* above 0 */
		{ MBPF_JLE, MBPF_JEQ, 0 },
		{ MBPF_JGE, MBPF_JNE, 1 },
		{ MBPF_JLT, MBPF_JEQ, 1 },
		{ MBPF_JSGE, MBPF_JSGT, 1 },
		{ MBPF_JSLT, MBPF_JSLE, 1 },
		{ MBPF_JSGT, MBPF_JSGE, -1 },
		{ MBPF_JSLE, MBPF_JSLT, -1 },
	};
	u32 i;

	if (*imm > 1 || *imm < -1)
		return;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].op == *op && table[i].imm == *imm) {
			*op = table[i].as;
			*imm = 0;
			return;
		}
	}
}

/*
 * The operands of a comparison of lower halves. Sign extension of both keeps
 * every order, the unsigned one too; zero extension of both the unsigned ones.
 */
static void read_both32(struct rv_jit *rv, const struct mbpf_insn *insn,
			bool is_signed, u8 *a, u8 *b)
{
	u8 zx = rv->upper[insn->dst] & RV_ZX;

	if (MBPF_SRC(insn->code) == MBPF_X)
		zx &= rv->upper[insn->src];
	else if (insn->imm < 0)
		zx = 0;
	if (zx && !is_signed) {
		*a = mbpf_rv_reg(rv, insn->dst);
		if (MBPF_SRC(insn->code) == MBPF_X)
			*b = mbpf_rv_reg(rv, insn->src);
		return;
	}
	*a = mbpf_rv_read_sx(rv, insn->dst, RV_TMP2);
	if (MBPF_SRC(insn->code) == MBPF_X)
		*b = mbpf_rv_read_sx(rv, insn->src, RV_TMP);
}

static void compare_jump(struct rv_jit *rv, const struct mbpf_insn *insn, u32 to)
{
	u8 op = MBPF_OP(insn->code), a, b = RV_ZERO;
	bool reg = MBPF_SRC(insn->code) == MBPF_X;
	struct mbpf_insn norm = *insn;
	struct compare cmp;

	if (!reg)
		normalise(&op, &norm.imm);
	if (!compare_of(op, &cmp)) {
		rv->jit->err = -EINVAL;
		return;
	}
	if (MBPF_CLASS(insn->code) == MBPF_JMP32) {
		read_both32(rv, &norm, cmp.is_signed, &a, &b);
	} else {
		a = mbpf_rv_read64(rv, insn->dst, RV_TMP2);
		if (reg)
			b = mbpf_rv_read64(rv, insn->src, RV_TMP);
	}
	if (!reg && norm.imm)
		b = mbpf_rv_imm_reg(rv, RV_TMP, (s64)norm.imm);
	mbpf_rv_settle(rv, rv->live);
	if (cmp.swapped)
		swap(a, b);
	mbpf_rv_branch(rv, cmp.cond, a, b, to);
}

/* Jump if R@r has a bit of @mask, 64 bits or, sign-extended, 32. */
static void test_mask(struct rv_jit *rv, const struct mbpf_insn *insn, u32 to)
{
	bool narrow = MBPF_CLASS(insn->code) == MBPF_JMP32;
	u64 mask = narrow ? (u32)insn->imm : (u64)(s64)insn->imm;
	u8 a;

	/* Bits 32-63 of a 32-bit operand count only if the mask has them. */
	if (!narrow)
		a = mbpf_rv_read64(rv, insn->dst, RV_TMP2);
	else if (insn->imm >= 0 || is_power_of_2(mask) ||
		 rv->upper[insn->dst] & RV_ZX)
		a = mbpf_rv_read32(rv, insn->dst, RV_TMP2);
	else
		a = mbpf_rv_read_sx(rv, insn->dst, RV_TMP2);
	mbpf_rv_settle(rv, rv->live);

	if (is_power_of_2(mask) && !fits_12((s64)mask)) {
		/* the bit becomes the sign */
		emit_slli(rv, RV_TMP, a, 63 - ilog2(mask));
		mbpf_rv_branch(rv, RV_BLT, RV_TMP, RV_ZERO, to);
		return;
	}
	if (fits_12(insn->imm)) {
		emit_andi(rv, RV_TMP, a, insn->imm);
	} else {
		mbpf_rv_imm(rv, RV_TMP, (s64)insn->imm);
		emit_and(rv, RV_TMP, RV_TMP, a);
	}
	mbpf_rv_branch(rv, RV_BNE, RV_TMP, RV_ZERO, to);
}

/* Jump if two registers have a bit in common. */
static void test_reg(struct rv_jit *rv, const struct mbpf_insn *insn, u32 to)
{
	bool narrow = MBPF_CLASS(insn->code) == MBPF_JMP32;
	bool zx = (rv->upper[insn->dst] | rv->upper[insn->src]) & RV_ZX;
	bool sx = rv->upper[insn->dst] & rv->upper[insn->src] & RV_SX;
	u8 a, b;

	if (narrow) {
		a = mbpf_rv_read32(rv, insn->dst, RV_TMP2);
		b = mbpf_rv_read32(rv, insn->src, RV_TMP);
	} else {
		a = mbpf_rv_read64(rv, insn->dst, RV_TMP2);
		b = mbpf_rv_read64(rv, insn->src, RV_TMP);
	}
	mbpf_rv_settle(rv, rv->live);
	emit_and(rv, RV_TMP, a, b);
	if (narrow && !zx && !sx)
		emit_sext_w(rv, RV_TMP, RV_TMP);
	mbpf_rv_branch(rv, RV_BNE, RV_TMP, RV_ZERO, to);
}

/*
 * Where a jump to @to ends up if nothing but jumps is there; rings of jumps,
 * which a verified program may have in code that is never reached, are left
 * after a few rounds.
 */
static u32 follow(const struct rv_jit *rv, u32 to)
{
	const struct mbpf_code *code = rv->code;
	u32 hop;

	for (hop = 0; hop < MAX_HOPS; hop++) {
		if (!mbpf_insn_is_goto(&code->insns[to]) ||
		    code->aux[to].flags & MBPF_AUX_DEAD)
			break;
		to = code->aux[to].target;
	}
	return to;
}

static void jump_always(struct rv_jit *rv, u32 to)
{
	if (mbpf_jit_is_next(rv->code, rv->i, to))
		return;
	to = follow(rv, to);
	if (mbpf_insn_is_exit(&rv->code->insns[to])) {
		mbpf_rv_exit(rv);
		return;
	}
	mbpf_rv_settle(rv, rv->live);
	mbpf_rv_goto(rv, to);
	mbpf_rv_forget(rv);
}

void mbpf_rv_jump(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	const struct mbpf_insn_aux *aux = rv->aux;
	u32 to = aux->target;

	if (mbpf_insn_is_goto(insn) || aux->flags & MBPF_AUX_TAKEN) {
		jump_always(rv, to);
		return;
	}
	if (aux->flags & MBPF_AUX_NOT_TAKEN || mbpf_jit_is_next(rv->code, rv->i, to))
		return;
	to = follow(rv, to);
	/* Before operands are read, which this may change the form of. */
	mbpf_rv_close_live(rv, rv->live);
	if (MBPF_OP(insn->code) != MBPF_JSET)
		compare_jump(rv, insn, to);
	else if (MBPF_SRC(insn->code) == MBPF_X)
		test_reg(rv, insn, to);
	else
		test_mask(rv, insn, to);
}
