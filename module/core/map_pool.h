/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supply of elements for one hash map.
 *
 * Elements come from slabs, which are allocated in process context only and
 * live as long as the map. A small map has all its elements from the start; a
 * large one grows in steps, ahead of use, by a work item or by the system
 * call that needs the room.
 *
 * A large map keeps at least as much in reserve as a small one has in all, and
 * a quarter of its size up to 1 MB: what a probe may add before the work item
 * gets to run.
 *
 * An element given back is not handed out before a grace period has passed,
 * so readers that still hold it see what they found. Only who asks for it
 * (MBPF_POOL_EARLY) gets one earlier, the oldest, when there is no other:
 * elements then change under their readers' eyes, as in-tree they always do.
 *
 * Each CPU has a few elements of its own to take and to give back; the lock
 * is for moving @batch of them at a time.
 */
#ifndef MBPF_MAP_POOL_H
#define MBPF_MAP_POOL_H

#include "map_guard.h"

/**
 * struct mbpf_elem - key and value, and the chain they are in
 * @next: 1 + address of the next element of the chain or, even, a number made
 *        of the bucket at its end, which tells a reader that stood on an
 *        element while it was reused that it has ended elsewhere
 * @link: next in a list of unused elements; of use to their owner only
 * @data: the key, zeroes up to a multiple of 8 bytes, and the value or the
 *        per-CPU address of the values
 *
 * All but @link stays as it is until the element is reused: readers may still
 * be about to look at it.
 */
struct mbpf_elem {
	unsigned long next;
	struct mbpf_elem *link;
	u64 data[];
};

struct mbpf_elem_list {
	struct mbpf_elem *head;
	struct mbpf_elem *tail;
	u32 nr;
};

static __always_inline void mbpf_pool_list_add(struct mbpf_elem_list *list,
					       struct mbpf_elem *elem)
{
	elem->link = NULL;
	if (likely(list->head))
		list->tail->link = elem;
	else
		list->head = elem;
	list->tail = elem;
	list->nr++;
}

/**
 * struct mbpf_pool_cache - a CPU's own elements
 * @ready: to be handed out
 * @borrowed: the same for MBPF_POOL_EARLY only
 * @freed: given back
 * @dry: so often nothing is found without looking, as there was nothing lately
 *
 * That CPU's alone, inside a guard that is not nested.
 */
struct mbpf_pool_cache {
	struct mbpf_elem_list ready;
	struct mbpf_elem_list borrowed;
	struct mbpf_elem_list freed;
	u32 dry;
};

struct mbpf_slab;

/**
 * struct mbpf_pool_attr - what a pool is made for
 * @max_entries: elements in use at most
 * @data_size: bytes of an element's data
 * @percpu_size: bytes of a per-CPU value, 0 if values are not per CPU
 * @percpu_word: word of data that gets the per-CPU address
 * @lazy: keep little in reserve, and never all from the start
 * @whole: all from the start, and mbpf_pool_elem() works
 */
struct mbpf_pool_attr {
	u32 max_entries;
	u32 data_size;
	u32 percpu_size;
	u32 percpu_word;
	bool lazy;
	bool whole;
};

/**
 * struct mbpf_pool - see above
 * @stride: bytes of an element
 * @percpu_size: as in the attr
 * @percpu_word: as in the attr
 * @batch: elements that move between a CPU's list and the shared ones at once
 * @step: elements of a slab
 * @min_reserve: unused elements that growing aims at, at least
 * @max_reserve: the same, at most
 * @limit: elements at most: enough that those in CPUs' own lists are no lack
 * @shift: whole pools: log2 of @step
 * @elems: whole pools: memory of @step elements each; else NULL
 * @bytes: where memory is accounted
 * @memcg: to whom it is charged when the work item allocates it
 * @caches: each CPU's own
 * @orphans: given back by those who could not use the CPU's list
 * @lock: protects all below it up to @asked
 * @ready: may be handed out
 * @waiting: grace period @period is not known to have passed
 * @freed: given back later than those
 * @period: of @waiting
 * @fresh: slabs with elements never used, @nr_fresh in all
 * @used: other slabs
 * @nr_fresh: elements never used
 * @total: elements of all slabs, those being allocated included
 * @asked: someone was asked to start a grace period for @waiting
 * @kick: gets out of the probe's context to queue @work
 * @work: grows
 */
struct mbpf_pool {
	u32 stride;
	u32 percpu_size;
	u32 percpu_word;
	u32 batch;
	u32 step;
	u32 min_reserve;
	u32 max_reserve;
	u32 limit;
	u32 shift;
	void **elems;
	atomic64_t *bytes;
	struct mem_cgroup *memcg;
	struct mbpf_pool_cache __percpu *caches;
	struct mbpf_elem *orphans;

	raw_spinlock_t lock;
	struct mbpf_elem_list ready;
	struct mbpf_elem_list waiting;
	struct mbpf_elem_list freed;
	unsigned long period;
	struct mbpf_slab *fresh;
	struct mbpf_slab *used;
	u32 nr_fresh;
	u32 total;
	bool asked;

	struct irq_work kick;
	struct work_struct work;
};

/* For mbpf_pool_get(): an element may be reused before its grace period is over. */
#define MBPF_POOL_EARLY true

/* 0 or -ENOMEM. Process context. */
int mbpf_pool_init(struct mbpf_pool *pool, const struct mbpf_pool_attr *attr, atomic64_t *bytes);

/* Frees all elements, in use or not. Process context. */
void mbpf_pool_deinit(struct mbpf_pool *pool);

/**
 * mbpf_pool_get - take an element
 * @pool: the pool
 * @guard: the change it is for
 * @early: MBPF_POOL_EARLY or false
 *
 * Return: the element; -ENOMEM; -EBUSY if the pool's lock cannot be waited for.
 */
struct mbpf_elem *mbpf_pool_get(struct mbpf_pool *pool, const struct mbpf_map_guard *guard,
				bool early);

/* Gives back an element that is in no chain any more. */
void mbpf_pool_put(struct mbpf_pool *pool, const struct mbpf_map_guard *guard,
		   struct mbpf_elem *elem);

/* The same for a list of them, which is empty afterwards. */
void mbpf_pool_put_list(struct mbpf_pool *pool, const struct mbpf_map_guard *guard,
			struct mbpf_elem_list *list);

/*
 * Taking and giving back where it takes next to nothing, for changes that interrupted no other:
 * a list of the CPU's own from which an element may be taken, if there is one; and false, and
 * nothing has happened, if the list of those given back is full.
 */
static __always_inline struct mbpf_elem_list *mbpf_pool_at_hand(struct mbpf_pool *pool,
							       const struct mbpf_map_guard *guard)
{
	struct mbpf_pool_cache *cache = mbpf_map_guard_ptr(guard, pool->caches);

	return likely(cache->ready.head) ? &cache->ready : &cache->borrowed;
}

static __always_inline bool mbpf_pool_put_quickly(struct mbpf_pool *pool,
						  const struct mbpf_map_guard *guard,
						  struct mbpf_elem *elem)
{
	struct mbpf_elem_list *list = &mbpf_map_guard_ptr(guard, pool->caches)->freed;

	if (unlikely(list->nr + 1 >= pool->batch))
		return false;
	mbpf_pool_list_add(list, elem);
	return true;
}

/*
 * Gives this CPU elements that have just left their chains, less than a batch, for those who ask
 * with MBPF_POOL_EARLY. They may be given where it has none such and the guard is not nested.
 */
bool mbpf_pool_may_lend(struct mbpf_pool *pool, const struct mbpf_map_guard *guard);
void mbpf_pool_lend(struct mbpf_pool *pool, struct mbpf_elem_list *list);

/* Element @nr of a whole pool, in use or not; below @pool->total. */
static __always_inline struct mbpf_elem *mbpf_pool_elem(const struct mbpf_pool *pool, u32 nr)
{
	return pool->elems[nr >> pool->shift] + (size_t)(nr & (pool->step - 1)) * pool->stride;
}

/* Another slab. 0, or -ENOMEM if there is no memory or the pool has its size. Process context. */
int mbpf_pool_grow(struct mbpf_pool *pool);

#endif /* MBPF_MAP_POOL_H */
