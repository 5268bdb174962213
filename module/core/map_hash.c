// SPDX-License-Identifier: GPL-2.0-only
/*
 * HASH, PERCPU_HASH, LRU_HASH and LRU_PERCPU_HASH: creation, lookup, iteration.
 * Lookups take no lock.
 */
#include "helper.h"
#include "map_hash.h"

#define MAX_ENTRIES	(1U << 27)
/* In-tree, key and value must fit into an allocation with this much around them. */
#define MAX_ELEM_SIZE	(KMALLOC_MAX_SIZE - 48)
/* As many buckets as elements, but never more than 32 MB of them. */
#define MAX_BUCKETS	(1U << 22)

static struct mbpf_hash *to_hash(struct mbpf_map *map)
{
	return container_of(map, struct mbpf_hash, map);
}

unsigned long mbpf_hash_bucket_any(const struct mbpf_hash *hash, const void *key)
{
	u32 size = hash->map.attr.key_size;

	if (likely(mbpf_key_is_aligned(key, size)))
		return mbpf_hash_bucket(hash, key, size, true);
	return mbpf_hash_bucket(hash, key, size, false);
}

struct mbpf_elem *mbpf_hash_find_any(const struct mbpf_hash *hash, const void *key,
				     unsigned long bucket)
{
	u32 size = hash->map.attr.key_size;
	struct mbpf_elem *elem = NULL;

	if (likely(mbpf_key_is_aligned(key, size)))
		mbpf_hash_find(hash, key, size, true, bucket, &elem);
	else
		mbpf_hash_find(hash, key, size, false, bucket, &elem);
	return elem;
}

static void hash_destroy(struct mbpf_map *map)
{
	struct mbpf_hash *hash = to_hash(map);

	mbpf_pool_deinit(&hash->pool);
	kvfree(hash->heads);
	kfree(hash);
}

static int alloc_table(struct mbpf_hash *hash)
{
	u32 nr = max_t(u32, min_t(u64, roundup_pow_of_two((u64)hash->map.attr.max_entries),
				  MAX_BUCKETS), 2);

	hash->heads = kvcalloc(nr, sizeof(*hash->heads), MBPF_MAP_GFP);
	if (!hash->heads)
		return -ENOMEM;
	hash->nr_buckets = nr;
	hash->shift = 64 - ilog2(nr);
	atomic64_add((u64)nr * sizeof(*hash->heads), &hash->map.bytes);
	return 0;
}

static void set_seed(struct mbpf_hash *hash)
{
	/* Any odd-looking numbers will do where the seed shall not be random. */
	hash->seed[0] = 0x9e3779b97f4a7c15ULL;
	hash->seed[1] = 0xd1b54a32d192ed03ULL;
	if (!(hash->map.attr.flags & MBPF_MAP_ZERO_SEED)) {
		/* Factors: odd, so that no bit of a key is lost. */
		hash->seed[0] ^= get_random_u64() << 1;
		hash->seed[1] ^= get_random_u64() << 1;
	}
}

static bool is_lru(const struct mbpf_map_attr *attr)
{
	return attr->type == MBPF_MAP_LRU_HASH || attr->type == MBPF_MAP_LRU_PERCPU_HASH;
}

static bool is_percpu(const struct mbpf_map_attr *attr)
{
	return attr->type == MBPF_MAP_PERCPU_HASH || attr->type == MBPF_MAP_LRU_PERCPU_HASH;
}

static int check_attr(const struct mbpf_map_attr *attr)
{
	u32 flags = MBPF_MAP_ZERO_SEED | MBPF_MAP_ACCESS;

	/* An LRU has all its elements from the start; its order is the same for all CPUs. */
	flags |= is_lru(attr) ? MBPF_MAP_NO_COMMON_LRU : MBPF_MAP_NO_PREALLOC;
	if (attr->flags & ~flags)
		return is_lru(attr) && attr->flags & MBPF_MAP_NO_PREALLOC ? -ENOTSUPP : -EINVAL;
	if ((u64)attr->key_size + attr->value_size >= MAX_ELEM_SIZE)
		return -E2BIG;
	if (is_percpu(attr) && round_up(attr->value_size, 8) > PCPU_MIN_UNIT_SIZE)
		return -E2BIG;
	return attr->max_entries > MAX_ENTRIES ? -E2BIG : 0;
}

/* The first element in @bucket or after it, or NULL. */
static struct mbpf_elem *first_from(const struct mbpf_hash *hash, unsigned long bucket)
{
	unsigned long next;

	for (; bucket < hash->nr_buckets; bucket++) {
		next = mbpf_hash_first(hash, bucket);
		if (!mbpf_hash_is_end(next))
			return mbpf_hash_elem(next);
	}
	return NULL;
}

static int hash_next_key(struct mbpf_map *map, const void *key, void *next)
{
	struct mbpf_hash *hash = to_hash(map);
	struct mbpf_elem *elem = NULL;
	unsigned long link, bucket = 0;

	if (key) {
		bucket = mbpf_hash_bucket_any(hash, key);
		elem = mbpf_hash_find_any(hash, key, bucket);
	}
	if (elem) {
		link = READ_ONCE(elem->next);
		if (mbpf_hash_is_end(link))
			elem = first_from(hash, bucket + 1);
		else
			elem = mbpf_hash_elem(link);
	} else {
		elem = first_from(hash, 0);
	}
	if (!elem)
		return -ENOENT;
	memcpy(next, elem->data, map->attr.key_size);
	return 0;
}

/*
 * The callback may change the map, the element before it included. Whatever
 * it does, it is called at most as often as the map can have elements.
 */
static s64 hash_for_each(struct mbpf_map *map, const struct mbpf_callee *callee,
			 u64 cb_ctx, u64 flags)
{
	struct mbpf_hash *hash = to_hash(map);
	struct mbpf_elem *elem;
	unsigned long next;
	u32 bucket, nr = 0;
	void *value;

	if (flags)
		return -EINVAL;
	for (bucket = 0; bucket < hash->nr_buckets; bucket++) {
		next = mbpf_hash_first(hash, bucket);
		while (!mbpf_hash_is_end(next) && nr < map->attr.max_entries) {
			elem = mbpf_hash_elem(next);
			next = READ_ONCE(elem->next);
			value = hash->percpu ? this_cpu_ptr(mbpf_hash_values(hash, elem)) :
					       mbpf_hash_value(hash, elem);
			nr++;
			if (callee->call(callee, (unsigned long)map, (unsigned long)elem->data,
					 (unsigned long)value, cb_ctx))
				return nr;
		}
	}
	return nr;
}

static struct mbpf_elem *lookup(struct mbpf_map *map, const void *key)
{
	const struct mbpf_hash *hash = to_hash(map);

	return mbpf_hash_find_any(hash, key, mbpf_hash_bucket_any(hash, key));
}

/* The system call's, which is not a use. */
static void *hash_peek(struct mbpf_map *map, const void *key)
{
	struct mbpf_elem *elem = lookup(map, key);

	return elem ? mbpf_hash_value(to_hash(map), elem) : NULL;
}

static void *percpu_lookup_cpu(struct mbpf_map *map, const void *key, u32 cpu)
{
	struct mbpf_hash *hash = to_hash(map);
	struct mbpf_elem *elem;

	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return NULL;
	elem = lookup(map, key);
	if (!elem)
		return NULL;
	if (hash->lru)
		mbpf_lru_touch(mbpf_lru_use(hash, elem));
	return per_cpu_ptr(mbpf_hash_values(hash, elem), cpu);
}

static int percpu_lookup_all(struct mbpf_map *map, const void *key, void *values)
{
	struct mbpf_elem *elem = lookup(map, key);

	if (!elem)
		return -ENOENT;
	mbpf_hash_read_all(to_hash(map), elem, values);
	return 0;
}

static int hash_grow(struct mbpf_map *map)
{
	return mbpf_pool_grow(&to_hash(map)->pool);
}

static __always_inline void *this_cpu_value(u64 *values)
{
	return this_cpu_ptr((__force u8 __percpu *)(unsigned long)*values);
}

/*
 * Lookups by size of the key, which the compiler knows but for the last, each for four families:
 * one for keys that are known to be aligned, and one that looks. What is at odd addresses takes
 * the way of any size.
 */
#define DEFINE_LOOKUP(family, name, _size)						\
static void *family##_lookup_##name(struct mbpf_map *map, const void *key)		\
{											\
	if (unlikely(!mbpf_key_is_aligned(key, _size)))					\
		return family##_lookup_any(map, key);					\
	return family##_aligned_##name(map, key);					\
}

#define DEFINE_LOOKUPS(name, _size)							\
static __always_inline bool find_##name(struct mbpf_map *map, const void *key, u64 **value)\
{											\
	struct mbpf_hash *hash = to_hash(map);						\
	const u32 size = _size;								\
	struct mbpf_elem *elem;								\
											\
	if (!mbpf_hash_find(hash, key, size, true,					\
			    mbpf_hash_bucket(hash, key, size, true), &elem))		\
		return false;								\
	*value = &elem->data[(size + 7) / 8];						\
	return true;									\
}											\
											\
static void *hash_aligned_##name(struct mbpf_map *map, const void *key)			\
{											\
	u64 *value;									\
											\
	return find_##name(map, key, &value) ? value : NULL;				\
}											\
											\
static void *percpu_aligned_##name(struct mbpf_map *map, const void *key)		\
{											\
	u64 *values;									\
											\
	return find_##name(map, key, &values) ? this_cpu_value(values) : NULL;		\
}											\
											\
static __always_inline bool lru_find_##name(struct mbpf_map *map, const void *key, u64 **value)\
{											\
	u64 *use;									\
											\
	if (!find_##name(map, key, &use))						\
		return false;								\
	mbpf_lru_touch((struct mbpf_lru_use *)use);					\
	*value = use + 1;								\
	return true;									\
}											\
											\
static void *lru_aligned_##name(struct mbpf_map *map, const void *key)			\
{											\
	u64 *value;									\
											\
	return lru_find_##name(map, key, &value) ? value : NULL;			\
}											\
											\
static void *lru_percpu_aligned_##name(struct mbpf_map *map, const void *key)		\
{											\
	u64 *values;									\
											\
	return lru_find_##name(map, key, &values) ? this_cpu_value(values) : NULL;	\
}											\
											\
DEFINE_LOOKUP(hash, name, _size)							\
DEFINE_LOOKUP(percpu, name, _size)							\
DEFINE_LOOKUP(lru, name, _size)								\
DEFINE_LOOKUP(lru_percpu, name, _size)

static noinline void *hash_lookup_any(struct mbpf_map *map, const void *key)
{
	return hash_peek(map, key);
}

static noinline void *percpu_lookup_any(struct mbpf_map *map, const void *key)
{
	u64 *values = hash_peek(map, key);

	return values ? this_cpu_value(values) : NULL;
}

static noinline void *lru_lookup_any(struct mbpf_map *map, const void *key)
{
	u64 *value = hash_peek(map, key);

	if (value)
		mbpf_lru_touch((struct mbpf_lru_use *)(value - 1));
	return value;
}

static noinline void *lru_percpu_lookup_any(struct mbpf_map *map, const void *key)
{
	u64 *values = lru_lookup_any(map, key);

	return values ? this_cpu_value(values) : NULL;
}

DEFINE_LOOKUPS(4, 4)
DEFINE_LOOKUPS(8, 8)
DEFINE_LOOKUPS(16, 16)
DEFINE_LOOKUPS(32, 32)
DEFINE_LOOKUPS(64, 64)

/* A key of any size is never known to be aligned. */
#define hash_aligned_any NULL
#define percpu_aligned_any NULL
#define lru_aligned_any NULL
#define lru_percpu_aligned_any NULL

#define HASH_OPS(size)					\
	.destroy = hash_destroy,			\
	.peek = hash_peek,				\
	.update = mbpf_hash_update_##size,		\
	.delete = mbpf_hash_delete_##size,		\
	.next_key = hash_next_key,			\
	.for_each = hash_for_each,			\
	.lookup_and_delete = mbpf_hash_take,		\
	.delete_many = mbpf_hash_delete_many,		\
	.batch = mbpf_hash_batch,			\
	.batch_begin = mbpf_hash_batch_begin,		\
	.grow = hash_grow

#define PERCPU_OPS(size)				\
	HASH_OPS(size),					\
	.lookup_cpu = percpu_lookup_cpu,		\
	.lookup_all = percpu_lookup_all,		\
	.update_all = mbpf_hash_update_all

#define LOOKUP_OPS(family, size)			\
	.lookup = family##_lookup_##size,		\
	.lookup_aligned = family##_aligned_##size

/* By family: of a plain hash, per-CPU, LRU, both. */
#define ALL_OPS(size) {							\
	{ HASH_OPS(size), LOOKUP_OPS(hash, size) },			\
	{ PERCPU_OPS(size), LOOKUP_OPS(percpu, size) },			\
	{ HASH_OPS(size), LOOKUP_OPS(lru, size) },			\
	{ PERCPU_OPS(size), LOOKUP_OPS(lru_percpu, size) },		\
}

static const struct mbpf_map_ops all_ops[][4] = {
	ALL_OPS(any), ALL_OPS(4), ALL_OPS(8), ALL_OPS(16), ALL_OPS(32), ALL_OPS(64),
};

/* Index into the above. */
static u32 size_class(u32 key_size)
{
	switch (key_size) {
	case 4:
		return 1;
	case 8:
		return 2;
	case 16:
		return 3;
	case 32:
		return 4;
	case 64:
		return 5;
	default:
		return 0;
	}
}

struct mbpf_map *mbpf_hash_create(const struct mbpf_map_attr *attr)
{
	bool percpu = is_percpu(attr), lru = is_lru(attr);
	u32 value_word = round_up((u64)attr->key_size, 8) / 8 + lru;
	u32 value_size = round_up((u64)attr->value_size, 8);
	struct mbpf_pool_attr pool_attr = {
		.max_entries = attr->max_entries,
		.data_size = value_word * 8 + (percpu ? 8 : value_size),
		.percpu_size = percpu ? value_size : 0,
		.percpu_word = value_word,
		.lazy = attr->flags & MBPF_MAP_NO_PREALLOC,
		.whole = lru,
	};
	struct mbpf_hash *hash;
	int err;

	err = check_attr(attr);
	if (err)
		return ERR_PTR(err);
	hash = kzalloc(sizeof(*hash), MBPF_MAP_GFP);
	if (!hash)
		return ERR_PTR(-ENOMEM);
	mbpf_map_init(&hash->map, &all_ops[size_class(attr->key_size)][percpu + 2 * lru], attr);
	atomic64_set(&hash->map.bytes, sizeof(*hash));
	hash->value_off = offsetof(struct mbpf_elem, data[value_word]);
	hash->percpu = percpu;
	hash->in_place = !percpu && value_size == 8;
	hash->lru = lru;
	if (hash->in_place && (attr->value_size == 4 || attr->value_size == 8))
		hash->store_size = attr->value_size;
	set_seed(hash);
	err = alloc_table(hash);
	if (err)
		goto err_free;
	err = mbpf_pool_init(&hash->pool, &pool_attr, &hash->map.bytes);
	if (err)
		goto err_table;
	mbpf_lru_init(hash);
	return &hash->map;

err_table:
	kvfree(hash->heads);
err_free:
	kfree(hash);
	return ERR_PTR(err);
}
