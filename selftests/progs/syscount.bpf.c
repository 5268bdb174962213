// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls per process, in a hash, and in all by kind, in a per-CPU array.
 * Which calls: those behind the functions probed here.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum kind { KIND_OPEN, KIND_READ, KIND_WRITE, NR_KINDS };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} by_process SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_KINDS);
	__type(key, __u32);
	__type(value, __u64);
} by_kind SEC(".maps");

static __always_inline int count(__u32 kind)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 one = 1, *calls;

	calls = bpf_map_lookup_elem(&by_process, &pid);
	if (calls)
		__sync_fetch_and_add(calls, 1);
	else
		bpf_map_update_elem(&by_process, &pid, &one, BPF_NOEXIST);
	calls = bpf_map_lookup_elem(&by_kind, &kind);
	if (calls)
		++*calls;
	return 0;
}

SEC("kprobe/do_sys_openat2")
int count_open(void *ctx)
{
	(void)ctx;
	return count(KIND_OPEN);
}

SEC("kprobe/ksys_read")
int count_read(void *ctx)
{
	(void)ctx;
	return count(KIND_READ);
}

SEC("kprobe/ksys_write")
int count_write(void *ctx)
{
	(void)ctx;
	return count(KIND_WRITE);
}

char _license[] SEC("license") = "GPL";
