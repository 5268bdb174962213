// SPDX-License-Identifier: GPL-2.0-only
/*
 * LRU_HASH and LRU_PERCPU_HASH: hashes that make room for a new key by
 * evicting one that has not been used for some time. Which one is found by
 * the clock algorithm (Corbato 1968, with a count in place of a bit: Smith
 * 1978): a hand goes round over all elements, which lie in arrays; one that was
 * used is spared as often as it was used since, up to three times.
 * So there are no lists to keep in order, and no lock but that of the chain
 * from which the victim is taken.
 */
#include "map_hash.h"

#define MAX_SPARED	512	/* elements spared on one search: the next one goes, used or not */

static struct mbpf_elem *next_elem(struct mbpf_hash *hash)
{
	u32 turn = atomic_inc_return(&hash->hand);

	return mbpf_pool_elem(&hash->pool, turn % hash->pool.total);
}

/*
 * Takes an element out of the map. It may have left its chain, or become that
 * of another key, by the time the chain is locked: then it is not there.
 */
static bool evict(struct mbpf_hash *hash, const struct mbpf_map_guard *guard,
		  struct mbpf_elem *victim)
{
	unsigned long *head = &hash->heads[mbpf_hash_bucket_any(hash, victim->data)];
	unsigned long first, *link;
	bool found = false;

	if (!mbpf_hash_lock(head, guard, &first))
		return false;
	for (link = &first; !mbpf_hash_is_end(*link); link = &mbpf_hash_elem(*link)->next) {
		if (mbpf_hash_elem(*link) != victim)
			continue;
		WRITE_ONCE(*link, victim->next);
		found = true;
		break;
	}
	mbpf_hash_unlock(head, first);
	return found;
}

static struct mbpf_elem *find_victim(struct mbpf_hash *hash, const struct mbpf_map_guard *guard)
{
	u32 spared = 0, looked;
	struct mbpf_elem *elem;
	u64 *use, now;

	/* In so many turns even one that is alone with the unused has come down to nothing. */
	for (looked = 0; looked / MBPF_LRU_MOST <= hash->pool.total; looked++) {
		elem = next_elem(hash);
		use = &elem->data[hash->value_word - 1];
		now = READ_ONCE(*use);
		if (now == MBPF_LRU_FREE)
			continue;
		if (now > MBPF_LRU_UNUSED) {
			WRITE_ONCE(*use, now - 1);
			if (spared++ < MAX_SPARED)
				continue;
		}
		if (evict(hash, guard, elem))
			return elem;
	}
	return ERR_PTR(-ENOMEM);
}

struct mbpf_elem *mbpf_lru_room(struct mbpf_hash *hash, const struct mbpf_map_guard *guard)
{
	struct mbpf_elem *elem;

	if (!atomic_add_unless(&hash->count, 1, hash->map.attr.max_entries))
		return find_victim(hash, guard);
	elem = mbpf_pool_get(&hash->pool, guard, MBPF_POOL_EARLY);
	if (!IS_ERR(elem))
		return elem;
	atomic_dec(&hash->count);
	return find_victim(hash, guard);
}
