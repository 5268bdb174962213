/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of selftests/rows on the present backend: load, run, compare. */
#ifndef KERNEL_ROW_RUN_H
#define KERNEL_ROW_RUN_H

#include "backend.h"
#include "row.h"

#define PROG_TYPE_KPROBE		2
#define PROG_TYPE_RAW_TRACEPOINT	17	/* what in-tree test-runs with a context */

/* Of a row's executions about so many; the tests in user space do all. */
#define MAX_RUNS 6

/**
 * struct loaded_row - a row's objects
 * @row: the row
 * @prog: its program, or what loading it gave (a negative errno)
 * @maps: as in the row
 * @nr_maps: how many
 * @tails: its other programs
 * @log: what the load said
 * @explain: not NULL: goes there instead, @explain_size bytes; set before loading
 * @explain_size: see @explain
 */
struct loaded_row {
	const struct row *row;
	int prog;
	int maps[ROW_MAX_MAPS];
	uint32_t nr_maps;
	int tails[ROW_MAX_TAILS];
	char log[16384];
	char *explain;
	uint32_t explain_size;
};

static uint64_t user_value_size(const struct row_map *map)
{
	bool percpu = map->type == ROW_MAP_PERCPU_HASH || map->type == ROW_MAP_PERCPU_ARRAY;

	return percpu ? (map->value_size + 7ULL) / 8 * 8 * minibpf_nr_cpus() : map->value_size;
}

/* Key 0's value as the row wants it before a run; a hash has no other key. */
static void row_set_value(int fd, const struct row_map *map)
{
	bool hash = map->type == ROW_MAP_HASH || map->type == ROW_MAP_PERCPU_HASH;
	uint8_t key[512] = {}, *value = calloc(1, user_value_size(map));

	if (map->init)
		memcpy(value, map->init, map->init_size);
	while (hash && !minibpf_get_next_key(fd, NULL, key))
		minibpf_delete_elem(fd, key);
	memset(key, 0, sizeof(key));
	if (!hash || map->init)
		minibpf_update_elem(fd, key, value, MINIBPF_ANY);
	free(value);
}

static bool row_value_ok(int fd, const struct row_map *map)
{
	uint8_t key[512] = {}, *value = calloc(1, user_value_size(map));
	bool ok = !minibpf_lookup_elem(fd, key, value) &&
		  !memcmp(value, map->want, map->want_size);

	free(value);
	return ok;
}

/* Loads instructions whose maps are named by index. */
static int row_prog_load(struct loaded_row *l, const struct row_insn *insns, uint32_t nr,
			 uint32_t type)
{
	struct row_insn *copy = malloc(nr * sizeof(*copy));
	union minibpf_attr attr;
	uint32_t i;
	int fd;

	memcpy(copy, insns, nr * sizeof(*copy));
	for (i = 0; i < nr; i++) {
		if (copy[i].code != 0x18)
			continue;
		if ((copy[i].src == 1 || copy[i].src == 2) && (uint32_t)copy[i].imm < l->nr_maps)
			copy[i].imm = l->maps[copy[i].imm];
		i++;
	}
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)copy;
	attr.insn_cnt = nr;
	attr.license = (uintptr_t)(l->row->flags & ROW_GPL_OFF ? "Proprietary" : "GPL");
	fd = minibpf_call(MINIBPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0 && (l->row->log || l->explain)) {
		attr.log_level = 1;
		attr.log_size = l->explain ? l->explain_size : sizeof(l->log);
		attr.log_buf = (uintptr_t)(l->explain ? l->explain : l->log);
		minibpf_call(MINIBPF_PROG_LOAD, &attr, sizeof(attr));
	}
	free(copy);
	return fd;
}

static void row_load(struct loaded_row *l, const struct row *row, uint32_t type)
{
	int array = -1, fd;
	uint32_t i;

	memset(l, 0, offsetof(struct loaded_row, log));
	l->log[0] = 0;
	l->row = row;
	for (i = 0; row->maps[i].type; i++) {
		const struct row_map *map = &row->maps[i];
		struct minibpf_map_opts opts = {
			.type = map->type, .key_size = map->key_size,
			.value_size = map->value_size, .max_entries = map->max_entries,
			.flags = map->flags,
		};

		l->maps[l->nr_maps++] = minibpf_map_create(&opts);
		if (map->type == ROW_MAP_PROG_ARRAY)
			array = l->maps[i];
		else if (map->type != ROW_MAP_RINGBUF)
			row_set_value(l->maps[i], map);
		if (map->frozen)
			minibpf_map_freeze(l->maps[i]);
	}
	l->prog = row_prog_load(l, row->insns, row->nr, type);
	for (i = 0; i < row->nr_tails && l->prog >= 0; i++) {
		const struct row_prog *tail = &row->tails[i];

		fd = l->prog;
		l->tails[i] = -1;
		if (tail->insns)
			fd = l->tails[i] = row_prog_load(l, tail->insns, tail->nr, type);
		minibpf_update_elem(array, &tail->slot, &fd, MINIBPF_ANY);
	}
}

static void row_unload(struct loaded_row *l)
{
	uint32_t i;

	for (i = 0; i < l->row->nr_tails && l->prog >= 0; i++)
		if (l->tails[i] >= 0)
			close(l->tails[i]);
	if (l->prog >= 0)
		close(l->prog);
	for (i = 0; i < l->nr_maps; i++)
		close(l->maps[i]);
}

static uint32_t row_nr_runs(const struct row *row)
{
	return row->nr_runs ? row->nr_runs : 1;
}

/* Execution @n on @ctx of 8 words. Returns 0 or -errno; R0's lower half in @r0. */
static int row_run(struct loaded_row *l, const uint64_t *ctx, uint32_t *r0)
{
	union minibpf_attr attr;
	uint32_t i;
	int err;

	for (i = 0; i < l->nr_maps; i++)
		if (l->row->maps[i].type != ROW_MAP_PROG_ARRAY &&
		    l->row->maps[i].type != ROW_MAP_RINGBUF && !l->row->maps[i].frozen)
			row_set_value(l->maps[i], &l->row->maps[i]);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = l->prog;
	attr.test.ctx_in = (uintptr_t)ctx;
	attr.test.ctx_size_in = ROW_CTX_WORDS * sizeof(*ctx);
	err = minibpf_call(MINIBPF_PROG_TEST_RUN, &attr, sizeof(attr));
	*r0 = attr.test.retval;
	return err;
}

/* Runs what the row asks for; what differs is named in @what. */
static inline bool row_check_runs(struct loaded_row *l, char *what, size_t size)
{
	const struct row *row = l->row;
	uint64_t ctx[ROW_CTX_WORDS] = {};
	uint32_t n, i, r0, want;
	int err;

	for (n = 0; n < row_nr_runs(row); n += 1 + row_nr_runs(row) / MAX_RUNS) {
		if (row->nr_runs)
			memcpy(ctx, row->runs[n].ctx, sizeof(ctx));
		want = row->nr_runs ? row->runs[n].r0 : row->r0;
		err = row_run(l, ctx, &r0);
		if (err || r0 != want) {
			snprintf(what, size, "run %u: error %d, R0 0x%x, not 0x%x", n, err, r0,
				 want);
			return false;
		}
		for (i = 0; i < l->nr_maps; i++) {
			if (row->maps[i].want && !row_value_ok(l->maps[i], &row->maps[i])) {
				snprintf(what, size, "run %u: map %u differs", n, i);
				return false;
			}
		}
	}
	return true;
}

#endif /* KERNEL_ROW_RUN_H */
