/* SPDX-License-Identifier: GPL-2.0-only */
/* What two verifiers say of the same program, counted and grouped by reason. */
#ifndef KERNEL_VERDICT_H
#define KERNEL_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERDICT_LOG_SIZE	(32u << 20)

/**
 * struct verdict_prog - a program, and how it is loaded
 * @name: for messages
 * @load: loads it on the present backend: a descriptor or -errno; with @log, of
 *        VERDICT_LOG_SIZE bytes, what the verifier says goes there
 * @arg: for @load
 * @why: the reason why the backends may differ on it, or NULL
 * @random: it was made at random
 */
struct verdict_prog {
	const char *name;
	int (*load)(const struct verdict_prog *prog, char *log);
	const void *arg;
	const char *why;
	bool random;
};

/*
 * Programs judged from now on are counted as from @source. Those that come
 * after so many seconds of verification are counted, but not judged; 0: no limit.
 */
void verdict_source(const char *source, bool corpus, uint32_t seconds);

/* Says before each program which it is, and shows the log of what differs without a reason. */
void verdict_say_all(void);

/* Loads the program on both backends. */
void verdict_judge(const struct verdict_prog *prog);

/*
 * Prints the table and the reasons of all that differ. Returns how many
 * demands were not met: nothing is accepted that in-tree rejects for safety,
 * and of a corpus at most 2 % of what in-tree accepts is rejected.
 */
int verdict_report(void);

/* verdict_reason.c */

/* The kernel's version: 612 is 6.12. */
unsigned int verdict_kernel(void);
/* Why a rejection is not a matter of safety, or why accepting is safe; else NULL. */
const char *verdict_excuse(const char *intree_log, bool random);
/* Whether minibpf's log is of a program, not of an object that cannot be loaded. */
bool verdict_verified(const char *log);
/* Whether minibpf rejects for lack of a helper, of a type of map, or of a loader's feature. */
bool verdict_lacks(const char *log);
/* The line of a log that says why, with all numbers made alike. */
void verdict_reason(const char *log, bool device, char *reason, size_t size);

#endif /* KERNEL_VERDICT_H */
