// SPDX-License-Identifier: GPL-2.0-only
/* The generator's numbers, registers and functions; see random_prog.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_gen.h"

#define EPILOGUE 64	/* slots that collecting the results takes at most */

/* Vigna's splitmix64. */
uint64_t random_bits(struct random_gen *g)
{
	uint64_t z = g->seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

uint32_t random_below(struct random_gen *g, uint32_t n)
{
	return (uint32_t)(random_bits(g) >> 32) % n;
}

/* Mostly at edges and small: there is where encodings differ. */
uint64_t random_word(struct random_gen *g)
{
	uint64_t bits = random_bits(g);
	uint32_t shift = random_below(g, 64);

	switch (random_below(g, 6)) {
	case 0:
		return bits >> shift;
	case 1:
		return (int64_t)bits >> shift;
	case 2:
		return 1ULL << shift;
	case 3:
		return (1ULL << shift) - 1;
	case 4:
		return random_below(g, 16);
	default:
		return -(uint64_t)random_below(g, 16);
	}
}

int32_t random_imm(struct random_gen *g)
{
	uint64_t word = random_word(g);

	return random_below(g, 4) ? (int32_t)word : (int32_t)(word >> 32);
}

uint32_t random_put(struct random_gen *g, struct row_insn insn)
{
	if (g->p->row.nr == RANDOM_MAX_INSNS)
		abort();
	g->p->insns[g->p->row.nr] = insn;
	return g->p->row.nr++;
}

void random_lddw(struct random_gen *g, int dst, int src, uint64_t imm)
{
	PUT(g, RAW(0x18, dst, src, 0, imm));
	PUT(g, RAW(0, 0, 0, 0, imm >> 32));
}

void random_set(struct random_gen *g, int reg, int kind, int off)
{
	g->s.reg[reg] = (struct thing){ .kind = kind, .off = off };
}

static int pick(struct random_gen *g, const struct thing *things, uint32_t nr, int kind, int not)
{
	uint32_t from = random_below(g, nr), i;

	for (i = 0; i < nr; i++) {
		uint32_t at = (from + i) % nr;

		if (things[at].kind == kind && (int)at != not)
			return at;
	}
	return ANY;
}

int random_reg(struct random_gen *g, int kind, int not)
{
	return pick(g, g->s.reg, 10, kind, not);
}

int random_slot(struct random_gen *g, int kind)
{
	return pick(g, g->s.slot, NR_SLOTS, kind, ANY);
}

int random_target(struct random_gen *g)
{
	int reg;

	do {
		reg = random_below(g, 10);
	} while (reg == g->ctx || g->s.reg[reg].kind == COUNTER);
	return reg;
}

int random_scalar(struct random_gen *g)
{
	int reg = random_reg(g, random_below(g, 8) ? SCALAR : COUNTER, ANY);

	if (reg == ANY)
		reg = random_reg(g, SCALAR, ANY);
	if (reg == ANY) {
		reg = random_target(g);
		PUT(g, MOV(reg, random_imm(g)));
		random_set(g, reg, SCALAR, 0);
	}
	return reg;
}

int random_room(struct random_gen *g)
{
	int left = RANDOM_MAX_INSNS - (int)g->p->row.nr, i, later = 0;

	for (i = g->current + 1; i < MAX_FUNCS; i++)
		later += 2 * EPILOGUE;
	return g->budget-- > 0 && left > later + 2 * EPILOGUE;
}

/* All that was computed goes to the map, and folded into R0. */
static void collect(struct random_gen *g)
{
	int reg, slot, base = g->ctx;

	random_lddw(g, base, 2, (uint64_t)RANDOM_DATA_SIZE << 32);
	for (reg = R0; reg <= R9; reg++)
		if (g->s.reg[reg].kind == SCALAR)
			PUT(g, STX(DW, base, 8 * reg, reg));
	if (g->s.reg[R0].kind != SCALAR)
		PUT(g, MOV(R0, 1));
	for (reg = R1; reg <= R9; reg++) {
		if (g->s.reg[reg].kind != SCALAR)
			continue;
		PUT(g, ALU64(MUL, R0, 33));
		PUT(g, ALU64R(XOR, R0, reg));
	}
	for (slot = 0; slot < NR_SLOTS; slot++) {
		if (g->s.slot[slot].kind != SCALAR)
			continue;
		PUT(g, LDX(DW, R1, R10, -8 * (slot + 1)));
		PUT(g, STX(DW, base, 80 + 8 * slot, R1));
	}
	/* What comes back may have 32 bits only. */
	PUT(g, MOVR(R1, R0));
	PUT(g, ALU64(RSH, R1, 32));
	PUT(g, ALU64R(XOR, R0, R1));
	PUT(g, EXIT);
}

static void main_program(struct random_gen *g)
{
	g->ctx = R6 + random_below(g, 4);
	PUT(g, MOVR(g->ctx, R1));
	random_set(g, R1, CTX, 0);
	random_set(g, g->ctx, CTX, 0);
	g->heavy = 3;
	g->budget = 5 + random_below(g, random_below(g, 8) ? 40 : 200);
	random_block(g, 0, ~0U);
	collect(g);
}

/* A callback is (index, memory); 1 ends the loop. */
static void function(struct random_gen *g, struct func *func)
{
	int reg, i;

	g->ctx = ANY;
	for (i = 0; i < func->nr_args; i++)
		random_set(g, R1 + i, SCALAR, 0);
	if (func->memory)
		random_set(g, func->callback ? R2 : R1, MEMORY, 0);
	g->heavy = !func->callback;
	g->budget = 3 + random_below(g, 20);
	random_block(g, 1, ~0U);
	reg = random_scalar(g);
	if (reg != R0)
		PUT(g, MOVR(R0, reg));
	if (func->callback)
		PUT(g, ALU64(AND, R0, 1));
	PUT(g, EXIT);
}

static void make_input(struct random_gen *g)
{
	struct random_prog *p = g->p;
	uint32_t i, word;

	for (i = 0; i < RANDOM_RUNS; i++)
		for (word = 0; word < ROW_CTX_WORDS; word++)
			p->runs[i].ctx[word] = random_word(g);
	for (i = 0; i < RANDOM_DATA_SIZE; i++)
		p->data[i] = random_below(g, 4) ? random_bits(g) : 0;
	p->row.maps[0] = (struct row_map){
		.type = ROW_MAP_ARRAY, .key_size = 4, .value_size = RANDOM_VALUE_SIZE,
		.max_entries = 1, .init = p->data, .init_size = RANDOM_DATA_SIZE,
	};
	p->row.maps[1] = (struct row_map){
		.type = ROW_MAP_HASH, .key_size = 4, .value_size = 8, .max_entries = 3,
	};
}

void random_prog(struct random_prog *p, uint64_t seed, uint32_t flags)
{
	struct random_gen g = { .p = p, .seed = seed, .flags = flags };
	uint32_t i;

	memset(&p->row, 0, sizeof(p->row));
	snprintf(p->name, sizeof(p->name), "random %llu", (unsigned long long)seed);
	p->row.name = p->name;
	p->row.insns = p->insns;
	p->row.runs = p->runs;
	p->row.nr_runs = RANDOM_RUNS;
	make_input(&g);

	g.func[0].used = 1;
	for (i = 0; i < MAX_FUNCS; i++) {
		if (!g.func[i].used)
			continue;
		g.current = i;
		g.func[i].start = p->row.nr;
		memset(&g.s, 0, sizeof(g.s));
		if (i)
			function(&g, &g.func[i]);
		else
			main_program(&g);
	}
	for (i = 0; i < g.nr_sites; i++)
		p->insns[g.site[i].insn].imm = (int32_t)g.func[g.site[i].func].start -
					       (int32_t)(g.site[i].insn + 1);
}
