/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of functions whose return is probed. Each has an instance, and a piece
 * of code of its own to return to, a thunk, by which the instance is found.
 */
#ifndef MBPF_PROBE_RETURN_H
#define MBPF_PROBE_RETURN_H

#include "probe.h"

/* As probe_return_ARCH_text.S has them. */
#define MBPF_INSTANCES	2048		/* calls under way at once; more are missed */
#ifdef CONFIG_RISCV
#define MBPF_THUNK_SIZE	4
#else
#define MBPF_THUNK_SIZE	8
#endif

/**
 * struct mbpf_instance - one call
 * @next: while free: in a CPU's list or the common one; NULL in what ends every list, and is none
 * @thunk: where the function returns to: instance number @i has the @i'th
 * @ret_addr: where its caller wants it to return to
 * @target: another, which is nobody's, once that is gone
 * @task: who called, referenced; NULL while free
 * @depth: while free: how many there are in the list from here on
 */
struct mbpf_instance {
	struct mbpf_instance *next;
	unsigned long thunk;
	unsigned long ret_addr;
	struct mbpf_target *target;
	struct task_struct *task;
	u32 depth;
} __aligned(64);

extern struct mbpf_instance mbpf_instances[MBPF_INSTANCES];

/**
 * mbpf_return_enter - a probed function begins
 * @target: its return
 * @ret_addr: where it would return to
 *
 * Any context. Return: where it is to return to; @ret_addr if the call is missed.
 */
unsigned long mbpf_return_enter(struct mbpf_target *target, unsigned long ret_addr);

/* In probe_return_ARCH_text.S. */
extern const char mbpf_return_thunks[];

static inline bool mbpf_return_is_thunk(unsigned long addr)
{
	return addr - (unsigned long)mbpf_return_thunks < MBPF_INSTANCES * MBPF_THUNK_SIZE;
}

/* @ret_addr, or if it is a thunk, where the call really returns to. Any context. */
unsigned long mbpf_return_real(unsigned long ret_addr);

/* Whether @ret_addr is where a call of @target's function returns to, by its instance. */
bool mbpf_return_is_to(const struct mbpf_target *target, unsigned long ret_addr);

/*
 * @n targets are gone: they are disarmed, and a call that began before is one
 * that has its instance. Calls under way forget them; once a grace period of RCU
 * has passed nothing refers to them. Process context.
 */
void mbpf_return_forget(struct mbpf_target **targets, u32 n);

/* A target begins (1) or ceases (-1) to be armed in such a way. Process context. */
void mbpf_return_use(int by);

int mbpf_return_init(void);	/* 0 or errno */
/* Nobody attaches any more: waits until no task is in the code that runs when functions return. */
void mbpf_return_deinit(void);

#endif /* MBPF_PROBE_RETURN_H */
