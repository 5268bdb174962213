// SPDX-License-Identifier: GPL-2.0-only
/* One program that needs CO-RE relocation and one that does not. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

SEC("kprobe/do_nanosleep")
int relocated(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	int pid = 0;

	(void)ctx;
	bpf_probe_read_kernel(&pid, sizeof(pid), &task->pid);
	return pid;
}

SEC("kretprobe/do_nanosleep")
int plain(void *ctx)
{
	(void)ctx;
	return 1;
}

char _license[] SEC("license") = "GPL";
