// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic: every operation in both widths, on every pair of edge values that
 * the verifier cannot know, on constants, and on every pair of registers. What
 * must come out is computed in 128 bits and cut to the width.
 */
#include "gen.h"

struct op {
	const char *name;
	uint8_t code;
	uint8_t off;
};

static const struct op ops[] = {
	{ "add", INSN_ADD, 0 }, { "sub", INSN_SUB, 0 }, { "mul", INSN_MUL, 0 },
	{ "div", INSN_DIV, 0 }, { "sdiv", INSN_DIV, 1 }, { "mod", INSN_MOD, 0 },
	{ "smod", INSN_MOD, 1 }, { "or", INSN_OR, 0 }, { "and", INSN_AND, 0 },
	{ "xor", INSN_XOR, 0 }, { "lsh", INSN_LSH, 0 }, { "rsh", INSN_RSH, 0 },
	{ "arsh", INSN_ARSH, 0 }, { "mov", INSN_MOV, 0 }, { "movsx8", INSN_MOV, 8 },
	{ "movsx16", INSN_MOV, 16 }, { "movsx32", INSN_MOV, 32 },
};

static int is_division(const struct op *op)
{
	return op->code == INSN_DIV || op->code == INSN_MOD;
}

static int is_shift(const struct op *op)
{
	return op->code == INSN_LSH || op->code == INSN_RSH || op->code == INSN_ARSH;
}

static uint64_t divide(const struct op *op, uint64_t a, uint64_t b, unsigned int bits)
{
	__int128 sa = (int64_t)gen_sext(a, bits), sb = (int64_t)gen_sext(b, bits);

	if (!op->off) {
		sa = gen_zext(a, bits);
		sb = gen_zext(b, bits);
	}
	if (op->code == INSN_DIV)
		return sb ? (uint64_t)(sa / sb) : 0;
	return sb ? (uint64_t)(sa % sb) : a;
}

static uint64_t want(const struct op *op, uint64_t a, uint64_t b, unsigned int bits)
{
	unsigned __int128 ua = gen_zext(a, bits), ub = gen_zext(b, bits), result;
	unsigned int n = b % bits;

	switch (op->code) {
	case INSN_ADD:
		result = ua + ub;
		break;
	case INSN_SUB:
		result = ua - ub;
		break;
	case INSN_MUL:
		result = ua * ub;
		break;
	case INSN_OR:
		result = ua | ub;
		break;
	case INSN_AND:
		result = ua & ub;
		break;
	case INSN_XOR:
		result = ua ^ ub;
		break;
	case INSN_LSH:
		result = ua << n;
		break;
	case INSN_RSH:
		result = ua >> n;
		break;
	case INSN_ARSH:
		result = (__int128)(int64_t)gen_sext(a, bits) >> n;
		break;
	case INSN_MOV:
		result = op->off ? gen_sext(b, op->off) : b;
		break;
	default:
		result = divide(op, a, b, bits);
	}
	return gen_zext(result, bits);
}

/* The operation with a register or an immediate; bits is 32 or 64. */
static struct row_insn insn(const struct op *op, unsigned int bits, int dst, int src)
{
	return INSN(RAW((bits == 64 ? INSN_ALU64 : INSN_ALU32) | INSN_X | op->code, dst, src, op->off, 0));
}

static struct row_insn insn_imm(const struct op *op, unsigned int bits, int dst, int32_t imm)
{
	return INSN(RAW((bits == 64 ? INSN_ALU64 : INSN_ALU32) | op->code, dst, 0, op->off, imm));
}

static int imm_legal(const struct op *op, unsigned int bits, int32_t imm)
{
	if (op->code == INSN_MOV && op->off)
		return 0;
	if (is_division(op))
		return imm != 0;
	return !is_shift(op) || (imm >= 0 && imm < (int32_t)bits);
}

static int legal(const struct op *op, unsigned int bits)
{
	return !(op->code == INSN_MOV && op->off == 32 && bits == 32);
}

/* Both operands unknown until the program runs. */
static void unknown_operands(struct gen *g, const struct op *op, unsigned int bits)
{
	uint32_t i, j;

	gen_begin(g);
	GEN(g, LDX(DW, R3, R1, 0), LDX(DW, R2, R1, 8), insn(op, bits, R3, R2), MOVR(R0, R3), EXIT);
	for (i = 0; i < gen_nr_edges; i++)
		for (j = 0; j < gen_nr_edges; j++)
			gen_run(g, gen_edges[i], gen_edges[j], 0,
				want(op, gen_edges[i], gen_edges[j], bits));
	gen_end(g, 0, "alu: %s%u of registers", op->name, bits);
}

static void immediates(struct gen *g, const struct op *op, unsigned int bits)
{
	uint32_t i, j;

	for (i = 0; i < gen_nr_imms; i++) {
		if (!imm_legal(op, bits, gen_imms[i]))
			continue;
		gen_begin(g);
		GEN(g, LDX(DW, R0, R1, 0), insn_imm(op, bits, R0, gen_imms[i]), EXIT);
		for (j = 0; j < gen_nr_edges; j++)
			gen_run(g, gen_edges[j], 0, 0,
				want(op, gen_edges[j], (int64_t)gen_imms[i], bits));
		gen_end(g, 0, "alu: %s%u by %d", op->name, bits, gen_imms[i]);
	}
}

/*
 * A constant's reciprocal is exact if it is for the multiples of the divisor and the numbers before
 * them, up to the greatest. The upper half of a 32-bit dividend does not count.
 */
static void reciprocals(struct gen *g, const struct op *op, unsigned int bits)
{
	static const int32_t divisors[] = {
		3, 5, 6, 7, 9, 10, 11, 13, 14, 19, 21, 25, 27, 28, 31, 37, 39, 45, 49, 53, 56, 57, 63, 641,
		1000, 65537, 6700417, 0x2aaaaaab, 0x40000001, 0x55555555, 0x55555557, 0x7ffffffe,
	};
	uint64_t all = gen_zext(~0ULL, bits), dirt = bits == 32 ? 0xfedcba9800000000 : 0;
	uint32_t i, j;

	for (i = 0; i < GEN_COUNT(divisors); i++) {
		uint64_t d = divisors[i], last = all / d * d, middle = all / d / 2 * d;
		uint64_t edges[] = { 0, d - 1, d, middle - 1, middle, last - 1, last, all };

		gen_begin(g);
		GEN(g, LDX(DW, R0, R1, 0), insn_imm(op, bits, R0, d), EXIT);
		for (j = 0; j < GEN_COUNT(edges); j++)
			gen_run(g, edges[j] | dirt, 0, 0, want(op, edges[j], d, bits));
		gen_end(g, 0, "alu: %s%u around multiples of %d", op->name, bits, divisors[i]);
	}
}

/*
 * Both operands known: optimisers compute the results. R0 is the number of the
 * first wrong one, from 1.
 */
static void known_operands(struct gen *g, const struct op *op, unsigned int bits)
{
	uint32_t i, j, nr = 0;

	gen_begin(g);
	for (i = 0; i < gen_nr_edges; i += 2) {
		for (j = 0; j < gen_nr_edges; j += 2) {
			uint64_t a = gen_edges[i], b = gen_edges[j];

			GEN(g, MOV(R0, ++nr), LDDW(R1, a), LDDW(R2, b), insn(op, bits, R1, R2),
			    LDDW(R3, want(op, a, b, bits)), JMPR(JEQ, R1, R3, 1), EXIT);
		}
	}
	GEN(g, MOV(R0, 0), EXIT);
	gen_run(g, 0, 0, 0, 0);
	gen_end(g, 0, "alu: %s%u of constants", op->name, bits);
}

/* The first register from @from on that is neither @a nor @b. */
static int other(int from, int a, int b)
{
	while (from == a || from == b)
		from++;
	return from;
}

/*
 * Every register as dst and src, and no other one changed: all others but the
 * context's hold the third word. R0 is the result, or 1 more than it if some
 * register changed.
 */
static void sweep(struct gen *g, const struct row_insn *tested, int dst, int src)
{
	int base = other(R6, dst, src), canary = other(R2, dst, src), r;
	uint32_t begin;

	GEN(g, MOVR(base, R1));
	for (r = R0; r <= R9; r++)
		if (r != base)
			GEN(g, LDX(DW, r, base, r == dst ? 0 : r == src ? 8 : 16));
	GEN(g, *tested, STX(DW, R10, -8, dst));
	begin = g->row.nr;
	for (r = R0; r <= R9; r++)
		if (r != base && r != dst && r != src && r != canary)
			GEN(g, JMPR(JNE, r, canary, 0));
	if (src != dst)
		GEN(g, LDX(DW, dst, base, 8), JMPR(JNE, src, dst, 0));
	GEN(g, LDX(DW, dst, base, 16), JMPR(JNE, canary, dst, 0));
	for (; begin < g->row.nr; begin++)
		if ((g->insns[begin].code & 7) == INSN_JMP)
			g->insns[begin].off = g->row.nr + 2 - (begin + 1);
	GEN(g, LDX(DW, R0, R10, -8), EXIT);
	GEN(g, LDX(DW, R0, R10, -8), ALU64(ADD, R0, 1), EXIT);
}

static void register_sweep(struct gen *g, const struct op *op, unsigned int bits)
{
	int dst, src;
	uint32_t i;

	for (dst = R0; dst <= R9; dst++) {
		for (src = R0; src <= R9; src++) {
			struct row_insn tested = insn(op, bits, dst, src);

			gen_begin(g);
			sweep(g, &tested, dst, src);
			for (i = 0; i < gen_nr_pairs; i++) {
				const struct gen_pair *p = &gen_pairs[i];

				gen_run(g, p->a, p->b, 0x1111222233334444,
					want(op, p->a, src == dst ? p->a : p->b, bits));
			}
			gen_end(g, ROW_SWEEP, "alu: %s%u r%d, r%d", op->name, bits, dst, src);
		}
		if (imm_legal(op, bits, 13)) {
			struct row_insn tested = insn_imm(op, bits, dst, 13);

			gen_begin(g);
			sweep(g, &tested, dst, dst);
			for (i = 0; i < gen_nr_pairs; i++)
				gen_run(g, gen_pairs[i].a, 0, 0x1111222233334444,
					want(op, gen_pairs[i].a, 13, bits));
			gen_end(g, ROW_SWEEP, "alu: %s%u r%d, 13", op->name, bits, dst);
		}
	}
}

/* A move and an operation on its result, which JITs join, in all widths. */
static void joined_move(struct gen *g, const struct op *op, unsigned int bits)
{
	static const struct {
		int dst, src, other;
	} regs[] = { { R0, R2, R3 }, { R3, R2, R3 }, { R0, R2, R2 }, { R2, R3, R2 }, { R8, R2, R3 } };
	unsigned int mov;
	uint32_t i, j;

	for (mov = 32; mov <= 64; mov += 32) {
		for (i = 0; i < GEN_COUNT(regs); i++) {
			int dst = regs[i].dst, src = regs[i].src, other = regs[i].other;

			gen_begin(g);
			GEN(g, LDX(DW, src, R1, 0), LDX(DW, src == R2 ? R3 : R2, R1, 8),
			    RAW((mov == 64 ? INSN_ALU64 : INSN_ALU32) | INSN_X | INSN_MOV, dst, src, 0, 0),
			    insn(op, bits, dst, other), MOVR(R0, dst), EXIT);
			for (j = 0; j < gen_nr_edges * 4; j++) {
				uint64_t a = gen_edges[j % gen_nr_edges];
				uint64_t b = gen_edges[(j * 7 + j / gen_nr_edges) % gen_nr_edges];
				uint64_t moved = gen_zext(a, mov);

				gen_run(g, a, b, 0, want(op, moved, other == dst ? moved :
							 other == src ? a : b, bits));
			}
			gen_end(g, 0, "alu: mov%u, %s%u r%d, r%d, r%d", mov, op->name, bits, dst, src,
				other);
		}
		if (!imm_legal(op, bits, 13))
			continue;
		gen_begin(g);
		GEN(g, LDX(DW, R2, R1, 0),
		    RAW((mov == 64 ? INSN_ALU64 : INSN_ALU32) | INSN_X | INSN_MOV, R0, R2, 0, 0),
		    insn_imm(op, bits, R0, 13), EXIT);
		for (j = 0; j < gen_nr_edges; j++)
			gen_run(g, gen_edges[j], 0, 0, want(op, gen_zext(gen_edges[j], mov), 13, bits));
		gen_end(g, 0, "alu: mov%u, %s%u by 13", mov, op->name, bits);
	}
}

/* Left, then right: how compilers extend and cut out fields. */
static void joined_shifts(struct gen *g, unsigned int bits, const struct op *right, int moved)
{
	static const uint8_t counts[] = { 0, 1, 8, 16, 24, 31, 32, 33, 48, 56, 63 };
	const struct op left = { "lsh", INSN_LSH, 0 };
	uint32_t i, j, k;

	for (i = 0; i < GEN_COUNT(counts) && counts[i] < bits; i++) {
		for (j = 0; j < GEN_COUNT(counts) && counts[j] < bits; j++) {
			gen_begin(g);
			GEN(g, LDX(DW, R2, R1, 0));
			if (moved)
				GEN(g, MOVR(R3, R2));
			GEN(g, insn_imm(&left, bits, moved ? R3 : R2, counts[i]),
			    insn_imm(right, bits, moved ? R3 : R2, counts[j]),
			    MOVR(R0, moved ? R3 : R2), EXIT);
			for (k = 0; k < gen_nr_edges; k++)
				gen_run(g, gen_edges[k], 0, 0,
					want(right, want(&left, gen_edges[k], counts[i], bits), counts[j],
					     bits));
			gen_end(g, 0, "alu: %slsh%u %u, %s %u", moved ? "mov, " : "", bits, counts[i],
				right->name, counts[j]);
		}
	}
}

static uint64_t reverse_bytes(uint64_t value, unsigned int bits)
{
	uint64_t result = 0;
	unsigned int i;

	for (i = 0; i < bits; i += 8)
		result = result << 8 | (value >> i & 0xff);
	return result;
}

/* One operand: negation and byte order. */
static void unary(struct gen *g, struct row_insn tested, const char *name,
		  uint64_t (*want)(uint64_t value, unsigned int bits), unsigned int bits)
{
	uint32_t i;
	int r;

	for (r = R0; r <= R9; r++) {
		tested.dst = r;
		gen_begin(g);
		sweep(g, &tested, r, r);
		for (i = 0; i < gen_nr_edges; i++)
			gen_run(g, gen_edges[i], 0, 0x5555666677778888, want(gen_edges[i], bits));
		gen_end(g, r == R3 ? 0 : ROW_SWEEP, "alu: %s%u r%d", name, bits, r);
	}
}

static uint64_t negate(uint64_t value, unsigned int bits)
{
	return gen_zext(~value + 1, bits);
}

void gen_alu(struct gen *g)
{
	unsigned int bits;
	uint32_t i;

	for (i = 0; i < GEN_COUNT(ops); i++) {
		for (bits = 32; bits <= 64; bits += 32) {
			if (!legal(&ops[i], bits))
				continue;
			unknown_operands(g, &ops[i], bits);
			immediates(g, &ops[i], bits);
			if (is_division(&ops[i]) && !ops[i].off)
				reciprocals(g, &ops[i], bits);
			known_operands(g, &ops[i], bits);
			register_sweep(g, &ops[i], bits);
			joined_move(g, &ops[i], bits);
			if (ops[i].code == INSN_RSH || ops[i].code == INSN_ARSH) {
				joined_shifts(g, bits, &ops[i], 0);
				joined_shifts(g, bits, &ops[i], 1);
			}
		}
	}
	unary(g, INSN(NEG32(0)), "neg", negate, 32);
	unary(g, INSN(NEG64(0)), "neg", negate, 64);
	for (bits = 16; bits <= 64; bits *= 2) {
		unary(g, INSN(LE(0, bits)), "le", gen_zext, bits);
		unary(g, INSN(BE(0, bits)), "be", reverse_bytes, bits);
		unary(g, INSN(BSWAP(0, bits)), "bswap", reverse_bytes, bits);
	}
}
