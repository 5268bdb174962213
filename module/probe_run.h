/* SPDX-License-Identifier: GPL-2.0-only */
/* Running a target's programs, for who holds the guard. */
#ifndef MBPF_PROBE_RUN_H
#define MBPF_PROBE_RUN_H

#include <linux/rcupdate.h>

#include "probe.h"
#include "prog_object.h"
#include "run.h"
#include "stats.h"

/* For who holds the guard, of this CPU's @run; all but the cookie is set there. */
static __always_inline void mbpf_probe_run(struct mbpf_probe *probe, struct mbpf_run *run,
					   struct pt_regs *regs)
{
	++*this_cpu_ptr(probe->hits);
	run->cookie = probe->cookie;
	mbpf_prog_object_run(probe->prog, regs);
}

/* All of @list but the first. */
void mbpf_target_run_others(struct mbpf_probe_list *list, struct mbpf_run *run,
			    struct pt_regs *regs);

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

	if (!list)
		return;
	run->func_ip = target->ip;
	run->regs = regs;
	run->place = NULL;
	/* A list has one at least, and most have no more. */
	probe = READ_ONCE(list->probe[0]);
	if (likely(probe))
		mbpf_probe_run(probe, run, regs);
	if (unlikely(list->nr > 1))
		mbpf_target_run_others(list, run, regs);
}

#endif /* MBPF_PROBE_RUN_H */
