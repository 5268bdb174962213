/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays, as a back end that computes a value's address itself sees them. */
#ifndef MBPF_MAP_ARRAY_H
#define MBPF_MAP_ARRAY_H

#include "map.h"

/**
 * struct mbpf_array - an ARRAY
 * @map: common head
 * @max_entries: as in @map, at hand
 * @stride: bytes from one value to the next, a multiple of 8
 * @values: value i is at @values + i * @stride. Fixed for the map's life
 * @size: bytes at @values, whole pages if MBPF_MAP_MMAPABLE
 */
struct mbpf_array {
	struct mbpf_map map;
	u32 max_entries;
	u32 stride;
	u8 *values;
	u64 size;
};

/**
 * struct mbpf_percpu_array - a PERCPU_ARRAY
 * @map: common head
 * @max_entries: as in @map, at hand
 * @stride: bytes from one value to the next, a multiple of 8
 * @shift: log2 of the values in a block
 * @nr_blocks: blocks
 * @blocks: value i is in block i >> @shift at (i & mask) * @stride
 *
 * A block is one per-CPU allocation: few large ones cost less than one for
 * each value. Up to 32 KB per CPU there is only one.
 */
struct mbpf_percpu_array {
	struct mbpf_map map;
	u32 max_entries;
	u32 stride;
	u32 shift;
	u32 nr_blocks;
	u8 __percpu *blocks[];
};

#endif /* MBPF_MAP_ARRAY_H */
