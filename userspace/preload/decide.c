// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * What becomes of a call of bpf(2) or perf_event_open(2): decided in the same way for programs
 * that are preloaded and for those that are followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload.h"
#include "raw.h"

/*
 * Numbers above are not bpf(2)'s, or not yet, and would be others of the device, which has
 * eight bits for them; 8 and 9 have another meaning there. Bit 16 asks for arguments beyond
 * the third, which a kernel that does not have them refuses.
 */
#define LAST_COMMAND 63

#define SOURCES "/sys/bus/event_source/devices/"

static bool is_kernel_without_bpf(void)
{
	static const long nothing[6] = { -1 };

	return raw_call(__NR_bpf, nothing) == -ENOSYS;
}

bool wants_device(void)
{
	const char *wish = getenv("MINIBPF");

	if (wish && !strcmp(wish, "off"))
		return false;
	if (wish && !strcmp(wish, "force"))
		return true;
	return is_kernel_without_bpf();
}

enum answer bpf_answer(int cmd)
{
	if (cmd < 0 || cmd > LAST_COMMAND || cmd == MINIBPF_PROG_ATTACH ||
	    cmd == MINIBPF_PROG_DETACH)
		return BY_SHIM;
	return BY_DEVICE;
}

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

void event_request(const long args[6], union minibpf_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->event_open.attr = args[0];
	attr->event_open.pid = args[1];
	attr->event_open.cpu = args[2];
	attr->event_open.group_fd = args[3];
	attr->event_open.flags = args[4];
	attr->event_open.kprobe_type = source_type(SOURCES "kprobe/type");
	attr->event_open.uprobe_type = source_type(SOURCES "uprobe/type");
}
