// SPDX-License-Identifier: GPL-2.0-only
/*
 * RINGBUF against its reader: all that is submitted is read once and in order,
 * nothing that is not committed is read or overwritten, whatever the reader
 * says of its position; with several writers at the same time.
 */
#include "unit.h"
#include "helper_core.h"
#include "map_ringbuf.h"

#define SIZE 8192

static struct mbpf_map *map;
static unsigned long *consumer, *producer;
static u8 *data;

static struct mbpf_map *create(u32 size)
{
	struct mbpf_map_attr attr = { .type = MBPF_MAP_RINGBUF, .max_entries = size };
	u64 bytes;
	u8 *area;

	map = mbpf_map_create(&attr);
	if (IS_ERR(map))
		return map;
	area = mbpf_map_mmap_area(map, &bytes);
	consumer = (unsigned long *)area;
	producer = (unsigned long *)(area + PAGE_SIZE);
	data = area + 2 * PAGE_SIZE;
	return bytes == 2 * PAGE_SIZE + 2 * size ? map : NULL;
}

static void *reserve(u64 size)
{
	return (void *)(unsigned long)mbpf_helper_ringbuf_reserve((unsigned long)map, size, 0, 0, 0);
}

static void submit(void *record, u64 flags)
{
	mbpf_helper_ringbuf_submit((unsigned long)record, flags, 0, 0, 0);
}

static void discard(void *record, u64 flags)
{
	mbpf_helper_ringbuf_discard((unsigned long)record, flags, 0, 0, 0);
}

static int output(const void *from, u64 size, u64 flags)
{
	return (int)mbpf_helper_ringbuf_output((unsigned long)map, (unsigned long)from, size, flags,
					       0);
}

static u64 query(u64 what)
{
	return mbpf_helper_ringbuf_query((unsigned long)map, what, 0, 0, 0);
}

/* The next record that counts, as libbpf's reader finds it; NULL if there is none yet. */
static void *next_record(u32 *len)
{
	unsigned long pos = *consumer;
	void *record = NULL;

	while (!record && pos < smp_load_acquire(producer)) {
		u8 *at = data + (pos & (map->attr.max_entries - 1));

		*len = smp_load_acquire((u32 *)at);
		if (*len & MBPF_RINGBUF_BUSY)
			break;
		if (!(*len & MBPF_RINGBUF_DISCARD))
			record = at + 8;
		*len &= ~MBPF_RINGBUF_DISCARD;
		pos += round_up((u64)*len + 8, 8);
		if (!record)
			smp_store_release(consumer, pos);
	}
	return record;
}

static void done(u32 len)
{
	smp_store_release(consumer, *consumer + round_up((u64)len + 8, 8));
}

TEST(creation)
{
	static const struct {
		u32 key_size, value_size, max_entries, flags;
		int err;
	} rows[] = {
		{ 0, 0, 4096, 0, 0 }, { 0, 0, 1 << 20, 0, 0 },
		{ 4, 0, 4096, 0, -EINVAL }, { 0, 4, 4096, 0, -EINVAL },
		{ 0, 0, 0, 0, -EINVAL }, { 0, 0, 2048, 0, -EINVAL }, { 0, 0, 3 * 4096, 0, -EINVAL },
		{ 0, 0, 4096, MBPF_MAP_NO_PREALLOC, -EINVAL }, { 0, 0, 4096, MBPF_MAP_RDONLY, -EINVAL },
	};
	u64 key = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mbpf_map_attr attr = {
			.type = MBPF_MAP_RINGBUF, .key_size = rows[i].key_size,
			.value_size = rows[i].value_size, .max_entries = rows[i].max_entries,
			.flags = rows[i].flags,
		};
		struct mbpf_map *made = mbpf_map_create(&attr);

		EXPECT_EQ(rows[i].err, IS_ERR(made) ? PTR_ERR(made) : 0) TH_LOG("row %u", i);
		if (IS_ERR(made))
			continue;
		EXPECT_EQ(-ENOTSUPP, mbpf_map_sys_lookup(made, &key, &key, 0));
		EXPECT_EQ(-ENOTSUPP, mbpf_map_sys_update(made, &key, &key, 0));
		EXPECT_EQ(-ENOTSUPP, mbpf_map_sys_delete(made, &key));
		EXPECT_EQ(-ENOTSUPP, mbpf_map_sys_next_key(made, NULL, &key));
		mbpf_map_destroy(made);
	}
	UNIT_EXPECT_NO_LEAKS();
}

static int create_and_destroy(void *arg)
{
	struct mbpf_map *made = create(SIZE);

	if (IS_ERR(made))
		return PTR_ERR(made);
	mbpf_map_destroy(made);
	return 0;
}

TEST(out_of_memory)
{
	EXPECT_LE(7, unit_fail_sweep(create_and_destroy, NULL, true));
}

/* Records of all sizes, again and again around the ring, each read when it is there. */
TEST(what_is_submitted_is_read)
{
	u64 seed = 1, n, sent = 0, lost = 0;
	u8 text[600];
	u32 len, i;

	ASSERT_NE(NULL, create(SIZE));
	for (n = 0; n < 20000; n++) {
		u32 size = unit_random(&seed) % sizeof(text);
		u8 *record;

		memset(text, (int)n, sizeof(text));
		switch (unit_random(&seed) % 3) {
		case 0:
			ASSERT_EQ(0, output(text, size, 0));
			break;
		case 1:
			record = reserve(size);
			ASSERT_NE(NULL, record);
			EXPECT_EQ(NULL, next_record(&len));
			memset(record, (int)n, size);
			submit(record, 0);
			break;
		default:
			record = reserve(size);
			ASSERT_NE(NULL, record);
			discard(record, 0);
			EXPECT_EQ(NULL, next_record(&len));
			lost++;
			continue;
		}
		record = next_record(&len);
		ASSERT_NE(NULL, record);
		ASSERT_EQ(size, len);
		for (i = 0; i < len; i++)
			ASSERT_EQ((u8)n, record[i]);
		done(len);
		sent++;
	}
	EXPECT_EQ(n, sent + lost);
	EXPECT_EQ(0, query(MBPF_RB_AVAIL_DATA));
	EXPECT_EQ(SIZE, query(MBPF_RB_RING_SIZE));
	EXPECT_EQ(*consumer, query(MBPF_RB_CONS_POS));
	EXPECT_EQ(*producer, query(MBPF_RB_PROD_POS));
	EXPECT_EQ(0, query(4));
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

TEST(full)
{
	u32 n, len;

	ASSERT_NE(NULL, create(4096));
	EXPECT_EQ(NULL, reserve(4096 - 7));
	EXPECT_EQ(NULL, reserve(U32_MAX));
	/* The verifier lets no more pass. */
	EXPECT_EQ(NULL, reserve((1 << 29) - 1));
	EXPECT_EQ(0, mbpf_helper_ringbuf_reserve((unsigned long)map, 8, 1, 0, 0));
	EXPECT_EQ(-EINVAL, output("abcdefgh", 8, 4));
	for (n = 0; n < 255; n++)
		ASSERT_EQ(0, output("abcdefgh", 8, 0));
	/* One byte always stays free, so one that fits exactly does not. */
	EXPECT_EQ(-EAGAIN, output("abcdefgh", 8, 0));
	EXPECT_EQ(NULL, reserve(8));
	EXPECT_EQ(255 * 16, query(MBPF_RB_AVAIL_DATA));
	ASSERT_NE(NULL, next_record(&len));
	done(len);
	EXPECT_EQ(0, output("abcdefgh", 8, 0));
	EXPECT_EQ(-EAGAIN, output("abcdefgh", 8, 0));
	mbpf_map_destroy(map);
}

/* The reader may lie about its position; what is not committed stays whole. */
TEST(reader_that_lies)
{
	u64 *record, n;
	u32 given;

	ASSERT_NE(NULL, create(4096));
	record = reserve(64);
	ASSERT_NE(NULL, record);
	for (n = 0; n < 8; n++)
		record[n] = n;
	for (n = 0, given = 0; n < 1000; n++) {
		*consumer = *producer;
		given += !output("abcdefgh", 8, 0);
	}
	EXPECT_EQ((4096 - 72 - 1) / 16, given);
	for (n = 0; n < 8; n++)
		EXPECT_EQ(n, record[n]);
	*consumer = U64_MAX - 100;
	EXPECT_EQ(-EAGAIN, output("abcdefgh", 8, 0));
	submit(record, 0);
	for (n = 0; n < 1000; n++) {
		*consumer = *producer;
		ASSERT_EQ(0, output("abcdefgh", 8, 0));
	}
	mbpf_map_destroy(map);
}

TEST(waking)
{
	void *first, *second;
	u32 len;

	ASSERT_NE(NULL, create(4096));
	unit_os_wakes = 0;
	first = reserve(8);
	second = reserve(8);
	/* The reader waits for the first one. */
	submit(second, 0);
	os_user_run_work();
	EXPECT_EQ(0, unit_os_wakes);
	submit(first, 0);
	os_user_run_work();
	EXPECT_EQ(1, unit_os_wakes);
	while (next_record(&len))
		done(len);
	output("abc", 3, MBPF_RB_NO_WAKEUP);
	os_user_run_work();
	EXPECT_EQ(1, unit_os_wakes);
	output("abc", 3, 0);
	os_user_run_work();
	EXPECT_EQ(1, unit_os_wakes);
	output("abc", 3, MBPF_RB_FORCE_WAKEUP);
	os_user_run_work();
	EXPECT_EQ(2, unit_os_wakes);
	mbpf_map_destroy(map);
}

#define WRITERS	4
#define RECORDS	2000

/* Sends its number and a count, in records of several sizes, some of which are dropped. */
static void *writer(void *arg)
{
	u64 id = (unsigned long)arg, seed = id + 1, n, *record;
	u32 i, words;

	for (n = 0; n < RECORDS;) {
		words = 2 + unit_random(&seed) % 6;
		record = reserve(words * 8);
		if (!record)
			continue;
		record[0] = id;
		for (i = 1; i < words; i++)
			record[i] = n;
		if (unit_random(&seed) % 4) {
			submit(record, 0);
			n++;
		} else {
			discard(record, 0);
		}
	}
	return NULL;
}

TEST(writers_at_the_same_time)
{
	u64 next[WRITERS] = {}, got = 0, *record;
	pthread_t threads[WRITERS];
	u32 len, wrong = 0;
	unsigned long i;

	ASSERT_NE(NULL, create(4096));
	for (i = 0; i < WRITERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, writer, (void *)i));
	while (got < WRITERS * RECORDS) {
		record = next_record(&len);
		if (!record)
			continue;
		wrong += len < 16 || record[0] >= WRITERS || record[1] != next[record[0]] ||
			 record[len / 8 - 1] != next[record[0]];
		if (record[0] < WRITERS)
			next[record[0]]++;
		done(len);
		got++;
	}
	for (i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(NULL, next_record(&len));
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

TEST_HARNESS_MAIN
