// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAW_TRACEPOINT_OPEN: programs that get a tracepoint's arguments as they are. A tracepoint
 * calls what is registered with its own arguments; one function with as many as there can be
 * takes those of all, and finds in the others what the registers and the stack happen to
 * hold. Arguments narrower than 64 bits come as the caller left them.
 */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>

#include "fd_query.h"
#include "info.h"
#include "ioctl.h"
#include "link.h"
#include "link_kprobe.h"
#include "prog_object.h"
#include "run.h"
#include "stats.h"

#define NAME_LEN 128

/**
 * struct raw_link - a program on a tracepoint
 * @link: common head
 * @tracepoint: of the kernel proper, which does not go away
 * @cookie: for get_attach_cookie()
 * @hits: times the program ran, per CPU
 */
struct raw_link {
	struct mbpf_link link;
	struct tracepoint *tracepoint;
	u64 cookie;
	u64 __percpu *hits;
};

static struct raw_link *raw_link(struct mbpf_link *link)
{
	return container_of(link, struct raw_link, link);
}

static noinline void raw_hit(void *data, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 a6,
			     u64 a7, u64 a8, u64 a9, u64 a10, u64 a11)
{
	u64 args[] = { a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11 };
	struct raw_link *rl = data;
	struct mbpf_run_place here;

	BUILD_BUG_ON(sizeof(args) != MBPF_RAW_ARGS_SIZE);
	mbpf_run_place_here(&here);
	rcu_read_lock();
	if (mbpf_run_begin(0, rl->cookie, NULL, &here)) {
		this_cpu_inc(*rl->hits);
		mbpf_prog_object_run(rl->link.prog, args);
		mbpf_run_end();
	} else {
		this_cpu_inc(rl->link.prog->stats->missed);
	}
	rcu_read_unlock();
}

static void raw_link_detach(struct mbpf_link *link)
{
	struct raw_link *rl = raw_link(link);

	tracepoint_probe_unregister(rl->tracepoint, raw_hit, rl);
	/* The tracepoint's own list of what to call is read under RCU. */
	tracepoint_synchronize_unregister();
}

static void raw_link_free(struct mbpf_link *link)
{
	free_percpu(raw_link(link)->hits);
	kfree(raw_link(link));
}

static int raw_link_fill_info(struct mbpf_link *link, const struct minibpf_link_info *in,
			      struct minibpf_link_info *info)
{
	struct raw_link *rl = raw_link(link);
	int cpu;

	for_each_possible_cpu(cpu)
		info->hits += *per_cpu_ptr(rl->hits, cpu);
	info->raw_tracepoint.tp_name = in->raw_tracepoint.tp_name;
	return mbpf_info_give_name(in->raw_tracepoint.tp_name, in->raw_tracepoint.tp_name_len,
				   rl->tracepoint->name, &info->raw_tracepoint.tp_name_len);
}

static void raw_link_show_fdinfo(struct mbpf_link *link, struct seq_file *seq)
{
	seq_printf(seq, "tp_name:\t%s\n", raw_link(link)->tracepoint->name);
}

static int raw_link_query(struct mbpf_link *link, struct mbpf_fd_query *q)
{
	q->type = MINIBPF_FD_TYPE_RAW_TRACEPOINT;
	q->name = raw_link(link)->tracepoint->name;
	return 0;
}

static const struct mbpf_link_ops raw_link_ops = {
	.detach = raw_link_detach,
	.free = raw_link_free,
	.fill_info = raw_link_fill_info,
	.show_fdinfo = raw_link_show_fdinfo,
	.query = raw_link_query,
};

struct search {
	const char *name;
	struct tracepoint *found;
};

static void compare(struct tracepoint *tracepoint, void *priv)
{
	struct search *search = priv;

	if (!strcmp(tracepoint->name, search->name))
		search->found = tracepoint;
}

static struct raw_link *create(struct mbpf_prog_object *po, const char *name, u64 cookie)
{
	struct search search = { .name = name };
	struct raw_link *rl;
	int err;

	if (po->type != MINIBPF_PROG_TYPE_RAW_TRACEPOINT)
		return ERR_PTR(-EINVAL);
	for_each_kernel_tracepoint(compare, &search);
	if (!search.found)
		return ERR_PTR(-ENOENT);
	rl = kzalloc(sizeof(*rl), GFP_KERNEL_ACCOUNT);
	if (!rl)
		return ERR_PTR(-ENOMEM);
	rl->hits = alloc_percpu_gfp(u64, GFP_KERNEL_ACCOUNT);
	if (!rl->hits) {
		kfree(rl);
		return ERR_PTR(-ENOMEM);
	}
	rl->tracepoint = search.found;
	rl->cookie = cookie;
	mbpf_link_init(&rl->link, &raw_link_ops, MINIBPF_LINK_TYPE_RAW_TRACEPOINT,
		       "raw_tracepoint", po);
	err = tracepoint_probe_register(rl->tracepoint, raw_hit, rl);
	if (err) {
		mbpf_object_put_user(&rl->link.obj);
		return ERR_PTR(err);
	}
	rl->link.detached = false;
	return rl;
}

static int open_link(struct mbpf_prog_object *po, const union minibpf_attr *attr)
{
	char name[NAME_LEN];
	struct raw_link *rl;
	long len;
	int ret;

	ret = mbpf_kprobe_link_allowed();
	if (ret)
		return ret;
	/* A program that names what it is for when it is loaded has no name here. */
	if (!attr->raw_tracepoint.name)
		return -EINVAL;
	len = strncpy_from_user(name, u64_to_user_ptr(attr->raw_tracepoint.name), sizeof(name));
	if (len < 0)
		return len;
	name[sizeof(name) - 1] = 0;
	rl = create(po, name, attr->raw_tracepoint.cookie);
	if (IS_ERR(rl))
		return PTR_ERR(rl);
	ret = mbpf_object_publish(&rl->link.obj);
	if (!ret)
		ret = mbpf_object_new_fd(&rl->link.obj, O_RDWR);
	if (ret < 0)
		mbpf_object_put_user(&rl->link.obj);
	return ret;
}

int mbpf_cmd_raw_tracepoint_open(struct mbpf_call *call)
{
	struct mbpf_prog_object *po;
	int ret;

	if (call->attr.raw_tracepoint.pad)
		return -EINVAL;
	po = mbpf_prog_object_to_run(call->attr.raw_tracepoint.prog_fd);
	if (IS_ERR(po))
		return PTR_ERR(po);
	ret = open_link(po, &call->attr);
	mbpf_object_put_user(&po->obj);
	return ret;
}
