/* SPDX-License-Identifier: GPL-2.0-only */
/* The interpreter's frames, for what watches it run. */
#ifndef MBPF_INTERP_H
#define MBPF_INTERP_H

#include "prog.h"

/**
 * struct mbpf_interp_frame - one active BPF function
 * @prog: whose instructions run; a tail call changes it
 * @caller: the frame below, also of a callback; NULL for the first
 * @tail_calls: made so far, shared by all frames of a run; used up in callbacks
 * @pc: instruction that runs next
 * @regs: R0..R10
 * @stack: what R10 points behind. It is not cleared, as little as a JIT's
 *         stack is: a verified program reads no byte that it did not write
 */
struct mbpf_interp_frame {
	const struct mbpf_prog *prog;
	struct mbpf_interp_frame *caller;
	u32 *tail_calls;
	u32 pc;
	u64 regs[MBPF_NR_REGS];
	u8 stack[MBPF_STACK_SIZE] __aligned(8);
};

/*
 * Built with MBPF_INTERP_TRACE (tests only), each thread's hook is called
 * before each instruction, and new stacks are filled with a byte that it may
 * change, so that a read of what was never written shows.
 */
#ifdef MBPF_INTERP_TRACE
extern __thread void (*mbpf_interp_trace)(const struct mbpf_interp_frame *frame);
extern __thread u8 mbpf_interp_poison;
#endif

#endif /* MBPF_INTERP_H */
