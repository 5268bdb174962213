// SPDX-License-Identifier: GPL-2.0-only
/* Calls: functions, callbacks, map helpers. All lose R1 to R5. */
#include "random_gen.h"

#define SLOT_OFF(slot) (-8 * ((slot) + 1))

static void after_call(struct random_gen *g)
{
	int reg;

	for (reg = R1; reg <= R5; reg++)
		random_set(g, reg, NONE, 0);
	random_set(g, R0, SCALAR, 0);
}

/* A slot that holds a scalar. */
static int scalar_slot(struct random_gen *g)
{
	int slot = random_slot(g, SCALAR);

	if (slot != ANY)
		return slot;
	slot = random_below(g, NR_SLOTS);
	PUT(g, ST(DW, R10, SLOT_OFF(slot), random_imm(g)));
	g->s.slot[slot] = (struct thing){ .kind = SCALAR };
	return slot;
}

static void point_to_slot(struct random_gen *g, int reg, int slot)
{
	PUT(g, MOVR(reg, R10));
	PUT(g, ALU64(ADD, reg, SLOT_OFF(slot)));
	random_set(g, reg, MEMORY, 0);
}

/* A function that the current one may call, of the kind asked for; or ANY. */
static int pick_function(struct random_gen *g, int callback)
{
	int index = g->current + 1 + (int)random_below(g, MAX_FUNCS);
	struct func *func;

	if (index >= MAX_FUNCS || g->nr_sites == MAX_SITES)
		return ANY;
	func = &g->func[index];
	if (func->used)
		return func->callback == callback ? index : ANY;
	func->used = 1;
	func->callback = callback;
	func->memory = callback || !random_below(g, 3);
	func->nr_args = callback ? 1 : 1 + random_below(g, 5);
	return index;
}

static void note_site(struct random_gen *g, uint32_t insn, int func)
{
	g->site[g->nr_sites].insn = insn;
	g->site[g->nr_sites++].func = func;
}

void random_call(struct random_gen *g)
{
	int index = pick_function(g, 0), arg, src;

	if (index == ANY)
		return;
	for (arg = g->func[index].memory; arg < g->func[index].nr_args; arg++) {
		src = random_scalar(g);
		if (src != R1 + arg)
			PUT(g, MOVR(R1 + arg, src));
		random_set(g, R1 + arg, SCALAR, 0);
	}
	if (g->func[index].memory)
		point_to_slot(g, R1, scalar_slot(g));
	note_site(g, PUT(g, CALLF(0)), index);
	after_call(g);
}

void random_callback(struct random_gen *g)
{
	int index = g->heavy > 0 ? pick_function(g, 1) : ANY;
	uint32_t site;

	if (index == ANY)
		return;
	g->heavy--;
	if (random_below(g, 2)) {
		int src = random_scalar(g);

		PUT(g, MOVR(R1, src));
		PUT(g, ALU64(AND, R1, 7));
	} else {
		PUT(g, MOV(R1, random_below(g, 6)));
	}
	random_set(g, R1, SCALAR, 0);
	point_to_slot(g, R3, scalar_slot(g));
	site = g->p->row.nr;
	random_lddw(g, R2, 4, 0);
	note_site(g, site, index);
	PUT(g, MOV(R4, 0));
	PUT(g, CALL(FN_loop));
	after_call(g);
}

/* A key small enough to meet others. */
static int put_key(struct random_gen *g)
{
	int slot = random_below(g, NR_SLOTS);

	PUT(g, ST(DW, R10, SLOT_OFF(slot), random_below(g, 5)));
	g->s.slot[slot] = (struct thing){ .kind = SCALAR };
	return slot;
}

static void lookup_hash(struct random_gen *g)
{
	point_to_slot(g, R2, put_key(g));
	random_lddw(g, R1, 1, 1);
	PUT(g, CALL(FN_map_lookup_elem));
	PUT(g, JMP(JEQ, R0, 0, 2));
	PUT(g, LDX(DW, R0, R0, 0));
	PUT(g, GOTO(1));
	PUT(g, MOV(R0, random_imm(g)));
	after_call(g);
}

/* The value that LDDW gives, by lookup. It cannot miss. */
static void lookup_array(struct random_gen *g)
{
	int slot = random_below(g, NR_SLOTS);

	PUT(g, ST(DW, R10, SLOT_OFF(slot), 0));
	g->s.slot[slot] = (struct thing){ .kind = SCALAR };
	point_to_slot(g, R2, slot);
	random_lddw(g, R1, 1, 0);
	PUT(g, CALL(FN_map_lookup_elem));
	PUT(g, JMP(JNE, R0, 0, 2));
	PUT(g, MOV(R0, 0));
	PUT(g, EXIT);
	after_call(g);
	random_set(g, R0, VALUE, 0);
}

static void change_hash(struct random_gen *g)
{
	int update = random_below(g, 3), key = put_key(g), value;

	if (update) {
		value = scalar_slot(g);
		point_to_slot(g, R3, value);
		PUT(g, MOV(R4, random_below(g, 4)));
		random_set(g, R4, SCALAR, 0);
	}
	point_to_slot(g, R2, key);
	random_lddw(g, R1, 1, 1);
	PUT(g, CALL(update ? FN_map_update_elem : FN_map_delete_elem));
	after_call(g);
}

void random_helper(struct random_gen *g)
{
	switch (random_below(g, 4)) {
	case 0:
		lookup_array(g);
		break;
	case 1:
		lookup_hash(g);
		break;
	default:
		change_hash(g);
	}
}
