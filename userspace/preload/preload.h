/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of libminibpf-preload share. */
#ifndef PRELOAD_H
#define PRELOAD_H

#include <stdbool.h>
#include <stddef.h>

/**
 * enum answer - who answered a call
 * @BY_DEVICE: /dev/minibpf
 * @BY_SHIM: the preloaded library, without asking anybody
 * @BY_KERNEL: the system call proper
 */
enum answer { BY_DEVICE, BY_SHIM, BY_KERNEL };

/* Copies @size bytes of this process, which need not be there. */
bool read_self(void *to, unsigned long from, size_t size);

/* explain.c: a line on standard error, as strace has it; @ret is -errno for errors */
void explain_bpf(const long args[6], long ret, enum answer who);
void explain_event(const long args[6], long ret, enum answer who);

/* event.c: perf_event_open(2); -errno, -EOPNOTSUPP for what the device leaves to the kernel */
long event_open(const long args[6]);

#endif /* PRELOAD_H */
