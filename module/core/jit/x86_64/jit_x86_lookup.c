// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookups in line: the address of an element, from the map's description.
 * rax and the scratch register are all they take.
 */
#include "jit_x86.h"

static void read_index(struct x86_jit *x, const struct mbpf_lookup *lookup)
{
	struct mbpf_jit *jit = x->jit;

	if (lookup->index < MBPF_REG_FP)
		emit(jit, x86_mov_rr(4, SCRATCH, x->fn->reg[lookup->index]));
	else if (lookup->index == MBPF_LOOKUP_STACK)
		emit(jit, x86_mov_rm(4, SCRATCH, x86_at(x, MBPF_REG_FP, lookup->off)));
	else
		emit(jit, x86_mov_rm(4, SCRATCH, x86_at(x, 2, 0)));
}

/* rax += the index times the stride */
static void add_index(struct mbpf_jit *jit, u32 stride)
{
	u32 scale = 0;

	if (stride == 8)
		scale = 3;
	else if (is_power_of_2(stride))
		mbpf_x86_emit_shift(jit, X86_SHL, 8, SCRATCH, ilog2(stride));
	else
		mbpf_x86_emit_mul(jit, 8, SCRATCH, SCRATCH, stride);
	emit(jit, x86_lea(8, X86_RAX, x86_mem_index(X86_RAX, SCRATCH, scale, 0)));
}

void mbpf_x86_lookup(struct x86_jit *x, u32 i, const struct mbpf_lookup *lookup)
{
	struct mbpf_jit *jit = x->jit;
	u32 out = 0;

	if (lookup->index != MBPF_LOOKUP_FIXED)
		read_index(x, lookup);
	if (lookup->max_entries) {
		if (lookup->zero || !lookup->null_to)
			mbpf_x86_emit_const(jit, X86_RAX, 0);
		mbpf_x86_emit_alu(jit, X86_CMP, 4, SCRATCH, lookup->max_entries);
		if (lookup->null_to)
			mbpf_x86_goto(x, X86_CC_AE, lookup->null_to);
		else
			out = emit_skip_if(jit, X86_CC_AE);
	}
	mbpf_x86_emit_const(jit, X86_RAX, lookup->base);
	if (lookup->index != MBPF_LOOKUP_FIXED)
		add_index(jit, lookup->stride);
	if (lookup->percpu)
		emit(jit, x86_add_gs(X86_RAX, jit->target->cpu_offset));
	if (out)
		emit_label(jit, out);
	if (lookup->found_to)
		mbpf_x86_goto(x, X86_ALWAYS, lookup->found_to);
}
