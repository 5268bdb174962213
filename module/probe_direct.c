// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions' entries, and by them their returns, through a trampoline of their
 * own, which ftrace makes the function call directly. A function has room for
 * one, whoever brings it: that of the entry goes on to that of the return.
 *
 * A task may sit, preempted, in a trampoline that its function does not call
 * any more. So the memory of one is used again, and what it refers to freed,
 * only after every task has been seen elsewhere: mbpf_tramp_quiesce(). The end of
 * an ftrace_ops that is not the kernel's own waits in the same way.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <linux/minibpf.h>

#include "arena.h"
#include "compat/ftrace_direct.h"
#include "probe_return.h"
#include "prog_object.h"
#include "stats.h"
#include "target.h"
#include "tramp.h"

static bool direct_on = true;
module_param_named(direct, direct_on, bool, 0644);
MODULE_PARM_DESC(direct, "let functions call trampolines; off, their slots are left to others");

#define MAX_OLD 8

/**
 * struct mbpf_direct - a function's trampolines
 * @ops: with the function's site
 * @addr: what the function calls; 0 while nothing is registered
 * @entry: the target whose programs run first, or NULL
 * @ret: the target whose programs run when the function returns, or NULL
 * @tramp: for @entry; goes on to @ret_tramp if there was one when it was made
 * @ret_tramp: for @ret, which it looks up: what is NULL again is passed over
 * @nr_old: number of
 * @old: those that a task may still sit in
 */
struct mbpf_direct {
	struct ftrace_ops ops;
	unsigned long addr;
	struct mbpf_target *entry;
	struct mbpf_target *ret;
	struct mbpf_tramp *tramp;
	struct mbpf_tramp *ret_tramp;
	u32 nr_old;
	struct mbpf_tramp *old[MAX_OLD];
};

void mbpf_tramp_quiesce(void)
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

static unsigned long tramp_entry(const struct mbpf_tramp *tramp)
{
	return (unsigned long)tramp->text + tramp->entry;
}

/* For @target, of which @direct is. */
static struct mbpf_tramp *tramp_create(struct mbpf_direct *direct, const struct mbpf_target *target)
{
	const struct mbpf_probe_list *list = NULL;
	struct mbpf_tramp *tramp;
	u32 i, nr;
	int err;

	/* What runs at returns is looked up when it does. */
	if (!target->is_return)
		list = rcu_dereference_protected(target->probes, true);
	nr = list ? list->nr : 0;
	tramp = kzalloc(struct_size(tramp, probe, nr), GFP_KERNEL_ACCOUNT);
	if (!tramp)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < nr; i++)
		if (list->probe[i])
			tramp->probe[tramp->nr++] = list->probe[i];
	if (target->is_return) {
		tramp->ret = &direct->ret;
	} else {
		tramp->words = mbpf_target_ctx_read(target);
		tramp->counts = static_key_enabled(&mbpf_stats_on);
		if (direct->ret)
			tramp->next = tramp_entry(direct->ret_tramp);
	}
	err = tramp_compile(tramp, target);
	if (err) {
		tramp_free(tramp);
		return ERR_PTR(err);
	}
	return tramp;
}

/* A task may sit in @tramp, which nothing calls any more. */
static void retire(struct mbpf_direct *direct, struct mbpf_tramp *tramp)
{
	if (tramp)
		direct->old[direct->nr_old++] = tramp;
}

static void free_old(struct mbpf_direct *direct)
{
	while (direct->nr_old)
		tramp_free(direct->old[--direct->nr_old]);
}

static void forget_old(struct mbpf_direct *direct)
{
	if (!direct->nr_old)
		return;
	mbpf_tramp_quiesce();
	free_old(direct);
}

/* Lets the function call @addr. */
static int call_instead(struct mbpf_direct *direct, const struct mbpf_target *target,
			unsigned long addr)
{
	int err;

	if (direct->addr == addr)
		return 0;
	if (direct->addr) {
		err = modify_ftrace_direct(&direct->ops, addr);
	} else {
		err = ftrace_set_filter_ip(&direct->ops, target->site, 0, 1);
		if (err)
			return err;
		err = register_ftrace_direct(&direct->ops, addr);
		if (err)
			ftrace_free_filter(&direct->ops);
	}
	if (!err)
		direct->addr = addr;
	return err;
}

/* Puts what is made for the targets of now in the place of what there is. */
static int direct_renew(struct mbpf_direct *direct)
{
	struct mbpf_tramp *tramp = NULL;
	int err;

	if (direct->nr_old + 2 > MAX_OLD)
		forget_old(direct);
	if (direct->entry) {
		tramp = tramp_create(direct, direct->entry);
		if (IS_ERR(tramp))
			return PTR_ERR(tramp);
	}
	err = call_instead(direct, direct->entry ?: direct->ret,
			   tramp_entry(tramp ?: direct->ret_tramp));
	if (err) {
		tramp_free(tramp);
		return err;
	}
	retire(direct, direct->tramp);
	direct->tramp = tramp;
	if (!direct->ret) {
		retire(direct, direct->ret_tramp);
		direct->ret_tramp = NULL;
	}
	return 0;
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

/* A return's trampoline only exchanges the return address. */
static bool direct_return_suits(const struct mbpf_target *target)
{
	return target->site && READ_ONCE(direct_on) && mbpf_tramp_possible() &&
	       !mbpf_target_is_many(target) && !(mbpf_target_ctx_read(target) & ~mbpf_return_words);
}

static void direct_free(struct mbpf_direct *direct)
{
	free_old(direct);
	tramp_free(direct->tramp);
	tramp_free(direct->ret_tramp);
	kfree(direct);
}

/* Sets or clears what @direct has for @target. */
static void direct_set(struct mbpf_direct *direct, const struct mbpf_target *target,
		       struct mbpf_target *to)
{
	if (target->is_return)
		WRITE_ONCE(direct->ret, to);
	else
		direct->entry = to;
}

static int return_tramp_create(struct mbpf_direct *direct, struct mbpf_target *target)
{
	struct mbpf_tramp *tramp;

	/* It may still be there from before. */
	if (!target->is_return || direct->ret_tramp)
		return 0;
	tramp = tramp_create(direct, target);
	if (IS_ERR(tramp))
		return PTR_ERR(tramp);
	direct->ret_tramp = tramp;
	return 0;
}

static int direct_arm(struct mbpf_target *target)
{
	struct mbpf_target *other = mbpf_target_other(target);
	struct mbpf_direct *direct = other ? other->direct : NULL;
	int err;

	if (!direct)
		direct = kzalloc(sizeof(*direct), GFP_KERNEL_ACCOUNT);
	if (!direct)
		return -ENOMEM;
	err = return_tramp_create(direct, target);
	if (!err) {
		direct_set(direct, target, target);
		err = direct_renew(direct);
	}
	if (err)
		goto err_clear;
	target->direct = direct;
	if (target->is_return)
		mbpf_return_use(1);
	return 0;

err_clear:
	direct_set(direct, target, NULL);
	if (!direct->addr)
		direct_free(direct);
	return err;
}

static int direct_update(struct mbpf_target *target)
{
	return direct_renew(target->direct);
}

static void direct_mute(struct mbpf_target *target)
{
	struct mbpf_direct *direct = target->direct;
	unsigned long addr = (unsigned long)mbpf_tramp_idle;

	if (direct->ret_tramp)
		addr = tramp_entry(direct->ret_tramp);
	call_instead(direct, target, addr);
}

static void direct_return_mute(struct mbpf_target *target)
{
	WRITE_ONCE(target->direct->ret, NULL);
}

/* Whether @direct serves another target when @target is gone. */
static bool direct_leave(struct mbpf_direct *direct, const struct mbpf_target *target)
{
	struct mbpf_target *ret = direct->ret;

	direct_set(direct, target, NULL);
	if (!direct->entry && !direct->ret)
		return false;
	/* A return's trampoline can stay and do nothing. */
	if (!direct_renew(direct) || target->is_return)
		return true;
	/* But the programs of an entry must not. */
	pr_warn("%pS is not probed any more: out of memory\n", (void *)ret->addr);
	mbpf_target_use(ret, NULL);
	ret->direct = NULL;
	mbpf_return_use(-1);
	return false;
}

static void direct_disarm(struct mbpf_target **targets, u32 n)
{
	struct mbpf_direct *direct;
	u32 i;

	for (i = 0; i < n; i++) {
		direct = targets[i]->direct;
		if (direct_leave(direct, targets[i])) {
			mbpf_tramp_quiesce();
			free_old(direct);
		} else {
			/* Waits for tasks in any of the trampolines. */
			unregister_ftrace_direct(&direct->ops, direct->addr, true);
			direct_free(direct);
		}
		targets[i]->direct = NULL;
		if (targets[i]->is_return)
			mbpf_return_use(-1);
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

const struct mbpf_strategy mbpf_strategy_direct_return = {
	.id = MINIBPF_STRATEGY_DIRECT,
	.at_once = true,
	.thunks = true,
	.suits = direct_return_suits,
	.arm = direct_arm,
	.mute = direct_return_mute,
	.disarm = direct_disarm,
};
