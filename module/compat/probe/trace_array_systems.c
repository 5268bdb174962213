// SPDX-License-Identifier: GPL-2.0-only
/* d23569979ca1 "tracing: Allow creating instances with specified system events" (v6.8). */
#include <linux/types.h>
#include <linux/trace.h>

void probe(void);
void probe(void)
{
	trace_array_get_by_name("", NULL);
}
