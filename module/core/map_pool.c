// SPDX-License-Identifier: GPL-2.0-only
/* The supply of elements for a hash map: slabs, grace periods, refill from probe context. */
#include "map_pool.h"
#include "map_family.h"

#define MAX_BATCH	32
#define SLAB_BYTES	(64 * 1024)	/* of a step of growth, if it holds an element */
#define PERCPU_BYTES	(8 * 1024)	/* of a per-CPU allocation, if it holds a value */
#define LAZY_BYTES	(64 * 1024)	/* reserve of a map that shall not be preallocated */
#define SMALL_BYTES	(256 * 1024)	/* reserve of others; smaller maps are allocated whole */
#define RESERVE_BYTES	(1024 * 1024)	/* reserve of the largest */

/**
 * struct mbpf_slab - memory of some elements
 * @next: in the pool's list
 * @values: their per-CPU values, one after the other; or NULL
 * @nr: elements
 * @used: how many have been handed out for the first time
 * @unused: lets @elems begin with a cache line, as few then lie in two
 * @elems: their memory
 */
struct mbpf_slab {
	struct mbpf_slab *next;
	u8 __percpu *values;
	u32 nr;
	u32 used;
	u64 unused[5];
	u64 elems[];
};

static struct mbpf_elem *pop(struct mbpf_elem_list *list)
{
	struct mbpf_elem *elem = list->head;

	if (elem) {
		list->head = elem->link;
		list->nr--;
	}
	return elem;
}

/* Moves all of @from to the end of @to. */
static void splice(struct mbpf_elem_list *to, struct mbpf_elem_list *from)
{
	if (!from->head)
		return;
	if (to->head)
		to->tail->link = from->head;
	else
		to->head = from->head;
	to->tail = from->tail;
	to->nr += from->nr;
	from->head = NULL;
	from->nr = 0;
}

/* Moves the first @nr of @from, or what there is, to the end of @to. */
static void move(struct mbpf_elem_list *to, struct mbpf_elem_list *from, u32 nr)
{
	struct mbpf_elem_list part = { .head = from->head, .tail = from->head, .nr = nr };

	if (nr >= from->nr) {
		splice(to, from);
		return;
	}
	while (--nr)
		part.tail = part.tail->link;
	from->head = part.tail->link;
	from->nr -= part.nr;
	part.tail->link = NULL;
	splice(to, &part);
}

/* Gathers what was given back, and releases what has waited long enough. */
static void collect(struct mbpf_pool *pool)
{
	struct mbpf_elem *orphan = NULL, *next;

	if (READ_ONCE(pool->orphans))
		orphan = xchg(&pool->orphans, NULL);
	for (; orphan; orphan = next) {
		next = orphan->link;
		mbpf_pool_list_add(&pool->freed, orphan);
	}
	if (pool->waiting.nr && poll_state_synchronize_rcu(pool->period))
		splice(&pool->ready, &pool->waiting);
	if (!pool->waiting.nr && pool->freed.nr) {
		splice(&pool->waiting, &pool->freed);
		pool->period = get_state_synchronize_rcu();
		pool->asked = false;
	}
}

static struct mbpf_elem *slab_elem(const struct mbpf_pool *pool, struct mbpf_slab *slab, u32 nr)
{
	return (struct mbpf_elem *)((u8 *)slab->elems + (size_t)nr * pool->stride);
}

/* The next element of a slab that was never used. */
static struct mbpf_elem *take_fresh(struct mbpf_pool *pool)
{
	struct mbpf_slab *slab = pool->fresh;
	struct mbpf_elem *elem;

	if (!slab)
		return NULL;
	elem = slab_elem(pool, slab, slab->used);
	if (pool->percpu_size)
		elem->data[pool->percpu_word] = (unsigned long)(__force void *)
			(slab->values + slab->used * pool->percpu_size);
	pool->nr_fresh--;
	if (++slab->used == slab->nr) {
		pool->fresh = slab->next;
		slab->next = pool->used;
		pool->used = slab;
	}
	return elem;
}

/* How many unused elements there should be. */
static u32 reserve(const struct mbpf_pool *pool)
{
	return min(max(pool->total / 4, pool->min_reserve), pool->max_reserve);
}

/* Whether something is to be done that cannot be done here. */
static bool needs_work(struct mbpf_pool *pool)
{
	u32 unused = pool->ready.nr + pool->nr_fresh;

	if (unused > reserve(pool) / 2)
		return false;
	if (pool->waiting.nr && !pool->asked) {
		pool->asked = true;
		return true;
	}
	return pool->total < pool->limit;
}

/* A batch for the CPU, or one element for who must not touch its lists. */
static noinline struct mbpf_elem *get_slowly(struct mbpf_pool *pool,
					     const struct mbpf_map_guard *guard,
					     struct mbpf_pool_cache *cache, bool early)
{
	struct mbpf_elem_list ready = {}, borrowed = {};
	u32 want = cache ? pool->batch : 1;
	struct mbpf_elem *elem;
	bool kick;

	if (!mbpf_map_guard_lock(guard, &pool->lock))
		return ERR_PTR(-EBUSY);
	collect(pool);
	move(&ready, &pool->ready, want);
	while (ready.nr < want && (elem = take_fresh(pool)))
		mbpf_pool_list_add(&ready, elem);
	if (!ready.nr && early)
		move(&borrowed, &pool->waiting, want);
	if (!ready.nr && !borrowed.nr && early)
		move(&borrowed, &pool->freed, want);
	kick = needs_work(pool);
	raw_spin_unlock(&pool->lock);

	if (!ready.nr && !borrowed.nr && early && cache)
		move(&borrowed, &cache->freed, want);
	if (kick)
		irq_work_queue(&pool->kick);
	elem = ready.nr ? pop(&ready) : pop(&borrowed);
	if (cache) {
		splice(&cache->ready, &ready);
		splice(&cache->borrowed, &borrowed);
		cache->dry = elem ? 0 : pool->batch;
	}
	return elem ? elem : ERR_PTR(-ENOMEM);
}

struct mbpf_elem *mbpf_pool_get(struct mbpf_pool *pool, const struct mbpf_map_guard *guard,
				bool early)
{
	struct mbpf_pool_cache *cache = NULL;
	struct mbpf_elem *elem;

	if (likely(!mbpf_map_guard_is_nested(guard))) {
		cache = this_cpu_ptr(pool->caches);
		elem = pop(&cache->ready);
		if (!elem && early)
			elem = pop(&cache->borrowed);
		if (likely(elem))
			return elem;
		if (!early && cache->dry) {
			cache->dry--;
			return ERR_PTR(-ENOMEM);
		}
	}
	return get_slowly(pool, guard, cache, early);
}

static void put_orphan(struct mbpf_pool *pool, struct mbpf_elem *elem)
{
	struct mbpf_elem *head;

	do {
		head = READ_ONCE(pool->orphans);
		elem->link = head;
	} while (cmpxchg(&pool->orphans, head, elem) != head);
}

void mbpf_pool_put_list(struct mbpf_pool *pool, const struct mbpf_map_guard *guard,
			struct mbpf_elem_list *list)
{
	struct mbpf_pool_cache *cache;
	struct mbpf_elem *elem;

	if (unlikely(mbpf_map_guard_is_nested(guard))) {
		while ((elem = pop(list)))
			put_orphan(pool, elem);
		return;
	}
	cache = this_cpu_ptr(pool->caches);
	splice(&cache->freed, list);
	if (cache->freed.nr < pool->batch || !mbpf_map_guard_lock(guard, &pool->lock))
		return;
	splice(&pool->freed, &cache->freed);
	collect(pool);
	raw_spin_unlock(&pool->lock);
}

void mbpf_pool_put(struct mbpf_pool *pool, const struct mbpf_map_guard *guard,
		   struct mbpf_elem *elem)
{
	struct mbpf_elem_list list = {};

	mbpf_pool_list_add(&list, elem);
	mbpf_pool_put_list(pool, guard, &list);
}

bool mbpf_pool_may_lend(struct mbpf_pool *pool, const struct mbpf_map_guard *guard)
{
	return !mbpf_map_guard_is_nested(guard) && !this_cpu_ptr(pool->caches)->borrowed.head;
}

void mbpf_pool_lend(struct mbpf_pool *pool, struct mbpf_elem_list *list)
{
	splice(&this_cpu_ptr(pool->caches)->borrowed, list);
}

static void free_slab(struct mbpf_slab *slab)
{
	free_percpu(slab->values);
	kvfree(slab);
}

static struct mbpf_slab *alloc_slab(struct mbpf_pool *pool, u32 nr)
{
	size_t size = sizeof(struct mbpf_slab) + (size_t)nr * pool->stride;
	struct mbpf_slab *slab;

	/* Of a whole pool elements are looked at that were never used. */
	slab = pool->elems ? kvzalloc(size, MBPF_MAP_GFP) : kvmalloc(size, MBPF_MAP_GFP);
	if (!slab)
		return NULL;
	slab->values = NULL;
	slab->nr = nr;
	slab->used = 0;
	if (pool->percpu_size) {
		slab->values = __alloc_percpu_gfp((size_t)nr * pool->percpu_size, 8,
						  MBPF_MAP_PERCPU_GFP);
		if (!slab->values) {
			free_slab(slab);
			return NULL;
		}
	}
	atomic64_add(size + (u64)nr * pool->percpu_size * num_possible_cpus(), pool->bytes);
	return slab;
}

int mbpf_pool_grow(struct mbpf_pool *pool)
{
	struct mbpf_map_guard guard;
	struct mbpf_slab *slab;
	u32 first, nr;

	/* Not an interruption: the lock can be waited for. The guard is for those who interrupt. */
	mbpf_map_guard_enter(&guard);
	raw_spin_lock(&pool->lock);
	first = pool->total;
	nr = min(pool->step, pool->limit - first);
	pool->total += nr;
	raw_spin_unlock(&pool->lock);
	mbpf_map_guard_exit(&guard);
	if (!nr)
		return -ENOMEM;

	slab = alloc_slab(pool, nr);
	mbpf_map_guard_enter(&guard);
	raw_spin_lock(&pool->lock);
	if (slab) {
		slab->next = pool->fresh;
		pool->fresh = slab;
		pool->nr_fresh += nr;
		if (pool->elems)
			pool->elems[first >> pool->shift] = slab->elems;
	} else {
		pool->total -= nr;
	}
	raw_spin_unlock(&pool->lock);
	mbpf_map_guard_exit(&guard);
	return slab ? 0 : -ENOMEM;
}

/* Whether there are too few unused elements; starts the wait for those that wait. */
static bool is_short(struct mbpf_pool *pool)
{
	struct mbpf_map_guard guard;
	bool is_short;

	mbpf_map_guard_enter(&guard);
	raw_spin_lock(&pool->lock);
	collect(pool);
	is_short = pool->ready.nr + pool->nr_fresh < reserve(pool);
	raw_spin_unlock(&pool->lock);
	mbpf_map_guard_exit(&guard);
	return is_short;
}

static void refill(struct work_struct *work)
{
	struct mbpf_pool *pool = container_of(work, struct mbpf_pool, work);
	struct mem_cgroup *memcg = set_active_memcg(pool->memcg);

	while (is_short(pool) && !mbpf_pool_grow(pool))
		cond_resched();
	set_active_memcg(memcg);
	start_poll_synchronize_rcu();
}

static void kick_refill(struct irq_work *kick)
{
	schedule_work(&container_of(kick, struct mbpf_pool, kick)->work);
}

/*
 * Bytes of a slab if it holds an element, and one takes @bytes. What is larger than a page takes a
 * power of two: of a small map that just misses one the rest has a slab of its own.
 */
static u32 slab_bytes(const struct mbpf_pool *pool, u64 bytes, bool whole)
{
	u32 all = min_t(u64, pool->limit * bytes + sizeof(struct mbpf_slab), SLAB_BYTES);
	u32 less = 1U << ilog2(all);

	/* The slabs of a whole pool are all of a size. */
	return !whole && all > PAGE_SIZE && all - less < less / 2 ? less : SLAB_BYTES;
}

static void set_sizes(struct mbpf_pool *pool, const struct mbpf_pool_attr *attr)
{
	u32 cpus = num_possible_cpus();
	u64 bytes;

	pool->stride = sizeof(struct mbpf_elem) + attr->data_size;
	pool->percpu_size = attr->percpu_size;
	pool->percpu_word = attr->percpu_word;
	bytes = pool->stride + (u64)pool->percpu_size * cpus;

	/* A CPU keeps less than a batch in each of its lists, and may have one in hand. */
	pool->batch = min_t(u32, max(attr->max_entries / (16 * cpus), 1U), MAX_BATCH);
	pool->limit = attr->max_entries + (3 * pool->batch + 1) * cpus;

	pool->min_reserve = max_t(u64, (attr->lazy ? LAZY_BYTES : SMALL_BYTES) / bytes, 1);
	pool->min_reserve = min(pool->min_reserve, pool->limit);
	pool->max_reserve = max_t(u64, RESERVE_BYTES / bytes, pool->min_reserve);
	pool->step = slab_bytes(pool, bytes, attr->whole) - sizeof(struct mbpf_slab);
	pool->step = max_t(u64, pool->step / bytes, 1);
	pool->step = min(pool->step, pool->limit);
	if (pool->percpu_size)
		pool->step = min(pool->step, max(PERCPU_BYTES / pool->percpu_size, 1U));
	if (attr->whole) {
		pool->min_reserve = pool->limit;
		pool->shift = ilog2(pool->step);
		pool->step = 1U << pool->shift;
	}
}

static int alloc_lists(struct mbpf_pool *pool, bool whole)
{
	u32 nr_slabs = DIV_ROUND_UP(pool->limit, pool->step);

	pool->caches = alloc_percpu_gfp(struct mbpf_pool_cache, MBPF_MAP_PERCPU_GFP);
	if (!pool->caches)
		return -ENOMEM;
	atomic64_add((u64)sizeof(*pool->caches) * num_possible_cpus(), pool->bytes);
	if (!whole)
		return 0;
	pool->elems = kvcalloc(nr_slabs, sizeof(*pool->elems), MBPF_MAP_GFP);
	if (!pool->elems)
		return -ENOMEM;
	atomic64_add((u64)sizeof(*pool->elems) * nr_slabs, pool->bytes);
	return 0;
}

int mbpf_pool_init(struct mbpf_pool *pool, const struct mbpf_pool_attr *attr, atomic64_t *bytes)
{
	memset(pool, 0, sizeof(*pool));
	raw_spin_lock_init(&pool->lock);
	init_irq_work(&pool->kick, kick_refill);
	INIT_WORK(&pool->work, refill);
	set_sizes(pool, attr);
	pool->bytes = bytes;
	pool->memcg = get_mem_cgroup_from_mm(current->mm);
	if (alloc_lists(pool, attr->whole))
		goto err;
	while (pool->total < pool->min_reserve) {
		if (fatal_signal_pending(current) || mbpf_pool_grow(pool))
			goto err;
		cond_resched();
	}
	return 0;

err:
	mbpf_pool_deinit(pool);
	return -ENOMEM;
}

static void free_slabs(struct mbpf_slab *slab)
{
	struct mbpf_slab *next;

	for (; slab; slab = next) {
		next = slab->next;
		free_slab(slab);
	}
}

void mbpf_pool_deinit(struct mbpf_pool *pool)
{
	/* In this order: the one queues the other. */
	irq_work_sync(&pool->kick);
	cancel_work_sync(&pool->work);
	free_slabs(pool->fresh);
	free_slabs(pool->used);
	kvfree(pool->elems);
	free_percpu(pool->caches);
	mem_cgroup_put(pool->memcg);
}
