// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the seed system's context.c shows: which kind of probe was hit, where,
 * on which CPU and by whom, and every register, a line each.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "regs.h"

#define PRINT_REGISTER(name) bpf_printk("  " #name " = 0x%llx", regs->name);

static __always_inline int show(struct regs *regs, const char *kind)
{
	bpf_printk("%s", kind);
	bpf_printk("addr = 0x%llx", bpf_get_func_ip(regs));
	bpf_printk("cpu id: %u, pid: %d", bpf_get_smp_processor_id(),
		   (int)bpf_get_current_pid_tgid());
	bpf_printk("registers:");
	REGISTERS(PRINT_REGISTER)
	return 0;
}

SEC("kprobe/do_sys_openat2")
int context(struct regs *regs)
{
	return show(regs, "kprobe triggered");
}

SEC("kretprobe/do_sys_openat2")
int context_exit(struct regs *regs)
{
	return show(regs, "kretprobe@exit triggered");
}

char _license[] SEC("license") = "GPL";
