// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reader against a writer of a hash, step by step: one of the two is
 * stopped at each of its accesses to shared memory in turn, and the other
 * does all of its own there.
 */
#include "unit.h"

/* What the one under test calls before each access. */
static void (*interfere)(void);
static u32 steps, step_at;

static void step(void)
{
	void (*other)(void) = interfere;

	if (!other || ++steps != step_at)
		return;
	interfere = NULL;
	other();
}

#undef READ_ONCE
#define READ_ONCE(x) (step(), *(volatile __typeof__(x) *)&(x))
#undef WRITE_ONCE
#define WRITE_ONCE(x, v) (step(), *(volatile __typeof__(x) *)&(x) = (v))
#undef smp_store_release
#define smp_store_release(p, v) (step(), __atomic_store_n((p), (v), __ATOMIC_RELEASE))

#include "map_hash.c"
#define to_hash to_hash_again
#include "map_hash_change.c"

#define WORDS 4
#define CHAIN 3
#define MAX_STEPS 200

static struct mbpf_map *map;
static struct mbpf_hash *hash;

static const void *key_of(const u64 *value)
{
	return (const u8 *)value - hash->value_off + offsetof(struct mbpf_elem, data);
}
static u64 keys[CHAIN + 1][3];	/* all of one bucket; the last one is not in the map */
static u64 aside[3];		/* of another */
static bool wrong;

static int put(const u64 *key, u64 version)
{
	u64 value[WORDS], i;

	for (i = 0; i < WORDS; i++)
		value[i] = version;
	return map->ops->update(map, key, value, MBPF_ANY);
}

static int drop(const u64 *key)
{
	return map->ops->delete(map, key);
}

static u32 bucket_of(const u64 *key)
{
	return mbpf_hash_bucket_any(hash, key);
}

/* keys[0] is the last of its chain. */
static void set_up(u32 key_size)
{
	struct mbpf_map_attr attr = {
		.type = MBPF_MAP_HASH,
		.key_size = key_size,
		.value_size = 8 * WORDS,
		.max_entries = 8,
	};
	u64 key[3] = {};
	u32 i;

	map = mbpf_map_create(&attr);
	hash = to_hash(map);
	for (i = 0; i <= CHAIN; key[0]++)
		if (bucket_of(key) == 0)
			memcpy(keys[i++], key, sizeof(key));
	for (; bucket_of(key) != 1; key[0]++)
		;
	memcpy(aside, key, sizeof(key));
	for (i = 0; i < CHAIN; i++)
		put(keys[i], 1);
	wrong = false;
}

static struct mbpf_elem *elem_of(const u64 *key)
{
	return mbpf_hash_find_any(hash, key, mbpf_hash_bucket_any(hash, key));
}

/* Adds and deletes @key until it has the memory of @elem, as without grace periods it soon does. */
static void reuse_for(const u64 *key, const struct mbpf_elem *elem)
{
	u32 i;

	for (i = 0; i < 1000; i++) {
		put(key, 3);
		if (elem_of(key) == elem)
			return;
		drop(key);
	}
	wrong = true;
}

static void move_first_to_another_bucket(void)
{
	struct mbpf_elem *elem = elem_of(keys[CHAIN - 1]);

	drop(keys[CHAIN - 1]);
	reuse_for(aside, elem);
}

static void move_first_within_its_bucket(void)
{
	struct mbpf_elem *elem = elem_of(keys[CHAIN - 1]);

	drop(keys[CHAIN - 1]);
	reuse_for(keys[CHAIN], elem);
}

static void move_middle_to_another_bucket(void)
{
	struct mbpf_elem *elem = elem_of(keys[1]);

	drop(keys[1]);
	reuse_for(aside, elem);
}

static void replace_last(void)
{
	put(keys[0], 2);
	put(keys[0], 2);
}

/* A replacement goes into the middle of a chain, where no reader may be led by its memory. */
static void reuse_first_for_last(void)
{
	struct mbpf_elem *first = elem_of(keys[CHAIN - 1]);
	u32 i;

	drop(keys[CHAIN - 1]);
	for (i = 0; i < 1000 && elem_of(keys[0]) != first; i++)
		put(keys[0], 2);
}

static void replace_all(void)
{
	u32 i;

	for (i = 0; i < CHAIN; i++)
		put(keys[i], 2);
}

static void delete_all_others(void)
{
	drop(keys[1]);
	drop(keys[2]);
}

static void drop_and_reuse_last(void)
{
	struct mbpf_elem *elem = elem_of(keys[0]);

	drop(keys[0]);
	reuse_for(aside, elem);
}

static const u32 key_sizes[] = { 8, 16, 24 };

/* Calls lookup(keys[0]) with @other at each step; @kept: the key stays in the map. */
static u32 read_against(struct __test_metadata *_metadata, void (*other)(void), bool kept)
{
	u64 *value;
	u32 i, reached = 0;

	for (i = 0; i < ARRAY_SIZE(key_sizes); i++) {
		for (step_at = 1; step_at < MAX_STEPS; step_at++) {
			set_up(key_sizes[i]);
			steps = 0;
			interfere = other;
			value = map->ops->lookup(map, keys[0]);
			reached += !interfere;
			EXPECT_FALSE(wrong);
			EXPECT_FALSE(kept && !value) TH_LOG("missed: key size %u, step %u",
							    key_sizes[i], step_at);
			/* See mbpf_hash_find() of longer ones. */
			if (value && (kept || key_sizes[i] == 8))
				EXPECT_EQ(0, memcmp(key_of(value), keys[0], key_sizes[i]));
			mbpf_map_destroy(map);
			if (interfere)
				break;
		}
		interfere = NULL;
	}
	return reached;
}

TEST(reader_against_writer)
{
	/* The key is the last of three: a head, two links and three keys are read at least. */
	EXPECT_LE(18, read_against(_metadata, move_first_to_another_bucket, true));
	EXPECT_LE(18, read_against(_metadata, move_first_within_its_bucket, true));
	EXPECT_LE(18, read_against(_metadata, move_middle_to_another_bucket, true));
	EXPECT_LE(18, read_against(_metadata, replace_last, true));
	EXPECT_LE(18, read_against(_metadata, reuse_first_for_last, true));
	EXPECT_LE(18, read_against(_metadata, replace_all, true));
	EXPECT_LE(18, read_against(_metadata, delete_all_others, true));
	EXPECT_LE(18, read_against(_metadata, drop_and_reuse_last, false));
}

/* What a reader may see of keys[0] while it is being changed, as bits: 0 for not there. */
static u32 may_see;

static void read_all_keys(void)
{
	u64 *value;
	u32 i, n;

	for (n = 0; n < CHAIN; n++) {
		value = map->ops->lookup(map, keys[n]);
		if (!value) {
			wrong |= n || !(may_see & 1);
			continue;
		}
		for (i = 1; i < WORDS; i++)
			wrong |= value[i] != value[0];
		wrong |= n ? value[0] != 1 : value[0] > 2 || !(may_see & 1U << value[0]);
		wrong |= !!memcmp(key_of(value), keys[n], map->attr.key_size);
	}
}

static void write_against(struct __test_metadata *_metadata, void (*write)(void), bool from_nothing,
			  u32 see, u32 at_least)
{
	u32 i, reached = 0;

	may_see = see;
	for (i = 0; i < ARRAY_SIZE(key_sizes); i++) {
		for (step_at = 1; step_at < MAX_STEPS; step_at++) {
			set_up(key_sizes[i]);
			if (from_nothing)
				drop(keys[0]);
			steps = 0;
			interfere = read_all_keys;
			write();
			reached += !interfere;
			EXPECT_FALSE(wrong) TH_LOG("key size %u, step %u", key_sizes[i], step_at);
			mbpf_map_destroy(map);
			if (interfere)
				break;
		}
		interfere = NULL;
	}
	EXPECT_LE(at_least, reached);
}

static void put_last(void)
{
	put(keys[0], 2);
}

static void drop_last(void)
{
	drop(keys[0]);
}

static void take_last(void)
{
	u64 value[WORDS];

	map->ops->lookup_and_delete(map, keys[0], value);
	wrong |= value[0] != 1 || value[WORDS - 1] != 1;
}

TEST(writer_against_reader)
{
	write_against(_metadata, put_last, false, BIT(1) | BIT(2), 3 * WORDS);
	write_against(_metadata, put_last, true, BIT(0) | BIT(2), 3 * WORDS);
	write_against(_metadata, drop_last, false, BIT(0) | BIT(1), 3);
	write_against(_metadata, take_last, false, BIT(0) | BIT(1), 3);
}

/* The key comes into the map while it is being added. */
static int other_err;

static void add_first(void)
{
	other_err = put(keys[CHAIN], 3);
}

TEST(two_add_the_same)
{
	u64 value[WORDS] = { 4, 4, 4, 4 };
	u32 refused = 0;
	int err;

	for (step_at = 1; step_at < MAX_STEPS; step_at++) {
		set_up(8);
		steps = 0;
		interfere = add_first;
		err = map->ops->update(map, keys[CHAIN], value, MBPF_NOEXIST);
		if (!interfere) {
			/* One of the two adds it; the other is refused, or comes where it must not wait. */
			EXPECT_EQ(other_err ? 0 : -EEXIST, err) TH_LOG("step %u", step_at);
			EXPECT_EQ(other_err ? 4 : 3, *(u64 *)map->ops->lookup(map, keys[CHAIN]));
			EXPECT_TRUE(!other_err || other_err == -EBUSY);
			refused += err == -EEXIST;
		}
		EXPECT_EQ(CHAIN + 1, atomic_read(&hash->count));
		mbpf_map_destroy(map);
		if (interfere)
			break;
	}
	interfere = NULL;
	EXPECT_LT(3, step_at);
	EXPECT_LT(0, refused);
}

TEST_HARNESS_MAIN
