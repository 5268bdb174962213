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

static __always_inline void copy_elem(const struct mbpf_hash *hash, struct mbpf_elem *elem,
				      struct mbpf_batch *b, u32 nr)
{
	if (likely(hash->map.attr.key_size == 4))
		((u32 *)b->keys)[nr] = READ_ONCE(elem->data[0]);
	else
		copy_any_key(hash, elem, b, nr);
	if (likely(hash->map.attr.value_size == 8 && !hash->percpu))
		((u64 *)b->values)[nr] = READ_ONCE(*(u64 *)mbpf_hash_value(hash, elem));
	else
		copy_any_value(hash, elem, b, nr);
}

/* Without a lock, as mbpf_hash_find(). */
static __always_inline int read_bucket(const struct mbpf_hash *hash, unsigned long bucket,
				       struct mbpf_batch *b)
{
	struct mbpf_elem *elem;
	unsigned long next;
	u32 nr;

	do {
		nr = b->nr;
		for (next = mbpf_hash_first(hash, bucket); !mbpf_hash_is_end(next);
		     next = READ_ONCE(elem->next)) {
			if (nr == b->room)
				return -ENOSPC;
			elem = mbpf_hash_elem(next);
			copy_elem(hash, elem, b, nr++);
		}
	} while (unlikely(next && next != mbpf_hash_end(bucket)));
	b->nr = nr;
	return 0;
}

/* Elements leave the map before they are copied: nobody changes them any more. */
static int take_bucket(struct mbpf_hash *hash, unsigned long bucket, struct mbpf_batch *b,
		       const struct mbpf_map_guard *guard)
{
	unsigned long first, next;
	u32 nr = b->nr;
	int err;

	/* As good as having looked a moment before whatever is being added. */
	if (mbpf_hash_is_end(mbpf_hash_first(hash, bucket)))
		return 0;
	if (!mbpf_hash_lock(&hash->heads[bucket], guard, &first))
		return -EBUSY;
	for (next = first; !mbpf_hash_is_end(next); next = mbpf_hash_elem(next)->next)
		nr++;
	err = nr > b->room ? -ENOSPC : 0;
	mbpf_hash_unlock(&hash->heads[bucket], err ? first : mbpf_hash_end(bucket));
	for (; !err && !mbpf_hash_is_end(first); first = next) {
		next = mbpf_hash_elem(first)->next;
		copy_elem(hash, mbpf_hash_elem(first), b, b->nr++);
		mbpf_hash_release(hash, guard, mbpf_hash_elem(first));
	}
	return err;
}

static int take_buckets(struct mbpf_hash *hash, u32 *cursor, u32 end, struct mbpf_batch *b)
{
	struct mbpf_map_guard guard;
	u32 bucket = *cursor;
	int err = 0;

	mbpf_map_guard_enter(&guard);
	for (; bucket < end; bucket++) {
		err = take_bucket(hash, bucket, b, &guard);
		if (err)
			break;
	}
	mbpf_map_guard_exit(&guard);
	*cursor = bucket;
	return err;
}

static int read_buckets(const struct mbpf_hash *hash, u32 *cursor, u32 end, struct mbpf_batch *b)
{
	u32 bucket = *cursor;
	int err = 0;

	for (; bucket < end; bucket++) {
		err = read_bucket(hash, bucket, b);
		if (err)
			break;
	}
	*cursor = bucket;
	return err;
}

int mbpf_hash_batch_begin(const struct mbpf_map *map, u32 *cursor)
{
	return *cursor < container_of(map, struct mbpf_hash, map)->nr_buckets ? 0 : -ENOENT;
}

int mbpf_hash_batch(struct mbpf_map *map, u32 *cursor, struct mbpf_batch *b)
{
	struct mbpf_hash *hash = container_of(map, struct mbpf_hash, map);
	u32 step = b->take ? TAKE_BREATH : BREATH, end;
	int err = 0;

	while (!err && *cursor < hash->nr_buckets) {
		end = min(*cursor + step, hash->nr_buckets);
		rcu_read_lock();
		err = b->take ? take_buckets(hash, cursor, end, b) :
				read_buckets(hash, cursor, end, b);
		rcu_read_unlock();
		cond_resched();
	}
	return err ? err : -ENOENT;
}
