// SPDX-License-Identifier: GPL-2.0-only
/*
 * Soundness of the verifier by state embedding: random and mutated programs
 * that it accepts are run, and at each instruction the values must lie in what
 * it took for possible.
 *
 *	soundness [-n PROGRAMS] [-s FIRST_SEED] [-v]
 *
 * The programs of a seed are the same everywhere. -v prints the program and
 * the verifier's log of the first seed.
 */
#include <getopt.h>
#include <unistd.h>

#include "embed.h"
#include "interp.h"
#include "random_bounds.h"

enum kind { TYPED, TYPED_MUTATED, BOUNDS, BOUNDS_MUTATED, NR_KINDS };

static const char * const kind_name[] = { "typed", "typed, mutated", "bounds", "bounds, mutated" };

static struct {
	struct random_prog p;
	u64 seed;
	u64 tried[NR_KINDS];
	u64 accepted[NR_KINDS];
	u64 runs;
	u64 ops[256];		/* accepted programs' instructions by opcode */
} now;

static void make(enum kind kind, u64 seed)
{
	if (kind < BOUNDS)
		random_prog(&now.p, seed, RANDOM_ALL & ~(seed & 0x1e));
	else
		random_bounds(&now.p, seed);
	if (kind == TYPED_MUTATED || kind == BOUNDS_MUTATED)
		random_mutate(&now.p, seed);
}

static void say(const char *what)
{
	printf("# seed %llu: %s\n", (unsigned long long)now.seed, what);
	unit_prog_print(stdout, now.p.insns, now.p.row.nr);
}

static void crashed(void)
{
	say("crashed");
}

static void note_ops(void)
{
	u32 i;

	for (i = 0; i < now.p.row.nr; i++)
		now.ops[now.p.insns[i].code]++;
}

static bool run_all(struct unit_row *r)
{
	u64 *ctx = malloc(UNIT_CTX_SIZE);
	u32 n, i;
	u64 seed = now.seed;
	bool ok = true;

	for (n = 0; ok && n < 2 * RANDOM_RUNS; n++) {
		unit_os_reset();
		unit_row_init_maps(r);
		if (n < RANDOM_RUNS)
			unit_row_ctx(&now.p.row, n, ctx);
		else
			for (i = 0; i < UNIT_CTX_SIZE / 8; i++)
				ctx[i] = unit_random(&seed) >> (unit_random(&seed) & 63);
		/* Numbers in the map take part, too. */
		if (n) {
			u64 value[RANDOM_VALUE_SIZE / 8];
			u32 key = 0;

			for (i = 0; i < ARRAY_SIZE(value); i++)
				value[i] = unit_random(&seed) >> (unit_random(&seed) & 63);
			mbpf_map_sys_update(r->maps[0], &key, value, MBPF_ANY);
		}
		mbpf_interp_poison = n * 85;
		ok = embed_run(r, ctx);
		now.runs++;
	}
	free(ctx);
	return ok;
}

static int try_seed(u64 seed, bool verbose)
{
	enum kind kind = seed % NR_KINDS;
	struct unit_row r;
	struct mbpf_log log;
	int err;
	bool ok = true;

	now.seed = seed;
	make(kind, seed / NR_KINDS);
	if (seed >> 3 & 1)
		now.p.row.flags |= ROW_PERFMON_OFF;
	embed_record(now.p.row.nr, seed >> 2 & 1);
	mbpf_log_init(&log, verbose ? MBPF_LOG_PATH | MBPF_LOG_STATES : 0, 1 << 20);
	err = unit_row_load(&r, &now.p.row, &log);
	now.tried[kind]++;
	if (verbose) {
		say(err ? "rejected" : "accepted");
		printf("%s\n", unit_log_text(&log));
	}
	if (!err) {
		now.accepted[kind]++;
		note_ops();
		ok = run_all(&r);
	} else if (err == -EFAULT) {
		ok = false;
	}
	if (!ok)
		say(err ? "the verifier says that it is wrong" : "accepted, and it should not be");
	unit_row_unload(&r);
	mbpf_log_deinit(&log);
	embed_forget();
	return ok ? 0 : 1;
}

static void report(u64 first, u64 n)
{
	u32 i, ops = 0;

	printf("seeds %llu to %llu\n", (unsigned long long)first, (unsigned long long)(first + n - 1));
	for (i = 0; i < NR_KINDS; i++)
		printf("%-16s %9llu programs, %9llu accepted (%llu %%)\n", kind_name[i],
		       (unsigned long long)now.tried[i], (unsigned long long)now.accepted[i],
		       (unsigned long long)(now.tried[i] ? 100 * now.accepted[i] / now.tried[i] : 0));
	for (i = 0; i < 256; i++)
		ops += !!now.ops[i];
	printf("%llu runs, %llu instructions with their states, %llu values in them, %llu accesses, %u opcodes\n",
	       (unsigned long long)now.runs, (unsigned long long)embed_count.insns,
	       (unsigned long long)embed_count.values, (unsigned long long)embed_count.accesses, ops);
}

int main(int argc, char **argv)
{
	u64 first = 1, n = 50000, seed;
	bool verbose = false;
	int opt, failed = 0;

	while ((opt = getopt(argc, argv, "n:s:v")) != -1) {
		if (opt == 'n')
			n = strtoull(optarg, NULL, 0);
		else if (opt == 's')
			first = strtoull(optarg, NULL, 0);
		else if (opt == 'v')
			verbose = true;
		else
			return 2;
	}
	unit_on_crash(crashed);
	for (seed = first; seed < first + n && failed < 3; seed++)
		failed += try_seed(seed, verbose && seed == first);
	report(first, n);
	printf("%s\n", failed ? "FAILED" : "sound as far as was seen");
	return failed ? 1 : 0;
}
