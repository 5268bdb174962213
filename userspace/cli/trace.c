// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf trace: what programs print, as they print it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* Bytes of @text up to and with its @lines'th line end; @lines is counted down. */
static size_t cut(const char *text, size_t len, uint32_t *lines)
{
	size_t i;

	for (i = 0; i < len && *lines; i++)
		if (text[i] == '\n')
			--*lines;
	return i;
}

int do_trace(struct args *args)
{
	uint32_t lines = UINT32_MAX;
	char text[4096];
	int fd, err = 0;
	ssize_t len;

	if (args_take(args, "count") && args_number(args, "count", &lines))
		return 1;
	if (args_end(args))
		return 1;
	fd = minibpf_trace_open(0);
	if (fd < 0)
		return fail(fd, "cannot open the trace: is tracefs mounted on /sys/kernel/tracing?");
	while (lines) {
		len = read(fd, text, sizeof(text));
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0) {
			err = len ? -errno : 0;
			break;
		}
		len = lines == UINT32_MAX ? (size_t)len : cut(text, len, &lines);
		fwrite(text, 1, len, stdout);
		fflush(stdout);
	}
	close(fd);
	return err ? fail(err, "reading the trace") : 0;
}
