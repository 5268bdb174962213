/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of the generator of random programs, for random_*.c. */
#ifndef FUZZ_RANDOM_GEN_H
#define FUZZ_RANDOM_GEN_H

#include "random_prog.h"

#define NR_SLOTS	12	/* words of stack that a function uses at most */
#define MAX_FUNCS	5	/* the main program and what it may call */
#define MAX_SITES	64	/* calls and function addresses */
#define MAX_DEPTH	4	/* of nested blocks */
#define ANY		-1

/* What a register or a stack slot holds. */
enum kind {
	NONE,		/* unknown: may not be read */
	SCALAR,
	CTX,		/* the context, unmodified */
	VALUE,		/* first map's value at off, at most RANDOM_DATA_SIZE */
	MEMORY,		/* 8 bytes of the caller's */
	COUNTER,	/* a loop's: read, but not written */
};

struct thing {
	int8_t kind;
	int16_t off;
};

/**
 * struct state - what is known at some instruction
 * @reg: R0 to R9
 * @slot: word n is at R10 - 8 * (n + 1)
 */
struct state {
	struct thing reg[10];
	struct thing slot[NR_SLOTS];
};

/**
 * struct func - a function of the program
 * @used: somebody calls it
 * @callback: loop() does, so it is (index, memory)
 * @nr_args: arguments
 * @memory: the first argument points to 8 bytes
 * @start: first instruction
 */
struct func {
	int used;
	int callback;
	int nr_args;
	int memory;
	uint32_t start;
};

/**
 * struct gen_state - the program under construction
 * @p: where it goes
 * @seed: of the random numbers
 * @flags: RANDOM_*
 * @s: what is known here
 * @current: index of the function being made
 * @ctx: register that keeps the context; ANY outside the main program
 * @loops: loops around this place
 * @budget: statements left in this function
 * @heavy: loops and callbacks left in this function: what each contains is
 *         verified once for each way that leads there
 * @func: all functions
 * @site: instructions that refer to functions, and which
 */
struct random_gen {
	struct random_prog *p;
	uint64_t seed;
	uint32_t flags;
	struct state s;
	int current;
	int ctx;
	int loops;
	int budget;
	int heavy;
	struct func func[MAX_FUNCS];
	struct {
		uint32_t insn;
		int func;
	} site[MAX_SITES];
	uint32_t nr_sites;
};

/* random_prog.c: numbers, registers and emission */
uint64_t random_bits(struct random_gen *g);
uint32_t random_below(struct random_gen *g, uint32_t n);
int32_t random_imm(struct random_gen *g);
uint64_t random_word(struct random_gen *g);
/* A random register of @kind, but for @not; or ANY if there is none. */
int random_reg(struct random_gen *g, int kind, int not);
/* A register that may be overwritten; R0 to R5 only with @caller_saved. */
int random_target(struct random_gen *g);
/* A scalar: one there is, or a new one. Counters count as scalars. */
int random_scalar(struct random_gen *g);
int random_slot(struct random_gen *g, int kind);
uint32_t random_put(struct random_gen *g, struct row_insn insn);
void random_lddw(struct random_gen *g, int dst, int src, uint64_t imm);
void random_set(struct random_gen *g, int reg, int kind, int off);
/* There is room for another statement, with all that must still follow. */
int random_room(struct random_gen *g);

#define PUT(g, ...) random_put(g, INSN(__VA_ARGS__))

/* random_flow.c */
void random_block(struct random_gen *g, int depth, uint32_t statements);

/* random_stmt.c: one statement without blocks */
void random_statement(struct random_gen *g);

/* random_call.c */
void random_call(struct random_gen *g);
void random_helper(struct random_gen *g);
void random_callback(struct random_gen *g);

#endif /* FUZZ_RANDOM_GEN_H */
