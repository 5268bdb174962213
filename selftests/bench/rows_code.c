// SPDX-License-Identifier: GPL-2.0-only
/* Rows 2 to 6: what the machine code of plain instructions and calls costs. */
#include "bench.h"

/* 32-bit arithmetic and compares, four times what a compiler makes of bounds checks. */
static void build_alu(struct code *c, const struct micro *m, bool base)
{
	uint32_t loop = code_begin(c), i;

	for (i = 0; i < 4 && !base; i++)
		PUT(c, MOV32R(R1, R7), ALU32R(ADD, R1, R6), ALU32(XOR, R1, 0x55),
		    JMP32(JGT, R1, 1000, 1), ALU32(ADD, R1, 3),
		    ALU32(RSH, R1, 2), JMP32R(JLT, R1, R6, 1), ALU32(SUB, R1, 1),
		    ALU64R(ADD, R7, R1));
	code_end(c, loop, LOOPS);
}

void row_alu(const char *row)
{
	MICRO(.row = row, .what = "ALU32/JMP32 mix, 36 insns", .build = build_alu,
	      .target = { 1.6, 2.1, 1 });
}

/* A key of 64 bytes, zeroed and read at a place that is not known before. */
static void build_stack(struct code *c, const struct micro *m, bool base)
{
	uint32_t loop, i;

	for (i = 0; i < 8; i++)
		PUT(c, ST(DW, R10, -64 + 8 * (int)i, 0));
	loop = code_begin(c);
	for (i = 0; i < 8 && !base; i++)
		PUT(c, ST(DW, R10, -64 + 8 * (int)i, 0));
	PUT(c, MOVR(R1, R6), ALU64(AND, R1, 56), MOVR(R2, R10), ALU64(ADD, R2, -64),
	    ALU64R(ADD, R2, R1), LDX(DW, R1, R2, 0), ALU64R(ADD, R7, R1), STX(DW, R2, 0, R7));
	code_end(c, loop, LOOPS);
}

void row_stack(const char *row)
{
	MICRO(.row = row, .what = "zero 64 bytes of stack", .build = build_stack,
	      .target = { 2, 2, 1 });
}

static void build_be(struct code *c, const struct micro *m, bool base)
{
	uint32_t loop = code_begin(c);

	PUT(c, LDX(H, R1, R8, 24), LDX(W, R2, R8, 28));
	if (!base)
		PUT(c, BE(R1, 16), BE(R2, 32));
	PUT(c, ALU64R(ADD, R7, R1), ALU64R(ADD, R7, R2));
	code_end(c, loop, LOOPS);
}

static void build_imm64(struct code *c, const struct micro *m, bool base)
{
	uint32_t loop = code_begin(c);

	if (!base)
		PUT(c, LDDW(R1, 0x9e3779b97f4a7c15), ALU64R(XOR, R7, R1));
	code_end(c, loop, LOOPS);
}

void row_packet(const char *row)
{
	MICRO(.row = row, .what = "be16 + be32", .build = build_be, .target = { 2, 5, 1 });
	MICRO(.row = row, .what = "64-bit constant", .build = build_imm64, .target = { 3, 3, 1 });
}

static void build_div(struct code *c, const struct micro *m, bool base)
{
	uint32_t loop = code_begin(c);

	PUT(c, MOVR(R1, R7), ALU64R(ADD, R1, R6));
	if (!base && m->arg == 64)
		PUT(c, ALU64(DIV, R1, 10));
	if (!base && m->arg == 32)
		PUT(c, ALU32(DIV, R1, 7));
	if (!base && m->arg == 1000)
		PUT(c, ALU64(MOD, R1, 1000));
	PUT(c, ALU64R(ADD, R7, R1));
	code_end(c, loop, LOOPS);
}

void row_div(const char *row)
{
	MICRO(.row = row, .what = "64-bit division by 10", .build = build_div, .arg = 64,
	      .target = { 1, 1, 2.4 });
	MICRO(.row = row, .what = "64-bit remainder of 1000", .build = build_div, .arg = 1000,
	      .target = { 1, 1, 1.5 });
	MICRO(.row = row, .what = "32-bit division by 7", .build = build_div, .arg = 32,
	      .target = { 1, 1, 1.5 });
}

/* The callee's work is in the base too; @arg: it has registers and stack to save. */
static void build_call(struct code *c, const struct micro *m, bool base)
{
	uint32_t loop = code_begin(c), call;

	call = c->nr + 1;
	if (base)
		PUT(c, MOVR(R0, R6));
	else
		PUT(c, MOVR(R1, R6), CALLF(0));
	PUT(c, ALU64R(ADD, R7, R0));
	code_end(c, loop, LOOPS);
	if (base)
		return;
	c->insn[call].imm = c->nr - call - 1;
	if (m->arg)
		PUT(c, MOVR(R6, R1), MOVR(R7, R1), MOVR(R8, R1), MOVR(R9, R1),
		    STX(DW, R10, -8, R6), LDX(DW, R0, R10, -8), EXIT);
	else
		PUT(c, MOVR(R0, R1), EXIT);
}

static void build_loop(struct code *c, const struct micro *m, bool base)
{
	PUT(c, LDVALUE(R8, 0, 0), LDX(DW, R7, R8, 8), STX(DW, R10, -8, R7));
	if (!base)
		PUT(c, MOV(R1, LOOPS), LDFUNC(R2, 9), MOVR(R3, R10), ALU64(ADD, R3, -8), MOV(R4, 0),
		    CALL(FN_loop));
	PUT(c, LDX(DW, R7, R10, -8), STX(DW, R8, 0, R7), MOVR(R0, R7), EXIT);
	if (!base)
		PUT(c, LDX(DW, R3, R2, 0), ALU64R(ADD, R3, R1), STX(DW, R2, 0, R3), MOV(R0, 0),
		    EXIT);
}

/* 33 hops are the most that is allowed; @arg: the slot is not known. Each run counts itself. */
#define HOPS 33

static void build_tail(struct code *c, const struct micro *m, bool base)
{
	uint32_t i;

	for (i = 0; i < (base ? HOPS + 1 : 1); i++)
		PUT(c, LDVALUE(R4, 0, 0), LDX(DW, R5, R4, 0), ALU64(ADD, R5, 1),
		    STX(DW, R4, 0, R5));
	if (!base) {
		PUT(c, LDMAP(R2, 1));
		if (m->arg)
			PUT(c, LDX(W, R3, R4, 8));
		else
			PUT(c, MOV(R3, 0));
		PUT(c, CALL(FN_tail_call));
	}
	PUT(c, MOV(R0, 7), EXIT);
}

/* The program calls itself; it is put into its own array before each run. */
static void arm_tail(enum side side, const int *fds, const struct micro *m)
{
	static struct code c;
	static int progs[NR_SIDES][2] = { { -1, -1 }, { -1, -1 } };
	uint32_t key = 0;
	int *prog = &progs[side][!!m->arg];

	if (*prog >= 0)
		return;
	c.nr = 0;
	build_tail(&c, m, false);
	*prog = prog_load(side, BPF_PROG_TYPE_SOCKET_FILTER, c.insn, c.nr, fds);
	map_update(side, fds[1], &key, prog, BPF_ANY);
}

#define PROG_ARRAY { BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0 }

void row_calls(const char *row)
{
	MICRO(.row = row, .what = "function call, empty", .build = build_call,
	      .target = { 4, 4, 2.4 });
	MICRO(.row = row, .what = "function call, saves R6-R9, stack", .build = build_call, .arg = 1,
	      .target = { 4, 4, 2.4 });
	MICRO(.row = row, .what = "bpf_loop, one iteration", .build = build_loop,
	      .target = { 2.4, 2.4, 2.4 });
	MICRO(.row = row, .what = "tail call, constant slot", .build = build_tail,
	      .maps = { PROG_ARRAY }, .before = arm_tail, .per_run = HOPS,
	      .target = { 3.7, 3.7, 2.8 });
	MICRO(.row = row, .what = "tail call, unknown slot", .build = build_tail, .arg = 1,
	      .maps = { PROG_ARRAY }, .before = arm_tail, .per_run = HOPS,
	      .target = { 2.4, 2.4, 2.8 });
}
