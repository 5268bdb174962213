// SPDX-License-Identifier: GPL-2.0-only
/* Maps as they were defined before BTF, and an object without debug information. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct map_def {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 map_flags;
};

struct map_def first SEC("maps") = { BPF_MAP_TYPE_ARRAY, 4, 8, 16, 0 };
struct map_def second SEC("maps") = { BPF_MAP_TYPE_HASH, 8, 4, 32, BPF_F_NO_PREALLOC };

SEC("kprobe/do_nanosleep")
int legacy(void *ctx)
{
	__u64 key = 1;
	__u64 *value;

	(void)ctx;
	value = bpf_map_lookup_elem(&second, &key);
	return value ? 2 : bpf_map_lookup_elem(&first, &key) ? 1 : 0;
}

char _license[] SEC("license") = "GPL";
