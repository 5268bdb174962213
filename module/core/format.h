/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The printf of programs: %[0 +-][width] and one of d i u x X, ld..lX,
 * lld..llX, c, s, pks, pus, p, px, pK, ps, pS, pB, pi4, pI4, pi6, pI6; and %%.
 * The text is ASCII, printable or white space.
 */
#ifndef MBPF_FORMAT_H
#define MBPF_FORMAT_H

#include "os.h"

#define MBPF_FORMAT_MAX_ARGS	12
#define MBPF_FORMAT_MAX_TEXT	1024	/* what a trace line is cut to, NUL included */

/**
 * mbpf_format_check - judge a format
 * @fmt: the format
 * @size: bytes at @fmt that may be read; a NUL must be among them
 * @nr_args: arguments there are
 *
 * Return: 0; -EINVAL for a missing NUL, a byte or conversion that is not
 * allowed, or more conversions than arguments.
 */
int mbpf_format_check(const char *fmt, u32 size, u32 nr_args);

/**
 * mbpf_format - make the text
 * @buf: where it goes, cut to @size and NUL-terminated; may be NULL if @size is 0
 * @size: bytes at @buf
 * @fmt: the format; it may change under the caller's feet
 * @fmt_size: bytes at @fmt that may be read
 * @args: @nr_args words
 * @nr_args: how many
 *
 * Any context. Strings are read with the probe_read_*_str() helpers, at most
 * 511 bytes of each; one that cannot be read is empty, as in-tree.
 *
 * Return: length of the whole text without NUL, even if it was cut; -EINVAL
 * as mbpf_format_check(), with anything in @buf.
 */
int mbpf_format(char *buf, u32 size, const char *fmt, u32 fmt_size,
		const u64 *args, u32 nr_args);

#endif /* MBPF_FORMAT_H */
