// SPDX-License-Identifier: GPL-2.0-only
/*
 * What leaves a function: calls of helpers and of the program's functions, tail
 * calls; and LDDW, whose constant may be a function.
 */
#include "jit_x86.h"
#include "helper.h"

/* The function to which instruction @i refers. */
static u32 find_function(const struct x86_jit *x, u32 i)
{
	return mbpf_code_sub_at(x->code, x86_aux(x, i)->target);
}

static void emit_local_call(struct x86_jit *x, u32 i)
{
	mbpf_x86_emit_rel32(x->jit, x86_call(0), 0, MBPF_JIT_TO_SUB, find_function(x, i));
}

static void emit_func_addr(struct x86_jit *x, u32 i, u8 dst)
{
	mbpf_x86_emit_rel32(x->jit, x86_lea(8, dst, x86_mem(X86_RIP, 0)), 0, MBPF_JIT_TO_SUB,
			    find_function(x, i));
}

u32 mbpf_x86_lddw(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	u8 dst = x->fn->reg[insn->dst];

	if (!mbpf_insn_is_lddw(insn))
		x86_unknown(x);
	else if (insn->src == MBPF_PSEUDO_FUNC)
		emit_func_addr(x, i, dst);
	else
		mbpf_x86_emit_const(x->jit, dst, x86_aux(x, i)->value);
	return 2;
}

/* Into rax: what is in slot R3 of the array R2. Returns a jump for where there is no such slot. */
static u32 read_slot(struct x86_jit *x, u32 i)
{
	const struct mbpf_jit_target *target = x->jit->target;
	u8 array = x->fn->reg[2], index = x->fn->reg[3];
	struct mbpf_jit *jit = x->jit;
	u32 out;

	emit(jit, x86_alu_rm(X86_CMP, 4, index, x86_mem(array, target->array_max)));
	out = emit_skip_if(jit, X86_CC_AE);
	if (!x86_is_zext(x, i, 3)) {
		emit(jit, x86_mov_rr(4, X86_RAX, index));
		index = X86_RAX;
	}
	emit(jit, x86_mov_rm(8, X86_RAX, x86_mem_index(array, index, 3, target->array_slots)));
	return out;
}

/*
 * Goes on in the program in a slot, with R1 as its context, in place of this
 * function. It falls through if there is no such slot or nothing in it, or if no
 * call is left, which is when the counter becomes negative. Whatever is in a
 * slot has machine code if this program has.
 */
static void emit_tail_call(struct x86_jit *x, u32 i)
{
	struct mbpf_jit *jit = x->jit;
	u32 out[3] = {}, k;

	if (x86_aux(x, i)->flags & MBPF_AUX_SLOT)
		emit(jit, x86_mov_ao(x86_aux(x, i)->value));
	else
		out[0] = read_slot(x, i);
	emit(jit, x86_test_rr(8, X86_RAX, X86_RAX));
	out[1] = emit_skip_if(jit, X86_CC_E);
	emit(jit, x86_mov_rm(8, X86_RAX,
			     x86_mem(X86_RAX, offsetof(struct mbpf_prog, tail_entry))));
	emit(jit, x86_dec_m(8, x86_mem(TAIL_COUNTER, 0)));
	out[2] = emit_skip_if(jit, X86_CC_S);
	mbpf_x86_frame_leave(x);
	mbpf_x86_emit_jump_rax(jit);
	for (k = 0; k < ARRAY_SIZE(out); k++)
		if (out[k])
			emit_label(jit, out[k]);
}

/* What a helper's result is, without calling it. */
static void emit_result(struct x86_jit *x, u8 as)
{
	const struct mbpf_jit_target *target = x->jit->target;
	struct mbpf_jit *jit = x->jit;

	switch (as) {
	case MBPF_HELPER_CPU_ID:
		emit(jit, x86_mov_gs(4, X86_RAX, target->cpu_id));
		break;
	case MBPF_HELPER_TASK:
		emit(jit, x86_mov_gs(8, X86_RAX, target->task));
		break;
	case MBPF_HELPER_PID_TGID:
		emit(jit, x86_mov_gs(8, X86_RAX, target->task));
		emit(jit, x86_mov_rm(8, X86_RAX, x86_mem(X86_RAX, target->task_pid)));
		break;
	default:
		mbpf_x86_emit_const(jit, X86_RAX, target->jiffies);
		emit(jit, x86_mov_rm(8, X86_RAX, x86_mem(X86_RAX, 0)));
	}
}

u32 mbpf_x86_call(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);

	if (x86_is_lookup(x, i)) {
		mbpf_x86_lookup(x, i, &x->code->lookups[x86_aux(x, i)->target]);
	} else if (x86_aux(x, i)->flags & MBPF_AUX_LOOP) {
		mbpf_x86_loop(x, i);
	} else if (!mbpf_jit_is_call(x->jit, i)) {
		emit_result(x, mbpf_jit_helper_as(x->jit, insn->imm));
	} else if (mbpf_insn_is_local_call(insn)) {
		emit_local_call(x, i);
	} else if (!mbpf_insn_is_helper_call(insn)) {
		x86_unknown(x);
	} else if (!x86_is_tail_call(x, i)) {
		mbpf_x86_emit_call(x->jit, x86_aux(x, i)->value);
	} else {
		const struct mbpf_helper *helper = mbpf_helper_find(insn->imm);

		if (helper && helper->flags & MBPF_HELPER_TAIL_CALL)
			emit_tail_call(x, i);
		else
			x86_unknown(x);
	}
	return 1;
}
