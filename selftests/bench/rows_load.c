// SPDX-License-Identifier: GPL-2.0-only
/* Row 14: what loading a program costs, from the system call to the descriptor. */
#include <unistd.h>

#include "bench.h"

/* In-tree's cost of these grows with the square of their size: minutes. */
#define TOO_LONG_INTREE 10000

/**
 * struct load - a program to load
 * @row: number of the row
 * @what: name of the line
 * @build: puts @nr instructions together; map 0 is the state, map 1 an array
 * @nr: as many
 * @per_insn: the value is per instruction
 * @target: see struct result
 */
struct load {
	const char *row, *what;
	void (*build)(struct code *c, uint32_t nr);
	uint32_t nr;
	bool per_insn;
	double target;
};

static void build_straight(struct code *c, uint32_t nr)
{
	if (nr == 3) {
		PUT(c, MOV(R0, 1), ALU64(ADD, R0, 2), EXIT);
		return;
	}
	PUT(c, LDVALUE(R1, 0, 0), LDX(DW, R0, R1, 16), MOV(R2, 1));
	while (c->nr < nr - 1) {
		switch (c->nr % 4) {
		case 0:
			PUT(c, ALU64(ADD, R0, c->nr));
			break;
		case 1:
			PUT(c, ALU64(XOR, R0, 0x1234));
			break;
		case 2:
			PUT(c, ALU64R(ADD, R2, R0));
			break;
		default:
			PUT(c, ALU64R(SUB, R0, R2));
		}
	}
	PUT(c, EXIT);
}

/* Blocks of 9 instructions around a look-up. */
static void build_lookups(struct code *c, uint32_t nr)
{
	PUT(c, MOV(R6, 0));
	while (c->nr + 9 <= nr - 2)
		PUT(c, ST(W, R10, -4, c->nr / 9 % 1024), MOVR(R2, R10), ALU64(ADD, R2, -4),
		    LDMAP(R1, 1), CALL(FN_map_lookup_elem), JMP(JEQ, R0, 0, 2),
		    LDX(DW, R1, R0, 0), ALU64R(ADD, R6, R1));
	PUT(c, MOVR(R0, R6), EXIT);
}

static void build_bounded(struct code *c, uint32_t nr)
{
	PUT(c, LDVALUE(R1, 0, 0), LDX(DW, R0, R1, 8), MOV(R2, 0),
	    ALU64(ADD, R2, 1), ALU64R(ADD, R0, R2), JMP(JLT, R2, 1000, -3), EXIT);
}

/* Ways that part and meet again. */
static void build_branches(struct code *c, uint32_t nr)
{
	PUT(c, LDVALUE(R7, 0, 0), MOV(R6, 0));
	while (c->nr + 3 <= nr - 2)
		PUT(c, LDX(DW, R2, R7, c->nr % 8 * 8), JMP(JSET, R2, 1 << c->nr % 31, 1),
		    ALU64(ADD, R6, 1));
	PUT(c, MOVR(R0, R6), EXIT);
}

/* Calls of one function at the end. */
static void build_calls(struct code *c, uint32_t nr)
{
	uint32_t function = nr - 4;

	PUT(c, LDVALUE(R6, 0, 0));
	while (c->nr + 2 <= function - 2)
		PUT(c, LDX(DW, R1, R6, 0), CALLF(function - c->nr - 2));
	while (c->nr < function - 1)
		PUT(c, MOV(R0, 0));
	PUT(c, EXIT);
	PUT(c, MOV(R0, 1), JMP(JGT, R1, 7, 1), MOV(R0, 2), EXIT);
}

static int measure(enum side side, const struct code *c, const int *maps, double *best,
		   uint32_t *retval)
{
	unsigned int round, n = c->nr > 4096 ? 2 : rounds();
	double start, t;
	int fd;

	for (round = 0; round < n; round++) {
		start = now();
		fd = prog_load(side, BPF_PROG_TYPE_SOCKET_FILTER, c->insn, c->nr, maps);
		t = now() - start;
		if (fd < 0)
			return fd;
		*best = t < *best ? t : *best;
		prog_run(side, fd, 1, retval);
		close(fd);
		/* What was closed is freed later. */
		settle(20);
	}
	return 0;
}

static void load_run(const struct load *load)
{
	static const struct map_spec state = { BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0 };
	static const struct map_spec array = { BPF_MAP_TYPE_ARRAY, 4, 8, 1024, 0 };
	static struct code c;
	uint32_t retval[NR_SIDES] = {}, side, i;
	struct result r;

	c.nr = 0;
	load->build(&c, load->nr);
	result_init(&r, load->row, load->what, load->per_insn ? "insns/insn" : "insns/load");
	r.target = load->target;
	for (side = 0; side < NR_SIDES; side++) {
		int maps[2] = { map_create(side, &state), map_create(side, &array) }, err;
		double best = INFINITY;

		if (side == INTREE && load->build == build_lookups &&
		    load->nr > TOO_LONG_INTREE && !options.all) {
			result_why(&r, side, "left out without -a: takes minutes", 0);
		} else {
			err = measure(side, &c, maps, &best, &retval[side]);
			if (err)
				result_why(&r, side, "load", err);
			else
				r.value[side] = load->per_insn ? best / c.nr : best;
		}
		for (i = 0; i < 2; i++)
			close(maps[i]);
	}
	if (isfinite(r.value[INTREE]) && isfinite(r.value[DEVICE]))
		r.same = retval[INTREE] == retval[DEVICE];
	result_print(&r);
}

void row_load(const char *row)
{
	static const struct load loads[] = {
		{ "14", "load, 3 insns", build_straight, 3, false, 3.4 },
		{ "14", "load, 64 straight", build_straight, 64, false, 10 },
		{ "14", "load, 512 straight", build_straight, 512, false, 10 },
		{ "14", "load, 4,000 straight", build_straight, 4000, false, 10 },
		{ "14", "load, 60,000 straight", build_straight, 60000, false, 10 },
		{ "14", "load, 6 lookups, 57 insns", build_lookups, 57, false, 10 },
		{ "14", "load, 56 lookups, 507 insns", build_lookups, 507, false, 10 },
		{ "14", "load, 113 lookups, 1,020 insns", build_lookups, 1020, false, 10 },
		{ "14", "load, 443 lookups, 3,990 insns", build_lookups, 3990, false, 100 },
		{ "14", "load, 1,777 lookups, 15,996 insns", build_lookups, 15996, false, 100 },
		{ "14", "load, loop of 1,000 times 3 insns", build_bounded, 7, false, 0 },
	};
	uint32_t i;

	for (i = 0; i < NR(loads); i++)
		if (!options.quick || loads[i].nr < 1000)
			load_run(&loads[i]);
}

/* For row G: the same per instruction. */
void load_growth(const char *row)
{
	static const struct {
		const char *what;
		void (*build)(struct code *c, uint32_t nr);
		uint32_t nr;
	} sizes[] = {
		{ "straight", build_straight, 64 }, { "straight", build_straight, 512 },
		{ "straight", build_straight, 4000 }, { "straight", build_straight, 16000 },
		{ "straight", build_straight, 60000 },
		{ "lookups", build_lookups, 57 }, { "lookups", build_lookups, 507 },
		{ "lookups", build_lookups, 3990 }, { "lookups", build_lookups, 15996 },
		{ "branches", build_branches, 64 }, { "branches", build_branches, 512 },
		{ "branches", build_branches, 4000 }, { "branches", build_branches, 16000 },
		{ "calls", build_calls, 64 }, { "calls", build_calls, 512 },
		{ "calls", build_calls, 4000 }, { "calls", build_calls, 16000 },
	};
	char what[64];
	uint32_t i;

	for (i = 0; i < NR(sizes); i++) {
		struct load load = { row, what, sizes[i].build, sizes[i].nr, true, 0 };

		snprintf(what, sizeof(what), "load, %s, %u insns", sizes[i].what, sizes[i].nr);
		if (!options.quick || sizes[i].nr < 1000)
			load_run(&load);
	}
}
