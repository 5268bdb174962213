// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random programs on the interpreter and on this machine's JIT: whatever they
 * leave behind must be the same. Prints a digest of each batch, which must be
 * the same on every machine.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "random_prog.h"
#include "row_maps.h"

#define BATCH 5000

static struct {
	struct random_prog p;
	u64 seed;
	const struct unit_engine *engine;
	u32 variants;
	u64 digest;
	u64 accepted;
	u64 slots;
} now;

/* What a run leaves behind. */
struct result {
	u64 r0;
	u8 value[RANDOM_VALUE_SIZE];
	u64 hash[5];		/* values of keys 0 to 4, or ~0 */
};

static void run(struct unit_row *r, u32 n, struct result *result)
{
	static u8 ctx[UNIT_CTX_SIZE] __aligned(8);
	u32 key;

	memset(result, 0, sizeof(*result));
	unit_os_reset();
	unit_row_init_maps(r);
	unit_row_ctx(r->row, n, ctx);
	result->r0 = mbpf_prog_run(&r->progs[0].prog, ctx);
	key = 0;
	mbpf_map_sys_lookup(r->maps[0], &key, result->value, 0);
	for (key = 0; key < ARRAY_SIZE(result->hash); key++)
		if (mbpf_map_sys_lookup(r->maps[1], &key, &result->hash[key], 0))
			result->hash[key] = ~0ULL;
}

static void add_digest(const struct result *result)
{
	const u8 *bytes = (const u8 *)result;
	u32 i;

	for (i = 0; i < sizeof(*result); i += 8)
		now.digest = (now.digest ^ get_unaligned((const u64 *)(bytes + i))) *
			     0x9e3779b97f4a7c15ULL + (now.digest >> 29);
}

static void say(const char *what)
{
	printf("# seed %llu on %s: %s\n", (unsigned long long)now.seed,
	       now.engine ? now.engine->name : "load", what);
	unit_prog_print(stdout, now.p.insns, now.p.row.nr);
}

static void crashed(void)
{
	say("crashed");
}

static void say_difference(const struct result *want, const struct result *got, u32 n)
{
	u32 i;

	printf("# run %u: R0 0x%llx, interpreter 0x%llx\n", n, (unsigned long long)got->r0,
	       (unsigned long long)want->r0);
	for (i = 0; i < RANDOM_VALUE_SIZE; i += 8) {
		u64 a = get_unaligned((const u64 *)(want->value + i));
		u64 b = get_unaligned((const u64 *)(got->value + i));

		if (a != b)
			printf("# value+%u: 0x%llx, interpreter 0x%llx\n", i,
			       (unsigned long long)b, (unsigned long long)a);
	}
}

/* Whether @engine does as the interpreter does on all runs. */
static bool engine_agrees(struct unit_row *r, const struct unit_engine *engine,
			  const struct result *want, bool quiet)
{
	struct result got;
	u32 n;
	int err;

	now.engine = engine;
	err = unit_row_engine(r, engine);
	if (err) {
		if (!quiet)
			printf("# seed %llu: %s does not compile it: %d\n",
			       (unsigned long long)now.seed, engine->name, err);
		return false;
	}
	for (n = 0; n < RANDOM_RUNS; n++) {
		run(r, n, &got);
		if (!memcmp(&got, &want[n], sizeof(got)))
			continue;
		if (!quiet)
			say_difference(&want[n], &got, n);
		return false;
	}
	return true;
}

/* The interpreter, and now.variants of the JIT's. Each program gets others. */
static bool agree(struct unit_row *r, bool quiet)
{
	struct result want[RANDOM_RUNS];
	size_t mark = unit_text_mark();
	bool ok = true;
	u32 n;

	now.engine = &unit_engines[0];
	unit_row_engine(r, now.engine);
	for (n = 0; n < RANDOM_RUNS; n++) {
		run(r, n, &want[n]);
		if (!quiet)
			add_digest(&want[n]);
	}
	for (n = 0; n < now.variants && ok; n++) {
		u32 other = 1 + (now.seed + n) % (unit_nr_engines - 1);

		if (unit_engine_runs(&unit_engines[other]))
			ok = engine_agrees(r, &unit_engines[other], want, quiet);
	}
	unit_text_release(mark);
	return ok;
}

/*
 * Whether the program in now.p is accepted and engines differ on it. In a
 * process of its own: it may crash now.
 */
static bool still_differs(void)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		struct unit_row r;

		unit_on_crash(NULL);
		alarm(2);
		_exit(!unit_row_load(&r, &now.p.row, NULL) && !agree(&r, true));
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

/* Takes out what is not needed for the difference. */
static void minimise(void)
{
	u32 i;
	bool less = true;

	while (less) {
		less = false;
		for (i = 0; i < now.p.row.nr; i++) {
			struct row_insn was = now.p.insns[i];

			if (was.code == (INSN_JMP | INSN_JA) || was.code == 0x18 || !was.code)
				continue;
			now.p.insns[i] = INSN(GOTO(0));
			if (still_differs())
				less = true;
			else
				now.p.insns[i] = was;
		}
	}
	say("what is left of it");
}

static void say_facts(const struct mbpf_code *code)
{
	u32 i;

	for (i = 0; i < code->nr; i++)
		printf("# %4u: flags %02x live %03x value 0x%llx\n", i, code->aux[i].flags,
		       code->aux[i].live, (unsigned long long)code->aux[i].value);
}

static int try_seed(u64 seed, u32 flags, bool verbose)
{
	struct mbpf_log log;
	struct unit_row r;
	int err, ret = 0;

	now.seed = seed;
	now.engine = NULL;
	random_prog(&now.p, seed, flags);
	/* With CAP_PERFMON, stack that was never written may be read. */
	now.p.row.flags |= ROW_PERFMON_OFF;
	mbpf_log_init(&log, verbose ? MBPF_LOG_PATH : 0, verbose ? 1 << 20 : 0);
	err = unit_row_load(&r, &now.p.row, &log);
	if (!err) {
		now.accepted++;
		now.slots += now.p.row.nr;
	}
	if (verbose) {
		say(err ? "rejected" : "accepted");
		printf("%s", unit_log_text(&log));
		if (!err)
			say_facts(&r.progs[0].prog.code);
	}
	if (!err && !agree(&r, false)) {
		say("differs");
		ret = 1;
	}
	unit_row_unload(&r);
	mbpf_log_deinit(&log);
	if (ret)
		minimise();
	return ret;
}

int main(int argc, char **argv)
{
	u64 seed = 1, count = 1000, i;
	u32 flags = RANDOM_ALL, min_accepted = 0;
	bool verbose = false;
	int opt;

	now.variants = unit_nr_engines - 1;
	while ((opt = getopt(argc, argv, "s:n:f:a:j:v")) != -1) {
		switch (opt) {
		case 'j':
			now.variants = strtoul(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			count = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			flags = strtoul(optarg, NULL, 0);
			break;
		case 'a':
			min_accepted = strtoul(optarg, NULL, 0);
			break;
		case 'v':
			verbose = true;
			break;
		default:
			fprintf(stderr, "usage: random [-s SEED] [-n PROGRAMS] [-f FLAGS] [-a PERCENT] [-j JITS] [-v]\n");
			return 2;
		}
	}
	unit_on_crash(crashed);
	for (i = 0; i < count; i++) {
		if (try_seed(seed + i, flags, verbose))
			return 1;
		if ((i + 1) % BATCH && i + 1 != count)
			continue;
		printf("digest of seeds %llu to %llu: %016llx\n",
		       (unsigned long long)(seed + i / BATCH * BATCH), (unsigned long long)(seed + i),
		       (unsigned long long)now.digest);
		fflush(stdout);
		now.digest = 0;
	}
	printf("%llu programs, %llu accepted, %llu instructions each\n", (unsigned long long)count,
	       (unsigned long long)now.accepted,
	       (unsigned long long)(now.accepted ? now.slots / now.accepted : 0));
	return now.accepted * 100 < count * min_accepted;
}
