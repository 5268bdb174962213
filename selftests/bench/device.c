// SPDX-License-Identifier: GPL-2.0-only
/* The device as a side, and what is compared of both. */
#include <fcntl.h>
#include <sys/ioctl.h>

#include <minibpf.h>

#include "bench.h"

static int device = -1;

int side_open(void)
{
	device = open(MINIBPF_DEVICE, O_RDWR | O_CLOEXEC);
	return device < 0 ? -errno : 0;
}

int side_call(enum side side, int cmd, union bpf_attr *attr)
{
	int ret;

	if (side == INTREE)
		return side_syscall(cmd, attr);
	ret = ioctl(device, MINIBPF_IOC(cmd, sizeof(*attr)), attr);
	return ret < 0 ? -errno : ret;
}

void side_use(enum side side)
{
	minibpf_set_backend(side == DEVICE ? MINIBPF_BACKEND_DEVICE : MINIBPF_BACKEND_KERNEL);
}

static size_t record_size;

static int compare_records(const void *a, const void *b)
{
	return memcmp(a, b, record_size);
}

void *map_dump(enum side side, int fd, const struct map_spec *spec, size_t *size)
{
	bool percpu = spec->type == BPF_MAP_TYPE_PERCPU_HASH ||
		      spec->type == BPF_MAP_TYPE_PERCPU_ARRAY;
	size_t value_size = percpu ? (spec->value_size + 7) / 8 * 8 * minibpf_nr_cpus() :
			    spec->value_size;
	size_t step = spec->key_size + value_size, nr = 0;
	uint8_t *all, *key = NULL, *at;

	all = calloc(spec->max_entries + 1, step);
	for (at = all; nr < spec->max_entries; at += step, nr++) {
		if (map_elem(side, BPF_MAP_GET_NEXT_KEY, fd, key, at, 0))
			break;
		if (map_lookup(side, fd, at, at + spec->key_size)) {
			free(all);
			return NULL;
		}
		key = at;
	}
	record_size = step;
	qsort(all, nr, step, compare_records);
	*size = nr * step;
	return all;
}
