// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and stores: every width and sign, at offsets around what encodings can
 * hold, from the stack, the context and map values, with every register as
 * base and as data.
 */
#include "gen.h"

#define VALUE_SIZE 8192

struct size {
	const char *name;
	uint8_t code;
	uint8_t bytes;
};

static const struct size sizes[] = {
	{ "u8", INSN_B, 1 }, { "u16", INSN_H, 2 }, { "u32", INSN_W, 4 }, { "u64", INSN_DW, 8 },
};

/* Multiples of 8. A base in the middle of the value reaches all of them. */
static const int16_t value_offs[] = {
	0, 8, 120, 128, 136, 1024, 2040, 2048, 2056, 4088,
	-8, -120, -128, -136, -1024, -2048, -2056, -4096,
};

static const int16_t stack_offs[] = { -8, -16, -120, -128, -136, -248, -256, -264, -504, -512 };

static uint64_t loaded(uint64_t word, const struct size *size, unsigned int shift, int is_signed)
{
	word >>= 8 * shift;
	return is_signed ? gen_sext(word, 8 * size->bytes) : gen_zext(word, 8 * size->bytes);
}

static struct row_insn load(const struct size *size, int is_signed, int dst, int src, int off)
{
	return INSN(RAW(INSN_LDX | (is_signed ? INSN_MEMSX : INSN_MEM) | size->code, dst, src, off, 0));
}

static struct row_insn store(const struct size *size, int dst, int off, int src)
{
	return INSN(RAW(INSN_STX | INSN_MEM | size->code, dst, src, off, 0));
}

static void one_map(struct gen *g)
{
	g->row.maps[0] = (struct row_map){
		.type = ROW_MAP_ARRAY, .key_size = 4, .value_size = VALUE_SIZE, .max_entries = 1,
	};
}

/* R6 = context, R7 = the middle of the map's value. */
static void begin_value(struct gen *g)
{
	gen_begin(g);
	one_map(g);
	GEN(g, MOVR(R6, R1), LDVALUE(R7, 0, VALUE_SIZE / 2));
}

static void context_loads(struct gen *g, const struct size *size, int is_signed)
{
	unsigned int at;
	uint32_t i;

	for (at = 0; at < 8; at += size->bytes) {
		gen_begin(g);
		GEN(g, load(size, is_signed, R0, R1, 8 + at), EXIT);
		for (i = 0; i < gen_nr_edges; i++)
			gen_run(g, 0, gen_edges[i], ~0ULL,
				loaded(gen_edges[i], size, at, is_signed));
		gen_end(g, 0, "mem: load %s%s ctx+%u", is_signed ? "signed " : "", size->name, 8 + at);
	}
}

/* A word is stored, a part of it loaded. */
static void value_loads(struct gen *g, const struct size *size, int is_signed)
{
	unsigned int at;
	uint32_t i, o;

	for (o = 0; o < GEN_COUNT(value_offs); o++) {
		at = (o * size->bytes) % 8;
		begin_value(g);
		GEN(g, LDX(DW, R2, R6, 0), STX(DW, R7, value_offs[o], R2),
		    load(size, is_signed, R0, R7, value_offs[o] + at), EXIT);
		for (i = 0; i < gen_nr_edges; i++)
			gen_run(g, gen_edges[i], 0, 0, loaded(gen_edges[i], size, at, is_signed));
		gen_end(g, 0, "mem: load %s%s value%+d", is_signed ? "signed " : "", size->name,
			value_offs[o] + at);
	}
	for (o = 0; o < GEN_COUNT(stack_offs); o++) {
		at = (o * size->bytes) % 8;
		gen_begin(g);
		GEN(g, LDX(DW, R2, R1, 0), STX(DW, R10, stack_offs[o], R2),
		    load(size, is_signed, R0, R10, stack_offs[o] + at), EXIT);
		for (i = 0; i < gen_nr_edges; i++)
			gen_run(g, gen_edges[i], 0, 0, loaded(gen_edges[i], size, at, is_signed));
		gen_end(g, 0, "mem: load %s%s fp%+d", is_signed ? "signed " : "", size->name,
			stack_offs[o] + at);
	}
}

static uint64_t replaced(uint64_t word, const struct size *size, unsigned int at, uint64_t by)
{
	uint64_t mask = gen_zext(~0ULL, 8 * size->bytes) << 8 * at;

	return (word & ~mask) | (by << 8 * at & mask);
}

/* A part of a word is overwritten: by a register, then by an immediate. */
static void stores(struct gen *g, const struct size *size)
{
	uint32_t i, o;

	for (o = 0; o < GEN_COUNT(value_offs); o++) {
		unsigned int at = (o * size->bytes) % 8;
		int off = value_offs[o];
		int32_t imm = gen_imms[(o + 5 * at + size->bytes) % gen_nr_imms];

		begin_value(g);
		GEN(g, LDX(DW, R2, R6, 8), STX(DW, R7, off, R2), LDX(DW, R3, R6, 0),
		    store(size, R7, off + at, R3), LDX(DW, R0, R7, off), EXIT);
		for (i = 0; i < gen_nr_edges; i++)
			gen_run(g, gen_edges[i], 0x5a5a5a5a5a5a5a5a, 0,
				replaced(0x5a5a5a5a5a5a5a5a, size, at, gen_edges[i]));
		gen_end(g, 0, "mem: store %s value%+d", size->name, off + at);

		begin_value(g);
		GEN(g, LDX(DW, R2, R6, 8), STX(DW, R7, off, R2),
		    RAW(INSN_ST | INSN_MEM | size->code, R7, 0, off + at, imm),
		    LDX(DW, R0, R7, off), EXIT);
		gen_run(g, 0, 0x123456789abcdef0, 0,
			replaced(0x123456789abcdef0, size, at, (int64_t)imm));
		gen_end(g, 0, "mem: store %s %d value%+d", size->name, imm, off + at);
	}
	for (o = 0; o < GEN_COUNT(stack_offs); o++) {
		unsigned int at = (o * size->bytes) % 8;

		gen_begin(g);
		GEN(g, LDX(DW, R2, R1, 8), STX(DW, R10, stack_offs[o], R2), LDX(DW, R3, R1, 0),
		    store(size, R10, stack_offs[o] + at, R3), LDX(DW, R0, R10, stack_offs[o]), EXIT);
		for (i = 0; i < gen_nr_edges; i++)
			gen_run(g, gen_edges[i], 0xa5a5a5a5a5a5a5a5, 0,
				replaced(0xa5a5a5a5a5a5a5a5, size, at, gen_edges[i]));
		gen_end(g, 0, "mem: store %s fp%+d", size->name, stack_offs[o] + at);
	}
}

/* Every base with every data register, loaded and stored at a near and a far offset. */
static void register_sweep(struct gen *g, const struct size *size, int is_signed)
{
	static const int16_t offs[] = { 8, 2048 };
	int base, data, spare;
	uint32_t i, o;

	for (base = R0; base <= R9; base++)
	for (data = R0; data <= R9; data++)
	for (o = 0; o < GEN_COUNT(offs); o++) {
		for (spare = R2; spare == base || spare == data; spare++)
			;
		gen_begin(g);
		one_map(g);
		/* The word goes through the stack, so that base may be any register. */
		GEN(g, LDX(DW, R2, R1, 0), STX(DW, R10, -8, R2), LDVALUE(base, 0, 64));
		if (base != data) {
			GEN(g, LDX(DW, data, R10, -8), store(size, base, offs[o], data),
			    MOV(data, -1));
		} else {
			GEN(g, LDX(DW, spare, R10, -8), store(size, base, offs[o], spare));
		}
		GEN(g, load(size, is_signed, data, base, offs[o]), MOVR(R0, data), EXIT);
		for (i = 0; i < gen_nr_pairs; i++)
			gen_run(g, gen_pairs[i].a, 0, 0, loaded(gen_pairs[i].a, size, 0, is_signed));
		gen_end(g, ROW_SWEEP, "mem: %s%s r%d at r%d%+d", is_signed ? "signed " : "",
			size->name, data, base, offs[o]);
	}
}

static void unaligned(struct gen *g, const struct size *size, int is_signed)
{
	unsigned int at;
	uint32_t i;

	for (at = 1; at < size->bytes; at++) {
		begin_value(g);
		GEN(g, LDX(DW, R2, R6, 0), STX(DW, R7, 0, R2), LDX(DW, R2, R6, 8),
		    STX(DW, R7, 8, R2), load(size, is_signed, R3, R7, at),
		    store(size, R7, 16 + at, R3), load(size, is_signed, R0, R7, 16 + at), EXIT);
		for (i = 0; i < gen_nr_pairs; i++) {
			unsigned __int128 words = gen_pairs[i].a |
						  (unsigned __int128)gen_pairs[i].b << 64;

			gen_run(g, gen_pairs[i].a, gen_pairs[i].b, 0,
				loaded(words >> 8 * at, size, 0, is_signed));
		}
		gen_end(g, ROW_UNALIGNED, "mem: unaligned %s%s value+%u",
			is_signed ? "signed " : "", size->name, at);
	}
}

void gen_mem(struct gen *g)
{
	int is_signed;
	uint32_t i;

	for (i = 0; i < GEN_COUNT(sizes); i++) {
		for (is_signed = 0; is_signed <= (sizes[i].bytes < 8); is_signed++) {
			context_loads(g, &sizes[i], is_signed);
			value_loads(g, &sizes[i], is_signed);
			register_sweep(g, &sizes[i], is_signed);
			unaligned(g, &sizes[i], is_signed);
		}
		stores(g, &sizes[i]);
	}
}
