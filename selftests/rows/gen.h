/* SPDX-License-Identifier: GPL-2.0-only */
/* How generated rows are put together. */
#ifndef ROWS_GEN_H
#define ROWS_GEN_H

#include "row.h"

/**
 * struct gen - the row under construction
 * @row: points to the members below
 * @fn: who gets it
 * @arg: for @fn
 * @err: what @fn returned; once set, nothing is made any more
 */
struct gen {
	struct row row;
	char name[96];
	struct row_insn insns[ROW_MAX_INSNS];
	struct row_run runs[ROW_MAX_RUNS];
	int (*fn)(const struct row *row, void *arg);
	void *arg;
	int err;
};

void gen_begin(struct gen *g);
void gen_insns(struct gen *g, const struct row_insn *insns, uint32_t nr);
/* The run's context begins with @a, @b, @c. */
void gen_run(struct gen *g, uint64_t a, uint64_t b, uint64_t c, uint64_t r0);
void gen_end(struct gen *g, uint32_t flags, const char *name, ...)
	__attribute__((format(printf, 3, 4)));

#define GEN(g, ...) \
	gen_insns(g, (const struct row_insn[]){ __VA_ARGS__ }, \
		  sizeof((const struct row_insn[]){ __VA_ARGS__ }) / sizeof(struct row_insn))

#define GEN_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Operands at the edges of all widths. */
extern const uint64_t gen_edges[];
extern const uint32_t gen_nr_edges;
extern const int32_t gen_imms[];
extern const uint32_t gen_nr_imms;

/* A few pairs that tell operations apart, for sweeps over registers. */
struct gen_pair {
	uint64_t a;
	uint64_t b;
};
extern const struct gen_pair gen_pairs[];
extern const uint32_t gen_nr_pairs;

/* @value's lower @bits, zero- and sign-extended. */
static inline uint64_t gen_zext(uint64_t value, unsigned int bits)
{
	return bits == 64 ? value : value & ((1ULL << bits) - 1);
}

static inline uint64_t gen_sext(uint64_t value, unsigned int bits)
{
	uint64_t sign = 1ULL << (bits - 1);

	return (gen_zext(value, bits) ^ sign) - sign;
}

/* gen_alu.c, gen_jmp.c, gen_mem.c, gen_atomic.c */
void gen_alu(struct gen *g);
void gen_jmp(struct gen *g);
void gen_mem(struct gen *g);
void gen_atomic(struct gen *g);

#endif /* ROWS_GEN_H */
