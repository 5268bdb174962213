// SPDX-License-Identifier: GPL-2.0-only
/* The printf of programs: what it accepts and what it makes of it. */
#include "unit.h"
#include "format.h"

#define MAX_TEXT 256

struct text_row {
	const char *fmt;
	const char *text;
	u32 nr_args;
	u64 args[4];
};

#define MINUS_1 ((u64)-1)

static const char hello[] = "hello";
static const u8 ipv4[] = { 192, 0, 2, 7 };
static const u8 ipv6[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 1 };

#define ADDR(p) ((u64)(unsigned long)(p))

static const struct text_row text_rows[] = {
	{ "", "", 0, {} },
	{ "plain text\n", "plain text\n", 0, {} },
	{ "100%%", "100%", 0, {} },
	{ "%%d", "%d", 1, { 1 } },
	{ "%d", "-1", 1, { 0xffffffff } },
	{ "%i", "-2147483648", 1, { 0x80000000 } },
	{ "%d", "5", 1, { 0x700000005 } },
	{ "%u", "4294967295", 1, { MINUS_1 } },
	{ "%x %X", "ab AB", 2, { 0xab, 0xab } },
	{ "%ld %lu %lx %lX", "-1 18446744073709551615 ffffffffffffffff FF", 4,
	  { MINUS_1, MINUS_1, MINUS_1, 0xff } },
	{ "%lld %llu", "-9223372036854775808 0", 2, { 1ULL << 63, 0 } },
	{ "%llx", "123456789abcdef0", 1, { 0x123456789abcdef0 } },
	{ "[%5d] [%-5d] [%05d]", "[   42] [42   ] [00042]", 3, { 42, 42, 42 } },
	{ "[%+d] [% d] [%+05d] [%-05d]", "[+1] [ 1] [+0001] [1    ]", 4, { 1, 1, 1, 1 } },
	{ "[%06d]", "[-00042]", 1, { (u64)-42 } },
	{ "[%2d]", "[12345]", 1, { 12345 } },
	{ "%c%c", "ok", 2, { 'o', 'k' } },
	{ "[%3c] [%-3c]", "[  x] [x  ]", 2, { 'x', 'x' } },
	{ "%px", "0000000000001234", 1, { 0x1234 } },
	{ "[%6px]", "[  1234]", 1, { 0x1234 } },
	{ "%s.", "hello.", 1, { ADDR(hello) } },
	{ "%pks %pus", "hello ello", 2, { ADDR(hello), ADDR(hello + 1) } },
	{ "[%8s] [%-8s] [%2s]", "[   hello] [hello   ] [hello]", 3,
	  { ADDR(hello), ADDR(hello), ADDR(hello) } },
	{ "[%s]", "[]", 1, { 0 } },
	{ "[%s] [%3s]", "[] [   ]", 2, { 8, 8 } },
	{ "%pi4 %pI4", "192.000.002.007 192.0.2.7", 2, { ADDR(ipv4), ADDR(ipv4) } },
	{ "%pI6", "2001:0db8:0000:0000:0000:0000:ff00:0001", 1, { ADDR(ipv6) } },
	{ "%pi6", "20010db80000000000000000ff000001", 1, { ADDR(ipv6) } },
	{ "%pI6c!", "2001:0db8:0000:0000:0000:0000:ff00:0001!", 1, { ADDR(ipv6) } },
	{ "%pI4", "0.0.0.0", 1, { 8 } },
	{ "more %d", "more 1", 4, { 1, 2, 3, 4 } },
};

TEST(texts)
{
	const struct text_row *row;
	char buf[MAX_TEXT];
	int len;

	for (row = text_rows; row < text_rows + ARRAY_SIZE(text_rows); row++) {
		EXPECT_EQ(0, mbpf_format_check(row->fmt, strlen(row->fmt) + 1, row->nr_args))
			TH_LOG("format \"%s\"", row->fmt);
		len = mbpf_format(buf, sizeof(buf), row->fmt, strlen(row->fmt) + 1, row->args,
				  row->nr_args);
		EXPECT_STREQ(row->text, buf);
		EXPECT_EQ((int)strlen(row->text), len);
	}
}

static const struct {
	const char *fmt;
	u32 nr_args;
} bad_rows[] = {
	{ "%d", 0 }, { "%d %d", 1 }, { "%", 1 }, { "%d%", 2 }, { "%5", 1 }, { "%l", 1 },
	{ "%ll", 1 }, { "%lll", 1 }, { "%llld", 1 }, { "%o", 1 }, { "%f", 1 }, { "%n", 1 },
	{ "%hd", 1 }, { "%zu", 1 }, { "%#x", 1 }, { "%.3d", 1 }, { "%*d", 2 }, { "%ls", 1 },
	{ "%lc", 1 }, { "%sx", 1 }, { "%s1", 1 }, { "%pd", 1 }, { "%p1", 1 }, { "%pk", 1 },
	{ "%pksx", 1 }, { "%pu", 1 }, { "%pi", 1 }, { "%pI5", 1 }, { "%p%", 1 }, { "%5%", 1 },
	{ "%p%d", 1 }, { "\x7f", 0 }, { "\x80", 0 }, { "\xa0", 0 }, { "\x01", 0 }, { "\x1b[0m", 0 },
	{ "%d\x01", 1 }, { "%s\x80", 1 },
};

TEST(bad_formats)
{
	const u64 args[2] = {};
	char buf[MAX_TEXT];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad_rows); i++) {
		const char *fmt = bad_rows[i].fmt;

		EXPECT_EQ(-EINVAL, mbpf_format_check(fmt, strlen(fmt) + 1, bad_rows[i].nr_args))
			TH_LOG("format \"%s\"", fmt);
		EXPECT_EQ(-EINVAL, mbpf_format(buf, sizeof(buf), fmt, strlen(fmt) + 1, args,
					       bad_rows[i].nr_args))
			TH_LOG("format \"%s\"", fmt);
	}
}

TEST(nul_must_be_within_size)
{
	const u64 arg = 7;
	char buf[16];

	EXPECT_EQ(0, mbpf_format_check("abc", 4, 0));
	EXPECT_EQ(-EINVAL, mbpf_format_check("abc", 3, 0));
	EXPECT_EQ(-EINVAL, mbpf_format_check("", 0, 0));
	EXPECT_EQ(-EINVAL, mbpf_format_check("%d", 2, 1));
	EXPECT_EQ(-EINVAL, mbpf_format_check("%d", 1, 1));
	EXPECT_EQ(-EINVAL, mbpf_format(buf, sizeof(buf), "%d", 2, &arg, 1));
}

/* Nothing behind what may be read is looked at: the page behind it is not there. */
TEST(reads_stay_within_size)
{
	static const char *const ends[] = { "%", "%p", "%pk", "%pI", "%5", "%l", "%ll", "x", "%s" };
	char *page = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u32 i;

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + PAGE_SIZE, PAGE_SIZE));
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		u32 len = strlen(ends[i]);
		char *fmt = page + PAGE_SIZE - len;

		memcpy(fmt, ends[i], len);
		EXPECT_EQ(-EINVAL, mbpf_format_check(fmt, len, 1));
	}
}

TEST(cut_text_is_terminated_and_counted)
{
	const u64 args[] = { ADDR(hello), 12345678 };
	char buf[32];
	u32 size;

	for (size = 0; size <= 20; size++) {
		memset(buf, 'Z', sizeof(buf));
		EXPECT_EQ(19, mbpf_format(buf, size, "[%8s] %08d", 11, args, 2));
		if (size)
			EXPECT_EQ(min(size - 1, 19U), strlen(buf));
		EXPECT_EQ(0, strncmp(buf, "[   hello] 12345678", size ? size - 1 : 0));
		EXPECT_EQ('Z', buf[size]);
	}
	EXPECT_EQ(5, mbpf_format(NULL, 0, "%s", 3, args, 1));
}

/* However wide: the time does not grow with it, nor does anything overflow. */
TEST(absurd_widths)
{
	const u64 args[12] = { [4] = ADDR(hello) };
	const char *fmt = "%99999999999999d%08388607d%-4294967295x%4294967296u%2147483648s";
	char buf[64];

	EXPECT_EQ(5 * ((1 << 23) - 1), mbpf_format(buf, sizeof(buf), fmt, strlen(fmt) + 1, args, 5));
	EXPECT_EQ(63, strlen(buf));
	EXPECT_EQ(63, strspn(buf, " "));
}

TEST(long_strings_are_cut)
{
	char *s = malloc(2000), buf[2048];
	u64 arg = ADDR(s);

	memset(s, 'a', 1999);
	s[1999] = 0;
	EXPECT_EQ(511, mbpf_format(buf, sizeof(buf), "%s", 3, &arg, 1));
	EXPECT_EQ(511, strspn(buf, "a"));
	s[511] = 0;
	EXPECT_EQ(511, mbpf_format(buf, sizeof(buf), "%s", 3, &arg, 1));
	s[510] = 0;
	EXPECT_EQ(510, mbpf_format(buf, sizeof(buf), "%s", 3, &arg, 1));
	s[63] = 0;
	EXPECT_EQ(63, mbpf_format(buf, sizeof(buf), "%s", 3, &arg, 1));
	free(s);
}

/* A string whose end cannot be read is as empty as one that cannot be read at all. */
TEST(string_that_runs_into_nothing)
{
	char *page = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char buf[64];
	u64 arg;

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + PAGE_SIZE, PAGE_SIZE));
	memset(page, 'a', PAGE_SIZE);
	arg = ADDR(page + PAGE_SIZE - 100);
	EXPECT_EQ(4, mbpf_format(buf, sizeof(buf), "[%2s]", 6, &arg, 1));
	EXPECT_STREQ("[  ]", buf);
}

/* Numbers come out as libc writes them: what is allowed means the same there. */
TEST(numbers_as_libc)
{
	static const char *const conversions[] = { "d", "i", "u", "x", "X" };
	static const char *const lengths[] = { "", "l", "ll" };
	static const char flags[] = "0+- ";
	char fmt[32], ours[MAX_TEXT], theirs[MAX_TEXT];
	u64 seed = 1, arg, r;
	u32 i, n;

	for (i = 0; i < 100000; i++) {
		r = unit_random(&seed);
		n = 0;
		fmt[n++] = '%';
		for (; r & 3; r >>= 4)
			fmt[n++] = flags[r >> 2 & 3];
		r = unit_random(&seed);
		if (r & 1)
			n += sprintf(fmt + n, "%u", (u32)(r >> 8) % 30 + 1);
		sprintf(fmt + n, "%s%s", lengths[(r >> 16) % 3], conversions[(r >> 24) % 5]);
		arg = unit_random(&seed) >> (r >> 32 & 63);
		if (r >> 40 & 1)
			arg = -arg;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(theirs, sizeof(theirs), fmt, arg);
#pragma GCC diagnostic pop
		mbpf_format(ours, sizeof(ours), fmt, strlen(fmt) + 1, &arg, 1);
		ASSERT_STREQ(theirs, ours) TH_LOG("format \"%s\", %llx", fmt, (unsigned long long)arg);
	}
}

TEST(pointers_are_the_operating_systems)
{
	static const char *const formats[] = { "%p", "%pK", "%ps", "%pS", "%pB", "%p.", "%p\n" };
	char buf[MAX_TEXT];
	const u64 arg = 0x1234;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		EXPECT_LT(0, mbpf_format(buf, sizeof(buf), formats[i], strlen(formats[i]) + 1, &arg, 1));
}

TEST_HARNESS_MAIN
