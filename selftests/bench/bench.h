/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark: the same instructions and system calls through /dev/minibpf
 * and through bpf(2), in one boot, and whether their results are equal.
 *
 * How to read a figure, and what each row measures, is in RESULTS.md; how to
 * run it, in ci/bench.
 */
#ifndef BENCH_H
#define BENCH_H

#include <errno.h>
#include <linux/bpf.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define ADDRESS(p) ((uint64_t)(uintptr_t)(p))

/* Where a call goes. */
enum side { INTREE, DEVICE, NR_SIDES };

extern const char * const side_names[NR_SIDES];

/* device.c: bpf(2)'s call on a side. -errno, 0 or a descriptor. */
int side_call(enum side side, int cmd, union bpf_attr *attr);

/* side.c: the same in-tree. */
int side_syscall(int cmd, union bpf_attr *attr);

/* Opens the device; -errno. */
int side_open(void);

/* Makes libminibpf's calls go there. */
void side_use(enum side side);

#define MAX_MAPS 4
#define MAX_CODE 65536

/* A map to be made; @type 0: none. */
struct map_spec {
	uint32_t type, key_size, value_size, max_entries, flags;
};

/* Instructions that are being put together; maps are named by their number. */
struct code {
	uint32_t nr;
	struct row_insn insn[MAX_CODE];
};

void code_put(struct code *c, const struct row_insn *insns, uint32_t nr);
#define PUT(c, ...) do {						\
	const struct row_insn insns_[] = { __VA_ARGS__ };		\
	code_put(c, insns_, NR(insns_));				\
} while (0)

/*
 * A loop around what is put between the two calls: R6 counts from 0,
 * R7 is the sum so far (0, which the verifier does not know), R8 points to
 * map 0's only value. code_end() stores R7 there and returns it.
 */
uint32_t code_begin(struct code *c);
void code_end(struct code *c, uint32_t loop, uint32_t count);

int map_create(enum side side, const struct map_spec *spec);
int map_elem(enum side side, int cmd, int fd, const void *key, const void *value, uint64_t flags);
int map_update(enum side side, int fd, const void *key, const void *value, uint64_t flags);
int map_lookup(enum side side, int fd, const void *key, void *value);

/* Descriptor of a program, or -errno; @maps replaces the numbers of maps. */
int prog_load(enum side side, uint32_t type, const struct row_insn *insns, uint32_t nr,
	      const int *maps);

/* Runs it @repeat times; ns of all of it, or -errno. */
double prog_run(enum side side, int fd, uint32_t repeat, uint32_t *retval);

/*
 * Everything that a map holds, sorted: malloc()ed, @size bytes. NULL if it
 * cannot be told.
 */
void *map_dump(enum side side, int fd, const struct map_spec *spec, size_t *size);

/* Time in ns; under icount, instructions. */
double now(void);

/* Lets pass what runs in the background. */
void settle(int ms);

/* out.c: results. */

/* Machines that a target can differ for. */
enum machine { RISCV, RISCV_NO_ZB, X86, NR_MACHINES };

/**
 * struct result - one line
 * @row: number in the table of rows
 * @what: the line's name, unique within the row
 * @unit: of the values
 * @value: of each side; NAN: there is none, @why says why not
 * @why: one reason for each side
 * @target: in-tree's cost divided by ours that is aimed at; 0: none
 * @same: 1 results are equal, 0 they are not, -1 there was nothing to compare
 * @note: anything else
 */
struct result {
	const char *row;
	char what[64];
	const char *unit;
	double value[NR_SIDES];
	char why[NR_SIDES][96];
	double target;
	int same;
	char note[96];
};

struct options {
	bool json, quick, all;
	const char *rows;
	const char *machine;
};

extern struct options options;

/* Whether -r names it, or there is no -r. */
bool row_wanted(const char *row);

void result_init(struct result *r, const char *row, const char *what, const char *unit);
void result_why(struct result *r, enum side side, const char *what, int err);
void result_print(const struct result *r);

/* The one of three targets that is for this machine. */
double target_for(const double targets[NR_MACHINES]);

/* How many lines had different results. */
extern int nr_different;

/* Measurements per figure, of which the least counts. */
unsigned int rounds(void);

/* @n, or a few of them for a quick run. */
unsigned int times(unsigned int n);

/* micro.c: something in a program, measured by a loop in the program. */

/**
 * struct micro - a body, and the same program without what is measured
 * @row: number of the row
 * @what: name of the line
 * @build: puts the program together; @base: without the body
 * @setup: fills the maps; may be NULL. -errno
 * @before: gets maps ready for another run; may be NULL
 * @digest: of what else must be equal after the last run; may be NULL
 * @maps: besides map 0, an array of one value of 64 bytes
 * @per_run: how often a run does it; 0 means LOOPS
 * @loose: what the maps hold afterwards need not be equal
 * @arg: for @build
 * @target: see struct result
 */
struct micro {
	const char *row;
	const char *what;
	void (*build)(struct code *c, const struct micro *m, bool base);
	int (*setup)(enum side side, const int *fds, const struct micro *m);
	void (*before)(enum side side, const int *fds, const struct micro *m);
	uint64_t (*digest)(enum side side, const int *fds);
	struct map_spec maps[MAX_MAPS - 1];
	uint32_t per_run;
	bool loose;
	int64_t arg;
	double target[NR_MACHINES];
};

/* How often a program does what is measured; fewer where time does not matter. */
#define LOOPS (options.quick ? 16 : 512)

void micro_run(const struct micro *m);
#define MICRO(...) micro_run(&(const struct micro){ __VA_ARGS__ })

/**
 * struct ring - a ring buffer's memory
 * @consumer: position up to which user space has read
 * @producer: position up to which there are records
 * @data: mapped twice in a row
 * @size: of @data
 */
struct ring {
	unsigned long *consumer;
	unsigned long *producer;
	uint8_t *data;
	uint32_t size;
};

/* ring.c: -errno */
int ring_map(struct ring *ring, int fd, uint32_t size);
void ring_unmap(struct ring *ring);

/* Reads all there is: how many records, and @digest of what they say if not NULL. */
uint32_t ring_drain(struct ring *ring, uint64_t *digest);

/* types.c: the number of a kernel function's type, -errno */
int function_type(const char *name);

/*
 * What is probed, getppid(2)'s function: its entry, the same where in-tree can
 * probe it, a place inside, and its name among the kernel's types.
 */
#ifdef __riscv
#define PROBED		"__riscv_sys_getppid"
#define PROBED_INTREE	"__riscv_sys_getppid+8"
#define PROBED_INSIDE	"__riscv_sys_getppid+8"
#define PROBED_INSIDE2	"__riscv_sys_getppid+8"
#define PROBED_TYPED	"__riscv_sys_getppid"
#else
#define PROBED		"__x64_sys_getppid"
#define PROBED_INTREE	"__x64_sys_getppid"
#define PROBED_INSIDE	"__x64_sys_getppid+9"	/* behind endbr64 and ftrace's nop */
#define PROBED_INSIDE2	"__x64_sys_getppid+5"	/* without endbr64 */
#define PROBED_TYPED	"__do_sys_getppid"
#endif

/* rows_probe.c */
struct minibpf_link;
double getppid_cost(uint32_t calls);
const char *strategy_name(const struct minibpf_link *link);

/* rows_load.c */
void load_growth(const char *row);

/* rows_*.c */
void row_empty(const char *row);
void row_alu(const char *row);
void row_stack(const char *row);
void row_packet(const char *row);
void row_div(const char *row);
void row_calls(const char *row);
void row_array(const char *row);
void row_hash_lookup(const char *row);
void row_hash_update(const char *row);
void row_lru(const char *row);
void row_zipf(const char *row);
void row_ring(const char *row);
void row_probe(const char *row);
void row_fentry(const char *row);
void row_load(const char *row);
void row_calls_user(const char *row);
void row_real(const char *row);
void row_growth(const char *row);

#endif /* BENCH_H */
