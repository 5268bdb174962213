// SPDX-License-Identifier: GPL-2.0-only
/*
 * Row G: cost per unit as programs, maps and the number of programs at a probe
 * grow. It must stay flat.
 */
#include <unistd.h>

#include <minibpf.h>

#include "bench.h"

/* Looks up 512 keys that lie far apart, and adds up their values. */
static void build_sweep(struct code *c, uint32_t entries)
{
	uint32_t loop;

	c->nr = 0;
	loop = code_begin(c);
	PUT(c, MOVR(R1, R6), ALU64(MUL, R1, entries / LOOPS), STX(W, R10, -4, R1));
	if (entries)
		PUT(c, LDMAP(R1, 1), MOVR(R2, R10), ALU64(ADD, R2, -4), CALL(FN_map_lookup_elem),
		    JMP(JEQ, R0, 0, 2), LDX(DW, R1, R0, 0), ALU64R(ADD, R7, R1));
	code_end(c, loop, LOOPS);
}

/* By system call, which waits for the device's large maps to grow; a program would outrun that. */
static int fill(enum side side, int map, uint32_t entries)
{
	uint64_t value;
	uint32_t key;
	int err = 0;

	for (key = 0; key < entries && !err; key++) {
		value = key;
		err = map_update(side, map, &key, &value, BPF_ANY);
	}
	return err;
}

static int sweep(enum side side, uint32_t entries, double *value, uint32_t *retval)
{
	const struct map_spec specs[2] = {
		{ BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0 }, { BPF_MAP_TYPE_HASH, 4, 8, entries, 0 },
	};
	double best[2] = { INFINITY, INFINITY }, t;
	int fds[2], progs[2], err = 0;
	static struct code c;
	unsigned int i, round;

	for (i = 0; i < 2; i++)
		fds[i] = map_create(side, &specs[i]);
	err = fds[1] < 0 ? fds[1] : fill(side, fds[1], entries);
	for (i = 0; i < 2; i++) {
		build_sweep(&c, i ? entries : 0);
		progs[i] = prog_load(side, BPF_PROG_TYPE_SOCKET_FILTER, c.insn, c.nr, fds);
		for (round = 0; round < rounds() && progs[i] >= 0; round++) {
			t = prog_run(side, progs[i], times(20), retval);
			best[i] = t < best[i] ? t : best[i];
		}
		err = progs[i] < 0 ? progs[i] : err;
	}
	for (i = 0; i < 2; i++) {
		close(progs[i]);
		close(fds[i]);
	}
	*value = (best[1] - best[0]) / times(20) / LOOPS;
	return err;
}

static void growth_maps(const char *row)
{
	static const uint32_t sizes[] = { 1024, 32768, 1048576 };
	uint32_t i, side, retval[NR_SIDES];
	struct result r;
	char what[64];
	int err;

	for (i = 0; i < (options.quick ? 1 : NR(sizes)); i++) {
		snprintf(what, sizeof(what), "hash lookup, %uK elements", sizes[i] / 1024);
		result_init(&r, row, what, "insns");
		for (side = 0; side < NR_SIDES; side++) {
			err = sweep(side, sizes[i], &r.value[side], &retval[side]);
			if (err)
				result_why(&r, side, "fill", err);
			settle(500);
		}
		if (isfinite(r.value[INTREE]) && isfinite(r.value[DEVICE]))
			r.same = retval[INTREE] == retval[DEVICE];
		result_print(&r);
	}
}

#define MAX_PROGS 64

static int attach_many(enum side side, uint32_t nr, int map, struct minibpf_link **links)
{
	const char *target = side == INTREE ? PROBED_INTREE : PROBED;
	static struct code c;
	uint32_t i;
	int prog, err = 0;

	c.nr = 0;
	PUT(&c, LDVALUE(R1, 0, 0), LDX(DW, R2, R1, 0), ALU64(ADD, R2, 1), STX(DW, R1, 0, R2),
	    MOV(R0, 0), EXIT);
	side_use(side);
	for (i = 0; i < nr && !err; i++) {
		prog = prog_load(side, BPF_PROG_TYPE_KPROBE, c.insn, c.nr, &map);
		err = prog < 0 ? prog : minibpf_link_kprobe(prog, &target, 1, 0, &links[i]);
		if (prog >= 0)
			close(prog);
	}
	return err;
}

static int many(enum side side, uint32_t nr, double *value, uint64_t *count)
{
	static const struct map_spec spec = { BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0 };
	struct minibpf_link *links[MAX_PROGS] = {};
	int map = map_create(side, &spec), err;
	double bare = getppid_cost(1000), cost = INFINITY, t;
	uint32_t i, key = 0;

	err = attach_many(side, nr, map, links);
	settle(300);
	for (i = 0; i < 3 && !err; i++) {
		t = getppid_cost(200);
		cost = t < cost ? t : cost;
	}
	for (i = 0; i < nr; i++)
		minibpf_link_close(links[i]);
	settle(100);
	map_lookup(side, map, &key, count);
	close(map);
	t = getppid_cost(1000);
	*value = (cost - (t < bare ? t : bare)) / nr;
	return err;
}

static void growth_programs(const char *row)
{
	static const uint32_t numbers[] = { 1, 4, 16, 64 };
	uint64_t counts[NR_SIDES];
	struct result r;
	uint32_t i, side;
	char what[64];
	int err;

	for (i = 0; i < (options.quick ? 2 : NR(numbers)); i++) {
		snprintf(what, sizeof(what), "entry, %u program%s", numbers[i],
			 numbers[i] > 1 ? "s" : "");
		result_init(&r, row, what, "insns/program");
		for (side = 0; side < NR_SIDES; side++) {
			err = many(side, numbers[i], &r.value[side], &counts[side]);
			if (err)
				result_why(&r, side, "attach", err);
		}
		r.same = counts[INTREE] && counts[INTREE] == counts[DEVICE];
		result_print(&r);
	}
}

void row_growth(const char *row)
{
	load_growth(row);
	growth_maps(row);
	growth_programs(row);
}
