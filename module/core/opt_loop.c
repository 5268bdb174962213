// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop helper with a function that is known: machine code counts itself and
 * calls the function directly. Flags must be known to be none. Programs with
 * tail calls keep the helper, as functions are entered in another way there.
 *
 * Cost: one walk over what is no plain instruction, and at each loop what opt_line.c looks at.
 * test_opt.c shows the effect.
 */
#include "opt.h"
#include "opt_line.h"

#define ID_LOOP 181

static void try_loop(struct mbpf_code *code, u32 call)
{
	u32 begin = mbpf_opt_line_begin(code, call);
	u32 func = mbpf_opt_find_def(code, begin, call, 2, call);
	u32 flags = mbpf_opt_find_def(code, begin, call, 4, call);
	const struct mbpf_insn *zero = &code->insns[flags];

	if (func == call || flags == call || !mbpf_insn_is_lddw(&code->insns[func]) ||
	    code->insns[func].src != MBPF_PSEUDO_FUNC || zero->imm ||
	    (zero->code != (MBPF_ALU64 | MBPF_MOV | MBPF_K) &&
	     zero->code != (MBPF_ALU | MBPF_MOV | MBPF_K)))
		return;
	code->aux[call].target = code->aux[func].target;
	code->aux[call].flags |= MBPF_AUX_LOOP;
	if (!mbpf_opt_is_read(code, 2, func + 1, call))
		mbpf_opt_drop(code, func);
	if (!mbpf_opt_is_read(code, 4, flags + 1, call))
		mbpf_opt_drop(code, flags);
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
}
