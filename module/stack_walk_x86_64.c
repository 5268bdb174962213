// SPDX-License-Identifier: GPL-2.0-only
/* Stacks on x86-64: the kernel's by its own unwinder, which it exports; others by frames. */
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/unwind.h>

#include "stack_walk.h"

/* What %rbp points to in a function that keeps it for that. */
struct frame {
	u64 next;
	u64 ip;
};

void mbpf_walk_callers(struct mbpf_walk *walk, const struct pt_regs *regs, bool is_entry)
{
	struct unwind_state state;
	unsigned long ip;

	/* It knows by itself how far a function is. */
	for (unwind_start(&state, current, (struct pt_regs *)regs, NULL);
	     !unwind_done(&state); unwind_next_frame(&state)) {
		ip = unwind_get_return_address(&state);
		if (!ip || !mbpf_walk_add(walk, ip))
			break;
	}
}

void mbpf_walk_place_regs(struct pt_regs *regs, const struct mbpf_run_place *place)
{
	memset(regs, 0, sizeof(*regs));
	regs->ip = place->ip;
	regs->sp = place->sp;
	regs->bp = place->fp;
	regs->cs = __KERNEL_CS;
	regs->ss = __KERNEL_DS;
	regs->flags = X86_EFLAGS_FIXED;
}

void mbpf_walk_user(struct mbpf_stack *stack, const struct pt_regs *regs)
{
	struct frame frame = { .next = regs->bp };

	/* Frames of 32-bit programs look different. */
	if (!mbpf_stack_add(stack, regs->ip) || regs->cs != __USER_CS)
		return;
	while (!copy_from_user_nofault(&frame, u64_to_user_ptr(frame.next), sizeof(frame)))
		if (!frame.ip || !mbpf_stack_add(stack, frame.ip))
			break;
}
