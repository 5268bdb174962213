// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Numbers of the ABI and the words for them. */
#include <stddef.h>

#include "cli.h"

static const char *const map_types[] = {
	[MINIBPF_MAP_TYPE_HASH] = "hash",
	[MINIBPF_MAP_TYPE_ARRAY] = "array",
	[MINIBPF_MAP_TYPE_PROG_ARRAY] = "prog_array",
	[MINIBPF_MAP_TYPE_PERF_EVENT_ARRAY] = "perf_event_array",
	[MINIBPF_MAP_TYPE_STACK_TRACE] = "stack_trace",
	[MINIBPF_MAP_TYPE_CGROUP_ARRAY] = "cgroup_array",
	[MINIBPF_MAP_TYPE_PERCPU_HASH] = "percpu_hash",
	[MINIBPF_MAP_TYPE_PERCPU_ARRAY] = "percpu_array",
	[MINIBPF_MAP_TYPE_LRU_HASH] = "lru_hash",
	[MINIBPF_MAP_TYPE_LRU_PERCPU_HASH] = "lru_percpu_hash",
	[MINIBPF_MAP_TYPE_RINGBUF] = "ringbuf",
};

static const char *const strategies[] = {
	[MINIBPF_STRATEGY_NONE] = "detached",
	[MINIBPF_STRATEGY_DIRECT] = "direct",
	[MINIBPF_STRATEGY_FTRACE] = "ftrace",
	[MINIBPF_STRATEGY_KPROBE] = "kprobe",
	[MINIBPF_STRATEGY_KRETPROBE] = "kretprobe",
	[MINIBPF_STRATEGY_RETURN] = "return",
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

const char *map_type_name(uint32_t type)
{
	return type < NR(map_types) ? map_types[type] : NULL;
}

int map_type_number(const char *name)
{
	size_t i;

	for (i = 0; i < NR(map_types); i++)
		if (map_types[i] && is_prefix(name, map_types[i]))
			return i;
	return -1;
}

bool map_is_percpu(uint32_t type)
{
	/* also the kernel's PERCPU_CGROUP_STORAGE */
	return type == MINIBPF_MAP_TYPE_PERCPU_HASH || type == MINIBPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == MINIBPF_MAP_TYPE_LRU_PERCPU_HASH || type == 21;
}

const char *strategy_name(uint32_t strategy)
{
	return strategy < NR(strategies) ? strategies[strategy] : "unknown";
}
