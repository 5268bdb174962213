// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * perf_event_open(2) as a call of the device. Which events it serves is the module's decision;
 * it is only told the numbers that the kernel has given to its two dynamic kinds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "preload.h"

#define SOURCES "/sys/bus/event_source/devices/"

/* Number of a kind of event, or 0, which none of these has. */
static uint32_t source_type(const char *path)
{
	char text[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	return len > 0 ? strtoul(text, NULL, 10) : 0;
}

long event_open(const long args[6])
{
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.event_open.attr = args[0];
	attr.event_open.pid = args[1];
	attr.event_open.cpu = args[2];
	attr.event_open.group_fd = args[3];
	attr.event_open.flags = args[4];
	attr.event_open.kprobe_type = source_type(SOURCES "kprobe/type");
	attr.event_open.uprobe_type = source_type(SOURCES "uprobe/type");
	return minibpf_device_call(MINIBPF_EVENT_OPEN, &attr, sizeof(attr));
}
