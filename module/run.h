/* SPDX-License-Identifier: GPL-2.0-only */
/* Running programs: what holds while one runs on a CPU. */
#ifndef MBPF_RUN_H
#define MBPF_RUN_H

#include <linux/percpu.h>
#include <linux/types.h>

/**
 * struct mbpf_run - what a CPU is doing
 * @active: a program is running on this CPU; no other is started meanwhile,
 *          whatever interrupts it
 * @func_ip: address of the function whose entry or return is probed; 0 elsewhere
 * @cookie: of the target that was hit
 */
struct mbpf_run {
	int active;
	u64 func_ip;
	u64 cookie;
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

/**
 * mbpf_run_begin - get ready to run programs on this CPU
 * @func_ip: for get_func_ip()
 * @cookie: for get_attach_cookie()
 *
 * On success preemption is off until mbpf_run_end(); programs also want
 * rcu_read_lock(). Any context, NMI included.
 *
 * Return: false, and nothing has happened, if a program is running here.
 */
bool mbpf_run_begin(u64 func_ip, u64 cookie);
void mbpf_run_end(void);

#endif /* MBPF_RUN_H */
