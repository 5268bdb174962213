// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of selftests/rows: verdict, result and maps on the device, as
 * machine code and in its interpreter; and results in-tree, which must be the
 * same for what it accepts there as a raw tracepoint program.
 */
#include "row_run.h"

BACKEND_FIXTURE(rows)

/* Of rows that are alike, one in so many. */
#define SWEEP_STEP	64
#define MAX_REPORTS	20

/* In-tree runs a part only: it is the oracle of the row table, not under test. */
#define INTREE_STEP	8

struct rows_state {
	struct __test_metadata *metadata;
	bool device;
	uint32_t seen, run, failed, refused;
};

static void rows_set_jit(bool on)
{
	int fd = open("/sys/module/minibpf/parameters/jit", O_WRONLY);

	if (fd < 0)
		return;
	write(fd, on ? "1" : "0", 1);
	close(fd);
}

static bool rows_verdict_ok(const struct loaded_row *l, bool device, char *what, size_t size)
{
	const struct row *row = l->row;
	int want = row->err ? -row->err : 0, got = l->prog < 0 ? l->prog : 0;

	if (row->flags & ROW_UNALIGNED && got == -EACCES)
		return true;
	/* As another type of program, in-tree has other rules for contexts and helpers. */
	if (!device)
		return true;
	if (got != want) {
		snprintf(what, size, "verdict %d, not %d\n%s", got, want, l->log);
		return false;
	}
	if (row->log && want && !strstr(l->log, row->log)) {
		snprintf(what, size, "no \"%s\" in the log:\n%s", row->log, l->log);
		return false;
	}
	return true;
}

static int rows_one(const struct row *row, void *arg)
{
	static struct loaded_row l;
	static char what[20000];
	struct rows_state *s = arg;
	struct __test_metadata *_metadata = s->metadata;
	bool ok;

	s->seen++;
	if (row->flags & ROW_PERFMON_OFF)
		return 0;
	if (row->flags & ROW_SWEEP && s->seen % SWEEP_STEP)
		return 0;
	if (!s->device && (row->err || row->flags & ROW_NOT_INTREE || s->seen % INTREE_STEP))
		return 0;
	s->run++;
	row_load(&l, row, s->device ? PROG_TYPE_KPROBE : PROG_TYPE_RAW_TRACEPOINT);
	ok = rows_verdict_ok(&l, s->device, what, sizeof(what));
	s->refused += !row->err && l.prog < 0;
	if (ok && l.prog >= 0)
		ok = row_check_runs(&l, what, sizeof(what));
	row_unload(&l);
	if (!ok && s->failed++ < MAX_REPORTS)
		TH_LOG("row '%s': %s", row->name, what);
	return 0;
}

static void rows_all(struct __test_metadata *_metadata, bool device)
{
	struct rows_state s = { .metadata = _metadata, .device = device };

	rows_for_each(rows_one, &s);
	TH_LOG("%u rows, %u run, %u refused, %u failed", s.seen, s.run, s.refused, s.failed);
	EXPECT_LT(device ? 3000 : 200, s.run - s.refused);
	EXPECT_EQ(0, s.failed);
}

TEST_F_TIMEOUT(rows, jit, 300)
{
	rows_all(_metadata, self->device);
}

TEST_F_TIMEOUT(rows, interpreter, 300)
{
	rows_set_jit(false);
	rows_all(_metadata, self->device);
	rows_set_jit(true);
}
