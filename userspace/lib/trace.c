// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* What programs print, and other files of tracefs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "internal.h"

#define INSTANCE "instances/minibpf/trace_pipe"

int minibpf_tracefs_open(const char *name, int flags)
{
	static const char * const folders[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
	};
	char path[PATH_MAX];
	int fd, err = ENOENT;
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		fd = open(path, flags | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		if (errno != ENOENT)
			err = errno;
	}
	return -err;
}

int minibpf_trace_open(int flags)
{
	const char *pipe = minibpf_backend() == MINIBPF_BACKEND_DEVICE ? INSTANCE : "trace_pipe";

	if (flags & ~O_NONBLOCK)
		return -EINVAL;
	return minibpf_tracefs_open(pipe, O_RDONLY | flags);
}
