// SPDX-License-Identifier: GPL-2.0-only
/* The bounded log: what is kept, how long it was, and out of memory. */
#include "unit.h"

static void put_numbers(struct mbpf_log *log, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		mbpf_log_printf(log, "line %u\n", i);
}

/* The whole text of put_numbers(), for comparison. */
static u32 all_numbers(char *buf, u32 nr)
{
	u32 i, len = 0;

	for (i = 0; i < nr; i++)
		len += sprintf(buf + len, "line %u\n", i);
	return len;
}

TEST(attributes)
{
	struct mbpf_log log;

	EXPECT_EQ(0, mbpf_log_init(&log, 0, 0));
	EXPECT_EQ(0, mbpf_log_init(&log, 1, 0));
	EXPECT_EQ(0, mbpf_log_init(&log, 15, 1));
	EXPECT_EQ(-EINVAL, mbpf_log_init(&log, 16, 1));
	EXPECT_EQ(-EINVAL, mbpf_log_init(&log, 0, 1));
	EXPECT_EQ(-EINVAL, mbpf_log_init(&log, 1, U32_MAX / 4 + 1));
	EXPECT_EQ(0, mbpf_log_init(&log, 1, U32_MAX / 4));
}

TEST(nothing_is_kept_without_level_or_log)
{
	struct mbpf_log log;
	const char *text;
	u32 len;

	mbpf_log_printf(NULL, "lost %d", 1);
	ASSERT_EQ(0, mbpf_log_init(&log, 0, 0));
	put_numbers(&log, 3);
	EXPECT_EQ(0, log.total);
	EXPECT_EQ(0, mbpf_log_finish(&log, &text, &len));
	EXPECT_EQ(0, len);
	mbpf_log_deinit(&log);
}

TEST(size_zero_counts)
{
	struct mbpf_log log;
	const char *text;
	char all[4096];
	u32 len;

	ASSERT_EQ(0, mbpf_log_init(&log, MBPF_LOG_PATH, 0));
	put_numbers(&log, 100);
	EXPECT_EQ(all_numbers(all, 100), log.total);
	EXPECT_EQ(0, mbpf_log_finish(&log, &text, &len));
	EXPECT_EQ(0, len);
	EXPECT_EQ(NULL, text);
	mbpf_log_deinit(&log);
	UNIT_EXPECT_NO_LEAKS();
}

TEST(empty_text_is_terminated)
{
	struct mbpf_log log;
	const char *text;
	u32 len;

	ASSERT_EQ(0, mbpf_log_init(&log, MBPF_LOG_PATH, 10));
	EXPECT_EQ(0, mbpf_log_finish(&log, &text, &len));
	EXPECT_EQ(1, len);
	EXPECT_STREQ("", text);
	mbpf_log_deinit(&log);
}

/* Every size around the text's length, and small ones that wrap many times. */
TEST(ring_keeps_the_end)
{
	char all[8192];
	u32 total = all_numbers(all, 700), size;

	for (size = 1; size < total + 10; size += size < 40 || size > total - 5 ? 1 : 97) {
		struct mbpf_log log;
		const char *text;
		u32 len, kept = min(size - 1, total);

		ASSERT_EQ(0, mbpf_log_init(&log, MBPF_LOG_PATH, size));
		put_numbers(&log, 700);
		EXPECT_EQ(total, log.total);
		EXPECT_EQ(size > total ? 0 : -ENOSPC, mbpf_log_finish(&log, &text, &len));
		EXPECT_EQ(kept + 1, len);
		EXPECT_EQ(kept, strlen(text));
		EXPECT_STREQ(all + total - kept, text);
		mbpf_log_deinit(&log);
	}
	UNIT_EXPECT_NO_LEAKS();
}

TEST(fixed_keeps_the_beginning)
{
	char all[8192];
	u32 total = all_numbers(all, 700), size;

	for (size = 1; size < total + 10; size += size < 40 || size > total - 5 ? 1 : 97) {
		struct mbpf_log log;
		const char *text;
		u32 len, kept = min(size - 1, total);

		ASSERT_EQ(0, mbpf_log_init(&log, MBPF_LOG_PATH | MBPF_LOG_FIXED, size));
		put_numbers(&log, 700);
		EXPECT_EQ(total, log.total);
		EXPECT_EQ(size > total ? 0 : -ENOSPC, mbpf_log_finish(&log, &text, &len));
		EXPECT_EQ(kept + 1, len);
		EXPECT_EQ(kept, strlen(text));
		EXPECT_EQ(0, memcmp(all, text, kept));
		mbpf_log_deinit(&log);
	}
}

/* Single texts longer than the buffer that a line is formatted in. */
TEST(long_texts)
{
	static const u32 sizes[] = { 1, 100, 127, 128, 129, 5000, 20000 };
	char all[3 * 5000 + 1] = "", line[5001];
	u32 i, s;

	memset(line, 'x', 5000);
	line[5000] = 0;
	for (i = 0; i < 3; i++) {
		line[0] = '0' + i;
		strcat(all, line);
	}
	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct mbpf_log log;
		const char *text;
		u32 len, kept = min_t(u32, sizes[s] - 1, strlen(all));

		ASSERT_EQ(0, mbpf_log_init(&log, MBPF_LOG_STATES, sizes[s]));
		for (i = 0; i < 3; i++)
			mbpf_log_printf(&log, "%u%s", i, line + 1);
		EXPECT_EQ(strlen(all), log.total);
		mbpf_log_finish(&log, &text, &len);
		EXPECT_STREQ(all + strlen(all) - kept, text);
		mbpf_log_deinit(&log);
	}
}

static int log_much(void *arg)
{
	u32 level = *(u32 *)arg;
	struct mbpf_log log;
	const char *text;
	u32 len;
	int err;

	mbpf_log_init(&log, level, 10000);
	put_numbers(&log, 2000);
	mbpf_log_printf(&log, "%0500d", 1);
	err = mbpf_log_finish(&log, &text, &len);
	mbpf_log_deinit(&log);
	return err == -ENOSPC ? 0 : err;
}

TEST(out_of_memory)
{
	u32 ring = MBPF_LOG_PATH, fixed = MBPF_LOG_PATH | MBPF_LOG_FIXED;

	EXPECT_EQ(4, unit_fail_sweep(log_much, &ring, false));
	EXPECT_EQ(3, unit_fail_sweep(log_much, &fixed, false));
}

TEST_HARNESS_MAIN
