// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* The text that explains a load, where the library writes some itself. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

void minibpf_log_set(struct minibpf_log *log, const char *text)
{
	size_t len = strlen(text), kept;

	if (!log || !log->buf || !log->size)
		return;
	kept = strnlen(log->buf, log->size);
	if (kept == log->size)
		kept = 0;
	if (len > log->size - 1)
		len = log->size - 1;
	if (kept > log->size - 1 - len)
		kept = log->size - 1 - len;
	memmove(log->buf + len, log->buf, kept);
	memcpy(log->buf, text, len);
	log->buf[len + kept] = 0;
	if (log->true_size < len + kept + 1)
		log->true_size = len + kept + 1;
}
