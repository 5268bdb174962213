// SPDX-License-Identifier: GPL-2.0-only
/* ENABLE_STATS: run statistics are on as long as somebody holds them on. */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/sysfs.h>

#include "ioctl.h"
#include "probe.h"
#include "stats.h"

DEFINE_STATIC_KEY_FALSE(mbpf_stats_on);

/* Protects the two below, and orders changes of the key above and of trampolines. */
static DEFINE_MUTEX(stats_mutex);
static u32 holders;	/* descriptors, and the module parameter */
static bool held_by_param;

u64 mbpf_stats_run(void *ctx, const struct mbpf_prog *prog)
{
	struct mbpf_prog_stats *stats;
	u64 start, result;

	/* A trampoline may be the last to hear that statistics are off. */
	if (!static_branch_unlikely(&mbpf_stats_on))
		return mbpf_prog_run(prog, ctx);
	start = sched_clock();
	result = mbpf_prog_run(prog, ctx);
	stats = this_cpu_ptr(mbpf_prog_object_of(prog)->stats);
	stats->run_ns += sched_clock() - start;
	stats->runs++;
	return result;
}
NOKPROBE_SYMBOL(mbpf_stats_run);

static void put_holder(void)
{
	lockdep_assert_held(&stats_mutex);
	if (--holders)
		return;
	static_branch_disable(&mbpf_stats_on);
	/* One that finds no memory stays as it is, and costs some instructions more. */
	mbpf_targets_update();
}

static int get_holder(void)
{
	int err = 0;

	lockdep_assert_held(&stats_mutex);
	if (!holders++) {
		static_branch_enable(&mbpf_stats_on);
		err = mbpf_targets_update();
		if (err)
			put_holder();
	}
	return err;
}

static int stats_release(struct inode *inode, struct file *file)
{
	mutex_lock(&stats_mutex);
	put_holder();
	mutex_unlock(&stats_mutex);
	return 0;
}

static const struct file_operations stats_fops = {
	.owner = THIS_MODULE,
	.release = stats_release,
};

int mbpf_cmd_enable_stats(struct mbpf_call *call)
{
	int fd;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (call->attr.enable_stats.type != MINIBPF_STATS_RUN_TIME)
		return -EINVAL;
	mutex_lock(&stats_mutex);
	fd = get_holder();
	if (fd)
		goto out;
	fd = anon_inode_getfd("bpf-stats", &stats_fops, NULL, O_CLOEXEC);
	if (fd < 0)
		put_holder();
out:
	mutex_unlock(&stats_mutex);
	return fd;
}

static int set_param(const char *text, const struct kernel_param *param)
{
	bool on;
	int err = kstrtobool(text, &on);

	if (err)
		return err;
	mutex_lock(&stats_mutex);
	if (on != held_by_param) {
		if (on)
			err = get_holder();
		else
			put_holder();
		if (!err)
			held_by_param = on;
	}
	mutex_unlock(&stats_mutex);
	return err;
}

static int get_param(char *buf, const struct kernel_param *param)
{
	return sysfs_emit(buf, "%c\n", READ_ONCE(held_by_param) ? 'Y' : 'N');
}

static const struct kernel_param_ops param_ops = { .set = set_param, .get = get_param };

module_param_cb(stats, &param_ops, NULL, 0644);
MODULE_PARM_DESC(stats, "count programs' runs and their time, whoever asks for it");
