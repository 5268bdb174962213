// SPDX-License-Identifier: GPL-2.0-only
/*
 * The printf of programs. The kernel's own cannot be used: formats and
 * pointers come from a program, so each conversion is judged as it is read
 * and every string fetched with a read that may fail.
 */
#include "format.h"
#include "helper_os.h"

/* As the kernel's printf clamps widths. */
#define MAX_WIDTH	((1 << 23) - 1)
#define MAX_STRING	511	/* bytes of one string, as much as in-tree has room for */
#define STRING_CHUNK	64

enum kind {
	KIND_NUMBER,
	KIND_CHAR,
	KIND_STRING,
	KIND_POINTER,	/* text comes from the operating system */
	KIND_ADDRESS,	/* IPv4 or IPv6 */
};

/*
 * One conversion. @variant: number: the letter; string: 's', 'k' or 'u' for
 * where it lies; pointer: mbpf_os_pointer_text()'s kind; address: 'i' or 'I'.
 */
struct conversion {
	enum kind kind;
	char variant;
	u8 bytes;	/* of the number or address */
	bool left;
	bool zero;
	bool plus;
	bool space;
	u32 width;
};

/* The format may be in memory that others write: each byte is read once. */
struct cursor {
	const char *fmt;
	u32 size;
	u32 pos;
	char c;		/* byte at @pos; NUL from the end on */
};

static void cursor_advance(struct cursor *cur)
{
	cur->pos++;
	cur->c = cur->pos < cur->size ? READ_ONCE(cur->fmt[cur->pos]) : '\0';
}

static void cursor_init(struct cursor *cur, const char *fmt, u32 size)
{
	cur->fmt = fmt;
	cur->size = size;
	cur->pos = 0;
	cur->c = size ? READ_ONCE(fmt[0]) : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_text(char c)
{
	return (c >= ' ' && c <= '~') || (c >= '\t' && c <= '\r');
}

/* What may follow a string or a plain %p: end, white space, punctuation. */
static bool is_boundary(char c)
{
	return !c || (is_text(c) && !is_alnum(c));
}

static void parse_width(struct cursor *cur, struct conversion *conv)
{
	for (;; cursor_advance(cur)) {
		if (cur->c == '0')
			conv->zero = true;
		else if (cur->c == '+')
			conv->plus = true;
		else if (cur->c == '-')
			conv->left = true;
		else if (cur->c == ' ')
			conv->space = true;
		else
			break;
	}
	for (; is_digit(cur->c); cursor_advance(cur))
		conv->width = min_t(u32, conv->width * 10 + (cur->c - '0'), MAX_WIDTH);
}

static int parse_string(struct cursor *cur, struct conversion *conv, char variant)
{
	if (cur->c != 's')
		return -EINVAL;
	cursor_advance(cur);
	conv->kind = KIND_STRING;
	conv->variant = variant;
	return is_boundary(cur->c) ? 0 : -EINVAL;
}

static int parse_address(struct cursor *cur, struct conversion *conv, char variant)
{
	if (cur->c != '4' && cur->c != '6')
		return -EINVAL;
	conv->kind = KIND_ADDRESS;
	conv->variant = variant;
	conv->bytes = cur->c == '4' ? 4 : 16;
	cursor_advance(cur);
	return 0;
}

/* After "%p". */
static int parse_pointer(struct cursor *cur, struct conversion *conv)
{
	char variant = cur->c;
	int err = 0;

	conv->kind = KIND_POINTER;
	conv->variant = 'p';
	if (is_boundary(variant))
		return 0;
	cursor_advance(cur);
	switch (variant) {
	case 'k':
	case 'u':
		return parse_string(cur, conv, variant);
	case 'i':
	case 'I':
		err = parse_address(cur, conv, variant);
		break;
	case 'x':
		conv->kind = KIND_NUMBER;
		conv->variant = 'x';
		conv->bytes = 8;
		if (!conv->width) {
			conv->zero = true;
			conv->width = 16;
		}
		break;
	case 'K':
	case 's':
	case 'S':
	case 'B':
		conv->variant = variant;
		break;
	default:
		return -EINVAL;
	}
	/* As in the kernel, more letters would be modifiers and print nothing. */
	while (is_alnum(cur->c))
		cursor_advance(cur);
	return err;
}

/* After the '%', which was not one of "%%". */
static int parse_conversion(struct cursor *cur, struct conversion *conv)
{
	char variant;

	memset(conv, 0, sizeof(*conv));
	parse_width(cur, conv);
	variant = cur->c;
	switch (variant) {
	case 'p':
		cursor_advance(cur);
		return parse_pointer(cur, conv);
	case 's':
		return parse_string(cur, conv, 's');
	case 'c':
		cursor_advance(cur);
		conv->kind = KIND_CHAR;
		return 0;
	}
	conv->bytes = 4;
	if (variant == 'l') {
		conv->bytes = 8;
		cursor_advance(cur);
		if (cur->c == 'l')
			cursor_advance(cur);
	}
	variant = cur->c;
	if (variant != 'd' && variant != 'i' && variant != 'u' && variant != 'x' && variant != 'X')
		return -EINVAL;
	cursor_advance(cur);
	conv->kind = KIND_NUMBER;
	conv->variant = variant;
	return 0;
}

/* The text so far: @len counts on past @size. */
struct text {
	char *buf;
	u32 size;
	u32 len;
};

static void put_char(struct text *text, char c)
{
	if (text->len < text->size)
		text->buf[text->len] = c;
	text->len++;
}

static void put_pad(struct text *text, char c, u32 n)
{
	if (text->len < text->size)
		memset(text->buf + text->len, c, min(n, text->size - text->len));
	text->len += n;
}

/* Pads what was put since @start to the width. */
static void put_justify(struct text *text, u32 start, const struct conversion *conv)
{
	u32 len = text->len - start, pad;

	if (len >= conv->width)
		return;
	pad = conv->width - len;
	put_pad(text, ' ', pad);
	if (conv->left || start >= text->size)
		return;
	pad = min(pad, text->size - start);
	len = min(len, text->size - start - pad);
	memmove(text->buf + start + pad, text->buf + start, len);
	memset(text->buf + start, ' ', pad);
}

static void put_number(struct text *text, const struct conversion *conv, u64 value)
{
	bool is_signed = conv->variant == 'd' || conv->variant == 'i';
	bool hex = conv->variant == 'x' || conv->variant == 'X';
	const char *digit = conv->variant == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char digits[20], sign = 0;
	u32 n = 0, len;

	if (conv->bytes == 4)
		value = is_signed ? (u64)(s32)value : (u32)value;
	if (is_signed) {
		if ((s64)value < 0) {
			sign = '-';
			value = -value;
		} else if (conv->plus) {
			sign = '+';
		} else if (conv->space) {
			sign = ' ';
		}
	}
	do {
		digits[n++] = digit[hex ? value & 15 : value % 10];
		value = hex ? value >> 4 : value / 10;
	} while (value);
	len = n + !!sign;
	if (!conv->left && !conv->zero && len < conv->width)
		put_pad(text, ' ', conv->width - len);
	if (sign)
		put_char(text, sign);
	if (!conv->left && conv->zero && len < conv->width)
		put_pad(text, '0', conv->width - len);
	while (n)
		put_char(text, digits[--n]);
	if (conv->left && len < conv->width)
		put_pad(text, ' ', conv->width - len);
}

static u64 read_string(char variant, char *dst, u32 size, u64 addr)
{
	switch (variant) {
	case 'k':
		return mbpf_helper_probe_read_kernel_str((unsigned long)dst, size, addr, 0, 0);
	case 'u':
		return mbpf_helper_probe_read_user_str((unsigned long)dst, size, addr, 0, 0);
	default:
		return mbpf_helper_probe_read_str((unsigned long)dst, size, addr, 0, 0);
	}
}

static void put_string(struct text *text, const struct conversion *conv, u64 addr)
{
	u32 start = text->len, total = 0, room, i;
	char chunk[STRING_CHUNK];
	s64 n;

	do {
		room = min_t(u32, STRING_CHUNK, MAX_STRING + 1 - total);
		n = read_string(conv->variant, chunk, room, addr + total);
		if (n <= 0) {
			text->len = start;	/* as if it were empty */
			break;
		}
		n--;
		for (i = 0; i < n; i++)
			put_char(text, chunk[i]);
		total += n;
	} while (n == room - 1 && total < MAX_STRING);
	put_justify(text, start, conv);
}

static void put_text(struct text *text, const char *s)
{
	while (*s)
		put_char(text, *s++);
}

static void put_pointer(struct text *text, const struct conversion *conv, u64 value)
{
	u32 start = text->len;
	char name[192];

	mbpf_os_pointer_text(name, sizeof(name), conv->variant, value);
	put_text(text, name);
	put_justify(text, start, conv);
}

static void put_address(struct text *text, const struct conversion *conv, u64 addr)
{
	struct conversion part = { .kind = KIND_NUMBER, .bytes = 4, .zero = true };
	u32 start = text->len, i;
	u8 bytes[16];

	/* Zeroed where it cannot be read. */
	mbpf_helper_probe_read_kernel((unsigned long)bytes, conv->bytes, addr, 0, 0);
	for (i = 0; i < conv->bytes; i++) {
		if (conv->bytes == 4) {
			if (i)
				put_char(text, '.');
			part.variant = 'u';
			part.width = conv->variant == 'i' ? 3 : 0;
		} else {
			if (i && i % 2 == 0 && conv->variant == 'I')
				put_char(text, ':');
			part.variant = 'x';
			part.width = 2;
		}
		put_number(text, &part, bytes[i]);
	}
	put_justify(text, start, conv);
}

static void put_conversion(struct text *text, const struct conversion *conv, u64 arg)
{
	u32 start = text->len;

	switch (conv->kind) {
	case KIND_NUMBER:
		put_number(text, conv, arg);
		break;
	case KIND_CHAR:
		put_char(text, (char)arg);
		put_justify(text, start, conv);
		break;
	case KIND_STRING:
		put_string(text, conv, arg);
		break;
	case KIND_POINTER:
		put_pointer(text, conv, arg);
		break;
	case KIND_ADDRESS:
		put_address(text, conv, arg);
		break;
	}
}

/* Walks the format; makes text unless @text is NULL. */
static int walk(struct text *text, const char *fmt, u32 size, const u64 *args, u32 nr_args)
{
	struct conversion conv;
	struct cursor cur;
	u32 nr = 0;

	cursor_init(&cur, fmt, size);
	while (cur.c) {
		char c = cur.c;

		if (!is_text(c))
			return -EINVAL;
		cursor_advance(&cur);
		if (c != '%' || cur.c == '%') {
			if (c == '%')
				cursor_advance(&cur);
			if (text)
				put_char(text, c);
			continue;
		}
		if (nr >= nr_args || parse_conversion(&cur, &conv))
			return -EINVAL;
		if (text)
			put_conversion(text, &conv, args[nr]);
		nr++;
	}
	return cur.pos < size ? 0 : -EINVAL;
}

int mbpf_format_check(const char *fmt, u32 size, u32 nr_args)
{
	return walk(NULL, fmt, size, NULL, nr_args);
}

int mbpf_format(char *buf, u32 size, const char *fmt, u32 fmt_size,
		const u64 *args, u32 nr_args)
{
	struct text text = { .buf = buf, .size = size ? size - 1 : 0 };
	int err;

	err = walk(&text, fmt, fmt_size, args, nr_args);
	if (size)
		buf[min(text.len, text.size)] = '\0';
	return err ? err : (int)text.len;
}
