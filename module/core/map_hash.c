// SPDX-License-Identifier: GPL-2.0-only
/*
 * HASH and PERCPU_HASH. Lookups take no lock. Whoever changes a chain holds
 * its lock; a value is replaced by another element, so readers see the old one
 * or the new one, but for two cases: values of at most 8 bytes are exchanged
 * by one store, and where no element is to be had the value is changed in
 * place. Per-CPU values are changed in place: they have one writer at a time.
 */
#include "helper.h"
#include "map_hash.h"

#define MAX_ENTRIES	(1U << 27)
/* In-tree, key and value must fit into an allocation with this much around them. */
#define MAX_ELEM_SIZE	(KMALLOC_MAX_SIZE - 48)
/*
 * Buckets take memory from the start, and large maps are rarely full: from
 * this size on there are half as many buckets as elements, and never more than
 * 8 MB of them.
 */
#define LARGE_TABLE	(1U << 16)
#define MAX_BUCKETS	(1U << 20)
#define LOCKS_PER_CPU	32

static struct mbpf_hash *to_hash(struct mbpf_map *map)
{
	return container_of(map, struct mbpf_hash, map);
}

static void *elem_value(const struct mbpf_hash *hash, struct mbpf_elem *elem)
{
	return &elem->data[hash->value_word];
}

/* Per-CPU maps: what per_cpu_ptr() takes. */
static u8 __percpu *elem_values(const struct mbpf_hash *hash, struct mbpf_elem *elem)
{
	return (__force u8 __percpu *)(unsigned long)elem->data[hash->value_word];
}

static bool is_percpu(const struct mbpf_hash *hash)
{
	return hash->map.attr.type == MBPF_MAP_PERCPU_HASH;
}

static u32 hash_any(const struct mbpf_hash *hash, const void *key)
{
	switch (hash->map.attr.key_size) {
	case 4:
		return mbpf_hash_key(hash, key, 4);
	case 8:
		return mbpf_hash_key(hash, key, 8);
	default:
		return mbpf_hash_key(hash, key, hash->map.attr.key_size);
	}
}

static struct mbpf_elem *find_any(const struct mbpf_hash *hash, const void *key, u32 h)
{
	switch (hash->map.attr.key_size) {
	case 4:
		return mbpf_hash_find(hash, key, 4, h);
	case 8:
		return mbpf_hash_find(hash, key, 8, h);
	default:
		return mbpf_hash_find(hash, key, hash->map.attr.key_size, h);
	}
}

/* Where the element hangs in its chain, or NULL. Under the chain's lock. */
static unsigned long *find_link(const struct mbpf_hash *hash, const void *key, u32 h)
{
	unsigned long *link = &hash->heads[h & hash->mask];
	struct mbpf_elem *elem = find_any(hash, key, h);

	if (!elem)
		return NULL;
	while (*link != (unsigned long)elem)
		link = &mbpf_hash_elem(*link)->next;
	return link;
}

static raw_spinlock_t *chain_lock(const struct mbpf_hash *hash, u32 h)
{
	return &hash->locks[h & hash->lock_mask];
}

static void hash_destroy(struct mbpf_map *map)
{
	struct mbpf_hash *hash = to_hash(map);

	mbpf_pool_deinit(&hash->pool);
	kvfree(hash->locks);
	kvfree(hash->heads);
	kfree(hash);
}

static int alloc_table(struct mbpf_hash *hash)
{
	u32 nr = roundup_pow_of_two(hash->map.attr.max_entries), nr_locks, i;

	if (nr > LARGE_TABLE)
		nr = min(nr / 2, MAX_BUCKETS);
	nr_locks = min_t(u32, nr, roundup_pow_of_two(num_possible_cpus() * LOCKS_PER_CPU));

	hash->heads = kvmalloc_array(nr, sizeof(*hash->heads), MBPF_MAP_GFP);
	if (!hash->heads)
		return -ENOMEM;
	hash->locks = kvmalloc_array(nr_locks, sizeof(*hash->locks), MBPF_MAP_GFP);
	if (!hash->locks) {
		kvfree(hash->heads);
		return -ENOMEM;
	}
	for (i = 0; i < nr; i++)
		hash->heads[i] = mbpf_hash_end(i);
	for (i = 0; i < nr_locks; i++)
		raw_spin_lock_init(&hash->locks[i]);
	hash->mask = nr - 1;
	hash->lock_mask = nr_locks - 1;
	atomic64_add((u64)nr * sizeof(*hash->heads) + (u64)nr_locks * sizeof(*hash->locks),
		     &hash->map.bytes);
	return 0;
}

static void set_seed(struct mbpf_hash *hash)
{
	/* Any odd-looking numbers will do where the seed shall not be random. */
	hash->seed[0] = 0x9e3779b97f4a7c15ULL;
	hash->seed[1] = 0xd1b54a32d192ed03ULL;
	if (!(hash->map.attr.flags & MBPF_MAP_ZERO_SEED)) {
		hash->seed[0] ^= get_random_u64();
		/* A factor: odd, so that no bit of a key is lost. */
		hash->seed[1] ^= get_random_u64() << 1;
	}
}

static int check_attr(const struct mbpf_map_attr *attr)
{
	const u32 flags = MBPF_MAP_NO_PREALLOC | MBPF_MAP_ZERO_SEED | MBPF_MAP_ACCESS;

	if (attr->flags & ~flags)
		return -EINVAL;
	if ((u64)attr->key_size + attr->value_size >= MAX_ELEM_SIZE)
		return -E2BIG;
	if (attr->type == MBPF_MAP_PERCPU_HASH &&
	    round_up(attr->value_size, 8) > PCPU_MIN_UNIT_SIZE)
		return -E2BIG;
	return attr->max_entries > MAX_ENTRIES ? -E2BIG : 0;
}

/* @values: one after the other, for all CPUs. */
static void write_all(const struct mbpf_hash *hash, struct mbpf_elem *elem, const void *values)
{
	u32 stride = mbpf_map_value_stride(&hash->map), cpu;
	const u8 *value = values;

	for_each_possible_cpu(cpu) {
		mbpf_value_write(per_cpu_ptr(elem_values(hash, elem), cpu), value, stride);
		value += stride;
	}
}

static void read_all(const struct mbpf_hash *hash, struct mbpf_elem *elem, void *values)
{
	u32 stride = mbpf_map_value_stride(&hash->map), cpu;
	u8 *value = values;

	for_each_possible_cpu(cpu) {
		mbpf_value_read(value, per_cpu_ptr(elem_values(hash, elem), cpu), stride);
		value += stride;
	}
}

static void write_this_cpu(const struct mbpf_hash *hash, struct mbpf_elem *elem, const void *value)
{
	mbpf_value_write(this_cpu_ptr(elem_values(hash, elem)), value, hash->map.attr.value_size);
}

static void zero_all(const struct mbpf_hash *hash, struct mbpf_elem *elem)
{
	u32 stride = mbpf_map_value_stride(&hash->map), cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(elem_values(hash, elem), cpu), 0, stride);
}

static void write_key(const struct mbpf_hash *hash, struct mbpf_elem *elem, const void *key)
{
	u32 size = hash->map.attr.key_size;

	elem->data[(size - 1) / 8] = 0;
	memcpy(elem->data, key, size);
}

/* How the value of an update lies in memory. */
enum value_form {
	ONE_VALUE,	/* also of this CPU, in a per-CPU map */
	ALL_CPUS,
};

/* Adds an element to the chain whose lock is held. */
static int insert(struct mbpf_hash *hash, const struct mbpf_map_guard *guard, const void *key,
		  u32 h, const void *value, enum value_form form)
{
	unsigned long *head = &hash->heads[h & hash->mask];
	struct mbpf_elem *elem;

	if (!atomic_add_unless(&hash->count, 1, hash->map.attr.max_entries))
		return -E2BIG;
	elem = mbpf_pool_get(&hash->pool, guard, MBPF_POOL_EARLY);
	if (IS_ERR(elem)) {
		atomic_dec(&hash->count);
		return PTR_ERR(elem);
	}
	write_key(hash, elem, key);
	if (form == ALL_CPUS) {
		write_all(hash, elem, value);
	} else if (is_percpu(hash)) {
		zero_all(hash, elem);
		write_this_cpu(hash, elem, value);
	} else {
		mbpf_value_write(elem_value(hash, elem), value, hash->map.attr.value_size);
	}
	/* A reader led here by the element's former place finds a chain, this one's. */
	smp_store_release(&elem->next, *head);
	/* Whole before anyone finds it. */
	smp_store_release(head, (unsigned long)elem);
	return 0;
}

/*
 * Gives the element at @link, whose chain's lock is held, another value.
 * Returns an element that left the chain by that, or NULL.
 */
static struct mbpf_elem *replace(struct mbpf_hash *hash, const struct mbpf_map_guard *guard,
				 unsigned long *link, const void *value, enum value_form form)
{
	struct mbpf_elem *old = mbpf_hash_elem(*link), *elem;
	u32 size = hash->map.attr.value_size;

	if (form == ALL_CPUS) {
		write_all(hash, old, value);
		return NULL;
	}
	if (is_percpu(hash)) {
		write_this_cpu(hash, old, value);
		return NULL;
	}
	elem = size > 8 ? mbpf_pool_get(&hash->pool, guard, false) : NULL;
	if (IS_ERR_OR_NULL(elem)) {
		mbpf_value_write(elem_value(hash, old), value, size);
		return NULL;
	}
	memcpy(elem->data, old->data, hash->value_word * 8);
	mbpf_value_write(elem_value(hash, elem), value, size);
	/* In the old one's place: put elsewhere, a reader on its way could miss both. */
	elem->next = old->next;
	/* Whole before anyone finds it. */
	smp_store_release(link, (unsigned long)elem);
	return old;
}

static int update(struct mbpf_hash *hash, const void *key, const void *value, u64 flags,
		  enum value_form form)
{
	struct mbpf_elem *old = NULL;
	u32 h = hash_any(hash, key);
	struct mbpf_map_guard guard;
	unsigned long *link;
	raw_spinlock_t *lock = chain_lock(hash, h);
	int err = 0;

	/* What is refused anyway need not take the lock from others. */
	if (flags == MBPF_NOEXIST && find_any(hash, key, h))
		return -EEXIST;
	mbpf_map_guard_enter(&guard);
	if (!mbpf_map_guard_lock(&guard, lock)) {
		err = -EBUSY;
		goto out;
	}
	link = find_link(hash, key, h);
	if (link && flags == MBPF_NOEXIST)
		err = -EEXIST;
	else if (link)
		old = replace(hash, &guard, link, value, form);
	else if (flags == MBPF_EXIST)
		err = -ENOENT;
	else
		err = insert(hash, &guard, key, h, value, form);
	raw_spin_unlock(lock);
	if (old)
		mbpf_pool_put(&hash->pool, &guard, old);
out:
	mbpf_map_guard_exit(&guard);
	return err;
}

static long hash_update(struct mbpf_map *map, const void *key, const void *value, u64 flags)
{
	if (flags > MBPF_EXIST)
		return -EINVAL;
	return update(to_hash(map), key, value, flags, ONE_VALUE);
}

static int percpu_update_all(struct mbpf_map *map, const void *key, const void *values, u64 flags)
{
	if (flags > MBPF_EXIST)
		return -EINVAL;
	return update(to_hash(map), key, values, flags, ALL_CPUS);
}

/* Takes an element out of its chain, or returns an ERR_PTR. */
static struct mbpf_elem *take_out(struct mbpf_hash *hash, const struct mbpf_map_guard *guard,
				  const void *key)
{
	u32 h = hash_any(hash, key);
	raw_spinlock_t *lock = chain_lock(hash, h);
	struct mbpf_elem *elem = ERR_PTR(-ENOENT);
	unsigned long *link;

	if (!mbpf_map_guard_lock(guard, lock))
		return ERR_PTR(-EBUSY);
	link = find_link(hash, key, h);
	if (link) {
		elem = mbpf_hash_elem(*link);
		WRITE_ONCE(*link, elem->next);
	}
	raw_spin_unlock(lock);
	return elem;
}

/* The element is in the pool before another may be added: what is counted is at hand. */
static void release(struct mbpf_hash *hash, const struct mbpf_map_guard *guard,
		    struct mbpf_elem *elem)
{
	mbpf_pool_put(&hash->pool, guard, elem);
	atomic_dec(&hash->count);
}

static long hash_delete(struct mbpf_map *map, const void *key)
{
	struct mbpf_hash *hash = to_hash(map);
	struct mbpf_map_guard guard;
	struct mbpf_elem *elem;

	mbpf_map_guard_enter(&guard);
	elem = take_out(hash, &guard, key);
	if (!IS_ERR(elem))
		release(hash, &guard, elem);
	mbpf_map_guard_exit(&guard);
	return IS_ERR(elem) ? PTR_ERR(elem) : 0;
}

static int hash_lookup_and_delete(struct mbpf_map *map, const void *key, void *value)
{
	struct mbpf_hash *hash = to_hash(map);
	struct mbpf_map_guard guard;
	struct mbpf_elem *elem;

	mbpf_map_guard_enter(&guard);
	elem = take_out(hash, &guard, key);
	mbpf_map_guard_exit(&guard);
	if (IS_ERR(elem))
		return PTR_ERR(elem);

	/* In no chain and not given back, it is only this caller's. */
	if (is_percpu(hash))
		read_all(hash, elem, value);
	else
		mbpf_value_read(value, elem_value(hash, elem), map->attr.value_size);

	mbpf_map_guard_enter(&guard);
	release(hash, &guard, elem);
	mbpf_map_guard_exit(&guard);
	return 0;
}

/* The first element in @bucket or after it, or NULL. */
static struct mbpf_elem *first_from(const struct mbpf_hash *hash, u64 bucket)
{
	unsigned long next;

	for (; bucket <= hash->mask; bucket++) {
		next = READ_ONCE(hash->heads[bucket]);
		if (!mbpf_hash_is_end(next))
			return mbpf_hash_elem(next);
	}
	return NULL;
}

static int hash_next_key(struct mbpf_map *map, const void *key, void *next)
{
	struct mbpf_hash *hash = to_hash(map);
	struct mbpf_elem *elem = NULL;
	unsigned long link;
	u32 h = 0;

	if (key) {
		h = hash_any(hash, key);
		elem = find_any(hash, key, h);
	}
	if (elem) {
		link = READ_ONCE(elem->next);
		if (mbpf_hash_is_end(link))
			elem = first_from(hash, (u64)(h & hash->mask) + 1);
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
	for (bucket = 0; bucket <= hash->mask; bucket++) {
		next = READ_ONCE(hash->heads[bucket]);
		while (!mbpf_hash_is_end(next) && nr < map->attr.max_entries) {
			elem = mbpf_hash_elem(next);
			next = READ_ONCE(elem->next);
			value = is_percpu(hash) ? this_cpu_ptr(elem_values(hash, elem)) :
						  elem_value(hash, elem);
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

	return find_any(hash, key, hash_any(hash, key));
}

static void *percpu_lookup_cpu(struct mbpf_map *map, const void *key, u32 cpu)
{
	struct mbpf_elem *elem;

	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return NULL;
	elem = lookup(map, key);
	return elem ? per_cpu_ptr(elem_values(to_hash(map), elem), cpu) : NULL;
}

static int percpu_lookup_all(struct mbpf_map *map, const void *key, void *values)
{
	struct mbpf_elem *elem = lookup(map, key);

	if (!elem)
		return -ENOENT;
	read_all(to_hash(map), elem, values);
	return 0;
}

static int hash_grow(struct mbpf_map *map)
{
	return mbpf_pool_grow(&to_hash(map)->pool);
}

/* Lookups for keys of @_size bytes, which the compiler knows but for the last. */
#define DEFINE_LOOKUP(name, _size)							\
static void *hash_lookup_##name(struct mbpf_map *map, const void *key)			\
{											\
	struct mbpf_hash *hash = to_hash(map);						\
	const u32 size = _size;								\
	struct mbpf_elem *elem;								\
											\
	elem = mbpf_hash_find(hash, key, size, mbpf_hash_key(hash, key, size));		\
	return elem ? &elem->data[(size + 7) / 8] : NULL;				\
}											\
											\
static void *percpu_lookup_##name(struct mbpf_map *map, const void *key)		\
{											\
	u64 *values = hash_lookup_##name(map, key);					\
											\
	return values ? this_cpu_ptr((__force u8 __percpu *)(unsigned long)*values) : NULL; \
}

DEFINE_LOOKUP(4, 4)
DEFINE_LOOKUP(8, 8)
DEFINE_LOOKUP(16, 16)
DEFINE_LOOKUP(any, map->attr.key_size)

#define HASH_OPS					\
	.destroy = hash_destroy,			\
	.update = hash_update,				\
	.delete = hash_delete,				\
	.next_key = hash_next_key,			\
	.for_each = hash_for_each,			\
	.lookup_and_delete = hash_lookup_and_delete,	\
	.grow = hash_grow

#define PERCPU_OPS					\
	HASH_OPS,					\
	.lookup_cpu = percpu_lookup_cpu,		\
	.lookup_all = percpu_lookup_all,		\
	.update_all = percpu_update_all

static const struct mbpf_map_ops hash_ops[] = {
	{ HASH_OPS, .lookup = hash_lookup_any },
	{ HASH_OPS, .lookup = hash_lookup_4 },
	{ HASH_OPS, .lookup = hash_lookup_8 },
	{ HASH_OPS, .lookup = hash_lookup_16 },
};

static const struct mbpf_map_ops percpu_ops[] = {
	{ PERCPU_OPS, .lookup = percpu_lookup_any },
	{ PERCPU_OPS, .lookup = percpu_lookup_4 },
	{ PERCPU_OPS, .lookup = percpu_lookup_8 },
	{ PERCPU_OPS, .lookup = percpu_lookup_16 },
};

/* Index into the above. */
static u32 lookup_kind(u32 key_size)
{
	switch (key_size) {
	case 4:
		return 1;
	case 8:
		return 2;
	case 16:
		return 3;
	default:
		return 0;
	}
}

struct mbpf_map *mbpf_hash_create(const struct mbpf_map_attr *attr)
{
	bool percpu = attr->type == MBPF_MAP_PERCPU_HASH;
	u32 key_size = round_up(attr->key_size, 8), value_size = round_up(attr->value_size, 8);
	struct mbpf_pool_attr pool_attr = {
		.max_entries = attr->max_entries,
		.data_size = key_size + (percpu ? 8 : value_size),
		.percpu_size = percpu ? value_size : 0,
		.percpu_word = key_size / 8,
		.lazy = attr->flags & MBPF_MAP_NO_PREALLOC,
	};
	struct mbpf_hash *hash;
	int err;

	err = check_attr(attr);
	if (err)
		return ERR_PTR(err);
	hash = kzalloc(sizeof(*hash), MBPF_MAP_GFP);
	if (!hash)
		return ERR_PTR(-ENOMEM);
	mbpf_map_init(&hash->map, &(percpu ? percpu_ops : hash_ops)[lookup_kind(attr->key_size)],
		      attr);
	atomic64_set(&hash->map.bytes, sizeof(*hash));
	hash->value_word = key_size / 8;
	set_seed(hash);
	err = alloc_table(hash);
	if (err)
		goto err_free;
	err = mbpf_pool_init(&hash->pool, &pool_attr, &hash->map.bytes);
	if (err)
		goto err_table;
	return &hash->map;

err_table:
	kvfree(hash->locks);
	kvfree(hash->heads);
err_free:
	kfree(hash);
	return ERR_PTR(err);
}
