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

struct mbpf_prog_object;
struct mbpf_target;
struct return_pool;

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
 * @hits: times the program ran, per CPU
 */
struct mbpf_probe {
	struct mbpf_target *target;
	struct mbpf_prog_object *prog;
	u64 cookie;
	u64 __percpu *hits;
};

/**
 * mbpf_probe_attach - arm a probe
 * @probe: prog and cookie set, the rest zero
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
 * mbpf_probes_detach - disarm probes and wait until none runs any more
 * @probes: @n probes; those that are not attached are passed over
 * @n: number of probes
 *
 * One grace period for all. Process context, sleeps.
 */
void mbpf_probes_detach(struct mbpf_probe *probes, u32 n);

/* What link info shows. */
u64 mbpf_probe_hits(const struct mbpf_probe *probe);
u64 mbpf_probe_missed(const struct mbpf_probe *probe);
unsigned long mbpf_probe_addr(const struct mbpf_probe *probe);
u32 mbpf_probe_strategy(const struct mbpf_probe *probe);

/**
 * struct mbpf_strategy - one way to get called at a place
 * @id: enum minibpf_strategy
 * @arm: resolves @spec, sets @target's addr and ip, and arms it; the handler
 *       calls mbpf_target_run(). Errors as mbpf_probe_attach()
 * @disarm: undoes @arm for @n targets; none of their handlers runs afterwards
 * @missed: hits that @arm's mechanism itself lost
 */
struct mbpf_strategy {
	u32 id;
	int (*arm)(struct mbpf_target *target, const struct mbpf_probe_spec *spec);
	void (*disarm)(struct mbpf_target **targets, u32 n);
	u64 (*missed)(const struct mbpf_target *target);
};

/**
 * struct mbpf_target - one probed place
 * @node: in the table of targets; protected by target_mutex
 * @strategy: how it is probed
 * @addr: the place: function entry or instruction
 * @ip: what get_func_ip() gives: the function's entry, or 0 inside a function
 * @is_return: function return
 * @probes: programs in attach order, or NULL; written under target_mutex
 * @missed: runs lost to recursion
 * @kp: what the kprobe strategy registered
 * @krp: what the return strategy registered, where kretprobes serve
 * @pool: calls under way, where they do not
 */
struct mbpf_target {
	struct hlist_node node;
	const struct mbpf_strategy *strategy;
	unsigned long addr;
	unsigned long ip;
	bool is_return;
	struct mbpf_probe_list __rcu *probes;
	atomic64_t missed;
	union {
		struct kprobe kp;
		struct kretprobe krp;
	};
	struct return_pool *pool;
};

extern const struct mbpf_strategy mbpf_strategy_kprobe;
extern const struct mbpf_strategy mbpf_strategy_return;

/**
 * mbpf_target_run - run all programs of a target
 * @target: whose handler this is
 * @regs: the context
 *
 * From the strategies' handlers: any context, preemption off.
 */
void mbpf_target_run(struct mbpf_target *target, struct pt_regs *regs);

/**
 * mbpf_kprobe_place - register a kprobe where @spec says
 * @kp: handlers set, the rest zero
 * @spec: the place
 * @entry: set to the function's entry if the place is one, else to 0
 *
 * Where the kernel keeps the first bytes of functions for ftrace and refuses
 * kprobes there (riscv64), the probe goes behind them: the registers are the
 * same there.
 *
 * Return: as mbpf_probe_attach(). On success @kp->addr is the armed address.
 */
int mbpf_kprobe_place(struct kprobe *kp, const struct mbpf_probe_spec *spec,
		      unsigned long *entry);

/* Module exit: waits until nobody is in the code that runs when functions return. */
#ifdef CONFIG_RISCV
void mbpf_return_deinit(void);
#else
static inline void mbpf_return_deinit(void) { }
#endif

#endif /* MBPF_PROBE_H */
