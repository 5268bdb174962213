// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookups in line: the address of an element, from the map's description.
 * rax and the scratch register are all they take.
 */
#include "jit_x86.h"

/* The index's register: the scratch register if the index may be changed in it or must be loaded. */
static u8 read_index(struct x86_jit *x, const struct mbpf_lookup *lookup)
{
	struct mbpf_jit *jit = x->jit;
	bool shifts = is_power_of_2(lookup->stride) && lookup->stride != 8;

	/* R0's register is where the result is made. */
	if (lookup->index < MBPF_REG_FP && lookup->index && lookup->zext && !shifts)
		return x->fn->reg[lookup->index];
	if (lookup->index < MBPF_REG_FP)
		emit(jit, x86_mov_rr(4, SCRATCH, x->fn->reg[lookup->index]));
	else if (lookup->index == MBPF_LOOKUP_STACK)
		emit(jit, x86_mov_rm(4, SCRATCH, x86_at(x, MBPF_REG_FP, lookup->off)));
	else
		emit(jit, x86_mov_rm(4, SCRATCH, x86_at(x, 2, 0)));
	return SCRATCH;
}

/* rax = @base + @index times the stride; of these only the scratch register may change. */
static void add_index(struct mbpf_jit *jit, u8 base, u8 index, u32 stride)
{
	u32 scale = 0;

	if (stride == 8) {
		scale = 3;
	} else if (is_power_of_2(stride)) {
		mbpf_x86_emit_shift(jit, X86_SHL, 8, index, ilog2(stride));
	} else {
		mbpf_x86_emit_mul(jit, 8, SCRATCH, index, stride);
		index = SCRATCH;
	}
	emit(jit, x86_lea(8, X86_RAX, x86_mem_index(base, index, scale, 0)));
}

static u8 find_pin(const struct x86_fn *fn, u64 value)
{
	u32 n;

	for (n = 0; n < ARRAY_SIZE(fn->pin); n++)
		if (fn->pin[n].reg != X86_NOREG && fn->pin[n].value == value)
			return fn->pin[n].reg;
	return X86_NOREG;
}

void mbpf_x86_lookup(struct x86_jit *x, u32 i, const struct mbpf_lookup *lookup)
{
	u8 index = X86_NOREG, base = find_pin(x->fn, lookup->base);
	struct mbpf_jit *jit = x->jit;
	u32 out = 0;

	if (lookup->index != MBPF_LOOKUP_FIXED)
		index = read_index(x, lookup);
	if (lookup->max_entries) {
		if (lookup->zero || !lookup->null_to)
			mbpf_x86_emit_const(jit, X86_RAX, 0);
		mbpf_x86_emit_alu(jit, X86_CMP, 4, index, lookup->max_entries);
		if (lookup->null_to)
			mbpf_x86_goto(x, X86_CC_AE, lookup->null_to);
		else
			out = emit_skip_if(jit, X86_CC_AE);
	}
	if (base == X86_NOREG) {
		base = X86_RAX;
		mbpf_x86_emit_const(jit, base, lookup->base);
	}
	if (lookup->index != MBPF_LOOKUP_FIXED)
		add_index(jit, base, index, lookup->stride);
	else if (base != X86_RAX)
		emit(jit, x86_mov_rr(8, X86_RAX, base));
	if (lookup->percpu)
		emit(jit, x86_add_gs(X86_RAX, jit->target->cpu_offset));
	if (out)
		emit_label(jit, out);
	if (lookup->found_to)
		mbpf_x86_goto(x, X86_ALWAYS, lookup->found_to);
}
