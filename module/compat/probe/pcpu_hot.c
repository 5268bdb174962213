// SPDX-License-Identifier: GPL-2.0-only
/* e57ef2ed97c1 "x86: Put hot per CPU variables into a struct" (v6.2), undone in v6.15. */
#include <asm/current.h>

struct task_struct *probe(void);
struct task_struct *probe(void)
{
	return this_cpu_read_stable(pcpu_hot.current_task);
}
