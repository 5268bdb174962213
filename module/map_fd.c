// SPDX-License-Identifier: GPL-2.0-only
/* Elements of maps that are descriptors when written, and that a slot keeps alive. */
#include <linux/cgroup.h>
#include <linux/err.h>

#include "event.h"
#include "map_object.h"
#include "prog_object.h"

/* The kinds: what a slot holds is taken by descriptor and given back. */
struct holder {
	void *(*get)(struct mbpf_map_object *mo, u32 fd);
	void (*put)(void *held);
};

static void *prog_get(struct mbpf_map_object *mo, u32 fd)
{
	struct mbpf_prog_object *po = mbpf_prog_object_from_fd(fd);
	int err;

	if (IS_ERR(po))
		return po;
	err = mbpf_map_object_claim(mo, po);
	if (!err)
		mbpf_object_get(&po->obj);
	mbpf_object_put_user(&po->obj);
	return err ? ERR_PTR(err) : &po->prog;
}

static void prog_put(void *held)
{
	mbpf_object_put(&mbpf_prog_object_of(held)->obj);
}

static void *event_get(struct mbpf_map_object *mo, u32 fd)
{
	struct mbpf_event *event = mbpf_event_from_fd(fd);
	bool suits;

	if (IS_ERR(event))
		return event;
	suits = mbpf_event_is_output(event);
	if (suits)
		mbpf_object_get(&event->obj);
	mbpf_object_put_user(&event->obj);
	return suits ? event : ERR_PTR(-EINVAL);
}

static void event_put(void *held)
{
	struct mbpf_event *event = held;

	mbpf_object_put(&event->obj);
}

#ifdef CONFIG_CGROUPS
static void *cgroup_from_fd(struct mbpf_map_object *mo, u32 fd)
{
	return cgroup_get_from_fd(fd);
}

static void cgroup_give_back(void *held)
{
	/* It is freed after a grace period. */
	cgroup_put(held);
}
#else
static void *cgroup_from_fd(struct mbpf_map_object *mo, u32 fd)
{
	return ERR_PTR(-EBADF);
}

static void cgroup_give_back(void *held)
{
}
#endif

static const struct holder *holder_of(const struct mbpf_map *map)
{
	static const struct holder progs = { prog_get, prog_put };
	static const struct holder events = { event_get, event_put };
	static const struct holder cgroups = { cgroup_from_fd, cgroup_give_back };

	switch (map->attr.type) {
	case MBPF_MAP_PROG_ARRAY:
		return &progs;
	case MBPF_MAP_CGROUP_ARRAY:
		return &cgroups;
	default:
		return &events;
	}
}

int mbpf_map_fd_lookup(struct mbpf_map *map, u32 index, u32 *id)
{
	struct mbpf_prog *prog = NULL;

	if (map->attr.type != MBPF_MAP_PROG_ARRAY)
		return -ENOTSUPP;
	rcu_read_lock();
	if (index < map->attr.max_entries)
		prog = mbpf_fd_array_get(map, index);
	if (prog)
		*id = mbpf_prog_object_of(prog)->obj.id;
	rcu_read_unlock();
	return prog ? 0 : -ENOENT;
}

int mbpf_map_fd_update(struct mbpf_map_object *mo, u32 index, u32 fd, u64 flags)
{
	const struct holder *holder = holder_of(mo->map);
	void *held, *old;

	if (flags != MBPF_ANY)
		return -EINVAL;
	if (index >= mo->map->attr.max_entries)
		return -E2BIG;
	held = holder->get(mo, fd);
	if (IS_ERR(held))
		return PTR_ERR(held);
	old = mbpf_fd_array_swap(mo->map, index, held);
	if (old)
		holder->put(old);
	return 0;
}

int mbpf_map_fd_delete(struct mbpf_map *map, u32 index)
{
	void *old = mbpf_fd_array_swap(map, index, NULL);

	if (IS_ERR(old))
		return PTR_ERR(old);
	if (!old)
		return -ENOENT;
	holder_of(map)->put(old);
	return 0;
}
