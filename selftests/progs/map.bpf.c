// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the seed system's map.c does: count in element 0 of an array that user
 * space created, filled, and gave to the loader under the name of an extern
 * symbol. &map_fd is that map; in the seed it was the address of a descriptor.
 *
 * Element 1 is the process to count, 0 for all.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern struct { } map_fd;

int count(void *ctx)
{
	int key = 0, whom_key = 1, new;
	int *old, *whom;

	(void)ctx;
	whom = bpf_map_lookup_elem(&map_fd, &whom_key);
	if (whom && *whom && *whom != (int)(bpf_get_current_pid_tgid() >> 32))
		return 0;
	bpf_printk("map program triggered");
	old = bpf_map_lookup_elem(&map_fd, &key);
	if (!old)
		return 0;
	new = *old + 1;
	bpf_printk("inc value from %d to %d", *old, new);
	bpf_map_update_elem(&map_fd, &key, &new, BPF_ANY);
	return 1;
}

char _license[] SEC("license") = "GPL";
