// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changing a hash. Whoever changes a chain holds its lock; a value is replaced
 * by another element, so readers see the old one or the new one, but for two
 * cases: values of at most 8 bytes are exchanged by one store, and where no
 * element is to be had the value is changed in place. Per-CPU values are
 * changed in place: they have one writer at a time.
 */
#include "map_hash.h"

/* @values: one after the other, for all CPUs. */
static void write_all(const struct mbpf_hash *hash, struct mbpf_elem *elem, const void *values)
{
	u32 stride = mbpf_map_value_stride(&hash->map), cpu;
	const u8 *value = values;

	for_each_possible_cpu(cpu) {
		mbpf_value_write(per_cpu_ptr(mbpf_hash_values(hash, elem), cpu), value, stride);
		value += stride;
	}
}

void mbpf_hash_read_all(const struct mbpf_hash *hash, struct mbpf_elem *elem, void *values)
{
	u32 stride = mbpf_map_value_stride(&hash->map), cpu;
	u8 *value = values;

	for_each_possible_cpu(cpu) {
		mbpf_value_read(value, per_cpu_ptr(mbpf_hash_values(hash, elem), cpu), stride);
		value += stride;
	}
}

static void write_this_cpu(const struct mbpf_hash *hash, struct mbpf_elem *elem, const void *value)
{
	mbpf_value_write(this_cpu_ptr(mbpf_hash_values(hash, elem)), value,
			 hash->map.attr.value_size);
}

static void zero_all(const struct mbpf_hash *hash, struct mbpf_elem *elem)
{
	u32 stride = mbpf_map_value_stride(&hash->map), cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(mbpf_hash_values(hash, elem), cpu), 0, stride);
}

/* How the value of an update lies in memory. */
enum value_form {
	ONE_VALUE,	/* also of this CPU, in a per-CPU map */
	ALL_CPUS,
};

/**
 * struct change - an update under way that is more than a store
 * @hash: the map
 * @guard: of the change
 * @key: as passed
 * @value: as passed
 * @flags: as passed
 * @form: how @value lies in memory
 * @head: of the chain, which is locked
 * @first: what the head will hold afterwards
 * @elem: the key's element, or NULL
 * @before: the one before it in the chain, or NULL
 * @spare: LRU: room that was made for the key
 * @old: left the chain
 */
struct change {
	struct mbpf_hash *hash;
	struct mbpf_map_guard guard;
	const void *key;
	const void *value;
	u64 flags;
	enum value_form form;
	unsigned long *head;
	unsigned long first;
	struct mbpf_elem *elem;
	struct mbpf_elem *before;
	struct mbpf_elem *spare;
	struct mbpf_elem *old;
};

static void set_value(const struct change *c, struct mbpf_elem *elem)
{
	if (c->form == ALL_CPUS) {
		write_all(c->hash, elem, c->value);
	} else if (c->hash->percpu) {
		zero_all(c->hash, elem);
		write_this_cpu(c->hash, elem, c->value);
	} else {
		mbpf_value_write(mbpf_hash_value(c->hash, elem), c->value,
				 c->hash->map.attr.value_size);
	}
}

static struct mbpf_elem *take_elem(struct change *c)
{
	struct mbpf_hash *hash = c->hash;
	struct mbpf_elem *elem = c->spare;

	if (elem) {
		c->spare = NULL;
		return elem;
	}
	if (!atomic_add_unless(&hash->count, 1, hash->map.attr.max_entries))
		return ERR_PTR(-E2BIG);
	elem = mbpf_pool_get(&hash->pool, &c->guard, MBPF_POOL_EARLY);
	if (IS_ERR(elem))
		atomic_dec(&hash->count);
	return elem;
}

/* Adds an element to the chain. */
static __always_inline long insert(struct change *c)
{
	struct mbpf_elem *elem = take_elem(c);
	u32 size = c->hash->map.attr.key_size;

	if (IS_ERR(elem))
		return PTR_ERR(elem);
	elem->data[(size - 1) / 8] = 0;
	mbpf_value_write(elem->data, c->key, size);
	set_value(c, elem);
	if (c->hash->lru)
		mbpf_lru_begin(c->hash, c->head, mbpf_lru_use(c->hash, elem));
	/* A reader led here by the element's former place finds a chain, this one's. */
	smp_store_release(&elem->next, c->first ? c->first : mbpf_hash_end(c->head - c->hash->heads));
	c->first = mbpf_hash_link(elem);
	return 0;
}

/* Puts an element into the place of c->elem. */
static void replace(struct change *c)
{
	struct mbpf_elem *old = c->elem, *elem;
	struct mbpf_hash *hash = c->hash;
	u32 size = hash->map.attr.value_size;

	elem = mbpf_pool_get(&hash->pool, &c->guard, false);
	if (IS_ERR(elem)) {
		mbpf_value_write(mbpf_hash_value(hash, old), c->value, size);
		return;
	}
	mbpf_value_write(elem->data, old->data, round_up(hash->map.attr.key_size, 8));
	if (hash->lru)
		mbpf_lru_begin(hash, c->head, mbpf_lru_use(hash, elem));
	mbpf_value_write(mbpf_hash_value(hash, elem), c->value, size);
	/* In the old one's place: put elsewhere, a reader on its way could miss both. */
	elem->next = old->next;
	/* Whole before anyone finds it. */
	if (c->before)
		smp_store_release(&c->before->next, mbpf_hash_link(elem));
	else
		c->first = mbpf_hash_link(elem);
	c->elem = elem;
	c->old = old;
}

static long change_found(struct change *c)
{
	struct mbpf_hash *hash = c->hash;

	if (c->flags == MBPF_NOEXIST)
		return -EEXIST;
	if (c->form == ALL_CPUS)
		write_all(hash, c->elem, c->value);
	else if (hash->percpu)
		write_this_cpu(hash, c->elem, c->value);
	else if (hash->in_place)
		mbpf_value_write_word(mbpf_hash_value(hash, c->elem), c->value,
				      hash->map.attr.value_size);
	else
		replace(c);
	if (hash->lru)
		mbpf_lru_touch(mbpf_lru_use(hash, c->elem));
	return 0;
}

/* What a change has left over, once its chain is not locked any more. */
static void put_back(struct change *c)
{
	if (c->old) {
		if (c->hash->lru)
			mbpf_lru_end(c->hash, mbpf_lru_use(c->hash, c->old));
		mbpf_pool_put(&c->hash->pool, &c->guard, c->old);
	}
	if (c->spare)
		mbpf_hash_release(c->hash, &c->guard, c->spare);
}

/* The key's element, if it is in the chain now. */
static void find_again(struct change *c)
{
	u32 size = c->hash->map.attr.key_size;
	bool found;

	if (likely(mbpf_key_is_aligned(c->key, size)))
		found = mbpf_hash_find_locked(c->first, c->key, size, true, &c->elem, &c->before);
	else
		found = mbpf_hash_find_locked(c->first, c->key, size, false, &c->elem, &c->before);
	if (!found)
		c->elem = NULL;
}

/*
 * LRU: makes room for the key, for which the chain must not be locked, as
 * another may lose an element. The key may be there afterwards.
 */
static long make_room(struct change *c)
{
	struct mbpf_elem *elem;

	mbpf_hash_unlock(c->head, c->first);
	elem = mbpf_lru_room(c->hash, &c->guard);
	if (IS_ERR(elem))
		return PTR_ERR(elem);
	c->spare = elem;
	if (!mbpf_hash_lock(c->head, &c->guard, &c->first))
		return -EBUSY;
	find_again(c);
	return 0;
}

static noinline long finish_update(struct change *c)
{
	long err = 0;

	if (!c->elem && !c->spare && c->hash->lru && c->flags != MBPF_EXIST)
		err = make_room(c);
	if (err)
		goto out;
	if (c->elem)
		err = change_found(c);
	else if (c->flags == MBPF_EXIST)
		err = -ENOENT;
	else
		err = insert(c);
	mbpf_hash_unlock(c->head, c->first);
out:
	put_back(c);
	mbpf_map_guard_exit(&c->guard);
	return err;
}

static __always_inline long update(struct mbpf_hash *hash, const void *key, u32 size, bool aligned,
				   const void *value, u64 flags, enum value_form form)
{
	unsigned long bucket = mbpf_hash_bucket(hash, key, size, aligned);
	struct change c = {
		.hash = hash, .key = key, .value = value, .flags = flags, .form = form,
		.head = &hash->heads[bucket],
	};

	if (unlikely(flags)) {
		if (flags > MBPF_EXIST)
			return -EINVAL;
		/* What is refused anyway need not take the lock from others. */
		if (flags == MBPF_NOEXIST && mbpf_hash_find_any(hash, key, bucket))
			return -EEXIST;
	}
	mbpf_map_guard_enter(&c.guard);
	if (unlikely(!mbpf_hash_lock(c.head, &c.guard, &c.first))) {
		mbpf_map_guard_exit(&c.guard);
		return -EBUSY;
	}
	if (!mbpf_hash_find_locked(c.first, key, size, aligned, &c.elem, &c.before))
		c.elem = NULL;
	return finish_update(&c);
}

/* The rest of an update without flags that is not quick: the chain of @head is locked. */
static noinline long update_locked(struct mbpf_hash *hash, const void *key, const void *value,
				   unsigned long *head, unsigned long first,
				   unsigned long irq_flags)
{
	struct change c = {
		.hash = hash, .key = key, .value = value, .form = ONE_VALUE, .head = head,
		.first = first,
	};

	mbpf_map_guard_resume(&c.guard, irq_flags);
	find_again(&c);
	return finish_update(&c);
}

/* A value of mbpf_hash.store_size, @size, that is one store, as a word; or false. */
static __always_inline bool load_value(u32 size, const void *value, u64 *word)
{
	if (unlikely(!mbpf_value_is_aligned(value)))
		return false;
	if (likely(size == 8))
		*word = *(const u64 *)value;
	else if (likely(size == 4))
		*word = *(const u32 *)value;
	else
		return false;
	return true;
}

static __always_inline bool store_value(u32 size, u64 *to, const void *value)
{
	u64 word;

	if (unlikely(!load_value(size, value, &word)))
		return false;
	WRITE_ONCE(*to, word);
	return true;
}

/* Links an element that is complete but for its key at the head of the chain, and unlocks it. */
static __always_inline void link_first(struct mbpf_hash *hash, struct mbpf_elem *elem,
				       const void *key, u32 size, unsigned long *head,
				       unsigned long first)
{
	if (size == 4)
		WRITE_ONCE(elem->data[0], *(const u32 *)key);
	else
		mbpf_value_write(elem->data, key, size);
	smp_store_release(&elem->next, first ? first : mbpf_hash_end(head - hash->heads));
	mbpf_hash_unlock(head, mbpf_hash_link(elem));
}

/* The insertion of an element that is at hand, with a value that is one store. */
static __always_inline bool insert_quickly(struct mbpf_hash *hash, const void *key, u32 size,
					   const void *value, unsigned long *head,
					   unsigned long first, bool lru,
					   const struct mbpf_map_guard *guard)
{
	struct mbpf_elem_list *list;
	struct mbpf_elem *elem;
	u64 word;

	if (unlikely(mbpf_map_guard_is_nested(guard)) ||
	    unlikely(!load_value(hash->store_size, value, &word)))
		return false;
	list = mbpf_pool_at_hand(&hash->pool, guard);
	elem = list->head;
	if (unlikely(!elem || !atomic_add_unless(&hash->count, 1, hash->map.attr.max_entries)))
		return false;
	list->head = elem->link;
	list->nr--;
	WRITE_ONCE(elem->data[(size + 7) / 8 + lru], word);
	if (lru)
		mbpf_lru_begin(hash, head, (void *)&elem->data[(size + 7) / 8]);
	link_first(hash, elem, key, size, head, first);
	return true;
}

/* The rest of an insertion for which there is room, @elem, if it is more than a store. */
static noinline long finish_evicting(struct mbpf_hash *hash, const void *key, const void *value,
				     unsigned long *head, unsigned long first,
				     unsigned long irq_flags, struct mbpf_elem *elem)
{
	struct change c = {
		.hash = hash, .key = key, .value = value, .form = ONE_VALUE, .head = head,
		.first = first, .spare = elem,
	};

	mbpf_map_guard_resume(&c.guard, irq_flags);
	find_again(&c);
	return finish_update(&c);
}

/*
 * LRU: the insertion where something must go first, for which the chain must
 * not be locked, as another may lose an element. The key may be there afterwards.
 */
static noinline long insert_evicting(struct mbpf_hash *hash, const void *key, const void *value,
				     unsigned long *head, unsigned long irq_flags)
{
	u32 size = hash->map.attr.key_size;
	struct mbpf_elem *elem, *found, *before;
	struct mbpf_map_guard guard;
	unsigned long first;
	long err = 0;

	mbpf_map_guard_resume(&guard, irq_flags);
	elem = mbpf_lru_room(hash, &guard);
	if (IS_ERR(elem)) {
		err = PTR_ERR(elem);
		goto out;
	}
	if (unlikely(!mbpf_hash_lock(head, &guard, &first))) {
		mbpf_hash_release(hash, &guard, elem);
		err = -EBUSY;
		goto out;
	}
	if (unlikely(mbpf_hash_find_locked(first, key, size, true, &found, &before) ||
		     !store_value(hash->store_size, mbpf_hash_value(hash, elem), value)))
		return finish_evicting(hash, key, value, head, first, irq_flags, elem);
	mbpf_lru_begin(hash, head, mbpf_lru_use(hash, elem));
	link_first(hash, elem, key, size, head, first);
out:
	mbpf_map_guard_exit(&guard);
	return err;
}

/*
 * The update of an element that is there, or can be had at once, by one store.
 * All else is passed on, so that what is common needs neither a stack frame nor
 * saved registers.
 */
static __always_inline long update_quickly(struct mbpf_map *map, const void *key, u32 size,
					   const void *value, u64 flags)
{
	struct mbpf_hash *hash = container_of(map, struct mbpf_hash, map);
	struct mbpf_map_guard guard;
	struct mbpf_elem *elem, *before;
	unsigned long *head, first;

	if (unlikely(flags || !mbpf_key_is_aligned(key, size)))
		return mbpf_hash_update_any(map, key, value, flags);
	head = &hash->heads[mbpf_hash_bucket(hash, key, size, true)];
	mbpf_map_guard_enter(&guard);
	if (unlikely(test_and_set_bit_lock(MBPF_HEAD_LOCK, head))) {
		mbpf_map_guard_exit(&guard);
		return mbpf_hash_update_any(map, key, value, flags);
	}
	first = READ_ONCE(*head) & ~BIT(MBPF_HEAD_LOCK);
	if (likely(mbpf_hash_find_locked(first, key, size, true, &elem, &before))) {
		if (unlikely(!store_value(hash->store_size, mbpf_hash_value(hash, elem), value)))
			return update_locked(hash, key, value, head, first, guard.flags);
		if (hash->lru)
			mbpf_lru_touch(mbpf_lru_use(hash, elem));
		mbpf_hash_unlock(head, first);
	} else if (hash->lru) {
		if (unlikely(!insert_quickly(hash, key, size, value, head, first, true, &guard))) {
			mbpf_hash_unlock(head, first);
			return insert_evicting(hash, key, value, head, guard.flags);
		}
	} else if (unlikely(!insert_quickly(hash, key, size, value, head, first, false, &guard))) {
		return update_locked(hash, key, value, head, first, guard.flags);
	}
	mbpf_map_guard_exit(&guard);
	return 0;
}

/* Takes an element out of its chain, or returns an ERR_PTR. */
static __always_inline struct mbpf_elem *take_out(struct mbpf_hash *hash, const void *key, u32 size,
						  bool aligned, const struct mbpf_map_guard *guard)
{
	unsigned long *head = &hash->heads[mbpf_hash_bucket(hash, key, size, aligned)], first;
	struct mbpf_elem *elem, *before;

	if (unlikely(!mbpf_hash_lock(head, guard, &first)))
		return ERR_PTR(-EBUSY);
	if (likely(mbpf_hash_find_locked(first, key, size, aligned, &elem, &before)))
		mbpf_hash_unlink(&first, before, elem);
	else
		elem = ERR_PTR(-ENOENT);
	mbpf_hash_unlock(head, first);
	return elem;
}

/* Gives back what take_out() returned. */
static noinline long finish_delete(struct mbpf_hash *hash, struct mbpf_elem *elem,
				   unsigned long irq_flags)
{
	struct mbpf_map_guard guard;

	mbpf_map_guard_resume(&guard, irq_flags);
	mbpf_hash_release(hash, &guard, elem);
	mbpf_map_guard_exit(&guard);
	return 0;
}

static __always_inline long delete(struct mbpf_hash *hash, const void *key, u32 size, bool aligned)
{
	struct mbpf_map_guard guard;
	struct mbpf_elem *elem;

	mbpf_map_guard_enter(&guard);
	elem = take_out(hash, key, size, aligned, &guard);
	if (likely(!IS_ERR(elem)))
		return finish_delete(hash, elem, guard.flags);
	mbpf_map_guard_exit(&guard);
	return PTR_ERR(elem);
}

/* As update_quickly(). */
static __always_inline long delete_quickly(struct mbpf_map *map, const void *key, u32 size)
{
	struct mbpf_hash *hash = container_of(map, struct mbpf_hash, map);
	struct mbpf_map_guard guard;
	struct mbpf_elem *elem, *before;
	unsigned long *head, first;

	if (unlikely(!mbpf_key_is_aligned(key, size)))
		return mbpf_hash_delete_any(map, key);
	head = &hash->heads[mbpf_hash_bucket(hash, key, size, true)];
	mbpf_map_guard_enter(&guard);
	if (unlikely(test_and_set_bit_lock(MBPF_HEAD_LOCK, head))) {
		mbpf_map_guard_exit(&guard);
		return mbpf_hash_delete_any(map, key);
	}
	first = READ_ONCE(*head) & ~BIT(MBPF_HEAD_LOCK);
	if (unlikely(!mbpf_hash_find_locked(first, key, size, true, &elem, &before))) {
		mbpf_hash_unlock(head, first);
		mbpf_map_guard_exit(&guard);
		return -ENOENT;
	}
	mbpf_hash_unlink(&first, before, elem);
	mbpf_hash_unlock(head, first);
	if (unlikely(hash->lru || mbpf_map_guard_is_nested(&guard) ||
		     !mbpf_pool_put_quickly(&hash->pool, &guard, elem)))
		return finish_delete(hash, elem, guard.flags);
	atomic_dec(&hash->count);
	mbpf_map_guard_exit(&guard);
	return 0;
}

static struct mbpf_hash *to_hash(struct mbpf_map *map)
{
	return container_of(map, struct mbpf_hash, map);
}

long mbpf_hash_update_any(struct mbpf_map *map, const void *key, const void *value, u64 flags)
{
	u32 size = map->attr.key_size;

	if (likely(mbpf_key_is_aligned(key, size)))
		return update(to_hash(map), key, size, true, value, flags, ONE_VALUE);
	return update(to_hash(map), key, size, false, value, flags, ONE_VALUE);
}

long mbpf_hash_delete_any(struct mbpf_map *map, const void *key)
{
	return delete(to_hash(map), key, map->attr.key_size, false);
}

int mbpf_hash_update_all(struct mbpf_map *map, const void *key, const void *values, u64 flags)
{
	return update(to_hash(map), key, map->attr.key_size, false, values, flags, ALL_CPUS);
}

#define DEFINE_CHANGES(size)								\
long mbpf_hash_update_##size(struct mbpf_map *map, const void *key, const void *value,	\
			     u64 flags)							\
{											\
	return update_quickly(map, key, size, value, flags);				\
}											\
											\
long mbpf_hash_delete_##size(struct mbpf_map *map, const void *key)			\
{											\
	return delete_quickly(map, key, size);						\
}

DEFINE_CHANGES(4)
DEFINE_CHANGES(8)
DEFINE_CHANGES(16)
DEFINE_CHANGES(32)
DEFINE_CHANGES(64)

int mbpf_hash_take(struct mbpf_map *map, const void *key, void *value)
{
	struct mbpf_hash *hash = to_hash(map);
	struct mbpf_map_guard guard;
	struct mbpf_elem *elem;

	mbpf_map_guard_enter(&guard);
	elem = take_out(hash, key, map->attr.key_size, false, &guard);
	mbpf_map_guard_exit(&guard);
	if (IS_ERR(elem))
		return PTR_ERR(elem);

	/* In no chain and not given back, it is only this caller's. */
	if (hash->percpu)
		mbpf_hash_read_all(hash, elem, value);
	else
		mbpf_value_read(value, mbpf_hash_value(hash, elem), map->attr.value_size);

	mbpf_map_guard_enter(&guard);
	mbpf_hash_release(hash, &guard, elem);
	mbpf_map_guard_exit(&guard);
	return 0;
}
