/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests share but for the harness, which only a test itself may include. */
#ifndef UNIT_COMMON_H
#define UNIT_COMMON_H

#include "os.h"
#include "log.h"

/**
 * unit_fail_sweep - let the 1st, 2nd, ... allocation of a sequence fail
 * @run: the sequence; returns 0 or an errno, and must undo all it did
 * @arg: for @run
 * @may_survive: a run in which an allocation failed may still return 0
 *
 * Each run but the last must return -ENOMEM and leave nothing allocated.
 *
 * Return: how many allocations were made to fail, or -1 with a message on
 * stderr that says what went wrong.
 */
int unit_fail_sweep(int (*run)(void *arg), void *arg, bool may_survive);

struct mbpf_code;
struct mbpf_map;

/* A map for mbpf_map_destroy(), or ERR_PTR. */
struct mbpf_map *unit_map(u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags);

/* mbpf_code_init() with a copy of @insns, which may be struct row_insn. */
int unit_code_init(struct mbpf_code *code, const void *insns, u32 nr);

/* Text kept by @log, as mbpf_log_finish() leaves it; "" if there is none. */
const char *unit_log_text(struct mbpf_log *log);

/* Pseudo-random numbers from a seed: the same on every machine. */
u64 unit_random(u64 *seed);

/*
 * The operating system of the helpers (os_helpers.c). Time, random numbers and
 * the trace begin again at unit_os_reset(); what is fixed is below.
 */
#define UNIT_OS_PID_TGID	(1000ULL << 32 | 1001)
#define UNIT_OS_UID_GID		(100ULL << 32 | 1000)
#define UNIT_OS_COMM		"unit"
#define UNIT_OS_TASK		0xffff888012345678ULL
#define UNIT_OS_FUNC_IP		0xffffffff81000010ULL
#define UNIT_OS_COOKIE		0x1122334455667788ULL
#define UNIT_OS_JIFFIES		4294667296ULL

void unit_os_reset(void);

/* What trace_printk() and trace_vprintk() wrote since, one line each. */
const char *unit_os_trace(void);

/* How often readers of ring buffers were woken. */
extern u32 unit_os_wakes;

/* Stack traces: so many numbers from the first on, those of user space so much higher. */
#define UNIT_OS_USER_STACK 0x10000
extern u64 unit_os_stack_first;
extern u32 unit_os_stack_nr;

#endif /* UNIT_COMMON_H */
