// SPDX-License-Identifier: GPL-2.0-only
/* All rows: those that are written down, then those that are generated. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"

static const struct row rows[] = {
#include "lddw.rows"
#include "mem.rows"
#include "call.rows"
#include "tail.rows"
#include "map.rows"
#include "ringbuf.rows"
#include "stack.rows"
#include "reject.rows"
#include "verdict.rows"
#include "rules.rows"
};

const uint64_t gen_edges[] = {
	0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x123456789abcdef0,
	0x7fffffffffffffff, 0x8000000000000000, 0xffffffff00000000, 0xffffffff80000000,
	0xfffffffffffffff9, 0xfffffffffffffffe, 0xffffffffffffffff,
};
const uint32_t gen_nr_edges = GEN_COUNT(gen_edges);

const int32_t gen_imms[] = {
	0, 1, 2, 3, 7, 8, 16, 31, 32, 63, 127, 128, 255, 2047, 2048, 4096, 65535, 0x12345678,
	-1, -2, -7, -128, -129, -2048, -2049, INT32_MAX, INT32_MIN,
};
const uint32_t gen_nr_imms = GEN_COUNT(gen_imms);

const struct gen_pair gen_pairs[] = {
	{ 0x123456789abcdef0, 0x7000000b },
	{ 0x8000000000000000, 0xffffffffffffffff },
	{ 0xfffffffffffffff9, 3 },
	{ 0x0000000080000000, 0xffffffff00000000 },
};
const uint32_t gen_nr_pairs = GEN_COUNT(gen_pairs);

void gen_begin(struct gen *g)
{
	memset(&g->row, 0, sizeof(g->row));
	g->row.name = g->name;
	g->row.insns = g->insns;
	g->row.runs = g->runs;
}

void gen_insns(struct gen *g, const struct row_insn *insns, uint32_t nr)
{
	if (nr > ROW_MAX_INSNS - g->row.nr)
		abort();
	memcpy(g->insns + g->row.nr, insns, nr * sizeof(*insns));
	g->row.nr += nr;
}

void gen_run(struct gen *g, uint64_t a, uint64_t b, uint64_t c, uint64_t r0)
{
	if (g->row.nr_runs == ROW_MAX_RUNS)
		abort();
	g->runs[g->row.nr_runs++] = (struct row_run){ .ctx = { a, b, c }, .r0 = r0 };
}

void gen_end(struct gen *g, uint32_t flags, const char *name, ...)
{
	va_list args;

	if (g->err)
		return;
	va_start(args, name);
	vsnprintf(g->name, sizeof(g->name), name, args);
	va_end(args);
	g->row.flags |= flags;
	g->err = g->fn(&g->row, g->arg);
}

int rows_for_each(int (*fn)(const struct row *row, void *arg), void *arg)
{
	struct gen *g;
	uint32_t i;
	int err;

	for (i = 0; i < GEN_COUNT(rows); i++) {
		err = fn(&rows[i], arg);
		if (err)
			return err;
	}
	g = calloc(1, sizeof(*g));
	if (!g)
		return -1;
	g->fn = fn;
	g->arg = arg;
	gen_alu(g);
	gen_jmp(g);
	gen_mem(g);
	gen_atomic(g);
	err = g->err;
	free(g);
	return err;
}
