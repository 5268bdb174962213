// SPDX-License-Identifier: GPL-2.0-only
/*
 * References, numbers and descriptors of maps, programs and links. An object
 * leaves its number table with the last reference, before it is freed, so
 * nobody finds a dying one; it is freed after a grace period, since programs
 * that run may still use it.
 */
#include <linux/anon_inodes.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>

#include "compat/fd.h"
#include "object.h"

atomic_t mbpf_live = ATOMIC_INIT(0);

static struct idr ids[MBPF_NR_KINDS];	/* protected by ids_lock */
static DEFINE_SPINLOCK(ids_lock);
static struct workqueue_struct *free_queue;

int mbpf_object_init_all(void)
{
	int i;

	free_queue = alloc_workqueue("minibpf_free", WQ_UNBOUND, 0);
	if (!free_queue)
		return -ENOMEM;
	for (i = 0; i < MBPF_NR_KINDS; i++)
		idr_init_base(&ids[i], 1);
	return 0;
}

void mbpf_object_deinit_all(void)
{
	int i;

	/*
	 * Freeing one object may let go of others: a link of its program, that
	 * of its maps, a map of programs. Nothing adds to the chain any more, so
	 * as many rounds as it may have members are enough.
	 */
	for (i = 0; i < 8 && atomic_read(&mbpf_live); i++) {
		rcu_barrier();
		flush_workqueue(free_queue);
	}
	destroy_workqueue(free_queue);
	for (i = 0; i < MBPF_NR_KINDS; i++)
		idr_destroy(&ids[i]);
}

void mbpf_object_init(struct mbpf_object *obj, const struct mbpf_object_ops *ops)
{
	obj->ops = ops;
	refcount_set(&obj->refs, 1);
	atomic_set(&obj->users, 1);
	atomic_inc(&mbpf_live);
}

int mbpf_object_publish(struct mbpf_object *obj)
{
	int id;

	idr_preload(GFP_KERNEL_ACCOUNT);
	spin_lock(&ids_lock);
	id = idr_alloc_cyclic(&ids[obj->ops->kind], obj, 1, INT_MAX, GFP_ATOMIC);
	if (id > 0)
		obj->id = id;
	spin_unlock(&ids_lock);
	idr_preload_end();
	return id < 0 ? id : 0;
}

static void free_work(struct work_struct *work)
{
	struct mbpf_object *obj = container_of(to_rcu_work(work), struct mbpf_object, free_work);

	obj->ops->free(obj);
	atomic_dec(&mbpf_live);
}

void mbpf_object_put(struct mbpf_object *obj)
{
	might_sleep();
	if (!refcount_dec_and_test(&obj->refs))
		return;
	if (obj->id) {
		spin_lock(&ids_lock);
		idr_remove(&ids[obj->ops->kind], obj->id);
		spin_unlock(&ids_lock);
	}
	if (obj->ops->retire)
		obj->ops->retire(obj);
	INIT_RCU_WORK(&obj->free_work, free_work);
	queue_rcu_work(free_queue, &obj->free_work);
}

void mbpf_object_get_user(struct mbpf_object *obj)
{
	mbpf_object_get(obj);
	atomic_inc(&obj->users);
}

void mbpf_object_put_user(struct mbpf_object *obj)
{
	if (atomic_dec_and_test(&obj->users) && obj->ops->abandon)
		obj->ops->abandon(obj);
	mbpf_object_put(obj);
}

static int object_release(struct inode *inode, struct file *file)
{
	mbpf_object_put_user(file->private_data);
	return 0;
}

/*
 * Reading and writing fail, but the methods are there: without them a
 * descriptor would not carry the access mode that commands and mmap() ask for.
 */
static ssize_t object_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	return -EINVAL;
}

static ssize_t object_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	return -EINVAL;
}

static int object_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mbpf_object *obj = file->private_data;

	return obj->ops->mmap ? obj->ops->mmap(obj, vma) : -ENODEV;
}

static __poll_t object_poll(struct file *file, poll_table *wait)
{
	struct mbpf_object *obj = file->private_data;

	return obj->ops->poll ? obj->ops->poll(obj, file, wait) : EPOLLERR;
}

static long object_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mbpf_object *obj = file->private_data;

	return obj->ops->ioctl ? obj->ops->ioctl(obj, cmd, arg) : -ENOTTY;
}

static void object_show_fdinfo(struct seq_file *seq, struct file *file)
{
	struct mbpf_object *obj = file->private_data;

	obj->ops->show_fdinfo(obj, seq);
}

static const struct file_operations object_fops = {
	.owner = THIS_MODULE,
	.release = object_release,
	.read = object_read,
	.write = object_write,
	.mmap = object_mmap,
	.unlocked_ioctl = object_ioctl,
	.poll = object_poll,
	.show_fdinfo = object_show_fdinfo,
};

struct mbpf_object *mbpf_object_of_file(struct file *file)
{
	return file->f_op == &object_fops ? file->private_data : NULL;
}

struct mbpf_object *mbpf_object_from_fd(u32 fd, enum mbpf_kind kind, fmode_t *mode)
{
	struct file *file = fget(fd);
	struct mbpf_object *obj;

	if (!file)
		return ERR_PTR(-EBADF);
	obj = mbpf_object_of_file(file);
	if (obj && (kind == MBPF_NR_KINDS || obj->ops->kind == kind)) {
		mbpf_object_get_user(obj);
		if (mode)
			*mode = file->f_mode;
	} else {
		obj = ERR_PTR(-EINVAL);
	}
	fput(file);
	return obj;
}

struct mbpf_object *mbpf_object_borrow(u32 fd, enum mbpf_kind kind, fmode_t *mode,
				       struct fd *borrowed)
{
	struct fd f = fdget(fd);
	struct file *file = fd_file(f);
	struct mbpf_object *obj;

	if (!file)
		return ERR_PTR(-EBADF);
	obj = file->private_data;
	if (file->f_op != &object_fops || obj->ops->kind != kind) {
		fdput(f);
		return ERR_PTR(-EINVAL);
	}
	*mode = file->f_mode;
	*borrowed = f;
	return obj;
}

struct mbpf_object *mbpf_object_from_id(u32 id, enum mbpf_kind kind)
{
	struct mbpf_object *obj;

	spin_lock(&ids_lock);
	obj = idr_find(&ids[kind], id);
	if (obj && refcount_inc_not_zero(&obj->refs))
		atomic_inc(&obj->users);
	else
		obj = ERR_PTR(-ENOENT);
	spin_unlock(&ids_lock);
	return obj;
}

u32 mbpf_object_next_id(u32 id, enum mbpf_kind kind)
{
	int next = id + 1;

	spin_lock(&ids_lock);
	if (!idr_get_next(&ids[kind], &next))
		next = 0;
	spin_unlock(&ids_lock);
	return next;
}

int mbpf_object_new_fd(struct mbpf_object *obj, int flags)
{
	return anon_inode_getfd(obj->ops->file_name, &object_fops, obj, flags | O_CLOEXEC);
}
