// SPDX-License-Identifier: GPL-2.0-only
/*
 * Function returns on riscv64, where register_kretprobe() refuses every
 * function that ftrace can trace: a kprobe behind the patch area swaps the
 * return address for a trampoline, which runs the programs and gives the real
 * address back.
 *
 * What a call needs until it returns is an instance; those under way are found
 * by task, newest first. A task that is inside a probed function when the
 * probe goes still returns through the trampoline, so the module stays
 * referenced until the last such task has returned or died.
 */
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <linux/minibpf.h>

#include "probe.h"
#include "run.h"

#define INSTANCES	64	/* calls of one function under way; more are missed */
#define DRAIN_MS	20	/* how long a detach waits for calls to return */
#define BURY_MS		100	/* how often left calls are looked at */

/**
 * struct instance - one call of a probed function
 * @node: in a bucket while under way, else in its pool's free list
 * @pool: whose it is
 * @task: who calls, referenced; not NULL only in a bucket, or while its own
 *        task is about to put it there
 * @ret_addr: where the function really returns to
 */
struct instance {
	struct hlist_node node;
	struct return_pool *pool;
	struct task_struct *task;
	unsigned long ret_addr;
};

/**
 * struct return_pool - a target's instances; outlives it while any is under way
 * @lock: protects @free; interrupts off and the run guard held
 * @free: instances not under way
 * @target: NULL once the target is gone
 * @busy: instances under way
 * @missed: calls for which no instance was left
 * @orphan_node: in the list of orphans
 * @inst: the instances
 */
struct return_pool {
	raw_spinlock_t lock;
	struct hlist_head free;
	struct mbpf_target __rcu *target;
	atomic_t busy;
	atomic64_t missed;
	struct list_head orphan_node;
	struct instance inst[INSTANCES];
};

/**
 * struct bucket - calls under way of the tasks that hash here
 * @lock: protects @calls; interrupts off and the run guard held, so that no
 *        probe on this CPU can want it meanwhile
 * @calls: newest first
 */
struct bucket {
	raw_spinlock_t lock;
	struct hlist_head calls;
};

#define BUCKET_BITS 8
static struct bucket buckets[1 << BUCKET_BITS] = {
	[0 ... (1 << BUCKET_BITS) - 1] = {
		.lock = __RAW_SPIN_LOCK_UNLOCKED(buckets.lock),
	},
};

/* Pools whose target went while calls were under way. */
static LIST_HEAD(orphans);
static DEFINE_MUTEX(orphan_mutex);	/* protects orphans */

static void orphans_bury(struct work_struct *work);
static DECLARE_DELAYED_WORK(orphan_work, orphans_bury);

void mbpf_return_trampoline(void);
unsigned long mbpf_return_hit(struct pt_regs *regs);

static struct bucket *bucket_of(const struct task_struct *task)
{
	return &buckets[hash_ptr(task, BUCKET_BITS)];
}

static struct instance *pool_get(struct return_pool *pool)
{
	struct instance *inst = NULL;

	raw_spin_lock(&pool->lock);
	if (!hlist_empty(&pool->free)) {
		inst = hlist_entry(pool->free.first, struct instance, node);
		hlist_del(&inst->node);
		atomic_inc(&pool->busy);
	}
	raw_spin_unlock(&pool->lock);
	return inst;
}

static void pool_put(struct instance *inst)
{
	struct return_pool *pool = inst->pool;

	raw_spin_lock(&pool->lock);
	hlist_add_head(&inst->node, &pool->free);
	raw_spin_unlock(&pool->lock);
	/* The last access: whoever sees zero may free the pool. */
	atomic_dec(&pool->busy);
}

static struct return_pool *pool_create(struct mbpf_target *target)
{
	struct return_pool *pool;
	u32 i;

	pool = kzalloc(sizeof(*pool), GFP_KERNEL_ACCOUNT);
	if (!pool)
		return NULL;
	raw_spin_lock_init(&pool->lock);
	INIT_LIST_HEAD(&pool->orphan_node);
	RCU_INIT_POINTER(pool->target, target);
	for (i = 0; i < INSTANCES; i++) {
		pool->inst[i].pool = pool;
		hlist_add_head(&pool->inst[i].node, &pool->free);
	}
	return pool;
}

/* The probed function begins: breakpoint context, interrupts off. */
static int call_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct mbpf_target *target = container_of(kp, struct mbpf_target, kp);
	struct return_pool *pool = target->pool;
	struct instance *inst;
	struct bucket *bucket;

	if (!mbpf_run_begin(0, 0, NULL, NULL)) {
		atomic64_inc(&pool->missed);
		return 0;
	}
	inst = pool_get(pool);
	if (!inst) {
		atomic64_inc(&pool->missed);
		goto out;
	}
	inst->task = get_task_struct(current);
	inst->ret_addr = regs->ra;
	regs->ra = (unsigned long)mbpf_return_trampoline;
	bucket = bucket_of(current);
	raw_spin_lock(&bucket->lock);
	hlist_add_head(&inst->node, &bucket->calls);
	raw_spin_unlock(&bucket->lock);
out:
	mbpf_run_end();
	return 0;
}
NOKPROBE_SYMBOL(call_hit);

/* Takes a call out of its bucket; the task reference goes to the caller. */
static void call_del(struct instance *inst)
{
	hlist_del(&inst->node);
	inst->task = NULL;
}

/* Takes the newest call of this task out of its bucket. */
static struct instance *call_take(void)
{
	struct bucket *bucket = bucket_of(current);
	struct instance *inst;

	raw_spin_lock(&bucket->lock);
	hlist_for_each_entry(inst, &bucket->calls, node) {
		if (inst->task == current) {
			call_del(inst);
			break;
		}
	}
	raw_spin_unlock(&bucket->lock);
	return inst;
}
NOKPROBE_SYMBOL(call_take);

/*
 * The probed function has returned into the trampoline, which gives its
 * registers; the result is where to go on. The run guard is held around the
 * locks: it keeps probes inside them from coming here again. If it is taken
 * already, an interrupt or a probe came between a program's instructions, and
 * then nobody on this CPU holds a lock of ours.
 */
unsigned long mbpf_return_hit(struct pt_regs *regs)
{
	struct mbpf_target *target;
	struct instance *inst;
	unsigned long ret_addr, flags;
	bool entered;

	preempt_disable_notrace();
	local_irq_save(flags);
	entered = mbpf_run_begin(0, 0, NULL, NULL);
	inst = call_take();
	if (entered)
		mbpf_run_end();
	local_irq_restore(flags);
	/* Only a call that was entered in the bucket returns here. */
	BUG_ON(!inst);

	ret_addr = inst->ret_addr;
	regs->ra = ret_addr;
	instruction_pointer_set(regs, ret_addr);
	/* The bit tells where the last trap came from, which may be user space. */
	regs->status |= SR_PP;
	rcu_read_lock();
	target = rcu_dereference(inst->pool->target);
	if (target)
		mbpf_target_run(target, regs);
	rcu_read_unlock();

	put_task_struct(current);
	local_irq_save(flags);
	entered = mbpf_run_begin(0, 0, NULL, NULL);
	pool_put(inst);
	if (entered)
		mbpf_run_end();
	local_irq_restore(flags);
	preempt_enable_notrace();
	return ret_addr;
}
NOKPROBE_SYMBOL(mbpf_return_hit);

/* Frees instances of tasks that died inside the probed function. */
static void pool_bury_dead(struct return_pool *pool)
{
	struct task_struct *task;
	struct bucket *bucket;
	unsigned long flags;
	bool dead, entered;
	u32 i;

	for (i = 0; i < INSTANCES; i++) {
		struct instance *inst = &pool->inst[i];

		task = READ_ONCE(inst->task);
		if (!task)
			continue;
		bucket = bucket_of(task);
		local_irq_save(flags);
		entered = mbpf_run_begin(0, 0, NULL, NULL);
		raw_spin_lock(&bucket->lock);
		dead = inst->task == task &&
		       READ_ONCE(task->__state) == TASK_DEAD;
		if (dead)
			call_del(inst);
		raw_spin_unlock(&bucket->lock);
		if (dead)
			pool_put(inst);
		if (entered)
			mbpf_run_end();
		local_irq_restore(flags);
		if (dead)
			put_task_struct(task);
	}
}

static void orphans_bury(struct work_struct *work)
{
	struct return_pool *pool, *next;
	LIST_HEAD(done);

	mutex_lock(&orphan_mutex);
	list_for_each_entry_safe(pool, next, &orphans, orphan_node) {
		pool_bury_dead(pool);
		if (!atomic_read(&pool->busy))
			list_move(&pool->orphan_node, &done);
	}
	if (!list_empty(&orphans))
		schedule_delayed_work(&orphan_work, msecs_to_jiffies(BURY_MS));
	mutex_unlock(&orphan_mutex);
	list_for_each_entry_safe(pool, next, &done, orphan_node) {
		kfree(pool);
		module_put(THIS_MODULE);
	}
}

static int return_arm(struct mbpf_target *target)
{
	int ret;

	BUILD_BUG_ON(offsetof(struct pt_regs, ra) != 8 ||
		     offsetof(struct pt_regs, t6) != 8 * 31 ||
		     offsetof(struct pt_regs, status) != 256 ||
		     sizeof(struct pt_regs) != 288);
	/*
	 * Where the kernel preempts itself, no grace period that modules may
	 * wait for covers a task in the trampoline's last instructions.
	 */
	if (IS_ENABLED(CONFIG_PREEMPTION))
		return -EOPNOTSUPP;

	target->pool = pool_create(target);
	if (!target->pool)
		return -ENOMEM;
	target->kp.pre_handler = call_hit;
	ret = mbpf_strategy_kprobe.arm(target);
	if (ret)
		kfree(target->pool);
	return ret;
}

static bool any_busy(struct mbpf_target **targets, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (atomic_read(&targets[i]->pool->busy))
			return true;
	return false;
}

/* Frees a pool, or leaves that to when its last call has returned. */
static void pool_release(struct return_pool *pool)
{
	if (!atomic_read(&pool->busy)) {
		kfree(pool);
		return;
	}
	/* Whoever detaches holds the module through a descriptor. */
	__module_get(THIS_MODULE);
	mutex_lock(&orphan_mutex);
	list_add(&pool->orphan_node, &orphans);
	mutex_unlock(&orphan_mutex);
	schedule_delayed_work(&orphan_work, msecs_to_jiffies(BURY_MS));
}

static void return_disarm(struct mbpf_target **targets, u32 n)
{
	u32 i, ms;

	mbpf_strategy_kprobe.disarm(targets, n);
	for (i = 0; i < n; i++)
		RCU_INIT_POINTER(targets[i]->pool->target, NULL);
	synchronize_rcu();
	for (ms = 0; any_busy(targets, n) && ms < DRAIN_MS; ms++)
		usleep_range(1000, 1100);
	for (i = 0; i < n; i++)
		pool_release(targets[i]->pool);
}

static u64 return_missed(const struct mbpf_target *target)
{
	return target->kp.nmissed + atomic64_read(&target->pool->missed);
}

const struct mbpf_strategy mbpf_strategy_return = {
	.id = MINIBPF_STRATEGY_RETURN,
	.arm = return_arm,
	.disarm = return_disarm,
	.missed = return_missed,
};

void mbpf_return_deinit(void)
{
	cancel_delayed_work_sync(&orphan_work);
	/* Some CPU may still be executing the trampoline's end. */
	synchronize_rcu();
}
