// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop helper in line: R1 rounds of a known function, which is given the
 * number of the round and R3, until it returns something else than 0, if it
 * ever does. R0 is the number of rounds made, or -E2BIG. All inside has a fixed size.
 */
#include "rv_emit.h"
#include "../../helper.h"

/* Room for a branch that goes forward to where put_branch() is called. */
static u32 emit_branch_slot(struct rv_jit *rv)
{
	emit(rv, 0);
	return rv->jit->pos - 4;
}

static void put_branch(struct rv_jit *rv, u32 slot, u32 cond, u8 rs1, u8 rs2)
{
	u32 insn = rv_bcc(cond, rs1, rs2, rv->jit->pos - slot);
	u16 *at = (u16 *)(rv->jit->buf + slot);

	at[0] = insn;
	at[1] = insn >> 16;
}

/* All code of a program so short is within reach of one instruction, 1 MB. */
#define MAX_INSNS_JAL ((1 << 20) / MBPF_JIT_ROOM)

static void call_function(struct rv_jit *rv, u32 sub)
{
	if (rv->code->nr > MAX_INSNS_JAL) {
		mbpf_rv_pcrel(rv, RV_RA, rv_jalr(RV_RA, RV_RA, 0), MBPF_JIT_TO_SUB, sub);
		return;
	}
	mbpf_jit_refer(rv->jit, RV_REF_JAL, 0, 4, MBPF_JIT_TO_SUB, sub);
	rv->jit->pos += 4;
}

void mbpf_rv_loop(struct rv_jit *rv)
{
	u32 sub = mbpf_code_sub_at(rv->code, rv->aux->target);
	bool keeps = mbpf_jit_keeps_r2(rv->code, sub), asks = !rv->code->subs[sub].no_result;
	u32 too_many, none, stopped = 0, round;

	mbpf_rv_pass_arguments(rv, BIT(1) | BIT(3));
	/* As 32 bits; the comparison is unsigned, and what is left is positive. */
	emit_sext_w(rv, RV_LOOP_ROUNDS, RV_A0);
	emit_mv(rv, keeps ? RV_A1 : RV_LOOP_CTX, mbpf_rv_reg(rv, 3));
	mbpf_rv_imm(rv, RV_TMP, MBPF_MAX_LOOPS);
	mbpf_rv_imm(rv, RV_A0, (s64)-E2BIG);
	too_many = emit_branch_slot(rv);
	emit_mv(rv, RV_LOOP_INDEX, RV_ZERO);
	none = emit_branch_slot(rv);

	round = rv->jit->pos;
	emit_mv(rv, RV_A0, RV_LOOP_INDEX);
	if (!keeps)
		emit_mv(rv, RV_A1, RV_LOOP_CTX);
	call_function(rv, sub);
	emit_addi(rv, RV_LOOP_INDEX, RV_LOOP_INDEX, 1);
	if (asks)
		stopped = emit_branch_slot(rv);
	emit(rv, rv_bcc(RV_BLTU, RV_LOOP_INDEX, RV_LOOP_ROUNDS, (s32)(round - rv->jit->pos)));

	if (asks)
		put_branch(rv, stopped, RV_BNE, RV_A0, RV_ZERO);
	put_branch(rv, none, RV_BEQ, RV_LOOP_ROUNDS, RV_ZERO);
	emit_mv(rv, RV_A0, RV_LOOP_INDEX);
	put_branch(rv, too_many, RV_BLTU, RV_TMP, RV_LOOP_ROUNDS);
	mbpf_rv_clobber(rv);
}
