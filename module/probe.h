/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where programs are attached: a target is one place in the kernel's text,
 * probed once however many programs wait there; a probe is one program on one
 * target.
 */
#ifndef MBPF_PROBE_H
#define MBPF_PROBE_H

#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/types.h>

struct mbpf_direct;
struct mbpf_prog_object;
struct mbpf_target;

/**
 * struct mbpf_probe_spec - a place, as a user names it
 * @symbol: "symbol" or "module:symbol"; NULL with an address
 * @addr: address, if @symbol is NULL
 * @offset: bytes from @symbol
 * @is_return: when the function returns, instead of when the place is reached
 */
struct mbpf_probe_spec {
	const char *symbol;
	unsigned long addr;
	u32 offset;
	bool is_return;
};

/**
 * mbpf_probe_spec_parse - read "SYM", "MODULE:SYM", "SYM+OFFSET" or "0xADDRESS"
 * @text: NUL-terminated and modified: the offset is cut off; @spec points into it
 * @spec: filled but for is_return
 *
 * Return: 0, -EINVAL.
 */
int mbpf_probe_spec_parse(char *text, struct mbpf_probe_spec *spec);

/**
 * struct mbpf_probe - one program on one target; embedded in who attaches
 * @target: NULL while detached; changed by attach and detach alone
 * @prog: the program; the embedder keeps it alive while attached
 * @cookie: what get_attach_cookie() tells the program
 * @many: one of so many that all are detached together, which ways that wait for
 *        each on its own make long: the target is not probed so for its sake
 * @hits: times the program ran, per CPU
 */
struct mbpf_probe {
	struct mbpf_target *target;
	struct mbpf_prog_object *prog;
	u64 cookie;
	bool many;
	u64 __percpu *hits;
};

/**
 * mbpf_probe_attach - arm a probe
 * @probe: prog, cookie and many set, the rest zero
 * @spec: where
 * @once: refuse if the same program is on the target already
 *
 * Programs on one target run in the order in which they were attached.
 * Process context.
 *
 * Return: 0; -ENOENT no such symbol; -EINVAL a place that cannot be probed;
 * -EILSEQ not the start of an instruction; -EAGAIN as @once says; -ENOMEM;
 * -EOPNOTSUPP returns cannot be probed on this kernel.
 */
int mbpf_probe_attach(struct mbpf_probe *probe,
		      const struct mbpf_probe_spec *spec, bool once);

/**
 * mbpf_probes_commit - the end of attaching many
 *
 * Probes that were attached with many set are hit from now on at the latest.
 *
 * Return: 0 or -ENOMEM; then any of them may not be hit.
 */
int mbpf_probes_commit(void);

/* Whether there is such a place: as mbpf_probe_attach(), but nothing is armed. */
int mbpf_probe_try(const struct mbpf_probe_spec *spec);

/**
 * mbpf_probes_detach - disarm probes and wait until none runs any more
 * @probes: @n probes; those that are not attached are passed over
 * @n: number of probes
 *
 * One grace period for all. Process context, sleeps.
 */
void mbpf_probes_detach(struct mbpf_probe *probes, u32 n);

/**
 * mbpf_targets_update - statistics were switched: let all targets know
 *
 * Return: 0, or the first target's error (-ENOMEM, -ENOSPC); the others know then all the same.
 * Process context, sleeps.
 */
int mbpf_targets_update(void);

/* What link info shows. */
u64 mbpf_probe_hits(const struct mbpf_probe *probe);
u64 mbpf_probe_missed(const struct mbpf_probe *probe);
unsigned long mbpf_probe_addr(const struct mbpf_probe *probe);
u32 mbpf_probe_strategy(const struct mbpf_probe *probe);

/**
 * struct mbpf_strategy - one way to get called at a place; process context and
 * the mutex of targets throughout
 * @id: enum minibpf_strategy
 * @at_once: the programs run from @arm on, not only when the target's strategy is this one
 * @thunks: functions return to thunks: see probe_return.h
 * @suits: whether what is read of the context is what this way gives; NULL: always
 * @arm: gets called at @target's place. The handler calls mbpf_target_run(). 0 or errno
 * @update: a program was added to an armed target, or statistics were switched; NULL if handlers
 *          look for themselves
 * @mute: programs do not run any more, for what comes next is armed; NULL if handlers look
 * @disarm: undoes @arm for @n targets; none of their handlers runs afterwards, or will
 *          once a grace period of RCU and one of tasks_rude have passed
 * @settle: a program was taken from an armed target: after this and the grace periods
 *          nothing refers to it; may be NULL
 * @missed: hits that @arm's mechanism itself lost; may be NULL
 */
struct mbpf_strategy {
	u32 id;
	bool at_once;
	bool thunks;
	bool (*suits)(const struct mbpf_target *target);
	int (*arm)(struct mbpf_target *target);
	int (*update)(struct mbpf_target *target);
	void (*mute)(struct mbpf_target *target);
	void (*disarm)(struct mbpf_target **targets, u32 n);
	void (*settle)(struct mbpf_target *target);
	u64 (*missed)(const struct mbpf_target *target);
};

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

/**
 * struct mbpf_target - one probed place
 * @node: in the table of targets; protected by target_mutex
 * @strategy: how it is probed; handlers of others do nothing. Written under target_mutex,
 *            by mbpf_target_use()
 * @thunks: @strategy's
 * @addr: the place: function entry or instruction
 * @ip: what get_func_ip() gives: the function's entry, or 0 inside a function
 * @site: where ftrace patches the function that begins at @ip; 0 if it does not, or
 *        the function is not known to stay, as a module's is not
 * @is_return: function return
 * @probes: programs in attach order, or NULL; written under target_mutex
 * @missed: runs lost to recursion
 * @kp: registered as long as the target lives, which keeps the place from
 *      going away unnoticed; enabled by the kprobe strategy alone
 * @direct: its function's trampolines, while they are how it is probed
 * @ftrace_node: in the table of the ftrace strategy
 * @ftrace_waits: for mbpf_ftrace_commit()
 * @krp: what the return strategy registered, where kretprobes serve
 */
struct mbpf_target {
	struct hlist_node node;
	const struct mbpf_strategy *strategy;
	bool thunks;
	unsigned long addr;
	unsigned long ip;
	unsigned long site;
	bool is_return;
	struct mbpf_probe_list __rcu *probes;
	atomic64_t missed;
	struct kprobe kp;
	struct mbpf_direct *direct;
	struct hlist_node ftrace_node;
	struct list_head ftrace_waits;
	struct kretprobe krp;
};

/* @target is probed by @strategy from now on, by none if that is NULL. */
static inline void mbpf_target_use(struct mbpf_target *target, const struct mbpf_strategy *strategy)
{
	WRITE_ONCE(target->thunks, strategy && strategy->thunks);
	WRITE_ONCE(target->strategy, strategy);
}

extern const struct mbpf_strategy mbpf_strategy_direct;
extern const struct mbpf_strategy mbpf_strategy_ftrace;
extern const struct mbpf_strategy mbpf_strategy_kprobe;
extern const struct mbpf_strategy mbpf_strategy_direct_return;
extern const struct mbpf_strategy mbpf_strategy_return;

/**
 * mbpf_target_run - run all programs of a target
 * @target: whose handler this is
 * @regs: the context
 *
 * From the strategies' handlers: any context. Calls nothing that can be probed
 * but under the guard against recursion.
 */
void mbpf_target_run(struct mbpf_target *target, struct pt_regs *regs);

/* The return of the function that @target is the entry of, or the other way round; or NULL. */
struct mbpf_target *mbpf_target_other(const struct mbpf_target *target);

/* Whether all programs are attached to many places. */
bool mbpf_target_is_many(const struct mbpf_target *target);

/* Targets that the ftrace strategy armed are hit from now on. 0 or errno */
int mbpf_ftrace_commit(void);

/* Words of the context, as bits, that the programs of a target may read. */
u64 mbpf_target_ctx_read(const struct mbpf_target *target);

/**
 * mbpf_target_place - find the place that @spec says
 * @target: zeroed but for is_return; addr, ip, site and kp are filled in
 * @spec: the place
 *
 * @target->kp is registered afterwards, and disabled. Where the kernel keeps the
 * first bytes of functions for ftrace and refuses kprobes there (riscv64), it is
 * behind them: the registers are the same there.
 *
 * Return: as mbpf_probe_attach().
 */
int mbpf_target_place(struct mbpf_target *target, const struct mbpf_probe_spec *spec);

#endif /* MBPF_PROBE_H */
