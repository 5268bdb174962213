// SPDX-License-Identifier: GPL-2.0-only
/* Targets: one armed place each, and the programs that run there. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <linux/minibpf.h>

#include "probe_return.h"
#include "probe_run.h"
#include "tramp.h"

#define REAP_BATCH 512	/* targets that go in one grace period */

/* Protects the table below and every target's list of probes. */
static DEFINE_MUTEX(target_mutex);
static DEFINE_HASHTABLE(target_table, 10);	/* by address */
static struct mbpf_target *reaped[REAP_BATCH];	/* under target_mutex, as the next */
static struct kprobe *reaped_kps[REAP_BATCH];

/* From the cheapest on. What is called last works at every place. */
static const struct mbpf_strategy *const at_entry[] = {
	&mbpf_strategy_direct, &mbpf_strategy_ftrace, &mbpf_strategy_kprobe, NULL
};
static const struct mbpf_strategy *const inside[] = { &mbpf_strategy_kprobe, NULL };
static const struct mbpf_strategy *const at_return[] = {
	&mbpf_strategy_direct_return, &mbpf_strategy_return, NULL
};

/* Another program is running on this CPU. */
void mbpf_target_missed(struct mbpf_target *target)
{
	struct mbpf_probe_list *list = rcu_dereference_raw(target->probes);
	struct mbpf_probe *probe;
	u32 i;

	if (!list)
		return;
	atomic64_inc(&target->missed);
	for (i = 0; i < list->nr; i++) {
		probe = READ_ONCE(list->probe[i]);
		if (probe)
			this_cpu_inc(probe->prog->stats->missed);
	}
}
NOKPROBE_SYMBOL(mbpf_target_missed);

void mbpf_target_run_others(struct mbpf_probe_list *list, struct mbpf_run *run,
			    struct pt_regs *regs)
{
	struct mbpf_probe *probe;
	u32 i;

	for (i = 1; i < list->nr; i++) {
		probe = READ_ONCE(list->probe[i]);
		if (probe)
			mbpf_probe_run(probe, run, regs);
	}
}
NOKPROBE_SYMBOL(mbpf_target_run_others);

void mbpf_target_run(struct mbpf_target *target, struct pt_regs *regs)
{
	struct mbpf_run *run;

	/* With preemption off, grace periods wait: nothing may be called that says so. */
	preempt_disable_notrace();
	run = this_cpu_ptr(&mbpf_run_now);
	if (likely(mbpf_run_enter(run))) {
		mbpf_target_run_all(target, run, regs);
		mbpf_run_leave(run);
	} else {
		mbpf_target_missed(target);
	}
	preempt_enable_notrace();
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

struct mbpf_target *mbpf_target_other(const struct mbpf_target *target)
{
	return target_find(target->addr, !target->is_return);
}

/* Finds the place; nothing is armed there yet. */
static struct mbpf_target *target_create(const struct mbpf_probe_spec *spec)
{
	struct mbpf_target *target;
	int ret;

	target = kzalloc(sizeof(*target), GFP_KERNEL_ACCOUNT);
	if (!target)
		return ERR_PTR(-ENOMEM);
	target->is_return = spec->is_return;
	ret = mbpf_target_place(target, spec);
	if (!ret && spec->is_return && !target->ip) {
		unregister_kprobe(&target->kp);
		ret = -EINVAL;	/* not a function */
	}
	if (ret) {
		kfree(target);
		return ERR_PTR(ret);
	}
	return target;
}

/* Only the kernel's kprobes resolve symbols, so a known place is found twice. */
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
	unregister_kprobe(&target->kp);
	kfree(target);
	return old;
}

u64 mbpf_target_ctx_read(const struct mbpf_target *target)
{
	struct mbpf_probe_list *list = rcu_dereference_protected(target->probes, true);
	u64 words = 0;
	u32 i;

	for (i = 0; list && i < list->nr; i++) {
		const struct mbpf_code *code;

		if (!list->probe[i])
			continue;
		code = &list->probe[i]->prog->prog.code;
		/* What a tail call leads to is not known yet. */
		words |= code->tail_call ? U64_MAX : code->ctx_read;
	}
	return words;
}

bool mbpf_target_is_many(const struct mbpf_target *target)
{
	const struct mbpf_probe_list *list = rcu_dereference_protected(target->probes, true);
	u32 i;

	for (i = 0; list && i < list->nr; i++)
		if (list->probe[i] && !list->probe[i]->many)
			return false;
	return true;
}

/*
 * Changes how @target is probed. No hit runs the programs twice; those of the
 * moment between the old way and the new may not run them at all.
 */
static int target_switch(struct mbpf_target *target, const struct mbpf_strategy *to)
{
	const struct mbpf_strategy *from = target->strategy;
	int ret;

	if (to->at_once)
		mbpf_target_use(target, to);
	ret = to->arm(target);
	if (ret) {
		mbpf_target_use(target, from);
		return ret;
	}
	if (from && from->mute)
		from->mute(target);
	mbpf_target_use(target, to);
	if (from)
		from->disarm(&target, 1);
	return 0;
}

/* The cheapest way that serves the programs and that nobody else has taken. */
static int target_arm(struct mbpf_target *target)
{
	const struct mbpf_strategy *const *way = inside;
	int ret = -EINVAL;

	if (target->is_return)
		way = at_return;
	else if (target->site)
		way = at_entry;
	for (; *way; way++) {
		if ((*way)->suits && !(*way)->suits(target))
			continue;
		if (*way != target->strategy)
			ret = target_switch(target, *way);
		else
			ret = (*way)->update ? (*way)->update(target) : 0;
		if (!ret)
			break;
	}
	return ret;
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

	for (i = 0; i < n; i++) {
		hash_del(&targets[i]->node);
		reaped_kps[i] = &targets[i]->kp;
	}
	/* One strategy's targets go in one call: that is one grace period. */
	for (i = 0; i < n;) {
		const struct mbpf_strategy *strategy = targets[i]->strategy;
		u32 first = i;

		while (i < n && targets[i]->strategy == strategy)
			i++;
		if (strategy)
			strategy->disarm(targets + first, i - first);
	}
	mbpf_return_forget(targets, n);
	unregister_kprobes(reaped_kps, n);
	synchronize_rcu_tasks_rude();
	for (i = 0; i < n; i++)
		kfree(targets[i]);
}

/*
 * A program went, others stay: a cheaper way may do now. What went is free only after
 * the grace periods of RCU and tasks_rude.
 */
static void target_settle(struct mbpf_target *target)
{
	const struct mbpf_strategy *way = target->strategy;

	if (target_arm(target) && way && way->update) {
		/* It still has what went, and there is no memory for anything else. */
		pr_warn("%pS is not probed any more: out of memory\n", (void *)target->addr);
		mbpf_target_use(target, NULL);
		way->disarm(&target, 1);
	}
	if (target->strategy && target->strategy->settle)
		target->strategy->settle(target);
}

int mbpf_probe_try(const struct mbpf_probe_spec *spec)
{
	struct mbpf_target *target = target_create(spec);

	if (IS_ERR(target))
		return PTR_ERR(target);
	unregister_kprobe(&target->kp);
	kfree(target);
	return 0;
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
	ret = target_arm(target);
	if (ret)
		goto err_del;
	probe->target = target;
	mutex_unlock(&target_mutex);
	return 0;

err_del:
	if (!target_del(target, probe)) {
		target_settle(target);
		synchronize_rcu_tasks_rude();
	}
err_reap:
	if (!probe_list_of(target))
		targets_reap(&target, 1);
err_unlock:
	mutex_unlock(&target_mutex);
	free_percpu(probe->hits);
	probe->hits = NULL;
	return ret;
}

int mbpf_probes_commit(void)
{
	int ret;

	mutex_lock(&target_mutex);
	ret = mbpf_ftrace_commit();
	mutex_unlock(&target_mutex);
	return ret;
}

void mbpf_probes_detach(struct mbpf_probe *probes, u32 n)
{
	u32 i, nr = 0;

	mutex_lock(&target_mutex);
	for (i = 0; i < n; i++) {
		struct mbpf_target *target = probes[i].target;

		if (!target)
			continue;
		probes[i].target = NULL;
		if (target_del(target, &probes[i]))
			reaped[nr++] = target;
		else
			target_settle(target);
		if (nr == REAP_BATCH) {
			targets_reap(reaped, nr);
			nr = 0;
		}
	}
	if (nr)
		targets_reap(reaped, nr);
	mutex_unlock(&target_mutex);

	/* Targets that other programs keep armed may still be running these. */
	synchronize_rcu_tasks_rude();
	synchronize_rcu();
	for (i = 0; i < n; i++) {
		free_percpu(probes[i].hits);
		probes[i].hits = NULL;
	}
}

int mbpf_targets_update(void)
{
	struct mbpf_target *target;
	int bucket, err, ret = 0;

	mutex_lock(&target_mutex);
	hash_for_each(target_table, bucket, target, node) {
		if (!target->strategy || !target->strategy->update)
			continue;
		err = target->strategy->update(target);
		ret = ret ?: err;
	}
	mutex_unlock(&target_mutex);
	return ret;
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
	const struct mbpf_strategy *strategy = target ? READ_ONCE(target->strategy) : NULL;

	if (!target)
		return 0;
	return atomic64_read(&target->missed) +
	       (strategy && strategy->missed ? strategy->missed(target) : 0);
}

unsigned long mbpf_probe_addr(const struct mbpf_probe *probe)
{
	return probe->target ? probe->target->addr : 0;
}

u32 mbpf_probe_strategy(const struct mbpf_probe *probe)
{
	const struct mbpf_strategy *strategy =
		probe->target ? READ_ONCE(probe->target->strategy) : NULL;

	/* A target may have lost its own: target_settle(). */
	return strategy ? strategy->id : MINIBPF_STRATEGY_NONE;
}
