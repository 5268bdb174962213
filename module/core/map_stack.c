// SPDX-License-Identifier: GPL-2.0-only
/*
 * STACK_TRACE: each trace has the number of the bucket that its hash says, for which there is
 * one slot. So the same trace has the same number for as long as it is there, and programs
 * count by it. A trace stays as it is until its slot is given to another and a grace period
 * has passed, or nothing else is left to store one in.
 */
#include "helper.h"
#include "map_family.h"
#include "map_pool.h"
#include "stack.h"

/* Words of an element's data */
enum { HASH, NR, IPS };

/**
 * struct stack_map - see above
 * @map: common head
 * @nr_slots: a power of two
 * @seed: of the hash, odd
 * @pool: of traces
 * @slots: the traces, exchanged whole
 */
struct stack_map {
	struct mbpf_map map;
	u32 nr_slots;
	u64 seed;
	struct mbpf_pool pool;
	struct mbpf_elem *slots[];
};

static struct stack_map *stack_map(struct mbpf_map *map)
{
	return container_of(map, struct stack_map, map);
}

static void stack_map_destroy(struct mbpf_map *map)
{
	mbpf_pool_deinit(&stack_map(map)->pool);
	kvfree(stack_map(map));
}

/* Programs have numbers only. */
static void *stack_map_lookup(struct mbpf_map *map, const void *key)
{
	return NULL;
}

static void *stack_map_peek(struct mbpf_map *map, const void *key)
{
	struct stack_map *sm = stack_map(map);
	u32 id = mbpf_map_index(key);
	struct mbpf_elem *elem = id < sm->nr_slots ? READ_ONCE(sm->slots[id]) : NULL;

	return elem ? &elem->data[IPS] : NULL;
}

static long stack_map_update(struct mbpf_map *map, const void *key, const void *value, u64 flags)
{
	return -EINVAL;
}

/* Puts @elem, or nothing, in the place of what is there; false if nothing is. */
static bool exchange(struct stack_map *sm, const struct mbpf_map_guard *guard, u32 id,
		     struct mbpf_elem *elem)
{
	struct mbpf_elem *old = xchg(&sm->slots[id], elem);

	if (old)
		mbpf_pool_put(&sm->pool, guard, old);
	return old;
}

static long stack_map_delete(struct mbpf_map *map, const void *key)
{
	struct stack_map *sm = stack_map(map);
	u32 id = mbpf_map_index(key);
	struct mbpf_map_guard guard;
	bool found;

	if (id >= sm->nr_slots)
		return -E2BIG;
	mbpf_map_guard_enter(&guard);
	found = exchange(sm, &guard, id, NULL);
	mbpf_map_guard_exit(&guard);
	return found ? 0 : -ENOENT;
}

static int stack_map_next_key(struct mbpf_map *map, const void *key, void *next)
{
	struct stack_map *sm = stack_map(map);
	u32 id = key ? mbpf_map_index(key) : U32_MAX;

	id = id < sm->nr_slots && READ_ONCE(sm->slots[id]) ? id + 1 : 0;
	while (id < sm->nr_slots && !READ_ONCE(sm->slots[id]))
		id++;
	if (id == sm->nr_slots)
		return -ENOENT;
	put_unaligned(id, (u32 *)next);
	return 0;
}

static u64 hash(const struct stack_map *sm, const u64 *ips, u32 nr)
{
	u64 h = sm->seed;
	u32 i;

	for (i = 0; i < nr; i++) {
		h = (h ^ ips[i]) * sm->seed;
		h ^= h >> 32;
	}
	return h;
}

static bool is_same(const struct mbpf_elem *elem, const u64 *ips, u32 nr)
{
	return READ_ONCE(elem->data[NR]) == nr && !memcmp(&elem->data[IPS], ips, nr * sizeof(*ips));
}

static void fill(struct mbpf_elem *elem, u64 h, const u64 *ips, u32 nr, u32 value_size)
{
	WRITE_ONCE(elem->data[HASH], h);
	WRITE_ONCE(elem->data[NR], nr);
	memcpy(&elem->data[IPS], ips, nr * sizeof(*ips));
	memset(&elem->data[IPS + nr], 0, value_size - nr * sizeof(*ips));
}

s64 mbpf_stack_map_put(struct mbpf_map *map, const u64 *ips, u32 nr, u64 flags)
{
	struct stack_map *sm = stack_map(map);
	u64 h = hash(sm, ips, nr);
	u32 id = h & (sm->nr_slots - 1);
	struct mbpf_elem *elem = READ_ONCE(sm->slots[id]);
	struct mbpf_map_guard guard;

	if (elem && READ_ONCE(elem->data[HASH]) == h &&
	    (flags & MBPF_STACK_FAST_CMP || is_same(elem, ips, nr)))
		return id;
	if (elem && !(flags & MBPF_STACK_REUSE))
		return -EEXIST;
	mbpf_map_guard_enter(&guard);
	elem = mbpf_pool_get(&sm->pool, &guard, MBPF_POOL_EARLY);
	if (!IS_ERR(elem)) {
		fill(elem, h, ips, nr, map->attr.value_size);
		exchange(sm, &guard, id, elem);
	}
	mbpf_map_guard_exit(&guard);
	if (IS_ERR(elem))
		return -ENOMEM;
	return id;
}

static const struct mbpf_map_ops stack_map_ops = {
	.destroy = stack_map_destroy,
	.lookup = stack_map_lookup,
	.peek = stack_map_peek,
	.update = stack_map_update,
	.delete = stack_map_delete,
	.next_key = stack_map_next_key,
};

static int check(const struct mbpf_map_attr *attr)
{
	if (attr->key_size != 4 || attr->value_size < sizeof(u64) ||
	    attr->value_size % sizeof(u64) || attr->value_size > MBPF_STACK_MAX * sizeof(u64) ||
	    attr->flags & ~(MBPF_MAP_RDONLY | MBPF_MAP_WRONLY))
		return -EINVAL;
	return attr->max_entries > BIT(31) ? -E2BIG : 0;
}

struct mbpf_map *mbpf_stack_map_create(const struct mbpf_map_attr *attr)
{
	struct mbpf_pool_attr pool = { .data_size = IPS * sizeof(u64) + attr->value_size };
	struct stack_map *sm;
	int err;

	err = check(attr);
	if (err)
		return ERR_PTR(err);
	pool.max_entries = roundup_pow_of_two(attr->max_entries);
	sm = kvzalloc(struct_size(sm, slots, pool.max_entries), MBPF_MAP_GFP);
	if (!sm)
		return ERR_PTR(-ENOMEM);
	mbpf_map_init(&sm->map, &stack_map_ops, attr);
	atomic64_set(&sm->map.bytes, struct_size(sm, slots, pool.max_entries));
	sm->nr_slots = pool.max_entries;
	sm->seed = get_random_u64() | 1;
	err = mbpf_pool_init(&sm->pool, &pool, &sm->map.bytes);
	if (err) {
		kvfree(sm);
		return ERR_PTR(err);
	}
	return &sm->map;
}
