// SPDX-License-Identifier: GPL-2.0-only
/* Rows 7 to 10: maps as programs use them. */
#include "bench.h"

#define ENTRIES (options.quick ? 64 : 1024)

/* Elements that are there, more than are asked for. */
#define FILLED (options.quick ? 20 : ENTRIES)

enum index { INDEX_CONST, INDEX_PROVEN, INDEX_UNPROVEN };

static void put_lookup(struct code *c, int key_size)
{
	PUT(c, LDMAP(R1, 1), MOVR(R2, R10), ALU64(ADD, R2, -key_size), CALL(FN_map_lookup_elem));
}

/* value = map[index]++ */
static void build_array(struct code *c, const struct micro *m, bool base)
{
	uint32_t loop = code_begin(c);

	if (m->arg == INDEX_CONST) {
		PUT(c, ST(W, R10, -4, 5));
	} else if (m->arg == INDEX_PROVEN) {
		PUT(c, MOVR(R1, R6), ALU64(AND, R1, ENTRIES - 1), STX(W, R10, -4, R1));
	} else {
		PUT(c, LDX(W, R1, R8, 8), ALU64R(ADD, R1, R6), STX(W, R10, -4, R1));
	}
	if (!base) {
		put_lookup(c, 4);
		PUT(c, JMP(JEQ, R0, 0, 3), LDX(DW, R1, R0, 0), ALU64(ADD, R1, 1),
		    STX(DW, R0, 0, R1));
	}
	code_end(c, loop, LOOPS);
}

void row_array(const char *row)
{
	static const char * const indices[] = { "constant", "proven", "unknown" };
	static const double targets[][NR_MACHINES] = {
		{ 2.5, 2.5, 2.5 }, { 3.5, 3.5, 3.5 }, { 2.5, 2.5, 2.5 },
	};
	char what[64];
	int i;

	for (i = 0; i < 6; i++) {
		const double *target = targets[i % 3];

		snprintf(what, sizeof(what), "%sarray[%s index]++", i < 3 ? "" : "per-CPU ",
			 indices[i % 3]);
		MICRO(.row = row, .what = what, .build = build_array, .arg = i % 3,
		      .maps = { { i < 3 ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_PERCPU_ARRAY,
				  4, 8, ENTRIES, 0 } },
		      .target = { target[0], target[1], target[2] });
	}
}

/* Key number @i: a number, then zeroes. */
static void make_key(uint8_t *key, uint32_t size, uint64_t i)
{
	memset(key, 0, size);
	memcpy(key, &i, size < 8 ? size : 8);
}

/* Zeroes the key on the stack, but for the number. */
static void put_key_tail(struct code *c, int size)
{
	int at;

	for (at = 8; at < size; at += 8)
		PUT(c, ST(DW, R10, -size + at, 0));
}

static void put_key(struct code *c, int size)
{
	if (size == 4)
		PUT(c, STX(W, R10, -size, R6));
	else
		PUT(c, STX(DW, R10, -size, R6));
}

static int fill_hash(enum side side, const int *fds, const struct micro *m)
{
	const struct map_spec *spec = &m->maps[0];
	/* As many as a per-CPU map may want, one for each CPU. */
	static uint64_t values[1024];
	uint8_t key[64];
	uint64_t i, cpu;
	int err;

	for (i = 0; i < FILLED; i++) {
		make_key(key, spec->key_size, i);
		for (cpu = 0; cpu < NR(values); cpu++)
			values[cpu] = i;
		err = map_update(side, fds[1], key, values, BPF_ANY);
		if (err)
			return err;
	}
	return 0;
}

static void build_lookup(struct code *c, const struct micro *m, bool base)
{
	int size = m->maps[0].key_size;
	uint32_t loop;

	put_key_tail(c, size);
	loop = code_begin(c);
	put_key(c, size);
	if (!base) {
		put_lookup(c, size);
		PUT(c, JMP(JEQ, R0, 0, 2), LDX(DW, R1, R0, 0), ALU64R(ADD, R7, R1));
	}
	code_end(c, loop, LOOPS);
}

static const uint32_t key_sizes[] = { 4, 8, 16, 32, 64 };

void row_hash_lookup(const char *row)
{
	char what[64];
	uint32_t i;

	for (i = 0; i < 2 * NR(key_sizes); i++) {
		uint32_t size = key_sizes[i / 2], entries = i % 2 ? 65536 : ENTRIES;

		snprintf(what, sizeof(what), "hash lookup, key %u, %s entries", size,
			 i % 2 ? "64K" : "1K");
		MICRO(.row = row, .what = what, .build = build_lookup, .setup = fill_hash,
		      .maps = { { BPF_MAP_TYPE_HASH, size, 8, entries, 0 } },
		      .target = { 6, 6, 4 });
	}
	MICRO(.row = row, .what = "hash lookup, key 4, miss", .build = build_lookup,
	      .maps = { { BPF_MAP_TYPE_HASH, 4, 8, ENTRIES, 0 } }, .target = { 6, 6, 4 });
	MICRO(.row = row, .what = "per-CPU hash lookup, key 4", .build = build_lookup,
	      .setup = fill_hash, .maps = { { BPF_MAP_TYPE_PERCPU_HASH, 4, 8, ENTRIES, 0 } },
	      .target = { 6, 6, 4 });
}

static void put_update(struct code *c, int size)
{
	PUT(c, STX(DW, R10, -size - 8, R6), LDMAP(R1, 1), MOVR(R2, R10), ALU64(ADD, R2, -size),
	    MOVR(R3, R10), ALU64(ADD, R3, -size - 8), MOV(R4, BPF_ANY), CALL(FN_map_update_elem),
	    ALU64R(ADD, R7, R0));
}

static void build_update(struct code *c, const struct micro *m, bool base)
{
	int size = m->maps[0].key_size < 8 ? 8 : m->maps[0].key_size;
	uint32_t loop;

	put_key_tail(c, size);
	loop = code_begin(c);
	PUT(c, STX(DW, R10, -size, R6));
	if (!base)
		put_update(c, size);
	if (!base && m->arg)
		PUT(c, LDMAP(R1, 1), MOVR(R2, R10), ALU64(ADD, R2, -size),
		    CALL(FN_map_delete_elem), ALU64R(ADD, R7, R0));
	code_end(c, loop, LOOPS);
}

void row_hash_update(const char *row)
{
	MICRO(.row = row, .what = "array update, 8 bytes", .build = build_update,
	      .maps = { { BPF_MAP_TYPE_ARRAY, 4, 8, ENTRIES, 0 } });
	MICRO(.row = row, .what = "hash update of existing, key 4", .build = build_update,
	      .setup = fill_hash, .maps = { { BPF_MAP_TYPE_HASH, 4, 8, ENTRIES, 0 } },
	      .target = { 4.5, 4.5, 4.5 });
	MICRO(.row = row, .what = "hash update of existing, key 64", .build = build_update,
	      .setup = fill_hash, .maps = { { BPF_MAP_TYPE_HASH, 64, 8, ENTRIES, 0 } },
	      .target = { 4.5, 4.5, 4.5 });
	MICRO(.row = row, .what = "hash insert + delete, key 4", .build = build_update,
	      .arg = 1, .maps = { { BPF_MAP_TYPE_HASH, 4, 8, ENTRIES, 0 } },
	      .target = { 4.5, 4.5, 3.5 });
	MICRO(.row = row, .what = "the same, not preallocated", .build = build_update, .arg = 1,
	      .maps = { { BPF_MAP_TYPE_HASH, 4, 8, ENTRIES, BPF_F_NO_PREALLOC } },
	      .target = { 4.5, 4.5, 3.5 });
}

/* Keys that were never there: the number goes on from run to run, in the state. */
static void build_evict(struct code *c, const struct micro *m, bool base)
{
	uint32_t loop = code_begin(c);

	PUT(c, LDX(DW, R1, R8, 48), ALU64(ADD, R1, 1), STX(DW, R8, 48, R1), STX(DW, R10, -8, R1));
	if (!base)
		put_update(c, 8);
	code_end(c, loop, LOOPS);
}

void row_lru(const char *row)
{
	MICRO(.row = row, .what = "LRU hash lookup, key 4", .build = build_lookup, .setup = fill_hash,
	      .maps = { { BPF_MAP_TYPE_LRU_HASH, 4, 8, 4 * ENTRIES, 0 } }, .target = { 5, 5, 4 });
	MICRO(.row = row, .what = "LRU hash update of existing, key 4", .build = build_update,
	      .setup = fill_hash, .maps = { { BPF_MAP_TYPE_LRU_HASH, 4, 8, 4 * ENTRIES, 0 } },
	      .target = { 4, 4, 4 });
	MICRO(.row = row, .what = "LRU hash insert that evicts, key 4", .build = build_evict,
	      .setup = fill_hash, .loose = true,
	      .maps = { { BPF_MAP_TYPE_LRU_HASH, 4, 8, ENTRIES, 0 } }, .target = { 4, 4, 4 });
}
