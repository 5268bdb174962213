// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls. R1-R5 are the C argument registers but for R1, which may be in a5
 * until now; the result arrives in R0's register.
 */
#include "rv_emit.h"

/* R1-R5 are gone; a result has replaced R0. */
void mbpf_rv_clobber(struct rv_jit *rv)
{
	mbpf_rv_forget_lost(rv);
	mbpf_rv_set_r1(rv, false);
}

/* R1-R5, as bits */
#define ARGUMENTS 0x3e

/* Put the arguments in @mask where C wants them. */
void mbpf_rv_pass_arguments(struct rv_jit *rv, u16 mask)
{
	mbpf_rv_close_live(rv, mask);
	if (mask & BIT(1) && !rv->r1_in_a0)
		emit_mv(rv, RV_A0, mbpf_rv_reg(rv, 1));
}

static u16 helper_arguments(const struct mbpf_insn *insn)
{
	const struct mbpf_helper *helper = mbpf_helper_find(insn->imm);
	u16 mask = 0;
	u32 i;

	if (!helper)
		return ARGUMENTS;
	for (i = 0; i < ARRAY_SIZE(helper->arg); i++)
		if (helper->arg[i] != MBPF_ARG_NONE)
			mask |= BIT(i + 1);
	return mask;
}

/* Only what a function calls can read registers that it does not mention. */
static u16 local_arguments(const struct mbpf_subprog *sub)
{
	return sub->has_call ? ARGUMENTS : sub->used & ARGUMENTS;
}

static void call_helper(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	u64 addr = rv->aux->value;

	if (!addr) {
		rv->jit->err = -EINVAL;
		return;
	}
	mbpf_rv_pass_arguments(rv, helper_arguments(insn));
	if (mbpf_rv_is_near(rv, addr)) {
		mbpf_rv_pcrel(rv, RV_RA, rv_jalr(RV_RA, RV_RA, 0), MBPF_JIT_TO_ADDR, addr);
	} else {
		mbpf_rv_imm(rv, RV_TMP, addr);
		emit_c(rv, rvc_jalr(RV_TMP));
	}
	mbpf_rv_clobber(rv);
}

static void call_local(struct rv_jit *rv)
{
	u32 sub = mbpf_code_sub_at(rv->code, rv->aux->target);

	mbpf_rv_pass_arguments(rv, local_arguments(&rv->code->subs[sub]));
	mbpf_jit_refer(rv->jit, RV_REF_CALL, 0, 4, MBPF_JIT_TO_SUB, sub);
	rv->jit->pos += 4;
	mbpf_rv_clobber(rv);
}

/*
 * Into RV_TMP2: what is in slot R3 of the array at R2. Goes on behind the call
 * if there is no such slot.
 */
static void read_slot(struct rv_jit *rv)
{
	const struct mbpf_jit_target *target = rv->jit->target;
	u8 array = mbpf_rv_reg(rv, 2), index = mbpf_rv_reg(rv, 3);
	bool zx = rv->upper[3] & RV_ZX;

	/* Either extension of both keeps the order. */
	if (!zx)
		index = mbpf_rv_read_sx(rv, 3, RV_TMP2);
	emit_load(rv, zx ? RV_LWU : RV_LW, RV_TMP,
		  mbpf_rv_reach(rv, array, target->array_max, RV_TMP));
	mbpf_rv_branch(rv, RV_BGEU, index, RV_TMP, rv->i + 1);

	index = mbpf_rv_reg(rv, 3);
	if (rv_has(rv, MBPF_CPU_ZBA)) {
		emit(rv, rv_sh3add_uw(RV_TMP2, index, array));
	} else {
		emit_slli(rv, RV_TMP2, index, 32);
		emit_srli(rv, RV_TMP2, RV_TMP2, 32 - 3);
		emit_add(rv, RV_TMP2, RV_TMP2, array);
	}
	emit_load(rv, RV_LD, RV_TMP2, mbpf_rv_reach(rv, RV_TMP2, target->array_slots, RV_TMP));
}

/*
 * Give way to the program in a slot, if it holds one and the chain's budget is
 * not used up; otherwise go on behind. All state is settled first, as this is a
 * branch. Whatever is in a slot has machine code if this program has.
 */
static void tail_call(struct rv_jit *rv)
{
	mbpf_rv_close_live(rv, rv->live);
	if (rv->aux->flags & MBPF_AUX_SLOT) {
		mbpf_rv_pass_arguments(rv, BIT(1));
		mbpf_rv_imm(rv, RV_TMP2, rv->aux->value);
		emit_load(rv, RV_LD, RV_TMP2, rv_at(RV_TMP2, 0));
	} else {
		mbpf_rv_pass_arguments(rv, BIT(1) | BIT(2));
		read_slot(rv);
	}
	mbpf_rv_branch(rv, RV_BEQ, RV_TMP2, RV_ZERO, rv->i + 1);
	emit_load(rv, RV_LD, RV_TMP2, rv_at(RV_TMP2, offsetof(struct mbpf_prog, tail_entry)));
	emit_addi(rv, RV_BUDGET, RV_BUDGET, -1);
	mbpf_rv_branch(rv, RV_BLT, RV_BUDGET, RV_ZERO, rv->i + 1);
	mbpf_rv_leave(rv);
	emit_jr(rv, RV_TMP2);
	mbpf_rv_clobber(rv);
}

/* The two ids side by side are the result, if they can be loaded as one. */
static void load_ids(struct rv_jit *rv, u8 rd)
{
	s32 at = rv->jit->target->task_pid;
	struct rv_place place = mbpf_rv_reach(rv, RV_TP, at, RV_TMP);

	if (!(at % 8)) {
		emit_load(rv, RV_LD, rd, place);
		return;
	}
	emit_load(rv, RV_LWU, rd, place);
	emit_load(rv, RV_LW, RV_TMP, mbpf_rv_reach(rv, RV_TP, at + 4, RV_TMP));
	emit_slli(rv, RV_TMP, RV_TMP, 32);
	emit_or(rv, rd, rd, RV_TMP);
}

/* What a helper's result is, without calling it. */
static void load_result(struct rv_jit *rv, u8 as)
{
	const struct mbpf_jit_target *target = rv->jit->target;
	u8 rd = mbpf_rv_define(rv, 0), upper = 0;

	switch (as) {
	case MBPF_HELPER_CPU_ID:
		emit_load(rv, RV_LW, rd, mbpf_rv_reach(rv, RV_TP, target->cpu_id, RV_TMP));
		upper = RV_ZX | RV_SX;
		break;
	case MBPF_HELPER_TASK:
		emit_mv(rv, rd, RV_TP);
		break;
	case MBPF_HELPER_PID_TGID:
		load_ids(rv, rd);
		break;
	default:
		if (mbpf_rv_is_near(rv, target->jiffies)) {
			mbpf_rv_pcrel(rv, rd, rv_load(RV_LD, rd, 0, rd), MBPF_JIT_TO_ADDR,
				      target->jiffies);
			break;
		}
		mbpf_rv_imm(rv, rd, target->jiffies);
		emit_load(rv, RV_LD, rd, rv_at(rd, 0));
	}
	mbpf_rv_forget_lost(rv);
	mbpf_rv_set_upper(rv, 0, upper);
}

void mbpf_rv_call(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	const struct mbpf_insn_aux *aux = rv->aux;

	if (aux->flags & MBPF_AUX_LOOKUP)
		mbpf_rv_lookup(rv, &rv->code->lookups[aux->target]);
	else if (aux->flags & MBPF_AUX_LOOP)
		mbpf_rv_loop(rv);
	else if (mbpf_insn_is_local_call(insn))
		call_local(rv);
	else if (mbpf_rv_is_tail_call(insn))
		tail_call(rv);
	else if (!mbpf_jit_is_call(rv->jit, rv->i))
		load_result(rv, mbpf_jit_helper_as(rv->jit, insn->imm));
	else if (mbpf_insn_is_helper_call(insn))
		call_helper(rv, insn);
	else
		rv->jit->err = -EINVAL;
}
