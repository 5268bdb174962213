// SPDX-License-Identifier: GPL-2.0-only
/* Blocks: sequences, branches that join again, loops. */
#include <string.h>

#include "random_gen.h"

/* What holds on both ways. */
static void merge_things(struct thing *a, const struct thing *b, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		if (a[i].kind != b[i].kind || a[i].off != b[i].off)
			a[i].kind = NONE;
}

static void merge(struct state *a, const struct state *b)
{
	merge_things(a->reg, b->reg, 10);
	merge_things(a->slot, b->slot, NR_SLOTS);
}

static void land(struct random_gen *g, uint32_t jump)
{
	struct row_insn *insn = &g->p->insns[jump];
	uint32_t distance = g->p->row.nr - (jump + 1);

	if (insn->code == (INSN_JMP32 | INSN_JA))
		insn->imm = distance;
	else
		insn->off = distance;
}

static uint32_t put_condition(struct random_gen *g)
{
	static const uint8_t ops[] = {
		INSN_JEQ, INSN_JNE, INSN_JSET, INSN_JGT, INSN_JGE, INSN_JLT, INSN_JLE,
		INSN_JSGT, INSN_JSGE, INSN_JSLT, INSN_JSLE,
	};
	uint8_t code = ops[random_below(g, sizeof(ops))];
	int dst = random_scalar(g), src = random_scalar(g);

	code |= random_below(g, 2) ? INSN_JMP : INSN_JMP32;
	if (random_below(g, 2))
		return PUT(g, RAW(code, dst, 0, 0, random_imm(g)));
	return PUT(g, RAW(code | INSN_X, dst, src, 0, 0));
}

static void branch(struct random_gen *g, int depth)
{
	uint32_t jump = put_condition(g), skip;
	struct state before = g->s, after;

	random_block(g, depth + 1, 1 + random_below(g, 6));
	if (random_below(g, 2)) {
		land(g, jump);
		merge(&g->s, &before);
		return;
	}
	skip = g->flags & RANDOM_V4 && random_below(g, 2) ? PUT(g, GOTOL(0)) : PUT(g, GOTO(0));
	land(g, jump);
	after = g->s;
	g->s = before;
	random_block(g, depth + 1, 1 + random_below(g, 6));
	land(g, skip);
	merge(&g->s, &after);
}

/* Makes what the loop's first round found true for the next one. */
static void restore(struct random_gen *g, const struct state *before)
{
	int i;

	for (i = R0; i <= R9; i++) {
		const struct thing *was = &before->reg[i], *is = &g->s.reg[i];

		if (was->kind == NONE || (was->kind == is->kind && was->off == is->off))
			continue;
		if (was->kind == SCALAR) {
			PUT(g, MOV(i, random_imm(g)));
			random_set(g, i, SCALAR, 0);
		} else if (was->kind == VALUE) {
			random_lddw(g, i, 2, (uint64_t)was->off << 32);
			random_set(g, i, VALUE, was->off);
		}
	}
}

/*
 * for (counter = 0; counter < n; counter++). Pointers that cannot be made anew
 * are forgotten first; slots hold scalars that stay scalars.
 */
static void loop(struct random_gen *g, int depth)
{
	uint32_t rounds = 1 + random_below(g, 4), top, back;
	int counter, i;
	struct state before;

	g->heavy--;
	do {
		counter = random_target(g);
	} while (counter <= R5);
	PUT(g, MOV(counter, 0));
	random_set(g, counter, COUNTER, 0);
	for (i = R0; i <= R9; i++)
		if (i != g->ctx && (g->s.reg[i].kind == MEMORY || g->s.reg[i].kind == CTX))
			g->s.reg[i].kind = NONE;
	for (i = 0; i < NR_SLOTS; i++)
		if (g->s.slot[i].kind != SCALAR)
			g->s.slot[i].kind = NONE;
	before = g->s;
	top = g->p->row.nr;
	g->loops++;
	random_block(g, depth + 1, 1 + random_below(g, 5));
	g->loops--;
	restore(g, &before);
	PUT(g, ALU64(ADD, counter, 1));
	back = PUT(g, JMP(JLT, counter, rounds, 0));
	g->p->insns[back].off = (int)top - (int)(back + 1);
	random_set(g, counter, SCALAR, 0);
}

/* A loop needs a register that calls preserve. */
static int loop_possible(const struct random_gen *g)
{
	int i, left = 0;

	for (i = R6; i <= R9; i++)
		left += i != g->ctx && g->s.reg[i].kind != COUNTER;
	return left > 1 && g->loops < 2 && g->heavy > 0;
}

void random_block(struct random_gen *g, int depth, uint32_t statements)
{
	while (statements-- && random_room(g)) {
		uint32_t what = random_below(g, 32);

		if (what < 5 && depth < MAX_DEPTH)
			branch(g, depth);
		else if (what == 5 && depth < MAX_DEPTH && g->flags & RANDOM_LOOPS &&
			 loop_possible(g))
			loop(g, depth);
		else if (what == 6 && g->flags & RANDOM_HELPERS)
			random_helper(g);
		else if (what == 7 && g->flags & RANDOM_CALLS)
			random_call(g);
		else if (what == 8 && g->flags & RANDOM_CALLBACKS)
			random_callback(g);
		else
			random_statement(g);
	}
}
