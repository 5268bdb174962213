/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of libminibpf-preload share, some of them with minibpf-follow. */
#ifndef PRELOAD_H
#define PRELOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "minibpf.h"

/**
 * enum answer - who answered a call
 * @BY_DEVICE: /dev/minibpf
 * @BY_SHIM: who has taken the call over, without asking anybody
 * @BY_KERNEL: the system call proper
 */
enum answer { BY_DEVICE, BY_SHIM, BY_KERNEL };

/* decide.c: whether MINIBPF, or the lack of bpf(2), means the device. */
bool wants_device(void);

/* Who answers a command of bpf(2) then. BY_SHIM: the answer is -EINVAL. */
enum answer bpf_answer(int cmd);

/*
 * Makes EVENT_OPEN's @attr of the arguments of perf_event_open(2). Which events it serves is
 * the module's decision (-EOPNOTSUPP: the kernel's); it is only told the numbers that the
 * kernel has given to its two dynamic kinds.
 */
void event_request(const long args[6], union minibpf_attr *attr);

/* preload.c, follow.c: copies @size bytes of the program, which need not be there. */
bool read_program(void *to, unsigned long from, size_t size);

/* explain.c: a line on standard error, as strace has it; @ret is -errno for errors */
void explain_bpf(const long args[6], long ret, enum answer who);
void explain_event(const long args[6], long ret, enum answer who);

#endif /* PRELOAD_H */
