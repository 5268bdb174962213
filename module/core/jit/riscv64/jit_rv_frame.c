// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames. From sp upwards: the BPF stack, then what the function saves. s0 is
 * never touched, so that the kernel's frame pointer chain stays whole across
 * BPF code (whose own frames it skips). Functions that call nothing keep all
 * of R0-R9 in registers that need no saving; with an empty stack they have no
 * frame at all.
 */
#include "rv_emit.h"

bool mbpf_rv_is_tail_call(const struct mbpf_insn *insn)
{
	const struct mbpf_helper *helper;

	if (!mbpf_insn_is_helper_call(insn))
		return false;
	helper = mbpf_helper_find(insn->imm);
	return helper && helper->flags & MBPF_HELPER_TAIL_CALL;
}

/*
 * What the current function calls, but for what is done in line. Tail calls leave or
 * fall through; only other calls need ra and s1-s4. Returns whether a loop is in line.
 */
static bool find_calls(struct rv_jit *rv)
{
	const struct mbpf_code *code = rv->code;
	bool loops = false;
	u32 i;

	rv->calls = false;
	rv->passes = false;
	for (; rv->next_odd < code->nr_odd; rv->next_odd++) {
		i = code->odd[rv->next_odd];
		if (i >= rv->sub->end)
			break;
		if (code->insns[i].code != (MBPF_JMP | MBPF_CALL) ||
		    code->aux[i].flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND))
			continue;
		loops |= !!(code->aux[i].flags & MBPF_AUX_LOOP);
		if (rv->calls || !mbpf_jit_is_call(rv->jit, i))
			continue;
		rv->passes = true;
		rv->calls = !mbpf_rv_is_tail_call(&code->insns[i]);
	}
	return loops;
}

/* Where the @n'th saved register is, counted from the top of the frame. */
static struct rv_place save_slot(const struct rv_jit *rv, u32 n)
{
	return rv_at(RV_SP, rv->frame - 8 * (n + 1));
}

void mbpf_rv_prologue(struct rv_jit *rv)
{
	u32 r, left, n = 0;
	bool loops;

	loops = find_calls(rv);
	mbpf_rv_assign(rv);
	rv->saved = 0;
	if (rv->calls) {
		rv->saved = 1u << RV_RA;
		for (r = 6; r < MBPF_REG_FP; r++)
			if (rv->sub->used & BIT(r))
				rv->saved |= 1u << mbpf_rv_reg(rv, r);
		if (loops)
			rv->saved |= 1u << RV_LOOP_INDEX | 1u << RV_LOOP_ROUNDS |
				     1u << RV_LOOP_CTX;
	}
	mbpf_rv_pin_find(rv);
	rv->frame = round_up(rv->sub->stack + 8 * hweight64((u64)rv->saved), 16);
	if (rv->frame)
		emit_addi(rv, RV_SP, RV_SP, -rv->frame);
	for (r = 0, left = rv->saved; left; r++, left >>= 1)
		if (left & 1)
			emit_store(rv, RV_SD, r, save_slot(rv, n++));
	mbpf_rv_pin_load(rv);
}

void mbpf_rv_leave(struct rv_jit *rv)
{
	u32 r, left, n = 0;

	for (r = 0, left = rv->saved; left; r++, left >>= 1)
		if (left & 1)
			emit_load(rv, RV_LD, r, save_slot(rv, n++));
	if (rv->frame)
		emit_addi(rv, RV_SP, RV_SP, rv->frame);
}

void mbpf_rv_exit(struct rv_jit *rv)
{
	mbpf_rv_close(rv, 0);
	mbpf_rv_leave(rv);
	emit_jr(rv, RV_RA);
	mbpf_rv_forget(rv);
}

/*
 * A function with a tail call budget: what is left of it is in RV_BUDGET, which
 * no function saves, so that calls made by one are missing to all others.
 */
void mbpf_rv_wrapper(struct rv_jit *rv, u32 budget)
{
	u32 begin = rv->jit->pos;

	emit_c(rv, rvc_addi(RV_SP, -16));
	emit_c(rv, rvc_sdsp(RV_RA, 8));
	emit_c(rv, rvc_sdsp(RV_BUDGET, 0));
	emit(rv, rv_addi(RV_BUDGET, RV_ZERO, budget));
	emit(rv, rv_jal(RV_RA, 4 + 4 * 2));
	emit_c(rv, rvc_ldsp(RV_RA, 8));
	emit_c(rv, rvc_ldsp(RV_BUDGET, 0));
	emit_c(rv, rvc_addi(RV_SP, 16));
	emit_c(rv, rvc_jr(RV_RA));
	rv->jit->wrapper = rv->jit->pos - begin;
}

void mbpf_rv_callback(struct rv_jit *rv, u8 rd)
{
	u32 sub = mbpf_code_sub_at(rv->code, rv->aux->target);

	mbpf_rv_pcrel(rv, rd, rv_addi(rd, rd, 0),
		      rv->code->tail_call ? MBPF_JIT_TO_WRAPPER : MBPF_JIT_TO_SUB, sub);
}
