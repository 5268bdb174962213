// SPDX-License-Identifier: GPL-2.0-only
/*
 * PROG_ARRAY: what tail calls jump through. Programs only read it, through
 * machine code; who holds references to the programs in it is the module's
 * business, so slots are only ever exchanged.
 */
#include "map_family.h"

static struct mbpf_prog_array *to_prog_array(struct mbpf_map *map)
{
	return container_of(map, struct mbpf_prog_array, map);
}

/* All slots have been emptied by whom the programs belong to. */
static void prog_array_destroy(struct mbpf_map *map)
{
	kvfree(to_prog_array(map));
}

static void *prog_array_lookup(struct mbpf_map *map, const void *key)
{
	return NULL;
}

static long prog_array_update(struct mbpf_map *map, const void *key, const void *value, u64 flags)
{
	return -EINVAL;
}

static const struct mbpf_map_ops prog_array_ops = {
	.destroy = prog_array_destroy,
	.lookup = prog_array_lookup,
	.update = prog_array_update,
	.delete = mbpf_array_delete,
	.next_key = mbpf_array_next_key,
};

struct mbpf_map *mbpf_prog_array_create(const struct mbpf_map_attr *attr)
{
	struct mbpf_prog_array *array;
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
	mbpf_map_init(&array->map, &prog_array_ops, attr);
	array->max_entries = attr->max_entries;
	atomic64_set(&array->map.bytes, struct_size(array, slots, attr->max_entries));
	return &array->map;
}

struct mbpf_prog *mbpf_prog_array_swap(struct mbpf_map *map, u32 index, struct mbpf_prog *prog)
{
	struct mbpf_prog_array *array = to_prog_array(map);

	if (index >= array->max_entries)
		return ERR_PTR(-E2BIG);
	return xchg(&array->slots[index], prog);
}
