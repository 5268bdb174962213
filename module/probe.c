// SPDX-License-Identifier: GPL-2.0-only
/* Targets: one armed place each, and the programs that run there. */
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <linux/minibpf.h>

#include "probe.h"
#include "prog_object.h"
#include "run.h"

/**
 * struct mbpf_probe_list - what a target runs; replaced when one is added
 * @rcu: frees the old one
 * @nr: slots
 * @probe: in attach order; NULL where one was detached
 */
struct mbpf_probe_list {
	struct rcu_head rcu;
	u32 nr;
	struct mbpf_probe *probe[];
};

/* Protects the table below and every target's list of probes. */
static DEFINE_MUTEX(target_mutex);
static DEFINE_HASHTABLE(target_table, 10);	/* by address */

void mbpf_target_run(struct mbpf_target *target, struct pt_regs *regs)
{
	struct mbpf_probe_list *list;
	struct mbpf_probe *probe;
	bool entered;
	u32 i;

	rcu_read_lock();
	list = rcu_dereference(target->probes);
	entered = list && mbpf_run_begin(target->ip, 0);
	if (list && !entered)
		atomic64_inc(&target->missed);
	for (i = 0; list && i < list->nr; i++) {
		probe = READ_ONCE(list->probe[i]);
		if (!probe)
			continue;
		if (!entered) {
			this_cpu_inc(probe->prog->stats->missed);
			continue;
		}
		this_cpu_inc(*probe->hits);
		this_cpu_write(mbpf_run_now.cookie, probe->cookie);
		mbpf_prog_run(&probe->prog->prog, regs);
	}
	if (entered)
		mbpf_run_end();
	rcu_read_unlock();
}
NOKPROBE_SYMBOL(mbpf_target_run);

static struct mbpf_probe_list *probe_list_of(struct mbpf_target *target)
{
	return rcu_dereference_protected(target->probes,
					 lockdep_is_held(&target_mutex));
}

static struct mbpf_target *target_find(unsigned long addr, bool is_return)
{
	struct mbpf_target *target;

	lockdep_assert_held(&target_mutex);
	hash_for_each_possible(target_table, target, node, addr)
		if (target->addr == addr && target->is_return == is_return)
			return target;
	return NULL;
}

static struct mbpf_target *target_create(const struct mbpf_probe_spec *spec)
{
	struct mbpf_target *target;
	int ret;

	target = kzalloc(sizeof(*target), GFP_KERNEL_ACCOUNT);
	if (!target)
		return ERR_PTR(-ENOMEM);
	target->is_return = spec->is_return;
	target->strategy = spec->is_return ? &mbpf_strategy_return :
					     &mbpf_strategy_kprobe;
	ret = target->strategy->arm(target, spec);
	if (ret) {
		kfree(target);
		return ERR_PTR(ret);
	}
	return target;
}

/*
 * Only arming resolves a symbol, so a place that is probed already is armed a
 * second time for a moment. A target without programs does nothing.
 */
static struct mbpf_target *target_get(const struct mbpf_probe_spec *spec)
{
	struct mbpf_target *target, *old;

	target = target_create(spec);
	if (IS_ERR(target))
		return target;
	old = target_find(target->addr, target->is_return);
	if (!old) {
		hash_add(target_table, &target->node, target->addr);
		return target;
	}
	target->strategy->disarm(&target, 1);
	kfree(target);
	return old;
}

/* Appends @probe in a new list, which leaves out what was detached since. */
static int target_add(struct mbpf_target *target, struct mbpf_probe *probe)
{
	struct mbpf_probe_list *old = probe_list_of(target), *list;
	u32 i, n = 0;

	list = kmalloc(struct_size(list, probe, (old ? old->nr : 0) + 1),
		       GFP_KERNEL_ACCOUNT);
	if (!list)
		return -ENOMEM;
	for (i = 0; old && i < old->nr; i++)
		if (old->probe[i])
			list->probe[n++] = old->probe[i];
	list->probe[n++] = probe;
	list->nr = n;
	rcu_assign_pointer(target->probes, list);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

/*
 * Empties @probe's slot: needs no memory, so detaching cannot fail. Returns
 * whether the target is left without programs.
 */
static bool target_del(struct mbpf_target *target, const struct mbpf_probe *probe)
{
	struct mbpf_probe_list *list = probe_list_of(target);
	bool empty = true;
	u32 i;

	for (i = 0; i < list->nr; i++) {
		if (list->probe[i] == probe)
			WRITE_ONCE(list->probe[i], NULL);
		else if (list->probe[i])
			empty = false;
	}
	if (empty) {
		RCU_INIT_POINTER(target->probes, NULL);
		kfree_rcu(list, rcu);
	}
	return empty;
}

static bool target_has(struct mbpf_target *target,
		       const struct mbpf_prog_object *prog)
{
	struct mbpf_probe_list *list = probe_list_of(target);
	u32 i;

	for (i = 0; list && i < list->nr; i++)
		if (list->probe[i] && list->probe[i]->prog == prog)
			return true;
	return false;
}

/* Takes targets without programs out of the table and frees them. */
static void targets_reap(struct mbpf_target **targets, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		hash_del(&targets[i]->node);
	/* One strategy's targets go in one call: that is one grace period. */
	for (i = 0; i < n;) {
		const struct mbpf_strategy *strategy = targets[i]->strategy;
		u32 first = i;

		while (i < n && targets[i]->strategy == strategy)
			i++;
		strategy->disarm(targets + first, i - first);
	}
	for (i = 0; i < n; i++)
		kfree(targets[i]);
}

int mbpf_probe_attach(struct mbpf_probe *probe,
		      const struct mbpf_probe_spec *spec, bool once)
{
	struct mbpf_target *target;
	int ret;

	probe->hits = alloc_percpu_gfp(u64, GFP_KERNEL_ACCOUNT);
	if (!probe->hits)
		return -ENOMEM;

	mutex_lock(&target_mutex);
	target = target_get(spec);
	if (IS_ERR(target)) {
		ret = PTR_ERR(target);
		goto err_unlock;
	}
	if (once && target_has(target, probe->prog))
		ret = -EAGAIN;
	else
		ret = target_add(target, probe);
	if (ret)
		goto err_reap;
	probe->target = target;
	mutex_unlock(&target_mutex);
	return 0;

err_reap:
	if (!probe_list_of(target))
		targets_reap(&target, 1);
err_unlock:
	mutex_unlock(&target_mutex);
	free_percpu(probe->hits);
	probe->hits = NULL;
	return ret;
}

void mbpf_probes_detach(struct mbpf_probe *probes, u32 n)
{
	struct mbpf_target *batch[32];
	u32 i, nr = 0;

	mutex_lock(&target_mutex);
	for (i = 0; i < n; i++) {
		struct mbpf_target *target = probes[i].target;

		if (!target)
			continue;
		probes[i].target = NULL;
		if (target_del(target, &probes[i]))
			batch[nr++] = target;
		if (nr == ARRAY_SIZE(batch)) {
			targets_reap(batch, nr);
			nr = 0;
		}
	}
	targets_reap(batch, nr);
	mutex_unlock(&target_mutex);

	/* Targets that other programs keep armed may still be running these. */
	synchronize_rcu();
	for (i = 0; i < n; i++) {
		free_percpu(probes[i].hits);
		probes[i].hits = NULL;
	}
}

u64 mbpf_probe_hits(const struct mbpf_probe *probe)
{
	u64 sum = 0;
	int cpu;

	if (!probe->hits)
		return 0;
	for_each_possible_cpu(cpu)
		sum += *per_cpu_ptr(probe->hits, cpu);
	return sum;
}

u64 mbpf_probe_missed(const struct mbpf_probe *probe)
{
	const struct mbpf_target *target = probe->target;

	if (!target)
		return 0;
	return atomic64_read(&target->missed) + target->strategy->missed(target);
}

unsigned long mbpf_probe_addr(const struct mbpf_probe *probe)
{
	return probe->target ? probe->target->addr : 0;
}

u32 mbpf_probe_strategy(const struct mbpf_probe *probe)
{
	return probe->target ? probe->target->strategy->id : MINIBPF_STRATEGY_NONE;
}
