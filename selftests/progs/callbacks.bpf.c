// SPDX-License-Identifier: GPL-2.0-only
/* Functions that helpers call back: bpf_loop() and bpf_for_each_map_elem(). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} squares SEC(".maps");

static long fill(__u32 index, void *data)
{
	__u32 key = index & 7;
	__u64 value = (__u64)key * key;

	(void)data;
	bpf_map_update_elem(&squares, &key, &value, BPF_ANY);
	return 0;
}

static long add(void *map, const __u32 *key, const __u64 *value, __u64 *sum)
{
	(void)map;
	(void)key;
	*sum += *value;
	return 0;
}

/* Result: the sum of the squares below 8, 140. */
SEC("kprobe/do_nanosleep")
int callbacks(void *ctx)
{
	__u64 sum = 0;

	(void)ctx;
	bpf_loop(8, fill, (void *)0, 0);
	bpf_for_each_map_elem(&squares, add, &sum, 0);
	return sum;
}

char _license[] SEC("license") = "GPL";
