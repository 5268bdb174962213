// SPDX-License-Identifier: GPL-2.0-only
/* Jumps inside a function, and the comparisons they depend on. */
#include "jit_x86.h"

/* A jump to where execution goes anyway. */
static bool is_idle(const struct x86_jit *x, u32 i)
{
	return mbpf_jit_is_next(x->code, i, x86_aux(x, i)->target);
}

void mbpf_x86_goto(struct x86_jit *x, s32 cc, u32 to)
{
	mbpf_jit_refer(x->jit, cc == X86_ALWAYS ? X86_REF_JUMP : X86_REF_JCC, cc, 2,
		       MBPF_JIT_TO_INSN, to);
	x->jit->pos += 2;
}

static enum x86_cc cc_of(u8 op)
{
	switch (op) {
	case MBPF_JEQ:
		return X86_CC_E;
	case MBPF_JGT:
		return X86_CC_A;
	case MBPF_JGE:
		return X86_CC_AE;
	case MBPF_JLT:
		return X86_CC_B;
	case MBPF_JLE:
		return X86_CC_BE;
	case MBPF_JSGT:
		return X86_CC_G;
	case MBPF_JSGE:
		return X86_CC_GE;
	case MBPF_JSLT:
		return X86_CC_L;
	case MBPF_JSLE:
		return X86_CC_LE;
	default:	/* JNE; JSET, after a test */
		return X86_CC_NE;
	}
}

static void emit_compare(struct x86_jit *x, const struct mbpf_insn *insn)
{
	u32 size = MBPF_CLASS(insn->code) == MBPF_JMP ? 8 : 4;
	u8 dst = x->fn->reg[insn->dst], src = x->fn->reg[insn->src];
	bool is_test = MBPF_OP(insn->code) == MBPF_JSET;

	if (MBPF_SRC(insn->code) == MBPF_X && is_test)
		emit(x->jit, x86_test_rr(size, dst, src));
	else if (MBPF_SRC(insn->code) == MBPF_X)
		emit(x->jit, x86_alu_rr(X86_CMP, size, dst, src));
	else if (is_test)
		mbpf_x86_emit_test(x->jit, size, dst, insn->imm);
	else if (!insn->imm)	/* sets all flags as a comparison with 0 does */
		emit(x->jit, x86_test_rr(size, dst, dst));
	else
		mbpf_x86_emit_alu(x->jit, X86_CMP, size, dst, insn->imm);
}

/* Unsigned, and of what is not negative. */
static bool is_unsigned(const struct mbpf_insn *insn)
{
	switch (MBPF_OP(insn->code)) {
	case MBPF_JSGT:
	case MBPF_JSGE:
	case MBPF_JSLT:
	case MBPF_JSLE:
		return false;
	default:
		return MBPF_SRC(insn->code) == MBPF_K && insn->imm >= 0;
	}
}

/*
 * Whether a comparison of a register with what was loaded into it, zero-extended
 * from @bytes, has the same result in memory.
 */
static bool is_comparable(const struct mbpf_insn *insn, u32 bytes)
{
	u32 size = MBPF_CLASS(insn->code) == MBPF_JMP ? 8 : 4;

	if (bytes == size)
		return true;
	if (bytes == 4)
		return size == 8 && is_unsigned(insn);
	return bytes == 1 && is_unsigned(insn) && insn->imm <= U8_MAX;
}

/**
 * mbpf_x86_jump_mem - a jump that depends on a loaded value only
 * @x: the pass
 * @i: the jump, whose first operand was loaded and is not needed afterwards
 * @bytes: width of the load
 * @mem: from where
 *
 * Return: whether the load is no longer needed: the comparison was with memory.
 */
bool mbpf_x86_jump_mem(struct x86_jit *x, u32 i, u32 bytes, struct x86_mem mem)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	bool is_test = MBPF_OP(insn->code) == MBPF_JSET;
	u8 src = x->fn->reg[insn->src];

	if (x86_aux(x, i)->flags & (MBPF_AUX_TAKEN | MBPF_AUX_NOT_TAKEN) || is_idle(x, i) ||
	    !is_comparable(insn, bytes))
		return false;
	if (MBPF_SRC(insn->code) == MBPF_X && is_test)
		emit(x->jit, x86_test_mr(bytes, mem, src));
	else if (MBPF_SRC(insn->code) == MBPF_X)
		emit(x->jit, x86_alu_mr(X86_CMP, bytes, mem, src));
	else if (is_test)
		emit(x->jit, x86_test_mi(bytes, mem, insn->imm));
	else
		mbpf_x86_emit_alu_mem(x->jit, X86_CMP, bytes, mem, insn->imm);
	mbpf_x86_goto(x, cc_of(MBPF_OP(insn->code)), x86_aux(x, i)->target);
	return true;
}

u32 mbpf_x86_jump(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	u8 flags = x86_aux(x, i)->flags;

	if (MBPF_OP(insn->code) == MBPF_EXIT || MBPF_OP(insn->code) > MBPF_JSLE)
		x86_unknown(x);
	if (flags & MBPF_AUX_NOT_TAKEN || is_idle(x, i))
		return 1;
	if (mbpf_insn_is_goto(insn) || flags & MBPF_AUX_TAKEN) {
		mbpf_x86_goto(x, X86_ALWAYS, x86_aux(x, i)->target);
	} else {
		emit_compare(x, insn);
		mbpf_x86_goto(x, cc_of(MBPF_OP(insn->code)), x86_aux(x, i)->target);
	}
	return 1;
}
