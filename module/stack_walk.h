/* SPDX-License-Identifier: GPL-2.0-only */
/* How a machine's stacks are followed: stack_walk_ARCH.c. */
#ifndef MBPF_STACK_WALK_H
#define MBPF_STACK_WALK_H

#include <linux/ptrace.h>

#include "core/stack.h"
#include "run.h"

/**
 * struct mbpf_walk - a kernel stack being followed
 * @stack: gets the addresses
 * @from: the first address that it gets; 0: whatever comes
 */
struct mbpf_walk {
	struct mbpf_stack *stack;
	unsigned long from;
};

/* False if there is no use in going on. */
static inline bool mbpf_walk_add(struct mbpf_walk *walk, unsigned long ip)
{
	if (walk->from && walk->from != ip)
		return true;
	walk->from = 0;
	return mbpf_stack_add(walk->stack, ip);
}

/**
 * mbpf_walk_callers - who called the code that has these registers
 * @walk: begun
 * @regs: of the kernel, on the current task's stack or one of this CPU's
 * @is_entry: the function has just been entered
 *
 * Any context.
 */
void mbpf_walk_callers(struct mbpf_walk *walk, const struct pt_regs *regs, bool is_entry);

/* Those of the registers that the walk needs. */
void mbpf_walk_place_regs(struct pt_regs *regs, const struct mbpf_run_place *place);

/* The same in user space, as far as functions keep a chain of frames. */
void mbpf_walk_user(struct mbpf_stack *stack, const struct pt_regs *regs);

#endif /* MBPF_STACK_WALK_H */
