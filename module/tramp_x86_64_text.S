/* SPDX-License-Identifier: GPL-2.0-only */
/* A trampoline that does nothing, for functions between two that do something. */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>

	.text
SYM_FUNC_START(mbpf_tramp_idle)
	RET
SYM_FUNC_END(mbpf_tramp_idle)
