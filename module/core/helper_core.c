// SPDX-License-Identifier: GPL-2.0-only
/* Helpers that need nothing of the operating system: maps, loops, text. */
#include "helper_core.h"
#include "format.h"
#include "map.h"

/* Registers hold addresses; the verifier has checked what they point to. */
static void *address(u64 reg)
{
	return (void *)(unsigned long)reg;
}

u64 mbpf_helper_map_lookup_elem(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct mbpf_map *map = address(r1);

	return (unsigned long)map->ops->lookup(map, address(r2));
}

u64 mbpf_helper_map_update_elem(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct mbpf_map *map = address(r1);

	return map->ops->update(map, address(r2), address(r3), r4);
}

u64 mbpf_helper_map_delete_elem(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct mbpf_map *map = address(r1);

	return map->ops->delete(map, address(r2));
}

u64 mbpf_helper_map_lookup_percpu_elem(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct mbpf_map *map = address(r1);

	if (!map->ops->lookup_cpu)
		return 0;
	return (unsigned long)map->ops->lookup_cpu(map, address(r2), (u32)r3);
}

/* A callback that is machine code. */
struct native_callee {
	struct mbpf_callee callee;
	mbpf_helper_fn fn;
};

static u64 native_call(const struct mbpf_callee *callee, u64 r1, u64 r2, u64 r3, u64 r4)
{
	return container_of(callee, struct native_callee, callee)->fn(r1, r2, r3, r4, 0);
}

static struct native_callee native_callee(u64 addr)
{
	return (struct native_callee){
		.callee.call = native_call,
		.fn = (mbpf_helper_fn)(unsigned long)addr,
	};
}

u64 mbpf_helper_for_each_map_elem_iterate(const struct mbpf_callee *callee,
					  u64 r1, u64 r2, u64 r3, u64 r4)
{
	struct mbpf_map *map = address(r1);

	if (!map->ops->for_each)
		return (s64)-EINVAL;
	return map->ops->for_each(map, callee, r3, r4);
}

u64 mbpf_helper_for_each_map_elem(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct native_callee native = native_callee(r2);

	return mbpf_helper_for_each_map_elem_iterate(&native.callee, r1, 0, r3, r4);
}

u64 mbpf_helper_loop_iterate(const struct mbpf_callee *callee, u64 r1, u64 r2, u64 r3, u64 r4)
{
	u32 rounds = r1, i;

	if (r4)
		return (s64)-EINVAL;
	if (rounds > MBPF_MAX_LOOPS)
		return (s64)-E2BIG;
	for (i = 0; i < rounds; i++)
		if (callee->call(callee, i, r3, 0, 0))
			return i + 1;
	return i;
}

u64 mbpf_helper_loop(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct native_callee native = native_callee(r2);

	return mbpf_helper_loop_iterate(&native.callee, r1, 0, r3, r4);
}

u64 mbpf_helper_snprintf(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const char *fmt = address(r3);
	const u64 *args = address(r4);
	u32 size = r2, bytes = r5;
	int len;

	if (bytes % 8 || bytes > MBPF_FORMAT_MAX_ARGS * 8 || (bytes && !args))
		return (s64)-EINVAL;
	/* The verifier guarantees the terminating NUL. */
	len = mbpf_format_check(fmt, U32_MAX, bytes / 8);
	if (len)
		return (s64)len;
	len = mbpf_format(address(r1), size, fmt, U32_MAX, args, bytes / 8);
	return len < 0 ? (s64)len : len + 1;
}

u64 mbpf_helper_strncmp(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	int diff = strncmp(address(r1), address(r3), (u32)r2);

	/* Implementations differ in what they return beyond the sign. */
	return (s64)((diff > 0) - (diff < 0));
}
