// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of the kprobe PMU, on probes of the module's own, which also go where the kernel's
 * event cannot (functions' entries and returns on riscv64).
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "event.h"
#include "fd_query.h"
#include "info.h"
#include "link_kprobe.h"

#define IS_RETURN 1	/* attr.config */

/**
 * struct kprobe_event - one place
 * @event: common head; its mutex protects @probe
 * @probe: attached while the event is armed
 * @spec: where; its symbol is @symbol or NULL
 * @symbol: as the caller named it
 */
struct kprobe_event {
	struct mbpf_event event;
	struct mbpf_probe probe;
	struct mbpf_probe_spec spec;
	char symbol[MBPF_PLACE_LEN];
};

static struct kprobe_event *kprobe_event(struct mbpf_event *event)
{
	return container_of(event, struct kprobe_event, event);
}

static int kprobe_event_arm(struct mbpf_event *event)
{
	struct kprobe_event *ke = kprobe_event(event);

	ke->probe.prog = event->prog;
	ke->probe.cookie = event->cookie;
	return mbpf_probe_attach(&ke->probe, &ke->spec, false);
}

static void kprobe_event_disarm(struct mbpf_event *event)
{
	mbpf_probes_detach(&kprobe_event(event)->probe, 1);
}

static void kprobe_event_free(struct mbpf_event *event)
{
	kfree(kprobe_event(event));
}

static int kprobe_event_fill_info(struct mbpf_event *event, const struct minibpf_link_info *in,
				  struct minibpf_link_info *info)
{
	struct kprobe_event *ke = kprobe_event(event);

	info->perf_event.type = ke->spec.is_return ? MINIBPF_PERF_EVENT_KRETPROBE :
						     MINIBPF_PERF_EVENT_KPROBE;
	info->perf_event.offset = ke->spec.offset;
	info->perf_event.addr = mbpf_may_see_addresses() ? mbpf_probe_addr(&ke->probe) : 0;
	info->perf_event.missed = mbpf_probe_missed(&ke->probe);
	info->perf_event.cookie = event->cookie;
	info->strategy = mbpf_probe_strategy(&ke->probe);
	info->hits = mbpf_probe_hits(&ke->probe);
	info->perf_event.name = in->perf_event.name;
	return mbpf_info_give_name(in->perf_event.name, in->perf_event.name_len, ke->symbol,
				   &info->perf_event.name_len);
}

static int kprobe_event_query(struct mbpf_event *event, struct mbpf_fd_query *q)
{
	struct kprobe_event *ke = kprobe_event(event);

	q->type = ke->spec.is_return ? MINIBPF_FD_TYPE_KRETPROBE : MINIBPF_FD_TYPE_KPROBE;
	q->name = ke->symbol;
	q->offset = ke->spec.offset;
	q->addr = mbpf_may_see_addresses() ? mbpf_probe_addr(&ke->probe) : 0;
	return 0;
}

static const struct mbpf_event_ops kprobe_event_ops = {
	.arm = kprobe_event_arm,
	.disarm = kprobe_event_disarm,
	.free = kprobe_event_free,
	.fill_info = kprobe_event_fill_info,
	.query = kprobe_event_query,
};

static int get_spec(struct kprobe_event *ke, const struct perf_event_attr *attr)
{
	long len;

	ke->spec.is_return = attr->config & IS_RETURN;
	if (!attr->kprobe_func) {
		ke->spec.addr = attr->kprobe_addr;
		return ke->spec.addr ? 0 : -EINVAL;
	}
	len = strncpy_from_user(ke->symbol, u64_to_user_ptr(attr->kprobe_func),
				sizeof(ke->symbol));
	if (len < 0)
		return len;
	if (!len || len == sizeof(ke->symbol) || attr->probe_offset > U32_MAX)
		return -EINVAL;
	ke->spec.symbol = ke->symbol;
	ke->spec.offset = attr->probe_offset;
	return 0;
}

struct mbpf_event *mbpf_event_kprobe_create(const struct mbpf_event_request *request)
{
	struct kprobe_event *ke;
	int err;

	if (request->attr.config & ~(u64)IS_RETURN)
		return ERR_PTR(-EINVAL);
	ke = kzalloc(sizeof(*ke), GFP_KERNEL_ACCOUNT);
	if (!ke)
		return ERR_PTR(-ENOMEM);
	/* The caller wants to hear at once of a place that cannot be probed. */
	err = get_spec(ke, &request->attr) ?: mbpf_probe_try(&ke->spec);
	if (err) {
		kfree(ke);
		return ERR_PTR(err);
	}
	mbpf_event_init(&ke->event, &kprobe_event_ops, MINIBPF_PROG_TYPE_KPROBE);
	return &ke->event;
}
