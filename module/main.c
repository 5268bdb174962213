// SPDX-License-Identifier: GPL-2.0-only
/* The module's beginning and end, and the device that its commands come through. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "btf.h"
#include "helpers.h"
#include "ioctl.h"
#include "object.h"
#include "pin.h"
#include "pin_fs.h"
#include "probe_return.h"
#include "prog_object.h"
#include "scratch_spare.h"
#include "tramp.h"

static int get_live(char *buf, const struct kernel_param *param)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&mbpf_live));
}

static const struct kernel_param_ops live_ops = { .get = get_live };

module_param_cb(live, &live_ops, NULL, 0444);
MODULE_PARM_DESC(live, "maps, programs, links and pins there are");

static int device_open(struct inode *inode, struct file *file)
{
	return bpf_capable() ? 0 : -EPERM;
}

static void device_show_fdinfo(struct seq_file *seq, struct file *file)
{
	seq_printf(seq, "live:\t%d\n", atomic_read(&mbpf_live));
	mbpf_pin_show(seq);
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.unlocked_ioctl = mbpf_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = device_show_fdinfo,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "minibpf",
	.fops = &device_fops,
	.mode = 0600,
};

static int __init minibpf_init(void)
{
	int err;

	err = mbpf_object_init_all();
	if (err)
		return err;
	mbpf_helpers_init();
	mbpf_helpers_task_init();
	mbpf_prog_object_init();
	mbpf_tramp_init();
	err = mbpf_return_init();
	if (err)
		goto err_object;
	err = mbpf_trace_init();
	if (err)
		goto err_return;
	err = misc_register(&device);
	if (err)
		goto err_trace;
	mbpf_pin_fs_init();
	return 0;

err_trace:
	mbpf_trace_deinit();
err_return:
	mbpf_return_deinit();
err_object:
	mbpf_object_deinit_all();
	return err;
}

static void __exit minibpf_exit(void)
{
	mbpf_pin_fs_deinit();
	misc_deregister(&device);
	mbpf_btf_deinit();
	mbpf_object_deinit_all();
	mbpf_scratch_spare_deinit();
	mbpf_return_deinit();
	mbpf_helpers_task_deinit();
	mbpf_trace_deinit();
	pr_info("unloaded, %d objects left\n", atomic_read(&mbpf_live));
}

module_init(minibpf_init);
module_exit(minibpf_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("eBPF as a loadable module");
