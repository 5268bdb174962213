// SPDX-License-Identifier: GPL-2.0-only
/* da8bdfbd42c4 "ftrace: Rename _ftrace_direct_multi APIs to _ftrace_direct APIs" (v6.4). */
#include <linux/ftrace.h>

int (*probe(void))(struct ftrace_ops *, unsigned long);
int (*probe(void))(struct ftrace_ops *, unsigned long)
{
	return register_ftrace_direct;
}
