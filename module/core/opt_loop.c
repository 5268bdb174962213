// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop helper with a function that is known: machine code counts itself and
 * calls the function directly. Flags must be known to be none. Programs with
 * tail calls keep the helper, as functions are entered in another way there.
 * Where nobody else calls a function that always returns 0, it does not, and
 * the loop does not ask.
 *
 * Cost: four walks over what is no plain instruction, and at each loop and exit what
 * opt_line.c looks at. test_opt.c shows the effect.
 */
#include "opt.h"
#include "opt_line.h"

#define ID_LOOP 181

static bool is_zero(const struct mbpf_insn *insn)
{
	return !insn->imm && (insn->code == (MBPF_ALU64 | MBPF_MOV | MBPF_K) ||
			      insn->code == (MBPF_ALU | MBPF_MOV | MBPF_K));
}

static void try_loop(struct mbpf_code *code, u32 call)
{
	u32 begin = mbpf_opt_line_begin(code, call);
	u32 func = mbpf_opt_find_def(code, begin, call, 2, call);
	u32 flags = mbpf_opt_find_def(code, begin, call, 4, call);

	if (func == call || flags == call || !mbpf_insn_is_lddw(&code->insns[func]) ||
	    code->insns[func].src != MBPF_PSEUDO_FUNC || !is_zero(&code->insns[flags]))
		return;
	code->aux[call].target = code->aux[func].target;
	code->aux[call].flags |= MBPF_AUX_LOOP;
	if (!mbpf_opt_is_read(code, 2, func + 1, call))
		mbpf_opt_drop(code, func);
	if (!mbpf_opt_is_read(code, 4, flags + 1, call))
		mbpf_opt_drop(code, flags);
}

/* Where what exit @i returns is made, if that is 0; else @i. */
static u32 find_zero(const struct mbpf_code *code, u32 i)
{
	u32 begin = mbpf_opt_line_begin(code, i), at = i;

	/* It may have been dropped, if this is not the first time. */
	while (at-- > begin)
		if (!(code->aux[at].flags & MBPF_AUX_SECOND) &&
		    mbpf_insn_defs(&code->insns[at]) & BIT(0))
			return is_zero(&code->insns[at]) ? at : i;
	return i;
}

/* Functions that loops call are callbacks no more, and return nothing, unless something is found. */
static bool assume(struct mbpf_code *code)
{
	bool any = false;
	u32 k, i, s;

	for (k = 0; k < code->nr_odd; k++) {
		i = code->odd[k];
		if (!(code->aux[i].flags & MBPF_AUX_LOOP) || mbpf_opt_is_skipped(code, i))
			continue;
		s = mbpf_code_sub_at(code, code->aux[i].target);
		code->subs[s].is_callback = false;
		code->subs[s].no_result = true;
		any = true;
	}
	return any;
}

/* Other results, and others who refer to a function. */
static void refute(struct mbpf_code *code)
{
	struct mbpf_subprog *sub = code->subs, *other;
	u32 k, i;

	for (k = 0; k < code->nr_odd; k++) {
		const struct mbpf_insn *insn = &code->insns[i = code->odd[k]];

		while (i >= sub->end)
			sub++;
		if (mbpf_opt_is_skipped(code, i))
			continue;
		if (mbpf_insn_is_exit(insn)) {
			if (sub->no_result && find_zero(code, i) == i)
				sub->no_result = false;
		} else if (mbpf_insn_is_local_call(insn) ||
			   mbpf_insn_is_func(insn)) {
			other = &code->subs[mbpf_code_sub_at(code, code->aux[i].target)];
			other->no_result = false;
			other->is_callback |= mbpf_insn_is_lddw(insn);
		}
	}
}

static void drop_results(struct mbpf_code *code)
{
	struct mbpf_subprog *sub = code->subs;
	u32 k, i, zero;

	for (k = 0; k < code->nr_odd; k++) {
		i = code->odd[k];
		while (i >= sub->end)
			sub++;
		if (!sub->no_result || !mbpf_insn_is_exit(&code->insns[i]) ||
		    mbpf_opt_is_skipped(code, i))
			continue;
		zero = find_zero(code, i);
		if (!mbpf_opt_is_read(code, 0, zero + 1, i))
			mbpf_opt_drop(code, zero);
	}
}

void mbpf_opt_loop(struct mbpf_code *code)
{
	u32 k, i;

	if (code->tail_call || code->nr_subs == 1)
		return;
	for (k = 0; k < code->nr_odd; k++) {
		i = code->odd[k];
		if (mbpf_insn_is_helper_call(&code->insns[i]) && code->insns[i].imm == ID_LOOP &&
		    !mbpf_opt_is_skipped(code, i) && !(code->aux[i].flags & MBPF_AUX_LOOP))
			try_loop(code, i);
	}
	if (assume(code)) {
		refute(code);
		drop_results(code);
	}
}
