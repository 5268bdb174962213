// SPDX-License-Identifier: GPL-2.0-only
/* Programs that continue in others; the array comes filled. Result: 3. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int tail_second(void *ctx);
int tail_third(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} stages SEC(".maps") = {
	.values = {
		[2] = (void *)&tail_second,
		[3] = (void *)&tail_third,
	},
};

SEC("kprobe/do_nanosleep")
int tail_first(void *ctx)
{
	bpf_tail_call(ctx, &stages, 2);
	return 1;
}

SEC("kprobe")
int tail_second(void *ctx)
{
	bpf_tail_call(ctx, &stages, 0);	/* empty: goes on here */
	bpf_tail_call(ctx, &stages, 3);
	return 2;
}

SEC("kprobe")
int tail_third(void *ctx)
{
	(void)ctx;
	return 3;
}

char _license[] SEC("license") = "GPL";
