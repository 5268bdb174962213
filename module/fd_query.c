// SPDX-License-Identifier: GPL-2.0-only
/* TASK_FD_QUERY: which program a descriptor of some process runs, and at which place. */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "event.h"
#include "fd_query.h"
#include "ioctl.h"
#include "link.h"
#include "prog_object.h"

/* The file of a descriptor, referenced; -ENOENT no such process, -EBADF. */
static struct file *task_file(u32 pid, u32 fd)
{
	struct task_struct *task;
	struct file *file = NULL;

	rcu_read_lock();
	task = pid_task(find_vpid(pid), PIDTYPE_PID);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (!task)
		return ERR_PTR(-ENOENT);
	task_lock(task);
	if (task->files) {
		spin_lock(&task->files->file_lock);
		file = files_lookup_fd_locked(task->files, fd);
		if (file)
			get_file(file);
		spin_unlock(&task->files->file_lock);
	}
	task_unlock(task);
	put_task_struct(task);
	return file ? file : ERR_PTR(-EBADF);
}

static int query(struct file *file, struct mbpf_fd_query *q)
{
	struct mbpf_object *obj = mbpf_object_of_file(file);
	struct mbpf_link *link;

	if (obj && obj->ops->kind == MBPF_KIND_EVENT)
		return mbpf_event_query(mbpf_event(obj), q);
	if (!obj || obj->ops->kind != MBPF_KIND_LINK)
		return -ENOTSUPP;
	link = mbpf_link(obj);
	q->prog_id = link->prog->obj.id;
	return link->ops->query ? link->ops->query(link, q) : -ENOTSUPP;
}

/* -ENOSPC: it was cut. */
static int return_name(const union minibpf_attr *attr, const char *name)
{
	char __user *to = u64_to_user_ptr(attr->task_fd_query.buf);
	u32 room = attr->task_fd_query.buf_len, part;

	if (!to || !room)
		return 0;
	part = min_t(u32, strlen(name), room - 1);
	if (copy_to_user(to, name, part) || put_user('\0', to + part))
		return -EFAULT;
	return name[part] ? -ENOSPC : 0;
}

static int return_query(struct mbpf_call *call, const struct mbpf_fd_query *q)
{
	union minibpf_attr *attr = &call->attr;
	int err = return_name(attr, q->name);

	if (err && err != -ENOSPC)
		return err;
	attr->task_fd_query.buf_len = strlen(q->name);
	attr->task_fd_query.prog_id = q->prog_id;
	attr->task_fd_query.fd_type = q->type;
	attr->task_fd_query.probe_offset = q->offset;
	attr->task_fd_query.probe_addr = q->addr;
	if (copy_to_user(call->uattr, attr, min_t(u32, call->size,
			 offsetofend(union minibpf_attr, task_fd_query.probe_addr))))
		return -EFAULT;
	return err;
}

int mbpf_cmd_task_fd_query(struct mbpf_call *call)
{
	struct mbpf_fd_query q = { .name = "" };
	struct file *file;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (call->attr.task_fd_query.flags)
		return -EINVAL;
	file = task_file(call->attr.task_fd_query.pid, call->attr.task_fd_query.fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	/* The name is that of the object, which the file keeps. */
	err = query(file, &q) ?: return_query(call, &q);
	fput(file);
	return err;
}
