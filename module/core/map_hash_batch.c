// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a hash bucket by bucket, for commands on many elements. A bucket is
 * read as a whole, so that the number of the next one says where to go on,
 * whatever changes in between.
 */
#include "map_hash.h"

#define BREATH 256	/* buckets between rests */

static void copy_elem(const struct mbpf_hash *hash, struct mbpf_elem *elem, struct mbpf_batch *b,
		      u32 nr)
{
	u32 key_size = hash->map.attr.key_size, value_size = hash->map.attr.value_size;
	u8 *key = (u8 *)b->keys + (u64)nr * key_size;

	if (key_size == 4)
		*(u32 *)key = elem->data[0];
	else
		mbpf_value_read(key, elem->data, key_size);
	if (hash->percpu)
		mbpf_hash_read_all(hash, elem, (u8 *)b->values +
				   nr * mbpf_map_user_value_size(&hash->map));
	else
		mbpf_value_read((u8 *)b->values + (u64)nr * value_size,
				mbpf_hash_value(hash, elem), value_size);
}

/* Without a lock, as mbpf_hash_find(). */
static int read_bucket(const struct mbpf_hash *hash, unsigned long bucket, struct mbpf_batch *b)
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
static int take_bucket(struct mbpf_hash *hash, unsigned long bucket, struct mbpf_batch *b)
{
	struct mbpf_map_guard guard;
	unsigned long first, next;
	int err = -EBUSY;
	u32 nr = b->nr;

	/* As good as having looked a moment before whatever is being added. */
	if (mbpf_hash_is_end(mbpf_hash_first(hash, bucket)))
		return 0;
	mbpf_map_guard_enter(&guard);
	if (!mbpf_hash_lock(&hash->heads[bucket], &guard, &first))
		goto out;
	for (next = first; !mbpf_hash_is_end(next); next = mbpf_hash_elem(next)->next)
		nr++;
	err = nr > b->room ? -ENOSPC : 0;
	mbpf_hash_unlock(&hash->heads[bucket], err ? first : mbpf_hash_end(bucket));
	for (; !err && !mbpf_hash_is_end(first); first = next) {
		next = mbpf_hash_elem(first)->next;
		copy_elem(hash, mbpf_hash_elem(first), b, b->nr++);
		mbpf_hash_release(hash, &guard, mbpf_hash_elem(first));
	}
out:
	mbpf_map_guard_exit(&guard);
	return err;
}

int mbpf_hash_batch_begin(const struct mbpf_map *map, u32 *cursor)
{
	return *cursor < container_of(map, struct mbpf_hash, map)->nr_buckets ? 0 : -ENOENT;
}

int mbpf_hash_batch(struct mbpf_map *map, u32 *cursor, struct mbpf_batch *b)
{
	struct mbpf_hash *hash = container_of(map, struct mbpf_hash, map);
	int err = 0;

	rcu_read_lock();
	for (; *cursor < hash->nr_buckets; ++*cursor) {
		if (b->take)
			err = take_bucket(hash, *cursor, b);
		else
			err = read_bucket(hash, *cursor, b);
		if (err)
			break;
		if (*cursor % BREATH)
			continue;
		rcu_read_unlock();
		cond_resched();
		rcu_read_lock();
	}
	rcu_read_unlock();
	return err ? err : -ENOENT;
}
