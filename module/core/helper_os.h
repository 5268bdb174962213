/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What helpers need of the operating system. The module implements these on
 * the kernel, the unit tests on the process they run in. Arguments are R1..R5
 * as the program passed them; the verifier has seen to what helper.c's table
 * asks of them. All are safe in any context, NMI included, and are called
 * with preemption off.
 */
#ifndef MBPF_HELPER_OS_H
#define MBPF_HELPER_OS_H

#include "os.h"

#define MBPF_HELPER_OS(name) \
	u64 mbpf_helper_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)

/*
 * (dst, size, address): copies @size bytes. 0, or -EFAULT with all of dst
 * zeroed. probe_read() tells kernel and user addresses apart by their value.
 */
MBPF_HELPER_OS(probe_read);
MBPF_HELPER_OS(probe_read_user);
MBPF_HELPER_OS(probe_read_kernel);

/*
 * (dst, size, address): copies a string, cut to @size - 1 bytes, and a NUL.
 * Bytes written, the NUL included; -EFAULT with all of dst zeroed. Size 0
 * touches nothing and gives 0.
 */
MBPF_HELPER_OS(probe_read_str);
MBPF_HELPER_OS(probe_read_user_str);
MBPF_HELPER_OS(probe_read_kernel_str);

MBPF_HELPER_OS(ktime_get_ns);
MBPF_HELPER_OS(ktime_get_boot_ns);
MBPF_HELPER_OS(jiffies64);
MBPF_HELPER_OS(get_prandom_u32);
MBPF_HELPER_OS(get_smp_processor_id);
MBPF_HELPER_OS(get_numa_node_id);

/*
 * (fmt, fmt_size, arg1, arg2, arg3) and (fmt, fmt_size, args, bytes at args):
 * a line in the trace, made by mbpf_format(). Bytes of text; -EINVAL for a bad
 * format or number of arguments; -EBUSY when no buffer is free.
 */
MBPF_HELPER_OS(trace_printk);
MBPF_HELPER_OS(trace_vprintk);

/*
 * (ctx, map, flags, data, bytes at data): a sample in the ring that is in the map, a
 * PERF_EVENT_ARRAY, at the index in the lower half of flags, all ones of which mean this CPU.
 * 0; -EINVAL flags; -E2BIG index, or too much data; -ENOENT no ring there; -EOPNOTSUPP
 * that of another CPU; -ENOSPC no room, which the reader is told of.
 */
MBPF_HELPER_OS(perf_event_output);

/*
 * (map, index): whether the current task is in the cgroup that is there in the map, a
 * CGROUP_ARRAY, or below it: 1 or 0; -E2BIG index; -EAGAIN nothing there.
 */
MBPF_HELPER_OS(current_task_under_cgroup);

/* Of the current task; -EINVAL where there is none. */
MBPF_HELPER_OS(get_current_pid_tgid);	/* tgid << 32 | pid */
MBPF_HELPER_OS(get_current_uid_gid);	/* gid << 32 | uid */
MBPF_HELPER_OS(get_current_comm);	/* (buf, size): NUL-padded; 0 */
MBPF_HELPER_OS(get_current_task);
MBPF_HELPER_OS(get_current_cgroup_id);	/* in the hierarchy of version 2 */

/*
 * (signal): sends it to the current task's process, or to the task alone. 0, also where it is
 * sent only when interrupts are on again; -EPERM kernel threads, tasks that exit, init;
 * -EINVAL no such signal; -EBUSY the last one of this CPU still waits.
 */
MBPF_HELPER_OS(send_signal);
MBPF_HELPER_OS(send_signal_thread);

/*
 * (address, src, bytes at src): writes the current task's memory. 0; -EFAULT; -EPERM as for
 * signals, and in interrupts, which breakpoints are (a kprobe inside a function), and where
 * its memory is not the one that is mapped.
 */
MBPF_HELPER_OS(probe_write_user);

/* (ctx): of the probe that runs the program; 0 where it has none. */
MBPF_HELPER_OS(get_func_ip);
MBPF_HELPER_OS(get_attach_cookie);

/**
 * mbpf_os_pointer_text - the text of a pointer as the kernel's printf has it
 * @buf: where it goes, NUL-terminated, cut to @size
 * @size: bytes at @buf, at least 1
 * @kind: 'p' for %p, 'K', 's', 'S' or 'B' for %pK, %ps, %pS and %pB
 * @value: the pointer
 */
void mbpf_os_pointer_text(char *buf, u32 size, char kind, u64 value);

#endif /* MBPF_HELPER_OS_H */
