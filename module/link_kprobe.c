// SPDX-License-Identifier: GPL-2.0-only
/* Links to places in the kernel's text, and LINK_CREATE, which makes them. */
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "event.h"
#include "info.h"
#include "ioctl.h"
#include "link_kprobe.h"
#include "prog_object.h"

#define MAX_PLACES (1U << 16)
#define MANY_PLACES 8	/* with more, places are probed in ways that end together */

static struct mbpf_kprobe_link *kprobe_link(struct mbpf_link *link)
{
	return container_of(link, struct mbpf_kprobe_link, link);
}

static void kprobe_link_detach(struct mbpf_link *link)
{
	struct mbpf_kprobe_link *kl = kprobe_link(link);

	mbpf_probes_detach(kl->probes, kl->nr);
}

static void kprobe_link_free(struct mbpf_link *link)
{
	kvfree(kprobe_link(link));
}

static void kprobe_link_show_fdinfo(struct mbpf_link *link, struct seq_file *seq)
{
	seq_printf(seq, "kprobe_cnt:\t%u\n", kprobe_link(link)->nr);
}

static int give_addrs(struct mbpf_kprobe_link *kl,
		      const struct minibpf_link_info *in)
{
	u64 __user *to = u64_to_user_ptr(in->kprobe_multi.addrs);
	u32 i, room = in->kprobe_multi.count;
	bool visible = mbpf_may_see_addresses();

	for (i = 0; i < min(room, kl->nr); i++)
		if (put_user(visible ? mbpf_probe_addr(&kl->probes[i]) : 0, to + i))
			return -EFAULT;
	return room < kl->nr ? -ENOSPC : 0;
}

static int kprobe_link_fill_info(struct mbpf_link *link,
				 const struct minibpf_link_info *in,
				 struct minibpf_link_info *info)
{
	struct mbpf_kprobe_link *kl = kprobe_link(link);
	int err = 0;
	u32 i;

	if (!in->kprobe_multi.addrs != !in->kprobe_multi.count)
		return -EINVAL;
	info->kprobe_multi.addrs = in->kprobe_multi.addrs;
	info->kprobe_multi.count = kl->nr;
	info->kprobe_multi.flags = kl->is_return ? MINIBPF_F_KPROBE_MULTI_RETURN : 0;

	mutex_lock(&link->detach_lock);
	info->strategy = mbpf_probe_strategy(&kl->probes[0]);
	for (i = 0; i < kl->nr; i++) {
		info->kprobe_multi.missed += mbpf_probe_missed(&kl->probes[i]);
		info->hits += mbpf_probe_hits(&kl->probes[i]);
	}
	if (in->kprobe_multi.addrs)
		err = give_addrs(kl, in);
	mutex_unlock(&link->detach_lock);
	return err;
}

static const struct mbpf_link_ops kprobe_link_ops = {
	.detach = kprobe_link_detach,
	.free = kprobe_link_free,
	.fill_info = kprobe_link_fill_info,
	.show_fdinfo = kprobe_link_show_fdinfo,
};

int mbpf_kprobe_link_allowed(void)
{
	if (!perfmon_capable())
		return -EPERM;
	return security_locked_down(LOCKDOWN_KPROBES);
}

struct mbpf_kprobe_link *mbpf_kprobe_link_create(struct mbpf_prog_object *po,
						 u32 nr, bool is_return)
{
	struct mbpf_kprobe_link *kl;

	if (po->type != MINIBPF_PROG_TYPE_KPROBE)
		return ERR_PTR(-EINVAL);
	kl = kvzalloc(struct_size(kl, probes, nr), GFP_KERNEL_ACCOUNT);
	if (!kl)
		return ERR_PTR(-ENOMEM);
	kl->is_return = is_return;
	kl->nr = nr;
	mbpf_link_init(&kl->link, &kprobe_link_ops, MINIBPF_LINK_TYPE_KPROBE_MULTI,
		       "kprobe_multi", po);
	/* Half attached is attached: what is there must be detached again. */
	kl->link.detached = false;
	return kl;
}

int mbpf_kprobe_link_attach(struct mbpf_kprobe_link *kl, u32 i, char *place,
			    u64 cookie, bool once)
{
	struct mbpf_probe_spec spec;
	int err;

	err = mbpf_probe_spec_parse(place, &spec);
	if (err)
		return err;
	spec.is_return = kl->is_return;
	kl->probes[i].prog = kl->link.prog;
	kl->probes[i].cookie = cookie;
	kl->probes[i].many = kl->nr > MANY_PLACES;
	return mbpf_probe_attach(&kl->probes[i], &spec, once);
}

/* Text of place @i of a LINK_CREATE; an address is brought into that form. */
static int place_text(const union minibpf_attr *attr, u32 i, char *text)
{
	u64 __user *list;
	u64 value;
	long len;

	list = u64_to_user_ptr(attr->link_create.kprobe_multi.syms ?:
			       attr->link_create.kprobe_multi.addrs);
	if (get_user(value, list + i))
		return -EFAULT;
	if (!attr->link_create.kprobe_multi.syms) {
		snprintf(text, MBPF_PLACE_LEN, "0x%llx", value);
		return 0;
	}
	len = strncpy_from_user(text, u64_to_user_ptr(value), MBPF_PLACE_LEN);
	if (len < 0)
		return len;
	return len == MBPF_PLACE_LEN ? -EINVAL : 0;
}

static int attach_all(struct mbpf_kprobe_link *kl, const union minibpf_attr *attr)
{
	u64 __user *cookies = u64_to_user_ptr(attr->link_create.kprobe_multi.cookies);
	char *text;
	u64 cookie;
	u32 i;
	int err = 0, late;

	text = kmalloc(MBPF_PLACE_LEN, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	for (i = 0; i < kl->nr && !err; i++) {
		cookie = 0;
		if (fatal_signal_pending(current))
			err = -EINTR;
		else if (cookies && get_user(cookie, cookies + i))
			err = -EFAULT;
		else
			err = place_text(attr, i, text);
		if (!err)
			err = mbpf_kprobe_link_attach(kl, i, text, cookie, false);
		cond_resched();
	}
	kfree(text);
	/* After an error, too: a place that waits may have got another's program meanwhile. */
	late = mbpf_probes_commit();
	return err ?: late;
}

static int check_attr(const union minibpf_attr *attr)
{
	u32 cnt = attr->link_create.kprobe_multi.cnt;

	if (attr->link_create.attach_type != MINIBPF_TRACE_KPROBE_MULTI ||
	    attr->link_create.flags || attr->link_create.target_fd)
		return -EINVAL;
	if (attr->link_create.kprobe_multi.flags & ~MINIBPF_F_KPROBE_MULTI_RETURN)
		return -EINVAL;
	if (!attr->link_create.kprobe_multi.syms == !attr->link_create.kprobe_multi.addrs)
		return -EINVAL;
	if (!cnt)
		return -EINVAL;
	return cnt > MAX_PLACES ? -E2BIG : 0;
}

int mbpf_cmd_link_create(struct mbpf_call *call)
{
	const union minibpf_attr *attr = &call->attr;
	struct mbpf_kprobe_link *kl;
	struct mbpf_prog_object *po;
	int ret;

	if (attr->link_create.attach_type == MINIBPF_PERF_EVENT)
		return mbpf_event_link_create(attr);
	po = mbpf_prog_object_to_run(attr->link_create.prog_fd);
	if (IS_ERR(po))
		return PTR_ERR(po);
	ret = mbpf_kprobe_link_allowed() ?: check_attr(attr);
	if (ret)
		goto out;
	kl = mbpf_kprobe_link_create(po, attr->link_create.kprobe_multi.cnt,
				     attr->link_create.kprobe_multi.flags &
					     MINIBPF_F_KPROBE_MULTI_RETURN);
	if (IS_ERR(kl)) {
		ret = PTR_ERR(kl);
		goto out;
	}
	ret = attach_all(kl, attr) ?: mbpf_object_publish(&kl->link.obj);
	if (!ret)
		ret = mbpf_object_new_fd(&kl->link.obj, O_RDWR);
	if (ret < 0)
		mbpf_object_put_user(&kl->link.obj);
out:
	mbpf_object_put_user(&po->obj);
	return ret;
}
