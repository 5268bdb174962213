// SPDX-License-Identifier: GPL-2.0-only
/* Stacks on x86-64: the kernel's by its own unwinder, which it exports; others by frames. */
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/unwind.h>

#include "probe_return.h"
#include "stack_walk.h"

/* What %rbp points to in a function that keeps it for that. */
struct frame {
	u64 next;
	u64 ip;
};

static void place_regs(struct pt_regs *regs, unsigned long ip, unsigned long sp, unsigned long bp)
{
	memset(regs, 0, sizeof(*regs));
	regs->ip = ip;
	regs->sp = sp;
	regs->bp = bp;
	regs->cs = __KERNEL_CS;
	regs->ss = __KERNEL_DS;
	regs->flags = X86_EFLAGS_FIXED;
}

/*
 * The unwinder does not pass a thunk, to which a function returns whose return is probed. The
 * caller is as if the function had returned to it; other unwinders than ORC tell no sp.
 */
static void pass_thunk(struct unwind_state *state, struct pt_regs *regs, unsigned long ip)
{
#ifdef CONFIG_UNWINDER_ORC
	place_regs(regs, ip, state->sp, state->bp);
	unwind_start(state, current, regs, NULL);
#else
	unwind_next_frame(state);
#endif
}

void mbpf_walk_callers(struct mbpf_walk *walk, const struct pt_regs *regs, bool is_entry)
{
	unsigned long ip, real;
	struct unwind_state state;
	struct pt_regs caller;

	/* It knows by itself how far a function is. */
	unwind_start(&state, current, (struct pt_regs *)regs, NULL);
	while (!unwind_done(&state)) {
		ip = unwind_get_return_address(&state);
		real = mbpf_return_real(ip);
		if (!real || !mbpf_walk_add(walk, real))
			break;
		if (real == ip)
			unwind_next_frame(&state);
		else
			pass_thunk(&state, &caller, real);
	}
}

void mbpf_walk_place_regs(struct pt_regs *regs, const struct mbpf_run_place *place)
{
	place_regs(regs, place->ip, place->sp, place->fp);
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
