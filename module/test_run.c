// SPDX-License-Identifier: GPL-2.0-only
/* PROG_TEST_RUN: a program on a context that user space made, under a probe's conditions. */
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "prog_object.h"
#include "run.h"
#include "stats.h"

/* Runs until @repeat is reached, somebody needs the CPU or a signal comes. */
static u32 run_some(struct mbpf_prog_object *po, struct pt_regs *regs, u32 repeat, u32 *retval)
{
	u32 done = 0;

	rcu_read_lock();
	do {
		*retval = mbpf_prog_object_run(po, regs);
	} while (++done < repeat && !need_resched() && !signal_pending(current));
	rcu_read_unlock();
	return done;
}

static int run_all(struct mbpf_prog_object *po, struct pt_regs *regs, u32 repeat,
		   u32 *retval, u32 *duration)
{
	u64 start, ns = 0;
	u32 left = repeat;

	while (left) {
		/* No program that is under way can be preempted by this one. */
		if (!mbpf_run_begin(0, 0, NULL, NULL))
			return -EBUSY;
		start = ktime_get_ns();
		left -= run_some(po, regs, left, retval);
		ns += ktime_get_ns() - start;
		mbpf_run_end();
		if (left && signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	*duration = min_t(u64, div_u64(ns, repeat), U32_MAX);
	return 0;
}

/* Programs do not write their context, so it goes back as it came. */
static int return_ctx(struct mbpf_call *call, const struct pt_regs *regs)
{
	u32 size = min_t(u32, call->attr.test.ctx_size_out, sizeof(*regs));

	if (!call->attr.test.ctx_size_out)
		return 0;
	if (copy_to_user(u64_to_user_ptr(call->attr.test.ctx_out), regs, size) ||
	    mbpf_call_return(call, offsetof(union minibpf_attr, test.ctx_size_out), sizeof(*regs)))
		return -EFAULT;
	return size < sizeof(*regs) ? -ENOSPC : 0;
}

static int test_run(struct mbpf_call *call, struct mbpf_prog_object *po)
{
	u32 repeat = call->attr.test.repeat ?: 1, retval = 0, duration = 0;
	struct pt_regs regs;
	int err, full;

	if (call->attr.test.ctx_size_in > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&regs, sizeof(regs), u64_to_user_ptr(call->attr.test.ctx_in),
				    call->attr.test.ctx_size_in);
	if (err)
		return err;
	err = run_all(po, &regs, repeat, &retval, &duration);
	if (err)
		return err;
	full = return_ctx(call, &regs);
	if (full && full != -ENOSPC)
		return full;
	if (mbpf_call_return(call, offsetof(union minibpf_attr, test.retval), retval) ||
	    mbpf_call_return(call, offsetof(union minibpf_attr, test.duration), duration))
		return -EFAULT;
	return full;
}

int mbpf_cmd_prog_test_run(struct mbpf_call *call)
{
	const union minibpf_attr *attr = &call->attr;
	struct mbpf_prog_object *po;
	int err;

	if (!attr->test.ctx_size_in != !attr->test.ctx_in ||
	    !attr->test.ctx_size_out != !attr->test.ctx_out)
		return -EINVAL;
	if (attr->test.data_size_in || attr->test.data_size_out || attr->test.data_in ||
	    attr->test.data_out || attr->test.flags || attr->test.cpu || attr->test.batch_size)
		return -EINVAL;
	po = mbpf_prog_object_to_run(attr->test.prog_fd);
	if (IS_ERR(po))
		return PTR_ERR(po);
	/* What others get cannot be given from here. */
	if (po->type == MINIBPF_PROG_TYPE_TRACEPOINT || po->type == MINIBPF_PROG_TYPE_PERF_EVENT)
		err = -ENOTSUPP;
	else
		err = test_run(call, po);
	mbpf_object_put_user(&po->obj);
	return err;
}
