// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's types, where it does not tell them itself: a kernel without BPF has no
 * /sys/kernel/btf/vmlinux, without which few tools start. What user space has made of the
 * kernel's headers (ci/btf) is shown there, and is the one thing that has a number of BTF: some
 * look for the types of vmlinux by walking those.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

#include "btf.h"
#include "info.h"
#include "ioctl.h"
#include "object.h"

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

/**
 * struct types - what is shown, or was
 * @refs: the file is one, and each descriptor
 * @id: its number, of which each has another
 * @size: bytes at @data
 * @data: BTF
 */
struct types {
	refcount_t refs;
	u32 id;
	u32 size;
	void *data;
};

/* A descriptor. That types are shown does not count as an object that lives; this does. */
struct types_object {
	struct mbpf_object obj;
	struct types *types;
};

static DEFINE_MUTEX(btf_mutex);		/* protects all below */
static struct types *shown;		/* NULL: nothing is */
static struct kobject *folder;
static u32 last_id;
static struct bin_attribute file = { .attr = { .name = "vmlinux", .mode = 0444 } };

static void types_put(struct types *types)
{
	if (!refcount_dec_and_test(&types->refs))
		return;
	kvfree(types->data);
	kfree(types);
}

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

/* Takes @data over on success. */
static int show(void *data, u32 size)
{
	struct types *types;
	int err;

	lockdep_assert_held(&btf_mutex);
	if (shown || kernel_has_folder())
		return -EEXIST;
	types = kzalloc(sizeof(*types), GFP_KERNEL_ACCOUNT);
	if (!types)
		return -ENOMEM;
	folder = kobject_create_and_add("btf", kernel_kobj);
	if (!folder) {
		err = -ENOMEM;
		goto err_types;
	}
	file.private = data;
	file.size = size;
	file.read = file_read;
	err = sysfs_create_bin_file(folder, &file);
	if (err)
		goto err_folder;
	refcount_set(&types->refs, 1);
	last_id = last_id == INT_MAX ? 1 : last_id + 1;
	types->id = last_id;
	types->size = size;
	types->data = data;
	shown = types;
	return 0;

err_folder:
	kobject_put(folder);
err_types:
	kfree(types);
	return err;
}

static int hide(void)
{
	lockdep_assert_held(&btf_mutex);
	if (!shown)
		return -ENOENT;
	sysfs_remove_bin_file(folder, &file);
	kobject_put(folder);
	types_put(shown);
	shown = NULL;
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

static struct types_object *types_object(struct mbpf_object *obj)
{
	return container_of(obj, struct types_object, obj);
}

static void object_free(struct mbpf_object *obj)
{
	struct types_object *to = types_object(obj);

	types_put(to->types);
	kfree(to);
}

static void object_show_fdinfo(struct mbpf_object *obj, struct seq_file *seq)
{
	seq_printf(seq, "btf_id:\t%u\n", types_object(obj)->types->id);
}

static const struct mbpf_object_ops object_ops = {
	.kind = MBPF_KIND_BTF,
	.file_name = "btf",
	.free = object_free,
	.show_fdinfo = object_show_fdinfo,
};

int mbpf_btf_fill_info(struct mbpf_object *obj, struct minibpf_btf_info *info)
{
	const struct types *types = types_object(obj)->types;
	int err;

	if (copy_to_user(u64_to_user_ptr(info->btf), types->data,
			 min(info->btf_size, types->size)))
		return -EFAULT;
	info->btf_size = types->size;
	info->id = types->id;
	info->kernel_btf = 1;
	err = mbpf_info_give_name(info->name, info->name_len, file.attr.name, &info->name_len);
	/* Of this name alone the NUL does not count. */
	info->name_len--;
	return err;
}

int mbpf_cmd_btf_get_next_id(struct mbpf_call *call)
{
	u32 id;

	if (call->attr.start_id >= INT_MAX)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	mutex_lock(&btf_mutex);
	id = shown ? shown->id : 0;
	mutex_unlock(&btf_mutex);
	if (id <= call->attr.start_id)
		return -ENOENT;
	return mbpf_call_return(call, offsetof(union minibpf_attr, next_id), id);
}

int mbpf_cmd_btf_get_fd_by_id(struct mbpf_call *call)
{
	struct types_object *to;
	int fd;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	to = kzalloc(sizeof(*to), GFP_KERNEL_ACCOUNT);
	if (!to)
		return -ENOMEM;
	mutex_lock(&btf_mutex);
	if (shown && shown->id == call->attr.start_id) {
		refcount_inc(&shown->refs);
		to->types = shown;
	}
	mutex_unlock(&btf_mutex);
	if (!to->types) {
		kfree(to);
		return -ENOENT;
	}
	mbpf_object_init(&to->obj, &object_ops);
	fd = mbpf_object_new_fd(&to->obj, O_RDONLY);
	if (fd < 0)
		mbpf_object_put_user(&to->obj);
	return fd;
}
