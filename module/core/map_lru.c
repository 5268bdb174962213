// SPDX-License-Identifier: GPL-2.0-only
/*
 * LRU_HASH and LRU_PERCPU_HASH: hashes that make room for a new key by
 * evicting one that has not been used for some time. There are no lists to keep
 * in order, and no lock but that of the chain from which the victim is taken:
 * hands go round over all elements, which lie in arrays (the clock algorithm,
 * Corbato 1968).
 *
 * Elements are new or kept, as in 2Q (Johnson and Shasha 1994): the first hand
 * evicts new ones, but keeps what was used. When too many are kept, or now and
 * then so that nothing is kept for ever, the second hand makes what was not used
 * for a round new again. So keys that come once do not drive out those that
 * come again: on a Zipf trace less is missed than by exact order of use.
 */
#include "map_hash.h"

#define PATIENCE	512	/* looks of one search; then the next one goes, used or not */
#define AGE_EVERY	4	/* evictions, or thereabouts, for one look of the second hand */
#define AHEAD		15	/* elements evicted at once besides the one that must go, at most */

void mbpf_lru_init(struct mbpf_hash *hash)
{
	u32 max_entries = hash->map.attr.max_entries;

	/* Five of eight: less finds less of what is used in turn, more forgets new keys too early. */
	hash->max_kept = max_entries / 8 * 5 + max_entries % 8 * 5 / 8;
	/* Less than one of 60, and than a CPU may have. */
	hash->ahead = min_t(u32, min_t(u32, AHEAD, max_entries / 64), hash->pool.batch - 1);
}

/* From one place to another in the same chain, unless it has left what was seen of it. */
static __always_inline bool change_place(struct mbpf_lru_use *use, u32 seen,
					 enum mbpf_lru_place place)
{
	return cmpxchg(&use->place, seen, seen - mbpf_lru_place(seen) + place) == seen;
}

/* The second hand's look at the next element. */
static void age(struct mbpf_hash *hash)
{
	u32 turn = atomic_inc_return(&hash->kept_hand);
	struct mbpf_elem *elem = mbpf_pool_elem(&hash->pool, turn % hash->pool.total);
	struct mbpf_lru_use *use = mbpf_lru_use(hash, elem);
	u32 place = READ_ONCE(use->place);

	if (mbpf_lru_place(place) != MBPF_LRU_KEPT)
		return;
	if (READ_ONCE(use->used))
		WRITE_ONCE(use->used, 0);
	else if (change_place(use, place, MBPF_LRU_NEW))
		atomic_dec(&hash->kept);
}

static void keep(struct mbpf_hash *hash, struct mbpf_lru_use *use, u32 place)
{
	WRITE_ONCE(use->used, 0);
	if (change_place(use, place, MBPF_LRU_KEPT))
		atomic_inc(&hash->kept);
}

/*
 * Takes an element out of the map, out of the chain of @bucket. It may have left that, or the
 * map, by the time the chain is locked: then it is not there.
 */
static __always_inline bool evict(struct mbpf_hash *hash, const struct mbpf_map_guard *guard,
				  struct mbpf_elem *victim, u32 bucket)
{
	unsigned long *head = &hash->heads[bucket];
	struct mbpf_elem *elem, *before = NULL;
	unsigned long first, next;
	bool found = false;

	if (!mbpf_hash_lock(head, guard, &first))
		return false;
	for (next = first; !mbpf_hash_is_end(next); before = elem, next = elem->next) {
		elem = mbpf_hash_elem(next);
		if (elem != victim)
			continue;
		mbpf_hash_unlink(&first, before, victim);
		found = true;
		break;
	}
	mbpf_hash_unlock(head, first);
	return found;
}

/*
 * An element that the map can do without, which has left it; NULL if everything that could go is
 * being changed by those whom this interrupted.
 */
static __always_inline struct mbpf_elem *find_victim(struct mbpf_hash *hash,
						     const struct mbpf_map_guard *guard,
						     u32 total, u32 patience)
{
	u32 looked, turn, place;
	struct mbpf_lru_use *use;
	struct mbpf_elem *elem;

	for (looked = 0; looked / 4 <= total; looked++) {
		if (unlikely(atomic_read(&hash->kept) > (s32)hash->max_kept && looked < patience)) {
			age(hash);
			continue;
		}
		turn = atomic_inc_return(&hash->hand);
		elem = mbpf_pool_elem(&hash->pool, turn % total);
		use = mbpf_lru_use(hash, elem);
		place = READ_ONCE(use->place);
		if (mbpf_lru_place(place) != MBPF_LRU_NEW &&
		    (mbpf_lru_place(place) == MBPF_LRU_FREE || looked < patience))
			continue;
		if (READ_ONCE(use->used) && looked < patience) {
			keep(hash, use, place);
			continue;
		}
		if (!evict(hash, guard, elem, place / MBPF_LRU_BUCKET))
			continue;
		mbpf_lru_end(hash, use);
		if (!(turn % AGE_EVERY))
			age(hash);
		return elem;
	}
	return NULL;
}

/*
 * One element for who asks, and some for those who come next on this CPU, as far as that has
 * none: they find room at once, and need not let go of their chain for it.
 */
static struct mbpf_elem *evict_some(struct mbpf_hash *hash, const struct mbpf_map_guard *guard)
{
	u32 total = hash->pool.total, patience = min_t(u64, PATIENCE, 2ULL * total), nr = 0;
	u32 want = 1 + (mbpf_pool_may_lend(&hash->pool, guard) ? hash->ahead : 0);
	struct mbpf_elem *elem, *head = NULL, *last = NULL;

	do {
		elem = find_victim(hash, guard, total, patience);
		if (unlikely(!elem))
			break;
		elem->link = head;
		if (!head)
			last = elem;
		head = elem;
	} while (++nr < want);
	if (unlikely(!head))
		return ERR_PTR(-ENOMEM);
	if (nr > 1) {
		struct mbpf_elem_list list = { .head = head->link, .tail = last, .nr = nr - 1 };

		mbpf_pool_lend(&hash->pool, &list);
		atomic_sub(nr - 1, &hash->count);
	}
	return head;
}

struct mbpf_elem *mbpf_lru_room(struct mbpf_hash *hash, const struct mbpf_map_guard *guard)
{
	struct mbpf_elem *elem;

	if (!atomic_add_unless(&hash->count, 1, hash->map.attr.max_entries))
		return evict_some(hash, guard);
	elem = mbpf_pool_get(&hash->pool, guard, MBPF_POOL_EARLY);
	if (!IS_ERR(elem))
		return elem;
	atomic_dec(&hash->count);
	return evict_some(hash, guard);
}
