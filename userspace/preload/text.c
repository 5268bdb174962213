// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* A line of text that grows to a limit. */
#include <stdarg.h>
#include <stdio.h>

#include "text.h"

void text_add(struct text *text, const char *format, ...)
{
	size_t room = sizeof(text->buf) - text->len;
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(text->buf + text->len, room, format, ap);
	va_end(ap);
	if (len > 0)
		text->len += (size_t)len < room ? (size_t)len : room - 1;
}

void text_quote(struct text *text, const char *bytes, size_t len)
{
	size_t i;

	text_add(text, "\"");
	for (i = 0; i < len; i++) {
		unsigned char c = bytes[i];

		if (c == '"' || c == '\\')
			text_add(text, "\\%c", c);
		else if (c >= ' ' && c < 0x7f)
			text_add(text, "%c", c);
		else
			text_add(text, "\\%03o", c);
	}
	text_add(text, "\"");
}
