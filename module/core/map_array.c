// SPDX-License-Identifier: GPL-2.0-only
/*
 * ARRAY and PERCPU_ARRAY: values that always exist, found by index. Updates
 * write in place, word by word; who needs more than a word to be consistent
 * takes a hash, or one value per CPU.
 */
#include "helper.h"
#include "map_array.h"
#include "map_family.h"

#define PERCPU_BLOCK PCPU_MIN_UNIT_SIZE	/* bytes of a block at most */

int mbpf_array_check(const struct mbpf_map_attr *attr, u32 flags)
{
	if (attr->key_size != 4 || attr->flags & ~(flags | MBPF_MAP_ACCESS))
		return -EINVAL;
	return attr->value_size > S32_MAX ? -E2BIG : 0;
}

int mbpf_array_next_key(struct mbpf_map *map, const void *key, void *next)
{
	u32 index = key ? mbpf_map_index(key) : U32_MAX;

	if (index == map->attr.max_entries - 1)
		return -ENOENT;
	index = index < map->attr.max_entries ? index + 1 : 0;
	put_unaligned(index, (u32 *)next);
	return 0;
}

long mbpf_array_delete(struct mbpf_map *map, const void *key)
{
	return -EINVAL;
}

/* Elements of an array are updated, never added. */
static int check_update(const struct mbpf_map *map, u32 index, u64 flags)
{
	if ((flags & ~(u64)MBPF_LOCK) > MBPF_EXIST)
		return -EINVAL;
	if (index >= map->attr.max_entries)
		return -E2BIG;
	if (flags & MBPF_NOEXIST)
		return -EEXIST;
	return flags & MBPF_LOCK ? -EINVAL : 0;
}

static struct mbpf_array *to_array(const struct mbpf_map *map)
{
	return container_of(map, struct mbpf_array, map);
}

static void array_destroy(struct mbpf_map *map)
{
	struct mbpf_array *array = to_array(map);

	kvfree(array->values);
	kfree(array);
}

/*
 * kvmalloc() is for at most 2 GB; pages that are mapped must not be shared
 * with anything else.
 */
static void *alloc_values(u64 size, bool mappable)
{
	if (!mappable && size <= S32_MAX)
		return kvzalloc(size, MBPF_MAP_GFP);
	return __vmalloc(size, MBPF_MAP_GFP | __GFP_ZERO);
}

static void *array_value(const struct mbpf_array *array, u32 index)
{
	return array->values + (u64)array->stride * index;
}

static void *array_lookup(struct mbpf_map *map, const void *key)
{
	struct mbpf_array *array = to_array(map);
	u32 index = mbpf_map_index(key);

	return likely(index < array->max_entries) ? array_value(array, index) : NULL;
}

static long array_update(struct mbpf_map *map, const void *key, const void *value, u64 flags)
{
	u32 index = mbpf_map_index(key);
	int err = check_update(map, index, flags);

	if (!err)
		mbpf_value_write(array_value(to_array(map), index), value, map->attr.value_size);
	return err;
}

/* Callbacks get the address of a copy of the index, as in-tree. */
static s64 array_for_each(struct mbpf_map *map, const struct mbpf_callee *callee,
			  u64 cb_ctx, u64 flags)
{
	struct mbpf_array *array = to_array(map);
	u32 i, key;

	if (flags)
		return -EINVAL;
	for (i = 0; i < array->max_entries; i++) {
		key = i;
		if (callee->call(callee, (unsigned long)map, (unsigned long)&key,
				 (unsigned long)array_value(array, i), cb_ctx))
			return i + 1;
	}
	return i;
}

static void array_describe(const struct mbpf_map *map, struct mbpf_inline *in)
{
	const struct mbpf_array *array = to_array(map);

	in->kind = MBPF_INLINE_ARRAY;
	in->max_entries = array->max_entries;
	in->stride = array->stride;
	in->base = (unsigned long)array->values;
}

/* The cursor is the next index, what user space is given the last one. */
static int array_batch(struct mbpf_map *map, u32 *cursor, struct mbpf_batch *b)
{
	u32 end = min_t(u64, map->attr.max_entries, (u64)*cursor + b->room - b->nr);
	u32 size = map->attr.value_size, i;
	struct mbpf_array *array = to_array(map);

	for (i = *cursor; i < end; i++, b->nr++) {
		((u32 *)b->keys)[b->nr] = i;
		mbpf_value_read((u8 *)b->values + (u64)b->nr * size, array_value(array, i), size);
	}
	*cursor = end;
	return b->nr < b->room ? -ENOENT : 0;
}

static int array_batch_begin(const struct mbpf_map *map, u32 *cursor)
{
	*cursor = *cursor < map->attr.max_entries ? *cursor + 1 : 0;
	return 0;
}

static const struct mbpf_map_ops array_ops = {
	.destroy = array_destroy,
	.lookup = array_lookup,
	.update = array_update,
	.delete = mbpf_array_delete,
	.next_key = mbpf_array_next_key,
	.for_each = array_for_each,
	.describe = array_describe,
	.batch = array_batch,
	.batch_begin = array_batch_begin,
};

struct mbpf_map *mbpf_array_create(const struct mbpf_map_attr *attr)
{
	bool mappable = attr->flags & MBPF_MAP_MMAPABLE;
	struct mbpf_array *array;
	int err;

	err = mbpf_array_check(attr, MBPF_MAP_MMAPABLE);
	if (err)
		return ERR_PTR(err);
	array = kzalloc(sizeof(*array), MBPF_MAP_GFP);
	if (!array)
		return ERR_PTR(-ENOMEM);
	mbpf_map_init(&array->map, &array_ops, attr);
	array->max_entries = attr->max_entries;
	array->stride = mbpf_map_value_stride(&array->map);
	array->size = (u64)array->stride * array->max_entries;
	if (mappable)
		array->size = PAGE_ALIGN(array->size);
	array->values = alloc_values(array->size, mappable);
	if (!array->values) {
		kfree(array);
		return ERR_PTR(-ENOMEM);
	}
	atomic64_set(&array->map.bytes, sizeof(*array) + array->size);
	return &array->map;
}

int mbpf_map_value_addr(const struct mbpf_map *map, u32 off, u64 *addr)
{
	if (map->ops != &array_ops || map->attr.max_entries != 1)
		return -ENOTSUPP;
	if (off >= map->attr.value_size)
		return -EINVAL;
	*addr = (unsigned long)to_array(map)->values + off;
	return 0;
}

void *mbpf_array_mmap_area(const struct mbpf_map *map, u64 *size)
{
	if (!(map->attr.flags & MBPF_MAP_MMAPABLE))
		return NULL;
	*size = to_array(map)->size;
	return to_array(map)->values;
}

static struct mbpf_percpu_array *to_percpu_array(const struct mbpf_map *map)
{
	return container_of(map, struct mbpf_percpu_array, map);
}

static void percpu_array_destroy(struct mbpf_map *map)
{
	struct mbpf_percpu_array *array = to_percpu_array(map);
	u32 i;

	for (i = 0; i < array->nr_blocks; i++)
		free_percpu(array->blocks[i]);
	kvfree(array);
}

static u8 __percpu *percpu_array_value(const struct mbpf_percpu_array *array, u32 index)
{
	return array->blocks[index >> array->shift] +
	       (index & ((1U << array->shift) - 1)) * array->stride;
}

static void *percpu_array_lookup(struct mbpf_map *map, const void *key)
{
	struct mbpf_percpu_array *array = to_percpu_array(map);
	u32 index = mbpf_map_index(key);

	if (unlikely(index >= array->max_entries))
		return NULL;
	return this_cpu_ptr(percpu_array_value(array, index));
}

static void *percpu_array_lookup_cpu(struct mbpf_map *map, const void *key, u32 cpu)
{
	struct mbpf_percpu_array *array = to_percpu_array(map);
	u32 index = mbpf_map_index(key);

	if (cpu >= nr_cpu_ids || !cpu_possible(cpu) || index >= array->max_entries)
		return NULL;
	return per_cpu_ptr(percpu_array_value(array, index), cpu);
}

static long percpu_array_update(struct mbpf_map *map, const void *key, const void *value, u64 flags)
{
	struct mbpf_percpu_array *array = to_percpu_array(map);
	u32 index = mbpf_map_index(key);
	int err = check_update(map, index, flags);

	if (!err)
		mbpf_value_write(this_cpu_ptr(percpu_array_value(array, index)), value,
				 map->attr.value_size);
	return err;
}

static int percpu_array_lookup_all(struct mbpf_map *map, const void *key, void *values)
{
	struct mbpf_percpu_array *array = to_percpu_array(map);
	u32 index = mbpf_map_index(key), cpu;

	if (index >= array->max_entries)
		return -ENOENT;
	for_each_possible_cpu(cpu) {
		mbpf_value_read(values, per_cpu_ptr(percpu_array_value(array, index), cpu),
				array->stride);
		values = (u8 *)values + array->stride;
	}
	return 0;
}

static int percpu_array_update_all(struct mbpf_map *map, const void *key, const void *values,
				   u64 flags)
{
	struct mbpf_percpu_array *array = to_percpu_array(map);
	u32 index = mbpf_map_index(key), cpu;
	int err;

	err = flags > MBPF_EXIST ? -EINVAL : check_update(map, index, flags);
	if (err)
		return err;
	for_each_possible_cpu(cpu) {
		mbpf_value_write(per_cpu_ptr(percpu_array_value(array, index), cpu), values,
				 array->stride);
		values = (const u8 *)values + array->stride;
	}
	return 0;
}

static s64 percpu_array_for_each(struct mbpf_map *map, const struct mbpf_callee *callee,
				 u64 cb_ctx, u64 flags)
{
	struct mbpf_percpu_array *array = to_percpu_array(map);
	u32 i, key;

	if (flags)
		return -EINVAL;
	for (i = 0; i < array->max_entries; i++) {
		key = i;
		if (callee->call(callee, (unsigned long)map, (unsigned long)&key,
				 (unsigned long)this_cpu_ptr(percpu_array_value(array, i)), cb_ctx))
			return i + 1;
	}
	return i;
}

static int percpu_array_batch(struct mbpf_map *map, u32 *cursor, struct mbpf_batch *b)
{
	u64 size = mbpf_map_user_value_size(map);

	for (; b->nr < b->room; b->nr++, ++*cursor) {
		if (*cursor >= map->attr.max_entries)
			return -ENOENT;
		((u32 *)b->keys)[b->nr] = *cursor;
		percpu_array_lookup_all(map, cursor, (u8 *)b->values + b->nr * size);
	}
	return 0;
}

/* Where one block holds all, which it does up to 32 KB. */
static void percpu_array_describe(const struct mbpf_map *map, struct mbpf_inline *in)
{
	const struct mbpf_percpu_array *array = to_percpu_array(map);

	if (array->nr_blocks > 1)
		return;
	in->kind = MBPF_INLINE_PERCPU_ARRAY;
	in->max_entries = array->max_entries;
	in->stride = array->stride;
	in->base = (unsigned long)(__force void *)array->blocks[0];
}

static const struct mbpf_map_ops percpu_array_ops = {
	.destroy = percpu_array_destroy,
	.lookup = percpu_array_lookup,
	.lookup_cpu = percpu_array_lookup_cpu,
	.update = percpu_array_update,
	.delete = mbpf_array_delete,
	.next_key = mbpf_array_next_key,
	.for_each = percpu_array_for_each,
	.lookup_all = percpu_array_lookup_all,
	.update_all = percpu_array_update_all,
	.describe = percpu_array_describe,
	.batch = percpu_array_batch,
	.batch_begin = array_batch_begin,
};

struct mbpf_map *mbpf_percpu_array_create(const struct mbpf_map_attr *attr)
{
	struct mbpf_percpu_array *array;
	u32 stride, shift, nr_blocks;
	int err;

	err = mbpf_array_check(attr, 0);
	if (err)
		return ERR_PTR(err);
	stride = round_up(attr->value_size, 8);
	if (stride > PCPU_MIN_UNIT_SIZE)
		return ERR_PTR(-E2BIG);
	/* One block for all if they fit: machine code computes addresses in it. */
	shift = (u64)attr->max_entries * stride <= PERCPU_BLOCK ?
		ilog2(roundup_pow_of_two((u64)attr->max_entries)) : ilog2(PERCPU_BLOCK / stride);
	nr_blocks = ((attr->max_entries - 1) >> shift) + 1;
	array = kvzalloc(struct_size(array, blocks, nr_blocks), MBPF_MAP_GFP);
	if (!array)
		return ERR_PTR(-ENOMEM);
	mbpf_map_init(&array->map, &percpu_array_ops, attr);
	array->max_entries = attr->max_entries;
	array->stride = stride;
	array->shift = shift;
	for (; array->nr_blocks < nr_blocks; array->nr_blocks++) {
		u32 left = attr->max_entries - (array->nr_blocks << shift);
		u8 __percpu *p = __alloc_percpu_gfp(min(left, 1U << shift) * stride, 8,
						    MBPF_MAP_PERCPU_GFP);

		if (!p || fatal_signal_pending(current)) {
			percpu_array_destroy(&array->map);
			free_percpu(p);
			return ERR_PTR(p ? -EINTR : -ENOMEM);
		}
		array->blocks[array->nr_blocks] = p;
		cond_resched();
	}
	atomic64_set(&array->map.bytes, struct_size(array, blocks, nr_blocks) +
		     (u64)attr->max_entries * stride * num_possible_cpus());
	return &array->map;
}
