// SPDX-License-Identifier: GPL-2.0-only
/* Looking back from an instruction, as far as control can have come one way only. */
#include "opt_line.h"

u32 mbpf_opt_line_begin(const struct mbpf_code *code, u32 i)
{
	u32 least = mbpf_opt_line_least(i);

	while (i > least && !(code->aux[i].flags & MBPF_AUX_TARGET) &&
	       (!mbpf_opt_ends_line(&code->insns[i - 1]) || mbpf_opt_is_skipped(code, i - 1)))
		i--;
	return i;
}

u32 mbpf_opt_find_def(const struct mbpf_code *code, u32 begin, u32 at, u32 reg, u32 none)
{
	while (at-- > begin)
		if (!mbpf_opt_is_skipped(code, at) &&
		    mbpf_insn_defs(&code->insns[at]) & BIT(reg))
			return at;
	return none;
}

bool mbpf_opt_is_read(const struct mbpf_code *code, u32 reg, u32 from, u32 to)
{
	u32 i;

	for (i = from; i < to; i++)
		if (!mbpf_opt_is_skipped(code, i) && mbpf_insn_uses(&code->insns[i]) & BIT(reg))
			return true;
	return false;
}
