/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What each machine calls its registers, and how it makes system calls. */
#ifndef FOLLOW_MACHINE_H
#define FOLLOW_MACHINE_H

#include <linux/audit.h>

#if defined(__x86_64__)
#include <sys/user.h>

#define MACHINE_AUDIT	AUDIT_ARCH_X86_64
#define CALL_LENGTH	2	/* syscall */
#define MACHINE_NUMBER	orig_rax
#define MACHINE_START	rax	/* the number, where a call begins */
#define MACHINE_RESULT	rax
#define MACHINE_PC	rip
#define MACHINE_STACK	rsp
#define MACHINE_ARGS	rdi, rsi, rdx, r10, r8, r9
/* Below the stack pointer, compilers keep things. */
#define RED_ZONE	128
#elif defined(__riscv) && __riscv_xlen == 64
#include <asm/ptrace.h>

#define MACHINE_AUDIT	AUDIT_ARCH_RISCV64
#define CALL_LENGTH	4	/* ecall */
#define MACHINE_NUMBER	a7
#define MACHINE_START	a7
#define MACHINE_RESULT	a0
#define MACHINE_PC	pc
#define MACHINE_STACK	sp
#define MACHINE_ARGS	a0, a1, a2, a3, a4, a5
#define RED_ZONE	0
#else
#error "how does this machine make system calls?"
#endif

/* Registers of a thread that stands behind a system call: the call is skipped. */
static inline void regs_skip(struct user_regs_struct *regs)
{
	regs->MACHINE_NUMBER = -1;
}

static inline void regs_set_args(struct user_regs_struct *regs, const long v[6])
{
#define SET_ARGS(a, b, c, d, e, f) \
	(regs->a = v[0], regs->b = v[1], regs->c = v[2], regs->d = v[3], regs->e = v[4], regs->f = v[5])
#define SET_ALL(list) SET_ARGS(list)
	SET_ALL(MACHINE_ARGS);
#undef SET_ALL
#undef SET_ARGS
}

/* The same: it is made once more, as another one. */
static inline void regs_call(struct user_regs_struct *regs, long nr, const long args[6])
{
	regs_skip(regs);
	regs->MACHINE_PC -= CALL_LENGTH;
	regs->MACHINE_START = nr;
	regs_set_args(regs, args);
}

/* The same: it has returned this, and is no call that could be restarted. */
static inline void regs_return(struct user_regs_struct *regs, long result)
{
#if defined(__x86_64__)
	regs_skip(regs);
#endif
	regs->MACHINE_RESULT = result;
}

#endif /* FOLLOW_MACHINE_H */
