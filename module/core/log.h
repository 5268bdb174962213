/* SPDX-License-Identifier: GPL-2.0-only */
/* The bounded text that explains a load to its user: bpf(2)'s log_buf. */
#ifndef MBPF_LOG_H
#define MBPF_LOG_H

#include "os.h"

#define MBPF_LOG_PATH	1	/* level bits, as in bpf(2) */
#define MBPF_LOG_STATES	2
#define MBPF_LOG_STATS	4
#define MBPF_LOG_FIXED	8	/* keep the beginning instead of the end */
#define MBPF_LOG_MASK	15

/**
 * struct mbpf_log - text under way to the user's buffer
 * @level: MBPF_LOG_* bits; 0 discards everything
 * @size: bytes of the user's buffer, the terminating NUL included
 * @total: bytes that the whole text took, NUL not counted; may pass @size
 * @buf: the kept text, grown as needed up to @size
 * @cap: bytes allocated at @buf
 * @err: -ENOMEM once @buf could not grow; the text stops there
 *
 * When the text outgrows @size the end is kept (the buffer is used as a
 * ring), unless MBPF_LOG_FIXED asks for the beginning.
 */
struct mbpf_log {
	u32 level;
	u32 size;
	u64 total;
	char *buf;
	u32 cap;
	int err;
};

int mbpf_log_init(struct mbpf_log *log, u32 level, u32 size);
void mbpf_log_deinit(struct mbpf_log *log);

/**
 * struct mbpf_source_line - where in its source an instruction comes from
 * @file: NUL-terminated name, without folders
 * @text: NUL-terminated text of the line, without the blanks before it
 * @line: its number
 */
struct mbpf_source_line {
	const char *file;
	const char *text;
	u32 line;
};

/* printf format of a quoted one: what is before it, text, file, line */
#define MBPF_SOURCE_LINE "%s; %.160s @ %.64s:%u\n"

/**
 * mbpf_log_printf - append text
 * @log: may be NULL, which discards
 * @fmt: printf format, of the kernel's and libc's common part
 */
__printf(2, 3)
void mbpf_log_printf(struct mbpf_log *log, const char *fmt, ...);

/* Whether anything of this level would be kept; guards expensive text. */
static inline bool mbpf_log_on(const struct mbpf_log *log, u32 level)
{
	return log && log->level & level;
}

/**
 * mbpf_log_finish - bring the kept text in order and terminate it
 * @log: the log
 * @text: set to the kept text, NUL-terminated; owned by @log
 * @len: bytes at @text, NUL included; 0 when there is no buffer
 *
 * Return: 0; -ENOSPC when the text did not fit into the user's buffer (as
 * bpf(2), which then fails the load with it); -ENOMEM.
 */
int mbpf_log_finish(struct mbpf_log *log, const char **text, u32 *len);

#endif /* MBPF_LOG_H */
