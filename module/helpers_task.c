// SPDX-License-Identifier: GPL-2.0-only
/* The helpers that act on the current task: its signals, its memory. */
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include "core/helper_os.h"
#include "helpers.h"
#include "target.h"

/**
 * struct later - a signal that is sent when interrupts are on again
 * @work: sends it; while it is queued the rest is its own
 * @task: who gets it; holds a reference
 * @sig: which
 * @thread: @task alone, not its process
 *
 * One for each CPU. Programs there run one at a time, and only they fill it.
 */
struct later {
	struct irq_work work;
	struct task_struct *task;
	int sig;
	bool thread;
};

static DEFINE_PER_CPU(struct later, later);

static int send(struct task_struct *task, int sig, bool thread)
{
	int err;

	if (thread)
		return send_sig(sig, task, 1);
	rcu_read_lock();
	err = kill_pid(task_tgid(task), sig, 1);
	rcu_read_unlock();
	return err;
}

static void send_later(struct irq_work *work)
{
	struct later *l = container_of(work, struct later, work);

	send(l->task, l->sig, l->thread);
	put_task_struct(l->task);
}

void mbpf_helpers_task_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		init_irq_work(&per_cpu(later, cpu).work, send_later);
}

void mbpf_helpers_task_deinit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu(later, cpu).work);
}

/* A process to whom something may be done: init's death would be the system's. */
static bool is_process(void)
{
	return !(current->flags & (PF_KTHREAD | PF_EXITING)) && !is_global_init(current);
}

/*
 * The locks of signals are only ever held with interrupts off: where these are on, nobody that
 * the probe interrupted holds one.
 */
static int send_signal(u32 sig, bool thread)
{
	struct later *l = this_cpu_ptr(&later);

	if (!is_process())
		return -EPERM;
	if (!valid_signal(sig))
		return -EINVAL;
	if (!irqs_disabled() && !IS_ENABLED(CONFIG_PREEMPT_RT))
		return send(current, sig, thread);
	if (irq_work_is_busy(&l->work))
		return -EBUSY;
	l->task = get_task_struct(current);
	l->sig = sig;
	l->thread = thread;
	irq_work_queue(&l->work);
	return 0;
}

MBPF_HELPER_OS(send_signal)
{
	return send_signal(r1, false);
}

MBPF_HELPER_OS(send_signal_thread)
{
	return send_signal(r1, true);
}

MBPF_HELPER_OS(probe_write_user)
{
	if (in_interrupt() || !is_process() || !mbpf_target_has_user_memory())
		return -EPERM;
	return copy_to_user_nofault(u64_to_user_ptr(r1), (void *)r2, r3);
}
