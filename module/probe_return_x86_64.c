// SPDX-License-Identifier: GPL-2.0-only
/* Function returns by the kernel's own return probes, where the function cannot call a trampoline. */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/string.h>

#include <linux/minibpf.h>

#include "probe.h"

/* Calls of one function that may be under way at once; more are missed. */
#define MIN_INSTANCES 64

static int return_hit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *krp = get_kretprobe(ri);
	struct mbpf_target *target;

	if (!krp)
		return 0;
	target = container_of(krp, struct mbpf_target, krp);
	if (READ_ONCE(target->strategy) == &mbpf_strategy_return)
		mbpf_target_run(target, regs);
	return 0;
}
NOKPROBE_SYMBOL(return_hit);

/*
 * Begins as one task and ends as another, which a kretprobe answers with BUG(). The kernel has
 * it in a list of what is refused, but compares an address behind endbr64 with one before.
 */
static bool is_task_switch(const struct mbpf_target *target)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol_no_offset(name, target->ip);
	return !strcmp(name, "__switch_to");
}

static int return_arm(struct mbpf_target *target)
{
	struct kretprobe *krp = &target->krp;

	if (is_task_switch(target))
		return -EINVAL;
	memset(krp, 0, sizeof(*krp));
	krp->handler = return_hit;
	krp->maxactive = max_t(int, MIN_INSTANCES, 4 * num_possible_cpus());
	krp->kp.addr = (kprobe_opcode_t *)target->ip;
	return register_kretprobe(krp);
}

static void return_disarm(struct mbpf_target **targets, u32 n)
{
	struct kretprobe *krps[32];
	u32 i, batch;

	for (; n; n -= batch, targets += batch) {
		batch = min_t(u32, n, ARRAY_SIZE(krps));
		for (i = 0; i < batch; i++)
			krps[i] = &targets[i]->krp;
		unregister_kretprobes(krps, batch);
	}
}

static u64 return_missed(const struct mbpf_target *target)
{
	return target->krp.nmissed + target->krp.kp.nmissed;
}

const struct mbpf_strategy mbpf_strategy_return = {
	.id = MINIBPF_STRATEGY_KRETPROBE,
	.arm = return_arm,
	.disarm = return_disarm,
	.missed = return_missed,
};
