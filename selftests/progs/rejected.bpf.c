// SPDX-License-Identifier: GPL-2.0-only
/* What verifiers must reject, and say in which line. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int values[16];

SEC("kprobe/do_nanosleep")
int beyond(void *ctx)
{
	__u32 at = bpf_get_prandom_u32();

	(void)ctx;
	if (at > 16)
		return 0;
	return values[at];
}

char _license[] SEC("license") = "GPL";
