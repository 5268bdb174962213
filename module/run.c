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

bool mbpf_run_begin(u64 func_ip, u64 cookie, const struct pt_regs *regs,
		    const struct mbpf_run_place *place)
{
	struct mbpf_run *run;

	preempt_disable_notrace();
	run = this_cpu_ptr(&mbpf_run_now);
	if (unlikely(!mbpf_run_enter(run))) {
		preempt_enable_notrace();
		return false;
	}
	run->func_ip = func_ip;
	run->cookie = cookie;
	run->regs = regs;
	run->place = place;
	return true;
}
NOKPROBE_SYMBOL(mbpf_run_begin);

void mbpf_run_end(void)
{
	mbpf_run_leave(this_cpu_ptr(&mbpf_run_now));
	preempt_enable_notrace();
}
NOKPROBE_SYMBOL(mbpf_run_end);
