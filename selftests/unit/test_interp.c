// SPDX-License-Identifier: GPL-2.0-only
/* What the interpreter shows to those who watch it, and whole loads out of memory. */
#include "unit.h"
#include "engine.h"
#include "interp.h"

static struct {
	u32 insns;
	u32 deepest;
	u32 pcs[64];
	u64 r1_at_callee;
} seen;

static void watch(const struct mbpf_interp_frame *frame)
{
	const struct mbpf_interp_frame *f;
	u32 depth = 0;

	for (f = frame->caller; f; f = f->caller)
		depth++;
	if (depth > seen.deepest)
		seen.r1_at_callee = frame->regs[1];
	seen.deepest = max(seen.deepest, depth);
	if (seen.insns < ARRAY_SIZE(seen.pcs))
		seen.pcs[seen.insns] = frame->pc;
	seen.insns++;
	if (frame->regs[MBPF_REG_FP] != (unsigned long)frame->stack + MBPF_STACK_SIZE)
		abort();
}

TEST(every_instruction_is_shown)
{
	static const struct row_insn insns[] = {
		MOV(R1, 5), CALLF(1), EXIT, LDDW(R0, 7), ALU64R(ADD, R0, R1), EXIT,
	};
	static const u32 pcs[] = { 0, 1, 3, 5, 6, 2 };
	struct unit_prog p;

	ASSERT_EQ(0, unit_prog_load(&p, insns, ARRAY_SIZE(insns), NULL, 0, NULL, NULL));
	mbpf_interp_trace = watch;
	EXPECT_EQ(12, mbpf_prog_run(&p.prog, NULL));
	mbpf_interp_trace = NULL;
	EXPECT_EQ(ARRAY_SIZE(pcs), seen.insns);
	EXPECT_EQ(0, memcmp(pcs, seen.pcs, sizeof(pcs)));
	EXPECT_EQ(1, seen.deepest);
	EXPECT_EQ(5, seen.r1_at_callee);
	unit_prog_unload(&p);
}

TEST(callbacks_are_frames_too)
{
	static const struct row_insn insns[] = {
		MOV(R1, 3), LDFUNC(R2, 5), MOV(R3, 0), MOV(R4, 0), CALL(FN_loop), EXIT,
		MOV(R0, 0), EXIT,
	};
	struct unit_prog p;

	ASSERT_EQ(0, unit_prog_load(&p, insns, ARRAY_SIZE(insns), NULL, 0, NULL, NULL));
	mbpf_interp_trace = watch;
	EXPECT_EQ(3, mbpf_prog_run(&p.prog, NULL));
	mbpf_interp_trace = NULL;
	EXPECT_EQ(6 + 3 * 2, seen.insns);
	EXPECT_EQ(1, seen.deepest);
	unit_prog_unload(&p);
}

/* What a program reads without having written it is the poison. */
TEST(stack_is_poisoned)
{
	static const struct row_insn insns[] = { LDX(DW, R0, R10, -64), EXIT };
	struct mbpf_insn_aux aux[2] = {};
	struct mbpf_prog prog = {
		.run = mbpf_interp_run,
		.code = { .insns = (struct mbpf_insn *)insns, .aux = aux, .nr = 2 },
	};

	mbpf_interp_poison = 0xa7;
	EXPECT_EQ(0xa7a7a7a7a7a7a7a7, mbpf_prog_run(&prog, NULL));
	mbpf_interp_poison = 0x11;
	EXPECT_EQ(0x1111111111111111, mbpf_prog_run(&prog, NULL));
}

/* Decoding, control flow and verification, each allocation failing in turn. */
static int load(void *arg)
{
	static const struct row_insn insns[] = {
		LDX(DW, R1, R1, 0), JMP(JEQ, R1, 0, 1), ALU64(ADD, R1, 1), CALLF(6), MOV(R6, 0),
		ALU64(ADD, R6, 1), JMP(JLT, R6, 4, -2), LDFUNC(R2, 2), EXIT,
		MOV(R0, 1), EXIT,
	};
	struct unit_prog p;
	int err = unit_prog_load(&p, insns, ARRAY_SIZE(insns), NULL, 0, NULL, NULL);

	unit_prog_unload(&p);
	return err;
}

TEST(out_of_memory)
{
	ASSERT_EQ(0, load(NULL));
	EXPECT_LT(4, unit_fail_sweep(load, NULL, false));
}

TEST_HARNESS_MAIN
