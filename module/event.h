/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what perf_event_open(2) makes for eBPF, as descriptors of the module. One kind runs
 * a program when something happens, the other takes what programs put out.
 */
#ifndef MBPF_EVENT_H
#define MBPF_EVENT_H

#include <linux/minibpf.h>
#include <linux/perf_event.h>

#include "object.h"

struct mbpf_event;
struct mbpf_fd_query;
struct mbpf_prog_object;
struct mbpf_run_place;
struct poll_table_struct;

/**
 * struct mbpf_event_ops - one kind of event; process context throughout
 * @arm: run @event->prog from now on. 0 or errno. Under the events' mutex, as @disarm
 * @disarm: do not start it any more
 * @close: the last descriptor and link went; may be NULL
 * @free: a grace period has passed since the last reference went
 * @fill_info: what link info has of it, the name at the caller's address; 0 or errno. Under
 *	       the same mutex
 * @query: for TASK_FD_QUERY: all but the program. 0 or errno. Under the events' mutex
 * @mmap: mmap(2); may be NULL
 * @poll: poll(2); may be NULL
 */
struct mbpf_event_ops {
	int (*arm)(struct mbpf_event *event);
	void (*disarm)(struct mbpf_event *event);
	void (*close)(struct mbpf_event *event);
	void (*free)(struct mbpf_event *event);
	int (*fill_info)(struct mbpf_event *event, const struct minibpf_link_info *in,
			 struct minibpf_link_info *info);
	int (*query)(struct mbpf_event *event, struct mbpf_fd_query *q);
	int (*mmap)(struct mbpf_event *event, struct vm_area_struct *vma);
	__poll_t (*poll)(struct mbpf_event *event, struct file *file,
			 struct poll_table_struct *wait);
};

/**
 * struct mbpf_event - the common head; all but @obj is protected by the events' mutex
 * @obj: references and descriptors; events have no numbers
 * @ops: of its kind
 * @prog_type: of the programs that it runs; 0: it runs none
 * @prog: what it runs, or NULL; a reference is held. Read by handlers under RCU
 * @cookie: for get_attach_cookie()
 * @enabled: by PERF_EVENT_IOC_ENABLE, or from the beginning
 * @armed: @ops->arm() was called
 * @leader: of its group, of which it has a reference; NULL if it leads
 * @members: of the group that it leads
 * @member: in @leader->members
 */
struct mbpf_event {
	struct mbpf_object obj;
	const struct mbpf_event_ops *ops;
	u32 prog_type;
	struct mbpf_prog_object *prog;
	u64 cookie;
	bool enabled;
	bool armed;
	struct mbpf_event *leader;
	struct list_head members;
	struct list_head member;
};

/**
 * struct mbpf_event_request - an EVENT_OPEN
 * @attr: the caller's, zeroes where it was shorter
 * @pid: as perf_event_open(2) has it
 * @cpu: the same
 */
struct mbpf_event_request {
	struct perf_event_attr attr;
	int pid;
	int cpu;
};

/* Begins an event's life with one user, the caller; @event is zeroed. */
void mbpf_event_init(struct mbpf_event *event, const struct mbpf_event_ops *ops, u32 prog_type);

static inline struct mbpf_event *mbpf_event(struct mbpf_object *obj)
{
	return container_of(obj, struct mbpf_event, obj);
}

/* The event of a descriptor, as mbpf_object_from_fd(), or -EBADF. */
struct mbpf_event *mbpf_event_from_fd(u32 fd);

/**
 * mbpf_event_set_prog - give an event its program
 * @event: the event
 * @po: the program, of which the event takes a reference
 * @cookie: for get_attach_cookie()
 *
 * Return: 0; -EINVAL for a program of another type; -EEXIST if there is one; what
 * @event->ops->arm() returns.
 */
int mbpf_event_set_prog(struct mbpf_event *event, struct mbpf_prog_object *po, u64 cookie);

/* Takes it away again, if there is one. */
void mbpf_event_clear_prog(struct mbpf_event *event);

/* @event->ops->fill_info(), while nobody arms or disarms. */
int mbpf_event_fill_info(struct mbpf_event *event, const struct minibpf_link_info *in,
			 struct minibpf_link_info *info);

/* TASK_FD_QUERY: 0; -ENOENT without a program; what @event->ops->query() returns. */
int mbpf_event_query(struct mbpf_event *event, struct mbpf_fd_query *q);

/*
 * From handlers, in any context: runs the event's program on @ctx. The others are for stack
 * traces, see struct mbpf_run.
 */
void mbpf_event_run(struct mbpf_event *event, void *ctx, const struct pt_regs *regs,
		    const struct mbpf_run_place *place);

/* The same with a context that is made of these. */
void mbpf_event_run_sample(struct mbpf_event *event, const struct pt_regs *regs, u64 period,
			   u64 addr);

/*
 * The kinds: each returns the event, of which the caller is the user, or ERR_PTR; -EOPNOTSUPP
 * for what the kernel may serve.
 */
struct mbpf_event *mbpf_event_kprobe_create(const struct mbpf_event_request *request);
struct mbpf_event *mbpf_event_counter_create(const struct mbpf_event_request *request);
struct mbpf_event *mbpf_event_output_create(const struct mbpf_event_request *request);

/* Whether it takes programs' output, which is what a PERF_EVENT_ARRAY holds. */
bool mbpf_event_is_output(const struct mbpf_event *event);

/* LINK_CREATE on an event: a descriptor; -EEXIST if the event has a program; see set_prog. */
int mbpf_event_link_create(const union minibpf_attr *attr);

#endif /* MBPF_EVENT_H */
