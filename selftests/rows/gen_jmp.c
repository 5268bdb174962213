// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jumps: every condition in both widths on unknown and known operands, every
 * pair of registers, and distances around what encodings can reach.
 */
#include "gen.h"

struct op {
	const char *name;
	uint8_t code;
};

static const struct op ops[] = {
	{ "jeq", INSN_JEQ }, { "jne", INSN_JNE }, { "jset", INSN_JSET },
	{ "jgt", INSN_JGT }, { "jge", INSN_JGE }, { "jlt", INSN_JLT }, { "jle", INSN_JLE },
	{ "jsgt", INSN_JSGT }, { "jsge", INSN_JSGE }, { "jslt", INSN_JSLT }, { "jsle", INSN_JSLE },
};

static int taken(const struct op *op, uint64_t a, uint64_t b, unsigned int bits)
{
	int64_t sa = gen_sext(a, bits), sb = gen_sext(b, bits);

	a = gen_zext(a, bits);
	b = gen_zext(b, bits);
	switch (op->code) {
	case INSN_JEQ:
		return a == b;
	case INSN_JNE:
		return a != b;
	case INSN_JSET:
		return (a & b) != 0;
	case INSN_JGT:
		return a > b;
	case INSN_JGE:
		return a >= b;
	case INSN_JLT:
		return a < b;
	case INSN_JLE:
		return a <= b;
	case INSN_JSGT:
		return sa > sb;
	case INSN_JSGE:
		return sa >= sb;
	case INSN_JSLT:
		return sa < sb;
	default:
		return sa <= sb;
	}
}

static struct row_insn insn(const struct op *op, unsigned int bits, int dst, int src, int off)
{
	return INSN(RAW((bits == 64 ? INSN_JMP : INSN_JMP32) | INSN_X | op->code, dst, src, off, 0));
}

static struct row_insn insn_imm(const struct op *op, unsigned int bits, int dst, int32_t imm,
				int off)
{
	return INSN(RAW((bits == 64 ? INSN_JMP : INSN_JMP32) | op->code, dst, 0, off, imm));
}

static void unknown_operands(struct gen *g, const struct op *op, unsigned int bits)
{
	uint32_t i, j;

	gen_begin(g);
	GEN(g, MOV(R0, 1), LDX(DW, R3, R1, 0), LDX(DW, R2, R1, 8), insn(op, bits, R3, R2, 1),
	    MOV(R0, 0), EXIT);
	for (i = 0; i < gen_nr_edges; i++)
		for (j = 0; j < gen_nr_edges; j++)
			gen_run(g, gen_edges[i], gen_edges[j], 0,
				taken(op, gen_edges[i], gen_edges[j], bits));
	gen_end(g, 0, "jmp: %s%u of registers", op->name, bits);
}

static void immediates(struct gen *g, const struct op *op, unsigned int bits)
{
	uint32_t i, j;

	for (i = 0; i < gen_nr_imms; i++) {
		gen_begin(g);
		GEN(g, MOV(R0, 1), LDX(DW, R3, R1, 0), insn_imm(op, bits, R3, gen_imms[i], 1),
		    MOV(R0, 0), EXIT);
		for (j = 0; j < gen_nr_edges; j++)
			gen_run(g, gen_edges[j], 0, 0,
				taken(op, gen_edges[j], (int64_t)gen_imms[i], bits));
		gen_end(g, 0, "jmp: %s%u with %d", op->name, bits, gen_imms[i]);
	}
}

/* R0 is the number of the first jump that went wrong, from 1. */
static void known_operands(struct gen *g, const struct op *op, unsigned int bits)
{
	uint32_t i, j, nr = 0;

	gen_begin(g);
	for (i = 0; i < gen_nr_edges; i += 2) {
		for (j = 0; j < gen_nr_edges; j += 2) {
			uint64_t a = gen_edges[i], b = gen_edges[j];

			GEN(g, MOV(R0, ++nr), LDDW(R1, a), LDDW(R2, b));
			/* The wrong way leads to an exit. */
			if (taken(op, a, b, bits))
				GEN(g, insn(op, bits, R1, R2, 1), EXIT);
			else
				GEN(g, insn(op, bits, R1, R2, 1), GOTO(1), EXIT);
		}
	}
	GEN(g, MOV(R0, 0), EXIT);
	gen_run(g, 0, 0, 0, 0);
	gen_end(g, 0, "jmp: %s%u of constants", op->name, bits);
}

/* All registers are compared with what they held before, on both ways. */
static void register_sweep(struct gen *g, const struct op *op, unsigned int bits)
{
	int dst, src, base, r;
	uint32_t i;

	for (dst = R0; dst <= R9; dst++) {
		for (src = R0; src <= R9; src++) {
			for (base = R6; base == dst || base == src; base++)
				;
			gen_begin(g);
			GEN(g, MOVR(base, R1));
			for (r = R0; r <= R9; r++)
				if (r != base)
					GEN(g, LDX(DW, r, base, r == dst ? 0 : r == src ? 8 : 16));
			GEN(g, ST(DW, R10, -8, 1), insn(op, bits, dst, src, 1),
			    ST(DW, R10, -8, 0));
			/* dst + src + everything else, or a number no run expects */
			for (r = R0; r <= R9; r++)
				if (r != base && r != dst)
					GEN(g, ALU64R(ADD, dst, r));
			GEN(g, LDX(DW, base, R10, -8), ALU64R(ADD, dst, base), MOVR(R0, dst), EXIT);
			for (i = 0; i < gen_nr_pairs; i++) {
				uint64_t a = gen_pairs[i].a, b = gen_pairs[i].b, c = 0x1111222233334444;
				uint64_t sum = dst == src ? a + 8 * c : a + b + 7 * c;

				gen_run(g, a, b, c,
					sum + taken(op, a, dst == src ? a : b, bits));
				gen_run(g, b, a, c, sum - (dst == src ? a - b : 0) +
					taken(op, b, dst == src ? b : a, bits));
			}
			gen_end(g, ROW_SWEEP, "jmp: %s%u r%d, r%d", op->name, bits, dst, src);
		}
	}
}

/*
 * Over 2 * @nr instructions of 3 (x86-64) or 2 to 4 (riscv64) bytes. R0 is 1 if
 * the jump was taken, else the sum of what it jumps over.
 */
static void distance(struct gen *g, uint32_t nr, int goto_long)
{
	uint32_t i;

	gen_begin(g);
	GEN(g, LDX(DW, R2, R1, 0), LDX(DW, R3, R1, 8), MOV(R0, 1));
	if (goto_long)
		GEN(g, JMP(JEQ, R3, 0, 1), GOTOL(2 * nr));
	else
		GEN(g, JMP(JNE, R3, 0, 2 * nr));
	for (i = 0; i < nr; i++)
		GEN(g, ALU64R(ADD, R0, R2), ALU64(ADD, R0, 1));
	GEN(g, EXIT);
	gen_run(g, 5, 1, 0, 1);
	gen_run(g, 5, 0, 0, 1 + 6 * (uint64_t)nr);
	gen_end(g, 0, "jmp: %s over %u instructions", goto_long ? "gotol" : "jne", 2 * nr);
}

void gen_jmp(struct gen *g)
{
	static const uint32_t distances[] = {
		1, 5, 8, 9, 10, 15, 16, 17, 18, 19, 20, 21, 60, 200, 255, 256, 257, 300, 340, 341,
		342, 400, 500, 511, 512, 513, 600, 1000, 1365, 2000, 16383,
	};
	unsigned int bits;
	uint32_t i;

	for (i = 0; i < GEN_COUNT(ops); i++) {
		for (bits = 32; bits <= 64; bits += 32) {
			unknown_operands(g, &ops[i], bits);
			immediates(g, &ops[i], bits);
			known_operands(g, &ops[i], bits);
			register_sweep(g, &ops[i], bits);
		}
	}
	for (i = 0; i < GEN_COUNT(distances); i++) {
		distance(g, distances[i], 0);
		distance(g, distances[i], 1);
	}
	distance(g, 30000, 1);
}
