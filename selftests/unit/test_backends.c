// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both JIT back ends on this machine, whichever it is: they compile all rows
 * and many random programs for every combination of CPU features, sizes hold,
 * nothing is written beyond them, and the same input gives the same bytes.
 */
#include "unit.h"
#include "random_prog.h"
#include "row_maps.h"

#define ADDR 0x40000000UL

struct target_row {
	const struct mbpf_jit_backend *backend;
	u32 features;
};

static const struct target_row targets[] = {
	{ &mbpf_jit_x86_64, 0 },
	{ &mbpf_jit_x86_64, MBPF_CPU_BMI2 | MBPF_CPU_MOVBE },
	{ &mbpf_jit_x86_64, MBPF_CPU_IBT | MBPF_CPU_RETPOLINE | MBPF_CPU_RETHUNK },
	{ &mbpf_jit_riscv64, 0 },
	{ &mbpf_jit_riscv64, MBPF_CPU_ZBA },
	{ &mbpf_jit_riscv64, MBPF_CPU_ZBB },
	{ &mbpf_jit_riscv64, MBPF_CPU_ZBS },
	{ &mbpf_jit_riscv64, MBPF_CPU_ZBA | MBPF_CPU_ZBB | MBPF_CPU_ZBS | MBPF_CPU_ZACAS },
};

static u64 bytes;

static struct mbpf_jit_target make_target(u32 features)
{
	struct mbpf_jit_target target = unit_jit_target(features);

	target.thunk = ADDR + 0x100000;
	target.return_thunk = ADDR + 0x100040;
	return target;
}

/* Into a buffer of exactly the size, so that the sanitizer sees what is beyond. */
static int compile(struct mbpf_code *code, const struct target_row *row, u64 addr)
{
	struct mbpf_jit_target target = make_target(row->features);
	struct mbpf_jit jit;
	u8 *once, *twice;
	u32 size;
	int err;

	err = mbpf_jit_init(&jit, row->backend, code, &target, ADDR);
	if (err)
		return err;
	size = jit.pos;
	once = malloc(size);
	twice = malloc(size);
	memset(once, 0x11, size);
	memset(twice, 0x22, size);
	err = mbpf_jit_emit(&jit, row->backend, once, size, addr);
	if (!err && (jit.entry >= size || jit.tail_entry >= size || jit.pos != size))
		err = -ERANGE;
	if (!err)
		err = mbpf_jit_emit(&jit, row->backend, twice, size, addr);
	if (!err && memcmp(once, twice, size))
		err = -EILSEQ;
	bytes += size;
	free(once);
	free(twice);
	mbpf_jit_deinit(&jit);
	return err;
}

static int compile_row(const struct row *row, void *arg)
{
	struct unit_row r;
	u32 i;
	int err;

	if (row->err)
		return 0;
	if (unit_row_load(&r, row, NULL)) {
		unit_row_unload(&r);
		return 0;
	}
	for (i = 0, err = 0; i < ARRAY_SIZE(targets) && !err; i++)
		err = compile(&r.progs[0].prog.code, &targets[i], ADDR + 4096 * (i + 1));
	if (err)
		printf("# row '%s', %s with features 0x%x: %d\n", row->name,
		       targets[i - 1].backend->name, targets[i - 1].features, err);
	unit_row_unload(&r);
	return err;
}

FIXTURE(backends) {
};

FIXTURE_SETUP(backends)
{
}

FIXTURE_TEARDOWN(backends)
{
	UNIT_EXPECT_NO_LEAKS();
}

TEST_F_TIMEOUT(backends, rows, 120)
{
	EXPECT_EQ(0, rows_for_each(compile_row, NULL));
	printf("# == %llu bytes of machine code\n", (unsigned long long)bytes);
	EXPECT_LT(1000000, bytes);
}

TEST_F_TIMEOUT(backends, random_programs, 120)
{
	static struct random_prog p;
	u32 seed;

	for (seed = 1; seed <= 1000; seed++) {
		random_prog(&p, seed, RANDOM_ALL);
		ASSERT_EQ(0, compile_row(&p.row, NULL));
	}
}

static int sweep(void *arg)
{
	struct unit_row *r = arg;
	u32 i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(targets) && !err; i++)
		err = compile(&r->progs[0].prog.code, &targets[i], ADDR);
	return err;
}

TEST_F(backends, out_of_memory)
{
	static struct random_prog p;
	struct unit_row r;

	random_prog(&p, 1, RANDOM_ALL);
	ASSERT_EQ(0, unit_row_load(&r, &p.row, NULL));
	EXPECT_LE(2 * ARRAY_SIZE(targets), unit_fail_sweep(sweep, &r, false));
	unit_row_unload(&r);
}

/* All of a load, but for the maps, which exist before. */
static int sweep_load(void *arg)
{
	const struct unit_row *r = arg;
	struct unit_prog p;
	u32 i;
	int err;

	err = unit_prog_load(&p, r->row->insns, r->row->nr, r->maps, r->nr_maps, NULL, NULL);
	for (i = 0; i < ARRAY_SIZE(targets) && !err; i++)
		err = compile(&p.prog.code, &targets[i], ADDR);
	unit_prog_unload(&p);
	return err;
}

TEST_F_TIMEOUT(backends, out_of_memory_in_a_load, 120)
{
	static struct random_prog p;
	struct unit_row r;
	u32 seed, failed = 0;
	int swept;

	for (seed = 1; failed < 2000; seed++) {
		random_prog(&p, seed, RANDOM_ALL);
		ASSERT_EQ(0, unit_row_load(&r, &p.row, NULL));
		swept = unit_fail_sweep(sweep_load, &r, false);
		unit_row_unload(&r);
		ASSERT_LT(10, swept) TH_LOG("seed %u", seed);
		failed += swept;
	}
	printf("# == %u allocations of %u loads failed, one by one\n", failed, seed - 1);
}

/* A buffer that is too small is refused, not overrun. */
TEST_F(backends, small_buffer)
{
	static const struct row_insn insns[] = { MOV(R0, 1), EXIT };
	struct unit_prog p;
	u32 i;

	ASSERT_EQ(0, unit_prog_load(&p, insns, ARRAY_SIZE(insns), NULL, 0, NULL, NULL));
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		struct mbpf_jit_target target = make_target(targets[i].features);
		struct mbpf_jit jit;
		u8 *buf;

		ASSERT_EQ(0, mbpf_jit_init(&jit, targets[i].backend, &p.prog.code, &target, ADDR));
		buf = malloc(jit.pos - 1);
		EXPECT_EQ(-EFAULT, mbpf_jit_emit(&jit, targets[i].backend, buf, jit.pos - 1, ADDR));
		free(buf);
		mbpf_jit_deinit(&jit);
	}
	unit_prog_unload(&p);
}

TEST_HARNESS_MAIN
