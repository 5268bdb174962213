// SPDX-License-Identifier: GPL-2.0-only
/*
 * Function returns on riscv64 where the function cannot call a trampoline:
 * register_kretprobe() refuses every function that ftrace can trace, so a
 * kprobe behind the patch area swaps the return address for a thunk.
 */
#include <linux/kprobes.h>
#include <linux/rcupdate.h>

#include <linux/minibpf.h>

#include "probe_return.h"

/* The probed function begins: breakpoint context. */
static int call_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct mbpf_target *target = container_of(kp, struct mbpf_target, kp);

	if (READ_ONCE(target->strategy) != &mbpf_strategy_return)
		return 0;
	/* The trampoline that this comes after has swapped it. */
	if (READ_ONCE(target->direct) && mbpf_return_is_to(target, regs->ra))
		return 0;
	regs->ra = mbpf_return_enter(target, regs->ra);
	return 0;
}
NOKPROBE_SYMBOL(call_hit);

static int return_arm(struct mbpf_target *target)
{
	int ret;

	/*
	 * Where the kernel preempts itself, no grace period that modules may
	 * wait for covers a task in a thunk's last instructions.
	 */
	if (IS_ENABLED(CONFIG_PREEMPTION))
		return -EOPNOTSUPP;

	target->kp.pre_handler = call_hit;
	ret = mbpf_strategy_kprobe.arm(target);
	if (!ret)
		mbpf_return_use(1);
	return ret;
}

static void return_disarm(struct mbpf_target **targets, u32 n)
{
	mbpf_strategy_kprobe.disarm(targets, n);
	while (n--)
		mbpf_return_use(-1);
	/* For handlers that are about to swap an address. */
	synchronize_rcu();
}

static u64 return_missed(const struct mbpf_target *target)
{
	return target->kp.nmissed;
}

const struct mbpf_strategy mbpf_strategy_return = {
	.id = MINIBPF_STRATEGY_RETURN,
	.thunks = true,
	.arm = return_arm,
	.disarm = return_disarm,
	.missed = return_missed,
};
