// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a hash bucket by bucket, for commands on many elements. A bucket is
 * read as a whole, so that the number of the next one says where to go on,
 * whatever changes in between.
 */
#include "map_hash.h"

#define BREATH		256	/* buckets between rests */
#define TAKE_BREATH	16	/* likewise where interrupts are off */

static noinline void copy_any_value(const struct mbpf_hash *hash, struct mbpf_elem *elem,
				    struct mbpf_batch *b, u32 nr)
{
	u64 size = mbpf_map_user_value_size(&hash->map);

	if (hash->percpu)
		mbpf_hash_read_all(hash, elem, (u8 *)b->values + nr * size);
	else
		mbpf_value_read((u8 *)b->values + nr * size, mbpf_hash_value(hash, elem), size);
}

static noinline void copy_any_key(const struct mbpf_hash *hash, struct mbpf_elem *elem,
				  struct mbpf_batch *b, u32 nr)
{
	u32 size = hash->map.attr.key_size;

	mbpf_value_read((u8 *)b->keys + (u64)nr * size, elem->data, size);
}

/*
 * What is common: keys of 4 bytes, values of 8, one of them. The compiler knows whether they
 * are @usual.
 */
static bool is_usual(const struct mbpf_hash *hash)
{
	return hash->map.attr.key_size == 4 && hash->map.attr.value_size == 8 && !hash->percpu;
}

static __always_inline void copy_elem(const struct mbpf_hash *hash, struct mbpf_elem *elem,
				      struct mbpf_batch *b, u32 nr, bool usual)
{
	if (usual) {
		((u32 *)b->keys)[nr] = READ_ONCE(elem->data[0]);
		((u64 *)b->values)[nr] = READ_ONCE(*(u64 *)mbpf_hash_value(hash, elem));
	} else {
		copy_any_key(hash, elem, b, nr);
		copy_any_value(hash, elem, b, nr);
	}
}

/* Without a lock, as mbpf_hash_find(). */
static __always_inline int read_bucket(const struct mbpf_hash *hash, unsigned long bucket,
				       struct mbpf_batch *b, bool usual)
{
	unsigned long next = mbpf_hash_first(hash, bucket);
	u32 nr = b->nr;

	while (next != mbpf_hash_end(bucket)) {
		struct mbpf_elem *elem = mbpf_hash_elem(next);

		if (unlikely(mbpf_hash_is_end(next))) {
			/* Never used; or the end of another bucket: begin again. */
			if (!next)
				break;
			next = mbpf_hash_first(hash, bucket);
			nr = b->nr;
			continue;
		}
		if (nr == b->room)
			return -ENOSPC;
		copy_elem(hash, elem, b, nr++, usual);
		next = READ_ONCE(elem->next);
	}
	b->nr = nr;
	return 0;
}

/* Copied while the chain is locked: updates wait, and come too late then. */
static __always_inline int take_bucket(struct mbpf_hash *hash, unsigned long bucket,
				       struct mbpf_batch *b, const struct mbpf_map_guard *guard,
				       struct mbpf_elem_list *taken, bool usual)
{
	unsigned long first, next;
	struct mbpf_elem *elem;
	u32 nr = b->nr;

	/* As good as having looked a moment before whatever is being added. */
	if (mbpf_hash_is_end(mbpf_hash_first(hash, bucket)))
		return 0;
	if (!mbpf_hash_lock(&hash->heads[bucket], guard, &first))
		return -EBUSY;
	for (next = first; !mbpf_hash_is_end(next) && nr < b->room; next = elem->next) {
		elem = mbpf_hash_elem(next);
		copy_elem(hash, elem, b, nr++, usual);
	}
	if (!mbpf_hash_is_end(next)) {
		mbpf_hash_unlock(&hash->heads[bucket], first);
		return -ENOSPC;
	}
	mbpf_hash_unlock(&hash->heads[bucket], mbpf_hash_end(bucket));
	b->nr = nr;
	for (; !mbpf_hash_is_end(first); first = elem->next) {
		elem = mbpf_hash_elem(first);
		mbpf_pool_list_add(taken, elem);
	}
	return 0;
}

/* Gives back elements that have left the map, as mbpf_hash_release(). */
static void release(struct mbpf_hash *hash, const struct mbpf_map_guard *guard,
		    struct mbpf_elem_list list)
{
	struct mbpf_elem *elem;
	u32 nr = list.nr;

	if (!nr)
		return;
	for (elem = list.head; hash->lru && elem; elem = elem->link)
		mbpf_lru_end(hash, mbpf_lru_use(hash, elem));
	mbpf_pool_put_list(&hash->pool, guard, &list);
	atomic_sub(nr, &hash->count);
}

static __always_inline int take_buckets(struct mbpf_hash *hash, u32 *cursor, u32 end,
					struct mbpf_batch *b, bool usual)
{
	struct mbpf_elem_list taken = {};
	struct mbpf_map_guard guard;
	u32 bucket = *cursor;
	int err = 0;

	mbpf_map_guard_enter(&guard);
	for (; bucket < end && !err; bucket += !err)
		err = take_bucket(hash, bucket, b, &guard, &taken, usual);
	release(hash, &guard, taken);
	mbpf_map_guard_exit(&guard);
	*cursor = bucket;
	return err;
}

static __always_inline int read_buckets(const struct mbpf_hash *hash, u32 *cursor, u32 end,
					struct mbpf_batch *b, bool usual)
{
	struct mbpf_batch copy = *b;
	u32 bucket = *cursor;
	int err = 0;

	for (; bucket < end && !err; bucket += !err)
		err = read_bucket(hash, bucket, &copy, usual);
	b->nr = copy.nr;
	*cursor = bucket;
	return err;
}

int mbpf_hash_batch_begin(const struct mbpf_map *map, u32 *cursor)
{
	return *cursor < container_of(map, struct mbpf_hash, map)->nr_buckets ? 0 : -ENOENT;
}

static __always_inline int do_buckets(struct mbpf_hash *hash, u32 *cursor, u32 end,
				      struct mbpf_batch *b, bool usual)
{
	return b->take ? take_buckets(hash, cursor, end, b, usual) :
			 read_buckets(hash, cursor, end, b, usual);
}

int mbpf_hash_batch(struct mbpf_map *map, u32 *cursor, struct mbpf_batch *b)
{
	struct mbpf_hash *hash = container_of(map, struct mbpf_hash, map);
	u32 step = b->take ? TAKE_BREATH : BREATH, end;
	bool usual = is_usual(hash);
	int err = 0;

	while (!err && *cursor < hash->nr_buckets) {
		end = min(*cursor + step, hash->nr_buckets);
		rcu_read_lock();
		err = usual ? do_buckets(hash, cursor, end, b, true) :
			      do_buckets(hash, cursor, end, b, false);
		rcu_read_unlock();
		cond_resched();
	}
	return err ? err : -ENOENT;
}

/* Up to TAKE_BREATH keys; how many it was is left in @nr. */
static __always_inline int delete_some(struct mbpf_hash *hash, const u8 *key, u32 size,
				       bool aligned, u32 *nr)
{
	u32 end = min_t(u32, *nr, TAKE_BREATH), i;
	struct mbpf_elem_list deleted = {};
	struct mbpf_map_guard guard;
	int err = 0;

	mbpf_map_guard_enter(&guard);
	for (i = 0; i < end; i++, key += size) {
		unsigned long *head = &hash->heads[mbpf_hash_bucket(hash, key, size, aligned)];
		struct mbpf_elem *elem, *before;
		unsigned long first;
		bool found;

		if (unlikely(!mbpf_hash_lock(head, &guard, &first))) {
			err = -EBUSY;
			break;
		}
		found = mbpf_hash_find_locked(first, key, size, aligned, &elem, &before);
		if (likely(found))
			mbpf_hash_unlink(&first, before, elem);
		mbpf_hash_unlock(head, first);
		if (unlikely(!found)) {
			err = -ENOENT;
			break;
		}
		mbpf_pool_list_add(&deleted, elem);
	}
	release(hash, &guard, deleted);
	mbpf_map_guard_exit(&guard);
	*nr = i;
	return err;
}

int mbpf_hash_delete_many(struct mbpf_map *map, const void *keys, u32 *nr)
{
	struct mbpf_hash *hash = container_of(map, struct mbpf_hash, map);
	u32 size = map->attr.key_size;

	if (size == 4)
		return delete_some(hash, keys, 4, true, nr);
	return delete_some(hash, keys, size, !(size % 8), nr);
}
