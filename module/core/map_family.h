/* SPDX-License-Identifier: GPL-2.0-only */
/* What the map families share among themselves. */
#ifndef MBPF_MAP_FAMILY_H
#define MBPF_MAP_FAMILY_H

#include "map.h"

/*
 * What a user asks for may be more than there is: no message, and no other
 * process shall be killed for it. The per-CPU allocator knows other flags.
 */
#define MBPF_MAP_GFP		(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)
#define MBPF_MAP_PERCPU_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY)

#define MBPF_MAP_ACCESS	(MBPF_MAP_RDONLY | MBPF_MAP_WRONLY | \
			 MBPF_MAP_RDONLY_PROG | MBPF_MAP_WRONLY_PROG)

/* Update flag of values with a lock inside, which no map here has. */
#define MBPF_LOCK	4

/* The families: each checks what is its own in @attr, beyond mbpf_map_create(). */
struct mbpf_map *mbpf_array_create(const struct mbpf_map_attr *attr);
struct mbpf_map *mbpf_percpu_array_create(const struct mbpf_map_attr *attr);
struct mbpf_map *mbpf_fd_array_create(const struct mbpf_map_attr *attr);
struct mbpf_map *mbpf_hash_create(const struct mbpf_map_attr *attr);
struct mbpf_map *mbpf_ringbuf_create(const struct mbpf_map_attr *attr);
struct mbpf_map *mbpf_stack_map_create(const struct mbpf_map_attr *attr);

/* What mbpf_map_mmap_area() gives. */
void *mbpf_array_mmap_area(const struct mbpf_map *map, u64 *size);
void *mbpf_ringbuf_mmap_area(const struct mbpf_map *map, u64 *size);

/* Fills the common head of a new map, zeroed before. */
void mbpf_map_init(struct mbpf_map *map, const struct mbpf_map_ops *ops,
		   const struct mbpf_map_attr *attr);

/* Bytes that a value takes in memory. */
static inline u32 mbpf_map_value_stride(const struct mbpf_map *map)
{
	return round_up(map->attr.value_size, 8);
}

/* What arrays have in common: 32-bit indices as keys. */
int mbpf_array_check(const struct mbpf_map_attr *attr, u32 flags);
int mbpf_array_next_key(struct mbpf_map *map, const void *key, void *next);
long mbpf_array_delete(struct mbpf_map *map, const void *key);

/* A 32-bit key; programs may keep it anywhere. */
static __always_inline u32 mbpf_map_index(const void *key)
{
	if (likely(!((unsigned long)key & 3)))
		return *(const u32 *)key;
	return get_unaligned((const u32 *)key);
}

/*
 * Values in maps lie at 8-byte boundaries and own the bytes up to the next
 * one. They are copied in whole words where both sides allow it, so that no
 * aligned field is ever seen half-written.
 */
static inline bool mbpf_value_is_aligned(const void *p)
{
	return !((unsigned long)p & 7);
}

/* The last @n bytes (1 to 7) of a value or key as a word, zeroes above. */
static __always_inline u64 mbpf_value_tail(const void *p, u32 n, bool aligned)
{
	const u8 *bytes = p;
	u64 word = 0;
	u32 shift = 0;

	if (n & 4) {
		word = aligned ? *(const u32 *)bytes : get_unaligned((const u32 *)bytes);
		bytes += 4;
		shift = 32;
	}
	if (n & 2) {
		word |= (u64)(aligned ? *(const u16 *)bytes :
				       get_unaligned((const u16 *)bytes)) << shift;
		bytes += 2;
		shift += 16;
	}
	if (n & 1)
		word |= (u64)*bytes << shift;
	return word;
}

/* A value of at most 8 bytes, wherever it lies. */
u64 mbpf_value_word(const void *src, u32 size);

/* Into a map, by one store. */
static __always_inline void mbpf_value_write_word(void *dst, const void *src, u32 size)
{
	u64 word;

	if (likely(size == 8 && mbpf_value_is_aligned(src)))
		word = *(const u64 *)src;
	else if (size == 4 && !((unsigned long)src & 3))
		word = *(const u32 *)src;
	else
		word = mbpf_value_word(src, size);
	WRITE_ONCE(*(u64 *)dst, word);
}

/* Into a map. */
static inline void mbpf_value_write(void *dst, const void *src, u32 size)
{
	const u64 *from = src;
	u64 *to = dst;

	if (size > 8 && !mbpf_value_is_aligned(src)) {
		memcpy(dst, src, size);
		return;
	}
	for (; size > 32; size -= 32, to += 4, from += 4) {
		WRITE_ONCE(to[0], from[0]);
		WRITE_ONCE(to[1], from[1]);
		WRITE_ONCE(to[2], from[2]);
		WRITE_ONCE(to[3], from[3]);
	}
	for (; size > 8; size -= 8)
		WRITE_ONCE(*to++, *from++);
	mbpf_value_write_word(to, from, size);
}

/* Out of a map. */
static inline void mbpf_value_read(void *dst, const void *src, u32 size)
{
	const u64 *from = src;
	u64 *to = dst, tail;
	u32 n;

	if (!mbpf_value_is_aligned(dst)) {
		memcpy(dst, src, size);
		return;
	}
	for (n = size; n >= 8; n -= 8)
		*to++ = READ_ONCE(*from++);
	if (n) {
		tail = READ_ONCE(*from);
		memcpy(to, &tail, n);
	}
}

#endif /* MBPF_MAP_FAMILY_H */
