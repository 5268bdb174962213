// SPDX-License-Identifier: GPL-2.0-only
/* Atomic operations of programs that several threads run on one value at a time. */
#include "unit.h"

#include "row_maps.h"

#define THREADS 4
#define REPEAT 200
#define ROUNDS 1000	/* in each run */
#define ALL (THREADS * REPEAT * ROUNDS)

/*
 * The value: a 64-bit sum, a 32-bit one with its neighbour, and a 64- and a
 * 32-bit one that grow by compare and exchange. What a run makes of the last
 * two is R0: how often it succeeded, in 32 bits each.
 */
struct value {
	u64 sum;
	u32 sum32;
	u32 neighbour;
	u64 swapped;
	u32 swapped32;
	u32 neighbour32;
};

/* R1: value, R6: attempts left, R7: successes */
static const struct row_insn insns[] = {
	LDVALUE(R1, 0, 0), MOV(R6, ROUNDS), MOV(R7, 0),
	/* 4: */
	MOV(R2, 1), ATOMIC(DW, INSN_ADD, R1, 0, R2),
	MOV(R2, 3), ATOMIC(W, INSN_ADD | INSN_FETCH, R1, 8, R2),
	LDX(DW, R0, R1, 16), MOVR(R3, R0), MOVR(R2, R0), ALU64(ADD, R2, 1),
	ATOMIC(DW, INSN_CMPXCHG, R1, 16, R2), JMPR(JNE, R0, R3, 1), ALU64(ADD, R7, 1),
	LDX(W, R0, R1, 24), MOVR(R3, R0), MOVR(R2, R0), ALU64(ADD, R2, 1),
	ATOMIC(W, INSN_CMPXCHG, R1, 24, R2), JMPR(JNE, R0, R3, 3),
	LDDW(R2, 1ULL << 32), ALU64R(ADD, R7, R2),
	ALU64(SUB, R6, 1), JMP(JNE, R6, 0, -22), MOVR(R0, R7), EXIT,
};

static const struct row row = {
	.name = "atomics",
	.insns = insns,
	.nr = ARRAY_SIZE(insns),
	.maps = { { ROW_MAP_ARRAY, 4, sizeof(struct value), 1 } },
};

struct worker {
	pthread_t thread;
	const struct mbpf_prog *prog;
	pthread_barrier_t *start;
	u64 won;
	u64 won32;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	u64 ctx[UNIT_CTX_SIZE / 8] = {}, r0;
	u32 i;

	pthread_barrier_wait(w->start);
	for (i = 0; i < REPEAT; i++) {
		r0 = mbpf_prog_run(w->prog, ctx);
		w->won += (u32)r0;
		w->won32 += r0 >> 32;
	}
	return NULL;
}

static void run_threads(struct __test_metadata *_metadata, struct unit_row *r, const char *name)
{
	struct worker workers[THREADS] = {};
	pthread_barrier_t start;
	u64 won = 0, won32 = 0;
	struct value value;
	u32 key = 0, i;

	unit_row_init_maps(r);
	pthread_barrier_init(&start, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		workers[i].prog = &r->progs[0].prog;
		workers[i].start = &start;
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		won += workers[i].won;
		won32 += workers[i].won32;
	}
	ASSERT_EQ(0, mbpf_map_sys_lookup(r->maps[0], &key, &value, 0));
	EXPECT_EQ(ALL, value.sum) {
		TH_LOG("%s", name);
	}
	EXPECT_EQ(3 * ALL, value.sum32);
	EXPECT_EQ(won, value.swapped);
	EXPECT_EQ(won32, value.swapped32);
	EXPECT_LE(REPEAT * ROUNDS, value.swapped);
	EXPECT_EQ(0, value.neighbour | value.neighbour32);
	printf("# == %s: of %u exchanges %llu and %llu succeeded\n", name, ALL,
	       (unsigned long long)won, (unsigned long long)won32);
}

TEST(no_update_is_lost)
{
	struct unit_row r;
	u32 e;

	ASSERT_EQ(0, unit_row_load(&r, &row, NULL));
	for (e = 0; e < unit_nr_engines; e++) {
		if (!unit_engine_runs(&unit_engines[e]))
			continue;
		ASSERT_EQ(0, unit_row_engine(&r, &unit_engines[e]));
		run_threads(_metadata, &r, unit_engines[e].name);
	}
	unit_row_unload(&r);
}

TEST_HARNESS_MAIN
