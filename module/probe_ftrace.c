// SPDX-License-Identifier: GPL-2.0-only
/*
 * Function entries through ftrace's callback: one for all targets, which are
 * found by address. So a target comes and goes without the long wait that the
 * end of a callback takes. Each change makes the kernel look at all functions it
 * has, so many come and go in one.
 */
#include <linux/ftrace.h>
#include <linux/hashtable.h>
#include <linux/kprobes.h>
#include <linux/rculist.h>

#include <linux/minibpf.h>

#include "probe.h"

static DEFINE_HASHTABLE(sites, 10);	/* by site; written under the mutex of targets */
static u32 nr_sites;

#define SITES_AT_ONCE 512
/* The mutex of targets protects both: targets whose sites come later, and a call's sites. */
static LIST_HEAD(waiting);
static unsigned long ips_now[SITES_AT_ONCE];

#ifdef CONFIG_RISCV
#define FLAGS	0
#define WORD(reg)	BIT_ULL(offsetof(struct pt_regs, reg) / 8)
#define GIVEN	(WORD(epc) | WORD(ra) | WORD(sp) | WORD(a0) | WORD(a1) | WORD(a2) | WORD(a3) | \
		 WORD(a4) | WORD(a5) | WORD(a6) | WORD(a7))

/* The callback gets less than struct pt_regs has; nobody reads the rest. */
static __always_inline void run_at(struct mbpf_target *target, unsigned long ra,
				   struct ftrace_regs *fregs)
{
	struct pt_regs regs;
	u32 i;

	regs.epc = target->addr;
	regs.ra = ra;
	regs.sp = ftrace_regs_get_stack_pointer(fregs);
	for (i = 0; i < 8; i++)
		(&regs.a0)[i] = ftrace_regs_get_argument(fregs, i);
	mbpf_target_run(target, &regs);
}
#else
#define FLAGS	FTRACE_OPS_FL_SAVE_REGS
#define GIVEN	U64_MAX

/* The address is what a kprobe shows: behind a breakpoint. */
static __always_inline void run_at(struct mbpf_target *target, unsigned long ra,
				   struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
	unsigned long ip = instruction_pointer(regs);

	instruction_pointer_set(regs, target->site + 1);
	mbpf_target_run(target, regs);
	instruction_pointer_set(regs, ip);
}
#endif

/*
 * Nothing that can be traced is called but by mbpf_target_run(), under its
 * guard, so no further protection against recursion is needed.
 */
static void notrace site_hit(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			     struct ftrace_regs *fregs)
{
	struct mbpf_target *target;

	preempt_disable_notrace();
	hash_for_each_possible_rcu_notrace(sites, target, ftrace_node, ip)
		if (target->site == ip && READ_ONCE(target->strategy) == &mbpf_strategy_ftrace)
			run_at(target, parent_ip, fregs);
	preempt_enable_notrace();
}
NOKPROBE_SYMBOL(site_hit);

#define FRESH_OPS { .func = site_hit, .flags = FLAGS }
static struct ftrace_ops ops = FRESH_OPS;

static bool ftrace_suits(const struct mbpf_target *target)
{
	return !(mbpf_target_ctx_read(target) & ~GIVEN);
}

/* Freeing leaves pointers to what was freed. */
static void forget_sites(void)
{
	ftrace_free_filter(&ops);
	ops = (struct ftrace_ops)FRESH_OPS;
}

/*
 * The callback gets @nr functions more. One without addresses gets every function
 * there is: it must not exist.
 */
static int sites_add(unsigned long *ips, u32 nr)
{
	int ret = ftrace_set_filter_ips(&ops, ips, nr, 0, 0);

	if (!ret && !nr_sites) {
		ret = register_ftrace_function(&ops);
		if (ret)
			forget_sites();
	}
	if (!ret)
		nr_sites += nr;
	return ret;
}

static void sites_del(unsigned long *ips, u32 nr)
{
	if (!nr)
		return;
	nr_sites -= nr;
	if (nr_sites) {
		ftrace_set_filter_ips(&ops, ips, nr, 1, 0);
	} else {
		unregister_ftrace_function(&ops);
		forget_sites();
	}
}

int mbpf_ftrace_commit(void)
{
	struct mbpf_target *target, *next;
	u32 nr;
	int ret;

	while (!list_empty(&waiting)) {
		nr = 0;
		list_for_each_entry(target, &waiting, ftrace_waits) {
			ips_now[nr++] = target->site;
			if (nr == SITES_AT_ONCE)
				break;
		}
		ret = sites_add(ips_now, nr);
		if (ret)
			return ret;
		list_for_each_entry_safe(target, next, &waiting, ftrace_waits) {
			list_del_init(&target->ftrace_waits);
			if (!--nr)
				break;
		}
	}
	return 0;
}

static int ftrace_arm(struct mbpf_target *target)
{
	int ret = 0;

	INIT_LIST_HEAD(&target->ftrace_waits);
	if (!target->strategy && mbpf_target_is_many(target))
		list_add_tail(&target->ftrace_waits, &waiting);
	else
		ret = sites_add(&target->site, 1);
	if (!ret)
		hash_add_rcu(sites, &target->ftrace_node, target->site);
	return ret;
}

static void ftrace_disarm(struct mbpf_target **targets, u32 n)
{
	u32 i, nr = 0;

	for (i = 0; i < n; i++) {
		hash_del_rcu(&targets[i]->ftrace_node);
		if (list_empty(&targets[i]->ftrace_waits))
			ips_now[nr++] = targets[i]->site;
		else
			list_del(&targets[i]->ftrace_waits);
		if (nr == SITES_AT_ONCE || i == n - 1) {
			sites_del(ips_now, nr);
			nr = 0;
		}
	}
}

const struct mbpf_strategy mbpf_strategy_ftrace = {
	.id = MINIBPF_STRATEGY_FTRACE,
	.suits = ftrace_suits,
	.arm = ftrace_arm,
	.disarm = ftrace_disarm,
};
