// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Links: a program attached to probes, for as long as its owner wants. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* One event on the device, one for each target on the kernel backend. */
struct minibpf_link {
	uint32_t nr;
	struct minibpf_event events[];
};

static int open_device(int prog_fd, const char *const *targets, uint32_t nr, uint32_t flags,
		       struct minibpf_link *link)
{
	union minibpf_attr attr;
	uint64_t *syms;
	uint32_t i;
	int fd;

	syms = calloc(nr, sizeof(*syms));
	if (!syms)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		syms[i] = (uintptr_t)targets[i];
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog_fd;
	attr.link_create.attach_type = MINIBPF_TRACE_KPROBE_MULTI;
	attr.link_create.kprobe_multi.flags =
		flags & MINIBPF_RETURN ? MINIBPF_F_KPROBE_MULTI_RETURN : 0;
	attr.link_create.kprobe_multi.cnt = nr;
	attr.link_create.kprobe_multi.syms = (uintptr_t)syms;
	fd = minibpf_call(MINIBPF_LINK_CREATE, &attr, sizeof(attr));
	free(syms);
	if (fd < 0)
		return fd;
	link->events[0].fd = fd;
	link->events[0].is_link = true;
	link->nr = 1;
	return 0;
}

static int open_kernel(int prog_fd, const char *const *targets, uint32_t nr, uint32_t flags,
		       struct minibpf_link *link)
{
	int ret;

	for (; link->nr < nr; link->nr++) {
		ret = minibpf_event_open(prog_fd, targets[link->nr], flags & MINIBPF_RETURN,
					 &link->events[link->nr]);
		if (ret)
			return ret;
	}
	return 0;
}

int minibpf_link_kprobe(int prog_fd, const char *const *targets, uint32_t nr, uint32_t flags,
			struct minibpf_link **link)
{
	struct minibpf_link *l;
	int ret;

	if (!nr || flags & ~MINIBPF_RETURN)
		return -EINVAL;
	l = calloc(1, sizeof(*l) + (size_t)nr * sizeof(l->events[0]));
	if (!l)
		return -ENOMEM;
	if (minibpf_backend() == MINIBPF_BACKEND_DEVICE)
		ret = open_device(prog_fd, targets, nr, flags, l);
	else
		ret = open_kernel(prog_fd, targets, nr, flags, l);
	if (ret) {
		minibpf_link_close(l);
		return ret;
	}
	*link = l;
	return 0;
}

int minibpf_link_fd(const struct minibpf_link *link)
{
	if (link->nr != 1)
		return -EOPNOTSUPP;
	return link->events[0].is_link ? link->events[0].fd : -EINVAL;
}

void minibpf_link_close(struct minibpf_link *link)
{
	if (!link)
		return;
	while (link->nr)
		minibpf_event_close(&link->events[--link->nr]);
	free(link);
}
