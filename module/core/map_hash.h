/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hash families: the table, and how a key is found in it. Everything here
 * is specialised by what the compiler knows of the size of the key.
 */
#ifndef MBPF_MAP_HASH_H
#define MBPF_MAP_HASH_H

#include "map_family.h"
#include "map_pool.h"

/**
 * struct mbpf_hash - a map of any of the hash families
 * @map: common head
 * @heads: first element of each bucket's chain, as mbpf_elem.next, and the lock
 *         of the chain; 0 if there never was one
 * @seed: of the hash function, odd
 * @shift: 64 - log2 of the number of buckets
 * @nr_buckets: at least 2
 * @value_off: bytes from an element to its value
 * @percpu: values are per CPU
 * @in_place: values are exchanged by one store
 * @store_size: 4 or 8: bytes of a value whose update is that store and nothing
 *              else; or 0
 * @lru: makes room by itself. The word before the value is a struct mbpf_lru_use
 * @max_kept: LRU: elements that are kept at most
 * @ahead: LRU: elements that are evicted besides the one that must go
 * @hand: LRU: where the search for a victim goes on
 * @kept_hand: LRU: where that for one that need not be kept any more goes on
 * @kept: LRU: elements that are kept
 * @count: elements in the table, those being added included; at most
 *         max_entries
 * @pool: supply of elements
 *
 * Members up to @ahead are fixed for the map's life.
 */
struct mbpf_hash {
	struct mbpf_map map;
	unsigned long *heads;
	u64 seed[2];
	u32 shift;
	u32 nr_buckets;
	u32 value_off;
	u32 store_size;
	bool percpu;
	bool in_place;
	bool lru;
	u32 max_kept;
	u32 ahead;

	atomic_t hand;
	atomic_t kept_hand;
	atomic_t kept;
	atomic_t count;
	struct mbpf_pool pool;
};

#define MBPF_HEAD_LOCK	1	/* bit of a head: its chain is being changed */

/* What ends the chain of a bucket; even, and not 0. */
static __always_inline unsigned long mbpf_hash_end(unsigned long bucket)
{
	return (bucket + 1) << 2;
}

static __always_inline bool mbpf_hash_is_end(unsigned long next)
{
	return !(next & 1);
}

static __always_inline struct mbpf_elem *mbpf_hash_elem(unsigned long next)
{
	return (struct mbpf_elem *)(next - 1);
}

static __always_inline unsigned long mbpf_hash_link(const struct mbpf_elem *elem)
{
	return (unsigned long)elem + 1;
}

/* The first link of a bucket's chain. */
static __always_inline unsigned long mbpf_hash_first(const struct mbpf_hash *hash,
						     unsigned long bucket)
{
	return READ_ONCE(hash->heads[bucket]) & ~BIT(MBPF_HEAD_LOCK);
}

/*
 * Whether a key can be read by words. Programs may keep keys at any address,
 * and not every machine reads a word from there.
 */
static __always_inline bool mbpf_key_is_aligned(const void *key, u32 size)
{
	return !((unsigned long)key & (size == 4 ? 3 : 7));
}

static __always_inline u64 mbpf_key_word(const u8 *p, bool aligned)
{
	return aligned ? *(const u64 *)p : get_unaligned((const u64 *)p);
}

/* A key of at most 8 bytes. */
static __always_inline u64 mbpf_key_short(const u8 *key, u32 size, bool aligned)
{
	if (size == 4)
		return aligned ? *(const u32 *)key : get_unaligned((const u32 *)key);
	if (size == 8)
		return mbpf_key_word(key, aligned);
	return mbpf_value_tail(key, size, aligned);
}

/*
 * The upper and lower halves of a 128-bit product, one of which each bit of
 * the factors reaches well. As in wyhash, 16 bytes of key go into each.
 */
static __always_inline u64 mbpf_hash_mix(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

static __always_inline u64 mbpf_hash_pair(const struct mbpf_hash *hash, u64 h, const u8 *p,
					  bool aligned)
{
	return mbpf_hash_mix(mbpf_key_word(p, aligned) ^ hash->seed[1],
			     mbpf_key_word(p + 8, aligned) ^ h);
}

static __always_inline u64 mbpf_hash_long(const struct mbpf_hash *hash, const u8 *key, u32 size,
					  bool aligned)
{
	u64 h = hash->seed[0];
	u32 off = 0;

	/* Straight code where the size is known. */
	if (size >= 16)
		h = mbpf_hash_pair(hash, h, key, aligned);
	if (size >= 32)
		h = mbpf_hash_pair(hash, h, key + 16, aligned);
	if (size >= 48)
		h = mbpf_hash_pair(hash, h, key + 32, aligned);
	if (size >= 64)
		h = mbpf_hash_pair(hash, h, key + 48, aligned);
	for (off = min(size & ~15U, 64U); size - off >= 16; off += 16)
		h = mbpf_hash_pair(hash, h, key + off, aligned);
	if (size - off >= 8) {
		h = mbpf_hash_mix(mbpf_key_word(key + off, aligned) ^ hash->seed[1], h);
		off += 8;
	}
	if (size > off)
		h = mbpf_hash_mix(mbpf_value_tail(key + off, size - off, aligned) ^ hash->seed[1],
				  h);
	return h;
}

/*
 * A key's bucket: the uppermost bits of a last product, which all bits of the former reach.
 * Of a key of 4 bytes the former has all it says in 64 bits; for more that is too few: keys
 * that differ in their uppermost bits only would meet.
 */
static __always_inline unsigned long mbpf_hash_bucket(const struct mbpf_hash *hash,
						      const void *key, u32 size, bool aligned)
{
	u64 h;

	if (size == 4) {
		h = mbpf_key_short(key, size, aligned) * hash->seed[1];
		h ^= h >> 24;
	} else if (size <= 8) {
		h = mbpf_hash_mix(mbpf_key_short(key, size, aligned) ^ hash->seed[0],
				  hash->seed[1]);
	} else {
		h = mbpf_hash_long(hash, key, size, aligned);
	}
	return h * hash->seed[1] >> hash->shift;
}

/* A key that is a multiple of 8 bytes long is all words; others end in a tail, zeroes above. */
static __always_inline bool mbpf_hash_match(const struct mbpf_elem *elem, const void *key, u32 size,
					    bool aligned)
{
	const u64 *word = elem->data;
	const u8 *p = key;
	u32 i;

	if (size <= 8)
		return READ_ONCE(word[0]) == mbpf_key_short(p, size, aligned);
#define DIFFERS(n) (size >= 8 * ((n) + 1) && READ_ONCE(word[n]) != mbpf_key_word(p + 8 * (n), aligned))
	if (DIFFERS(0) || DIFFERS(1) || DIFFERS(2) || DIFFERS(3) ||
	    DIFFERS(4) || DIFFERS(5) || DIFFERS(6) || DIFFERS(7))
		return false;
#undef DIFFERS
	for (i = 8; i < size / 8; i++)
		if (READ_ONCE(word[i]) != mbpf_key_word(p + 8 * i, aligned))
			return false;
	i = size / 8;
	return !(size & 7) || READ_ONCE(word[i]) == mbpf_value_tail(p + 8 * i, size & 7, aligned);
}

/**
 * mbpf_hash_find - find an element without a lock
 * @hash: the map
 * @key: the key
 * @size: its size, a constant where speed matters
 * @aligned: mbpf_key_is_aligned(), a constant likewise
 * @bucket: mbpf_hash_bucket() of it
 * @found: where it goes; untouched if there is none
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
static __always_inline bool mbpf_hash_find(const struct mbpf_hash *hash, const void *key, u32 size,
					   bool aligned, unsigned long bucket,
					   struct mbpf_elem **found)
{
	struct mbpf_elem *elem;
	unsigned long next;

	do {
		next = mbpf_hash_first(hash, bucket);
		while (!mbpf_hash_is_end(next)) {
			elem = mbpf_hash_elem(next);
			if (likely(mbpf_hash_match(elem, key, size, aligned))) {
				*found = elem;
				return true;
			}
			next = READ_ONCE(elem->next);
		}
	} while (unlikely(next && next != mbpf_hash_end(bucket)));
	return false;
}

/* map_hash.c: the two for a key of any size at any address */
unsigned long mbpf_hash_bucket_any(const struct mbpf_hash *hash, const void *key);
struct mbpf_elem *mbpf_hash_find_any(const struct mbpf_hash *hash, const void *key,
				     unsigned long bucket);

/*
 * Changing a chain. Its lock is a bit of its head; who holds it works on a copy
 * of the head, which readers get to see when the lock goes.
 */
static __always_inline bool mbpf_hash_lock(unsigned long *head, const struct mbpf_map_guard *guard,
					   unsigned long *first)
{
	if (!mbpf_map_guard_lock_bit(guard, MBPF_HEAD_LOCK, head))
		return false;
	*first = READ_ONCE(*head) & ~BIT(MBPF_HEAD_LOCK);
	return true;
}

static __always_inline void mbpf_hash_unlock(unsigned long *head, unsigned long first)
{
	smp_store_release(head, first);
}

/*
 * In a chain that is locked: the element, and the one before it or NULL; untouched if there is
 * none.
 */
static __always_inline bool mbpf_hash_find_locked(unsigned long first, const void *key, u32 size,
						  bool aligned, struct mbpf_elem **found,
						  struct mbpf_elem **before)
{
	struct mbpf_elem *elem, *last = NULL;

	for (; !mbpf_hash_is_end(first); first = elem->next, last = elem) {
		elem = mbpf_hash_elem(first);
		if (likely(mbpf_hash_match(elem, key, size, aligned))) {
			*found = elem;
			*before = last;
			return true;
		}
	}
	return false;
}

/* Takes such an element out of its chain. */
static __always_inline void mbpf_hash_unlink(unsigned long *first, struct mbpf_elem *before,
					     const struct mbpf_elem *elem)
{
	if (before)
		WRITE_ONCE(before->next, elem->next);
	else
		*first = elem->next;
}

static __always_inline void *mbpf_hash_value(const struct mbpf_hash *hash, struct mbpf_elem *elem)
{
	return (u8 *)elem + hash->value_off;
}

/* Per-CPU maps: what per_cpu_ptr() takes. */
static __always_inline u8 __percpu *mbpf_hash_values(const struct mbpf_hash *hash,
						     struct mbpf_elem *elem)
{
	return (__force u8 __percpu *)*(unsigned long *)mbpf_hash_value(hash, elem);
}

/* map_lru.c: where an element of an LRU is. */
enum mbpf_lru_place {
	MBPF_LRU_FREE,		/* not in the map; elements begin so */
	MBPF_LRU_NEW,		/* was not used since it was added, as far as the hand knows */
	MBPF_LRU_KEPT,		/* was; counted in @kept */
};

/**
 * struct mbpf_lru_use - a word of an LRU's element
 * @place: enum mbpf_lru_place, and the number of the bucket times MBPF_LRU_BUCKET; between NEW
 *         and KEPT it is changed by cmpxchg, as hands of several CPUs may look at it
 * @used: since a hand passed. Readers may set it on an element that has just
 *        left the map; that does no harm
 */
struct mbpf_lru_use {
	u32 place;
	u32 used;
};

#define MBPF_LRU_BUCKET	4

static __always_inline enum mbpf_lru_place mbpf_lru_place(u32 place)
{
	return place % MBPF_LRU_BUCKET;
}

static __always_inline struct mbpf_lru_use *mbpf_lru_use(const struct mbpf_hash *hash,
							 struct mbpf_elem *elem)
{
	return (struct mbpf_lru_use *)mbpf_hash_value(hash, elem) - 1;
}

/* Only the first use writes: then the line stays shared. */
static __always_inline void mbpf_lru_touch(struct mbpf_lru_use *use)
{
	if (!READ_ONCE(use->used))
		WRITE_ONCE(use->used, 1);
}

/* An element on its way into the chain of @head, or out of the map. */
static __always_inline void mbpf_lru_begin(const struct mbpf_hash *hash,
					   const unsigned long *head, struct mbpf_lru_use *use)
{
	WRITE_ONCE(use->used, 0);
	WRITE_ONCE(use->place, (head - hash->heads) * MBPF_LRU_BUCKET + MBPF_LRU_NEW);
}

static __always_inline void mbpf_lru_end(struct mbpf_hash *hash, struct mbpf_lru_use *use)
{
	if (unlikely(mbpf_lru_place(xchg(&use->place, MBPF_LRU_FREE)) == MBPF_LRU_KEPT))
		atomic_dec(&hash->kept);
}

/*
 * Gives back an element that has left the map. It is in the pool before another may be added:
 * what is counted is at hand.
 */
static __always_inline void mbpf_hash_release(struct mbpf_hash *hash,
					      const struct mbpf_map_guard *guard,
					      struct mbpf_elem *elem)
{
	if (hash->lru)
		mbpf_lru_end(hash, mbpf_lru_use(hash, elem));
	if (unlikely(mbpf_map_guard_is_nested(guard) ||
		     !mbpf_pool_put_quickly(&hash->pool, guard, elem)))
		mbpf_pool_put(&hash->pool, guard, elem);
	atomic_dec(&hash->count);
}

/* Sets what depends on the size of an LRU, whose pool is there. */
void mbpf_lru_init(struct mbpf_hash *hash);

/**
 * mbpf_lru_room - an element for a new key, counted as one of the map's
 * @hash: an LRU
 * @guard: the change it is for; no lock is held
 *
 * Takes an unused one or evicts. Return: the element, or ERR_PTR(-ENOMEM) if
 * everything that could go is being changed by those whom this interrupted.
 */
struct mbpf_elem *mbpf_lru_room(struct mbpf_hash *hash, const struct mbpf_map_guard *guard);

/* map_hash_change.c: the operations that change a map, by size of the key; 0 is any */
#define MBPF_HASH_CHANGES(size)								\
	long mbpf_hash_update_##size(struct mbpf_map *map, const void *key,		\
				     const void *value, u64 flags);			\
	long mbpf_hash_delete_##size(struct mbpf_map *map, const void *key)

MBPF_HASH_CHANGES(4);
MBPF_HASH_CHANGES(8);
MBPF_HASH_CHANGES(16);
MBPF_HASH_CHANGES(32);
MBPF_HASH_CHANGES(64);
MBPF_HASH_CHANGES(any);
int mbpf_hash_update_all(struct mbpf_map *map, const void *key, const void *values, u64 flags);
int mbpf_hash_take(struct mbpf_map *map, const void *key, void *value);
/* All CPUs' values of an element, one after the other. */
void mbpf_hash_read_all(const struct mbpf_hash *hash, struct mbpf_elem *elem, void *values);

/* map_hash_batch.c: cursors are numbers of buckets */
int mbpf_hash_delete_many(struct mbpf_map *map, const void *keys, u32 *nr);
int mbpf_hash_batch(struct mbpf_map *map, u32 *cursor, struct mbpf_batch *b);
int mbpf_hash_batch_begin(const struct mbpf_map *map, u32 *cursor);

#endif /* MBPF_MAP_HASH_H */
