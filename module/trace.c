// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace_printk: lines in a trace instance of their own, which is
 * instances/minibpf in tracefs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/string.h>

#include "compat/trace_array.h"
#include "core/format.h"
#include "core/helper_os.h"
#include "helpers.h"

static struct trace_array *trace;
/* A line under way; one program runs on a CPU at a time. */
static char __percpu *line;

int mbpf_trace_init(void)
{
	int err;

	line = __alloc_percpu(MBPF_FORMAT_MAX_TEXT, 1);
	if (!line)
		return -ENOMEM;
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
	unsigned long ip = (unsigned long)mbpf_helper_trace_printk;
	char *text;
	int len, last;

	if (!trace)
		return -ENODEV;
	text = this_cpu_ptr(line);
	len = mbpf_format(text, MBPF_FORMAT_MAX_TEXT, (const char *)fmt, fmt_size, args, nr_args);
	if (len < 0)
		return len;
	last = min_t(int, len, MBPF_FORMAT_MAX_TEXT - 1) - 1;
	if (last >= 0 && text[last] == '\n')
		trace_array_printk(trace, ip, "%s", text);
	else
		trace_array_printk(trace, ip, "%s\n", text);
	return len;
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
