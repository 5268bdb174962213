// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks on riscv64, by frames: s0 points behind the two words in which a function keeps its
 * caller's s0 and ra. One that calls no other has only the first of them, in the place of
 * the second, and its caller in ra. The kernel exports nothing that would follow them.
 */
#include <linux/align.h>
#include <linux/string.h>
#include <linux/thread_info.h>
#include <linux/uaccess.h>

#include "probe_return.h"
#include "stack_walk.h"

#define MAX_FRAMES 1024		/* frames may make a circle */

struct frame {
	u64 fp;
	u64 ra;
};

static bool read_frame(struct frame *frame, unsigned long fp)
{
	/* User addresses are not negative. */
	return (long)fp < 0 && IS_ALIGNED(fp, sizeof(long)) &&
	       !copy_from_kernel_nofault(frame, (void *)(fp - sizeof(*frame)), sizeof(*frame));
}

/* Whether what should be a return address is one of this stack, which grows down to @sp. */
static bool is_on_stack(unsigned long address, unsigned long sp)
{
	return address > sp && address <= ALIGN(sp + 1, THREAD_SIZE);
}

void mbpf_walk_callers(struct mbpf_walk *walk, const struct pt_regs *regs, bool is_entry)
{
	unsigned long fp = frame_pointer((struct pt_regs *)regs);
	struct frame frame;
	u32 i;

	if (is_entry && !mbpf_walk_add(walk, mbpf_return_real(regs->ra)))
		return;
	for (i = 0; i < MAX_FRAMES && read_frame(&frame, fp); i++) {
		if (!i && !is_entry && is_on_stack(frame.ra, regs->sp)) {
			frame.fp = frame.ra;
			frame.ra = regs->ra;
		}
		if (!frame.ra || !mbpf_walk_add(walk, mbpf_return_real(frame.ra)))
			break;
		fp = frame.fp;
	}
}

void mbpf_walk_place_regs(struct pt_regs *regs, const struct mbpf_run_place *place)
{
	memset(regs, 0, sizeof(*regs));
	regs->epc = place->ip;
	regs->sp = place->sp;
	regs->s0 = place->fp;
	regs->status = SR_PP;
}

/* The kernel's own says ra, not what is in the first frame, and so does this. */
void mbpf_walk_user(struct mbpf_stack *stack, const struct pt_regs *regs)
{
	struct frame frame = { .fp = regs->s0 };
	u64 ra = regs->ra;

	if (!mbpf_stack_add(stack, regs->epc))
		return;
	while (frame.fp && IS_ALIGNED(frame.fp, sizeof(u64)) &&
	       !copy_from_user_nofault(&frame, u64_to_user_ptr(frame.fp - (u64)sizeof(frame)),
				       sizeof(frame))) {
		if (!ra)
			ra = frame.ra;
		if (!ra || !mbpf_stack_add(stack, ra))
			break;
		ra = 0;
	}
}
