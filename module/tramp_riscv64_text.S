/* SPDX-License-Identifier: GPL-2.0-only */
/* A trampoline that does nothing, for functions between two that do something. */
#include <linux/linkage.h>

	.text
SYM_CODE_START(mbpf_tramp_idle)
	jr	t0
SYM_CODE_END(mbpf_tramp_idle)
