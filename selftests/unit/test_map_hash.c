// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is particular to hashes: how keys spread, changes inside of changes,
 * what readers keep in hand, growth.
 */
#include "unit.h"
#include "helper.h"
#include "map_hash.h"

static struct mbpf_map *create(u32 key_size, u32 value_size, u32 max_entries, u32 flags)
{
	struct mbpf_map_attr attr = {
		.type = MBPF_MAP_HASH,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = max_entries,
		.flags = flags,
	};

	return mbpf_map_create(&attr);
}

static struct mbpf_hash *to_hash(struct mbpf_map *map)
{
	return container_of(map, struct mbpf_hash, map);
}

static int update(struct mbpf_map *map, u64 key, u64 value)
{
	u64 words[4] = { value, value, value, value };

	return map->ops->update(map, &key, words, MBPF_ANY);
}

static u64 *lookup(struct mbpf_map *map, u64 key)
{
	return map->ops->lookup(map, &key);
}

static int delete(struct mbpf_map *map, u64 key)
{
	return map->ops->delete(map, &key);
}

#define SPREAD_KEYS 4096

/*
 * The sum over all buckets of the squared number of keys, per key: 2 for
 * random numbers where there are as many buckets as keys; 1 at best.
 */
static double spread(u32 key_size, void (*make)(u8 *key, u32 i))
{
	struct mbpf_map *map = create(key_size, 8, SPREAD_KEYS, 0);
	struct mbpf_hash *hash = to_hash(map);
	u32 *nr = calloc(hash->nr_buckets, sizeof(*nr)), i;
	double sum = 0;
	u64 key[8];

	for (i = 0; i < SPREAD_KEYS; i++) {
		memset(key, 0, sizeof(key));
		make((u8 *)key, i);
		nr[mbpf_hash_bucket_any(hash, key)]++;
	}
	for (i = 0; i < hash->nr_buckets; i++)
		sum += (double)nr[i] * nr[i];
	free(nr);
	mbpf_map_destroy(map);
	return sum / SPREAD_KEYS;
}

static void make_number(u8 *key, u32 i)
{
	memcpy(key, &i, 4);
}

static void make_page(u8 *key, u32 i)
{
	i <<= 12;
	memcpy(key, &i, 4);
}

static void make_top(u8 *key, u32 i)
{
	i <<= 20;
	memcpy(key, &i, 4);
}

static void make_high(u8 *key, u32 i)
{
	u64 k = (u64)i << 52;

	memcpy(key, &k, 8);
}

static void make_pointer(u8 *key, u32 i)
{
	u64 k = 0xffff888100000000 + i * 64;

	memcpy(key, &k, 8);
}

static void make_last(u8 *key, u32 i)
{
	memcpy(key + 12, &i, 4);
}

static void make_tail(u8 *key, u32 i)
{
	key[16] = i;
	key[17] = i >> 8;
}

static void make_both(u8 *key, u32 i)
{
	u32 a = i & 63, b = i >> 6;

	memcpy(key, &a, 4);
	memcpy(key + 4, &b, 4);
}

TEST(keys_spread)
{
	static const struct {
		u32 key_size;
		void (*make)(u8 *key, u32 i);
	} rows[] = {
		{ 4, make_number }, { 4, make_page }, { 4, make_top }, { 8, make_number },
		{ 8, make_page }, { 8, make_high }, { 8, make_pointer }, { 8, make_both },
		{ 16, make_number }, { 16, make_last }, { 16, make_both }, { 18, make_number }, { 18, make_tail },
		{ 7, make_number }, { 5, make_number }, { 24, make_last },
	};
	u32 i, seed;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (seed = 0; seed < 20; seed++)
			EXPECT_GT(2.3, spread(rows[i].key_size, rows[i].make)) TH_LOG("row %u", i);
}

/* In the order of iteration. */
static u64 order(u32 flags)
{
	struct mbpf_map *map = create(8, 8, 64, flags);
	u64 key, *last = NULL, sum = 0;

	for (key = 0; key < 64; key++)
		update(map, key, 0);
	for (; !map->ops->next_key(map, last, &key); last = &key)
		sum = sum * 31 + key;
	mbpf_map_destroy(map);
	return sum;
}

TEST(seed)
{
	EXPECT_EQ(order(MBPF_MAP_ZERO_SEED), order(MBPF_MAP_ZERO_SEED));
	EXPECT_NE(order(0), order(0));
}

/* What the hook below did, and what came of it. */
static struct {
	struct mbpf_map *map;
	u64 key;
	u32 at;		/* which lock taken */
	u32 locks;
	int update_err;
	int delete_err;
	bool found;
} interruption;

static void interrupt(void)
{
	if (++interruption.locks != interruption.at)
		return;
	os_user_locked = NULL;
	interruption.found = lookup(interruption.map, interruption.key);
	interruption.update_err = update(interruption.map, interruption.key, 99);
	interruption.delete_err = delete(interruption.map, interruption.key);
}

static int interrupted_update(struct mbpf_map *map, u64 key, struct mbpf_map *other, u64 other_key,
			      u32 at)
{
	int err;

	interruption.map = other;
	interruption.key = other_key;
	interruption.at = at;
	interruption.locks = 0;
	os_user_locked = interrupt;
	err = update(map, key, key);
	os_user_locked = NULL;
	return err;
}

/* A key in another chain than @key's. */
static u64 elsewhere(struct mbpf_map *map, u64 key)
{
	struct mbpf_hash *hash = to_hash(map);
	u32 bucket = mbpf_hash_bucket_any(hash, &key);
	u64 other = key + 1000;

	while (mbpf_hash_bucket_any(hash, &other) == bucket)
		other++;
	return other;
}

TEST(update_inside_an_update)
{
	struct mbpf_map *map = create(8, 32, 1000, 0);
	u64 other;

	ASSERT_EQ(0, update(map, 1, 1));
	ASSERT_EQ(0, update(map, 2, 2));
	other = elsewhere(map, 1);

	/* The same chain's lock is held: no waiting for it. Reading goes on. */
	EXPECT_EQ(0, interrupted_update(map, 1, map, 1, 1));
	EXPECT_TRUE(interruption.found);
	EXPECT_EQ(-EBUSY, interruption.update_err);
	EXPECT_EQ(-EBUSY, interruption.delete_err);
	EXPECT_EQ(1, lookup(map, 1)[0]);

	/* Another's is free. */
	EXPECT_EQ(0, interrupted_update(map, 1, map, other, 1));
	EXPECT_FALSE(interruption.found);
	EXPECT_EQ(0, interruption.update_err);
	EXPECT_EQ(0, interruption.delete_err);
	EXPECT_EQ(NULL, lookup(map, other));
	EXPECT_EQ(2, atomic_read(&to_hash(map)->count));
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

TEST(update_inside_of_the_pool)
{
	struct mbpf_map *map = create(8, 32, 1000, 0), *second = create(8, 32, 1000, 0);
	u64 other = elsewhere(map, 1);

	/* A map's first update refills the CPU's list: the second lock it takes is the pool's. */
	EXPECT_EQ(0, interrupted_update(map, 1, map, other, 2));
	EXPECT_EQ(2, interruption.locks);
	EXPECT_EQ(-EBUSY, interruption.update_err);
	EXPECT_EQ(-ENOENT, interruption.delete_err);
	EXPECT_EQ(1, atomic_read(&to_hash(map)->count));

	/* Other maps have other locks. */
	EXPECT_EQ(0, interrupted_update(second, 1, map, other, 2));
	EXPECT_EQ(0, interruption.update_err);
	EXPECT_EQ(0, interruption.delete_err);
	mbpf_map_destroy(map);
	mbpf_map_destroy(second);
}

/* In an NMI no lock is waited for, whoever holds it. */
TEST(nmi_does_not_wait)
{
	struct mbpf_map *map = create(8, 32, 1000, 0);
	struct mbpf_hash *hash = to_hash(map);
	u64 key = 1;
	unsigned long *head = &hash->heads[mbpf_hash_bucket_any(hash, &key)];

	os_user_nmi = true;
	EXPECT_EQ(0, update(map, 1, 1));
	ASSERT_FALSE(test_and_set_bit_lock(MBPF_HEAD_LOCK, head));
	EXPECT_EQ(-EBUSY, update(map, 1, 2));
	EXPECT_EQ(-EBUSY, delete(map, 1));
	EXPECT_EQ(1, lookup(map, 1)[0]);
	*head &= ~BIT(MBPF_HEAD_LOCK);
	ASSERT_TRUE(raw_spin_trylock(&hash->pool.lock));
	EXPECT_EQ(0, update(map, 1, 3));
	EXPECT_EQ(3, lookup(map, 1)[3]);
	raw_spin_unlock(&hash->pool.lock);
	EXPECT_EQ(0, delete(map, 1));
	os_user_nmi = false;
	mbpf_map_destroy(map);
}

/* What interruptions give back is not lost: the map can be filled again and again. */
TEST(interruptions_lose_nothing)
{
	struct mbpf_map *map = create(8, 32, 50, 0);
	u64 round, key;

	for (round = 0; round < 300; round++) {
		for (key = 0; key < 49; key++)
			ASSERT_EQ(0, interrupted_update(map, key, map, 1000, 1 + round % 3));
		ASSERT_EQ(0, update(map, key, key));
		ASSERT_EQ(-E2BIG, update(map, 2000, 0));
		for (key = 0; key < 50; key++)
			ASSERT_EQ(0, delete(map, key)) TH_LOG("key %u", (u32)key);
		delete(map, 1000);
		ASSERT_EQ(0, atomic_read(&to_hash(map)->count));
		if (round % 7 == 0)
			rcu_barrier();
	}
	mbpf_map_destroy(map);
}

/* Readers keep what they found until the grace period is over. */
TEST(replaced_values_stay)
{
	struct mbpf_map *map = create(8, 32, 1000, 0);
	u64 *before, *after, round;

	update(map, 1, 1);
	before = lookup(map, 1);
	update(map, 1, 2);
	after = lookup(map, 1);
	EXPECT_NE(before, after);
	for (round = 3; round < 200; round++) {
		ASSERT_EQ(0, update(map, 1, round));
		ASSERT_EQ(1, before[0]);
		ASSERT_EQ(1, before[3]);
		ASSERT_EQ(2, after[0]);
		ASSERT_EQ(2, after[3]);
	}
	/* From then on they are used again, or a map that is written for long would grow. */
	for (; round < 5000 && before[0] == 1; round++) {
		rcu_barrier();
		ASSERT_EQ(0, update(map, 1, round));
	}
	EXPECT_NE(1, before[0]);
	mbpf_map_destroy(map);
}

TEST(deleted_values_stay)
{
	struct mbpf_map *map = create(8, 8, 1000, 0);
	u64 *value, key;

	update(map, 1, 111);
	value = lookup(map, 1);
	EXPECT_EQ(0, delete(map, 1));
	for (key = 2; key < 900; key++)
		ASSERT_EQ(0, update(map, key, key));
	EXPECT_EQ(111, *value);
	mbpf_map_destroy(map);
}

/* One store is all it takes. */
TEST(short_values_change_in_place)
{
	struct mbpf_map *map = create(8, 8, 10, 0);
	u64 *value;

	update(map, 1, 1);
	value = lookup(map, 1);
	update(map, 1, 2);
	EXPECT_EQ(value, lookup(map, 1));
	EXPECT_EQ(2, *value);
	mbpf_map_destroy(map);
}

/* No grace period ever ends, and still nothing fails that in-tree could do. */
TEST(without_grace_periods)
{
	struct mbpf_map *map = create(8, 32, 8, 0);
	u64 round, key;

	for (round = 0; round < 10000; round++) {
		for (key = round; key < round + 8; key++)
			ASSERT_EQ(0, update(map, key, key)) TH_LOG("key %u", (u32)key);
		ASSERT_EQ(-E2BIG, update(map, key, key));
		ASSERT_EQ(0, update(map, round, round * 2));
		ASSERT_EQ(round * 2, lookup(map, round)[3]);
		ASSERT_EQ(0, delete(map, round));
		ASSERT_EQ(NULL, lookup(map, round));
	}
	mbpf_map_destroy(map);
}

/* Other CPUs keep some elements to themselves: there are enough all the same. */
TEST(other_cpus_do_not_starve_one)
{
	struct mbpf_map *map = create(8, 32, 1000, 0);
	u64 key, round;

	EXPECT_LT(8, to_hash(map)->pool.batch);
	for (round = 0; round < 50; round++) {
		for (key = 0; key < 1000; key++) {
			os_user_cpu = (key + round) % OS_USER_NR_CPUS;
			ASSERT_EQ(0, update(map, key, round)) TH_LOG("key %u", (u32)key);
		}
		os_user_cpu = round % OS_USER_NR_CPUS;
		ASSERT_EQ(-E2BIG, update(map, key, round));
		for (key = 0; key < 1000; key++) {
			os_user_cpu = (key * 7 + round) % OS_USER_NR_CPUS;
			ASSERT_EQ(0, update(map, key, key));
			ASSERT_EQ(0, delete(map, key));
		}
		if (round % 3)
			rcu_barrier();
	}
	mbpf_map_destroy(map);
}

TEST(large_maps_grow)
{
	struct mbpf_map *map = create(8, 32, 100000, 0);
	s64 start = atomic64_read(&map->bytes), last = start;
	u32 misses = 0;
	u64 key;
	int err;

	/* 100,000 elements are 5.6 MB; what is there from the start is a fraction. */
	EXPECT_GT(1536 * 1024, start);
	for (key = 0; key < 100000; key++) {
		err = update(map, key, key);
		if (err == -ENOMEM) {
			misses++;
			os_user_run_work();
			EXPECT_LT(last, atomic64_read(&map->bytes));
			last = atomic64_read(&map->bytes);
			err = update(map, key, key);
		}
		ASSERT_EQ(0, err) TH_LOG("key %u", (u32)key);
	}
	/* A probe outran the refill, which was never let run before; it came in steps. */
	EXPECT_LT(3, misses);
	EXPECT_GT(30, misses);
	EXPECT_EQ(-E2BIG, update(map, key, key));
	for (key = 0; key < 100000; key++)
		ASSERT_EQ(key, lookup(map, key)[3]);
	EXPECT_LT(100000 * 56, atomic64_read(&map->bytes));
	EXPECT_GT(100000 * 56 + 2000000, atomic64_read(&map->bytes));
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

/* With refills in time nothing is lost, and the system call grows by itself. */
TEST(growth_ahead_of_use)
{
	struct mbpf_map *map = create(8, 32, 50000, 0);
	u64 key;

	for (key = 0; key < 25000; key++) {
		ASSERT_EQ(0, update(map, key, key)) TH_LOG("key %u", (u32)key);
		if (key % 100 == 0)
			os_user_run_work();
	}
	for (; key < 50000; key++) {
		u64 words[4] = { key };

		ASSERT_EQ(0, mbpf_map_sys_update(map, &key, words, MBPF_NOEXIST));
	}
	EXPECT_EQ(-E2BIG, mbpf_map_sys_update(map, &key, &key, MBPF_NOEXIST));
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

/* Values larger than any step. */
TEST(huge_values)
{
	struct mbpf_map *map = create(8, 1 << 20, 20, 0);
	u8 *value = calloc(1, 1 << 20);
	u64 key;

	EXPECT_GT(3 << 20, atomic64_read(&map->bytes));
	for (key = 0; key < 20; key++) {
		memset(value, key, 1 << 20);
		ASSERT_EQ(0, mbpf_map_sys_update(map, &key, value, MBPF_NOEXIST));
	}
	EXPECT_EQ(-E2BIG, mbpf_map_sys_update(map, &key, value, MBPF_NOEXIST));
	for (key = 0; key < 20; key++) {
		ASSERT_EQ(0, mbpf_map_sys_lookup(map, &key, value, 0));
		EXPECT_EQ(key, value[0]);
		EXPECT_EQ(key, value[(1 << 20) - 1]);
	}
	free(value);
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

/* Work that is still queued when the map goes must go with it. */
TEST(destroyed_with_work_pending)
{
	struct mbpf_map *map = create(8, 32, 100000, 0);
	u64 key;

	for (key = 0; !update(map, key, key); key++)
		;
	mbpf_map_destroy(map);
	os_user_run_work();
	UNIT_EXPECT_NO_LEAKS();
}

/* A callback may change the map under its own feet and still comes to an end. */
struct churn {
	struct mbpf_callee callee;
	struct mbpf_map *map;
	u64 calls;
	u64 fresh;
};

static u64 churn(const struct mbpf_callee *callee, u64 r1, u64 r2, u64 r3, u64 r4)
{
	struct churn *c = container_of(callee, struct churn, callee);

	c->calls++;
	delete(c->map, *(u64 *)r2);
	update(c->map, 1000 + c->fresh++, 1);
	return 0;
}

TEST(for_each_that_changes)
{
	struct churn c = { .callee.call = churn, .map = create(8, 32, 16, 0) };
	u64 key, round;

	for (key = 0; key < 16; key++)
		update(c.map, key, key);
	for (round = 0; round < 1000; round++)
		ASSERT_GE(16, c.map->ops->for_each(c.map, &c.callee, 0, 0));
	EXPECT_GE(16000, c.calls);
	EXPECT_GE(16, atomic_read(&to_hash(c.map)->count));
	mbpf_map_destroy(c.map);
}

TEST_HARNESS_MAIN
