// SPDX-License-Identifier: GPL-2.0-only
/* What row_maps.h declares. */
#include "row_maps.h"

static void must(bool ok, const struct row *row, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "row '%s': %s\n", row->name, what);
	abort();
}

static struct mbpf_map *create_map(const struct row *row, const struct row_map *map)
{
	struct mbpf_map_attr attr = {
		.type = map->type, .key_size = map->key_size, .value_size = map->value_size,
		.max_entries = map->max_entries, .flags = map->flags, .name = "row",
	};
	struct mbpf_map *made = mbpf_map_create(&attr);

	must(!IS_ERR(made), row, "map not created");
	return made;
}

static void delete_all(struct mbpf_map *map, const struct row_map *spec)
{
	u8 *key = calloc(1, spec->key_size);

	while (!mbpf_map_sys_next_key(map, NULL, key))
		mbpf_map_sys_delete(map, key);
	free(key);
}

/* Key 0's value, and of a hash no other key. */
static void set_value(struct mbpf_map *map, const struct row_map *spec)
{
	u64 size = mbpf_map_user_value_size(map);
	u8 *key = calloc(1, spec->key_size), *value = calloc(1, size);
	bool hash = spec->type == ROW_MAP_HASH || spec->type == ROW_MAP_PERCPU_HASH;

	if (spec->init)
		memcpy(value, spec->init, spec->init_size);
	if (hash)
		delete_all(map, spec);
	if (!hash || spec->init)
		mbpf_map_sys_update(map, key, value, MBPF_ANY);
	free(key);
	free(value);
}

static bool value_ok(struct mbpf_map *map, const struct row_map *spec)
{
	u64 size = mbpf_map_user_value_size(map);
	u8 *key = calloc(1, spec->key_size), *value = calloc(1, size);
	bool ok = !mbpf_map_sys_lookup(map, key, value, 0) &&
		  !memcmp(value, spec->want, spec->want_size);

	free(key);
	free(value);
	return ok;
}

void unit_row_init_maps(struct unit_row *r)
{
	u32 i;

	for (i = 0; i < r->nr_maps; i++)
		if (r->row->maps[i].type != ROW_MAP_PROG_ARRAY &&
		    r->row->maps[i].type != ROW_MAP_RINGBUF)
			set_value(r->maps[i], &r->row->maps[i]);
}

bool unit_row_maps_ok(struct unit_row *r)
{
	u32 i;

	for (i = 0; i < r->nr_maps; i++)
		if (r->row->maps[i].want && !value_ok(r->maps[i], &r->row->maps[i]))
			return false;
	return true;
}

int unit_row_load(struct unit_row *r, const struct row *row, struct mbpf_log *log)
{
	struct mbpf_verify_rules rules = unit_rules;
	u32 i;
	int err;

	memset(r, 0, sizeof(*r));
	r->row = row;
	rules.gpl = !(row->flags & ROW_GPL_OFF);
	rules.perfmon = !(row->flags & ROW_PERFMON_OFF);
	for (i = 0; row->maps[i].type; i++)
		r->maps[r->nr_maps++] = create_map(row, &row->maps[i]);
	unit_row_init_maps(r);
	for (i = 0; i < r->nr_maps; i++)
		r->maps[i]->frozen = row->maps[i].frozen;

	err = unit_prog_load(&r->progs[0], row->insns, row->nr, r->maps, r->nr_maps, &rules, log);
	for (i = 0; i < row->nr_tails && !err; i++) {
		const struct row_prog *tail = &row->tails[i];

		if (tail->insns)
			must(!unit_prog_load(&r->progs[1 + i], tail->insns, tail->nr, r->maps,
					     r->nr_maps, &rules, log), row, "tail program rejected");
	}
	return err;
}

void unit_row_unload(struct unit_row *r)
{
	u32 i;

	for (i = 0; i <= ROW_MAX_TAILS; i++)
		unit_prog_unload(&r->progs[i]);
	rcu_barrier();
	for (i = 0; i < r->nr_maps; i++)
		mbpf_map_destroy(r->maps[i]);
	r->nr_maps = 0;
}

int unit_row_engine(struct unit_row *r, const struct unit_engine *engine)
{
	const struct row *row = r->row;
	struct mbpf_map *array = NULL;
	u32 i;
	int err;

	err = unit_prog_engine(&r->progs[0], engine);
	for (i = 0; i < r->nr_maps; i++)
		if (row->maps[i].type == ROW_MAP_PROG_ARRAY)
			array = r->maps[i];
	for (i = 0; i < row->nr_tails && !err; i++) {
		struct unit_prog *tail = &r->progs[row->tails[i].insns ? 1 + i : 0];

		if (row->tails[i].insns)
			err = unit_prog_engine(tail, engine);
		must(!IS_ERR(mbpf_fd_array_swap(array, row->tails[i].slot, &tail->prog)), row,
		     "no such slot");
	}
	return err;
}

u32 unit_row_runs(const struct row *row)
{
	return row->nr_runs ? row->nr_runs : 1;
}

void unit_row_ctx(const struct row *row, u32 n, void *ctx)
{
	memset(ctx, 0, UNIT_CTX_SIZE);
	if (row->nr_runs)
		memcpy(ctx, row->runs[n].ctx, sizeof(row->runs[n].ctx));
}

u64 unit_row_r0(const struct row *row, u32 n)
{
	return row->nr_runs ? row->runs[n].r0 : row->r0;
}
