/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps: what every family has in common, and the operations each provides. */
#ifndef MBPF_MAP_H
#define MBPF_MAP_H

#include "os.h"

struct mbpf_callee;
struct mbpf_map;
struct mbpf_prog;

/* Map types and flags carry Linux's numbers. */
enum mbpf_map_type {
	MBPF_MAP_HASH = 1,
	MBPF_MAP_ARRAY = 2,
	MBPF_MAP_PROG_ARRAY = 3,
	MBPF_MAP_PERF_EVENT_ARRAY = 4,
	MBPF_MAP_PERCPU_HASH = 5,
	MBPF_MAP_PERCPU_ARRAY = 6,
	MBPF_MAP_STACK_TRACE = 7,
	MBPF_MAP_CGROUP_ARRAY = 8,
	MBPF_MAP_LRU_HASH = 9,
	MBPF_MAP_LRU_PERCPU_HASH = 10,
	MBPF_MAP_RINGBUF = 27,
};

#define MBPF_MAP_NO_PREALLOC	0x001
#define MBPF_MAP_NO_COMMON_LRU	0x002	/* LRUs: has no effect */
#define MBPF_MAP_RDONLY		0x008	/* for the system call */
#define MBPF_MAP_WRONLY		0x010
#define MBPF_MAP_ZERO_SEED	0x040
#define MBPF_MAP_RDONLY_PROG	0x080	/* for programs */
#define MBPF_MAP_WRONLY_PROG	0x100
#define MBPF_MAP_MMAPABLE	0x400

#define MBPF_ANY		0	/* update flags */
#define MBPF_NOEXIST		1
#define MBPF_EXIST		2

#define MBPF_NAME_LEN		16	/* NUL included */

/**
 * struct mbpf_map_attr - what a map is created from
 * @type: enum mbpf_map_type
 * @key_size: bytes
 * @value_size: bytes
 * @max_entries: elements
 * @flags: MBPF_MAP_*
 * @name: NUL-terminated, checked by the caller
 */
struct mbpf_map_attr {
	u32 type;
	u32 key_size;
	u32 value_size;
	u32 max_entries;
	u32 flags;
	char name[MBPF_NAME_LEN];
};

/* How machine code can look an element up without the helper. */
enum mbpf_inline_kind {
	MBPF_INLINE_NONE,
	MBPF_INLINE_ARRAY,
	MBPF_INLINE_PERCPU_ARRAY,
	MBPF_INLINE_CALL,
};

/**
 * struct mbpf_inline - what machine code needs to know of a map
 * @kind: NONE: there is nothing to look up. ARRAY and PERCPU_ARRAY: the value's
 *        address can be computed, see @base. CALL: @lookup is all there is
 * @max_entries: of the two arrays: the key, 32 bits in memory, finds a value if
 *               it is below this as an unsigned number, NULL otherwise
 * @stride: of the two: bytes from one value to the next, a multiple of 8
 * @key_align: a power of 2
 * @base: ARRAY: value i is at @base + i * @stride. PERCPU_ARRAY: the same as a
 *        per-CPU address: add the offset of the CPU that runs, as
 *        this_cpu_ptr() does; programs do not change CPUs
 * @lookup: address of a C function (map, key address) that returns the value's
 *          address or NULL: the helper without its dispatch, made for this
 *          map's key size. R1 and R2 are its arguments as they are
 * @lookup_aligned: the same for keys at multiples of @key_align, or 0
 * @update: the same for (map, key address, value address, flags); returns 0 or
 *          an errno in all 64 bits
 * @delete: the same for (map, key address)
 *
 * All of it stays as it is for the life of the map, which a program that
 * refers to the map keeps. The functions are the module's own: they are in
 * reach of direct calls, and use registers as any C function does. Of arrays
 * they are there as well.
 */
struct mbpf_inline {
	enum mbpf_inline_kind kind;
	u32 max_entries;
	u32 stride;
	u32 key_align;
	u64 base;
	u64 lookup;
	u64 lookup_aligned;
	u64 update;
	u64 delete;
};

/**
 * struct mbpf_batch - part of an operation on many elements
 * @keys: copies of keys, each of key_size bytes; aligned by 8, as @values
 * @values: those of values, each of mbpf_map_user_value_size() bytes
 * @room: elements for which there is room
 * @nr: elements that were copied
 * @take: they leave the map
 */
struct mbpf_batch {
	void *keys;
	void *values;
	u32 room;
	u32 nr;
	bool take;
};

/**
 * struct mbpf_map_ops - one family's operations
 * @destroy: frees everything; nobody uses the map any more, a grace period
 *           has passed. Process context
 * @lookup: address of the value (of this CPU's for per-CPU maps) or NULL.
 *          Any context, under rcu_read_lock(); takes no lock
 * @lookup_aligned: the same for keys that mbpf_key_is_aligned(); NULL: @lookup
 * @peek: the same for the system call, where that is no use of the element; NULL:
 *        @lookup
 * @lookup_cpu: per-CPU maps: the value of @cpu, or NULL also if @cpu is out of range
 * @update: any context. 0; -EINVAL flags; -EEXIST, -ENOENT by flags; -E2BIG
 *          full or index out of range; -ENOMEM; -EBUSY if the element's lock
 *          is held by whom this call interrupted
 * @delete: any context. 0, -ENOENT, -EINVAL where elements cannot go, -EBUSY
 * @next_key: key after @key into @next; first key if @key is NULL or absent.
 *            0, -ENOENT at the end. Under rcu_read_lock()
 * @for_each: calls @callee(map, key, value, cb_ctx) for each element until it
 *            returns non-zero; number of calls made. Under rcu_read_lock()
 * @lookup_and_delete: value into @value, those of all CPUs of per-CPU maps; 0 or
 *                     errno; NULL if not supported. Process context
 * @lookup_all: per-CPU maps: all CPUs' values, each rounded up to 8 bytes; 0 or
 *              -ENOENT. Under rcu_read_lock()
 * @update_all: the same for @update
 * @grow: makes room where @update said -ENOMEM. 0 if another try is worth it,
 *        else -ENOMEM; NULL if the map never grows. Process context
 * @delete_many: as @delete for some of *@nr keys, one after the other and aligned by 8; sets *@nr
 *               to those that are done. Process context; NULL: not supported
 * @batch: copies elements from @cursor on, 0 at first, which it moves. 0: all of
 *         the room is used; -ENOENT: there are no more; -ENOSPC: the next ones,
 *         which belong together, do not fit. Process context; NULL if not supported
 * @batch_begin: makes a cursor of what user space was given at the end of
 *               another call: 0 or -ENOENT
 * @describe: sets kind, max_entries, stride and base of @in where addresses of
 *            values can be computed; NULL where they cannot
 *
 * Machine code may call @lookup, @update and @delete without the helper: their
 * results are as wide as a register.
 */
struct mbpf_map_ops {
	void (*destroy)(struct mbpf_map *map);
	void *(*lookup)(struct mbpf_map *map, const void *key);
	void *(*lookup_aligned)(struct mbpf_map *map, const void *key);
	void *(*peek)(struct mbpf_map *map, const void *key);
	void *(*lookup_cpu)(struct mbpf_map *map, const void *key, u32 cpu);
	long (*update)(struct mbpf_map *map, const void *key, const void *value, u64 flags);
	long (*delete)(struct mbpf_map *map, const void *key);
	int (*next_key)(struct mbpf_map *map, const void *key, void *next);
	s64 (*for_each)(struct mbpf_map *map, const struct mbpf_callee *callee,
			u64 cb_ctx, u64 flags);
	int (*lookup_and_delete)(struct mbpf_map *map, const void *key, void *value);
	int (*lookup_all)(struct mbpf_map *map, const void *key, void *values);
	int (*update_all)(struct mbpf_map *map, const void *key, const void *values, u64 flags);
	int (*grow)(struct mbpf_map *map);
	int (*delete_many)(struct mbpf_map *map, const void *keys, u32 *nr);
	int (*batch)(struct mbpf_map *map, u32 *cursor, struct mbpf_batch *b);
	int (*batch_begin)(const struct mbpf_map *map, u32 *cursor);
	void (*describe)(const struct mbpf_map *map, struct mbpf_inline *in);
};

/**
 * struct mbpf_map - the common head, embedded first in each family's own
 * @ops: the family
 * @attr: as created; immutable
 * @frozen: the system call may not write any more
 * @bytes: memory charged, for fdinfo; changes as the map grows
 * @owner: for whom it was created, who may keep its own state here
 *
 * Life time is the owner's business (an fd, a program); the core only
 * creates, uses and destroys.
 */
struct mbpf_map {
	const struct mbpf_map_ops *ops;
	struct mbpf_map_attr attr;
	bool frozen;
	atomic64_t bytes;
	void *owner;
};

/**
 * mbpf_map_create - make a map of any family
 * @attr: what to make
 *
 * Return: the map, or ERR_PTR: -EINVAL (unknown type, sizes, flags), -E2BIG
 * (product of sizes), -ENOMEM. Process context.
 */
struct mbpf_map *mbpf_map_create(const struct mbpf_map_attr *attr);
void mbpf_map_destroy(struct mbpf_map *map);

bool mbpf_map_is_percpu(const struct mbpf_map *map);

/* Tells the optimiser how elements of @map are found. */
void mbpf_map_describe(const struct mbpf_map *map, struct mbpf_inline *in);

/*
 * Size of a value in a system call's buffer: for per-CPU maps the value
 * rounded up to 8 bytes, times the number of possible CPUs.
 */
u64 mbpf_map_user_value_size(const struct mbpf_map *map);

/*
 * The system call's side, on kernel buffers of key_size and
 * mbpf_map_user_value_size() bytes. Process context. On failure nothing is
 * written to the caller's buffers. Errnos are those of the ops; lookup gives
 * -ENOENT for a missing element, and -ENOTSUPP where a family cannot be read
 * so. Access flags (RDONLY, WRONLY, frozen) are the caller's to check.
 */
int mbpf_map_sys_lookup(struct mbpf_map *map, const void *key, void *value, u64 flags);
int mbpf_map_sys_update(struct mbpf_map *map, const void *key, const void *value, u64 flags);
int mbpf_map_sys_delete(struct mbpf_map *map, const void *key);
/* The same, with flags 0, for *@nr elements one after the other; *@nr: how many it was done for. */
int mbpf_map_sys_update_many(struct mbpf_map *map, const void *keys, const void *values, u32 *nr);
int mbpf_map_sys_delete_many(struct mbpf_map *map, const void *keys, u32 *nr);
int mbpf_map_sys_next_key(struct mbpf_map *map, const void *key, void *next);
int mbpf_map_sys_lookup_and_delete(struct mbpf_map *map, const void *key, void *value, u64 flags);

/**
 * mbpf_map_value_addr - address of the value area of an array map
 * @map: the map
 * @off: byte offset in the first value
 * @addr: set to the address
 *
 * For LDDW of MBPF_PSEUDO_MAP_VALUE. Return: 0, -ENOTSUPP unless an ARRAY
 * with one entry, -EINVAL if @off lies outside the value.
 */
int mbpf_map_value_addr(const struct mbpf_map *map, u32 off, u64 *addr);

/**
 * mbpf_map_mmap_area - the vmalloc'ed, page-aligned area to map for mmap(2)
 * @map: the map
 * @size: set to its bytes, page-aligned
 *
 * The area is charged to who created the map, which vmalloc_user() cannot do:
 * remap_vmalloc_range() refuses it, vm_insert_page() of its pages does not.
 *
 * Return: its address, or NULL unless a RINGBUF or created with MBPF_MAP_MMAPABLE.
 */
void *mbpf_map_mmap_area(const struct mbpf_map *map, u64 *size);

/*
 * Arrays of what user space names by descriptor. Slots hold pointers to what the module puts there,
 * of which it holds a reference, or NULL. Machine code reads a PROG_ARRAY's, which are struct
 * mbpf_prog pointers, by the offsets that jit.h's target describes.
 */
struct mbpf_fd_array {
	struct mbpf_map map;
	u32 max_entries;
	void *slots[];
};

bool mbpf_map_is_fd_array(const struct mbpf_map *map);

/* What is in a slot; @index is in range. */
void *mbpf_fd_array_get(struct mbpf_map *map, u32 index);

/*
 * Exchanges a slot and returns what was there, whose reference is the caller's and which programs
 * may use until a grace period has passed; or ERR_PTR(-E2BIG).
 */
void *mbpf_fd_array_swap(struct mbpf_map *map, u32 index, void *object);

#endif /* MBPF_MAP_H */
