/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HASH and PERCPU_HASH: the table, and how a key is found in it. A reader
 * needs nothing but this file; so does a back end that puts a lookup into
 * its code.
 */
#ifndef MBPF_MAP_HASH_H
#define MBPF_MAP_HASH_H

#include "map_family.h"
#include "map_pool.h"

/**
 * struct mbpf_hash - a hash map of either family
 * @map: common head
 * @heads: first element of each bucket's chain, as mbpf_elem.next
 * @mask: number of buckets - 1
 * @value_word: word of an element's data where the value begins
 * @seed: of the hash function
 * @locks: each protects the chains of all buckets with its index in their
 *         low bits
 * @lock_mask: number of locks - 1
 * @count: elements in the table, those being added included; at most
 *         max_entries
 * @pool: supply of elements
 *
 * Members up to @seed are fixed for the map's life.
 */
struct mbpf_hash {
	struct mbpf_map map;
	unsigned long *heads;
	u32 mask;
	u32 value_word;
	u64 seed[2];

	raw_spinlock_t *locks;
	u32 lock_mask;
	atomic_t count;
	struct mbpf_pool pool;
};

/* What ends the chain of a bucket. */
static __always_inline unsigned long mbpf_hash_end(u32 bucket)
{
	return (unsigned long)bucket << 1 | 1;
}

static __always_inline bool mbpf_hash_is_end(unsigned long next)
{
	return next & 1;
}

static __always_inline struct mbpf_elem *mbpf_hash_elem(unsigned long next)
{
	return (struct mbpf_elem *)next;
}

/*
 * A word of a key. Programs may keep keys at any address, and not every
 * machine reads a word from there.
 */
static __always_inline u64 mbpf_key_word(const void *p, bool aligned)
{
	return aligned ? *(const u64 *)p : get_unaligned((const u64 *)p);
}

/*
 * One step of the hash: the upper and lower halves of a 128-bit product, one
 * of which each bit of the factors reaches well.
 */
static __always_inline u64 mbpf_hash_mix(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

/*
 * 32 bits of a hash. Those of the product's middle that the steps leave to
 * themselves are uneven for some seeds; another product spreads them.
 */
static __always_inline u32 mbpf_hash_fold(const struct mbpf_hash *hash, u64 h)
{
	return h * hash->seed[1] >> 32;
}

static __always_inline u32 mbpf_hash_words(const struct mbpf_hash *hash, const void *key, u32 size,
					   bool aligned)
{
	const u8 *p = key;
	u64 h = hash->seed[0];

	for (; size >= 8; size -= 8, p += 8)
		h = mbpf_hash_mix(h ^ mbpf_key_word(p, aligned), hash->seed[1]);
	if (size)
		h = mbpf_hash_mix(h ^ mbpf_value_tail(p, size), hash->seed[1]);
	return mbpf_hash_fold(hash, h);
}

static __always_inline bool mbpf_hash_equal(const struct mbpf_elem *elem, const void *key, u32 size,
					    bool aligned)
{
	const u64 *word = elem->data;
	const u8 *p = key;

	for (; size >= 8; size -= 8, p += 8, word++)
		if (READ_ONCE(*word) != mbpf_key_word(p, aligned))
			return false;
	return !size || READ_ONCE(*word) == mbpf_value_tail(p, size);
}

/* The functions below are specialised by what the compiler knows of @size. */
static __always_inline u64 mbpf_key_short(const void *key, u32 size)
{
	return size == 4 ? mbpf_map_index(key) : mbpf_key_word(key, mbpf_value_is_aligned(key));
}

static __always_inline u32 mbpf_hash_key(const struct mbpf_hash *hash, const void *key, u32 size)
{
	if (size == 4 || size == 8)
		return mbpf_hash_fold(hash, mbpf_hash_mix(hash->seed[0] ^
							  mbpf_key_short(key, size),
							  hash->seed[1]));
	if (likely(mbpf_value_is_aligned(key)))
		return mbpf_hash_words(hash, key, size, true);
	return mbpf_hash_words(hash, key, size, false);
}

static __always_inline bool mbpf_hash_match(const struct mbpf_elem *elem, const void *key, u32 size)
{
	if (size == 4 || size == 8)
		return READ_ONCE(elem->data[0]) == mbpf_key_short(key, size);
	if (likely(mbpf_value_is_aligned(key)))
		return mbpf_hash_equal(elem, key, size, true);
	return mbpf_hash_equal(elem, key, size, false);
}

/**
 * mbpf_hash_find - find an element without a lock
 * @hash: the map
 * @key: the key
 * @size: its size, a constant where speed matters
 * @h: mbpf_hash_key() of it
 *
 * Under rcu_read_lock(), any context. An element that was reused while this
 * reader stood on it leads to the end of another bucket: begin again then, as
 * the rest of this bucket has not been seen. (Elements are reused at the head
 * of a chain, so whoever is led into the same chain again sees all of it.)
 *
 * One that is reused between two words of its key being compared may be taken
 * for one that it never was, as in-tree. It takes a reader that is stopped
 * there while all other elements are used up without a grace period.
 */
static __always_inline struct mbpf_elem *mbpf_hash_find(const struct mbpf_hash *hash,
							const void *key, u32 size, u32 h)
{
	u32 bucket = h & hash->mask;
	struct mbpf_elem *elem;
	unsigned long next;

	do {
		next = READ_ONCE(hash->heads[bucket]);
		while (!mbpf_hash_is_end(next)) {
			elem = mbpf_hash_elem(next);
			if (mbpf_hash_match(elem, key, size))
				return elem;
			next = READ_ONCE(elem->next);
		}
	} while (unlikely(next != mbpf_hash_end(bucket)));
	return NULL;
}

#endif /* MBPF_MAP_HASH_H */
