/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An indirect jump and a return as the kernel's own code has them. The module
 * loader patches them to what this boot uses; target_x86_64.c reads that. They
 * are never executed.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>

	.text
SYM_FUNC_START(mbpf_target_samples)
SYM_INNER_LABEL(mbpf_target_sample_jump, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	JMP_NOSPEC rax
SYM_FUNC_END(mbpf_target_samples)

SYM_FUNC_START(mbpf_target_sample_function)
SYM_INNER_LABEL(mbpf_target_sample_return, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	RET
SYM_FUNC_END(mbpf_target_sample_function)
