// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ci/btf compiles for its types alone: the headers that programs for BPF ask about, and
 * the records of tracepoints.
 */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/cgroup.h>
#include <linux/dcache.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/inet.h>
#include <linux/interrupt.h>
#include <linux/ipv6.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/oom.h>
#include <linux/path.h>
#include <linux/perf_event.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/tcp.h>
#include <linux/tick.h>
#include <linux/trace_events.h>
#include <linux/tty.h>
#include <linux/udp.h>
#include <linux/utsname.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>

#define CREATE_TRACE_POINTS
#include <trace/events/block.h>
#include <trace/events/irq.h>
#include <trace/events/oom.h>
#include <trace/events/sched.h>
#include <trace/events/signal.h>
#include <trace/events/sock.h>
#include <trace/events/task.h>
#include <trace/events/tcp.h>
#include <trace/events/timer.h>

#undef CREATE_TRACE_POINTS

/*
 * What is in no package of headers, where all of the kernel's source is at hand, as it is with a
 * kernel that somebody built: slab caches, run queues, mount namespaces.
 */
#if __has_include(<../kernel/sched/sched.h>)
#include <../fs/mount.h>
#include <../kernel/sched/sched.h>
#include <../mm/slab.h>
#endif

/* In none of the kernel's headers; the records of system calls are the same everywhere. */
struct syscall_trace_enter {
	struct trace_entry ent;
	int nr;
	unsigned long args[];
};

struct syscall_trace_exit {
	struct trace_entry ent;
	int nr;
	long ret;
};

/* Of raw_syscalls, as <trace/events/syscalls.h> makes them, which does not go with the others. */
struct trace_event_raw_sys_enter {
	struct trace_entry ent;
	long id;
	unsigned long args[6];
	char __data[];
};

struct trace_event_raw_sys_exit {
	struct trace_entry ent;
	long id;
	long ret;
	char __data[];
};

/* That there are ring buffers is all that programs want to know of it. */
struct bpf_ringbuf {
	wait_queue_head_t waitq;
};
