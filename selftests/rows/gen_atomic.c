// SPDX-License-Identifier: GPL-2.0-only
/*
 * Atomics: every operation in both widths, on the stack and in a map's value:
 * what memory holds afterwards, what comes back, and that 32-bit ones leave
 * the neighbour alone and clear the upper half of what they return.
 */
#include "gen.h"

struct op {
	const char *name;
	uint8_t imm;
};

static const struct op ops[] = {
	{ "add", INSN_ADD }, { "or", INSN_OR }, { "and", INSN_AND }, { "xor", INSN_XOR },
	{ "fetch_add", INSN_ADD | INSN_FETCH }, { "fetch_or", INSN_OR | INSN_FETCH },
	{ "fetch_and", INSN_AND | INSN_FETCH }, { "fetch_xor", INSN_XOR | INSN_FETCH },
	{ "xchg", INSN_XCHG }, { "cmpxchg", INSN_CMPXCHG },
};

/* The word in memory, the source register and R0: before, or after. */
struct state {
	uint64_t mem;
	uint64_t src;
	uint64_t r0;
};

static struct state after(const struct op *op, struct state s, unsigned int bits)
{
	uint64_t old = gen_zext(s.mem, bits), new = old, src = gen_zext(s.src, bits);

	switch (op->imm & 0xf0) {
	case INSN_ADD:
		new = old + src;
		break;
	case INSN_OR:
		new = old | src;
		break;
	case INSN_AND:
		new = old & src;
		break;
	case INSN_XOR:
		new = old ^ src;
		break;
	case 0xe0:
		new = src;
		break;
	case 0xf0:
		if (gen_zext(s.r0, bits) == old)
			new = src;
		s.r0 = old;
		break;
	}
	if (op->imm & INSN_FETCH && op->imm != INSN_CMPXCHG)
		s.src = old;
	s.mem = (s.mem ^ old) | gen_zext(new, bits);
	return s;
}

/* Folded into one number, so that each part shows. */
static uint64_t fold(struct state s)
{
	return s.mem * 3 + s.src * 5 + s.r0 * 7;
}

/* @base points 64 bytes below (@off -64) or above the word; R0 is fold() of all. */
static void atomic(struct gen *g, const struct op *op, unsigned int bits, int base, int src,
		   int off)
{
	int spare;

	for (spare = R2; spare == base || spare == src; spare++)
		;
	if (base != R10) {
		g->row.maps[0] = (struct row_map){
			.type = ROW_MAP_ARRAY, .key_size = 4, .value_size = 128, .max_entries = 1,
		};
	}
	/* The words go through the stack, so that base and src may be any register. */
	GEN(g, LDX(DW, R0, R1, 0), STX(DW, R10, -8, R0), LDX(DW, R0, R1, 8), STX(DW, R10, -16, R0),
	    LDX(DW, R0, R1, 16), STX(DW, R10, -24, R0));
	if (base != R10)
		GEN(g, LDVALUE(base, 0, 64));
	GEN(g, LDX(DW, spare, R10, -8), STX(DW, base, off, spare));
	if (base != R0)
		GEN(g, LDX(DW, R0, R10, -24));
	GEN(g, LDX(DW, src, R10, -16),
	    RAW(INSN_STX | INSN_ATOMIC | (bits == 64 ? INSN_DW : INSN_W), base, src, off, op->imm),
	    STX(DW, R10, -32, src), STX(DW, R10, -40, R0), LDX(DW, spare, base, off),
	    ALU64(MUL, spare, 3), LDX(DW, src, R10, -32), ALU64(MUL, src, 5),
	    ALU64R(ADD, spare, src), LDX(DW, src, R10, -40), ALU64(MUL, src, 7),
	    ALU64R(ADD, spare, src), MOVR(R0, spare), EXIT);
}

static void add_run(struct gen *g, const struct op *op, unsigned int bits, int src,
		    struct state s)
{
	uint64_t mem = s.mem, operand = s.src, r0 = s.r0;

	/* R0 as the source holds the operand. */
	if (src == R0)
		s.r0 = operand;
	s = after(op, s, bits);
	if (src == R0) {
		if (op->imm == INSN_CMPXCHG)
			s.src = s.r0;
		else
			s.r0 = s.src;
	}
	gen_run(g, mem, operand, r0, fold(s));
}

static void values(struct gen *g, const struct op *op, unsigned int bits, int base, int off)
{
	uint32_t i, j;

	gen_begin(g);
	atomic(g, op, bits, base, R5, off);
	for (i = 0; i < gen_nr_edges; i++) {
		for (j = 0; j < gen_nr_edges; j++) {
			struct state s = { gen_edges[i], gen_edges[j], gen_edges[(i + j) % gen_nr_edges] };

			/* Every other comparison holds, with another upper half. */
			if (j % 2)
				s.r0 = bits == 32 ? s.mem ^ 0x1234567800000000 : s.mem;
			add_run(g, op, bits, R5, s);
		}
	}
	gen_end(g, 0, "atomic: %s%u at %s%+d", op->name, bits, base == R10 ? "fp" : "value", off);
}

/* A pointer in R0 cannot be compared with, nor can one in the source be used. */
static void register_sweep(struct gen *g, const struct op *op, unsigned int bits)
{
	int base, src;
	uint32_t i;

	for (base = R1; base <= R9; base++) {
		for (src = R0; src <= R9; src++) {
			if (src == base)
				continue;
			gen_begin(g);
			atomic(g, op, bits, base, src, 8);
			for (i = 0; i < gen_nr_pairs; i++) {
				struct state s = { gen_pairs[i].a, gen_pairs[i].b, gen_pairs[i].a };

				add_run(g, op, bits, src, s);
				s.r0 = ~s.r0;
				add_run(g, op, bits, src, s);
			}
			gen_end(g, ROW_SWEEP, "atomic: %s%u r%d, r%d", op->name, bits, base, src);
		}
	}
}

void gen_atomic(struct gen *g)
{
	unsigned int bits;
	uint32_t i;

	for (i = 0; i < GEN_COUNT(ops); i++) {
		for (bits = 32; bits <= 64; bits += 32) {
			values(g, &ops[i], bits, R10, -48);
			values(g, &ops[i], bits, R7, 0);
			values(g, &ops[i], bits, R7, -8);
			register_sweep(g, &ops[i], bits);
		}
	}
}
