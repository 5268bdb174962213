// SPDX-License-Identifier: GPL-2.0-only
/*
 * A part of row 10: how often an LRU map has what is asked for, on a trace of
 * keys by Zipf's law. A map that is fast because it forgets the wrong keys is
 * not faster.
 */
#include <unistd.h>

#include "bench.h"

#define NR_KEYS		16384
#define TRACE		65536
#define ROOM		1024

static uint32_t trace[TRACE];

/* Key k with a probability of 1 / (k + 1), by bisection of the sums. */
static void make_trace(void)
{
	static double sums[NR_KEYS];
	uint64_t random = 88172645463325252;
	double sum = 0;
	uint32_t i;

	for (i = 0; i < NR_KEYS; i++)
		sums[i] = sum += 1.0 / (i + 1);
	for (i = 0; i < TRACE; i++) {
		uint32_t low = 0, high = NR_KEYS - 1;
		double x;

		random = random * 6364136223846793005 + 1442695040888963407;
		x = (random >> 11) * 0x1p-53 * sum;
		while (low < high) {
			uint32_t mid = (low + high) / 2;

			if (sums[mid] < x)
				low = mid + 1;
			else
				high = mid;
		}
		/* Neighbours in rank are not neighbours in value. */
		trace[i] = low * 2654435761U;
	}
}

/* Asks for the next 512 keys of the trace, adds what is missing, counts it in the state. */
static void build(struct code *c)
{
	uint32_t loop;

	c->nr = 0;
	PUT(c, LDVALUE(R8, 0, 0), LDX(DW, R7, R8, 0), MOV(R6, 0));
	loop = c->nr;
	PUT(c, LDX(DW, R1, R8, 8), ALU64R(ADD, R1, R6), STX(W, R10, -4, R1),
	    LDMAP(R1, 1), MOVR(R2, R10), ALU64(ADD, R2, -4), CALL(FN_map_lookup_elem),
	    JMP(JEQ, R0, 0, 18), LDX(W, R1, R0, 0), STX(W, R10, -8, R1),
	    LDMAP(R1, 2), MOVR(R2, R10), ALU64(ADD, R2, -8), CALL(FN_map_lookup_elem),
	    JMP(JNE, R0, 0, 10), ALU64(ADD, R7, 1), ST(DW, R10, -16, 1),
	    LDMAP(R1, 2), MOVR(R2, R10), ALU64(ADD, R2, -8), MOVR(R3, R10), ALU64(ADD, R3, -16),
	    MOV(R4, BPF_ANY), CALL(FN_map_update_elem));
	PUT(c, ALU64(ADD, R6, 1));
	PUT(c, JMP(JLT, R6, LOOPS, (int)(loop - c->nr - 1)));
	PUT(c, LDX(DW, R1, R8, 8), ALU64(ADD, R1, LOOPS), STX(DW, R8, 8, R1),
	    STX(DW, R8, 0, R7), MOV(R0, 0), EXIT);
}

static double misses(enum side side, const struct code *c)
{
	static const struct map_spec specs[] = {
		{ BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0 },
		{ BPF_MAP_TYPE_ARRAY, 4, 4, TRACE, 0 },
		{ BPF_MAP_TYPE_LRU_HASH, 4, 8, ROOM, 0 },
	};
	uint64_t state[8] = {};
	int fds[NR(specs)], prog;
	double t = 0;
	uint32_t i;

	for (i = 0; i < NR(specs); i++) {
		fds[i] = map_create(side, &specs[i]);
		if (fds[i] < 0)
			return fds[i];
	}
	for (i = 0; i < TRACE; i++)
		map_update(side, fds[1], &i, &trace[i], BPF_ANY);
	prog = prog_load(side, BPF_PROG_TYPE_SOCKET_FILTER, c->insn, c->nr, fds);
	if (prog < 0)
		return prog;
	for (i = 0; i < TRACE / LOOPS && t >= 0; i++)
		t = prog_run(side, prog, 1, NULL);
	i = 0;
	map_lookup(side, fds[0], &i, state);
	close(prog);
	for (i = 0; i < NR(specs); i++)
		close(fds[i]);
	return t < 0 ? t : state[0] * 100.0 / TRACE;
}

void row_zipf(const char *row)
{
	static struct code c;
	struct result r;
	int side;

	if (options.quick)
		return;
	result_init(&r, row, "LRU hash of 1K, Zipf trace of 16K keys", "misses in %");
	r.target = 1;
	make_trace();
	build(&c);
	for (side = 0; side < NR_SIDES; side++) {
		r.value[side] = misses(side, &c);
		if (r.value[side] < 0)
			result_why(&r, side, "run", r.value[side]);
	}
	result_print(&r);
}
