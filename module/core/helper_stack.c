// SPDX-License-Identifier: GPL-2.0-only
/* The helpers that give stack traces. */
#include "helper_core.h"
#include "map.h"
#include "stack.h"

struct trace {
	u64 ips[MBPF_STACK_MAX];
};

/* One program runs on a CPU at a time, so a trace under way has one user. */
static DEFINE_PER_CPU(struct trace, trace_now);

/* Traces end at MBPF_STACK_MAX addresses, those left out among them. */
static struct mbpf_stack stack_of(u64 *ips, u32 room, u64 flags)
{
	u32 skip = flags & MBPF_STACK_SKIP;

	return (struct mbpf_stack){
		.ips = ips,
		.skip = skip,
		.max = min(room + skip, (u32)MBPF_STACK_MAX),
	};
}

u64 mbpf_helper_get_stackid(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct mbpf_map *map = (struct mbpf_map *)(unsigned long)r2;
	struct trace *trace = raw_cpu_ptr(&trace_now);
	struct mbpf_stack stack = stack_of(trace->ips, map->attr.value_size / sizeof(u64), r3);

	if (r3 & ~(u64)(MBPF_STACK_SKIP | MBPF_STACK_USER | MBPF_STACK_FAST_CMP | MBPF_STACK_REUSE))
		return (s64)-EINVAL;
	if (!mbpf_os_stack(&stack, r1, r3 & MBPF_STACK_USER) || stack.nr <= stack.skip)
		return (s64)-EFAULT;
	return mbpf_stack_map_put(map, trace->ips, stack.nr - stack.skip, r3);
}

/* What is not filled is zero, all of it if there is an error. */
u64 mbpf_helper_get_stack(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	u64 *ips = raw_cpu_ptr(&trace_now)->ips;
	struct mbpf_stack stack = stack_of(ips, r3 / sizeof(u64), r4);
	u8 *buf = (u8 *)(unsigned long)r2;
	s64 ret = -EINVAL;

	if (!(r4 & ~(u64)(MBPF_STACK_SKIP | MBPF_STACK_USER)) && !(r3 % sizeof(u64))) {
		ret = -EFAULT;
		if (mbpf_os_stack(&stack, r1, r4 & MBPF_STACK_USER) && stack.nr >= stack.skip)
			ret = (stack.nr - stack.skip) * sizeof(u64);
	}
	if (ret > 0)
		memcpy(buf, ips, ret);
	memset(buf + max_t(s64, ret, 0), 0, r3 - max_t(s64, ret, 0));
	return ret;
}
