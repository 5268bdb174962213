// SPDX-License-Identifier: GPL-2.0-only
/* Maps by bpf(2)'s rules: creation, flags, errnos, per-CPU values, iteration. */
#include "unit.h"
#include "helper.h"
#include "map.h"

#define MAX_VALUE (4 * 8192)

/* The outcome of each was seen on Linux 6.18; where that differs, says so. */
static const struct {
	u32 type, key_size, value_size, max_entries, flags;
	int err;
} create_rows[] = {
	{ 0, 4, 4, 1, 0, -EINVAL },
	{ 7, 4, 4, 1, 0, -EINVAL },	/* a type that is not here */
	{ U32_MAX, 4, 4, 1, 0, -EINVAL },

	{ MBPF_MAP_HASH, 4, 4, 1, 0, 0 },
	{ MBPF_MAP_HASH, 0, 4, 1, 0, -EINVAL },
	{ MBPF_MAP_HASH, 4, 0, 1, 0, -EINVAL },
	{ MBPF_MAP_HASH, 4, 4, 0, 0, -EINVAL },
	{ MBPF_MAP_HASH, 512, 8, 1, 0, 0 },
	{ MBPF_MAP_HASH, 513, 8, 1, 0, 0 },
	{ MBPF_MAP_HASH, 1 << 22, 8, 1, 0, -E2BIG },
	{ MBPF_MAP_HASH, U32_MAX, U32_MAX, 1, 0, -E2BIG },
	{ MBPF_MAP_HASH, 8, (1 << 22) - 57, 1, 0, 0 },
	{ MBPF_MAP_HASH, 8, (1 << 22) - 56, 1, 0, -E2BIG },
	{ MBPF_MAP_HASH, 4, 4, (1 << 27) + 1, 1, -E2BIG },
	{ MBPF_MAP_HASH, 4, 4, U32_MAX, 1, -E2BIG },
	{ MBPF_MAP_HASH, 4, 4, 1, MBPF_MAP_NO_PREALLOC, 0 },
	{ MBPF_MAP_HASH, 4, 4, 1, MBPF_MAP_ZERO_SEED, 0 },
	{ MBPF_MAP_HASH, 4, 4, 1, MBPF_MAP_RDONLY, 0 },
	{ MBPF_MAP_HASH, 4, 4, 1, MBPF_MAP_WRONLY, 0 },
	{ MBPF_MAP_HASH, 4, 4, 1, MBPF_MAP_RDONLY_PROG, 0 },
	{ MBPF_MAP_HASH, 4, 4, 1, MBPF_MAP_RDONLY | MBPF_MAP_WRONLY_PROG, 0 },
	{ MBPF_MAP_HASH, 4, 4, 1, MBPF_MAP_RDONLY | MBPF_MAP_WRONLY, -EINVAL },
	{ MBPF_MAP_HASH, 4, 4, 1, MBPF_MAP_RDONLY_PROG | MBPF_MAP_WRONLY_PROG, -EINVAL },
	{ MBPF_MAP_HASH, 4, 4, 1, MBPF_MAP_MMAPABLE, -EINVAL },
	{ MBPF_MAP_HASH, 4, 4, 1, 0x002, -EINVAL },
	{ MBPF_MAP_HASH, 4, 4, 1, 0x004, -EINVAL },	/* NUMA_NODE is not here */
	{ MBPF_MAP_HASH, 4, 4, 1, 0x020, -EINVAL },
	{ MBPF_MAP_HASH, 4, 4, 1, 0x1000, -EINVAL },
	{ MBPF_MAP_HASH, 4, 4, 1, 1U << 31, -EINVAL },

	{ MBPF_MAP_PERCPU_HASH, 4, 4, 1, 0, 0 },
	{ MBPF_MAP_PERCPU_HASH, 4, 4, 1, MBPF_MAP_NO_PREALLOC | MBPF_MAP_ZERO_SEED, 0 },
	{ MBPF_MAP_PERCPU_HASH, 4, 32768, 1, 0, 0 },
	{ MBPF_MAP_PERCPU_HASH, 4, 32769, 1, 0, -E2BIG },

	{ MBPF_MAP_LRU_HASH, 4, 4, 1, 0, 0 },
	{ MBPF_MAP_LRU_HASH, 4, 4, 1, MBPF_MAP_NO_COMMON_LRU, 0 },
	{ MBPF_MAP_LRU_HASH, 4, 4, 1, MBPF_MAP_NO_PREALLOC, -ENOTSUPP },
	{ MBPF_MAP_LRU_HASH, 4, 4, 1, MBPF_MAP_MMAPABLE, -EINVAL },
	{ MBPF_MAP_LRU_PERCPU_HASH, 4, 32768, 1, 0, 0 },
	{ MBPF_MAP_LRU_PERCPU_HASH, 4, 32769, 1, 0, -E2BIG },

	{ MBPF_MAP_ARRAY, 4, 4, 1, 0, 0 },
	{ MBPF_MAP_ARRAY, 8, 4, 1, 0, -EINVAL },
	{ MBPF_MAP_ARRAY, 2, 4, 1, 0, -EINVAL },
	{ MBPF_MAP_ARRAY, 4, 0, 1, 0, -EINVAL },
	{ MBPF_MAP_ARRAY, 4, 4, 0, 0, -EINVAL },
	{ MBPF_MAP_ARRAY, 4, (1 << 22) + 1, 1, 0, 0 },
	{ MBPF_MAP_ARRAY, 4, 0x80000000, 1, 0, -E2BIG },
	{ MBPF_MAP_ARRAY, 4, 4096, U32_MAX, 0, -ENOMEM },
	{ MBPF_MAP_ARRAY, 4, S32_MAX, U32_MAX, 0, -ENOMEM },
	{ MBPF_MAP_ARRAY, 4, 4, 1, MBPF_MAP_MMAPABLE, 0 },
	{ MBPF_MAP_ARRAY, 4, 4, 1, MBPF_MAP_NO_PREALLOC, -EINVAL },
	{ MBPF_MAP_ARRAY, 4, 4, 1, MBPF_MAP_ZERO_SEED, -EINVAL },
	{ MBPF_MAP_ARRAY, 4, 4, 1, MBPF_MAP_RDONLY | MBPF_MAP_RDONLY_PROG, 0 },
	{ MBPF_MAP_ARRAY, 4, 4, 1, MBPF_MAP_RDONLY_PROG | MBPF_MAP_WRONLY_PROG, -EINVAL },

	{ MBPF_MAP_PERCPU_ARRAY, 4, 4, 1, 0, 0 },
	{ MBPF_MAP_PERCPU_ARRAY, 4, 32768, 1, 0, 0 },
	{ MBPF_MAP_PERCPU_ARRAY, 4, 32769, 1, 0, -E2BIG },
	{ MBPF_MAP_PERCPU_ARRAY, 4, 4, 1, MBPF_MAP_MMAPABLE, -EINVAL },
	{ MBPF_MAP_PERCPU_ARRAY, 8, 4, 1, 0, -EINVAL },

	{ MBPF_MAP_PROG_ARRAY, 4, 4, 1, 0, 0 },
	{ MBPF_MAP_PROG_ARRAY, 4, 8, 1, 0, -EINVAL },
	{ MBPF_MAP_PROG_ARRAY, 8, 4, 1, 0, -EINVAL },
	{ MBPF_MAP_PROG_ARRAY, 4, 4, 1, MBPF_MAP_RDONLY, 0 },
	{ MBPF_MAP_PROG_ARRAY, 4, 4, 1, MBPF_MAP_RDONLY_PROG, -EINVAL },
	{ MBPF_MAP_PROG_ARRAY, 4, 4, 1, MBPF_MAP_MMAPABLE, -EINVAL },
	{ MBPF_MAP_PERF_EVENT_ARRAY, 4, 4, 1, 0, 0 },
	{ MBPF_MAP_STACK_TRACE, 4, 8, 1, 0, 0 },
	{ MBPF_MAP_STACK_TRACE, 4, 127 * 8, 3, MBPF_MAP_RDONLY, 0 },
	{ MBPF_MAP_STACK_TRACE, 4, 128 * 8, 1, 0, -EINVAL },
	{ MBPF_MAP_STACK_TRACE, 4, 4, 1, 0, -EINVAL },
	{ MBPF_MAP_STACK_TRACE, 4, 12, 1, 0, -EINVAL },
	{ MBPF_MAP_STACK_TRACE, 8, 8, 1, 0, -EINVAL },
	{ MBPF_MAP_STACK_TRACE, 4, 8, 1, MBPF_MAP_RDONLY_PROG, -EINVAL },
	{ MBPF_MAP_STACK_TRACE, 4, 8, 1, 1 << 5, -EINVAL },
	{ MBPF_MAP_STACK_TRACE, 4, 8, 0x80000001, 0, -E2BIG },
	{ MBPF_MAP_CGROUP_ARRAY, 4, 4, 1, 0, 0 },
	{ MBPF_MAP_CGROUP_ARRAY, 4, 8, 1, 0, -EINVAL },
	{ MBPF_MAP_PERF_EVENT_ARRAY, 4, 8, 1, 0, -EINVAL },
	{ MBPF_MAP_PERF_EVENT_ARRAY, 8, 4, 1, 0, -EINVAL },
	{ MBPF_MAP_PERF_EVENT_ARRAY, 4, 4, 1, MBPF_MAP_RDONLY_PROG, -EINVAL },
};

TEST(creation)
{
	struct mbpf_map *map;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(create_rows); i++) {
		map = unit_map(create_rows[i].type, create_rows[i].key_size,
			     create_rows[i].value_size, create_rows[i].max_entries,
			     create_rows[i].flags);
		EXPECT_EQ(create_rows[i].err, IS_ERR(map) ? PTR_ERR(map) : 0) TH_LOG("row %u", i);
		if (!IS_ERR(map)) {
			EXPECT_LT(0, atomic64_read(&map->bytes));
			EXPECT_STREQ("test", map->attr.name);
			mbpf_map_destroy(map);
		}
	}
	UNIT_EXPECT_NO_LEAKS();
}

/*
 * A map under test with the system call's buffers. Keys are numbers; those of
 * the arrays are in range up to @max.
 */
struct subject {
	struct mbpf_map *map;
	u32 max;
	u8 key[64];
	u64 value[MAX_VALUE / 8 + 1];
	u64 out[MAX_VALUE / 8 + 1];
};

static void *key_of(struct subject *s, u32 key)
{
	memset(s->key, 0, sizeof(s->key));
	memcpy(s->key, &key, 4);
	/* The last byte counts as much as the first. */
	if (s->map->attr.key_size > 4)
		s->key[s->map->attr.key_size - 1] = key * 7;
	return s->key;
}

/* Each byte of each CPU's value is told by @n. */
static void fill(struct subject *s, u64 *value, u32 n)
{
	u32 stride = round_up(s->map->attr.value_size, 8), i;
	u8 *bytes = (u8 *)value;

	memset(value, 0, mbpf_map_user_value_size(s->map));
	for (i = 0; i < mbpf_map_user_value_size(s->map); i++)
		if (i % stride < s->map->attr.value_size)
			bytes[i] = n + i % stride + i / stride * 31;
}

static int sys_update(struct subject *s, u32 key, u32 n, u64 flags)
{
	fill(s, s->value, n);
	return mbpf_map_sys_update(s->map, key_of(s, key), s->value, flags);
}

/* 0 and the expected value; -EBADMSG with another one; or an errno and an untouched buffer. */
static int sys_lookup(struct subject *s, u32 key, u32 n)
{
	u64 size = mbpf_map_user_value_size(s->map);
	int err;

	memset(s->out, 0x5a, sizeof(s->out));
	err = mbpf_map_sys_lookup(s->map, key_of(s, key), s->out, 0);
	if (err) {
		memset(s->value, 0x5a, sizeof(s->value));
		return memcmp(s->value, s->out, sizeof(s->out)) ? -EFAULT : err;
	}
	fill(s, s->value, n);
	return memcmp(s->value, s->out, size) ? -EBADMSG : 0;
}

FIXTURE(map)
{
	struct subject s;
};

FIXTURE_VARIANT(map)
{
	u32 type, key_size, value_size, flags;
};

#define VARIANT(name, _type, key, value, _flags)				\
	FIXTURE_VARIANT_ADD(map, name) {					\
		.type = MBPF_MAP_##_type, .key_size = key, .value_size = value,	\
		.flags = _flags,						\
	}

VARIANT(hash_4_4, HASH, 4, 4, 0);
VARIANT(hash_4_8, HASH, 4, 8, MBPF_MAP_NO_PREALLOC);
VARIANT(hash_5_3, HASH, 5, 3, 0);
VARIANT(hash_7_1, HASH, 7, 1, 0);
VARIANT(hash_8_8, HASH, 8, 8, MBPF_MAP_ZERO_SEED);
VARIANT(hash_8_12, HASH, 8, 12, 0);
VARIANT(hash_12_40, HASH, 12, 40, 0);
VARIANT(hash_16_16, HASH, 16, 16, 0);
VARIANT(hash_17_9, HASH, 17, 9, 0);
VARIANT(hash_24_7, HASH, 24, 7, MBPF_MAP_NO_PREALLOC);
VARIANT(hash_63_8192, HASH, 63, 8192, 0);
VARIANT(percpu_hash_4_8, PERCPU_HASH, 4, 8, 0);
VARIANT(percpu_hash_8_4, PERCPU_HASH, 8, 4, MBPF_MAP_NO_PREALLOC);
VARIANT(percpu_hash_16_100, PERCPU_HASH, 16, 100, 0);
VARIANT(percpu_hash_20_8192, PERCPU_HASH, 20, 8192, 0);
VARIANT(lru_hash_4_8, LRU_HASH, 4, 8, 0);
VARIANT(lru_hash_12_40, LRU_HASH, 12, 40, 0);
VARIANT(lru_percpu_hash_32_12, LRU_PERCPU_HASH, 32, 12, 0);
VARIANT(array_4, ARRAY, 4, 4, 0);
VARIANT(array_13, ARRAY, 4, 13, 0);
VARIANT(array_8_mmapable, ARRAY, 4, 8, MBPF_MAP_MMAPABLE);
VARIANT(array_8192, ARRAY, 4, 8192, 0);
VARIANT(percpu_array_4, PERCPU_ARRAY, 4, 4, 0);
VARIANT(percpu_array_100, PERCPU_ARRAY, 4, 100, 0);
VARIANT(percpu_array_8192, PERCPU_ARRAY, 4, 8192, 0);

FIXTURE_SETUP(map)
{
	self->s.max = 23;
	self->s.map = unit_map(variant->type, variant->key_size, variant->value_size, self->s.max,
			     variant->flags);
	ASSERT_FALSE(IS_ERR(self->s.map));
}

FIXTURE_TEARDOWN(map)
{
	mbpf_map_destroy(self->s.map);
	UNIT_EXPECT_NO_LEAKS();
}

static bool is_lru(const struct subject *s)
{
	return s->map->attr.type == MBPF_MAP_LRU_HASH ||
	       s->map->attr.type == MBPF_MAP_LRU_PERCPU_HASH;
}

static bool is_array(const struct subject *s)
{
	return s->map->attr.type == MBPF_MAP_ARRAY || s->map->attr.type == MBPF_MAP_PERCPU_ARRAY;
}

TEST_F(map, update_flags)
{
	struct subject *s = &self->s;
	static const u64 bad[] = { 3, 4, 5, 6, 7, 8, 1ULL << 32, 1ULL << 63 };
	u32 i;

	/* Elements of an array are there from the start. */
	if (is_array(s)) {
		EXPECT_EQ(-EEXIST, sys_update(s, 1, 10, MBPF_NOEXIST));
		memset(s->value, 0, sizeof(s->value));
		EXPECT_EQ(0, mbpf_map_sys_lookup(s->map, key_of(s, 1), s->out, 0));
		EXPECT_EQ(0, memcmp(s->value, s->out, mbpf_map_user_value_size(s->map)));
	} else {
		EXPECT_EQ(-ENOENT, sys_lookup(s, 1, 10));
		EXPECT_EQ(-ENOENT, sys_update(s, 1, 10, MBPF_EXIST));
		EXPECT_EQ(-ENOENT, sys_lookup(s, 1, 10));
		EXPECT_EQ(0, sys_update(s, 1, 10, MBPF_NOEXIST));
		EXPECT_EQ(0, sys_lookup(s, 1, 10));
		EXPECT_EQ(-EEXIST, sys_update(s, 1, 11, MBPF_NOEXIST));
		EXPECT_EQ(0, sys_lookup(s, 1, 10));
	}
	EXPECT_EQ(0, sys_update(s, 1, 12, MBPF_EXIST));
	EXPECT_EQ(0, sys_lookup(s, 1, 12));
	EXPECT_EQ(0, sys_update(s, 1, 13, MBPF_ANY));
	EXPECT_EQ(0, sys_lookup(s, 1, 13));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, sys_update(s, 1, 14, bad[i])) TH_LOG("flags %llx",
									(unsigned long long)bad[i]);
		EXPECT_GT(0, s->map->ops->update(s->map, key_of(s, 1), s->value, bad[i]));
	}
	EXPECT_EQ(0, sys_lookup(s, 1, 13));
}

TEST_F(map, lookup_flags)
{
	struct subject *s = &self->s;

	EXPECT_EQ(0, sys_update(s, 1, 1, 0));
	EXPECT_EQ(-EINVAL, mbpf_map_sys_lookup(s->map, key_of(s, 1), s->out, 1));
	EXPECT_EQ(-EINVAL, mbpf_map_sys_lookup(s->map, key_of(s, 1), s->out, 4));
}

TEST_F(map, full)
{
	struct subject *s = &self->s;
	u32 expected[64], i, round;

	if (is_lru(s))
		return;
	for (i = 0; i < s->max; i++) {
		EXPECT_EQ(0, sys_update(s, i, i, MBPF_ANY)) TH_LOG("element %u", i);
		expected[i] = i;
	}
	/* What is there can be changed, more cannot be added; many times, so that nothing wears. */
	for (round = 0; round < 100; round++) {
		EXPECT_EQ(-E2BIG, sys_update(s, s->max, 1, MBPF_ANY));
		EXPECT_EQ(-E2BIG, sys_update(s, U32_MAX, 1, MBPF_ANY));
		EXPECT_EQ(-ENOENT, sys_lookup(s, s->max, 1));
		EXPECT_EQ(0, sys_update(s, round % s->max, round, MBPF_EXIST));
		expected[round % s->max] = round;
	}
	for (i = 0; i < s->max; i++)
		EXPECT_EQ(0, sys_lookup(s, i, expected[i]));
}

TEST_F(map, delete)
{
	struct subject *s = &self->s;
	u32 i, round;

	if (is_array(s)) {
		EXPECT_EQ(-EINVAL, mbpf_map_sys_delete(s->map, key_of(s, 1)));
		EXPECT_EQ(-EINVAL, mbpf_map_sys_delete(s->map, key_of(s, s->max)));
		return;
	}
	EXPECT_EQ(-ENOENT, mbpf_map_sys_delete(s->map, key_of(s, 1)));
	/* Without a grace period in between; more often than there are elements. */
	for (round = 0; round < 50; round++) {
		for (i = 0; i < s->max; i++)
			ASSERT_EQ(0, sys_update(s, i, i + round, MBPF_NOEXIST));
		if (!is_lru(s))
			ASSERT_EQ(-E2BIG, sys_update(s, s->max, 0, MBPF_ANY));
		for (i = 0; i < s->max; i += 2)
			ASSERT_EQ(0, mbpf_map_sys_delete(s->map, key_of(s, i)));
		for (i = 0; i < s->max; i++)
			ASSERT_EQ(i % 2 ? 0 : -ENOENT, sys_lookup(s, i, i + round));
		for (i = 1; i < s->max; i += 2)
			ASSERT_EQ(0, mbpf_map_sys_delete(s->map, key_of(s, i)));
		ASSERT_EQ(-ENOENT, mbpf_map_sys_delete(s->map, key_of(s, 1)));
		if (round % 10 == 9)
			rcu_barrier();
	}
}

/* As one after the other: up to the first that fails, and all before it is gone. */
TEST_F(map, delete_many)
{
	struct subject *s = &self->s;
	u32 size = s->map->attr.key_size, round, i, nr;
	static u64 buffer[32 * 64 / 8];
	u8 *keys = (u8 *)buffer;

	nr = s->max;
	if (is_array(s)) {
		EXPECT_EQ(-ENOTSUPP, mbpf_map_sys_delete_many(s->map, keys, &nr));
		EXPECT_EQ(0, nr);
		return;
	}
	for (round = 0; round < 50; round++) {
		u32 missing = round % s->max;

		for (i = 0; i < s->max; i++) {
			ASSERT_EQ(0, sys_update(s, i, i + round, MBPF_NOEXIST));
			memcpy(keys + i * size, key_of(s, i == missing ? 200 : i), size);
		}
		nr = s->max;
		ASSERT_EQ(-ENOENT, mbpf_map_sys_delete_many(s->map, keys, &nr));
		ASSERT_EQ(missing, nr);
		for (i = 0; i < s->max; i++)
			ASSERT_EQ(i < missing ? -ENOENT : 0, sys_lookup(s, i, i + round));
		for (i = missing; i < s->max; i++)
			memcpy(keys + i * size, key_of(s, i), size);
		/* Each must be at a multiple of 8 that is the first of its call. */
		memmove(keys, keys + missing * size, (s->max - missing) * size);
		nr = s->max - missing;
		ASSERT_EQ(0, mbpf_map_sys_delete_many(s->map, keys, &nr));
		ASSERT_EQ(s->max - missing, nr);
		ASSERT_EQ(-ENOENT, mbpf_map_sys_next_key(s->map, NULL, s->key));
		if (round % 10 == 9)
			rcu_barrier();
	}
}

/* Each element once, with its value, whatever the room; taken, it is gone. */
TEST_F(map, batches)
{
	struct subject *s = &self->s;
	u64 size = mbpf_map_user_value_size(s->map);
	struct mbpf_batch b = {
		.keys = calloc(s->max, 64), .values = calloc(s->max, size),
	};
	u32 i, k, room, cursor, seen, take;

	for (take = 0; take < (is_array(s) ? 1 : 2); take++) {
		for (room = s->max; room > 2; room -= room > 15 ? 1 : 3) {
			u32 limit = room;
			int err = 0;

			for (i = 0; i < s->max; i++)
				ASSERT_EQ(0, sys_update(s, i, i + room, MBPF_ANY));
			seen = 0;
			for (cursor = 0; !err;) {
				b.nr = 0;
				b.room = limit;
				b.take = take;
				err = s->map->ops->batch(s->map, &cursor, &b);
				ASSERT_GE(limit, b.nr);
				for (k = 0; k < b.nr; k++) {
					memcpy(&i, b.keys + k * s->map->attr.key_size, sizeof(i));
					i &= 0xff;
					fill(s, s->value, i + room);
					ASSERT_EQ(0, memcmp(s->value, b.values + k * size, size));
					ASSERT_FALSE(seen & BIT(i));
					seen |= BIT(i);
					ASSERT_EQ(take ? -ENOENT : 0, sys_lookup(s, i, i + room));
				}
				/* A bucket with more than fits. */
				if (err == -ENOSPC && !b.nr)
					limit++;
				err = err == -ENOSPC ? 0 : err;
			}
			ASSERT_EQ(-ENOENT, err);
			ASSERT_EQ(BIT(s->max) - 1, seen);
			if (take)
				ASSERT_EQ(-ENOENT, mbpf_map_sys_next_key(s->map, NULL, s->key));
		}
	}
	free(b.keys);
	free(b.values);
}

TEST_F(map, lookup_and_delete)
{
	struct subject *s = &self->s;

	EXPECT_EQ(0, sys_update(s, 5, 50, MBPF_ANY));
	memset(s->out, 0x5a, sizeof(s->out));
	if (is_array(s)) {
		EXPECT_EQ(-ENOTSUPP,
			  mbpf_map_sys_lookup_and_delete(s->map, key_of(s, 5), s->out, 0));
		return;
	}
	EXPECT_EQ(-EINVAL, mbpf_map_sys_lookup_and_delete(s->map, key_of(s, 5), s->out, 4));
	EXPECT_EQ(-ENOENT, mbpf_map_sys_lookup_and_delete(s->map, key_of(s, 6), s->out, 0));
	EXPECT_EQ(0x5a5a5a5a5a5a5a5a, s->out[0]);
	EXPECT_EQ(0, mbpf_map_sys_lookup_and_delete(s->map, key_of(s, 5), s->out, 0));
	fill(s, s->value, 50);
	EXPECT_EQ(0, memcmp(s->value, s->out, mbpf_map_user_value_size(s->map)));
	EXPECT_EQ(-ENOENT, sys_lookup(s, 5, 50));
	EXPECT_EQ(-ENOENT, mbpf_map_sys_lookup_and_delete(s->map, key_of(s, 5), s->out, 0));
}

/* By next_key() all keys come once each, from NULL and from a key that is not there. */
static void check_iteration(struct __test_metadata *_metadata, struct subject *s, const void *first,
			    u32 expected)
{
	u8 key[64], next[64];
	bool seen[64] = {};
	u32 n = 0, id;

	if (first)
		memcpy(key, first, s->map->attr.key_size);
	while (!mbpf_map_sys_next_key(s->map, n || first ? key : NULL, next)) {
		memcpy(&id, next, 4);
		ASSERT_GT(64, id);
		EXPECT_FALSE(seen[id]);
		seen[id] = true;
		EXPECT_EQ(0, memcmp(next, key_of(s, id), s->map->attr.key_size));
		memcpy(key, next, sizeof(key));
		ASSERT_GT(64, ++n);
	}
	EXPECT_EQ(expected, n);
	memset(next, 0x5a, sizeof(next));
	EXPECT_EQ(-ENOENT, mbpf_map_sys_next_key(s->map, n || first ? key : NULL, next));
	EXPECT_EQ(0x5a, next[0]);
}

TEST_F(map, next_key)
{
	struct subject *s = &self->s;
	u8 absent[64];
	u32 i;

	memset(absent, 0xee, sizeof(absent));
	if (!is_array(s)) {
		EXPECT_EQ(-ENOENT, mbpf_map_sys_next_key(s->map, NULL, s->out));
		EXPECT_EQ(-ENOENT, mbpf_map_sys_next_key(s->map, absent, s->out));
	}
	for (i = 0; i < s->max; i++) {
		EXPECT_EQ(0, sys_update(s, i, i, MBPF_ANY));
		if (!is_array(s))
			check_iteration(_metadata, s, NULL, i + 1);
	}
	check_iteration(_metadata, s, NULL, s->max);
	check_iteration(_metadata, s, absent, s->max);
}

struct visitor {
	struct mbpf_callee callee;
	struct subject *s;
	u64 seen;
	u32 calls;
	u32 stop_at;
	u32 wrong;
};

static u64 visit(const struct mbpf_callee *callee, u64 r1, u64 r2, u64 r3, u64 r4)
{
	struct visitor *v = container_of(callee, struct visitor, callee);
	struct mbpf_map *map = (struct mbpf_map *)r1;
	u32 id;

	memcpy(&id, (void *)r2, 4);
	v->wrong += map != v->s->map || r4 != 99 || id > 63 || v->seen & BIT_ULL(id);
	v->wrong += !!memcmp((void *)r2, key_of(v->s, id), map->attr.key_size);
	v->wrong += (void *)r3 != map->ops->lookup(map, (void *)r2);
	v->seen |= BIT_ULL(id & 63);
	return ++v->calls == v->stop_at;
}

TEST_F(map, for_each)
{
	struct subject *s = &self->s;
	struct visitor v = { .callee.call = visit, .s = s };
	u32 i, nr = is_array(s) ? s->max : 0;

	EXPECT_EQ(nr, s->map->ops->for_each(s->map, &v.callee, 99, 0));
	for (i = 0; i < s->max; i++)
		EXPECT_EQ(0, sys_update(s, i, i, MBPF_ANY));
	v = (struct visitor){ .callee.call = visit, .s = s };
	EXPECT_EQ(-EINVAL, s->map->ops->for_each(s->map, &v.callee, 99, 1));
	EXPECT_EQ(0, v.calls);
	EXPECT_EQ(s->max, s->map->ops->for_each(s->map, &v.callee, 99, 0));
	EXPECT_EQ(0, v.wrong);
	EXPECT_EQ(BIT_ULL(s->max) - 1, v.seen);
	v = (struct visitor){ .callee.call = visit, .s = s, .stop_at = 3 };
	EXPECT_EQ(3, s->map->ops->for_each(s->map, &v.callee, 99, 0));
	EXPECT_EQ(3, v.calls);
}

/* Programs hold keys and values at any address. */
TEST_F(map, unaligned)
{
	struct subject *s = &self->s;
	u32 size = s->map->attr.value_size, stride = round_up(size, 8), shift;
	u8 key[80];

	for (shift = 0; shift < 8; shift++) {
		memcpy(key + shift, key_of(s, shift), s->map->attr.key_size);
		fill(s, s->value, shift);
		memmove((u8 *)s->value + shift, s->value, size);
		EXPECT_EQ(0, s->map->ops->update(s->map, key + shift, (u8 *)s->value + shift, 0));
		os_user_run_work();
	}
	for (shift = 0; shift < 8; shift++) {
		u8 *found;

		memcpy(key + 7 - shift, key_of(s, shift), s->map->attr.key_size);
		found = s->map->ops->lookup(s->map, key + 7 - shift);
		ASSERT_NE(NULL, found);
		fill(s, s->value, shift);
		EXPECT_EQ(0, memcmp(found, s->value, size));
		EXPECT_EQ(0, (unsigned long)found & 7);
		EXPECT_EQ(0, mbpf_map_sys_lookup(s->map, key + 7 - shift, (u8 *)s->out + shift, 0));
		EXPECT_EQ(0, memcmp((u8 *)s->out + shift, s->value, size));
	}
	EXPECT_LE(size, stride);
}

/* A program sees and changes its own CPU's value. */
TEST_F(map, per_cpu)
{
	struct subject *s = &self->s;
	struct mbpf_map *map = s->map;
	u32 size = map->attr.value_size, stride = round_up(size, 8), cpu;
	void *found;

	if (!mbpf_map_is_percpu(map)) {
		EXPECT_EQ(size, mbpf_map_user_value_size(map));
		EXPECT_TRUE(!map->ops->lookup_cpu);
		return;
	}
	EXPECT_EQ(stride * OS_USER_NR_CPUS, mbpf_map_user_value_size(map));
	/* The element is new on CPU 2: on all others it is zero. */
	fill(s, s->value, 1);
	os_user_cpu = 2;
	ASSERT_EQ(0, map->ops->update(map, key_of(s, 1), s->value, MBPF_ANY));
	ASSERT_EQ(0, mbpf_map_sys_lookup(map, key_of(s, 1), s->out, 0));
	for (cpu = 0; cpu < OS_USER_NR_CPUS; cpu++) {
		u8 zero[MAX_VALUE / 4] = {};

		EXPECT_EQ(0, memcmp((u8 *)s->out + cpu * stride,
				    cpu == 2 ? (u8 *)s->value : zero, size));
	}
	/* It is there on CPU 1 as well, and no other's value changes. */
	ASSERT_EQ(0, sys_update(s, 1, 5, MBPF_EXIST));
	os_user_cpu = 1;
	memset(s->out, 0xcc, size);
	ASSERT_EQ(0, map->ops->update(map, key_of(s, 1), s->out, MBPF_EXIST));
	ASSERT_EQ(0, mbpf_map_sys_lookup(map, key_of(s, 1), s->out, 0));
	for (cpu = 0; cpu < OS_USER_NR_CPUS; cpu++)
		EXPECT_EQ(cpu == 1 ? 0xcc : ((u8 *)s->value)[cpu * stride],
			  ((u8 *)s->out)[cpu * stride]);

	ASSERT_EQ(0, sys_update(s, 1, 5, MBPF_EXIST));
	ASSERT_EQ(0, sys_lookup(s, 1, 5));
	for (cpu = 0; cpu < OS_USER_NR_CPUS; cpu++) {
		os_user_cpu = cpu;
		found = map->ops->lookup(map, key_of(s, 1));
		EXPECT_EQ(0, memcmp((u8 *)s->value + cpu * stride, found, size));
		EXPECT_EQ(found, map->ops->lookup_cpu(map, key_of(s, 1), cpu));
		memset(found, cpu + 100, size);
	}
	ASSERT_EQ(0, mbpf_map_sys_lookup(map, key_of(s, 1), s->out, 0));
	for (cpu = 0; cpu < OS_USER_NR_CPUS; cpu++) {
		EXPECT_EQ(cpu + 100, ((u8 *)s->out)[cpu * stride]);
		EXPECT_EQ(cpu + 100, ((u8 *)s->out)[cpu * stride + size - 1]);
	}
	EXPECT_EQ(NULL, map->ops->lookup_cpu(map, key_of(s, 1), OS_USER_NR_CPUS));
	EXPECT_EQ(NULL, map->ops->lookup_cpu(map, key_of(s, 1), U32_MAX));
	EXPECT_EQ(NULL, map->ops->lookup_cpu(map, key_of(s, 1000), 0));
	EXPECT_EQ(NULL, map->ops->lookup(map, key_of(s, 1000)));
}

/* An element that is used again has nothing of its former life on any CPU. */
TEST_F(map, new_per_cpu_values_are_zero)
{
	struct subject *s = &self->s;
	struct mbpf_map *map = s->map;
	u32 i, cpu, stride = round_up(map->attr.value_size, 8);

	if (map->attr.type != MBPF_MAP_PERCPU_HASH && map->attr.type != MBPF_MAP_LRU_PERCPU_HASH)
		return;
	for (i = 0; i < s->max; i++)
		ASSERT_EQ(0, sys_update(s, i, 77, MBPF_ANY));
	for (i = 0; i < s->max; i++)
		ASSERT_EQ(0, mbpf_map_sys_delete(map, key_of(s, i)));
	os_user_cpu = 1;
	for (i = 0; i < s->max; i++) {
		fill(s, s->value, 3);
		ASSERT_EQ(0, map->ops->update(map, key_of(s, i), s->value, MBPF_NOEXIST));
		ASSERT_EQ(0, mbpf_map_sys_lookup(map, key_of(s, i), s->out, 0));
		for (cpu = 0; cpu < OS_USER_NR_CPUS; cpu++)
			EXPECT_EQ(cpu == 1 ? 3 : 0, ((u8 *)s->out)[cpu * stride]);
	}
}

static int create_and_fill(void *arg)
{
	struct mbpf_map_attr *attr = arg;
	struct mbpf_map *map = mbpf_map_create(attr);
	u64 value[4 * 8] = {};
	int err = 0;
	u32 i;

	if (IS_ERR(map))
		return PTR_ERR(map);
	for (i = 0; i < attr->max_entries && !err && attr->type != MBPF_MAP_PROG_ARRAY; i++)
		err = mbpf_map_sys_update(map, &i, value, 0);
	mbpf_map_destroy(map);
	return err;
}

/* Whichever allocation fails: -ENOMEM, and nothing is left behind. */
TEST(out_of_memory)
{
	static const struct {
		u32 type, max_entries, flags, at_least;
	} rows[] = {
		{ MBPF_MAP_HASH, 100, 0, 4 },
		{ MBPF_MAP_HASH, 10000, MBPF_MAP_NO_PREALLOC, 8 },
		{ MBPF_MAP_PERCPU_HASH, 1000, 0, 8 },
		{ MBPF_MAP_LRU_HASH, 1000, 0, 5 },
		{ MBPF_MAP_ARRAY, 100, 0, 2 },
		{ MBPF_MAP_ARRAY, 100, MBPF_MAP_MMAPABLE, 2 },
		{ MBPF_MAP_PERCPU_ARRAY, 2000, 0, 4 },
		{ MBPF_MAP_PROG_ARRAY, 100, 0, 1 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mbpf_map_attr attr = {
			.type = rows[i].type,
			.key_size = 4,
			.value_size = rows[i].type == MBPF_MAP_PROG_ARRAY ? 4 : 60,
			.max_entries = rows[i].max_entries,
			.flags = rows[i].flags,
		};

		EXPECT_LE((int)rows[i].at_least, unit_fail_sweep(create_and_fill, &attr, true))
			TH_LOG("row %u", i);
	}
}

typedef void *(*lookup_t)(struct mbpf_map *map, const void *key);

/* What machine code computes from the description is what lookup returns. */
TEST(description)
{
	static const struct {
		u32 type, key_size, value_size, max_entries, kind;
	} rows[] = {
		{ MBPF_MAP_ARRAY, 4, 4, 100, MBPF_INLINE_ARRAY },
		{ MBPF_MAP_ARRAY, 4, 24, 1, MBPF_INLINE_ARRAY },
		{ MBPF_MAP_PERCPU_ARRAY, 4, 1, 1, MBPF_INLINE_PERCPU_ARRAY },
		{ MBPF_MAP_PERCPU_ARRAY, 4, 24, 1365, MBPF_INLINE_PERCPU_ARRAY },
		{ MBPF_MAP_PERCPU_ARRAY, 4, 8, 4096, MBPF_INLINE_PERCPU_ARRAY },
		{ MBPF_MAP_PERCPU_ARRAY, 4, 8, 4097, MBPF_INLINE_CALL },
		{ MBPF_MAP_HASH, 4, 8, 10, MBPF_INLINE_CALL },
		{ MBPF_MAP_PERCPU_HASH, 16, 8, 10, MBPF_INLINE_CALL },
		{ MBPF_MAP_PROG_ARRAY, 4, 4, 1, MBPF_INLINE_NONE },
	};
	u32 i, key;

	os_user_cpu = 2;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mbpf_map *map = unit_map(rows[i].type, rows[i].key_size, rows[i].value_size,
					      rows[i].max_entries, 0);
		struct mbpf_inline in;
		u8 *base;

		ASSERT_FALSE(IS_ERR(map));
		mbpf_map_describe(map, &in);
		EXPECT_EQ(rows[i].kind, in.kind) TH_LOG("row %u", i);
		EXPECT_EQ(rows[i].kind == MBPF_INLINE_NONE, !in.lookup);
		EXPECT_EQ(rows[i].type == MBPF_MAP_HASH || rows[i].type == MBPF_MAP_PERCPU_HASH,
			  !!in.lookup_aligned);
		EXPECT_EQ(rows[i].key_size == 4 ? 4 : 8, in.key_align ?: rows[i].key_size);
		base = (u8 *)(unsigned long)in.base;
		if (in.kind == MBPF_INLINE_PERCPU_ARRAY)
			base = this_cpu_ptr(base);
		for (key = 0; in.kind == MBPF_INLINE_ARRAY || in.kind == MBPF_INLINE_PERCPU_ARRAY;
		     key++) {
			void *value = ((lookup_t)(unsigned long)in.lookup)(map, &key);

			ASSERT_EQ(key < in.max_entries ? base + (u64)key * in.stride : NULL, value);
			if (!value)
				break;
		}
		mbpf_map_destroy(map);
	}
	os_user_cpu = 0;
	UNIT_EXPECT_NO_LEAKS();
}

TEST_HARNESS_MAIN
