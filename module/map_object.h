/* SPDX-License-Identifier: GPL-2.0-only */
/* A map as an object of the system: the core's map and who may do what with it. */
#ifndef MBPF_MAP_OBJECT_H
#define MBPF_MAP_OBJECT_H

#include <linux/wait.h>

#include "core/map.h"
#include "object.h"

struct mbpf_prog_object;

/**
 * struct mbpf_map_object - a map and its access state
 * @obj: references, number, descriptors
 * @map: the core's part; its @owner points back here
 * @writers: those of the system call's side that are changing values: commands
 *           under way and writable mappings. MBPF_MAP_FROZEN once frozen
 * @readers: RINGBUF: those who wait for records
 * @owner_lock: protects @owner_type and @owner_jited
 * @owner_type: PROG_ARRAY: type of the programs that it holds and that use it,
 *              set by the first; 0 before
 * @owner_jited: the same for whether they are machine code
 */
struct mbpf_map_object {
	struct mbpf_object obj;
	struct mbpf_map *map;
	atomic_t writers;
	wait_queue_head_t readers;
	struct mutex owner_lock;
	u32 owner_type;
	bool owner_jited;
};

#define MBPF_MAP_FROZEN INT_MIN

static inline struct mbpf_map_object *mbpf_map_object(struct mbpf_object *obj)
{
	return container_of(obj, struct mbpf_map_object, obj);
}

static inline struct mbpf_map_object *mbpf_map_owner(const struct mbpf_map *map)
{
	return map->owner;
}

/**
 * mbpf_map_object_create - make a map of which the caller is the user
 * @attr: what to make; the name is checked
 *
 * Return: the map, published, or ERR_PTR: what mbpf_map_create() returns, -ENOSPC.
 */
struct mbpf_map_object *mbpf_map_object_create(const struct mbpf_map_attr *attr);

/* The map of a descriptor, as mbpf_object_from_fd(). */
struct mbpf_map_object *mbpf_map_object_from_fd(u32 fd, fmode_t *mode);

/*
 * Brackets what changes a map's values on behalf of user space: -EPERM once
 * the map is frozen, which cannot happen in between.
 */
int mbpf_map_object_begin_write(struct mbpf_map_object *mo);
void mbpf_map_object_end_write(struct mbpf_map_object *mo);

/* From now on user space may not write. -EBUSY while it does, -EPERM if frozen already. */
int mbpf_map_object_freeze(struct mbpf_map_object *mo);

/**
 * mbpf_map_object_claim - hold a PROG_ARRAY's programs to one kind
 * @mo: a PROG_ARRAY
 * @prog: program that will use it or be put into it
 *
 * Tail calls neither change the type of the context nor between machine code
 * and interpreter. Return: 0, or -EINVAL.
 */
int mbpf_map_object_claim(struct mbpf_map_object *mo, const struct mbpf_prog_object *prog);

/*
 * map_fd.c: the elements of an mbpf_map_is_fd_array(). -E2BIG index out of range, -ENOENT
 * nothing there, -EINVAL flags or a descriptor of another kind, -EBADF. What is read is the
 * number of a program; of other kinds nothing is, -ENOTSUPP.
 */
int mbpf_map_fd_lookup(struct mbpf_map *map, u32 index, u32 *id);
int mbpf_map_fd_update(struct mbpf_map_object *mo, u32 index, u32 fd, u64 flags);
int mbpf_map_fd_delete(struct mbpf_map *map, u32 index);

/* Access mode (O_*) that map_flags or open_flags ask for; -EINVAL for both restrictions. */
int mbpf_map_access_mode(u32 flags);

#endif /* MBPF_MAP_OBJECT_H */
