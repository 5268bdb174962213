// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop helper in line: R1 rounds of a known function, which is given the
 * number of the round and R3, until it returns something else than 0, if it
 * ever does. R0 is the number of rounds made, or -E2BIG. The state is at the
 * frame's bottom.
 */
#include "jit_x86.h"
#include "../../helper.h"

#define INDEX	x86_mem(X86_RSP, 0)	/* u32 */
#define LEFT	x86_mem(X86_RSP, 4)	/* u32: rounds */
#define CTX	x86_mem(X86_RSP, 8)	/* u64 */

void mbpf_x86_loop(struct x86_jit *x, u32 i)
{
	u32 sub = mbpf_code_sub_at(x->code, x86_aux(x, i)->target);
	bool keeps = mbpf_jit_keeps_r2(x->code, sub), asks = !x->code->subs[sub].no_result;
	struct mbpf_jit *jit = x->jit;
	u32 too_many, none, stopped = 0, round;

	mbpf_x86_emit_const(jit, X86_RAX, (s64)-E2BIG);
	mbpf_x86_emit_alu(jit, X86_CMP, 4, X86_RDI, MBPF_MAX_LOOPS);
	too_many = emit_skip_if(jit, X86_CC_A);
	mbpf_x86_emit_const(jit, X86_RAX, 0);
	emit(jit, x86_mov_mr(4, INDEX, X86_RAX));
	emit(jit, x86_mov_mr(4, LEFT, X86_RDI));
	if (keeps)
		emit(jit, x86_mov_rr(8, X86_RSI, X86_RDX));
	else
		emit(jit, x86_mov_mr(8, CTX, X86_RDX));
	emit(jit, x86_test_rr(4, X86_RDI, X86_RDI));
	none = emit_skip_if(jit, X86_CC_E);

	round = jit->pos;
	emit(jit, x86_mov_rm(4, X86_RDI, INDEX));
	if (!keeps)
		emit(jit, x86_mov_rm(8, X86_RSI, CTX));
	mbpf_x86_emit_rel32(jit, x86_call(0), 0, MBPF_JIT_TO_SUB, sub);
	mbpf_x86_emit_alu_mem(jit, X86_ADD, 4, INDEX, 1);
	if (asks) {
		emit(jit, x86_test_rr(8, X86_RAX, X86_RAX));
		stopped = emit_skip_if(jit, X86_CC_NE);
	}
	emit(jit, x86_dec_m(4, LEFT));
	emit(jit, x86_jcc8(X86_CC_NE, (s32)round - (s32)(jit->pos + 2)));

	if (asks)
		emit_label(jit, stopped);
	emit(jit, x86_mov_rm(4, X86_RAX, INDEX));
	emit_label(jit, none);
	emit_label(jit, too_many);
}
