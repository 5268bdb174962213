/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where probed functions return to. No unwinder can pass here, for the caller
 * is not on the stack. The offsets are those of struct pt_regs.
 */
#include <linux/linkage.h>
#include <asm/unwind_hints.h>

#define REGS_SIZE	168
#define INSTANCES	2048
#define THUNK_SIZE	8
#define CALL_SIZE	5
#define STRIDE_RATIO	8	/* instances of 64 bytes, thunks of 8 */

/* Older kernels have no word for what nobody can unwind: to them objtool does not look here. */
.macro BLIND
#ifdef UNWIND_HINT_TYPE_UNDEFINED
	UNWIND_HINT_UNDEFINED
#endif
.endm

	.text
	.balign	64
	.globl	mbpf_return_thunks
mbpf_return_thunks:
	/* A call, so that returns are again as many as calls to who predicts them. */
	.rept	INSTANCES
	BLIND
	call	mbpf_return_common
	.balign	THUNK_SIZE, 0xcc
	.endr

SYM_CODE_START_LOCAL(mbpf_return_common)
	BLIND
	subq	$REGS_SIZE, %rsp
	movq	%rax, 80(%rsp)
	movq	%rdx, 96(%rsp)
	movq	%r15, 0(%rsp)
	movq	%r14, 8(%rsp)
	movq	%r13, 16(%rsp)
	movq	%r12, 24(%rsp)
	movq	%rbp, 32(%rsp)
	movq	%rbx, 40(%rsp)
	leaq	REGS_SIZE + 8(%rsp), %rdi
	movq	%rdi, 152(%rsp)
	/* Which thunk was it: on the stack is the address behind its call. */
	movq	REGS_SIZE(%rsp), %rdi
	leaq	mbpf_return_thunks(%rip), %rsi
	subq	%rsi, %rdi
	leaq	mbpf_instances - CALL_SIZE * STRIDE_RATIO(, %rdi, STRIDE_RATIO), %rdi
	movq	%rsp, %rsi
	call	mbpf_return_hit
	movq	%rax, REGS_SIZE(%rsp)
	movq	80(%rsp), %rax
	movq	96(%rsp), %rdx
	addq	$REGS_SIZE, %rsp
	/* A return, which is patched where objtool finds it. */
	jmp	mbpf_tramp_idle
SYM_CODE_END(mbpf_return_common)
