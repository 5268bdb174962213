// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where BPF registers live, and how their upper halves are dealt with.
 *
 * R0 is a0, so that neither exits nor calls move it; R1 has to give way to it
 * and lives in a5. Between a function's entry, or an instruction that defines
 * R1 for a call, and the next use of R0, R1 may stay in a0 itself, which saves
 * the move in most functions and calls.
 */
#include "rv_emit.h"

/* How far to look for the call that an R1 is made for. */
#define MAX_LOOKAHEAD 12

void mbpf_rv_assign(struct rv_jit *rv)
{
	static const u8 fixed[] = {
		RV_A0, RV_A5, RV_A1, RV_A2, RV_A3, RV_A4,
	};
	static const u8 kept[] = { RV_S1, RV_S2, RV_S3, RV_S4 };
	static const u8 lost[] = { RV_A6, RV_A7, RV_T5, RV_T6 };

	memcpy(rv->reg, fixed, sizeof(fixed));
	memcpy(rv->reg + 6, rv->calls ? kept : lost, sizeof(kept));
}

void mbpf_rv_close_open(struct rv_jit *rv, u32 r)
{
	u8 reg = mbpf_rv_reg(rv, r);

	emit_zext_w(rv, reg, reg);
	rv->upper[r] = RV_ZX;
}

u8 mbpf_rv_read_frame(struct rv_jit *rv, u8 tmp)
{
	emit_addi(rv, tmp, RV_SP, rv->sub->stack);
	return tmp;
}

u8 mbpf_rv_read_sx(struct rv_jit *rv, u32 r, u8 tmp)
{
	u8 reg = mbpf_rv_read32(rv, r, tmp);

	if (rv->upper[r] & RV_SX)
		return reg;
	if (rv->upper[r] & RV_OPEN) {
		/* Its upper half is of no value: keep the result for others. */
		rv->upper[r] |= RV_SX;
		tmp = reg;
	}
	emit_sext_w(rv, tmp, reg);
	return tmp;
}

/*
 * True if R1, defined by the current instruction, is used for a call without
 * R0 being touched in between: then it may as well be put into a0 at once.
 */
static bool is_for_call(const struct rv_jit *rv)
{
	const struct mbpf_code *code = rv->code;
	u32 i = rv->i + mbpf_insn_slots(&code->insns[rv->i]);
	u32 end = min(rv->sub->end, i + MAX_LOOKAHEAD);

	for (; i < end; i++) {
		const struct mbpf_insn *insn = &code->insns[i];
		u16 flags = code->aux[i].flags;

		if (flags & MBPF_AUX_TARGET)
			return false;
		if (flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND))
			continue;
		if (insn->code == (MBPF_JMP | MBPF_CALL))
			return mbpf_jit_is_call(rv->jit, i);
		if (mbpf_insn_is_jump(insn) || mbpf_insn_is_exit(insn) ||
		    ((mbpf_insn_uses(insn) | mbpf_insn_defs(insn)) & BIT(0)))
			return false;
	}
	return false;
}

void mbpf_rv_evict_r1(struct rv_jit *rv, u16 live)
{
	mbpf_rv_set_r1(rv, false);
	if (live & BIT(1))
		emit_mv(rv, mbpf_rv_reg(rv, 1), RV_A0);
}

u8 mbpf_rv_define_first(struct rv_jit *rv, u32 r)
{
	if (r == 0 && rv->r1_in_a0)
		mbpf_rv_evict_r1(rv, rv->live);
	else if (r == 1)
		mbpf_rv_set_r1(rv, rv->passes && is_for_call(rv));
	if (rv->r1_in_a0)
		rv->upper[0] = 0;
	return mbpf_rv_reg(rv, r);
}

void mbpf_rv_close_some(struct rv_jit *rv, u16 live)
{
	u32 r;

	for (r = 0; r < MBPF_REG_FP; r++)
		if (live & BIT(r))
			mbpf_rv_close(rv, r);
}

void mbpf_rv_forget(struct rv_jit *rv)
{
	rv->uppers[0] = 0;
	rv->uppers[1] = 0;
	mbpf_rv_set_r1(rv, false);
}
