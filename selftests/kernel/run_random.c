// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random programs: machine code, the module's interpreter and in-tree must
 * compute the same R0 and leave the same bytes in the map.
 */
#include "random_prog.h"
#include "row_run.h"

#define NR_PROGRAMS	2000
#define INTREE_EVERY	20	/* whose verifier is slow */

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

TEST_F_TIMEOUT(random, programs, 300)
{
	static struct random_prog p;
	static struct outcome jit, interpreter, intree;
	uint32_t i, refused = 0, compared = 0, failed = 0;
	uint64_t first = random_seed();

	TH_LOG("seeds %llu to %llu (MINIBPF_SEED)", (unsigned long long)first,
	       (unsigned long long)first + NR_PROGRAMS - 1);
	for (i = 0; i < NR_PROGRAMS; i++) {
		random_prog(&p, first + i, i % INTREE_EVERY ? RANDOM_ALL :
							      RANDOM_ALL & ~RANDOM_V4);
		minibpf_set_backend(MINIBPF_BACKEND_DEVICE);
		random_run(&p.row, PROG_TYPE_KPROBE, &jit);
		rows_set_jit(false);
		random_run(&p.row, PROG_TYPE_KPROBE, &interpreter);
		rows_set_jit(true);
		if (jit.verdict || memcmp(&jit, &interpreter, sizeof(jit))) {
			TH_LOG("seed %llu: verdict %d, engines differ",
			       (unsigned long long)first + i, jit.verdict);
			failed++;
		}
		if (i % INTREE_EVERY)
			continue;
		minibpf_set_backend(MINIBPF_BACKEND_KERNEL);
		random_run(&p.row, PROG_TYPE_RAW_TRACEPOINT, &intree);
		refused += !!intree.verdict;
		compared += !intree.verdict;
		if (!intree.verdict && memcmp(&jit, &intree, sizeof(jit))) {
			TH_LOG("seed %llu: in-tree differs", (unsigned long long)first + i);
			failed++;
		}
	}
	TH_LOG("%u programs, %u compared with in-tree, which refused %u", i, compared, refused);
	EXPECT_EQ(0, failed);
	EXPECT_LT(refused, compared);
}
