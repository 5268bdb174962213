/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test rows: a program, the maps it needs, and what must come of it. Plain
 * data and libc, so that every engine's runner can include them: interpreter
 * and JITs in user space, /dev/minibpf and bpf(2) in a VM.
 *
 * What a runner does with a row: create the maps in order; create the tail
 * programs and put them into the row's PROG_ARRAY; in the instructions replace
 * the map index in imm of each LDDW with src 1 or 2 by that map's fd; load;
 * compare verdict and log. If it was accepted, for each run: set the maps'
 * values, execute on the run's context, compare R0 and the maps' values.
 * Where only 32 bits of R0 come back, compare these.
 */
#ifndef ROWS_ROW_H
#define ROWS_ROW_H

#include <stddef.h>

#include "insn.h"

#define ROW_MAX_MAPS	4
#define ROW_MAX_TAILS	4
#define ROW_MAX_INSNS	70000	/* of a generated row */
#define ROW_MAX_RUNS	1024
#define ROW_CTX_WORDS	8	/* the context: 8 words of 8 bytes, then zeroes */

/**
 * struct row_run - one execution of a row's program
 * @ctx: the context
 * @r0: what must be returned
 */
struct row_run {
	uint64_t ctx[ROW_CTX_WORDS];
	uint64_t r0;
};

/**
 * struct row_map - a map that a row needs
 * @type: Linux's number; 0 ends the list
 * @key_size: bytes; PROG_ARRAY and ARRAY: 4; RINGBUF: 0, and no values
 * @value_size: bytes
 * @max_entries: elements
 * @flags: Linux's
 * @init: first bytes of the value of key 0 before each run; NULL: zeroes, or for
 *        a hash no such element. A hash has no other keys then
 * @init_size: bytes at @init
 * @want: first bytes of the value of key 0 after each run, or NULL: whatever
 * @want_size: bytes at @want
 * @frozen: freeze after setting @init
 */
struct row_map {
	uint32_t type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t flags;
	const void *init;
	uint32_t init_size;
	const void *want;
	uint32_t want_size;
	int frozen;
};

enum {
	ROW_MAP_HASH = 1, ROW_MAP_ARRAY = 2, ROW_MAP_PROG_ARRAY = 3,
	ROW_MAP_PERF_EVENT_ARRAY = 4, ROW_MAP_PERCPU_HASH = 5, ROW_MAP_PERCPU_ARRAY = 6,
	ROW_MAP_STACK_TRACE = 7, ROW_MAP_RINGBUF = 27,
};

/**
 * struct row_prog - a program in a row's PROG_ARRAY
 * @insns: @nr slots; NULL: the row's own program
 * @nr: number of slots
 * @slot: key in the row's only PROG_ARRAY
 */
struct row_prog {
	const struct row_insn *insns;
	uint32_t nr;
	uint32_t slot;
};

/* row.flags */
#define ROW_STRUCTURE	0x01	/* the rejection is by structure, without the verifier's types */
#define ROW_UNALIGNED	0x02	/* verifiers differ: -EACCES is right, too */
#define ROW_SWEEP	0x04	/* one of very many alike; a slow runner may take every nth */
#define ROW_PERFMON_OFF	0x08	/* the loader lacks CAP_PERFMON */
#define ROW_GPL_OFF	0x10	/* not GPL-compatible */
#define ROW_NOT_INTREE	0x20	/* in-tree judges or does otherwise; see @why */

/**
 * struct row - a program and its fate
 * @name: "subject: what must hold"
 * @insns: @nr slots
 * @nr: number of slots
 * @maps: what LDMAP and LDVALUE refer to
 * @tails: what the PROG_ARRAY among @maps holds
 * @nr_tails: how many
 * @err: 0 if it must be accepted, else the errno (positive) of the rejection
 * @log: with @err: text that must be in the log
 * @runs: @nr_runs executions; none: one with a zero context that must return @r0
 * @nr_runs: how many
 * @r0: see @runs
 * @flags: ROW_*
 * @why: reason for ROW_NOT_INTREE
 */
struct row {
	const char *name;
	const struct row_insn *insns;
	uint32_t nr;
	struct row_map maps[ROW_MAX_MAPS + 1];
	struct row_prog tails[ROW_MAX_TAILS];
	uint32_t nr_tails;
	int err;
	const char *log;
	const struct row_run *runs;
	uint32_t nr_runs;
	uint64_t r0;
	uint32_t flags;
	const char *why;
};

/* For row initialisers. */
#define PROG(...)								\
	.insns = (const struct row_insn[]){ __VA_ARGS__ },			\
	.nr = sizeof((const struct row_insn[]){ __VA_ARGS__ }) / sizeof(struct row_insn)
#define RUNS(...)								\
	.runs = (const struct row_run[]){ __VA_ARGS__ },			\
	.nr_runs = sizeof((const struct row_run[]){ __VA_ARGS__ }) / sizeof(struct row_run)
#define BYTES(which, type, ...)							\
	.which = (const type[]){ __VA_ARGS__ },					\
	.which##_size = sizeof((const type[]){ __VA_ARGS__ })

/**
 * rows_for_each - call @fn with every row
 * @fn: returns 0 to go on
 * @arg: for @fn
 *
 * Written rows first, then generated ones. A generated row lives until @fn
 * returns.
 *
 * Return: the first non-zero of @fn, or 0.
 */
int rows_for_each(int (*fn)(const struct row *row, void *arg), void *arg);

#endif /* ROWS_ROW_H */
