/* SPDX-License-Identifier: GPL-2.0-only */
/* What is in line with an instruction: executed before it whenever it is executed. */
#ifndef MBPF_OPT_LINE_H
#define MBPF_OPT_LINE_H

#include "prog.h"

/* Not compiled: dropped, dead, or the second slot of an LDDW. */
static inline bool mbpf_opt_is_skipped(const struct mbpf_code *code, u32 i)
{
	return code->aux[i].flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND);
}

/* How far back anybody looks from instruction @i: MBPF_OPT_MAX_BACK or less. */
#define MBPF_OPT_MAX_BACK 12
static inline u32 mbpf_opt_line_least(u32 i)
{
	return i > MBPF_OPT_MAX_BACK ? i - MBPF_OPT_MAX_BACK : 0;
}

/* Whether something else than the next instruction may be executed after @insn. */
static inline bool mbpf_opt_ends_line(const struct mbpf_insn *insn)
{
	return BIT(MBPF_CLASS(insn->code)) & (BIT(MBPF_JMP) | BIT(MBPF_JMP32));
}

/* The first of the instructions that are executed one after the other before @i is. */
u32 mbpf_opt_line_begin(const struct mbpf_code *code, u32 i);

/* The last of them, from @begin on, that writes R@reg before @at; else @none. */
u32 mbpf_opt_find_def(const struct mbpf_code *code, u32 begin, u32 at, u32 reg, u32 none);

/* Whether any that is at @from or later reads R@reg before @to. */
bool mbpf_opt_is_read(const struct mbpf_code *code, u32 reg, u32 from, u32 to);

/* Compile it no more. */
static inline void mbpf_opt_drop(struct mbpf_code *code, u32 i)
{
	struct mbpf_insn_aux *aux = &code->aux[i];

	code->dropped = true;
	aux->flags |= MBPF_AUX_DEAD;
	if (mbpf_insn_is_lddw(&code->insns[i]))
		aux[1].flags |= MBPF_AUX_DEAD;
}

#endif /* MBPF_OPT_LINE_H */
