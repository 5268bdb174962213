// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's types, where it does not tell them itself: a kernel without BPF has no
 * /sys/kernel/btf/vmlinux, without which few tools start. What user space has made of the
 * kernel's headers (ci/btf) is shown there.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

#include "btf.h"
#include "ioctl.h"

/* Distributions' have 5 to 10 MB. */
#define MAX_SIZE (32U << 20)

/* How BTF begins: the offsets of its parts count from the end of this. */
struct header {
	u16 magic;
	u8 version;
	u8 flags;
	u32 hdr_len;
	u32 type_off;
	u32 type_len;
	u32 str_off;
	u32 str_len;
};

#define MAGIC	0xeb9f
#define VERSION	1

static DEFINE_MUTEX(btf_mutex);		/* protects all below */
static struct kobject *folder;		/* NULL: nothing is shown */
static struct bin_attribute file = { .attr = { .name = "vmlinux", .mode = 0444 } };

static ssize_t file_read(struct file *filp, struct kobject *kobj, struct bin_attribute *attr,
			 char *buf, loff_t pos, size_t len)
{
	/* sysfs keeps to the size, and removing the file waits for those who read. */
	memcpy(buf, attr->private + pos, len);
	return len;
}

static bool is_part(u32 off, u32 len, size_t room)
{
	return off <= room && len <= room - off;
}

/* Whether it may be what it has to be; readers check the rest. */
static bool is_btf(const void *data, size_t size)
{
	const struct header *h = data;
	size_t room;

	if (size < sizeof(*h) || h->magic != MAGIC || h->version != VERSION || h->flags ||
	    h->hdr_len < sizeof(*h) || h->hdr_len > size)
		return false;
	room = size - h->hdr_len;
	return is_part(h->type_off, h->type_len, room) && is_part(h->str_off, h->str_len, room);
}

static bool kernel_has_folder(void)
{
	struct kernfs_node *node = kernfs_find_and_get(kernel_kobj->sd, "btf");

	bool found = node;

	kernfs_put(node);
	return found;
}

static int show(void *data, size_t size)
{
	int err;

	lockdep_assert_held(&btf_mutex);
	if (folder || kernel_has_folder())
		return -EEXIST;
	folder = kobject_create_and_add("btf", kernel_kobj);
	if (!folder)
		return -ENOMEM;
	file.private = data;
	file.size = size;
	file.read = file_read;
	err = sysfs_create_bin_file(folder, &file);
	if (err) {
		kobject_put(folder);
		folder = NULL;
	}
	return err;
}

static int hide(void)
{
	lockdep_assert_held(&btf_mutex);
	if (!folder)
		return -ENOENT;
	sysfs_remove_bin_file(folder, &file);
	kobject_put(folder);
	folder = NULL;
	kvfree(file.private);
	file.private = NULL;
	return 0;
}

int mbpf_cmd_kernel_btf(struct mbpf_call *call)
{
	const union minibpf_attr *attr = &call->attr;
	u32 size = attr->kernel_btf.size;
	void *data;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (attr->kernel_btf.pad)
		return -EINVAL;
	if (!size) {
		mutex_lock(&btf_mutex);
		err = hide();
		mutex_unlock(&btf_mutex);
		return err;
	}
	if (size > MAX_SIZE)
		return -E2BIG;
	data = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!data)
		return -ENOMEM;
	err = copy_from_user(data, u64_to_user_ptr(attr->kernel_btf.btf), size) ? -EFAULT : 0;
	if (!err && !is_btf(data, size))
		err = -EINVAL;
	if (!err) {
		mutex_lock(&btf_mutex);
		err = show(data, size);
		mutex_unlock(&btf_mutex);
	}
	if (err)
		kvfree(data);
	return err;
}

void mbpf_btf_deinit(void)
{
	mutex_lock(&btf_mutex);
	hide();
	mutex_unlock(&btf_mutex);
}
