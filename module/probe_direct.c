// SPDX-License-Identifier: GPL-2.0-only
/*
 * Function entries through a trampoline of their own, which ftrace makes the
 * function call directly. A function has room for one, whoever brings it.
 *
 * A task may sit, preempted, in a trampoline that its function does not call
 * any more. So the memory of one is used again, and what it refers to freed,
 * only after every task has been seen elsewhere: tasks_quiesce(). The end of
 * an ftrace_ops that is not the kernel's own waits in the same way.
 */
#include <linux/ftrace.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <linux/minibpf.h>

#include "arena.h"
#include "compat/ftrace_direct.h"
#include "prog_object.h"
#include "stats.h"
#include "target.h"
#include "tramp.h"

static bool direct_on = true;
module_param_named(direct, direct_on, bool, 0644);
MODULE_PARM_DESC(direct, "let functions call trampolines; off, their slots are left to others");

#define MAX_OLD 8

/**
 * struct mbpf_direct - a target's trampolines
 * @ops: with the target's site
 * @addr: what the function calls
 * @tramp: the current one
 * @nr_old: number of
 * @old: those that a task may still sit in
 */
struct mbpf_direct {
	struct ftrace_ops ops;
	unsigned long addr;
	struct mbpf_tramp *tramp;
	u32 nr_old;
	struct mbpf_tramp *old[MAX_OLD];
};

/*
 * Until no task sits in a trampoline that nothing calls any more. Where the
 * kernel does not preempt itself, a task in one holds its CPU.
 */
static void tasks_quiesce(void)
{
	synchronize_rcu_tasks_rude();
#ifdef CONFIG_PREEMPTION
	synchronize_rcu_tasks();
#endif
}

void mbpf_tramp_resched(void)
{
	preempt_disable_notrace();
	preempt_enable_notrace();
}
NOKPROBE_SYMBOL(mbpf_tramp_resched);

bool mbpf_tramp_asks(const struct mbpf_probe *probe, u32 helper)
{
	const struct mbpf_code *code = &probe->prog->prog.code;
	u32 i;

	for (i = 0; i < code->nr; i += mbpf_insn_slots(&code->insns[i]))
		if (mbpf_insn_is_helper_call(&code->insns[i]) && code->insns[i].imm == helper)
			return true;
	return false;
}

static void tramp_free(struct mbpf_tramp *tramp)
{
	if (!tramp)
		return;
	mbpf_arena_free(tramp->text, tramp->size);
	kfree(tramp);
}

void mbpf_tramp_put(struct mbpf_tramp_code *code, const void *bytes, u32 n)
{
	if (code->buf) {
		if (n > code->cap - code->pos) {
			code->err = -EFAULT;
			return;
		}
		memcpy(code->buf + code->pos, bytes, n);
	}
	code->pos += n;
}

/* Makes @tramp's machine code. */
static int tramp_compile(struct mbpf_tramp *tramp, const struct mbpf_target *target)
{
	struct mbpf_jit_target machine = {};
	struct mbpf_tramp_code code = { .machine = &machine, .addr = (u64)mbpf_arena_base() };
	int err = -ENOMEM;
	u8 *buf;

	mbpf_target_detect(&machine);
	mbpf_tramp_emit(&code, tramp, target);
	tramp->size = code.pos;
	buf = kvmalloc(tramp->size, GFP_KERNEL);
	tramp->text = mbpf_arena_alloc(tramp->size);
	if (!buf || !tramp->text)
		goto out;
	code.buf = buf;
	code.cap = tramp->size;
	code.addr = (u64)tramp->text;
	code.pos = 0;
	mbpf_tramp_emit(&code, tramp, target);
	tramp->entry = code.entry;
	err = code.err ?: mbpf_arena_write(tramp->text, buf, code.pos);
out:
	kvfree(buf);
	return err;
}

static struct mbpf_tramp *tramp_create(const struct mbpf_target *target)
{
	const struct mbpf_probe_list *list = rcu_dereference_protected(target->probes, true);
	u32 i, nr = list ? list->nr : 0;
	struct mbpf_tramp *tramp;
	int err;

	tramp = kzalloc(struct_size(tramp, probe, nr), GFP_KERNEL_ACCOUNT);
	if (!tramp)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < nr; i++)
		if (list->probe[i])
			tramp->probe[tramp->nr++] = list->probe[i];
	tramp->words = mbpf_target_ctx_read(target);
	tramp->counts = static_key_enabled(&mbpf_stats_on);
	err = tramp_compile(tramp, target);
	if (err) {
		tramp_free(tramp);
		return ERR_PTR(err);
	}
	return tramp;
}

static unsigned long tramp_entry(const struct mbpf_tramp *tramp)
{
	return (unsigned long)tramp->text + tramp->entry;
}

/*
 * A function that stops calling a trampoline waits for all tasks, each on its own: of
 * many, that would take minutes.
 */
static bool direct_suits(const struct mbpf_target *target)
{
	return READ_ONCE(direct_on) && mbpf_tramp_possible() && !mbpf_target_is_many(target) &&
	       !(mbpf_target_ctx_read(target) & ~mbpf_tramp_words);
}

static int direct_arm(struct mbpf_target *target)
{
	struct mbpf_direct *direct = kzalloc(sizeof(*direct), GFP_KERNEL_ACCOUNT);
	int err;

	if (!direct)
		return -ENOMEM;
	direct->tramp = tramp_create(target);
	if (IS_ERR(direct->tramp)) {
		err = PTR_ERR(direct->tramp);
		goto err_free;
	}
	direct->addr = tramp_entry(direct->tramp);
	err = ftrace_set_filter_ip(&direct->ops, target->site, 0, 1);
	if (err)
		goto err_tramp;
	err = register_ftrace_direct(&direct->ops, direct->addr);
	if (err)
		goto err_filter;
	target->direct = direct;
	return 0;

err_filter:
	ftrace_free_filter(&direct->ops);
err_tramp:
	tramp_free(direct->tramp);
err_free:
	kfree(direct);
	return err;
}

static void forget_old(struct mbpf_direct *direct)
{
	if (!direct->nr_old)
		return;
	tasks_quiesce();
	while (direct->nr_old)
		tramp_free(direct->old[--direct->nr_old]);
}

static int direct_update(struct mbpf_target *target)
{
	struct mbpf_direct *direct = target->direct;
	struct mbpf_tramp *tramp = tramp_create(target);
	int err;

	if (IS_ERR(tramp))
		return PTR_ERR(tramp);
	err = modify_ftrace_direct(&direct->ops, tramp_entry(tramp));
	if (err) {
		tramp_free(tramp);
		return err;
	}
	direct->addr = tramp_entry(tramp);
	if (direct->nr_old == MAX_OLD)
		forget_old(direct);
	direct->old[direct->nr_old++] = direct->tramp;
	direct->tramp = tramp;
	return 0;
}

static void direct_mute(struct mbpf_target *target)
{
	struct mbpf_direct *direct = target->direct;

	if (!modify_ftrace_direct(&direct->ops, (unsigned long)mbpf_tramp_idle))
		direct->addr = (unsigned long)mbpf_tramp_idle;
}

static void direct_disarm(struct mbpf_target **targets, u32 n)
{
	struct mbpf_direct *direct;
	u32 i;

	for (i = 0; i < n; i++) {
		direct = targets[i]->direct;
		targets[i]->direct = NULL;
		/* Waits for tasks in any of the trampolines. */
		unregister_ftrace_direct(&direct->ops, direct->addr, true);
		while (direct->nr_old)
			tramp_free(direct->old[--direct->nr_old]);
		tramp_free(direct->tramp);
		kfree(direct);
	}
}

/* What went was in the trampolines up to the last. */
static void direct_settle(struct mbpf_target *target)
{
	forget_old(target->direct);
}

const struct mbpf_strategy mbpf_strategy_direct = {
	.id = MINIBPF_STRATEGY_DIRECT,
	.at_once = true,
	.suits = direct_suits,
	.arm = direct_arm,
	.update = direct_update,
	.mute = direct_mute,
	.disarm = direct_disarm,
	.settle = direct_settle,
};
