/* SPDX-License-Identifier: GPL-2.0-only */
/* Running programs: what holds while one runs on a CPU. */
#ifndef MBPF_RUN_H
#define MBPF_RUN_H

#include <linux/instruction_pointer.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/types.h>

/**
 * struct mbpf_run_place - a place in a handler that runs programs, where its stack begins
 * @ip: address of the code
 * @sp: stack pointer
 * @fp: the register that points to frames
 */
struct mbpf_run_place {
	unsigned long ip;
	unsigned long sp;
	unsigned long fp;
};

/**
 * struct mbpf_run - what a CPU is doing
 * @active: a program is running on this CPU; no other is started meanwhile,
 *          whatever interrupts it
 * @func_ip: address of the function whose entry or return is probed; 0 elsewhere
 * @cookie: of the target that was hit
 * @regs: registers at what was hit; NULL where there are none
 * @place: not NULL where @regs, if any, are no registers to begin a stack trace from
 * @free: for calls whose return is probed; who holds the guard may change it
 */
struct mbpf_run {
	int active;
	u64 func_ip;
	u64 cookie;
	const struct pt_regs *regs;
	const struct mbpf_run_place *place;
	struct mbpf_instance *free;
};

DECLARE_PER_CPU(struct mbpf_run, mbpf_run_now);

/*
 * The guard itself; preemption is off. Whoever interrupts between reading and
 * writing @active finds it as it was and leaves it so.
 */
static __always_inline bool mbpf_run_enter(struct mbpf_run *run)
{
	if (READ_ONCE(run->active))
		return false;
	WRITE_ONCE(run->active, 1);
	barrier();
	return true;
}

static __always_inline void mbpf_run_leave(struct mbpf_run *run)
{
	barrier();
	WRITE_ONCE(run->active, 0);
}

/* This place, for as long as the function does not return. */
static __always_inline void mbpf_run_place_here(struct mbpf_run_place *place)
{
	place->ip = _THIS_IP_;
	place->sp = current_stack_pointer;
#ifdef CONFIG_X86
	/* What the register holds, as nobody else can say where it is no pointer to a frame. */
	asm volatile("mov %%rbp, %0" : "=r" (place->fp));
#else
	place->fp = (unsigned long)__builtin_frame_address(0);
#endif
}

/**
 * mbpf_run_begin - get ready to run programs on this CPU
 * @func_ip: for get_func_ip()
 * @cookie: for get_attach_cookie()
 * @regs: for stack traces, or NULL
 * @place: likewise
 *
 * On success preemption is off until mbpf_run_end(); programs also want
 * rcu_read_lock(). Any context, NMI included.
 *
 * Return: false, and nothing has happened, if a program is running here.
 */
bool mbpf_run_begin(u64 func_ip, u64 cookie, const struct pt_regs *regs,
		    const struct mbpf_run_place *place);
void mbpf_run_end(void);

#endif /* MBPF_RUN_H */
