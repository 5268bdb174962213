// SPDX-License-Identifier: GPL-2.0-only
/*
 * Function returns: at the function's entry its return address is exchanged
 * for that of a thunk. There are as many thunks as instances, so the one that
 * a function returns to tells which call it was: nothing is searched, and it
 * does not matter in which order calls return, on which CPU, or as which task.
 *
 * To call the function from a trampoline instead would be simpler, but it
 * would hide arguments that are on the stack, and the trampoline would have to
 * stay as long as the function sleeps.
 *
 * What must live until the last call has returned or its task is dead: the
 * thunks, which are the module's text, and the instances, its data. So a call
 * of a target that is gone holds the module, which cannot be removed (EAGAIN)
 * as long as one sleeps; nothing waits for it. Targets, programs and
 * trampolines are not needed by calls under way, and go before.
 *
 * Calls that never return: of tasks that died, and of the idle task of a CPU
 * that was taken away, which begins anew. Their instances are looked for. What
 * leaves a function in another way (to sleep, the firmware may jump over some)
 * keeps an instance until its task is dead. A new task begins on a stack of its
 * own, so no call returns twice.
 *
 * Others who exchange the return address of the same call (kretprobes, the
 * function graph tracer) do so before, in ftrace's callbacks: they are returned
 * to after the thunk. In-tree's fexit takes the function's slot instead; then
 * this is done in another way.
 *
 * The price: who unwinds the stack of a call under way finds the thunk in the
 * caller's place. On riscv64, where frames are linked, only that one address is
 * lost; on x86-64 the trace ends there, and is one that a live patch does not
 * rely on. stack_walk_ARCH.c knows better; with the parameter "direct" off,
 * x86-64 has kretprobes, which the kernel's unwinder knows.
 */
#include <linux/cpuhotplug.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <linux/minibpf.h>

#include "probe_return.h"
#include "probe_run.h"
#include "tramp.h"

#define MAX_BATCH	16
#define MAX_CHAIN	64	/* calls that end in each other, as a stack trace shows them */
#define SCAN_MS	200	/* how often calls of dead tasks are looked for */

unsigned long mbpf_return_hit(struct mbpf_instance *inst, struct pt_regs *regs);

struct mbpf_instance mbpf_instances[MBPF_INSTANCES];

/*
 * How many instances go between a CPU's list and the common one at once, and how many a
 * CPU keeps: all CPUs together not more than a half.
 */
static u32 batch __ro_after_init, most __ro_after_init;
static int cpu_state __ro_after_init;	/* of the callback when a CPU is gone */

/* Protects the common list. Taken with interrupts off and the run guard held. */
static DEFINE_RAW_SPINLOCK(common_lock);
static struct mbpf_instance none;	/* ends every list: is never written */
static struct mbpf_instance *common = &none;

static struct mbpf_target gone;	/* stands for what is: has no programs */

static void scan(struct work_struct *work);
static DECLARE_DELAYED_WORK(scan_work, scan);
static DEFINE_MUTEX(scan_mutex);	/* protects what follows */
static u32 nr_used;			/* targets armed in this way */
static bool holds_module;		/* calls of targets that are gone are under way */

/* Returns how many there are then. */
static __always_inline u32 push(struct mbpf_instance **list, struct mbpf_instance *inst)
{
	struct mbpf_instance *head = *list;
	u32 depth = head->depth + 1;

	inst->depth = depth;
	inst->next = head;
	WRITE_ONCE(*list, inst);
	return depth;
}

static __always_inline struct mbpf_instance *pop(struct mbpf_instance **list)
{
	struct mbpf_instance *inst = *list;

	if (!inst->next)
		return NULL;
	WRITE_ONCE(*list, inst->next);
	return inst;
}

/*
 * Up to a batch of instances. The guard is held, so whatever interrupts does not come
 * here; an NMI does not even so: it could not tell a lock's validator.
 */
static void move(struct mbpf_instance **to, struct mbpf_instance **from)
{
	struct mbpf_instance *inst;
	unsigned long flags;
	u32 i;

	raw_spin_lock_irqsave(&common_lock, flags);
	for (i = 0; i < batch; i++) {
		inst = pop(from);
		if (!inst)
			break;
		push(to, inst);
	}
	raw_spin_unlock_irqrestore(&common_lock, flags);
}
NOKPROBE_SYMBOL(move);

/* What tramp_ARCH.c emits does the same, as long as this CPU's list lasts. */
unsigned long mbpf_return_enter(struct mbpf_target *target, unsigned long ret_addr)
{
	struct mbpf_instance *inst = NULL;
	struct mbpf_run *run;

	preempt_disable_notrace();
	run = this_cpu_ptr(&mbpf_run_now);
	if (mbpf_run_enter(run)) {
		if (!run->free->next && !in_nmi())
			move(&run->free, &common);
		inst = pop(&run->free);
		mbpf_run_leave(run);
	}
	if (inst) {
		inst->ret_addr = ret_addr;
		inst->target = target;
		WRITE_ONCE(inst->task, get_task_struct(current));
		ret_addr = inst->thunk;
	} else {
		mbpf_target_missed(target);
	}
	preempt_enable_notrace();
	return ret_addr;
}
NOKPROBE_SYMBOL(mbpf_return_enter);

static __always_inline struct mbpf_instance *instance_at(unsigned long thunk)
{
	return &mbpf_instances[(thunk - (unsigned long)mbpf_return_thunks) / MBPF_THUNK_SIZE];
}

unsigned long mbpf_return_real(unsigned long ret_addr)
{
	u32 i;

	/* What a stack trace takes for a return address may be a thunk of long ago. */
	for (i = 0; i < MAX_CHAIN && mbpf_return_is_thunk(ret_addr); i++)
		ret_addr = READ_ONCE(instance_at(ret_addr)->ret_addr);
	return ret_addr;
}
NOKPROBE_SYMBOL(mbpf_return_real);

bool mbpf_return_is_to(const struct mbpf_target *target, unsigned long ret_addr)
{
	return mbpf_return_is_thunk(ret_addr) &&
	       READ_ONCE(instance_at(ret_addr)->target) == target;
}
NOKPROBE_SYMBOL(mbpf_return_is_to);

static __always_inline struct task_struct *release(struct mbpf_instance *inst)
{
	struct task_struct *task = inst->task;

	WRITE_ONCE(inst->task, NULL);
	return task;
}

/*
 * A probed function has returned to @inst's thunk, whose common part gives the
 * registers. Nobody holds the guard here: who does neither sleeps nor lets calls
 * begin unseen, so what it interrupts or calls returns without an instance. But
 * a CPU on which a program came to grief never gives it back; then the programs
 * do not run, and the instance is lost.
 */
unsigned long mbpf_return_hit(struct mbpf_instance *inst, struct pt_regs *regs)
{
	struct mbpf_target *target;
	struct task_struct *task;
	struct mbpf_run *run;

	preempt_disable_notrace();
	run = this_cpu_ptr(&mbpf_run_now);
	/* One register for it, not another for what CPUs' variables differ by. */
	OPTIMIZER_HIDE_VAR(run);
	instruction_pointer_set(regs, inst->ret_addr);
#ifdef CONFIG_RISCV
	regs->ra = inst->ret_addr;
	/* The bit tells where the last trap came from, which may be user space. */
	regs->status |= SR_PP;
#endif
	target = READ_ONCE(inst->target);
	if (likely(mbpf_run_enter(run))) {
		if (READ_ONCE(target->thunks))
			mbpf_target_run_all(target, run, regs);
		task = release(inst);
		if (unlikely(push(&run->free, inst) > most) && !in_nmi())
			move(&common, &run->free);
		mbpf_run_leave(run);
	} else {
		mbpf_target_missed(target);
		task = release(inst);
	}
	put_task_struct(task);
	preempt_enable_notrace();
	return instruction_pointer(regs);
}
NOKPROBE_SYMBOL(mbpf_return_hit);

/* Gives back what a task held that does not come back to the function. */
static void bury(struct mbpf_instance *inst)
{
	struct task_struct *task = inst->task;
	unsigned long flags;

	if (!mbpf_run_begin(0, 0, NULL, NULL))
		return;
	raw_spin_lock_irqsave(&common_lock, flags);
	WRITE_ONCE(inst->task, NULL);
	push(&common, inst);
	raw_spin_unlock_irqrestore(&common_lock, flags);
	mbpf_run_end();
	put_task_struct(task);
}

/* Preemption is off from when it is dead until it has left its CPU for good. */
static bool has_left(const struct task_struct *task)
{
#ifdef CONFIG_SMP
	if (smp_load_acquire(&task->on_cpu))
		return false;
#endif
	return READ_ONCE(task->__state) == TASK_DEAD;
}

/* A task that returns drops its reference while it lives, so RCU keeps what is looked at. */
static bool is_dead(const struct mbpf_instance *inst)
{
	struct task_struct *task;
	bool dead;

	rcu_read_lock();
	task = READ_ONCE(inst->task);
	dead = task && has_left(task);
	rcu_read_unlock();
	return dead;
}

/* Whether a call is under way of which the target is gone. */
static bool scan_all(void)
{
	struct mbpf_instance *inst;
	bool orphans = false;

	lockdep_assert_held(&scan_mutex);
	for (inst = mbpf_instances; inst < mbpf_instances + MBPF_INSTANCES; inst++) {
		if (is_dead(inst))
			bury(inst);
		if (READ_ONCE(inst->task) && READ_ONCE(inst->target) == &gone)
			orphans = true;
	}
	return orphans;
}

/*
 * An idle task is never dead. That of a CPU which is gone is in no function to which it
 * returns, and does not begin anew before this has ended. What the CPU had is for others.
 */
static int cpu_is_gone(unsigned int cpu)
{
	struct mbpf_run *run = per_cpu_ptr(&mbpf_run_now, cpu);
	struct mbpf_instance *inst;
	struct task_struct *task;

	mutex_lock(&scan_mutex);
	for (inst = mbpf_instances; inst < mbpf_instances + MBPF_INSTANCES; inst++) {
		rcu_read_lock();
		task = READ_ONCE(inst->task);
		if (task && (task->pid || task_cpu(task) != cpu))
			task = NULL;
		rcu_read_unlock();
		if (task)
			bury(inst);
	}
	while (run->free->next && mbpf_run_begin(0, 0, NULL, NULL)) {
		move(&common, &run->free);
		mbpf_run_end();
	}
	mutex_unlock(&scan_mutex);
	return 0;
}

/* Tasks that die within a function can be found only by looking. */
static void scan(struct work_struct *work)
{
	bool let_go;

	mutex_lock(&scan_mutex);
	let_go = !scan_all() && holds_module;
	if (let_go)
		holds_module = false;
	if (holds_module || nr_used)
		schedule_delayed_work(&scan_work, msecs_to_jiffies(SCAN_MS));
	mutex_unlock(&scan_mutex);
	if (let_go)
		module_put(THIS_MODULE);
}

void mbpf_return_use(int by)
{
	mutex_lock(&scan_mutex);
	nr_used += by;
	if (nr_used)
		schedule_delayed_work(&scan_work, msecs_to_jiffies(SCAN_MS));
	mutex_unlock(&scan_mutex);
}

static bool any_returns(struct mbpf_target **targets, u32 n)
{
	while (n--)
		if (targets[n]->is_return)
			return true;
	return false;
}

static bool is_one_of(const struct mbpf_target *target, struct mbpf_target **targets, u32 n)
{
	while (n--)
		if (targets[n] == target)
			return true;
	return false;
}

void mbpf_return_forget(struct mbpf_target **targets, u32 n)
{
	struct mbpf_instance *inst;
	struct mbpf_target *target;

	if (!any_returns(targets, n))
		return;
	mutex_lock(&scan_mutex);
	for (inst = mbpf_instances; inst < mbpf_instances + MBPF_INSTANCES; inst++) {
		target = READ_ONCE(inst->target);
		/* It may be another's by now. */
		if (is_one_of(target, targets, n))
			cmpxchg(&inst->target, target, &gone);
	}
	/* Whoever detaches holds the module through a descriptor. */
	if (scan_all() && !holds_module) {
		holds_module = true;
		__module_get(THIS_MODULE);
		schedule_delayed_work(&scan_work, msecs_to_jiffies(SCAN_MS));
	}
	mutex_unlock(&scan_mutex);
}

int mbpf_return_init(void)
{
	int cpu;
	u32 i;

	for_each_possible_cpu(cpu)
		per_cpu(mbpf_run_now, cpu).free = &none;
	batch = clamp_t(u32, MBPF_INSTANCES / (4 * num_possible_cpus()), 1, MAX_BATCH);
	most = 2 * batch;
	for (i = 0; i < MBPF_INSTANCES; i++) {
		mbpf_instances[i].thunk = (unsigned long)mbpf_return_thunks + i * MBPF_THUNK_SIZE;
		push(&common, &mbpf_instances[i]);
	}
	cpu_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "minibpf:return", NULL,
					      cpu_is_gone);
	return min(cpu_state, 0);
}

void mbpf_return_deinit(void)
{
	cpuhp_remove_state_nocalls(cpu_state);
	cancel_delayed_work_sync(&scan_work);
	/* A task may still be on its way from a thunk to where it really returns. */
	mbpf_tramp_quiesce();
}
