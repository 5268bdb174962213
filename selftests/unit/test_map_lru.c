// SPDX-License-Identifier: GPL-2.0-only
/*
 * LRU hashes: never full, what goes is what was not used, and how often a skewed
 * stream of keys is found, compared with one that knows the order of all uses.
 */
#include "unit.h"
#include "map_hash.h"

static struct mbpf_map *create(u32 type, u32 value_size, u32 max_entries)
{
	struct mbpf_map_attr attr = {
		.type = type,
		.key_size = 8,
		.value_size = value_size,
		.max_entries = max_entries,
	};

	return mbpf_map_create(&attr);
}

static int update(struct mbpf_map *map, u64 key, u64 flags)
{
	u64 value[4] = { key, ~key, key, ~key };

	return map->ops->update(map, &key, value, flags);
}

static u64 *lookup(struct mbpf_map *map, u64 key)
{
	return map->ops->lookup(map, &key);
}

static u32 elements(struct mbpf_map *map)
{
	u64 key, *last = NULL;
	u32 nr = 0;

	for (; !map->ops->next_key(map, last, &key); last = &key)
		nr++;
	return nr;
}

FIXTURE(lru) { };
FIXTURE_VARIANT(lru) { u32 type, value_size; };
FIXTURE_VARIANT_ADD(lru, word) { .type = MBPF_MAP_LRU_HASH, .value_size = 8 };
FIXTURE_VARIANT_ADD(lru, words) { .type = MBPF_MAP_LRU_HASH, .value_size = 32 };
FIXTURE_VARIANT_ADD(lru, percpu) { .type = MBPF_MAP_LRU_PERCPU_HASH, .value_size = 8 };
FIXTURE_SETUP(lru) { }
FIXTURE_TEARDOWN(lru) { UNIT_EXPECT_NO_LEAKS(); }

TEST_F(lru, is_never_full)
{
	static const u32 sizes[] = { 1, 2, 3, 10, 100, 1000 };
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct mbpf_map *map = create(variant->type, variant->value_size, sizes[i]);
		u64 seed = i + 1, key;

		ASSERT_FALSE(IS_ERR(map));
		for (n = 0; n < 20 * sizes[i] + 1000; n++) {
			os_user_cpu = n / 50 % OS_USER_NR_CPUS;
			key = unit_random(&seed) % (sizes[i] * 3);
			ASSERT_EQ(0, update(map, key, MBPF_ANY));
			ASSERT_NE(NULL, lookup(map, key));
			ASSERT_EQ(key, *lookup(map, key));
			if (n % 7 == 0)
				ASSERT_EQ(0, map->ops->delete(map, &key));
			if (n % 31 == 0)
				rcu_barrier();
		}
		EXPECT_GE(sizes[i], elements(map));
		EXPECT_EQ(atomic_read(&container_of(map, struct mbpf_hash, map)->count),
			  elements(map));
		os_user_cpu = 0;
		mbpf_map_destroy(map);
	}
}

/* There is room as long as there are less elements than may be. */
TEST_F(lru, evicts_when_it_must)
{
	struct mbpf_map *map = create(variant->type, variant->value_size, 100);
	u64 key, round;

	for (key = 0; key < 100; key++)
		ASSERT_EQ(0, update(map, key, MBPF_NOEXIST));
	EXPECT_EQ(100, elements(map));
	for (round = 0; round < 5; round++) {
		for (key = 0; key < 100; key++)
			ASSERT_EQ(0, update(map, key, round % 2 ? MBPF_EXIST : MBPF_ANY));
		EXPECT_EQ(-EEXIST, update(map, 5, MBPF_NOEXIST));
		EXPECT_EQ(-ENOENT, update(map, 1000, MBPF_EXIST));
	}
	for (key = 0; key < 100; key++)
		EXPECT_NE(NULL, lookup(map, key));
	mbpf_map_destroy(map);
}

/*
 * Room is made for some at once, but little; what was there last stays, and so does who comes
 * while another change is under way.
 */
TEST_F(lru, evicts_a_little_ahead)
{
	struct mbpf_map *map = create(variant->type, variant->value_size, 2000);
	struct mbpf_hash *hash = container_of(map, struct mbpf_hash, map);
	u64 key;

	EXPECT_LT(0, hash->ahead);
	EXPECT_GT(2000 / 60, hash->ahead);
	for (key = 0; key < 2000; key++)
		ASSERT_EQ(0, update(map, key, MBPF_NOEXIST));
	EXPECT_EQ(2000, elements(map));
	for (; key < 20000; key++) {
		/* One CPU has what another one made room for. */
		os_user_cpu = key / 3 % OS_USER_NR_CPUS;
		mbpf_map_depth = key % 5 == 0;
		ASSERT_EQ(0, update(map, key, MBPF_NOEXIST));
		mbpf_map_depth = 0;
		ASSERT_NE(NULL, lookup(map, key));
		if (key % 500)
			continue;
		ASSERT_GE(2000, elements(map));
		ASSERT_LE(2000 - OS_USER_NR_CPUS * hash->ahead, elements(map));
		ASSERT_EQ(atomic_read(&hash->count), elements(map));
	}
	os_user_cpu = 0;
	mbpf_map_destroy(map);
}

TEST_F(lru, spares_what_is_used)
{
	struct mbpf_map *map = create(variant->type, variant->value_size, 100);
	u64 key, stays = 7;

	for (key = 0; key < 3000; key++) {
		ASSERT_EQ(0, update(map, key, MBPF_ANY));
		if (key >= stays)
			ASSERT_NE(NULL, lookup(map, stays)) TH_LOG("key %u", (u32)key);
	}
	/* The system call's lookups are no use. */
	for (key = 3000; key < 5000; key++) {
		u64 values[4 * OS_USER_NR_CPUS];

		mbpf_map_sys_lookup(map, &stays, values, 0);
		ASSERT_EQ(0, update(map, key, MBPF_ANY));
	}
	EXPECT_EQ(-ENOENT, map->ops->delete(map, &stays));
	mbpf_map_destroy(map);
}

#define KEYS	20000
#define ROOM	1000
#define DRAWS	200000

/* Key n with a probability in proportion to 1 / (n + 1). */
static u32 draw(u64 *seed, const double *sums)
{
	double at = (unit_random(seed) >> 11) * 0x1p-53 * sums[KEYS - 1];
	u32 low = 0, high = KEYS - 1;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (sums[mid] < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* One that knows the time of each use. */
static u32 exact_hits(const double *sums)
{
	static u32 last[KEYS];
	u64 seed = 1;
	u32 i, k, key, victim, nr = 0, hits = 0;

	for (i = 1; i <= DRAWS / 10; i++) {
		key = draw(&seed, sums);
		hits += !!last[key];
		nr += !last[key];
		last[key] = i;
		if (nr <= ROOM)
			continue;
		for (victim = key, k = 0; k < KEYS; k++)
			if (last[k] && last[k] < last[victim])
				victim = k;
		last[victim] = 0;
		nr--;
	}
	return hits;
}

TEST(hit_rate_of_a_zipf_stream)
{
	struct mbpf_map *map = create(MBPF_MAP_LRU_HASH, 8, ROOM);
	static double sums[KEYS];
	u32 i, hits = 0, exact;
	u64 seed = 1, key;

	for (i = 0; i < KEYS; i++)
		sums[i] = (i ? sums[i - 1] : 0) + 1.0 / (i + 1);
	for (i = 0; i < DRAWS / 10; i++) {
		key = draw(&seed, sums);
		if (lookup(map, key))
			hits++;
		else
			ASSERT_EQ(0, update(map, key, MBPF_NOEXIST));
	}
	exact = exact_hits(sums);
	TH_LOG("%u hits of %u, %u by exact order of use", hits, DRAWS / 10, exact);
	EXPECT_LE(exact * 0.98, hits);
	mbpf_map_destroy(map);
}

TEST_HARNESS_MAIN
