// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays of what user space names by descriptor: programs to tail-call, events, cgroups. Machine
 * code and helpers read the slots, programs cannot. Who holds references to what is in them is
 * the module's business, so slots are only ever exchanged.
 */
#include "map_family.h"

static struct mbpf_fd_array *to_fd_array(struct mbpf_map *map)
{
	return container_of(map, struct mbpf_fd_array, map);
}

/* All slots have been emptied by whom the objects belong to. */
static void fd_array_destroy(struct mbpf_map *map)
{
	kvfree(to_fd_array(map));
}

static void *fd_array_lookup(struct mbpf_map *map, const void *key)
{
	return NULL;
}

static long fd_array_update(struct mbpf_map *map, const void *key, const void *value, u64 flags)
{
	return -EINVAL;
}

static const struct mbpf_map_ops fd_array_ops = {
	.destroy = fd_array_destroy,
	.lookup = fd_array_lookup,
	.update = fd_array_update,
	.delete = mbpf_array_delete,
	.next_key = mbpf_array_next_key,
};

struct mbpf_map *mbpf_fd_array_create(const struct mbpf_map_attr *attr)
{
	struct mbpf_fd_array *array;
	int err;

	/* Values are descriptors. That programs only read it goes without saying. */
	if (attr->value_size != 4 || attr->flags & (MBPF_MAP_RDONLY_PROG | MBPF_MAP_WRONLY_PROG))
		return ERR_PTR(-EINVAL);
	err = mbpf_array_check(attr, 0);
	if (err)
		return ERR_PTR(err);
	array = kvzalloc(struct_size(array, slots, attr->max_entries), MBPF_MAP_GFP);
	if (!array)
		return ERR_PTR(-ENOMEM);
	mbpf_map_init(&array->map, &fd_array_ops, attr);
	array->max_entries = attr->max_entries;
	atomic64_set(&array->map.bytes, struct_size(array, slots, attr->max_entries));
	return &array->map;
}

bool mbpf_map_is_fd_array(const struct mbpf_map *map)
{
	return map->attr.type == MBPF_MAP_PROG_ARRAY ||
	       map->attr.type == MBPF_MAP_PERF_EVENT_ARRAY ||
	       map->attr.type == MBPF_MAP_CGROUP_ARRAY;
}

void *mbpf_fd_array_get(struct mbpf_map *map, u32 index)
{
	return READ_ONCE(to_fd_array(map)->slots[index]);
}

void *mbpf_fd_array_swap(struct mbpf_map *map, u32 index, void *object)
{
	struct mbpf_fd_array *array = to_fd_array(map);

	if (index >= array->max_entries)
		return ERR_PTR(-E2BIG);
	return xchg(&array->slots[index], object);
}
