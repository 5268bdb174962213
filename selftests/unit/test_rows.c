// SPDX-License-Identifier: GPL-2.0-only
/* All rows of selftests/rows on the interpreter and on this machine's JIT. */
#include "unit.h"
#include "row_maps.h"

#define MAX_FAILURES 10

static struct {
	const struct unit_engine *engine;
	const struct row *row;
	u32 run;
	u32 rows;
	u64 runs;
	u32 failures;
} now;

static void say_row(const char *what)
{
	printf("# %s: row '%s', run %u: %s\n", now.engine ? now.engine->name : "load",
	       now.row ? now.row->name : "", now.run, what);
	if (now.row && now.row->nr <= 100)
		unit_prog_print(stdout, now.row->insns, now.row->nr);
}

static void crashed(void)
{
	say_row("crashed");
}

static int failure(const char *what)
{
	say_row(what);
	return ++now.failures == MAX_FAILURES;
}

static int check_verdict(const struct row *row, int err, struct mbpf_log *log)
{
	const char *text = unit_log_text(log);
	char what[256];

	if (err == -row->err && (!err || !row->log || strstr(text, row->log)))
		return 0;
	if (err == -EACCES && row->flags & ROW_UNALIGNED)
		return 0;
	snprintf(what, sizeof(what), "verdict %d, not %d; log: %.*s", err, -row->err,
		 (int)strcspn(text, "\n"), text);
	return failure(what);
}

static int run_row(struct unit_row *r, const struct unit_engine *engine)
{
	static u8 ctx[UNIT_CTX_SIZE] __aligned(8);
	size_t mark = unit_text_mark();
	char what[128];
	int err = unit_row_engine(r, engine);

	if (err) {
		snprintf(what, sizeof(what), "not compiled: %d", err);
		return failure(what);
	}
	for (now.run = 0; now.run < unit_row_runs(r->row); now.run++) {
		u64 want = unit_row_r0(r->row, now.run), got;

		now.runs++;
		unit_os_reset();
		unit_row_init_maps(r);
		unit_row_ctx(r->row, now.run, ctx);
		got = mbpf_prog_run(&r->progs[0].prog, ctx);
		if (got == want && unit_row_maps_ok(r))
			continue;
		snprintf(what, sizeof(what), "R0 is 0x%llx, must be 0x%llx%s",
			 (unsigned long long)got, (unsigned long long)want,
			 unit_row_maps_ok(r) ? "" : "; a map's value is wrong");
		if (failure(what))
			return 1;
		break;
	}
	unit_text_release(mark);
	return 0;
}

static int do_row(const struct row *row, void *arg)
{
	const struct unit_engine *engine = arg;
	struct unit_row r;
	struct mbpf_log log;
	int err, stop = 0;

	/* Once is enough for what no engine gets to see. */
	if (row->err && engine->backend)
		return 0;
	now.row = row;
	now.run = 0;
	now.rows++;
	mbpf_log_init(&log, MBPF_LOG_PATH, 65536);
	err = unit_row_load(&r, row, &log);
	stop = check_verdict(row, err, &log);
	if (!err && !row->err && !stop)
		stop = run_row(&r, engine);
	unit_row_unload(&r);
	mbpf_log_deinit(&log);
	return stop;
}

FIXTURE(rows) {
};

FIXTURE_SETUP(rows)
{
	unit_on_crash(crashed);
}

FIXTURE_TEARDOWN(rows)
{
}

static void all_rows(struct __test_metadata *_metadata, u32 index)
{
	if (index >= unit_nr_engines)
		SKIP(return, "no such engine on this machine");
	now.engine = &unit_engines[index];
	if (!unit_engine_runs(now.engine))
		SKIP(return, "this machine lacks what '%s' needs", now.engine->name);
	rows_for_each(do_row, (void *)now.engine);
	printf("# == %s: %u rows, %llu runs\n", now.engine->name, now.rows,
	       (unsigned long long)now.runs);
	EXPECT_EQ(0, now.failures);
	EXPECT_LT(1000, now.rows);
	UNIT_EXPECT_NO_LEAKS();
}

/* Beyond the last engine of a machine they are skipped. */
TEST_F_TIMEOUT(rows, engine_0, 300)
{
	all_rows(_metadata, 0);
}

TEST_F_TIMEOUT(rows, engine_1, 300)
{
	all_rows(_metadata, 1);
}

TEST_F_TIMEOUT(rows, engine_2, 300)
{
	all_rows(_metadata, 2);
}

TEST_F_TIMEOUT(rows, engine_3, 300)
{
	all_rows(_metadata, 3);
}

TEST_F_TIMEOUT(rows, engine_4, 300)
{
	all_rows(_metadata, 4);
}

TEST_F_TIMEOUT(rows, engine_5, 300)
{
	all_rows(_metadata, 5);
}

TEST_F_TIMEOUT(rows, engine_6, 300)
{
	all_rows(_metadata, 6);
}

TEST_HARNESS_MAIN
