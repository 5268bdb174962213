// SPDX-License-Identifier: GPL-2.0-only
/*
 * Soundness of the verifier by state embedding: random and mutated programs
 * that it accepts are run, and at each instruction the values must lie in what
 * it took for possible.
 *
 *	soundness [-n PROGRAMS] [-s FIRST_SEED] [-j JOBS] [-v]
 *
 * The programs of a seed are the same everywhere. -v prints the program and
 * the verifier's log of the first seed.
 */
#include <getopt.h>
#include <sys/wait.h>
#include <unistd.h>

#include "embed.h"
#include "interp.h"
#include "isa.h"
#include "random_bounds.h"

enum kind { TYPED, TYPED_MUTATED, BOUNDS, BOUNDS_MUTATED, NR_KINDS };

static const char * const kind_name[] = { "typed", "typed, mutated", "bounds", "bounds, mutated" };

/* What was done; of all jobs in the end. */
struct sum {
	u64 tried[NR_KINDS];
	u64 accepted[NR_KINDS];
	u64 runs;
	u64 ops[256];		/* accepted programs' instructions by opcode */
	u64 helpers[256];	/* their helper calls by number */
	u64 failed;
	struct embed_count count;
};

static struct {
	struct random_prog p;
	u64 seed;
	struct sum sum;
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

	for (i = 0; i < now.p.row.nr; i++) {
		const struct row_insn *insn = &now.p.insns[i];

		now.sum.ops[insn->code]++;
		if (insn->code == (INSN_JMP | INSN_CALL) && !insn->src)
			now.sum.helpers[(uint32_t)insn->imm < 256 ? insn->imm : 0]++;
		/* The second slot of an LDDW has no opcode. */
		i += insn->code == MBPF_LDDW;
	}
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
		now.sum.runs++;
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
	now.sum.tried[kind]++;
	if (verbose) {
		say(err ? "rejected" : "accepted");
		printf("%s\n", unit_log_text(&log));
	}
	if (!err) {
		now.sum.accepted[kind]++;
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

/* Whether any instruction of this opcode is one. */
static bool is_opcode(u8 code)
{
	struct mbpf_insn insn[2] = { { .code = code } };
	u32 i;

	for (i = 0; i < 8; i++) {
		insn->src = i & 1;
		insn->imm = i & 2 ? 16 : 0;
		insn->dst = i >> 2;
		if (!mbpf_isa_check(insn, 0, mbpf_insn_slots(insn), NULL))
			return true;
	}
	return false;
}

/* What the accepted programs, all of which ran, were made of. */
static void report_coverage(void)
{
	static const char * const class_name[] = {
		"LD", "LDX", "ST", "STX", "ALU", "JMP", "JMP32", "ALU64",
	};
	u32 class, i;

	for (class = 0; class < 8; class++) {
		u64 insns = 0, met = 0, all = 0;

		for (i = class; i < 256; i += 8) {
			all += is_opcode(i);
			met += !!now.sum.ops[i];
			insns += now.sum.ops[i];
		}
		printf("%-5s %10llu instructions, %2llu of %2llu opcodes", class_name[class],
		       (unsigned long long)insns, (unsigned long long)met,
		       (unsigned long long)all);
		for (i = class; i < 256 && met < all; i += 8)
			if (is_opcode(i) && !now.sum.ops[i])
				printf(" not 0x%02x", i);
		printf("\n");
	}
	printf("helper calls, number of the helper: times (0: in dead code)");
	for (i = 0; i < 256; i++)
		if (now.sum.helpers[i])
			printf(", %u: %llu", i, (unsigned long long)now.sum.helpers[i]);
	printf("\n");
}

static void report(u64 first, u64 n)
{
	u32 i;

	printf("seeds %llu to %llu\n", (unsigned long long)first, (unsigned long long)(first + n - 1));
	for (i = 0; i < NR_KINDS; i++)
		printf("%-16s %9llu programs, %9llu accepted (%llu %%)\n", kind_name[i],
		       (unsigned long long)now.sum.tried[i], (unsigned long long)now.sum.accepted[i],
		       (unsigned long long)(now.sum.tried[i] ? 100 * now.sum.accepted[i] / now.sum.tried[i] : 0));
	printf("%llu runs, %llu instructions with their states, %llu values in them, %llu accesses\n",
	       (unsigned long long)now.sum.runs, (unsigned long long)now.sum.count.insns,
	       (unsigned long long)now.sum.count.values, (unsigned long long)now.sum.count.accesses);
	report_coverage();
}

static void do_seeds(u64 first, u64 n, bool verbose)
{
	u64 seed;

	for (seed = first; seed < first + n && now.sum.failed < 3; seed++)
		now.sum.failed += try_seed(seed, verbose && seed == first);
	now.sum.count = embed_count;
}

/* Every number of @more, which has nothing else. */
static void add(const struct sum *more)
{
	const u64 *from = (const u64 *)more;
	u64 *to = (u64 *)&now.sum;
	u32 i;

	for (i = 0; i < sizeof(*more) / 8; i++)
		to[i] += from[i];
}

/* Each job takes its share of the seeds in a process of its own. */
static void share(u64 first, u64 n, u64 jobs)
{
	int fd[2];
	u64 i;

	if (pipe(fd))
		exit(2);
	for (i = 0; i < jobs; i++) {
		u64 from = first + n * i / jobs, to = first + n * (i + 1) / jobs;

		fflush(stdout);
		if (fork())
			continue;
		do_seeds(from, to - from, false);
		fflush(stdout);
		_exit(write(fd[1], &now.sum, sizeof(now.sum)) != sizeof(now.sum));
	}
	close(fd[1]);
	for (i = 0; i < jobs; i++) {
		struct sum sum;
		int status;

		if (read(fd[0], &sum, sizeof(sum)) == sizeof(sum))
			add(&sum);
		else
			now.sum.failed++;	/* it crashed */
		wait(&status);
	}
}

int main(int argc, char **argv)
{
	u64 first = 1, n = 50000, jobs = 1;
	bool verbose = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:j:v")) != -1) {
		if (opt == 'n')
			n = strtoull(optarg, NULL, 0);
		else if (opt == 's')
			first = strtoull(optarg, NULL, 0);
		else if (opt == 'j')
			jobs = strtoull(optarg, NULL, 0);
		else if (opt == 'v')
			verbose = true;
		else
			return 2;
	}
	unit_on_crash(crashed);
	if (jobs > 1)
		share(first, n, jobs);
	else
		do_seeds(first, n, verbose);
	report(first, n);
	printf("soundness: %d passed, %llu failed\n", !now.sum.failed,
	       (unsigned long long)now.sum.failed);
	return now.sum.failed ? 1 : 0;
}
