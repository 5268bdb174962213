// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * Probes of the kernel backend: a perf event of the kprobe PMU or, where there
 * is none, of an event made in tracefs; with a link where there are links.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define PMU "/sys/bus/event_source/devices/kprobe/"

/**
 * struct where - a target, taken apart
 * @symbol: with its module; "" for an address
 * @offset: behind the symbol
 * @address: if there is no symbol
 */
struct where {
	char symbol[128];
	uint64_t offset;
	uint64_t address;
};

static int parse_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno || end == text || *end || *text == '-' ? -EINVAL : 0;
}

static int parse_target(const char *target, struct where *where)
{
	const char *plus = strchr(target, '+');
	size_t len = plus ? (size_t)(plus - target) : strlen(target);

	memset(where, 0, sizeof(*where));
	if (!strncmp(target, "0x", 2))
		return parse_number(target, &where->address);
	if (!len || len >= sizeof(where->symbol))
		return -EINVAL;
	memcpy(where->symbol, target, len);
	return plus ? parse_number(plus + 1, &where->offset) : 0;
}

static int read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len <= 0)
		return -EIO;
	buf[len] = 0;
	return 0;
}

static int open_perf(const struct perf_event_attr *attr)
{
	/* any process; cpu is a formality: the program runs wherever the probe is hit */
	int fd = syscall(__NR_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_pmu(const struct where *where, bool at_return)
{
	struct perf_event_attr attr;
	char text[64];
	int ret, bit = 0;

	ret = read_text(PMU "type", text, sizeof(text));
	if (ret)
		return ret;
	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = atoi(text);
	if (at_return) {
		ret = read_text(PMU "format/retprobe", text, sizeof(text));
		if (ret)
			return ret;
		if (sscanf(text, "config:%d", &bit) != 1)
			return -EINVAL;
		attr.config = 1ULL << bit;
	}
	if (where->address) {
		attr.kprobe_addr = where->address;
	} else {
		attr.kprobe_func = (uintptr_t)where->symbol;
		attr.probe_offset = where->offset;
	}
	return open_perf(&attr);
}

static int write_event(const char *line)
{
	int fd = minibpf_tracefs_open("kprobe_events", O_WRONLY | O_APPEND), ret = 0;

	if (fd < 0)
		return fd;
	if (write(fd, line, strlen(line)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int open_tracefs(const struct where *where, bool at_return, struct minibpf_event *event)
{
	static atomic_uint count;
	struct perf_event_attr attr;
	char text[256];
	int fd, ret;
	ssize_t len;

	snprintf(event->name, sizeof(event->name), "minibpf_%d_%u", getpid(),
		 atomic_fetch_add(&count, 1));
	if (where->address)
		snprintf(text, sizeof(text), "%c:minibpf/%s 0x%llx", at_return ? 'r' : 'p',
			 event->name, (unsigned long long)where->address);
	else
		snprintf(text, sizeof(text), "%c:minibpf/%s %s+%llu", at_return ? 'r' : 'p',
			 event->name, where->symbol, (unsigned long long)where->offset);
	ret = write_event(text);
	if (ret) {
		event->name[0] = 0;
		return ret;
	}
	snprintf(text, sizeof(text), "events/minibpf/%s/id", event->name);
	fd = minibpf_tracefs_open(text, O_RDONLY);
	if (fd < 0)
		return fd;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return -EIO;
	text[len] = 0;
	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_TRACEPOINT;
	attr.config = atoi(text);
	attr.sample_period = 1;
	return open_perf(&attr);
}

static int attach(int perf_fd, int prog_fd, struct minibpf_event *event)
{
	union minibpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog_fd;
	attr.link_create.target_fd = perf_fd;
	attr.link_create.attach_type = MINIBPF_PERF_EVENT;
	fd = minibpf_sys_bpf(MINIBPF_LINK_CREATE, &attr, sizeof(attr));
	if (fd >= 0) {
		/* the link keeps the event */
		if (ioctl(perf_fd, PERF_EVENT_IOC_ENABLE, 0)) {
			int ret = -errno;

			close(fd);
			return ret;
		}
		close(perf_fd);
		event->fd = fd;
		event->is_link = true;
		return 0;
	}
	if (ioctl(perf_fd, PERF_EVENT_IOC_SET_BPF, prog_fd) ||
	    ioctl(perf_fd, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	event->fd = perf_fd;
	return 0;
}

int minibpf_event_open(int prog_fd, const char *target, bool at_return,
		       struct minibpf_event *event)
{
	struct where where;
	int fd, ret;

	memset(event, 0, sizeof(*event));
	event->fd = -1;
	ret = parse_target(target, &where);
	if (ret)
		return ret;
	fd = open_pmu(&where, at_return);
	if (fd == -ENOENT && access(PMU "type", F_OK))
		fd = open_tracefs(&where, at_return, event);
	if (fd < 0) {
		minibpf_event_close(event);
		return fd;
	}
	ret = attach(fd, prog_fd, event);
	if (ret) {
		close(fd);
		minibpf_event_close(event);
	}
	return ret;
}

void minibpf_event_close(struct minibpf_event *event)
{
	char line[64];

	if (event->fd >= 0)
		close(event->fd);
	event->fd = -1;
	if (event->name[0]) {
		snprintf(line, sizeof(line), "-:minibpf/%s", event->name);
		write_event(line);
		event->name[0] = 0;
	}
}
