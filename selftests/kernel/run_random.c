// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random programs: machine code, the module's interpreter and in-tree must
 * compute the same R0 and leave the same bytes in the map.
 */
#include "random_prog.h"
#include "row_run.h"

#define NR_PROGRAMS	2000
#define INTREE_EVERY	20	/* whose verifier is slow */
/*
 * Kernels before 6.6 lack the newer instructions. Before 6.7 they verify a
 * callback as if it ran once, and remove code that only later rounds reach.
 */
#define INTREE_FLAGS	(RANDOM_ALL & ~(RANDOM_V4 | RANDOM_CALLBACKS))

/* What one engine made of a program. */
struct outcome {
	int verdict;
	uint32_t r0[RANDOM_RUNS];
	uint8_t value[RANDOM_RUNS][RANDOM_VALUE_SIZE];
};

static void random_run(const struct row *row, uint32_t type, struct outcome *o)
{
	static struct loaded_row l;
	uint32_t n, key = 0;

	memset(o, 0, sizeof(*o));
	row_load(&l, row, type);
	o->verdict = l.prog < 0 ? l.prog : 0;
	for (n = 0; n < RANDOM_RUNS && !o->verdict; n++) {
		o->verdict = row_run(&l, row->runs[n].ctx, &o->r0[n]);
		minibpf_lookup_elem(l.maps[0], &key, o->value[n]);
	}
	row_unload(&l);
}

static uint64_t random_seed(void)
{
	const char *text = getenv("MINIBPF_SEED");

	return text ? strtoull(text, NULL, 0) : 1;
}

BACKEND_FIXTURE(random)

/* Says where two engines differ. Returns whether they do. */
static bool random_differ(struct __test_metadata *_metadata, uint64_t seed,
			  const struct outcome *a, const struct outcome *b)
{
	uint32_t n, at;

	if (!memcmp(a, b, sizeof(*a)))
		return false;
	for (n = 0; n < RANDOM_RUNS; n++) {
		for (at = 0; at < RANDOM_VALUE_SIZE && a->value[n][at] == b->value[n][at]; at++)
			;
		TH_LOG("seed %llu run %u: verdicts %d %d, R0 0x%x 0x%x, maps differ at %u",
		       (unsigned long long)seed, n, a->verdict, b->verdict, a->r0[n], b->r0[n],
		       at);
	}
	return true;
}

/* The device's machine code against its interpreter, on every program. */
static uint32_t random_device(struct __test_metadata *_metadata, uint64_t first)
{
	static struct random_prog p;
	static struct outcome jit, interpreter;
	uint32_t i, failed = 0;

	for (i = 0; i < NR_PROGRAMS; i++) {
		random_prog(&p, first + i, RANDOM_ALL);
		random_run(&p.row, PROG_TYPE_KPROBE, &jit);
		rows_set_jit(false);
		random_run(&p.row, PROG_TYPE_KPROBE, &interpreter);
		rows_set_jit(true);
		failed += jit.verdict || random_differ(_metadata, first + i, &jit, &interpreter);
	}
	TH_LOG("%u programs", i);
	return failed;
}

/* The device against in-tree, on what in-tree accepts. */
static uint32_t random_intree(struct __test_metadata *_metadata, uint64_t first)
{
	static struct random_prog p;
	static struct outcome device, intree;
	uint32_t i, refused = 0, failed = 0;

	for (i = 0; i < NR_PROGRAMS; i += INTREE_EVERY) {
		random_prog(&p, first + i, INTREE_FLAGS);
		minibpf_set_backend(MINIBPF_BACKEND_DEVICE);
		random_run(&p.row, PROG_TYPE_KPROBE, &device);
		minibpf_set_backend(MINIBPF_BACKEND_KERNEL);
		random_run(&p.row, PROG_TYPE_RAW_TRACEPOINT, &intree);
		refused += !!intree.verdict;
		failed += !intree.verdict &&
			  random_differ(_metadata, first + i, &device, &intree);
	}
	TH_LOG("%u programs, %u refused by in-tree", i / INTREE_EVERY, refused);
	EXPECT_LT(refused, i / INTREE_EVERY / 2);
	return failed;
}

TEST_F_TIMEOUT(random, programs, 300)
{
	uint64_t first = random_seed();

	TH_LOG("seeds from %llu (MINIBPF_SEED)", (unsigned long long)first);
	EXPECT_EQ(0, self->device ? random_device(_metadata, first) :
				    random_intree(_metadata, first));
}
