// SPDX-License-Identifier: GPL-2.0-only
/* Tells who sleeps: with CO-RE, global data of all three kinds, and a ring buffer. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "event.h"
#include "types.h"

char LICENSE[] SEC("license") = "GPL";

const volatile int watched;	/* .rodata: whose sleeps */
unsigned int step = 10;		/* .data: changed meanwhile */
unsigned int lost, unknown;	/* .bss */
static unsigned int number;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static __noinline int tell(struct task_struct *task)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		lost++;
		return 0;
	}
	number += step;
	event->number = number;
	event->tgid = BPF_CORE_READ(task, tgid);
	event->parent = BPF_CORE_READ(task, real_parent, tgid);
	BPF_CORE_READ_STR_INTO(&event->comm, task, comm);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

static __always_inline int sleeps(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (bpf_get_current_pid_tgid() >> 32 != watched)
		return 0;
	/* No kernel has it: the reading is dead code, which libbpf has made invalid. */
	if (bpf_core_field_exists(task->no_such_field))
		unknown += BPF_CORE_READ(task, no_such_field);
	return tell(task);
}

SEC("kprobe/do_nanosleep")
int at_function(void *ctx)
{
	return sleeps();
}

SEC("tracepoint/syscalls/sys_enter_clock_nanosleep")
int at_tracepoint(void *ctx)
{
	return sleeps();
}
