// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RISC-V back end's output, instruction by instruction where that is the
 * point: what it costs to enter and leave a program, which form a jump takes,
 * which registers it may touch. What programs compute is test_rows' matter.
 */
#include "unit.h"

#include "engine.h"
#include "random_prog.h"
#include "row_maps.h"
#include "jit/riscv64/rv_encode.h"

#define ADDR 0x100000000ULL	/* where the code would be */

FIXTURE(rv)
{
	struct unit_prog prog;
	struct mbpf_jit jit;
	struct mbpf_jit_target target;
	u8 *text;
	u32 at;
};

FIXTURE_SETUP(rv)
{
	memset(self, 0, sizeof(*self));
	self->target = unit_jit_target(0);
}

static void forget(FIXTURE_DATA(rv) *self)
{
	mbpf_jit_deinit(&self->jit);
	unit_prog_unload(&self->prog);
	free(self->text);
	memset(&self->prog, 0, sizeof(self->prog));
	self->text = NULL;
}

FIXTURE_TEARDOWN(rv)
{
	forget(self);
	UNIT_EXPECT_NO_LEAKS();
}

static int generate(FIXTURE_DATA(rv) *self)
{
	int err;

	self->at = 0;
	err = mbpf_jit_init(&self->jit, &mbpf_jit_riscv64, &self->prog.prog.code, &self->target,
			    ADDR);
	if (err)
		return err;
	self->text = malloc(self->jit.pos);
	return mbpf_jit_emit(&self->jit, &mbpf_jit_riscv64, self->text, self->jit.pos, ADDR);
}

static int compile(FIXTURE_DATA(rv) *self, const struct row_insn *insns, u32 nr)
{
	forget(self);
	return unit_prog_load(&self->prog, insns, nr, NULL, 0, NULL, NULL) ?: generate(self);
}

#define COMPILE(self, ...)							\
	compile(self, (const struct row_insn[]){ __VA_ARGS__ },			\
		sizeof((const struct row_insn[]){ __VA_ARGS__ }) / sizeof(struct row_insn))

/* The next instruction, of 2 or 4 bytes. */
static u32 next(FIXTURE_DATA(rv) *self)
{
	u32 insn = get_unaligned_le16(self->text + self->at);

	if ((insn & 3) == 3)
		insn |= (u32)get_unaligned_le16(self->text + self->at + 2) << 16;
	self->at += (insn & 3) == 3 ? 4 : 2;
	return insn;
}

#define EXPECT_NEXT(insn) EXPECT_EQ((u32)(insn), next(self))
#define EXPECT_END() EXPECT_EQ(self->jit.off[self->prog.prog.code.nr], self->at)

TEST_F(rv, an_empty_program_is_two_instructions)
{
	ASSERT_EQ(0, COMPILE(self, MOV(R0, 0), EXIT));
	EXPECT_EQ(0, self->jit.entry);
	EXPECT_EQ(0, self->jit.tail_entry);
	EXPECT_NEXT(rvc_li(RV_A0, 0));
	EXPECT_NEXT(rvc_jr(RV_RA));
	EXPECT_END();
}

TEST_F(rv, a_leaf_with_a_stack_only_moves_sp)
{
	ASSERT_EQ(0, COMPILE(self, ST(DW, R10, -8, 0), LDX(DW, R0, R10, -8), EXIT));
	EXPECT_NEXT(rvc_addi(RV_SP, -16));
	EXPECT_NEXT(rvc_sdsp(RV_ZERO, 0));
	EXPECT_NEXT(rvc_ldsp(RV_A0, 0));
	EXPECT_NEXT(rvc_addi(RV_SP, 16));
	EXPECT_NEXT(rvc_jr(RV_RA));
	EXPECT_END();
}

TEST_F(rv, what_calls_saves_what_it_uses)
{
	ASSERT_EQ(0, COMPILE(self, MOVR(R6, R1), CALL(FN_ktime_get_ns), LDX(DW, R0, R6, 0), EXIT));
	EXPECT_NEXT(rvc_addi(RV_SP, -16));
	EXPECT_NEXT(rvc_sdsp(RV_RA, 8));
	EXPECT_NEXT(rvc_sdsp(RV_S1, 0));
	EXPECT_NEXT(rvc_mv(RV_S1, RV_A0));
}

/* A literal takes two instructions and stands in the pool once. */
TEST_F(rv, a_constant_is_pooled_once)
{
	ASSERT_EQ(0, COMPILE(self, LDDW(R0, 0x123456789abcdef1), LDDW(R2, 0x123456789abcdef1),
			     ALU64R(ADD, R0, R2), EXIT));
	EXPECT_NEXT(rv_auipc(RV_A0, 0));
	EXPECT_NEXT(rv_load(RV_LD, RV_A0, 24, RV_A0));
	EXPECT_NEXT(rv_auipc(RV_A1, 0));
	EXPECT_NEXT(rv_load(RV_LD, RV_A1, 16, RV_A1));
	EXPECT_NEXT(rvc_add(RV_A0, RV_A1));
	EXPECT_NEXT(rvc_jr(RV_RA));
	EXPECT_END();
	ASSERT_EQ(32, self->jit.pos);
	EXPECT_EQ(0x123456789abcdef1, get_unaligned_le64(self->text + 24));
}

TEST_F(rv, a_near_helper_is_called_directly)
{
	u64 far = ADDR + (1ULL << 32);

	ASSERT_EQ(0, unit_prog_load(&self->prog,
				    (const struct row_insn[]){ CALL(FN_ktime_get_ns), EXIT }, 2,
				    NULL, 0, NULL, NULL));
	self->prog.prog.code.aux[0].value = ADDR + 0x12345678;
	ASSERT_EQ(0, generate(self));
	self->at = 4;	/* behind the prologue */
	EXPECT_NEXT(rv_auipc(RV_RA, 0x12345));
	EXPECT_NEXT(rv_jalr(RV_RA, RV_RA, 0x678 - 4));

	free(self->text);
	mbpf_jit_deinit(&self->jit);
	self->prog.prog.code.aux[0].value = far;
	ASSERT_EQ(0, generate(self));
	self->at = 4;
	EXPECT_NEXT(rvc_li(RV_T0, 1));
	EXPECT_NEXT(rvc_slli(RV_T0, 33));
	EXPECT_NEXT(rvc_jalr(RV_T0));
}

TEST_F(rv, zacas_makes_a_loop_one_instruction)
{
	self->target.features = MBPF_CPU_ZACAS;
	ASSERT_EQ(0, COMPILE(self, MOV(R0, 0), ST(DW, R10, -8, 0),
			     ATOMIC(DW, INSN_CMPXCHG, R10, -8, R0), EXIT));
	self->at = self->jit.off[2];
	EXPECT_NEXT(rv_amoop(RV_AMOCAS, true, RV_AQRL, RV_A0, RV_A0, RV_SP));
	EXPECT_EQ(self->jit.off[3], self->at);
}

/* Programs with tail calls are entered through a wrapper, others' targets. */
TEST_F(rv, a_chain_keeps_its_budget_in_the_entry)
{
	struct row_insn insns[] = { LDDW(R2, 0), MOV(R3, 0), CALL(FN_tail_call), MOV(R0, 0), EXIT };
	struct mbpf_code *code = &self->prog.prog.code;

	/* R2 is no map, which is nothing to the back end. */
	ASSERT_EQ(0, unit_code_init(code, insns, ARRAY_SIZE(insns)));
	ASSERT_EQ(0, mbpf_code_resolve(code, NULL, NULL));
	ASSERT_EQ(0, mbpf_cfg_build(code, NULL));
	ASSERT_EQ(0, generate(self));
	EXPECT_EQ(0, self->jit.entry);
	EXPECT_EQ(self->jit.sub_off[0], self->jit.tail_entry);
	self->at = 6;
	EXPECT_NEXT(rv_addi(RV_S11, RV_ZERO, MBPF_MAX_TAIL_CALLS));
	EXPECT_NEXT(rv_jal(RV_RA, self->jit.tail_entry - self->at));
}

/* The size of @jump, over @nr instructions like @filler. */
static u32 jump_size(FIXTURE_DATA(rv) *self, struct row_insn jump, u32 nr, struct row_insn filler)
{
	struct row_insn *insns = calloc(nr + 5, sizeof(*insns));
	struct mbpf_code *code = &self->prog.prog.code;
	u32 i, n = 0;
	int err;

	if (jump.code == (INSN_JMP32 | INSN_JA))
		jump.imm = nr;
	else
		jump.off = nr;
	insns[n++] = INSN(MOV(R0, 0));
	/* so that what an unconditional jump leaves out is reached */
	insns[n++] = INSN(JMP(JEQ, R1, 0, 1));
	insns[n++] = jump;
	for (i = 0; i < nr; i++)
		insns[n++] = filler;
	insns[n++] = INSN(ALU64(ADD, R0, 2));
	insns[n++] = INSN(EXIT);

	forget(self);
	err = unit_code_init(code, insns, n) ?:
	      mbpf_code_resolve(code, NULL, NULL) ?: mbpf_cfg_build(code, NULL) ?:
	      generate(self);
	free(insns);
	return err ? 0 : self->jit.off[3] - self->jit.off[2];
}

#define SHORT INSN(ALU64(ADD, R0, 1))	/* c.addi: 2 bytes */
#define LONG INSN(BSWAP(R0, 64))	/* without Zbb: a good 50 bytes */

/* Distances count from the jump itself. */
TEST_F(rv, a_jump_takes_the_shortest_form)
{
	struct row_insn beqz = JMP(JEQ, R0, 0, 0), bgtu = JMPR(JGT, R0, R1, 0), j = GOTOL(0);

	EXPECT_EQ(2, jump_size(self, beqz, (254 - 2) / 2, SHORT));
	EXPECT_EQ(4, jump_size(self, beqz, (256 - 2) / 2, SHORT));
	EXPECT_EQ(4, jump_size(self, beqz, (4094 - 4) / 2, SHORT));
	EXPECT_EQ(8, jump_size(self, beqz, (4096 - 4) / 2, SHORT));
	EXPECT_EQ(12, jump_size(self, beqz, 25000, LONG));
	EXPECT_EQ(4, jump_size(self, bgtu, 1, SHORT));
	EXPECT_EQ(8, jump_size(self, bgtu, 2100, SHORT));

	EXPECT_EQ(2, jump_size(self, j, (2046 - 2) / 2, SHORT));
	EXPECT_EQ(4, jump_size(self, j, (2048 - 2) / 2, SHORT));
	EXPECT_EQ(4, jump_size(self, j, (1048574 - 4) / 2, SHORT));
	EXPECT_EQ(8, jump_size(self, j, (1048576 - 4) / 2, SHORT));
	EXPECT_EQ(0, jump_size(self, j, 0, SHORT));
}

/* The register that an instruction writes, as a bit. */
static u32 written(u32 insn)
{
	u32 rd = 1u << (insn >> 7 & 31), f3 = insn >> 13 & 7;
	u32 short_rd = 1u << (8 + (insn >> 7 & 7)), last = 1u << (8 + (insn >> 2 & 7));

	switch (insn & 3) {
	case 0:
		return f3 < 4 ? last : 0;
	case 1:
		return f3 < 4 ? rd : f3 == 4 ? short_rd : 0;
	case 2:
		if (f3 == 4 && !(insn >> 2 & 31))
			return insn >> 12 & 1 ? 1u << RV_RA : 0;
		return f3 < 6 ? rd : 0;
	}
	switch (insn & 0x7f) {
	case 0x23:
	case 0x63:
	case 0x0f:
		return 0;
	default:
		return rd;
	}
}

/*
 * s0 is the kernel's frame pointer, gp and tp its own; s5 to s7 and s11 are kept by
 * not being used.
 */
TEST_F(rv, other_registers_are_left_alone)
{
	const u32 forbidden = 1u << RV_GP | 1u << RV_TP | 1u << RV_S0 | 7u << RV_S5 |
			      1u << RV_S11;
	static struct random_prog p;
	struct unit_row r;
	u32 seed, all = 0;

	for (seed = 1; seed <= 200; seed++) {
		self->target.features = seed % 2 ? 0 : MBPF_CPU_ZBA | MBPF_CPU_ZBB | MBPF_CPU_ZBS;
		random_prog(&p, seed, RANDOM_ALL);
		if (!unit_row_load(&r, &p.row, NULL)) {
			swap(self->prog, r.progs[0]);
			ASSERT_EQ(0, generate(self));
			while (self->at < self->jit.off[self->prog.prog.code.nr])
				all |= written(next(self));
			EXPECT_END();
			mbpf_jit_deinit(&self->jit);
			swap(self->prog, r.progs[0]);
		}
		unit_row_unload(&r);
		forget(self);
	}
	EXPECT_EQ(0, all & forbidden);
	/* all others were */
	EXPECT_EQ(~forbidden, all | 1 << RV_ZERO | 1 << RV_T3 | 1 << RV_T4);
}

TEST_F(rv, an_unknown_instruction_is_an_error)
{
	static const struct row_insn bad[] = {
		RAW(INSN_ALU64 | 0xe0, R0, 0, 0, 0), RAW(INSN_JMP | 0xe0, R0, 0, 0, 0),
		RAW(INSN_LDX | 0x20, R0, R1, 0, 0), RAW(INSN_ALU32 | INSN_END, R0, 0, 0, 8),
		ATOMIC(B, INSN_ADD, R1, 0, R0), ATOMIC(W, 0x20, R1, 0, R0),
		RAW(INSN_JMP | INSN_CALL, 0, 2, 0, 1), RAW(0x30, R0, 0, 0, 0),
	};
	struct row_insn insns[] = { MOV(R0, 0), MOV(R0, 0), EXIT };
	struct mbpf_code *code = &self->prog.prog.code;
	u32 i;

	ASSERT_EQ(0, COMPILE(self, MOV(R0, 0), MOV(R0, 0), EXIT));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		mbpf_jit_deinit(&self->jit);
		memcpy(insns + 1, bad + i, sizeof(bad[i]));
		memcpy(code->insns, insns, sizeof(insns));
		free(self->text);
		self->text = NULL;
		EXPECT_EQ(-EINVAL, generate(self)) {
			TH_LOG("%02x", bad[i].code);
		}
	}
}

static int sweep(void *arg)
{
	FIXTURE_DATA(rv) *self = arg;
	int err = COMPILE(self, LDDW(R0, 0x123456789abcdef1), EXIT);

	forget(self);
	return err;
}

TEST_F(rv, memory_may_run_out)
{
	EXPECT_LT(0, unit_fail_sweep(sweep, self, false));
}

TEST_HARNESS_MAIN
