/* SPDX-License-Identifier: GPL-2.0-only */
/* Direct trampolines by ftrace_ops under their older names: see compat/probe/ftrace_direct_ops.c. */
#ifndef MBPF_COMPAT_FTRACE_DIRECT_H
#define MBPF_COMPAT_FTRACE_DIRECT_H

#include <linux/ftrace.h>

#ifndef COMPAT_HAVE_FTRACE_DIRECT_OPS
#define register_ftrace_direct(ops, addr) register_ftrace_direct_multi(ops, addr)
#define modify_ftrace_direct(ops, addr) modify_ftrace_direct_multi(ops, addr)

static inline int compat_unregister_ftrace_direct(struct ftrace_ops *ops, unsigned long addr,
						  bool free_filters)
{
	int err = unregister_ftrace_direct_multi(ops, addr);

	if (free_filters)
		ftrace_free_filter(ops);
	return err;
}
#define unregister_ftrace_direct compat_unregister_ftrace_direct
#endif

#endif /* MBPF_COMPAT_FTRACE_DIRECT_H */
