/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random programs that a verifier accepts: registers and stack slots are read
 * only where they were written, memory is accessed inside its object, loops
 * are bounded. The same on every machine for a seed. Needs libc only.
 *
 * Everything a program computed ends up in R0 and in the value of its first
 * map, from where engines can be compared.
 */
#ifndef FUZZ_RANDOM_PROG_H
#define FUZZ_RANDOM_PROG_H

#include "row.h"

#define RANDOM_MAX_INSNS	1024
#define RANDOM_RUNS		3

/* What programs may contain besides arithmetic, memory and jumps forward. */
#define RANDOM_V4		0x01	/* instructions of RFC 9669 that kernels before 6.6 lack */
#define RANDOM_CALLS		0x02	/* functions */
#define RANDOM_HELPERS		0x04	/* map helpers */
#define RANDOM_LOOPS		0x08	/* bounded loops */
#define RANDOM_CALLBACKS	0x10	/* loop() */
#define RANDOM_ALL		0x1f

/* The first map's value: data that programs read and write, then results. */
#define RANDOM_DATA_SIZE	256
#define RANDOM_VALUE_SIZE	512

/**
 * struct random_prog - a program
 * @row: the program, its maps and RANDOM_RUNS contexts; the results in it mean
 *       nothing
 */
struct random_prog {
	struct row row;
	char name[32];
	struct row_insn insns[RANDOM_MAX_INSNS];
	struct row_run runs[RANDOM_RUNS];
	uint8_t data[RANDOM_DATA_SIZE];
};

/* Makes the program of @seed and @flags (RANDOM_*). */
void random_prog(struct random_prog *p, uint64_t seed, uint32_t flags);

#endif /* FUZZ_RANDOM_PROG_H */
