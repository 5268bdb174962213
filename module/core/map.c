// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps of any family: creation, and the system call's view of them, which
 * sees the values of all CPUs where programs see their own CPU's.
 */
#include "map.h"
#include "map_family.h"

/* Growing may have to be repeated when probes take all that was gained. */
#define MAX_GROW_TRIES 8

static struct mbpf_map *create(const struct mbpf_map_attr *attr)
{
	switch (attr->type) {
	case MBPF_MAP_HASH:
	case MBPF_MAP_PERCPU_HASH:
	case MBPF_MAP_LRU_HASH:
	case MBPF_MAP_LRU_PERCPU_HASH:
		return mbpf_hash_create(attr);
	case MBPF_MAP_ARRAY:
		return mbpf_array_create(attr);
	case MBPF_MAP_PERCPU_ARRAY:
		return mbpf_percpu_array_create(attr);
	case MBPF_MAP_RINGBUF:
		return mbpf_ringbuf_create(attr);
	case MBPF_MAP_STACK_TRACE:
		return mbpf_stack_map_create(attr);
	case MBPF_MAP_PROG_ARRAY:
	case MBPF_MAP_PERF_EVENT_ARRAY:
	case MBPF_MAP_CGROUP_ARRAY:
		return mbpf_fd_array_create(attr);
	default:
		return ERR_PTR(-EINVAL);
	}
}

static bool excludes_itself(u32 flags, u32 both)
{
	return (flags & both) == both;
}

struct mbpf_map *mbpf_map_create(const struct mbpf_map_attr *attr)
{
	bool has_elements = attr->type != MBPF_MAP_RINGBUF;

	if (!attr->max_entries || (has_elements && (!attr->key_size || !attr->value_size)))
		return ERR_PTR(-EINVAL);
	if (excludes_itself(attr->flags, MBPF_MAP_RDONLY | MBPF_MAP_WRONLY) ||
	    excludes_itself(attr->flags, MBPF_MAP_RDONLY_PROG | MBPF_MAP_WRONLY_PROG))
		return ERR_PTR(-EINVAL);
	return create(attr);
}

void mbpf_map_destroy(struct mbpf_map *map)
{
	map->ops->destroy(map);
}

void mbpf_map_init(struct mbpf_map *map, const struct mbpf_map_ops *ops,
		   const struct mbpf_map_attr *attr)
{
	map->ops = ops;
	map->attr = *attr;
}

u64 mbpf_value_word(const void *src, u32 size)
{
	return size == 8 ? get_unaligned((const u64 *)src) : mbpf_value_tail(src, size, false);
}

bool mbpf_map_is_percpu(const struct mbpf_map *map)
{
	return map->attr.type == MBPF_MAP_PERCPU_HASH ||
	       map->attr.type == MBPF_MAP_LRU_PERCPU_HASH ||
	       map->attr.type == MBPF_MAP_PERCPU_ARRAY;
}

/* Some maps' elements are descriptors to the system call, which the core does not know. */
static bool has_values(const struct mbpf_map *map)
{
	return map->attr.type != MBPF_MAP_RINGBUF && !mbpf_map_is_fd_array(map);
}

void mbpf_map_describe(const struct mbpf_map *map, struct mbpf_inline *in)
{
	memset(in, 0, sizeof(*in));
	if (!has_values(map))
		return;
	in->kind = MBPF_INLINE_CALL;
	in->lookup = (unsigned long)map->ops->lookup;
	in->lookup_aligned = (unsigned long)map->ops->lookup_aligned;
	in->key_align = map->attr.key_size == 4 ? 4 : 8;
	in->update = (unsigned long)map->ops->update;
	in->delete = (unsigned long)map->ops->delete;
	if (map->ops->describe)
		map->ops->describe(map, in);
}

void *mbpf_map_mmap_area(const struct mbpf_map *map, u64 *size)
{
	switch (map->attr.type) {
	case MBPF_MAP_ARRAY:
		return mbpf_array_mmap_area(map, size);
	case MBPF_MAP_RINGBUF:
		return mbpf_ringbuf_mmap_area(map, size);
	default:
		return NULL;
	}
}

u64 mbpf_map_user_value_size(const struct mbpf_map *map)
{
	if (!mbpf_map_is_percpu(map))
		return map->attr.value_size;
	return (u64)mbpf_map_value_stride(map) * num_possible_cpus();
}

int mbpf_map_sys_lookup(struct mbpf_map *map, const void *key, void *value, u64 flags)
{
	const void *found;
	int err = 0;

	if (flags)
		return -EINVAL;
	if (!has_values(map))
		return -ENOTSUPP;
	rcu_read_lock();
	if (map->ops->lookup_all) {
		err = map->ops->lookup_all(map, key, value);
	} else {
		found = map->ops->peek ? map->ops->peek(map, key) : map->ops->lookup(map, key);
		if (found)
			mbpf_value_read(value, found, map->attr.value_size);
		else
			err = -ENOENT;
	}
	rcu_read_unlock();
	return err;
}

/* Under rcu_read_lock(). */
static __always_inline int update_once(struct mbpf_map *map, const void *key, const void *value,
				       u64 flags)
{
	if (map->ops->update_all)
		return map->ops->update_all(map, key, value, flags);
	return map->ops->update(map, key, value, flags);
}

static int update_reading(struct mbpf_map *map, const void *key, const void *value, u64 flags)
{
	int err;

	rcu_read_lock();
	err = update_once(map, key, value, flags);
	rcu_read_unlock();
	return err;
}

int mbpf_map_sys_update(struct mbpf_map *map, const void *key, const void *value, u64 flags)
{
	u32 tries;
	int err;

	if (flags & MBPF_LOCK)
		return -EINVAL;
	if (!has_values(map))
		return -ENOTSUPP;
	err = update_reading(map, key, value, flags);
	for (tries = 0; err == -ENOMEM && map->ops->grow && tries < MAX_GROW_TRIES; tries++) {
		if (map->ops->grow(map))
			break;
		err = update_reading(map, key, value, flags);
	}
	return err;
}

int mbpf_map_sys_delete(struct mbpf_map *map, const void *key)
{
	int err;

	if (!has_values(map))
		return -ENOTSUPP;
	rcu_read_lock();
	err = map->ops->delete(map, key);
	rcu_read_unlock();
	return err;
}

/* Elements between two moments at which readers of old ones are not waited for. */
#define READ_SIDE_RUN 32

int mbpf_map_sys_update_many(struct mbpf_map *map, const void *keys, const void *values, u32 *nr)
{
	u64 value_size = mbpf_map_user_value_size(map);
	u32 key_size = map->attr.key_size, i = 0, end;
	int err = has_values(map) ? 0 : -ENOTSUPP;

	while (i < *nr && !err) {
		end = min(*nr, i + READ_SIDE_RUN);
		rcu_read_lock();
		for (; i < end; i++, keys += key_size, values += value_size) {
			err = update_once(map, keys, values, 0);
			if (err)
				break;
		}
		rcu_read_unlock();
		if (err != -ENOMEM)
			continue;
		/* There may be memory where one can wait for it. */
		err = mbpf_map_sys_update(map, keys, values, 0);
		if (err)
			break;
		i++;
		keys += key_size;
		values += value_size;
	}
	*nr = i;
	return err;
}

int mbpf_map_sys_delete_many(struct mbpf_map *map, const void *keys, u32 *nr)
{
	int err = has_values(map) && map->ops->delete_many ? 0 : -ENOTSUPP;
	u32 done, some;

	for (done = 0; done < *nr && !err; done += some) {
		some = *nr - done;
		rcu_read_lock();
		err = map->ops->delete_many(map, keys + (u64)done * map->attr.key_size, &some);
		rcu_read_unlock();
	}
	*nr = done;
	return err;
}

int mbpf_map_sys_next_key(struct mbpf_map *map, const void *key, void *next)
{
	int err;

	rcu_read_lock();
	err = map->ops->next_key(map, key, next);
	rcu_read_unlock();
	return err;
}

int mbpf_map_sys_lookup_and_delete(struct mbpf_map *map, const void *key, void *value, u64 flags)
{
	if (flags)
		return -EINVAL;
	if (!map->ops->lookup_and_delete)
		return -ENOTSUPP;
	return map->ops->lookup_and_delete(map, key, value);
}
