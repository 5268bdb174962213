/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps and programs of a row, in this process. */
#ifndef UNIT_ROW_MAPS_H
#define UNIT_ROW_MAPS_H

#include "engine.h"
#include "row.h"

/**
 * struct unit_row - a row that was loaded
 * @row: which
 * @maps: @nr_maps of them, in the row's order
 * @nr_maps: how many
 * @progs: the row's program, then its tail programs
 */
struct unit_row {
	const struct row *row;
	struct mbpf_map *maps[ROW_MAX_MAPS];
	u32 nr_maps;
	struct unit_prog progs[1 + ROW_MAX_TAILS];
};

/*
 * Creates the maps and loads the programs: 0, or the errno that the row's own
 * program got. unit_row_unload() it either way. What must not fail aborts.
 */
int unit_row_load(struct unit_row *r, const struct row *row, struct mbpf_log *log);
void unit_row_unload(struct unit_row *r);

/* Makes all its programs run on @engine, and fills the PROG_ARRAY. */
int unit_row_engine(struct unit_row *r, const struct unit_engine *engine);

/* How often it runs, and its context, of UNIT_CTX_SIZE bytes, and R0 for run @n. */
u32 unit_row_runs(const struct row *row);
void unit_row_ctx(const struct row *row, u32 n, void *ctx);
u64 unit_row_r0(const struct row *row, u32 n);

/* Gives the maps their initial values; compares them with what the row wants. */
void unit_row_init_maps(struct unit_row *r);
bool unit_row_maps_ok(struct unit_row *r);

#endif /* UNIT_ROW_MAPS_H */
