// SPDX-License-Identifier: GPL-2.0-only
/* Links to events: what LINK_CREATE makes of an event's descriptor. */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/slab.h>

#include "event.h"
#include "ioctl.h"
#include "link.h"
#include "link_kprobe.h"
#include "prog_object.h"

/**
 * struct event_link - an event and its program
 * @link: common head
 * @event: of which the link is a user
 */
struct event_link {
	struct mbpf_link link;
	struct mbpf_event *event;
};

static struct event_link *event_link(struct mbpf_link *link)
{
	return container_of(link, struct event_link, link);
}

static void event_link_detach(struct mbpf_link *link)
{
	mbpf_event_clear_prog(event_link(link)->event);
}

static void event_link_free(struct mbpf_link *link)
{
	mbpf_object_put_user(&event_link(link)->event->obj);
	kfree(event_link(link));
}

static int event_link_fill_info(struct mbpf_link *link, const struct minibpf_link_info *in,
				struct minibpf_link_info *info)
{
	/* The event's descriptor disarms it, too, so the link's lock would not do. */
	return mbpf_event_fill_info(event_link(link)->event, in, info);
}

static const struct mbpf_link_ops event_link_ops = {
	.detach = event_link_detach,
	.free = event_link_free,
	.fill_info = event_link_fill_info,
};

/* Takes @event over, also if it fails. */
static int create(struct mbpf_event *event, struct mbpf_prog_object *po, u64 cookie)
{
	struct event_link *el = kzalloc(sizeof(*el), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!el) {
		mbpf_object_put_user(&event->obj);
		return -ENOMEM;
	}
	el->event = event;
	mbpf_link_init(&el->link, &event_link_ops, MINIBPF_LINK_TYPE_PERF_EVENT, "perf", po);
	ret = mbpf_event_set_prog(event, po, cookie);
	if (!ret) {
		el->link.detached = false;
		ret = mbpf_object_publish(&el->link.obj);
	}
	if (!ret)
		ret = mbpf_object_new_fd(&el->link.obj, O_RDWR);
	if (ret < 0)
		mbpf_object_put_user(&el->link.obj);
	return ret;
}

int mbpf_event_link_create(const union minibpf_attr *attr)
{
	struct mbpf_prog_object *po;
	struct mbpf_event *event;
	int ret;

	if (attr->link_create.flags)
		return -EINVAL;
	po = mbpf_prog_object_to_run(attr->link_create.prog_fd);
	if (IS_ERR(po))
		return PTR_ERR(po);
	ret = mbpf_kprobe_link_allowed();
	if (ret)
		goto out;
	event = mbpf_event_from_fd(attr->link_create.target_fd);
	ret = PTR_ERR_OR_ZERO(event);
	if (!ret)
		ret = create(event, po, attr->link_create.perf_event.bpf_cookie);
out:
	mbpf_object_put_user(&po->obj);
	return ret;
}
