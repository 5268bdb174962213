// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace_printk: lines in a trace instance of their own, which is
 * instances/minibpf in tracefs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/hardirq.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/string.h>

#include "compat/trace_array.h"
#include "core/format.h"
#include "core/helper_os.h"
#include "helpers.h"

#define LATER_SIZE 16384	/* a power of two */

/**
 * struct later - lines of a CPU that wait for its next interrupt
 * @work: which writes them then
 * @head: where the next byte goes; only a program moves it
 * @tail: what comes next; only @work moves it
 * @text: lines, each with its NUL; indexed modulo LATER_SIZE
 * @out: the line being written: a program may add another meanwhile
 *
 * The ring buffer takes nothing in NMI where the machine has no cmpxchg that is
 * safe there, and on RISC-V a kprobe counts as one. All is of one CPU, on which
 * one program runs at a time, so there is nothing to lock.
 */
struct later {
	struct irq_work work;
	u32 head;
	u32 tail;
	char text[LATER_SIZE];
	char out[MBPF_FORMAT_MAX_TEXT];
};

static struct trace_array *trace;
/* A line under way; one program runs on a CPU at a time. */
static char __percpu *line;
/* NULL where NMIs may write to the ring buffer. */
static struct later __percpu *later;

static void write_line(const char *text)
{
	unsigned long ip = (unsigned long)mbpf_helper_trace_printk;
	size_t len = strlen(text);

	if (len && text[len - 1] == '\n')
		trace_array_printk(trace, ip, "%s", text);
	else
		trace_array_printk(trace, ip, "%s\n", text);
}

static void write_later(struct irq_work *work)
{
	struct later *l = container_of(work, struct later, work);
	u32 i;

	while (l->tail != smp_load_acquire(&l->head)) {
		i = 0;
		do {
			l->out[i] = l->text[(l->tail + i) % LATER_SIZE];
		} while (l->out[i++]);
		smp_store_release(&l->tail, l->tail + i);
		write_line(l->out);
	}
}

/* @len: of @text, NUL included. -ENOSPC: the line is lost. */
static int keep_line(const char *text, u32 len)
{
	struct later *l = this_cpu_ptr(later);
	u32 i;

	if (len > LATER_SIZE - (l->head - smp_load_acquire(&l->tail)))
		return -ENOSPC;
	for (i = 0; i < len; i++)
		l->text[(l->head + i) % LATER_SIZE] = text[i];
	smp_store_release(&l->head, l->head + len);
	irq_work_queue(&l->work);
	return 0;
}

static int init_later(void)
{
	int cpu;

	if (IS_ENABLED(CONFIG_ARCH_HAVE_NMI_SAFE_CMPXCHG))
		return 0;
	later = alloc_percpu(struct later);
	if (!later)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		per_cpu_ptr(later, cpu)->work = IRQ_WORK_INIT_HARD(write_later);
	return 0;
}

static void deinit_later(void)
{
	int cpu;

	if (!later)
		return;
	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(later, cpu)->work);
	free_percpu(later);
	later = NULL;
}

int mbpf_trace_init(void)
{
	int err;

	err = init_later();
	if (err)
		return err;
	line = __alloc_percpu(MBPF_FORMAT_MAX_TEXT, 1);
	if (!line) {
		deinit_later();
		return -ENOMEM;
	}
	trace = trace_array_get_by_name("minibpf", NULL);
	err = trace ? trace_array_init_printk(trace) : -ENODEV;
	if (!err)
		return 0;
	pr_warn("no trace instance (error %d): trace_printk() writes nothing\n", -err);
	mbpf_trace_deinit();
	return 0;
}

void mbpf_trace_deinit(void)
{
	deinit_later();
	if (trace) {
		trace_array_put(trace);
		/* Somebody who reads it keeps it; the next init finds it again. */
		trace_array_destroy(trace);
	}
	trace = NULL;
	free_percpu(line);
	line = NULL;
}

static u64 print(u64 fmt, u32 fmt_size, const u64 *args, u32 nr_args)
{
	char *text;
	int len, err = 0;

	if (!trace)
		return -ENODEV;
	text = this_cpu_ptr(line);
	len = mbpf_format(text, MBPF_FORMAT_MAX_TEXT, (const char *)fmt, fmt_size, args, nr_args);
	if (len < 0)
		return len;
	if (later && in_nmi())
		err = keep_line(text, strlen(text) + 1);
	else
		write_line(text);
	return err ? err : len;
}

MBPF_HELPER_OS(trace_printk)
{
	u64 args[] = { r3, r4, r5 };

	return print(r1, r2, args, ARRAY_SIZE(args));
}

MBPF_HELPER_OS(trace_vprintk)
{
	if (r4 & 7 || r4 > MBPF_FORMAT_MAX_ARGS * 8 || (r4 && !r3))
		return -EINVAL;
	return print(r1, r2, (const u64 *)r3, r4 / 8);
}
