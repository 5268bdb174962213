// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of the kernel's perf, of which the module is the reader: tracepoints, probes that were
 * made in tracefs, uprobes, clocks. The caller's attr is passed on. Programs run in the
 * overflow handler, which gets the registers and, of a tracepoint, the record.
 */
#include <linux/cpumask.h>
#include <linux/overflow.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/trace_events.h>

#include "event.h"
#include "fd_query.h"
#include "info.h"
#include "run.h"

/* What programs see of a hit. */
enum view { REGISTERS, RECORD, SAMPLE };

/**
 * struct counter_event - a counter for each CPU, or one for a task
 * @event: common head
 * @view: enum view
 * @is_return: of a uprobe
 * @offset: of a uprobe, in its file
 * @path: of that file, as the caller named it; NULL: it is no uprobe of perf's own
 * @nr: room in @counters
 * @counters: NULL where there is none
 */
struct counter_event {
	struct mbpf_event event;
	u8 view;
	bool is_return;
	u64 offset;
	char *path;
	u32 nr;
	struct perf_event *counters[];
};

static struct counter_event *counter_event(struct mbpf_event *event)
{
	return container_of(event, struct counter_event, event);
}

/* The kernel makes up the registers at a tracepoint: there are too few to begin a trace with. */
static noinline void run_on_record(struct counter_event *ce, void *record,
				   const struct pt_regs *regs)
{
	struct mbpf_run_place here;

	mbpf_run_place_here(&here);
	mbpf_event_run(&ce->event, record, regs, &here);
}

/* Records lie in a buffer of MBPF_RECORD_SIZE bytes and more, which programs may read. */
static void counter_hit(struct perf_event *counter, struct perf_sample_data *data,
			struct pt_regs *regs)
{
	struct counter_event *ce = counter->overflow_handler_context;

	if (ce->view == REGISTERS)
		mbpf_event_run(&ce->event, regs, regs, NULL);
	else if (ce->view == SAMPLE)
		mbpf_event_run_sample(&ce->event, regs, data->period,
				      data->sample_flags & PERF_SAMPLE_ADDR ? data->addr : 0);
	else if (data->raw)
		run_on_record(ce, data->raw->frag.data, regs);
}

static int counter_event_arm(struct mbpf_event *event)
{
	struct counter_event *ce = counter_event(event);
	u32 i;

	for (i = 0; i < ce->nr; i++)
		if (ce->counters[i])
			perf_event_enable(ce->counters[i]);
	return 0;
}

static void counter_event_disarm(struct mbpf_event *event)
{
	struct counter_event *ce = counter_event(event);
	u32 i;

	for (i = 0; i < ce->nr; i++)
		if (ce->counters[i])
			perf_event_disable(ce->counters[i]);
}

static void counter_event_close(struct mbpf_event *event)
{
	struct counter_event *ce = counter_event(event);
	u32 i;

	for (i = 0; i < ce->nr; i++)
		if (ce->counters[i])
			perf_event_release_kernel(ce->counters[i]);
}

static void counter_event_free(struct mbpf_event *event)
{
	kfree(counter_event(event)->path);
	kfree(counter_event(event));
}

/* One of the counters, which all count the same. */
static const struct perf_event *counter_of(const struct counter_event *ce)
{
	u32 i;

	for (i = 0; !ce->counters[i]; i++)
		;
	return ce->counters[i];
}

static int counter_event_fill_info(struct mbpf_event *event, const struct minibpf_link_info *in,
				   struct minibpf_link_info *info)
{
	struct counter_event *ce = counter_event(event);
	const struct perf_event *counter = counter_of(ce);
	const char *name;

	if (ce->view == SAMPLE) {
		info->perf_event.type = MINIBPF_PERF_EVENT_EVENT;
		info->perf_event.event.config = counter->attr.config;
		info->perf_event.event.type = counter->attr.type;
		info->perf_event.event.cookie = event->cookie;
		return 0;
	}
	if (ce->path) {
		info->perf_event.type = ce->is_return ? MINIBPF_PERF_EVENT_URETPROBE :
							MINIBPF_PERF_EVENT_UPROBE;
		info->perf_event.offset = ce->offset;
		name = ce->path;
	} else if (ce->view == RECORD) {
		info->perf_event.type = MINIBPF_PERF_EVENT_TRACEPOINT;
		name = trace_event_name(counter->tp_event);
	} else {
		/* Where tracefs has put a probe, only the kernel's own code can tell. */
		info->perf_event.type = MINIBPF_PERF_EVENT_UNSPEC;
		return 0;
	}
	info->perf_event.place_cookie = event->cookie;
	info->perf_event.name = in->perf_event.name;
	return mbpf_info_give_name(in->perf_event.name, in->perf_event.name_len, name,
				   &info->perf_event.name_len);
}

/* A tracepoint's own name, or that of the event which tracefs made of a probe. */
static int counter_event_query(struct mbpf_event *event, struct mbpf_fd_query *q)
{
	struct counter_event *ce = counter_event(event);
	struct trace_event_call *call = counter_of(ce)->tp_event;

	if (ce->view == SAMPLE || !call)
		return -EOPNOTSUPP;
	if (ce->path) {
		q->type = ce->is_return ? MINIBPF_FD_TYPE_URETPROBE : MINIBPF_FD_TYPE_UPROBE;
		q->name = ce->path;
		q->offset = ce->offset;
		return 0;
	}
	if (call->flags & TRACE_EVENT_FL_UPROBE)
		return -EOPNOTSUPP;
	q->type = ce->view == RECORD ? MINIBPF_FD_TYPE_TRACEPOINT : MINIBPF_FD_TYPE_KPROBE;
	q->name = trace_event_name(call);
	return 0;
}

static const struct mbpf_event_ops counter_event_ops = {
	.arm = counter_event_arm,
	.disarm = counter_event_disarm,
	.close = counter_event_close,
	.free = counter_event_free,
	.fill_info = counter_event_fill_info,
	.query = counter_event_query,
};

static int add_counter(struct counter_event *ce, u32 i, int cpu, struct task_struct *task,
		       const struct perf_event_attr *from)
{
	struct perf_event_attr attr = {
		.type = from->type,
		.size = sizeof(attr),
		.config = from->config,
		.config1 = from->config1,
		.config2 = from->config2,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
		.disabled = 1,
	};
	struct perf_event *counter;

	if (ce->view == SAMPLE) {
		attr.freq = from->freq;
		attr.sample_period = from->sample_period;
		attr.sample_type = PERF_SAMPLE_ADDR;
	}
	counter = perf_event_create_kernel_counter(&attr, cpu, task, counter_hit, ce);
	if (IS_ERR(counter))
		return PTR_ERR(counter);
	ce->counters[i] = counter;
	return 0;
}

/* As the kernel's own BPF, a program is run on all CPUs, whichever the caller names. */
static int add_for_cpus(struct counter_event *ce, const struct perf_event_attr *attr)
{
	int cpu, err, nr = 0;

	/* Making one may take the lock that keeps CPUs here: one that goes is passed over. */
	for_each_online_cpu(cpu) {
		err = add_counter(ce, cpu, cpu, NULL, attr);
		if (err && err != -ENODEV)
			return err;
		nr += !err;
	}
	return nr ? 0 : -ENODEV;
}

static int add_for_task(struct counter_event *ce, int pid, int cpu,
			const struct perf_event_attr *attr)
{
	struct task_struct *task;
	int err;

	rcu_read_lock();
	task = pid ? pid_task(find_vpid(pid), PIDTYPE_PID) : current;
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (!task)
		return -ESRCH;
	err = add_counter(ce, 0, cpu, task, attr);
	put_task_struct(task);
	return err;
}

/* Which programs go with it, which of a tracepoint only its first counter tells. */
static int set_type(struct counter_event *ce)
{
	static const u32 types[] = {
		[REGISTERS] = MINIBPF_PROG_TYPE_KPROBE,
		[RECORD] = MINIBPF_PROG_TYPE_TRACEPOINT,
		[SAMPLE] = MINIBPF_PROG_TYPE_PERF_EVENT,
	};
	struct trace_event_call *call = counter_of(ce)->tp_event;

	/* What the caller says is the number of uprobes may be that of anything. */
	if (ce->view == RECORD && !call)
		return -EINVAL;
	if (ce->view == RECORD && call->flags & TRACE_EVENT_FL_UKPROBE)
		ce->view = REGISTERS;
	ce->event.prog_type = types[ce->view];
	return 0;
}

/* Keeps what information about links tells; perf has read the same path, and it was one. */
static int keep_place(struct counter_event *ce, const struct perf_event_attr *attr)
{
	struct trace_event_call *call = counter_of(ce)->tp_event;
	char *path;

	if (attr->type == PERF_TYPE_TRACEPOINT || !call || !(call->flags & TRACE_EVENT_FL_UPROBE))
		return 0;
	ce->is_return = attr->config & 1;
	ce->offset = attr->probe_offset;
	path = strndup_user(u64_to_user_ptr(attr->uprobe_path), PATH_MAX);
	if (IS_ERR(path))
		return PTR_ERR(path);
	ce->path = path;
	return 0;
}

static int add_counters(struct counter_event *ce, const struct mbpf_event_request *request)
{
	const struct perf_event_attr *attr = &request->attr;

	if (ce->view == SAMPLE && request->pid < 0)
		return request->cpu < 0 ? -EINVAL : add_counter(ce, 0, request->cpu, NULL, attr);
	if (ce->view == SAMPLE)
		return add_for_task(ce, request->pid, request->cpu, attr);
	/* Tracepoints' programs run for every task, uprobes' for the one that is named. */
	if (request->pid < 0 || attr->type == PERF_TYPE_TRACEPOINT)
		return add_for_cpus(ce, attr);
	return add_for_task(ce, request->pid, -1, attr);
}

struct mbpf_event *mbpf_event_counter_create(const struct mbpf_event_request *request)
{
	struct counter_event *ce;
	int err;

	ce = kzalloc(struct_size(ce, counters, nr_cpu_ids), GFP_KERNEL_ACCOUNT);
	if (!ce)
		return ERR_PTR(-ENOMEM);
	ce->nr = nr_cpu_ids;
	ce->view = request->attr.type == PERF_TYPE_SOFTWARE ? SAMPLE : RECORD;
	mbpf_event_init(&ce->event, &counter_event_ops, 0);
	err = add_counters(ce, request) ?: set_type(ce) ?: keep_place(ce, &request->attr);
	if (err) {
		mbpf_object_put_user(&ce->event.obj);
		return ERR_PTR(err);
	}
	return &ce->event;
}
