// SPDX-License-Identifier: GPL-2.0-only
/*
 * Global variables of each kind, and functions that the linker has to bring
 * along: run it n times and @total is n * (step + 1 + 2 + ... + scale).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile int scale = 3;
int step = 40;
long total;
static int runs;

static __noinline int sum_to(int n)
{
	int sum = 0;

	for (int i = 1; i <= 8; i++)
		if (i <= n)
			sum += i;
	return sum;
}

__noinline int add(int what)
{
	runs++;
	return what + sum_to(scale);
}

SEC("kprobe/do_nanosleep")
int globals(void *ctx)
{
	(void)ctx;
	total += add(step);
	return runs;
}

char _license[] SEC("license") = "GPL";
