// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that only compute what nobody reads, as the verifier's liveness
 * tells. Compilers leave none that they could have seen: it is arguments and
 * results between functions, and of lookups done in line, that nobody reads.
 *
 * Cost: one walk over a program with either. test_opt.c shows the effect.
 */
#include "opt.h"
#include "opt_line.h"

/* Classes whose instructions do nothing but write their register. */
#define PURE (BIT(MBPF_ALU) | BIT(MBPF_ALU64) | BIT(MBPF_LDX) | BIT(MBPF_LD))

void mbpf_opt_dead(struct mbpf_code *code)
{
	const struct mbpf_insn *insn = code->insns;
	const struct mbpf_insn_aux *aux = code->aux;
	u32 i;

	if (code->nr_subs == 1 && !code->lookups)
		return;
	for (i = 0; i < code->nr; i++, insn++, aux++)
		if (!(aux->live & BIT(insn->dst)) && BIT(MBPF_CLASS(insn->code)) & PURE &&
		    !mbpf_opt_is_skipped(code, i))
			mbpf_opt_drop(code, i);
}
