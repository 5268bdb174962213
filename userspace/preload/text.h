/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A line of text that grows to a limit. */
#ifndef PRELOAD_TEXT_H
#define PRELOAD_TEXT_H

#include <stddef.h>

struct text {
	char buf[2048];
	size_t len;
};

/* What does not fit is cut off. */
__attribute__((format(printf, 2, 3)))
void text_add(struct text *text, const char *format, ...);

/* @len bytes in quotes, those that cannot be shown as escapes. */
void text_quote(struct text *text, const char *bytes, size_t len);

#endif /* PRELOAD_TEXT_H */
