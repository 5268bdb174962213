// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a function takes, as a histogram: slot n counts calls of 2^n to
 * 2^(n+1) - 1 ns.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NR_SLOTS 40

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} entered SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} slots SEC(".maps");

static __always_inline __u32 log2(__u64 x)
{
	__u32 n = 0;

	for (__u32 step = 32; step; step >>= 1) {
		if (x >> step) {
			x >>= step;
			n += step;
		}
	}
	return n;
}

SEC("kprobe/do_nanosleep")
int latency_entry(void *ctx)
{
	__u64 who = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

	(void)ctx;
	bpf_map_update_elem(&entered, &who, &now, BPF_ANY);
	return 0;
}

SEC("kretprobe/do_nanosleep")
int latency_exit(void *ctx)
{
	__u64 who = bpf_get_current_pid_tgid(), *since, *calls;
	__u32 slot;

	(void)ctx;
	since = bpf_map_lookup_elem(&entered, &who);
	if (!since)
		return 0;
	slot = log2(bpf_ktime_get_ns() - *since);
	bpf_map_delete_elem(&entered, &who);
	if (slot >= NR_SLOTS)
		slot = NR_SLOTS - 1;
	calls = bpf_map_lookup_elem(&slots, &slot);
	if (calls)
		++*calls;
	return 0;
}

char _license[] SEC("license") = "GPL";
