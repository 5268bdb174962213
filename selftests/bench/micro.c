// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one thing in a program costs: a program that does it in a loop, less
 * the same program without it, on each side.
 */
#include <unistd.h>

#include "bench.h"

/* At least so many runs per measurement: the clock of riscv64 has steps of 100 ns. */
#define REPEAT 20

static const struct map_spec state_spec = {
	BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0,
};

/* What is loaded on one side, and the least that each program took. */
struct loaded {
	int maps[MAX_MAPS];
	int progs[2];
	uint32_t retval[2];
	double best[2];
};

static struct code body, base;

/* The state's first word is for results, the second is 0, others are a pattern. */
static int fill_state(enum side side, int fd)
{
	uint64_t state[8] = { 0, 0, 0x0123456789abcdef, 0x08004500003c1c46, 0x40004006b1e6c0a8,
			      0x0068c0a800010050, 0, 0 };
	uint32_t key = 0;

	return map_update(side, fd, &key, state, BPF_ANY);
}

static int load_maps(struct loaded *l, enum side side, const struct micro *m, struct result *r)
{
	char what[64];
	int i, err;

	for (i = 0; i < MAX_MAPS; i++) {
		const struct map_spec *spec = i ? &m->maps[i - 1] : &state_spec;

		if (!spec->type)
			break;
		l->maps[i] = map_create(side, spec);
		if (l->maps[i] < 0) {
			snprintf(what, sizeof(what), "map type %u", spec->type);
			result_why(r, side, what, l->maps[i]);
			return -1;
		}
	}
	err = fill_state(side, l->maps[0]);
	if (!err && m->setup)
		err = m->setup(side, l->maps, m);
	if (err)
		result_why(r, side, "filling maps", err);
	return err;
}

static int load_side(struct loaded *l, enum side side, const struct micro *m, struct result *r)
{
	const struct code *codes[2] = { &base, &body };
	int i;

	memset(l, 0xff, sizeof(*l));
	l->best[0] = l->best[1] = INFINITY;
	if (load_maps(l, side, m, r))
		return -1;
	for (i = 0; i < 2; i++) {
		l->progs[i] = prog_load(side, BPF_PROG_TYPE_SOCKET_FILTER, codes[i]->insn,
					codes[i]->nr, l->maps);
		if (l->progs[i] < 0) {
			result_why(r, side, "load", l->progs[i]);
			return -1;
		}
	}
	return 0;
}

static void unload_side(struct loaded *l)
{
	int i;

	for (i = 0; i < 2; i++)
		if (l->progs[i] >= 0)
			close(l->progs[i]);
	for (i = 0; i < MAX_MAPS; i++)
		if (l->maps[i] >= 0)
			close(l->maps[i]);
}

static bool same_maps(struct loaded l[NR_SIDES], const struct micro *m)
{
	void *dumps[NR_SIDES];
	size_t sizes[NR_SIDES];
	bool same = true;
	int i, side;

	for (i = 0; i < MAX_MAPS && !m->loose; i++) {
		const struct map_spec *spec = i ? &m->maps[i - 1] : &state_spec;

		if (!spec->type)
			break;
		if (!spec->key_size || spec->type == BPF_MAP_TYPE_PROG_ARRAY)
			continue;
		for (side = 0; side < NR_SIDES; side++)
			dumps[side] = map_dump(side, l[side].maps[i], spec, &sizes[side]);
		same &= dumps[0] && dumps[1] && sizes[0] == sizes[1] &&
			!memcmp(dumps[0], dumps[1], sizes[0]);
		free(dumps[0]);
		free(dumps[1]);
	}
	return same;
}

/* One measurement of one program. */
static int measure(struct loaded *l, enum side side, int which, const struct micro *m)
{
	double t;

	if (m->before)
		m->before(side, l->maps, m);
	t = prog_run(side, l->progs[which], times(REPEAT), &l->retval[which]);
	if (t < 0)
		return t;
	if (t < l->best[which])
		l->best[which] = t;
	return 0;
}

static void measure_all(struct loaded l[NR_SIDES], const bool ok[NR_SIDES],
			const struct micro *m, struct result *r)
{
	unsigned int round, side, which;
	int err;

	for (round = 0; round < rounds(); round++)
		for (which = 0; which < 2; which++)
			for (side = 0; side < NR_SIDES; side++) {
				if (!ok[side])
					continue;
				err = measure(&l[side], side, which, m);
				if (err)
					result_why(r, side, "run", err);
			}
}

void micro_run(const struct micro *m)
{
	struct loaded l[NR_SIDES];
	bool ok[NR_SIDES];
	struct result r;
	int side;

	result_init(&r, m->row, m->what, "insns");
	r.target = target_for(m->target);
	body.nr = base.nr = 0;
	m->build(&body, m, false);
	m->build(&base, m, true);
	for (side = 0; side < NR_SIDES; side++)
		ok[side] = !load_side(&l[side], side, m, &r);
	measure_all(l, ok, m, &r);
	for (side = 0; side < NR_SIDES; side++) {
		double net = l[side].best[1] - l[side].best[0];

		if (ok[side] && !r.why[side][0])
			r.value[side] = net / times(REPEAT) / (m->per_run ?: LOOPS);
	}
	if (isfinite(r.value[INTREE]) && isfinite(r.value[DEVICE]))
		r.same = l[0].retval[0] == l[1].retval[0] && l[0].retval[1] == l[1].retval[1] &&
			 same_maps(l, m) &&
			 (!m->digest || m->digest(INTREE, l[INTREE].maps) ==
			  m->digest(DEVICE, l[DEVICE].maps));
	for (side = 0; side < NR_SIDES; side++)
		unload_side(&l[side]);
	result_print(&r);
}
