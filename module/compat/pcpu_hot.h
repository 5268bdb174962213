/* SPDX-License-Identifier: GPL-2.0-only */
/* x86-64: the per-CPU variables for the current task and CPU: see compat/probe/pcpu_hot.c. */
#ifndef MBPF_COMPAT_PCPU_HOT_H
#define MBPF_COMPAT_PCPU_HOT_H

#include <asm/current.h>
#include <asm/smp.h>

#ifdef COMPAT_HAVE_PCPU_HOT
#define MBPF_CURRENT_TASK (&pcpu_hot.current_task)
#define MBPF_CPU_NUMBER (&pcpu_hot.cpu_number)
#else
#define MBPF_CURRENT_TASK (&current_task)
#define MBPF_CPU_NUMBER (&cpu_number)
#endif

#endif /* MBPF_COMPAT_PCPU_HOT_H */
