/* SPDX-License-Identifier: GPL-2.0-only */
/* trace_array_get_by_name() of two arguments: see compat/probe/trace_array_systems.c. */
#ifndef MBPF_COMPAT_TRACE_ARRAY_H
#define MBPF_COMPAT_TRACE_ARRAY_H

#include <linux/trace.h>

#ifndef COMPAT_HAVE_TRACE_ARRAY_SYSTEMS
#define trace_array_get_by_name(name, systems) trace_array_get_by_name(name)
#endif

#endif /* MBPF_COMPAT_TRACE_ARRAY_H */
