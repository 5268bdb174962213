/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arena: room in the module's text for what the JIT makes, full of
 * instructions that trap. Kernels give modules no other executable memory.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/page.h>

	.text
	.balign	PAGE_SIZE
	.globl	mbpf_arena_text
	.type	mbpf_arena_text, %object
mbpf_arena_text:
	ANNOTATE_NOENDBR	/* entries come with the code */
#ifdef CONFIG_X86_64
	.skip	MINIBPF_ARENA_SIZE, 0xcc	/* int3 */
#else
	.skip	MINIBPF_ARENA_SIZE		/* all zeroes are illegal on RISC-V */
#endif
	.size	mbpf_arena_text, MINIBPF_ARENA_SIZE
