// SPDX-License-Identifier: GPL-2.0-only
/* Which stack a program asks for, and where it begins; stack_walk.h follows it. */
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#include "run.h"
#include "stack_walk.h"

/* One program runs on a CPU at a time, and asks for one trace at a time. */
static DEFINE_PER_CPU(struct pt_regs, place_regs);

/* The stack of the handler, from @from on or without the handler itself. */
static void walk_from_place(struct mbpf_stack *stack, const struct mbpf_run_place *place,
			    unsigned long from)
{
	struct pt_regs *regs = this_cpu_ptr(&place_regs);
	struct mbpf_walk walk = { .stack = stack, .from = from };

	mbpf_walk_place_regs(regs, place);
	mbpf_walk_callers(&walk, regs, false);
	if (walk.from) {
		walk.from = 0;
		mbpf_walk_callers(&walk, regs, false);
	}
}

static void walk_kernel(struct mbpf_stack *stack, const struct mbpf_run *run)
{
	const struct pt_regs *regs = run->regs;
	struct mbpf_walk walk = { .stack = stack };
	unsigned long ip;

	/* What happened in user space has no stack here. */
	if (regs && user_mode((struct pt_regs *)regs))
		return;
	ip = regs ? instruction_pointer((struct pt_regs *)regs) : 0;
	if (run->place)
		walk_from_place(stack, run->place, ip);
	else if (mbpf_walk_add(&walk, ip))
		mbpf_walk_callers(&walk, regs, ip == run->func_ip);
}

static void walk_user(struct mbpf_stack *stack, const struct pt_regs *regs)
{
	if (!regs || !user_mode((struct pt_regs *)regs)) {
		if (!current->mm || current->flags & PF_KTHREAD)
			return;
		regs = task_pt_regs(current);
	}
	mbpf_walk_user(stack, regs);
}

bool mbpf_os_stack(struct mbpf_stack *stack, u64 ctx, bool user)
{
	const struct mbpf_run *run = this_cpu_ptr(&mbpf_run_now);

	if (!run->regs && !run->place)
		return false;
	if (user)
		walk_user(stack, run->regs);
	else
		walk_kernel(stack, run);
	return true;
}
