// SPDX-License-Identifier: GPL-2.0-only
/* See random_bounds.h. Numbers live in R0 and R6 to R9, copies in R1 to R5. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_bounds.h"
#include "random_gen.h"

#define STACK_WORDS	8	/* of initialised stack at the top of the frame */
#define MAX_OUT		128	/* jumps to the end */

/* Jumps that leave, to be bound to the end of the program. */
struct exits {
	uint32_t insn[MAX_OUT];
	uint32_t nr;
};

static int number(struct random_gen *g)
{
	static const uint8_t regs[] = { R0, R6, R7, R8, R9 };

	return regs[random_below(g, 5)];
}

static void leave(struct random_gen *g, struct exits *out, uint32_t jump)
{
	if (out->nr < MAX_OUT)
		out->insn[out->nr++] = jump;
}

/* A number that no one knows, or one of few bits, or a known one. */
static void put_number(struct random_gen *g, int reg)
{
	static const uint8_t sizes[] = { INSN_B, INSN_H, INSN_W, INSN_DW };
	uint32_t size = random_below(g, 4);

	switch (random_below(g, 8)) {
	case 0:
		PUT(g, MOV(reg, random_imm(g)));
		break;
	case 1:
		random_lddw(g, reg, 0, random_word(g));
		break;
	case 2:
		random_lddw(g, R5, 2, (uint64_t)(8 * random_below(g, 32)) << 32);
		PUT(g, RAW(INSN_LDX | (size < 3 && random_below(g, 2) ? INSN_MEMSX : INSN_MEM) |
			   sizes[size], reg, R5, 0, 0));
		break;
	default:
		random_lddw(g, R5, 2, (uint64_t)(8 * random_below(g, 32)) << 32);
		PUT(g, LDX(DW, reg, R5, 0));
	}
}

static void arithmetic(struct random_gen *g)
{
	static const uint8_t ops[] = {
		INSN_ADD, INSN_ADD, INSN_SUB, INSN_SUB, INSN_MUL, INSN_DIV, INSN_OR, INSN_AND,
		INSN_AND, INSN_LSH, INSN_RSH, INSN_RSH, INSN_MOD, INSN_XOR, INSN_ARSH, INSN_NEG,
	};
	uint8_t op = ops[random_below(g, sizeof(ops))];
	uint8_t class = random_below(g, 3) ? INSN_ALU64 : INSN_ALU32;
	int dst = number(g), src = number(g);
	int off = (op == INSN_DIV || op == INSN_MOD) && !random_below(g, 3);
	int32_t imm = random_below(g, 2) ? (int32_t)random_below(g, 300) : random_imm(g);

	if (op == INSN_NEG) {
		PUT(g, RAW(class | op, dst, 0, 0, 0));
	} else if (random_below(g, 3) == 0) {
		PUT(g, RAW(class | INSN_X | op, dst, src, off, 0));
	} else {
		if ((op == INSN_DIV || op == INSN_MOD) && !imm)
			imm = 7;
		if (op == INSN_LSH || op == INSN_RSH || op == INSN_ARSH)
			imm &= class == INSN_ALU64 ? 63 : 31;
		PUT(g, RAW(class | op, dst, 0, off, imm));
	}
}

static void extend(struct random_gen *g)
{
	static const uint8_t widths[] = { 8, 16, 32 };
	int dst = number(g), src = number(g);
	uint32_t bits = random_below(g, 2) ? 32 : 8 * (1 + random_below(g, 7));

	switch (random_below(g, 6)) {
	case 0:
		PUT(g, MOVR(dst, src));
		break;
	case 1:
		PUT(g, MOV32R(dst, src));
		break;
	case 2:
		PUT(g, RAW(INSN_ALU64 | INSN_X | INSN_MOV, dst, src, widths[random_below(g, 3)], 0));
		break;
	case 3:
		PUT(g, RAW(INSN_ALU32 | INSN_X | INSN_MOV, dst, src, widths[random_below(g, 2)], 0));
		break;
	case 4:
		PUT(g, ALU64(LSH, dst, bits));
		PUT(g, RAW(INSN_ALU64 | (random_below(g, 2) ? INSN_RSH : INSN_ARSH), dst, 0, 0, bits));
		break;
	default:
		PUT(g, RAW(random_below(g, 2) ? INSN_ALU64 | INSN_END : INSN_ALU32 | INSN_END, dst, 0, 0,
			   16 << random_below(g, 3)));
	}
}

/* Out to the stack and back, whole or in part. */
static void spill(struct random_gen *g)
{
	static const uint8_t sizes[] = { INSN_B, INSN_H, INSN_W, INSN_DW };
	int src = number(g), dst = number(g), off = -8 * (1 + (int)random_below(g, STACK_WORDS));
	uint32_t a = random_below(g, 2) ? 3 : random_below(g, 4);
	uint32_t b = random_below(g, 2) ? a : random_below(g, 4);
	int add = random_below(g, 3) ? 0 : (int)(random_below(g, 8u >> a) << a);
	int back = random_below(g, 2) ? add & -(1 << b) : (int)(random_below(g, 8u >> b) << b);

	PUT(g, RAW(INSN_STX | INSN_MEM | sizes[a], R10, src, off + add, 0));
	if (random_below(g, 3) == 0)
		PUT(g, RAW(INSN_ST | INSN_MEM | sizes[random_below(g, 2)], R10, 0,
			   off + 2 * random_below(g, 4), random_imm(g)));
	PUT(g, RAW(INSN_LDX | INSN_MEM | sizes[b], dst, R10, off + back, 0));
}

static uint8_t condition(struct random_gen *g)
{
	static const uint8_t ops[] = {
		INSN_JEQ, INSN_JNE, INSN_JSET, INSN_JGT, INSN_JGE, INSN_JLT, INSN_JLE,
		INSN_JSGT, INSN_JSGE, INSN_JSLT, INSN_JSLE,
	};

	return ops[random_below(g, sizeof(ops))] | (random_below(g, 3) ? INSN_JMP : INSN_JMP32);
}

/* Compares, and on one outcome leaves or skips some statements. */
static void compare(struct random_gen *g, struct exits *out)
{
	uint8_t code = condition(g);
	int32_t imm = random_below(g, 2) ? (int32_t)random_below(g, 600) : random_imm(g);
	uint32_t jump, i;

	if (random_below(g, 3) == 0)
		jump = PUT(g, RAW(code | INSN_X, number(g), number(g), 0, 0));
	else
		jump = PUT(g, RAW(code, number(g), 0, 0, imm));
	if (random_below(g, 2)) {
		leave(g, out, jump);
		return;
	}
	for (i = 1 + random_below(g, 3); i; i--)
		arithmetic(g);
	g->p->insns[jump].off = g->p->row.nr - (jump + 1);
}

/* What a careful programmer would write, give or take one. */
static void check_index(struct random_gen *g, struct exits *out, int reg, int limit)
{
	int wrong = (int)random_below(g, 8) == 0 ? 1 : 0;

	switch (random_below(g, 6)) {
	case 0:
		PUT(g, ALU64(AND, reg, (limit - 1) >> random_below(g, 3)));
		break;
	case 1:
		leave(g, out, PUT(g, JMP(JGT, reg, limit - 1 + wrong, 0)));
		break;
	case 2:
		leave(g, out, PUT(g, JMP(JSGT, reg, limit - 1 + wrong, 0)));
		leave(g, out, PUT(g, JMP(JSLT, reg, -wrong, 0)));
		break;
	case 3:
		leave(g, out, PUT(g, JMP32(JGE, reg, limit + wrong, 0)));
		if (random_below(g, 4))
			PUT(g, MOV32R(reg, reg));
		break;
	case 4:
		PUT(g, ALU64(MOD, reg, limit + wrong));
		break;
	default:
		break;
	}
}

static void access(struct random_gen *g, int base, int off)
{
	static const uint8_t sizes[] = { INSN_B, INSN_H, INSN_W, INSN_DW };
	uint8_t size = sizes[random_below(g, 4)];

	if (random_below(g, 3))
		PUT(g, RAW(INSN_LDX | INSN_MEM | size, number(g), base, off, 0));
	else if (random_below(g, 2))
		PUT(g, RAW(INSN_STX | INSN_MEM | size, base, number(g), off, 0));
	else
		PUT(g, RAW(INSN_ST | INSN_MEM | size, base, 0, off, random_imm(g)));
}

static void index_value(struct random_gen *g, struct exits *out)
{
	int reg = number(g), room = 1 << random_below(g, 4);
	int start = random_below(g, 3) ? 0 : (int)random_below(g, 64);

	random_lddw(g, R1, 2, (uint64_t)start << 32);
	check_index(g, out, reg, RANDOM_VALUE_SIZE - start - room + 1);
	if (random_below(g, 4) == 0)
		PUT(g, ALU64R(SUB, R1, reg));
	else
		PUT(g, ALU64R(ADD, R1, reg));
	if (random_below(g, 3) == 0)
		PUT(g, ALU64(ADD, R1, (int)random_below(g, 8) - 4));
	access(g, R1, random_below(g, 4) ? 0 : (int)random_below(g, room));
}

static void index_stack(struct random_gen *g, struct exits *out)
{
	static const uint8_t sizes[] = { INSN_B, INSN_H, INSN_W, INSN_DW };
	int reg = number(g);
	uint32_t size = random_below(g, 4);

	PUT(g, MOVR(R2, reg));
	check_index(g, out, R2, 8 * STACK_WORDS);
	PUT(g, ALU64(AND, R2, -(1 << size)));
	PUT(g, MOVR(R1, R10));
	PUT(g, ALU64R(ADD, R1, R2));
	if (random_below(g, 2))
		PUT(g, RAW(INSN_LDX | INSN_MEM | sizes[size], number(g), R1, -8 * STACK_WORDS, 0));
	else
		PUT(g, RAW(INSN_STX | INSN_MEM | sizes[size], R1, number(g), -8 * STACK_WORDS, 0));
}

static void statement(struct random_gen *g, struct exits *out)
{
	uint32_t what = random_below(g, 24);

	if (what < 9)
		arithmetic(g);
	else if (what < 12)
		extend(g);
	else if (what < 17)
		compare(g, out);
	else if (what < 19)
		put_number(g, number(g));
	else if (what < 22)
		spill(g);
	else if (what < 23)
		index_value(g, out);
	else
		index_stack(g, out);
}

static void fill_row(struct random_prog *p, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	snprintf(p->name, sizeof(p->name), "bounds %llu", (unsigned long long)seed);
	p->row.name = p->name;
	p->row.insns = p->insns;
	p->row.maps[0] = (struct row_map){
		.type = ROW_MAP_ARRAY, .key_size = 4, .value_size = RANDOM_VALUE_SIZE,
		.max_entries = 1, .init = p->data, .init_size = sizeof(p->data),
	};
	p->row.runs = p->runs;
	p->row.nr_runs = RANDOM_RUNS;
}

void random_bounds(struct random_prog *p, uint64_t seed)
{
	struct random_gen gen = { .p = p, .seed = seed * 0x9e3779b97f4a7c15ULL }, *g = &gen;
	struct exits out = { .nr = 0 };
	uint32_t i, n;

	fill_row(p, seed);
	for (i = 0; i < STACK_WORDS; i++)
		PUT(g, ST(DW, R10, -8 * (int)(i + 1), random_below(g, 2) ? 0 : random_imm(g)));
	put_number(g, R0);
	for (i = R6; i <= R9; i++)
		put_number(g, i);
	for (n = 3 + random_below(g, 16); n; n--)
		statement(g, &out);
	index_value(g, &out);
	for (i = 0; i < out.nr; i++)
		p->insns[out.insn[i]].off = p->row.nr - (out.insn[i] + 1);
	PUT(g, MOV(R0, 0));
	PUT(g, EXIT);
	for (i = 0; i < sizeof(p->data) / 8; i++) {
		uint64_t word = random_below(g, 3) ? random_word(g) : random_below(g, 600);

		memcpy(p->data + 8 * i, &word, 8);
	}
}

void random_mutate(struct random_prog *p, uint64_t seed)
{
	struct random_gen gen = { .p = p, .seed = seed * 0xd1342543de82ef95ULL + 1 }, *g = &gen;
	uint32_t n;

	for (n = 1 + random_below(g, 3); n; n--) {
		struct row_insn *insn = &p->insns[random_below(g, p->row.nr)];

		switch (random_below(g, 8)) {
		case 0:
			insn->imm = random_imm(g);
			break;
		case 1:
			insn->imm = (int32_t)((uint32_t)insn->imm + random_below(g, 5) - 2);
			break;
		case 2:
			insn->off += (int)random_below(g, 17) - 8;
			break;
		case 3:
			insn->dst = random_below(g, 11);
			break;
		case 4:
			insn->src = random_below(g, 11);
			break;
		case 5:
			insn->code ^= 1 << random_below(g, 8);
			break;
		case 6:
			if (insn->code && insn->code != 0x18)
				*insn = INSN(GOTO(0));
			break;
		default:
			*insn = p->insns[random_below(g, p->row.nr)];
		}
	}
}
