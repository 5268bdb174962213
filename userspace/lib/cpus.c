// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* How many CPUs there may be, which sizes the values of per-CPU maps. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "minibpf.h"

#define POSSIBLE "/sys/devices/system/cpu/possible"

/* The file is "0-3" or, with gaps, "0-1,4"; numbers ascend. */
int minibpf_nr_cpus(void)
{
	int fd = open(POSSIBLE, O_RDONLY | O_CLOEXEC), nr = 0;
	char text[256], *at = text;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return -EIO;
	text[len] = 0;
	while (*at && *at != '\n') {
		char *end;
		long first = strtol(at, &end, 10), last = first;

		if (end == at)
			return -EIO;
		if (*end == '-') {
			at = end + 1;
			last = strtol(at, &end, 10);
			if (end == at || last < first)
				return -EIO;
		}
		nr += last - first + 1;
		at = *end == ',' ? end + 1 : end;
	}
	return nr;
}
