// SPDX-License-Identifier: GPL-2.0-only
/*
 * RINGBUF. Writers take no lock. One reserves by moving @reserved with cmpxchg,
 * writes its record's header, and publishes @producer when all before it have:
 * so the reader never sees a position behind which there is no header. The
 * wait is for a few instructions of other CPUs, never for this one's, because
 * nothing but programs reserves, and one program runs on a CPU at a time.
 * What is in a record takes as long as it takes: until then it is busy, and
 * the reader stops there.
 *
 * The reader's position is only asked whether there is room; whatever user
 * space writes there, a record that is not committed is not overwritten,
 * because @pending, which no one but the kernel moves, bounds reservations too.
 * Both are asked only when @limit, up to where there once was room, is reached.
 */
#include "helper_core.h"
#include "map_ringbuf.h"

#define MAX_RECORD	(U32_MAX / 4)
#define OWN_PAGES	1	/* in front of those that user space maps */
#define POS_PAGES	2
#define MANY_RECORDS	64	/* to look at when there is room already */

/**
 * struct mbpf_ringbuf - a RINGBUF, in the first of its pages
 * @map: common head
 * @reserved: position up to which space is given away
 * @limit: position up to which it may be; at times one that was the limit before
 * @mask: size of the data - 1
 * @data: where position 0 lies
 * @producer: position up to which there are records, on a page of its own
 * @consumer: position up to which they were read, on user space's page
 * @pending: every record before this position is committed
 * @kick: wakes readers, out of the context of the program
 * @pages: all pages, each once
 * @nr_pages: how many
 */
struct mbpf_ringbuf {
	struct mbpf_map map;
	unsigned long reserved;
	unsigned long limit;
	u64 mask;
	u8 *data;
	unsigned long *producer;
	unsigned long *consumer;
	unsigned long pending;
	struct irq_work kick;
	struct page **pages;
	u32 nr_pages;
};

struct header {
	u32 len;
	u32 page;	/* from the map to the header */
};

static struct mbpf_ringbuf *to_ringbuf(const struct mbpf_map *map)
{
	return container_of(map, struct mbpf_ringbuf, map);
}

static __always_inline struct header *header_at(const struct mbpf_ringbuf *rb, unsigned long pos)
{
	return (struct header *)(rb->data + (pos & rb->mask));
}

static __always_inline struct mbpf_ringbuf *ringbuf_of(const struct header *header)
{
	return (struct mbpf_ringbuf *)(((unsigned long)header & ~(PAGE_SIZE - 1)) -
				       (unsigned long)header->page * PAGE_SIZE);
}

/* Bytes that a record of @len takes. */
static __always_inline u64 record_size(u64 len)
{
	return (len + MBPF_RINGBUF_HDR + 7) & ~7ULL;
}

static void wake(struct irq_work *kick)
{
	mbpf_os_ringbuf_wake(&container_of(kick, struct mbpf_ringbuf, kick)->map);
}

/*
 * Moves @pending over what is committed by now, until there is room up to @end
 * and some more. Who looks at headers while others move it on, and overwrite
 * what it looks at, does not get to change it.
 */
static unsigned long advance_pending(struct mbpf_ringbuf *rb, unsigned long end)
{
	unsigned long from = READ_ONCE(rb->pending), last = smp_load_acquire(rb->producer);
	unsigned long pos = from, was;
	u32 len, nr;

	for (nr = 0; (long)(last - pos) > 0 && (nr < MANY_RECORDS || end - pos > rb->mask); nr++) {
		len = smp_load_acquire(&header_at(rb, pos)->len);
		if (len & MBPF_RINGBUF_BUSY)
			break;
		pos += record_size(len & ~MBPF_RINGBUF_DISCARD);
	}
	if (pos == from)
		return from;
	was = cmpxchg(&rb->pending, from, pos);
	return was == from ? pos : was;
}

/*
 * Whether there is room for @size bytes, that is for neither what is unread nor
 * what is not committed to be there; sets @limit if so. It may lose to one who
 * found less room: then the next who needs it asks again.
 */
static bool make_room(struct mbpf_ringbuf *rb, u64 size)
{
	unsigned long pos = READ_ONCE(rb->reserved), end = pos + size;
	unsigned long read = smp_load_acquire(rb->consumer), done = READ_ONCE(rb->pending);

	if (end - read > rb->mask)
		return false;
	if (end - done > rb->mask)
		done = advance_pending(rb, end);
	if (end - done > rb->mask)
		return false;
	/* Both are at most @mask before the end: compared as distances, which cannot wrap. */
	WRITE_ONCE(rb->limit, end + rb->mask - max(end - read, end - done));
	return true;
}

/*
 * Space for a record of @len bytes, busy; false if there is none as far as
 * @limit tells, or another CPU took it. Only who moves @reserved writes there,
 * and not before it did: no more order is needed. The verifier bounds @len so
 * that nothing wraps.
 */
static __always_inline bool reserve(struct mbpf_ringbuf *rb, u64 len, struct header **record)
{
	unsigned long pos = READ_ONCE(rb->reserved), end = pos + record_size(len);
	unsigned long *producer = rb->producer;
	struct header *header;

	if (unlikely((long)(READ_ONCE(rb->limit) - end) < 0))
		return false;
	if (unlikely(cmpxchg_relaxed(&rb->reserved, pos, end) != pos))
		return false;
	header = header_at(rb, pos);
	header->page = ((unsigned long)header - (unsigned long)rb) / PAGE_SIZE;
	/* Who looks for committed records may be reading here. */
	WRITE_ONCE(header->len, len | MBPF_RINGBUF_BUSY);
	while (unlikely(READ_ONCE(*producer) != pos))
		cpu_relax();
	/* The header before the position. */
	smp_store_release(producer, end);
	*record = header;
	return true;
}

/* The same until there is no room. */
static noinline struct header *reserve_slowly(struct mbpf_ringbuf *rb, u64 len)
{
	struct header *header;

	if (len > MAX_RECORD)
		return NULL;
	do {
		if (reserve(rb, len, &header))
			return header;
	} while (make_room(rb, record_size(len)));
	return NULL;
}

static noinline u64 kick_reader(struct mbpf_ringbuf *rb)
{
	irq_work_queue(&rb->kick);
	return 0;
}

/* Lets the reader have a record: @len, what its header says then, is not busy. Returns 0. */
static __always_inline u64 commit(struct header *header, u32 len, u64 flags)
{
	struct mbpf_ringbuf *rb;

	if (flags == MBPF_RB_NO_WAKEUP) {
		smp_store_release(&header->len, len);
		return 0;
	}
	/* Before others may give the place away. */
	rb = ringbuf_of(header);
	/*
	 * A full barrier: the reader either sees the record or has not said yet
	 * that it has read all before it.
	 */
	xchg(&header->len, len);
	if (flags & MBPF_RB_FORCE_WAKEUP)
		return kick_reader(rb);
	if (header_at(rb, READ_ONCE(*rb->consumer)) == header && !(flags & MBPF_RB_NO_WAKEUP))
		return kick_reader(rb);
	return 0;
}

static __always_inline struct mbpf_ringbuf *of_register(u64 reg)
{
	return to_ringbuf((struct mbpf_map *)(unsigned long)reg);
}

u64 mbpf_helper_ringbuf_reserve(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct header *header;

	if (unlikely(r3))
		return 0;
	if (unlikely(!reserve(of_register(r1), r2, &header))) {
		header = reserve_slowly(of_register(r1), r2);
		if (!header)
			return 0;
	}
	return (unsigned long)(header + 1);
}

static __always_inline struct header *header_of(u64 record)
{
	return (struct header *)(unsigned long)record - 1;
}

u64 mbpf_helper_ringbuf_submit(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return commit(header_of(r1), header_of(r1)->len ^ MBPF_RINGBUF_BUSY, r2);
}

u64 mbpf_helper_ringbuf_discard(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return commit(header_of(r1),
		      header_of(r1)->len ^ (MBPF_RINGBUF_BUSY | MBPF_RINGBUF_DISCARD), r2);
}

/* Any data, and whatever the first attempt could not do. */
static noinline u64 output_slowly(struct mbpf_ringbuf *rb, const void *data, u64 len, u64 flags)
{
	struct header *header;

	if (flags & ~(u64)(MBPF_RB_NO_WAKEUP | MBPF_RB_FORCE_WAKEUP))
		return (s64)-EINVAL;
	header = reserve_slowly(rb, len);
	if (!header)
		return (s64)-EAGAIN;
	memcpy(header + 1, data, len);
	return commit(header, len, flags);
}

/* By words, those that are no group of four first. There is room for all of the last one. */
static __always_inline void copy_words(u64 *to, const u64 *from, u64 len)
{
	const u64 *end;

	if (len & 8)
		*to++ = *from++;
	if (len & 16) {
		*to++ = *from++;
		*to++ = *from++;
	}
	for (end = from + len / 32 * 4; from != end; from += 4, to += 4) {
		to[0] = from[0];
		to[1] = from[1];
		to[2] = from[2];
		to[3] = from[3];
	}
	if (len & 7)
		*to = mbpf_value_tail(from, len & 7, true);
}

u64 mbpf_helper_ringbuf_output(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const void *data = (const void *)(unsigned long)r2;
	struct header *header;

	if (unlikely(r4 > MBPF_RB_NO_WAKEUP || !mbpf_value_is_aligned(data) ||
		     !reserve(of_register(r1), r3, &header)))
		return output_slowly(of_register(r1), data, r3, r4);
	copy_words((u64 *)(header + 1), data, r3);
	return commit(header, r3, r4 ? MBPF_RB_NO_WAKEUP : 0);
}

u64 mbpf_helper_ringbuf_query(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct mbpf_ringbuf *rb = of_register(r1);

	switch (r2) {
	case MBPF_RB_AVAIL_DATA:
		return mbpf_ringbuf_available(&rb->map);
	case MBPF_RB_RING_SIZE:
		return rb->mask + 1;
	case MBPF_RB_CONS_POS:
		return smp_load_acquire(rb->consumer);
	case MBPF_RB_PROD_POS:
		return smp_load_acquire(rb->producer);
	default:
		return 0;
	}
}

u64 mbpf_ringbuf_available(const struct mbpf_map *map)
{
	const struct mbpf_ringbuf *rb = to_ringbuf(map);
	unsigned long read = smp_load_acquire(rb->consumer);

	return smp_load_acquire(rb->producer) - read;
}

static void free_pages_of(struct page **pages, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		__free_page(pages[i]);
	kvfree(pages);
}

static void ringbuf_destroy(struct mbpf_map *map)
{
	struct mbpf_ringbuf *rb = to_ringbuf(map);
	struct page **pages = rb->pages;
	u32 nr = rb->nr_pages;

	irq_work_sync(&rb->kick);
	vunmap(rb);
	free_pages_of(pages, nr);
}

static void *ringbuf_lookup(struct mbpf_map *map, const void *key)
{
	return NULL;
}

static long ringbuf_update(struct mbpf_map *map, const void *key, const void *value, u64 flags)
{
	return -ENOTSUPP;
}

static long ringbuf_delete(struct mbpf_map *map, const void *key)
{
	return -ENOTSUPP;
}

static int ringbuf_next_key(struct mbpf_map *map, const void *key, void *next)
{
	return -ENOTSUPP;
}

static const struct mbpf_map_ops ringbuf_ops = {
	.destroy = ringbuf_destroy,
	.lookup = ringbuf_lookup,
	.update = ringbuf_update,
	.delete = ringbuf_delete,
	.next_key = ringbuf_next_key,
};

/* One address after the other: own page, positions, the data and the data again. */
static void *map_pages(struct page **pages, u32 nr, u32 nr_data)
{
	struct page **twice = kvmalloc_array(nr + nr_data, sizeof(*twice), MBPF_MAP_GFP);
	void *area;

	if (!twice)
		return NULL;
	memcpy(twice, pages, nr * sizeof(*pages));
	memcpy(twice + nr, pages + nr - nr_data, nr_data * sizeof(*pages));
	area = vmap(twice, nr + nr_data, VM_MAP, PAGE_KERNEL);
	kvfree(twice);
	return area;
}

static struct mbpf_ringbuf *alloc_ringbuf(u32 size)
{
	u32 nr_data = size / PAGE_SIZE, nr = OWN_PAGES + POS_PAGES + nr_data, i;
	struct page **pages = kvmalloc_array(nr, sizeof(*pages), MBPF_MAP_GFP);
	struct mbpf_ringbuf *rb = NULL;

	if (!pages)
		return NULL;
	for (i = 0; i < nr; i++) {
		pages[i] = alloc_page(MBPF_MAP_GFP | __GFP_ZERO);
		if (!pages[i] || fatal_signal_pending(current))
			break;
		cond_resched();
	}
	if (i == nr)
		rb = map_pages(pages, nr, nr_data);
	if (!rb) {
		free_pages_of(pages, i + (i < nr && pages[i]));
		return NULL;
	}
	rb->pages = pages;
	rb->nr_pages = nr;
	return rb;
}

struct mbpf_map *mbpf_ringbuf_create(const struct mbpf_map_attr *attr)
{
	struct mbpf_ringbuf *rb;

	BUILD_BUG_ON(sizeof(struct mbpf_ringbuf) > PAGE_SIZE);
	if (attr->key_size || attr->value_size || attr->flags ||
	    !is_power_of_2(attr->max_entries) || attr->max_entries % PAGE_SIZE)
		return ERR_PTR(-EINVAL);
	rb = alloc_ringbuf(attr->max_entries);
	if (!rb)
		return ERR_PTR(-ENOMEM);
	mbpf_map_init(&rb->map, &ringbuf_ops, attr);
	rb->mask = attr->max_entries - 1;
	rb->limit = rb->mask;
	rb->consumer = (unsigned long *)((u8 *)rb + OWN_PAGES * PAGE_SIZE);
	rb->producer = (unsigned long *)((u8 *)rb->consumer + PAGE_SIZE);
	rb->data = (u8 *)rb + (OWN_PAGES + POS_PAGES) * PAGE_SIZE;
	init_irq_work(&rb->kick, wake);
	atomic64_set(&rb->map.bytes, (u64)rb->nr_pages * (PAGE_SIZE + sizeof(*rb->pages)));
	return &rb->map;
}

void *mbpf_ringbuf_mmap_area(const struct mbpf_map *map, u64 *size)
{
	*size = POS_PAGES * PAGE_SIZE + 2 * (to_ringbuf(map)->mask + 1);
	return (u8 *)to_ringbuf(map) + OWN_PAGES * PAGE_SIZE;
}
