// SPDX-License-Identifier: GPL-2.0-only
/* Statements without blocks: arithmetic, and memory of every kind. */
#include "random_gen.h"

#define SLOT_OFF(slot) (-8 * ((slot) + 1))

static int v4(struct random_gen *g)
{
	return g->flags & RANDOM_V4 && random_below(g, 2);
}

static uint8_t alu_class(struct random_gen *g)
{
	return random_below(g, 2) ? INSN_ALU64 : INSN_ALU32;
}

/* A scalar that may be changed. */
static int changeable(struct random_gen *g)
{
	int reg = random_reg(g, SCALAR, ANY);

	if (reg != ANY)
		return reg;
	reg = random_target(g);
	PUT(g, MOV(reg, random_imm(g)));
	random_set(g, reg, SCALAR, 0);
	return reg;
}

static void arithmetic(struct random_gen *g)
{
	static const uint8_t ops[] = {
		INSN_ADD, INSN_SUB, INSN_MUL, INSN_DIV, INSN_OR, INSN_AND, INSN_LSH, INSN_RSH,
		INSN_MOD, INSN_XOR, INSN_ARSH,
	};
	uint8_t op = ops[random_below(g, sizeof(ops))], class = alu_class(g);
	int dst = changeable(g), src = random_scalar(g);
	int off = (op == INSN_DIV || op == INSN_MOD) && v4(g);
	int32_t imm = random_imm(g);

	if (random_below(g, 2)) {
		PUT(g, RAW(class | INSN_X | op, dst, src, off, 0));
		return;
	}
	if ((op == INSN_DIV || op == INSN_MOD) && !imm)
		imm = 1;
	if (op == INSN_LSH || op == INSN_RSH || op == INSN_ARSH)
		imm &= class == INSN_ALU64 ? 63 : 31;
	PUT(g, RAW(class | op, dst, 0, off, imm));
}

static void unary(struct random_gen *g)
{
	static const uint8_t widths[] = { 16, 32, 64 };
	uint8_t width = widths[random_below(g, 3)];
	int dst = changeable(g);

	switch (random_below(g, 4)) {
	case 0:
		PUT(g, RAW(alu_class(g) | INSN_NEG, dst, 0, 0, 0));
		break;
	case 1:
		PUT(g, LE(dst, width));
		break;
	case 2:
		PUT(g, BE(dst, width));
		break;
	default:
		if (g->flags & RANDOM_V4)
			PUT(g, BSWAP(dst, width));
		else
			PUT(g, NEG64(dst));
	}
}

static void constant(struct random_gen *g)
{
	int dst = random_target(g);

	if (random_below(g, 3))
		PUT(g, RAW(alu_class(g) | INSN_MOV, dst, 0, 0, random_imm(g)));
	else
		random_lddw(g, dst, 0, random_word(g));
	random_set(g, dst, SCALAR, 0);
}

static void copy(struct random_gen *g)
{
	static const uint8_t widths[] = { 8, 16, 32 };
	int src = random_scalar(g), dst = random_target(g);
	uint8_t class = alu_class(g);

	PUT(g, RAW(class | INSN_X | INSN_MOV, dst, src,
		   v4(g) ? widths[random_below(g, class == INSN_ALU64 ? 3 : 2)] : 0, 0));
	random_set(g, dst, SCALAR, 0);
}

/* What compilers write for extensions, and other pairs that JITs join. */
static void idiom(struct random_gen *g)
{
	static const uint8_t ops[] = {
		INSN_ADD, INSN_SUB, INSN_OR, INSN_AND, INSN_XOR, INSN_MUL, INSN_LSH, INSN_RSH, INSN_ARSH,
	};
	int src = random_scalar(g), other = random_scalar(g), dst = random_target(g);
	uint32_t bits = random_below(g, 2) ? 32 : 8 * random_below(g, 8);
	uint8_t op = ops[random_below(g, sizeof(ops))], class = alu_class(g);

	if (random_below(g, 3))
		PUT(g, RAW(alu_class(g) | INSN_X | INSN_MOV, dst, src, 0, 0));
	else if (g->s.reg[dst].kind != SCALAR)
		return;
	random_set(g, dst, SCALAR, 0);
	if (random_below(g, 2)) {
		PUT(g, ALU64(LSH, dst, bits));
		PUT(g, RAW(INSN_ALU64 | (random_below(g, 2) ? INSN_RSH : INSN_ARSH), dst, 0, 0, bits));
	} else if (random_below(g, 2)) {
		PUT(g, RAW(class | INSN_X | op, dst, other, 0, 0));
	} else {
		PUT(g, RAW(class | op, dst, 0, 0, op < INSN_LSH || op == INSN_XOR ? random_imm(g) :
								bits & 31));
	}
}

static void copy_pointer(struct random_gen *g)
{
	int src = random_reg(g, random_below(g, 2) ? VALUE : MEMORY, ANY), dst = random_target(g);

	if (src == ANY)
		return;
	PUT(g, MOVR(dst, src));
	g->s.reg[dst] = g->s.reg[src];
}

static uint8_t any_size(struct random_gen *g, uint32_t *bytes)
{
	static const uint8_t sizes[] = { INSN_B, INSN_H, INSN_W, INSN_DW };
	uint32_t i = random_below(g, 4);

	*bytes = 1 << i;
	return sizes[i];
}

/*
 * One access of any width to the aligned word of 8 bytes at @base + @off:
 * load, store of a register or of an immediate.
 */
static void access_word(struct random_gen *g, int base, int off)
{
	uint32_t bytes;
	uint8_t size = any_size(g, &bytes);
	int reg;

	off += random_below(g, 8 / bytes) * bytes;
	switch (random_below(g, 4)) {
	case 0:
		reg = random_scalar(g);
		if (reg != base)
			PUT(g, RAW(INSN_STX | INSN_MEM | size, base, reg, off, 0));
		break;
	case 1:
		PUT(g, RAW(INSN_ST | INSN_MEM | size, base, 0, off, random_imm(g)));
		break;
	default:
		reg = random_target(g);
		PUT(g, RAW(INSN_LDX | (bytes < 8 && v4(g) ? INSN_MEMSX : INSN_MEM) | size, reg,
			   base, off, 0));
		random_set(g, reg, SCALAR, 0);
	}
}

static void atomic_word(struct random_gen *g, int base, int off)
{
	static const uint8_t ops[] = {
		INSN_ADD, INSN_OR, INSN_AND, INSN_XOR, INSN_ADD | INSN_FETCH, INSN_OR | INSN_FETCH,
		INSN_AND | INSN_FETCH, INSN_XOR | INSN_FETCH, INSN_XCHG, INSN_CMPXCHG,
	};
	uint8_t op = ops[random_below(g, sizeof(ops))];
	uint8_t size = random_below(g, 2) ? INSN_DW : INSN_W;
	int src = random_reg(g, SCALAR, base);

	if (src == ANY || (op == INSN_CMPXCHG && g->s.reg[R0].kind != SCALAR))
		return;
	if (size == INSN_W && random_below(g, 2))
		off += 4;
	PUT(g, RAW(INSN_STX | INSN_ATOMIC | size, base, src, off, op));
}

static void context(struct random_gen *g)
{
	int base = random_reg(g, CTX, ANY), dst = random_target(g);
	uint32_t bytes;
	uint8_t size = any_size(g, &bytes);

	if (base == ANY)
		return;
	PUT(g, RAW(INSN_LDX | INSN_MEM | size, dst, base,
		   random_below(g, 8 * ROW_CTX_WORDS / bytes) * bytes, 0));
	random_set(g, dst, SCALAR, 0);
}

/* Whole words only; what a slot held before does not matter. */
static void write_slot(struct random_gen *g)
{
	int slot = random_below(g, NR_SLOTS), src = random_scalar(g);

	if (random_below(g, 3))
		PUT(g, STX(DW, R10, SLOT_OFF(slot), src));
	else
		PUT(g, ST(DW, R10, SLOT_OFF(slot), random_imm(g)));
	g->s.slot[slot] = (struct thing){ .kind = SCALAR };
}

static void use_slot(struct random_gen *g)
{
	int slot = random_slot(g, SCALAR), reg;

	if (slot == ANY)
		return;
	switch (random_below(g, 4)) {
	case 0:
		atomic_word(g, R10, SLOT_OFF(slot));
		break;
	case 1:
		reg = random_target(g);
		PUT(g, MOVR(reg, R10));
		PUT(g, ALU64(ADD, reg, SLOT_OFF(slot)));
		random_set(g, reg, NONE, 0);
		access_word(g, reg, 0);
		break;
	default:
		access_word(g, R10, SLOT_OFF(slot));
	}
}

static void spill(struct random_gen *g)
{
	int reg = random_reg(g, VALUE, ANY), slot = random_below(g, NR_SLOTS);

	if (reg == ANY || g->loops)
		return;
	PUT(g, STX(DW, R10, SLOT_OFF(slot), reg));
	g->s.slot[slot] = g->s.reg[reg];
}

static void fill(struct random_gen *g)
{
	int slot = random_slot(g, VALUE), reg = random_target(g);

	if (slot == ANY)
		return;
	PUT(g, LDX(DW, reg, R10, SLOT_OFF(slot)));
	g->s.reg[reg] = g->s.slot[slot];
}

static void point(struct random_gen *g)
{
	int reg = random_target(g), off = random_below(g, RANDOM_DATA_SIZE / 8) * 8;

	random_lddw(g, reg, 2, (uint64_t)off << 32);
	random_set(g, reg, VALUE, off);
}

static void use_value(struct random_gen *g)
{
	int reg = random_reg(g, VALUE, ANY), to = random_below(g, RANDOM_DATA_SIZE / 8) * 8, off;

	if (reg == ANY)
		return;
	off = g->s.reg[reg].off;
	switch (random_below(g, 6)) {
	case 0:
		PUT(g, ALU64(ADD, reg, to - off));
		random_set(g, reg, VALUE, to);
		break;
	case 1:
		PUT(g, ALU64(SUB, reg, off - to));
		random_set(g, reg, VALUE, to);
		break;
	case 2:
		atomic_word(g, reg, to - off);
		break;
	default:
		access_word(g, reg, to - off);
	}
}

static void use_memory(struct random_gen *g)
{
	int reg = random_reg(g, MEMORY, ANY);

	if (reg == ANY)
		return;
	if (random_below(g, 4))
		access_word(g, reg, 0);
	else
		atomic_word(g, reg, 0);
}

/* The value indexed by a number that only a mask bounds. */
static void index_value(struct random_gen *g)
{
	int index = random_target(g), base = random_target(g), src = random_scalar(g);

	if (index == base)
		return;
	PUT(g, MOVR(index, src));
	PUT(g, RAW(alu_class(g) | INSN_AND, index, 0, 0, 0xf8 >> random_below(g, 4) & ~7));
	random_set(g, index, SCALAR, 0);
	random_lddw(g, base, 2, 0);
	PUT(g, ALU64R(ADD, base, index));
	random_set(g, base, NONE, 0);
	access_word(g, base, 0);
}

void random_statement(struct random_gen *g)
{
	static void (*const statements[])(struct random_gen *g) = {
		arithmetic, arithmetic, arithmetic, arithmetic, arithmetic, arithmetic, arithmetic,
		arithmetic, unary, constant, constant, copy, copy, idiom, idiom, copy_pointer, context, context,
		write_slot, write_slot, use_slot, use_slot, use_slot, spill, fill, point, use_value,
		use_value, use_value, use_memory, use_memory, index_value,
	};

	statements[random_below(g, sizeof(statements) / sizeof(*statements))](g);
}
