/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stack traces: addresses of who called whom, innermost first, which programs
 * take for themselves or have kept once each in a STACK_TRACE.
 */
#ifndef MBPF_STACK_H
#define MBPF_STACK_H

#include "os.h"

struct mbpf_map;

#define MBPF_STACK_MAX		127	/* addresses, as perf has it by default */

/* Flags of the two helpers, beside the number of addresses to leave out */
#define MBPF_STACK_SKIP		0x0ff
#define MBPF_STACK_USER		0x100
#define MBPF_STACK_FAST_CMP	0x200	/* the hash is enough to call two equal */
#define MBPF_STACK_REUSE	0x400	/* what has the same number is replaced */

/**
 * struct mbpf_stack - a trace that is being made
 * @ips: where addresses go
 * @skip: so many of the first are left out
 * @nr: addresses so far, those left out included
 * @max: @nr at most
 */
struct mbpf_stack {
	u64 *ips;
	u32 skip;
	u32 nr;
	u32 max;
};

/* False if the trace is full. */
static inline bool mbpf_stack_add(struct mbpf_stack *stack, u64 ip)
{
	if (stack->nr >= stack->max)
		return false;
	if (stack->nr >= stack->skip)
		stack->ips[stack->nr - stack->skip] = ip;
	stack->nr++;
	return true;
}

/**
 * mbpf_os_stack - the stack at the place that runs the program
 * @stack: filled
 * @ctx: the program's context
 * @user: that of the task in user space, which has one only if it is a process
 *
 * In any context; what cannot be read ends the trace. Return: false where there is
 * nothing to begin with, as in a test run.
 */
bool mbpf_os_stack(struct mbpf_stack *stack, u64 ctx, bool user);

/**
 * mbpf_stack_map_put - the number of a trace in a STACK_TRACE
 * @map: the map
 * @ips: the trace
 * @nr: addresses, at least 1
 * @flags: MBPF_STACK_FAST_CMP and MBPF_STACK_REUSE
 *
 * Any context. Return: the number; -EEXIST if another trace has it, -ENOMEM.
 */
s64 mbpf_stack_map_put(struct mbpf_map *map, const u64 *ips, u32 nr, u64 flags);

#endif /* MBPF_STACK_H */
