// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as descriptors: opening, perf's ioctls, groups. The tools that attach through
 * perf_event_open(2) get here by EVENT_OPEN.
 */
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "event.h"
#include "fd_query.h"
#include "ioctl.h"
#include "link_kprobe.h"
#include "prog_object.h"
#include "run.h"
#include "stats.h"

/* Protects every event's program, state and group. */
static DEFINE_MUTEX(event_mutex);

/* A member of a group is off while its leader is. */
static bool wants_arming(const struct mbpf_event *event)
{
	return event->prog && event->enabled && (!event->leader || event->leader->enabled);
}

static int update(struct mbpf_event *event)
{
	bool wanted = wants_arming(event);
	int err = 0;

	lockdep_assert_held(&event_mutex);
	if (wanted == event->armed)
		return 0;
	if (wanted)
		err = event->ops->arm(event);
	else
		event->ops->disarm(event);
	if (!err)
		event->armed = wanted;
	return err;
}

int mbpf_event_set_prog(struct mbpf_event *event, struct mbpf_prog_object *po, u64 cookie)
{
	int err;

	if (!event->prog_type || po->type != event->prog_type)
		return -EINVAL;
	mutex_lock(&event_mutex);
	if (event->prog) {
		mutex_unlock(&event_mutex);
		return -EEXIST;
	}
	mbpf_object_get(&po->obj);
	event->cookie = cookie;
	WRITE_ONCE(event->prog, po);
	err = update(event);
	if (err)
		WRITE_ONCE(event->prog, NULL);
	mutex_unlock(&event_mutex);
	if (err)
		mbpf_object_put(&po->obj);
	return err;
}

void mbpf_event_clear_prog(struct mbpf_event *event)
{
	struct mbpf_prog_object *po;

	mutex_lock(&event_mutex);
	po = event->prog;
	if (event->armed)
		event->ops->disarm(event);
	event->armed = false;
	WRITE_ONCE(event->prog, NULL);
	mutex_unlock(&event_mutex);
	/* Handlers that still run it do so under RCU, which its end waits for. */
	if (po)
		mbpf_object_put(&po->obj);
}

int mbpf_event_fill_info(struct mbpf_event *event, const struct minibpf_link_info *in,
			 struct minibpf_link_info *info)
{
	int err;

	mutex_lock(&event_mutex);
	err = event->ops->fill_info(event, in, info);
	mutex_unlock(&event_mutex);
	return err;
}

int mbpf_event_query(struct mbpf_event *event, struct mbpf_fd_query *q)
{
	int err = -ENOENT;

	mutex_lock(&event_mutex);
	if (event->prog) {
		q->prog_id = event->prog->obj.id;
		err = event->ops->query(event, q);
	}
	mutex_unlock(&event_mutex);
	return err;
}

void mbpf_event_run(struct mbpf_event *event, void *ctx, const struct pt_regs *regs,
		    const struct mbpf_run_place *place)
{
	struct mbpf_prog_object *po;

	rcu_read_lock();
	po = READ_ONCE(event->prog);
	if (!po)
		goto out;
	if (mbpf_run_begin(0, event->cookie, regs, place)) {
		mbpf_prog_object_run(po, ctx);
		mbpf_run_end();
	} else {
		this_cpu_inc(po->stats->missed);
	}
out:
	rcu_read_unlock();
}

/* One program runs on a CPU at a time, so a sample has one user. */
static DEFINE_PER_CPU(struct mbpf_sample, sample_now);

void mbpf_event_run_sample(struct mbpf_event *event, const struct pt_regs *regs, u64 period,
			   u64 addr)
{
	struct mbpf_prog_object *po;
	struct mbpf_sample *sample;

	rcu_read_lock();
	po = READ_ONCE(event->prog);
	if (po && mbpf_run_begin(0, event->cookie, regs, NULL)) {
		sample = this_cpu_ptr(&sample_now);
		/* riscv64's user_regs_struct is how its pt_regs begins. */
		memcpy(&sample->regs, regs, sizeof(sample->regs));
		sample->period = period;
		sample->addr = addr;
		mbpf_prog_object_run(po, sample);
		mbpf_run_end();
	} else if (po) {
		this_cpu_inc(po->stats->missed);
	}
	rcu_read_unlock();
}

/* Switches one event, or the group that it leads or belongs to. */
static int enable(struct mbpf_event *event, bool on, bool group)
{
	struct mbpf_event *member, *leader;
	int err, ret;

	mutex_lock(&event_mutex);
	leader = group && event->leader ? event->leader : event;
	leader->enabled = on;
	ret = update(leader);
	list_for_each_entry(member, &leader->members, member) {
		if (group)
			member->enabled = on;
		err = update(member);
		ret = ret ?: err;
	}
	mutex_unlock(&event_mutex);
	return ret;
}

static int set_bpf(struct mbpf_event *event, u32 fd)
{
	struct mbpf_prog_object *po;
	int err;

	po = mbpf_prog_object_to_run(fd);
	if (IS_ERR(po))
		return PTR_ERR(po);
	err = mbpf_kprobe_link_allowed() ?: mbpf_event_set_prog(event, po, 0);
	mbpf_object_put_user(&po->obj);
	return err;
}

static long event_ioctl(struct mbpf_object *obj, unsigned int cmd, unsigned long arg)
{
	struct mbpf_event *event = mbpf_event(obj);
	bool group = arg & PERF_IOC_FLAG_GROUP;

	switch (cmd) {
	case PERF_EVENT_IOC_ENABLE:
		return enable(event, true, group);
	case PERF_EVENT_IOC_DISABLE:
		return enable(event, false, group);
	case PERF_EVENT_IOC_SET_BPF:
		return set_bpf(event, arg);
	case PERF_EVENT_IOC_RESET:
		return 0;
	default:
		return -ENOTTY;
	}
}

static int event_mmap(struct mbpf_object *obj, struct vm_area_struct *vma)
{
	struct mbpf_event *event = mbpf_event(obj);

	return event->ops->mmap ? event->ops->mmap(event, vma) : -ENODEV;
}

static __poll_t event_poll(struct mbpf_object *obj, struct file *file,
			   struct poll_table_struct *wait)
{
	struct mbpf_event *event = mbpf_event(obj);

	return event->ops->poll ? event->ops->poll(event, file, wait) : 0;
}

static void event_show_fdinfo(struct mbpf_object *obj, struct seq_file *seq)
{
}

static void event_abandon(struct mbpf_object *obj)
{
	struct mbpf_event *event = mbpf_event(obj), *leader, *member, *next;
	u32 members = 0;

	mbpf_event_clear_prog(event);
	mutex_lock(&event_mutex);
	leader = event->leader;
	event->leader = NULL;
	list_del_init(&event->member);
	/* What is left of a group goes on, each alone. */
	list_for_each_entry_safe(member, next, &event->members, member) {
		list_del_init(&member->member);
		member->leader = NULL;
		members++;
	}
	mutex_unlock(&event_mutex);
	if (leader)
		mbpf_object_put(&leader->obj);
	/* The caller has a reference yet. */
	while (members--)
		mbpf_object_put(&event->obj);
	if (event->ops->close)
		event->ops->close(event);
}

static void event_free(struct mbpf_object *obj)
{
	struct mbpf_event *event = mbpf_event(obj);

	event->ops->free(event);
}

static const struct mbpf_object_ops event_ops = {
	.kind = MBPF_KIND_EVENT,
	.file_name = "[perf_event]",
	.abandon = event_abandon,
	.free = event_free,
	.show_fdinfo = event_show_fdinfo,
	.ioctl = event_ioctl,
	.mmap = event_mmap,
	.poll = event_poll,
};

void mbpf_event_init(struct mbpf_event *event, const struct mbpf_event_ops *ops, u32 prog_type)
{
	event->ops = ops;
	event->prog_type = prog_type;
	INIT_LIST_HEAD(&event->members);
	INIT_LIST_HEAD(&event->member);
	mbpf_object_init(&event->obj, &event_ops);
}

struct mbpf_event *mbpf_event_from_fd(u32 fd)
{
	struct mbpf_object *obj = mbpf_object_from_fd(fd, MBPF_KIND_EVENT, NULL);

	/* As in-tree: what is no event is as bad as what is no descriptor. */
	return IS_ERR(obj) ? ERR_PTR(-EBADF) : mbpf_event(obj);
}

/* Reads the attr, whose size is its second field; none means that of the first version. */
static int copy_attr(struct perf_event_attr *attr, u64 from)
{
	struct perf_event_attr __user *uattr = u64_to_user_ptr(from);
	u32 size;

	if (get_user(size, &uattr->size))
		return -EFAULT;
	if (!size)
		size = PERF_ATTR_SIZE_VER0;
	if (size < PERF_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(attr, sizeof(*attr), uattr, size);
}

static struct mbpf_event *create(const struct mbpf_event_request *request,
				 const union minibpf_attr *attr)
{
	u32 type = request->attr.type;

	if (type == PERF_TYPE_SOFTWARE && request->attr.config == PERF_COUNT_SW_BPF_OUTPUT)
		return mbpf_event_output_create(request);
	if (type && type == attr->event_open.kprobe_type)
		return mbpf_event_kprobe_create(request);
	/* Those that sample; what counts is the kernel's. */
	if (type == PERF_TYPE_SOFTWARE && request->attr.sample_period)
		return mbpf_event_counter_create(request);
	if (type == PERF_TYPE_TRACEPOINT || (type && type == attr->event_open.uprobe_type))
		return mbpf_event_counter_create(request);
	return ERR_PTR(-EOPNOTSUPP);
}

static int join_group(struct mbpf_event *event, int fd)
{
	struct mbpf_event *leader;
	int err = 0;

	if (fd < 0)
		return 0;
	leader = mbpf_event_from_fd(fd);
	if (IS_ERR(leader))
		return PTR_ERR(leader);
	mutex_lock(&event_mutex);
	if (leader->leader) {
		err = -EINVAL;
	} else {
		mbpf_object_get(&leader->obj);
		event->leader = leader;
		list_add_tail(&event->member, &leader->members);
	}
	mutex_unlock(&event_mutex);
	mbpf_object_put_user(&leader->obj);
	return err;
}

int mbpf_cmd_event_open(struct mbpf_call *call)
{
	const union minibpf_attr *attr = &call->attr;
	struct mbpf_event_request request = {
		.pid = attr->event_open.pid,
		.cpu = attr->event_open.cpu,
	};
	struct mbpf_event *event;
	int ret;

	if (attr->event_open.pad)
		return -EINVAL;
	if (attr->event_open.flags & ~(u64)PERF_FLAG_FD_CLOEXEC)
		return -EOPNOTSUPP;
	ret = mbpf_kprobe_link_allowed() ?: copy_attr(&request.attr, attr->event_open.attr);
	if (ret)
		return ret;
	event = create(&request, attr);
	if (IS_ERR(event))
		return PTR_ERR(event);
	event->enabled = !request.attr.disabled;
	ret = join_group(event, attr->event_open.group_fd);
	if (!ret)
		ret = mbpf_object_new_fd(&event->obj, O_RDWR);
	if (ret < 0)
		mbpf_object_put_user(&event->obj);
	return ret;
}
