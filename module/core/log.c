// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log: text is formatted straight into a buffer that grows as needed up to
 * the user's size; from then on the buffer is a ring.
 */
#include "log.h"

#define MIN_CAP 4096u
/* As in-tree: a larger size cannot be meant. */
#define MAX_SIZE (U32_MAX >> 2)

/**
 * mbpf_log_init - start a log
 * @log: to fill
 * @level: MBPF_LOG_* bits
 * @size: bytes of the user's buffer; 0 with a level counts only
 *
 * Return: 0, or -EINVAL for unknown bits, a size without a level, or one above
 * a quarter of what 32 bits hold.
 */
int mbpf_log_init(struct mbpf_log *log, u32 level, u32 size)
{
	memset(log, 0, sizeof(*log));
	if (level & ~MBPF_LOG_MASK || (size && !level) || size > MAX_SIZE)
		return -EINVAL;
	log->level = level;
	log->size = size;
	return 0;
}

/**
 * mbpf_log_deinit - free what the log holds
 * @log: after mbpf_log_init()
 */
void mbpf_log_deinit(struct mbpf_log *log)
{
	kvfree(log->buf);
	log->buf = NULL;
	log->cap = 0;
}

/* Makes room for @need bytes, or for as many as the user's buffer has. */
static void grow(struct mbpf_log *log, u64 need)
{
	u64 cap = max_t(u64, need, max(MIN_CAP, log->cap * 2));
	char *buf;

	cap = min_t(u64, cap, log->size);
	if (cap <= log->cap)
		return;
	buf = kvmalloc(cap, GFP_KERNEL_ACCOUNT);
	if (!buf) {
		log->err = -ENOMEM;
		return;
	}
	if (log->buf)
		memcpy(buf, log->buf, log->cap);
	kvfree(log->buf);
	log->buf = buf;
	log->cap = cap;
}

/* Bytes that the buffer has left before it turns into a ring. */
static u32 room(const struct mbpf_log *log)
{
	return log->total < log->cap ? log->cap - log->total : 0;
}

/* Appends @len bytes where they pass the end of the user's buffer. */
static void put_over(struct mbpf_log *log, const char *text, u32 len)
{
	u64 pos = log->total;

	if (log->level & MBPF_LOG_FIXED) {
		memcpy(log->buf + pos, text, min(len, room(log)));
		return;
	}
	if (len > log->size) {
		pos += len - log->size;
		text += len - log->size;
		len = log->size;
	}
	while (len) {
		u32 at = pos % log->size;
		u32 part = min(len, log->size - at);

		memcpy(log->buf + at, text, part);
		pos += part;
		text += part;
		len -= part;
	}
}

__printf(3, 0)
static void print_over(struct mbpf_log *log, u32 len, const char *fmt, va_list args)
{
	char line[128], *text = line;

	if (len >= sizeof(line))
		text = kvmalloc((size_t)len + 1, GFP_KERNEL_ACCOUNT);
	if (!text) {
		log->err = -ENOMEM;
		return;
	}
	vsnprintf(text, (size_t)len + 1, fmt, args);
	put_over(log, text, len);
	if (text != line)
		kvfree(text);
}

void mbpf_log_printf(struct mbpf_log *log, const char *fmt, ...)
{
	va_list args;
	u32 len;

	if (!log || !log->level || log->err)
		return;
	va_start(args, fmt);
	len = vsnprintf(room(log) ? log->buf + log->total : NULL, room(log), fmt, args);
	va_end(args);

	if (len >= room(log) && log->size) {
		grow(log, log->total + len + 1);
		if (log->err)
			return;
		va_start(args, fmt);
		if (len < room(log))
			vsnprintf(log->buf + log->total, room(log), fmt, args);
		else if (room(log) || !(log->level & MBPF_LOG_FIXED))
			print_over(log, len, fmt, args);
		va_end(args);
	}
	log->total += len;
}

static void reverse(char *a, u32 len)
{
	u32 i;

	for (i = 0; i < len / 2; i++)
		swap(a[i], a[len - 1 - i]);
}

int mbpf_log_finish(struct mbpf_log *log, const char **text, u32 *len)
{
	u32 first;

	*text = NULL;
	*len = 0;
	if (!log->level || log->err || !log->size)
		return log->err;
	grow(log, 1);
	if (log->err)
		return log->err;
	*text = log->buf;
	if (log->total < log->size) {
		log->buf[log->total] = 0;
		*len = log->total + 1;
		return 0;
	}
	*len = log->size;
	if (log->level & MBPF_LOG_FIXED) {
		log->buf[log->size - 1] = 0;
		return -ENOSPC;
	}
	put_over(log, "", 1);
	first = (log->total + 1) % log->size;
	reverse(log->buf, first);
	reverse(log->buf + first, log->size - first);
	reverse(log->buf, log->size);
	return -ENOSPC;
}
