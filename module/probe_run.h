/* SPDX-License-Identifier: GPL-2.0-only */
/* Running a target's programs, for who holds the guard. */
#ifndef MBPF_PROBE_RUN_H
#define MBPF_PROBE_RUN_H

#include <linux/rcupdate.h>

#include "probe.h"
#include "prog_object.h"
#include "run.h"
#include "stats.h"

/**
 * mbpf_target_run_all - run all programs of a target in order
 * @target: the target
 * @run: this CPU's, of which the caller holds the guard; preemption is off
 * @regs: the context
 */
static __always_inline void mbpf_target_run_all(struct mbpf_target *target, struct mbpf_run *run,
						struct pt_regs *regs)
{
	struct mbpf_probe_list *list = rcu_dereference_raw(target->probes);
	struct mbpf_probe *probe;
	u32 i = 0;

	if (!list)
		return;
	run->func_ip = target->ip;
	run->regs = regs;
	run->place = NULL;
	/* A list has one at least. */
	do {
		probe = READ_ONCE(list->probe[i]);
		if (!probe)
			continue;
		++*this_cpu_ptr(probe->hits);
		run->cookie = probe->cookie;
		mbpf_prog_object_run(probe->prog, regs);
	} while (++i < list->nr);
}

#endif /* MBPF_PROBE_RUN_H */
