/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RINGBUF: records from programs to one reader in user space, in memory that
 * both have. The layout is libbpf's: a page with the reader's position, which
 * it writes, one with the writers', and the data, which is mapped twice in a
 * row, so that no record is cut.
 *
 * A record begins with 8 bytes: its length and two flags, and a number that
 * leads from the record back to the map. Positions only ever grow; a record
 * at position p lies at p & (size - 1).
 */
#ifndef MBPF_MAP_RINGBUF_H
#define MBPF_MAP_RINGBUF_H

#include "map_family.h"

#define MBPF_RINGBUF_BUSY	(1U << 31)	/* not committed: readers stop here */
#define MBPF_RINGBUF_DISCARD	(1U << 30)	/* readers pass over it */
#define MBPF_RINGBUF_HDR	8

/* Flags of submit, discard and output. */
#define MBPF_RB_NO_WAKEUP	1
#define MBPF_RB_FORCE_WAKEUP	2

/* What query() tells. */
enum mbpf_ringbuf_query {
	MBPF_RB_AVAIL_DATA,
	MBPF_RB_RING_SIZE,
	MBPF_RB_CONS_POS,
	MBPF_RB_PROD_POS,
};

/**
 * mbpf_ringbuf_available - bytes between the reader and the writers
 * @map: a RINGBUF
 *
 * The reader's position is what user space says it is.
 */
u64 mbpf_ringbuf_available(const struct mbpf_map *map);

/**
 * mbpf_os_ringbuf_wake - wake those who wait for records
 * @map: a RINGBUF
 *
 * The operating system's part; called in a hard interrupt.
 */
void mbpf_os_ringbuf_wake(struct mbpf_map *map);

#endif /* MBPF_MAP_RINGBUF_H */
