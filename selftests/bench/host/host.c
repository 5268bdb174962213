// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-host [-j] [-r ROW,...]: rows 2 to 8 on this machine itself: the x86-64 back end's code runs in this
 * process, in-tree's by PROG_TEST_RUN in the kernel. Real time, so the least of
 * many measurements. Nothing is attached, and only this benchmark's own
 * programs are run.
 */
#include <unistd.h>

#include "bench.h"
#include "engine.h"

#define ROUNDS	50
#define REPEAT	200

/**
 * struct host - a row on both sides; programs are base and body
 * @fds: in-tree's maps
 * @progs: in-tree's programs
 * @maps: in this process
 * @code: programs in this process
 * @nr_maps: how many maps each side has
 */
struct host {
	int fds[MAX_MAPS];
	int progs[2];
	struct mbpf_map *maps[MAX_MAPS];
	struct unit_prog code[2];
	u32 nr_maps;
};

static struct code body, base;

static const struct map_spec state_spec = { BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0 };

static struct host host;

/* Rows fill maps by this: a descriptor of the device is a map's number here. */
int side_call(enum side side, int cmd, union bpf_attr *attr)
{
	const void *key = (void *)(unsigned long)attr->key, *value;

	if (side == INTREE)
		return side_syscall(cmd, attr);
	value = (void *)(unsigned long)attr->value;
	if (cmd != BPF_MAP_UPDATE_ELEM)
		return -EOPNOTSUPP;
	return mbpf_map_sys_update(host.maps[attr->map_fd], key, value, attr->flags);
}

static const struct unit_engine *best_engine(void)
{
	const struct unit_engine *best = NULL;
	u32 i;

	for (i = 0; i < unit_nr_engines; i++) {
		const struct unit_engine *e = &unit_engines[i];

		if (e->backend && e->optimise && !e->far && unit_engine_runs(e) &&
		    !(e->features & (MBPF_CPU_IBT | MBPF_CPU_RETPOLINE | MBPF_CPU_RETHUNK)) &&
		    (!best || e->features > best->features))
			best = e;
	}
	return best;
}

static int make_maps(const struct micro *m)
{
	static const uint64_t state[8] = { 0, 0, 0x0123456789abcdef, 0x08004500003c1c46,
					   0x40004006b1e6c0a8, 0x0068c0a800010050, 0, 0 };
	static int numbers[MAX_MAPS] = { 0, 1, 2, 3 };
	uint32_t i, key = 0;
	int err;

	for (i = 0; i < MAX_MAPS && (!i || m->maps[i - 1].type); i++) {
		const struct map_spec *spec = i ? &m->maps[i - 1] : &state_spec;
		struct mbpf_map_attr attr = {
			.type = spec->type, .key_size = spec->key_size,
			.value_size = spec->value_size, .max_entries = spec->max_entries,
			.flags = spec->flags,
		};

		host.fds[i] = map_create(INTREE, spec);
		host.maps[i] = mbpf_map_create(&attr);
		if (host.fds[i] < 0 || IS_ERR(host.maps[i]))
			return -EINVAL;
		host.nr_maps++;
	}
	map_update(INTREE, host.fds[0], &key, state, BPF_ANY);
	map_update(DEVICE, 0, &key, state, BPF_ANY);
	err = m->setup ? m->setup(INTREE, host.fds, m) : 0;
	return err ?: m->setup ? m->setup(DEVICE, numbers, m) : 0;
}

static int load(const struct micro *m, const struct unit_engine *engine)
{
	const struct code *codes[2] = { &base, &body };
	int i, err = make_maps(m);

	for (i = 0; i < 2 && !err; i++) {
		host.progs[i] = prog_load(INTREE, BPF_PROG_TYPE_SOCKET_FILTER, codes[i]->insn,
					  codes[i]->nr, host.fds);
		if (host.progs[i] < 0)
			return host.progs[i];
		err = unit_prog_load(&host.code[i], codes[i]->insn, codes[i]->nr, host.maps,
				     host.nr_maps, NULL, NULL);
		if (!err)
			err = unit_prog_engine(&host.code[i], engine);
	}
	return err;
}

static void unload(void)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		unit_prog_unload(&host.code[i]);
		if (host.progs[i] > 0)
			close(host.progs[i]);
	}
	for (i = 0; i < host.nr_maps; i++) {
		close(host.fds[i]);
		mbpf_map_destroy(host.maps[i]);
	}
	memset(&host, 0, sizeof(host));
}

static double run_here(int which, uint32_t *retval)
{
	const struct mbpf_prog *prog = &host.code[which].prog;
	static u8 ctx[UNIT_CTX_SIZE];
	double start = now();
	u32 i;

	for (i = 0; i < REPEAT; i++)
		*retval = mbpf_prog_run(prog, ctx);
	return now() - start;
}

void micro_run(const struct micro *m)
{
	double best[NR_SIDES][2] = { { INFINITY, INFINITY }, { INFINITY, INFINITY } }, t;
	const struct unit_engine *engine = best_engine();
	uint32_t retval[NR_SIDES][2] = {}, round, which, side;
	size_t mark = unit_text_mark();
	struct result r;
	int err;

	/* Tail calls need programs in maps on both sides. */
	if (m->before)
		return;
	result_init(&r, m->row, m->what, "ns");
	r.target = !strcmp(m->row, "5") ? 2.2 : !strcmp(m->row, "8") ? 3 : 0;
	body.nr = base.nr = 0;
	m->build(&body, m, false);
	m->build(&base, m, true);
	err = load(m, engine);
	for (round = 0; round < ROUNDS && !err; round++) {
		for (which = 0; which < 2; which++) {
			t = prog_run(INTREE, host.progs[which], REPEAT, &retval[INTREE][which]);
			best[INTREE][which] = t < best[INTREE][which] ? t : best[INTREE][which];
			t = run_here(which, &retval[DEVICE][which]);
			best[DEVICE][which] = t < best[DEVICE][which] ? t : best[DEVICE][which];
		}
	}
	for (side = 0; side < NR_SIDES; side++) {
		if (err)
			result_why(&r, side, "load", err);
		else
			r.value[side] = (best[side][1] - best[side][0]) / REPEAT / LOOPS;
	}
	if (!err)
		r.same = !memcmp(retval[INTREE], retval[DEVICE], sizeof(retval[0]));
	result_print(&r);
	unload();
	unit_text_release(mark);
}

/* Updates take locks and memory, which are not the kernel's here: no row 9. */
static const struct {
	const char *row;
	void (*run)(const char *row);
} table[] = {
	{ "2", row_alu }, { "3", row_stack }, { "4", row_packet }, { "5", row_div },
	{ "6", row_calls }, { "7", row_array }, { "8", row_hash_lookup },
};

/* Whether bpf(2) does what is needed here; if not, why. */
static int permitted(void)
{
	static const struct row_insn insns[] = { MOV(R0, 0), EXIT };
	int prog = prog_load(INTREE, BPF_PROG_TYPE_SOCKET_FILTER, insns, NR(insns), NULL);
	double t;

	if (prog < 0)
		return prog;
	t = prog_run(INTREE, prog, 1, NULL);
	close(prog);
	return t < 0 ? t : 0;
}

int main(int argc, char **argv)
{
	int option, err = permitted();
	uint32_t i;

	options.machine = "host";
	while ((option = getopt(argc, argv, "jr:")) != -1) {
		if (option == 'j')
			options.json = true;
		else if (option == 'r')
			options.rows = optarg;
		else
			return 2;
	}
	if (err) {
		fprintf(stderr, "bench-host: skipped: bpf(2) on this machine: %s\n", strerror(-err));
		return 0;
	}
	for (i = 0; i < NR(table); i++)
		if (row_wanted(table[i].row))
			table[i].run(table[i].row);
	return nr_different != 0;
}
