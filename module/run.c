// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running programs. One runs on a CPU at a time: a probe that is hit while one
 * runs, by what it calls or by what interrupts it, is missed. So programs
 * cannot recurse, and what they use of a CPU needs no nesting.
 */
#include <linux/kprobes.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "run.h"

DEFINE_PER_CPU(struct mbpf_run, mbpf_run_now);

bool mbpf_run_begin(u64 func_ip, u64 cookie)
{
	struct mbpf_run *run;

	preempt_disable_notrace();
	run = this_cpu_ptr(&mbpf_run_now);
	/* Whoever interrupts between these two finds it as it was and leaves it so. */
	if (unlikely(READ_ONCE(run->active))) {
		preempt_enable_notrace();
		return false;
	}
	WRITE_ONCE(run->active, 1);
	barrier();
	run->func_ip = func_ip;
	run->cookie = cookie;
	return true;
}
NOKPROBE_SYMBOL(mbpf_run_begin);

void mbpf_run_end(void)
{
	barrier();
	WRITE_ONCE(this_cpu_ptr(&mbpf_run_now)->active, 0);
	preempt_enable_notrace();
}
NOKPROBE_SYMBOL(mbpf_run_end);
