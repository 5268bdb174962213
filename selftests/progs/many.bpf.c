// SPDX-License-Identifier: GPL-2.0-only
/* Something of everything that a loader has to resolve; for its unit test. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern struct { } given;
int many_second(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct { long a[3]; char b; });
} table SEC(".maps");

static struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 11);
	__uint(key_size, 4);
	__uint(value_size, 24);
} hidden SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, int (void *));
} stages SEC(".maps") = { .values = { [1] = (void *)&many_second } };

const volatile int read_only = 5;
static int data_static = 3;
int data_global = 7;
int zero_global;
static long zero_static;
const volatile char own_section[4] SEC(".rodata.own") = "own";

static __noinline int deep(int x)
{
	zero_static += x;
	zero_global++;
	return x + read_only;
}

__noinline int middle(int x)
{
	return deep(x) + data_global;
}

static long back(__u32 i, void *data)
{
	(void)data;
	data_static += i;
	return 0;
}

SEC("kprobe/do_nanosleep")
int many(void *ctx)
{
	int key = 0, *value;

	value = bpf_map_lookup_elem(&given, &key);
	if (value)
		*value += middle(1) + deep(2);
	bpf_map_lookup_elem(&hidden, &key);
	bpf_map_lookup_elem(&table, &key);
	bpf_loop(10, back, (void *)0, 0);
	bpf_printk("%d %d %d %d", 1, 2, 3, own_section[1]);
	bpf_tail_call(ctx, &stages, 1);
	return 0;
}

SEC("kretprobe/do_nanosleep")
int many_second(void *ctx)
{
	(void)ctx;
	return deep(3);
}

char _license[] SEC("license") = "Dual BSD/GPL";
