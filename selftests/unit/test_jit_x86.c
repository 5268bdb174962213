// SPDX-License-Identifier: GPL-2.0-only
/*
 * The x86-64 back end's output, instruction by instruction where that is the
 * point: what it costs to enter and leave a program, which form a jump or call
 * takes, what is fused. What programs compute is test_rows' matter.
 */
#include "unit.h"

#include "engine.h"
#include "random_prog.h"
#include "row_maps.h"
#include "jit/x86_64/x86_encode.h"

#define ADDR 0xffffffffc0000000ULL	/* where the code would be, as a module's */
#define THUNK (ADDR + 0x1000000)
#define RETURN_THUNK (ADDR + 0x1000040)

FIXTURE(x86)
{
	struct unit_prog prog;
	struct mbpf_jit jit;
	struct mbpf_jit_target target;
	u8 *text;
	u32 at;
};

FIXTURE_SETUP(x86)
{
	memset(self, 0, sizeof(*self));
	self->target = (struct mbpf_jit_target){
		.thunk = THUNK,
		.return_thunk = RETURN_THUNK,
		.array_max = 24,
		.array_slots = 32,
	};
}

static void forget_text(FIXTURE_DATA(x86) *self)
{
	mbpf_jit_deinit(&self->jit);
	free(self->text);
	self->text = NULL;
}

static void forget(FIXTURE_DATA(x86) *self)
{
	forget_text(self);
	unit_prog_unload(&self->prog);
}

FIXTURE_TEARDOWN(x86)
{
	forget(self);
	UNIT_EXPECT_NO_LEAKS();
}

static int generate(FIXTURE_DATA(x86) *self)
{
	int err;

	forget_text(self);
	self->at = 0;
	err = mbpf_jit_init(&self->jit, &mbpf_jit_x86_64, &self->prog.prog.code, &self->target,
			    ADDR + 0x100000);
	if (err)
		return err;
	self->text = malloc(self->jit.pos);
	return mbpf_jit_emit(&self->jit, &mbpf_jit_x86_64, self->text, self->jit.pos, ADDR);
}

/* Without the verifier: what it would find out is not there, or given by @live. */
static int compile(FIXTURE_DATA(x86) *self, const struct row_insn *insns, u32 nr, u16 live)
{
	struct mbpf_code *code = &self->prog.prog.code;
	u32 i;
	int err;

	forget(self);
	err = unit_code_init(code, insns, nr) ?:
	      mbpf_code_resolve(code, NULL, NULL) ?: mbpf_cfg_build(code, NULL);
	if (err)
		return err;
	for (i = 0; i < nr; i++)
		code->aux[i].live = live;
	for (i = 0; i < code->nr_subs; i++)
		code->subs[i].stack = code->subs[i].used & BIT(R10) ? 16 : 0;
	return generate(self);
}

#define COMPILE_LIVE(self, live, ...)						\
	compile(self, (const struct row_insn[]){ __VA_ARGS__ },			\
		sizeof((const struct row_insn[]){ __VA_ARGS__ }) / sizeof(struct row_insn), live)
#define COMPILE(self, ...) COMPILE_LIVE(self, U16_MAX, __VA_ARGS__)

/* Whether the next instruction is @code; goes on behind it. */
static bool next(FIXTURE_DATA(x86) *self, struct x86_code code)
{
	u32 len = code.len + code.tail_len;
	bool same = self->at + len <= self->jit.pos &&
		    !memcmp(self->text + self->at, &code.head, code.len) &&
		    !memcmp(self->text + self->at + code.len, &code.tail, code.tail_len);

	self->at += len;
	return same;
}

#define EXPECT_NEXT(code) EXPECT_TRUE(next(self, code))
#define EXPECT_END() EXPECT_EQ(self->jit.pos, self->at)

TEST_F(x86, an_empty_program_is_two_instructions)
{
	ASSERT_EQ(0, COMPILE(self, MOV(R0, 0), EXIT));
	EXPECT_EQ(0, self->jit.entry);
	EXPECT_EQ(0, self->jit.tail_entry);
	EXPECT_NEXT(x86_alu_rr(X86_XOR, 4, X86_RAX, X86_RAX));
	EXPECT_NEXT(x86_ret());
	EXPECT_END();
}

TEST_F(x86, entries_and_returns_are_hardened)
{
	self->target.features = MBPF_CPU_IBT | MBPF_CPU_RETHUNK;
	ASSERT_EQ(0, COMPILE(self, MOV(R0, 0), EXIT));
	EXPECT_NEXT(x86_endbr64());
	EXPECT_NEXT(x86_alu_rr(X86_XOR, 4, X86_RAX, X86_RAX));
	EXPECT_NEXT(x86_jmp32(RETURN_THUNK - (ADDR + 4 + 2 + 5)));
	EXPECT_END();
}

TEST_F(x86, a_leaf_with_a_stack_only_moves_rsp)
{
	ASSERT_EQ(0, COMPILE(self, ST(W, R10, -4, 7), MOVR(R2, R10), ALU64(ADD, R2, -16),
			     LDX(DW, R0, R2, 0), EXIT));
	EXPECT_NEXT(x86_alu_ri8(X86_SUB, 8, X86_RSP, 16));
	EXPECT_NEXT(x86_mov_mi(4, x86_mem(X86_RSP, 12), 7));
	EXPECT_NEXT(x86_lea(8, X86_RSI, x86_mem(X86_RSP, 0)));
	EXPECT_NEXT(x86_mov_rm(8, X86_RAX, x86_mem(X86_RSI, 0)));
	EXPECT_NEXT(x86_alu_ri8(X86_ADD, 8, X86_RSP, 16));
	EXPECT_NEXT(x86_ret());
	EXPECT_END();
}

TEST_F(x86, a_leaf_saves_no_registers)
{
	ASSERT_EQ(0, COMPILE(self, MOVR(R6, R1), MOVR(R7, R1), MOVR(R8, R1), MOVR(R9, R1),
			     MOV(R0, 0), EXIT));
	EXPECT_NEXT(x86_mov_rr(8, X86_RSI, X86_RDI));
	EXPECT_NEXT(x86_mov_rr(8, X86_R9, X86_RDI));
	EXPECT_NEXT(x86_mov_rr(8, X86_R8, X86_RDI));
	EXPECT_NEXT(x86_mov_rr(8, X86_R10, X86_RDI));
}

TEST_F(x86, a_call_costs_what_lives_across_it)
{
	ASSERT_EQ(0, COMPILE_LIVE(self, BIT(R6), MOVR(R6, R1), MOV(R7, 1), CALL(FN_ktime_get_ns),
				  MOVR(R0, R6), EXIT));
	EXPECT_NEXT(x86_push(X86_RBX));
	EXPECT_NEXT(x86_mov_rr(8, X86_RBX, X86_RDI));
	EXPECT_NEXT(x86_mov_ri32(X86_R9, 1));
	self->at = self->jit.off[3];
	EXPECT_NEXT(x86_mov_rr(8, X86_RAX, X86_RBX));
	EXPECT_NEXT(x86_pop(X86_RBX));
	EXPECT_NEXT(x86_ret());
	EXPECT_END();
}

TEST_F(x86, a_near_helper_is_called_directly)
{
	u64 far = 0xffffffff00000000ULL;
	u64 *helper;

	ASSERT_EQ(0, COMPILE(self, CALL(FN_ktime_get_ns), EXIT));
	helper = &self->prog.prog.code.aux[0].value;
	*helper = ADDR - 0x10000000;
	ASSERT_EQ(0, generate(self));
	EXPECT_NEXT(x86_push(X86_RAX));	/* alignment */
	EXPECT_NEXT(x86_call(-0x10000000 - (1 + 5)));
	EXPECT_NEXT(x86_pop(X86_RCX));

	*helper = far;
	ASSERT_EQ(0, generate(self));
	self->at = 1;
	EXPECT_NEXT(x86_mov_ri64(X86_RAX, far));
	EXPECT_NEXT(x86_call_r(X86_RAX));

	self->target.features = MBPF_CPU_RETPOLINE;
	ASSERT_EQ(0, generate(self));
	self->at = 1;
	EXPECT_NEXT(x86_mov_ri64(X86_RAX, far));
	EXPECT_NEXT(x86_call(THUNK - (ADDR + 11 + 5)));

	self->target.thunk = far;
	EXPECT_EQ(-E2BIG, generate(self));
}

TEST_F(x86, a_chain_keeps_its_budget_in_the_entry)
{
	ASSERT_EQ(0, COMPILE(self, LDDW(R2, 0x1234), MOV(R3, 1), CALL(FN_tail_call), MOV(R0, 0),
			     EXIT));
	EXPECT_EQ(0, self->jit.entry);
	EXPECT_EQ(self->jit.sub_off[0], self->jit.tail_entry);
	EXPECT_NEXT(x86_push(X86_R12));
	EXPECT_NEXT(x86_push(X86_R12));
	EXPECT_NEXT(x86_push_i8(MBPF_MAX_TAIL_CALLS));
	EXPECT_NEXT(x86_mov_rr(8, X86_R12, X86_RSP));
	EXPECT_NEXT(x86_call(self->jit.tail_entry - (self->at + 5)));
	EXPECT_NEXT(x86_alu_ri8(X86_ADD, 8, X86_RSP, 16));
	EXPECT_NEXT(x86_pop(X86_R12));
	EXPECT_NEXT(x86_ret());
	EXPECT_EQ(self->jit.tail_entry, self->at);

	self->at = self->jit.off[3];
	EXPECT_NEXT(x86_alu_rm(X86_CMP, 4, X86_RDX, x86_mem(X86_RSI, 24)));
	self->at += 2;
	EXPECT_NEXT(x86_mov_rm(8, X86_RAX, x86_mem_index(X86_RSI, X86_RDX, 3, 32)));
	self->at = self->jit.off[4] - 2;
	EXPECT_NEXT(x86_jmp_r(X86_RAX));

	self->target.features = MBPF_CPU_RETPOLINE;
	ASSERT_EQ(0, generate(self));
	self->at = self->jit.off[4] - 5;
	EXPECT_NEXT(x86_jmp32(THUNK - (ADDR + self->jit.off[4])));
}

TEST_F(x86, callbacks_are_indirect_targets)
{
	self->target.features = MBPF_CPU_IBT;
	ASSERT_EQ(0, COMPILE(self, MOV(R1, 1), LDFUNC(R2, 6), MOV(R3, 0), MOV(R4, 0), CALL(FN_loop),
			     CALLF(3), EXIT, MOV(R0, 0), EXIT, MOV(R0, 1), EXIT));
	ASSERT_EQ(3, self->prog.prog.code.nr_subs);
	self->at = self->jit.off[1];
	EXPECT_NEXT(x86_lea(8, X86_RSI, x86_mem(X86_RIP, self->jit.sub_off[1] -
						(self->jit.off[1] + 7))));
	self->at = self->jit.sub_off[1];
	EXPECT_NEXT(x86_endbr64());
	EXPECT_EQ(self->jit.off[8], self->at);
	/* not what is only called */
	EXPECT_EQ(self->jit.off[10], self->jit.sub_off[2]);
}

/* The size of @jump, over @nr instructions of 4 bytes. */
static u32 jump_size(FIXTURE_DATA(x86) *self, struct row_insn jump, u32 nr)
{
	struct row_insn *insns = calloc(nr + 5, sizeof(*insns));
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
		insns[n++] = INSN(ALU64(ADD, R0, 1));
	insns[n++] = INSN(ALU64(ADD, R0, 2));
	insns[n++] = INSN(EXIT);
	err = compile(self, insns, n, U16_MAX);
	free(insns);
	return err ? 0 : self->jit.off[3] - self->jit.off[2];
}

TEST_F(x86, a_jump_takes_the_shortest_form)
{
	struct row_insn jne = JMP(JNE, R0, 0, 0), goto_ = GOTOL(0);

	EXPECT_EQ(0, jump_size(self, jne, 0));
	EXPECT_EQ(3 + 2, jump_size(self, jne, 31));
	EXPECT_EQ(3 + 6, jump_size(self, jne, 32));
	EXPECT_EQ(0, jump_size(self, goto_, 0));
	EXPECT_EQ(2, jump_size(self, goto_, 31));
	EXPECT_EQ(5, jump_size(self, goto_, 32));
	EXPECT_EQ(5, jump_size(self, goto_, 100000));
}

/* Backwards, the jump itself lies in between. */
TEST_F(x86, a_jump_back_counts_itself)
{
	struct row_insn insns[40];
	u32 i, nr;

	for (nr = 30; nr <= 31; nr++) {
		for (i = 0; i < nr; i++)
			insns[i] = INSN(ALU64(ADD, R1, 1));
		insns[nr] = INSN(JMP(JNE, R1, 5, -(s16)nr - 1));
		insns[nr + 1] = INSN(MOV(R0, 0));
		insns[nr + 2] = INSN(EXIT);
		ASSERT_EQ(0, compile(self, insns, nr + 3, U16_MAX));
		EXPECT_EQ(4 + (nr == 30 ? 2 : 6), self->jit.off[nr + 1] - self->jit.off[nr]);
	}
}

/*
 * Each jump becomes long one walk after the one that it jumps over: more walks
 * than there may be, after which those that need not be long are, too.
 */
TEST_F(x86, sizes_that_do_not_settle_are_given_up)
{
	enum { JUMPS = 40, FILLERS = 30, STEP = FILLERS + 1 };
	struct row_insn insns[3 + JUMPS * STEP + STEP + 4];
	u32 i, n = ARRAY_SIZE(insns);

	for (i = 0; i < n; i++)
		insns[i] = INSN(ALU64(ADD, R0, 1));
	insns[0] = INSN(MOV(R0, 0));
	insns[1] = INSN(JMP(JEQ, R0, 0, 1));
	/* 4 * FILLERS + 3 + 2 or 6: only with a short one inside it is short */
	for (i = 0; i < JUMPS; i++)
		insns[3 + i * STEP] = INSN(JMP(JEQ, R0, 0, i + 1 < JUMPS ? STEP : STEP + 2));
	insns[n - 1] = INSN(EXIT);
	ASSERT_EQ(0, compile(self, insns, n, U16_MAX));
	EXPECT_EQ(3 + 6, self->jit.off[2] - self->jit.off[1]);
	EXPECT_EQ(3 + 6, self->jit.off[4] - self->jit.off[3]);
	EXPECT_EQ(2 + (JUMPS + 1) * (3 + 6) + (n - JUMPS - 3) * 4 + 1, self->jit.pos);

	/* One that is short lets all others be. */
	insns[3 + (JUMPS - 1) * STEP] = INSN(JMP(JEQ, R0, 0, STEP));
	ASSERT_EQ(0, compile(self, insns, n, U16_MAX));
	EXPECT_EQ(2 + (JUMPS + 1) * (3 + 2) + (n - JUMPS - 3) * 4 + 1, self->jit.pos);
}

TEST_F(x86, moves_are_folded_into_what_follows)
{
	ASSERT_EQ(0, COMPILE(self, MOVR(R0, R1), ALU64(ADD, R0, 100), MOVR(R2, R0),
			     ALU64R(ADD, R2, R1), MOVR(R0, R2), ALU64(MUL, R0, 100), EXIT));
	EXPECT_NEXT(x86_lea(8, X86_RAX, x86_mem(X86_RDI, 100)));
	EXPECT_NEXT(x86_lea(8, X86_RSI, x86_mem_index(X86_RAX, X86_RDI, 0, 0)));
	EXPECT_NEXT(x86_imul_rri8(8, X86_RAX, X86_RSI, 100));
	EXPECT_NEXT(x86_ret());
	EXPECT_END();
}

TEST_F(x86, nothing_is_folded_across_a_jump_target)
{
	ASSERT_EQ(0, COMPILE(self, MOV(R0, 5), JMP(JEQ, R1, 0, 1), MOVR(R0, R1), ALU64(ADD, R0, 1),
			     EXIT));
	self->at = self->jit.off[2];
	EXPECT_NEXT(x86_mov_rr(8, X86_RAX, X86_RDI));
	EXPECT_NEXT(x86_alu_ri8(X86_ADD, 8, X86_RAX, 1));
}

TEST_F(x86, a_counter_is_one_instruction)
{
	ASSERT_EQ(0, COMPILE_LIVE(self, BIT(R0), LDX(DW, R2, R1, 8), ALU64(ADD, R2, 1),
				  STX(DW, R1, 8, R2), MOV(R0, 0), EXIT));
	EXPECT_NEXT(x86_alu_mi8(X86_ADD, 8, x86_mem(X86_RDI, 8), 1));
	EXPECT_NEXT(x86_alu_rr(X86_XOR, 4, X86_RAX, X86_RAX));

	/* R2 is needed afterwards */
	ASSERT_EQ(0, COMPILE_LIVE(self, BIT(R2), LDX(DW, R2, R1, 8), ALU64(ADD, R2, 1),
				  STX(DW, R1, 8, R2), MOVR(R0, R2), EXIT));
	EXPECT_NEXT(x86_mov_rm(8, X86_RSI, x86_mem(X86_RDI, 8)));
}

TEST_F(x86, movbe_loads_and_swaps)
{
	self->target.features = MBPF_CPU_MOVBE;
	ASSERT_EQ(0, COMPILE(self, LDX(W, R0, R1, 4), BE(R0, 32), EXIT));
	EXPECT_NEXT(x86_movbe_rm(4, X86_RAX, x86_mem(X86_RDI, 4)));
	EXPECT_NEXT(x86_ret());
}

/* mul, with what is in rax and rdx kept in registers; no division. */
TEST_F(x86, division_by_a_constant_multiplies)
{
	ASSERT_EQ(0, COMPILE(self, MOV(R0, 0), MOVR(R3, R1), ALU64(DIV, R1, 10), EXIT));
	self->at = self->jit.off[2];
	EXPECT_NEXT(x86_mov_rr(8, X86_R10, X86_RAX));
	EXPECT_NEXT(x86_mov_rr(8, X86_R9, X86_RDX));
	EXPECT_NEXT(x86_mov_ri64(X86_RAX, 0xcccccccccccccccdULL));
	EXPECT_NEXT(x86_mul(8, X86_RDI));
	EXPECT_NEXT(x86_mov_rr(8, X86_RDI, X86_RDX));
	EXPECT_NEXT(x86_mov_rr(8, X86_RDX, X86_R9));
	EXPECT_NEXT(x86_mov_rr(8, X86_RAX, X86_R10));
	EXPECT_NEXT(x86_shift_ri(X86_SHR, 8, X86_RDI, 3));
	EXPECT_NEXT(x86_ret());

	self->target.features = MBPF_CPU_BMI2;
	ASSERT_EQ(0, COMPILE_LIVE(self, BIT(R0), MOVR(R0, R1), ALU64(DIV, R0, 10), EXIT));
	EXPECT_NEXT(x86_mov_ri64(X86_RDX, 0xcccccccccccccccdULL));
	EXPECT_NEXT(x86_mulx(8, X86_RAX, X86_R11, X86_RDI));
	EXPECT_NEXT(x86_shift_ri(X86_SHR, 8, X86_RAX, 3));
	EXPECT_NEXT(x86_ret());
}

/* The inverse of 7 has 33 bits: the product is one of 128. */
TEST_F(x86, division_of_32_bits_multiplies_once)
{
	self->target.features = MBPF_CPU_BMI2;
	ASSERT_EQ(0, COMPILE_LIVE(self, BIT(R0), MOVR(R0, R1), ALU32(DIV, R0, 7), EXIT));
	EXPECT_NEXT(x86_mov_rr(8, X86_RAX, X86_RDI));
	EXPECT_NEXT(x86_mov_rr(4, X86_RAX, X86_RAX));
	EXPECT_NEXT(x86_mov_ri64(X86_RDX, 0x2492492492492493));
	EXPECT_NEXT(x86_mulx(8, X86_RAX, X86_R11, X86_RAX));
	EXPECT_NEXT(x86_ret());
}

TEST_F(x86, an_unknown_instruction_is_an_error)
{
	static const struct row_insn bad[] = {
		RAW(INSN_ALU64 | 0xe0, R0, 0, 0, 0), RAW(INSN_JMP | 0xe0, R0, 0, 0, 0),
		RAW(INSN_LDX | 0x20, R0, R1, 0, 0), RAW(INSN_ALU32 | INSN_END, R0, 0, 0, 8),
		RAW(INSN_STX | 0x20, R1, R0, 0, 0), LDXS(DW, R0, R1, 0),
		ATOMIC(B, INSN_ADD, R1, 0, R0), ATOMIC(W, 0x20, R1, 0, R0),
		RAW(INSN_JMP | INSN_CALL, 0, 2, 0, 1), CALL(0), CALL(FN_ktime_get_ns),
		RAW(INSN_JMP32 | INSN_EXIT, 0, 0, 0, 0), RAW(0x30, R0, 0, 0, 0),
	};
	u32 i;

	ASSERT_EQ(0, COMPILE(self, MOV(R0, 0), MOV(R0, 0), EXIT));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memcpy(&self->prog.prog.code.insns[1], &bad[i], sizeof(bad[i]));
		EXPECT_EQ(-EINVAL, generate(self)) {
			TH_LOG("%u: %02x", i, bad[i].code);
		}
	}
}

static int sweep(void *arg)
{
	FIXTURE_DATA(x86) *self = arg;
	int err = COMPILE(self, MOV(R0, 0), EXIT);

	forget(self);
	return err;
}

TEST_F(x86, memory_may_run_out)
{
	EXPECT_LT(0, unit_fail_sweep(sweep, self, false));
}

#if defined(__x86_64__)

/*
 * u64 call_checked(run, ctx, prog): calls run(ctx, prog) with known values in
 * the registers that C expects back, and traps if they or rsp came back changed.
 */
asm(".text\n"
    ".type call_checked, @function\n"
    "call_checked:\n"
    "	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "	push %rsp\n"
    "	mov %rdi, %rax; mov %rsi, %rdi; mov %rdx, %rsi\n"
    "	mov $0x11, %ebx; mov $0x22, %ebp; mov $0x33, %r12d\n"
    "	mov $0x44, %r13d; mov $0x55, %r14d; mov $0x66, %r15d\n"
    "	call *%rax\n"
    "	lea 8(%rsp), %rcx; cmp %rcx, (%rsp); jne 1f\n"
    "	cmp $0x11, %rbx; jne 1f; cmp $0x22, %rbp; jne 1f; cmp $0x33, %r12; jne 1f\n"
    "	cmp $0x44, %r13; jne 1f; cmp $0x55, %r14; jne 1f; cmp $0x66, %r15; jne 1f\n"
    "	pop %rcx\n"
    "	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "	ret\n"
    "1:	ud2\n");
extern u64 call_checked(mbpf_run_t run, void *ctx, const struct mbpf_prog *prog);

TEST(registers_come_back)
{
	static u8 ctx[UNIT_CTX_SIZE] __aligned(8);
	static struct random_prog p;
	struct unit_row r;
	u32 seed, engine;
	size_t mark;
	u64 want;

	for (seed = 1; seed <= 500; seed++) {
		random_prog(&p, seed, RANDOM_ALL);
		if (!unit_row_load(&r, &p.row, NULL)) {
			unit_os_reset();
			unit_row_init_maps(&r);
			unit_row_ctx(&p.row, 0, ctx);
			want = mbpf_prog_run(&r.progs[0].prog, ctx);
			for (engine = 1; engine < unit_nr_engines; engine++) {
				if (!unit_engine_runs(&unit_engines[engine]))
					continue;
				mark = unit_text_mark();
				ASSERT_EQ(0, unit_row_engine(&r, &unit_engines[engine]));
				unit_os_reset();
				unit_row_init_maps(&r);
				unit_row_ctx(&p.row, 0, ctx);
				EXPECT_EQ(want, call_checked(r.progs[0].prog.run, ctx,
							     &r.progs[0].prog));
				unit_text_release(mark);
			}
		}
		unit_row_unload(&r);
	}
}

#endif

TEST_HARNESS_MAIN
