// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the passes over verified programs make of them: which instructions are
 * left, and from what machine code computes a lookup. That programs compute the
 * same is what test_rows and random see to, whose engines run with and without.
 */
#include "unit.h"

#include "engine.h"
#include "opt.h"

#define ENTRIES 1000

FIXTURE(opt)
{
	struct unit_prog prog;
	struct mbpf_map *map;
	struct mbpf_code *code;
};

FIXTURE_SETUP(opt)
{
	struct mbpf_map_attr attr = {
		.type = MBPF_MAP_ARRAY, .key_size = 4, .value_size = 8, .max_entries = ENTRIES,
	};

	memset(self, 0, sizeof(*self));
	self->map = mbpf_map_create(&attr);
	ASSERT_FALSE(IS_ERR(self->map));
	self->code = &self->prog.prog.code;
}

FIXTURE_TEARDOWN(opt)
{
	unit_set_cpu(0);
	unit_prog_unload(&self->prog);
	mbpf_map_destroy(self->map);
	rcu_barrier();
	UNIT_EXPECT_NO_LEAKS();
}

static int load(FIXTURE_DATA(opt) *self, const struct row_insn *insns, u32 nr)
{
	unit_prog_unload(&self->prog);
	return unit_prog_load(&self->prog, insns, nr, &self->map, 1, NULL, NULL) ?:
	       mbpf_opt_run(self->code, true);
}

#define LOAD(self, ...)								\
	load(self, (const struct row_insn[]){ __VA_ARGS__ },			\
	     sizeof((const struct row_insn[]){ __VA_ARGS__ }) / sizeof(struct row_insn))

/* What of the program is compiled, one bit for each slot. */
static u64 left(const struct mbpf_code *code)
{
	u64 bits = 0;
	u32 i;

	for (i = 0; i < code->nr; i++)
		if (!(code->aux[i].flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND)))
			bits |= 1ULL << i;
	return bits;
}

#define KEY_AT_R2(off) MOVR(R2, R10), ALU64(ADD, R2, off)
#define LOOKUP LDMAP(R1, 0), CALL(FN_map_lookup_elem)

/* The key's register is the index; its store, both arguments and the check are gone. */
TEST_F(opt, a_lookup_takes_its_key_from_the_register)
{
	const struct mbpf_lookup *lookup;

	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), STX(W, R10, -4, R6), KEY_AT_R2(-4), LOOKUP,
			  JMP(JEQ, R0, 0, 1), LDX(DW, R0, R0, 0), MOV(R0, 0), EXIT));
	EXPECT_EQ(0x641, left(self->code));
	lookup = &self->code->lookups[0];
	EXPECT_EQ(6, lookup->index);
	EXPECT_EQ(ENTRIES, lookup->max_entries);
	EXPECT_EQ(9, lookup->null_to);
	EXPECT_FALSE(lookup->zero);
	EXPECT_EQ(0, self->code->subs[0].stack);
	EXPECT_TRUE(self->code->aux[5].live & BIT(6));
}

/* Also if that would be an argument's: the argument is not made. */
TEST_F(opt, a_key_may_be_in_the_register_of_an_argument)
{
	ASSERT_EQ(0, LOAD(self, LDX(DW, R1, R1, 0), STX(W, R10, -4, R1), KEY_AT_R2(-4), LOOKUP,
			  MOV(R0, 0), EXIT));
	EXPECT_EQ(1, self->code->lookups[0].index);

	ASSERT_EQ(0, LOAD(self, LDX(DW, R2, R1, 0), STX(W, R10, -4, R2), KEY_AT_R2(-4), LOOKUP,
			  MOV(R0, 0), EXIT));
	EXPECT_EQ(2, self->code->lookups[0].index);

	/* An argument with another use is made, and takes the register. */
	ASSERT_EQ(0, LOAD(self, LDX(DW, R1, R1, 0), STX(W, R10, -4, R1), KEY_AT_R2(-4),
			  LDMAP(R1, 0), MOVR(R7, R1), CALL(FN_map_lookup_elem), MOV(R0, 0), EXIT));
	EXPECT_EQ(MBPF_LOOKUP_STACK, self->code->lookups[0].index);
}

TEST_F(opt, a_constant_key_is_an_address)
{
	u64 base;

	ASSERT_EQ(0, LOAD(self, ST(W, R10, -4, 5), KEY_AT_R2(-4), LOOKUP, JMP(JNE, R0, 0, 2),
			  MOV(R0, 0), EXIT, LDX(DW, R0, R0, 0), EXIT));
	EXPECT_EQ(MBPF_LOOKUP_FIXED, self->code->lookups[0].index);
	EXPECT_EQ(0, self->code->lookups[0].max_entries);
	EXPECT_TRUE(self->code->aux[6].flags & MBPF_AUX_TAKEN);
	base = self->code->lookups[0].base;

	ASSERT_EQ(0, LOAD(self, ST(W, R10, -4, 0), KEY_AT_R2(-4), LOOKUP, JMP(JNE, R0, 0, 2),
			  MOV(R0, 0), EXIT, LDX(DW, R0, R0, 0), EXIT));
	EXPECT_EQ(5 * 8, base - self->code->lookups[0].base);

	/* Out of range it has to be looked up, in vain. */
	ASSERT_EQ(0, LOAD(self, ST(W, R10, -4, ENTRIES), KEY_AT_R2(-4), LOOKUP, MOV(R0, 0), EXIT));
	EXPECT_EQ(MBPF_LOOKUP_STACK, self->code->lookups[0].index);
	EXPECT_EQ(ENTRIES, self->code->lookups[0].max_entries);
	EXPECT_EQ(8, self->code->subs[0].stack);
}

/* Where the element is found, if the check for it goes there. */
TEST_F(opt, a_check_becomes_part_of_the_lookup)
{
	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), STX(W, R10, -4, R6), KEY_AT_R2(-4), LOOKUP,
			  JMP(JNE, R0, 0, 2), MOV(R0, 0), EXIT, LDX(DW, R0, R0, 0), EXIT));
	EXPECT_EQ(10, self->code->lookups[0].found_to);
	EXPECT_EQ(8, self->code->lookups[0].null_to);
}

TEST_F(opt, what_made_the_index_tells_its_range)
{
	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), ALU64(AND, R6, 511), STX(W, R10, -4, R6),
			  KEY_AT_R2(-4), LOOKUP, MOV(R0, 0), EXIT));
	EXPECT_EQ(0, self->code->lookups[0].max_entries);
	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), ALU64(AND, R6, 1023), STX(W, R10, -4, R6),
			  KEY_AT_R2(-4), LOOKUP, MOV(R0, 0), EXIT));
	EXPECT_EQ(ENTRIES, self->code->lookups[0].max_entries);
}

/* The register is written again, or the key is: both may differ from the index. */
TEST_F(opt, a_key_that_may_have_changed_is_read)
{
	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), STX(W, R10, -4, R6), MOV(R6, 1), KEY_AT_R2(-4),
			  LOOKUP, MOVR(R0, R6), EXIT));
	EXPECT_EQ(MBPF_LOOKUP_STACK, self->code->lookups[0].index);
	EXPECT_EQ(-4, self->code->lookups[0].off);
	EXPECT_TRUE(left(self->code) & BIT(1));

	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), STX(W, R10, -4, R6), ST(B, R10, -2, 0),
			  KEY_AT_R2(-4), LOOKUP, MOV(R0, 0), EXIT));
	EXPECT_EQ(MBPF_LOOKUP_STACK, self->code->lookups[0].index);

	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), STX(W, R10, -4, R6), LDX(DW, R7, R1, 8),
			  KEY_AT_R2(-4), STX(W, R2, 0, R7), LOOKUP, MOV(R0, 0), EXIT));
	EXPECT_EQ(MBPF_LOOKUP_STACK, self->code->lookups[0].index);

	/* But the verifier knows a number wherever it is stored. */
	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), STX(W, R10, -4, R6), KEY_AT_R2(-4),
			  ST(W, R2, 0, 7), LOOKUP, MOV(R0, 0), EXIT));
	EXPECT_EQ(MBPF_LOOKUP_FIXED, self->code->lookups[0].index);
}

/* What made the arguments stays if anybody else wants it. */
TEST_F(opt, arguments_with_another_use_stay)
{
	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), STX(W, R10, -4, R6), KEY_AT_R2(-4),
			  MOVR(R7, R2), LOOKUP, LDX(W, R0, R7, 0), EXIT));
	EXPECT_EQ(0x39f, left(self->code));
	EXPECT_EQ(6, self->code->lookups[0].index);
	EXPECT_EQ(8, self->code->subs[0].stack);
}

TEST_F(opt, a_key_made_elsewhere_is_found_by_r2)
{
	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), STX(DW, R10, -8, R6), KEY_AT_R2(-8),
			  JMP(JEQ, R6, 0, 1), ALU64(ADD, R2, 4), LOOKUP, MOV(R0, 0), EXIT));
	EXPECT_EQ(MBPF_LOOKUP_POINTER, self->code->lookups[0].index);
	EXPECT_EQ(0x73f, left(self->code));
}

/* The function that does not look whether the key is aligned is for keys that are. */
TEST_F(opt, a_key_that_is_aligned_is_not_tested)
{
	static const struct {
		u32 size;
		s32 off;
		bool aligned;
	} rows[] = {
		{ 4, -4, true }, { 4, -12, true }, { 4, -10, false }, { 8, -8, true },
		{ 8, -24, true }, { 8, -12, false }, { 8, -9, false }, { 16, -16, true },
		{ 16, -20, false },
	};
	struct mbpf_inline in;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mbpf_map_attr attr = {
			.type = MBPF_MAP_HASH, .key_size = rows[i].size, .value_size = 8,
			.max_entries = 10,
		};

		unit_prog_unload(&self->prog);
		mbpf_map_destroy(self->map);
		self->map = mbpf_map_create(&attr);
		ASSERT_FALSE(IS_ERR(self->map));
		mbpf_map_describe(self->map, &in);
		ASSERT_EQ(0, LOAD(self, ST(DW, R10, -8, 0), ST(DW, R10, -16, 0),
				  ST(DW, R10, -24, 0), KEY_AT_R2(rows[i].off), LOOKUP,
				  MOV(R0, 0), EXIT));
		EXPECT_EQ(rows[i].aligned ? in.lookup_aligned : in.lookup,
			  self->code->aux[7].value) TH_LOG("row %u", i);
	}
}

/* The function and the flags are known: neither is an argument any more. */
TEST_F(opt, a_loop_calls_its_function)
{
	ASSERT_EQ(0, LOAD(self, LDX(W, R1, R1, 0), LDFUNC(R2, 5), MOV(R3, 0), MOV(R4, 0),
			  CALL(FN_loop), EXIT, MOV(R0, 0), MOV(R0, 0), EXIT));
	EXPECT_TRUE(self->code->aux[5].flags & MBPF_AUX_LOOP);
	EXPECT_EQ(7, self->code->aux[5].target);
	EXPECT_EQ(0x269, left(self->code));

	ASSERT_EQ(0, LOAD(self, LDX(W, R4, R1, 0), MOV(R1, 9), LDFUNC(R2, 4), MOV(R3, 0),
			  CALL(FN_loop), EXIT, MOV(R0, 0), MOV(R0, 0), EXIT));
	EXPECT_FALSE(self->code->aux[5].flags & MBPF_AUX_LOOP);

	ASSERT_EQ(0, LOAD(self, MOV(R1, 9), LDFUNC(R2, 5), MOV(R3, 0), MOV(R4, 1),
			  CALL(FN_loop), EXIT, MOV(R0, 0), MOV(R0, 0), EXIT));
	EXPECT_FALSE(self->code->aux[5].flags & MBPF_AUX_LOOP);
}

/* But only if nobody else calls it, and all that it returns is 0. */
TEST_F(opt, a_loop_asks_for_results_that_may_differ)
{
	const struct mbpf_subprog *func;

	ASSERT_EQ(0, LOAD(self, MOV(R1, 9), LDFUNC(R2, 5), MOV(R3, 0), MOV(R4, 0), CALL(FN_loop),
			  EXIT, JMP(JEQ, R1, 7, 2), MOV(R0, 0), EXIT, MOV(R0, 0), EXIT));
	func = &self->code->subs[1];
	EXPECT_TRUE(func->no_result);
	EXPECT_FALSE(func->is_callback);
	EXPECT_EQ(0, left(self->code) & BIT(10));

	ASSERT_EQ(0, LOAD(self, MOV(R1, 9), LDFUNC(R2, 5), MOV(R3, 0), MOV(R4, 0), CALL(FN_loop),
			  EXIT, JMP(JEQ, R1, 7, 2), MOV(R0, 0), EXIT, MOV(R0, 1), EXIT));
	EXPECT_FALSE(self->code->subs[1].no_result);
	EXPECT_EQ(BIT(10), left(self->code) & BIT(10));

	ASSERT_EQ(0, LOAD(self, MOV(R1, 9), LDFUNC(R2, 7), MOV(R3, 0), MOV(R4, 0), CALL(FN_loop),
			  MOV(R1, 0), CALLF(1), EXIT, MOV(R0, 0), EXIT));
	EXPECT_TRUE(self->code->aux[5].flags & MBPF_AUX_LOOP);
	EXPECT_FALSE(self->code->subs[1].no_result);

	/* Not called by machine code alone: the flags are not known. */
	ASSERT_EQ(0, LOAD(self, LDX(W, R4, R1, 0), MOV(R1, 9), LDFUNC(R2, 10), MOV(R3, 0),
			  CALL(FN_loop), MOV(R1, 9), MOV(R4, 0), LDFUNC(R2, 4), MOV(R3, 0),
			  CALL(FN_loop), EXIT, MOV(R0, 0), EXIT));
	func = &self->code->subs[1];
	EXPECT_TRUE(func->is_callback);
	EXPECT_FALSE(func->no_result);
}

/* No index is left, nor what made it and the map. */
TEST_F(opt, a_tail_call_to_a_known_slot_reads_it)
{
	struct mbpf_map_attr attr = {
		.type = MBPF_MAP_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 3,
	};
	struct mbpf_fd_array *array;

	mbpf_map_destroy(self->map);
	self->map = mbpf_map_create(&attr);
	array = container_of(self->map, struct mbpf_fd_array, map);

	ASSERT_EQ(0, LOAD(self, LDMAP(R2, 0), MOV(R3, 2), CALL(FN_tail_call), MOV(R0, 0), EXIT));
	EXPECT_TRUE(self->code->aux[3].flags & MBPF_AUX_SLOT);
	EXPECT_EQ((unsigned long)&array->slots[2], self->code->aux[3].value);
	EXPECT_EQ(0x38, left(self->code));

	/* Out of range, and not known. */
	ASSERT_EQ(0, LOAD(self, LDMAP(R2, 0), MOV(R3, 3), CALL(FN_tail_call), MOV(R0, 0), EXIT));
	EXPECT_FALSE(self->code->aux[3].flags & MBPF_AUX_SLOT);
	ASSERT_EQ(0, LOAD(self, LDX(W, R3, R1, 0), LDMAP(R2, 0), CALL(FN_tail_call), MOV(R0, 0),
			  EXIT));
	EXPECT_FALSE(self->code->aux[3].flags & MBPF_AUX_SLOT);
	EXPECT_EQ(0x3b, left(self->code));
}

TEST_F(opt, what_nobody_reads_is_not_computed)
{
	ASSERT_EQ(0, LOAD(self, LDX(DW, R6, R1, 0), MOVR(R7, R6), ALU64(ADD, R7, 5),
			  LDDW(R8, 0x123456789), CALLF(1), EXIT, MOV(R0, 0), EXIT));
	EXPECT_EQ(0x1e3, left(self->code));

	/* Helpers have other effects. */
	ASSERT_EQ(0, LOAD(self, CALL(FN_ktime_get_ns), CALLF(1), EXIT, MOV(R0, 0), EXIT));
	EXPECT_EQ(0x1f, left(self->code));
}

/* Stores whose bytes some load names stay, all others go. */
TEST_F(opt, stores_that_nobody_reads_are_dropped)
{
	ASSERT_EQ(0, LOAD(self, ST(DW, R10, -32, 1), ST(DW, R10, -8, 2), ST(W, R10, -20, 3),
			  LDX(B, R0, R10, -1), EXIT));
	EXPECT_EQ(0x1a, left(self->code));
	EXPECT_EQ(8, self->code->subs[0].stack);

	/* Whoever has the address may read anything. */
	ASSERT_EQ(0, LOAD(self, ST(DW, R10, -16, 1), MOVR(R2, R10), ST(DW, R10, -8, 2),
			  LDX(DW, R0, R2, -8), EXIT));
	EXPECT_EQ(0x1f, left(self->code));
	EXPECT_EQ(16, self->code->subs[0].stack);
}

/* Wherever this process has its maps and functions, their addresses take more than 32 bits. */
static void move_away(struct mbpf_code *code)
{
	u32 i;

	for (i = 0; i < code->nr; i++) {
		if (code->aux[i].flags & MBPF_AUX_LOOKUP)
			code->lookups[code->aux[i].target].base |= 1ULL << 46;
		else if (mbpf_insn_is_helper_call(&code->insns[i]) ||
			 code->insns[i].src == MBPF_PSEUDO_MAP_FD)
			code->aux[i].value |= code->aux[i].value ? 1ULL << 46 : 0;
	}
}

/* Bytes of machine code, without literals. */
static int code_bytes(struct mbpf_code *code, const struct mbpf_jit_backend *be)
{
	static const struct mbpf_jit_target target = {
		.array_max = offsetof(struct mbpf_fd_array, max_entries),
		.array_slots = offsetof(struct mbpf_fd_array, slots),
	};
	struct mbpf_jit jit;
	int err = mbpf_jit_init(&jit, be, code, &target, 0x10000000);
	u32 bytes;

	if (err)
		return err;
	bytes = jit.off[code->nr];
	mbpf_jit_deinit(&jit);
	return bytes;
}

/* The same of instructions 3 to 14 alone. */
static int loop_bytes(struct mbpf_code *code, const struct mbpf_jit_backend *be)
{
	static const struct mbpf_jit_target target;
	struct mbpf_jit jit;
	int err = mbpf_jit_init(&jit, be, code, &target, 0x10000000);
	u32 bytes;

	if (err)
		return err;
	bytes = jit.off[16] - jit.off[3];
	mbpf_jit_deinit(&jit);
	return bytes;
}

#define PROGRAM(...)								\
	(const struct row_insn[]){ __VA_ARGS__ },				\
	sizeof((const struct row_insn[]){ __VA_ARGS__ }) / sizeof(struct row_insn)

/* A row for each pass, and for the constants that back ends keep in registers. */
static const struct effect {
	const char *pass;
	const struct row_insn *insns;
	u32 nr;
	int riscv64[2], x86_64[2];	/* bytes before and after */
} effects[] = {
	{ "opt_lookup", PROGRAM(LDX(DW, R6, R1, 0), STX(W, R10, -4, R6), KEY_AT_R2(-4), LOOKUP,
				JMP(JEQ, R0, 0, 1), LDX(DW, R0, R0, 0), EXIT),
	  { 42, 36 }, { 46, 35 } },
	{ "opt_loop", PROGRAM(MOV(R1, 9), LDFUNC(R2, 5), MOV(R3, 0), MOV(R4, 0), CALL(FN_loop),
			      EXIT, MOVR(R0, R2), EXIT),
	  { 38, 70 }, { 35, 77 } },
	{ "opt_tail", PROGRAM(LDMAP(R2, 1), MOV(R3, 2), CALL(FN_tail_call), MOV(R0, 0), EXIT),
	  { 74, 54 }, { 66, 51 } },
	{ "opt_dead", PROGRAM(LDX(DW, R6, R1, 0), ALU64(MUL, R6, 5), LDX(DW, R7, R1, 8),
			      CALLF(1), EXIT, MOV(R0, 0), EXIT),
	  { 38, 28 }, { 22, 14 } },
	{ "opt_dead, stores", PROGRAM(ST(DW, R10, -16, 1), ST(DW, R10, -8, 2), LDX(DW, R0, R1, 0), EXIT),
	  { 16, 4 }, { 29, 4 } },
};

/*
 * What each pass does to its row; one that no longer does anything is seen here. A loop in line
 * is longer than the call, but its rounds have neither the helper's code
 * nor an indirect call.
 */
TEST_F(opt, each_pass_has_its_effect)
{
	struct mbpf_map_attr attr = {
		.type = MBPF_MAP_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 3,
	};
	struct mbpf_map *maps[] = { self->map, mbpf_map_create(&attr) };
	u32 i, after;

	for (i = 0; i < ARRAY_SIZE(effects); i++) {
		const struct effect *e = &effects[i];
		int riscv64[2], x86_64[2];

		unit_prog_unload(&self->prog);
		ASSERT_EQ(0, unit_prog_load(&self->prog, e->insns, e->nr, maps, ARRAY_SIZE(maps),
					    NULL, NULL));
		for (after = 0; after < 2; after++) {
			if (after)
				ASSERT_EQ(0, mbpf_opt_run(self->code, true));
			move_away(self->code);
			riscv64[after] = code_bytes(self->code, &mbpf_jit_riscv64);
			x86_64[after] = code_bytes(self->code, &mbpf_jit_x86_64);
		}
		TH_LOG("%s: riscv64 %d to %d bytes, x86-64 %d to %d", e->pass, riscv64[0],
		       riscv64[1], x86_64[0], x86_64[1]);
		EXPECT_EQ(0, memcmp(e->riscv64, riscv64, sizeof(riscv64)));
		EXPECT_EQ(0, memcmp(e->x86_64, x86_64, sizeof(x86_64)));
	}
	unit_prog_unload(&self->prog);
	mbpf_map_destroy(maps[1]);
}

/* Map addresses and limits that a loop needs are loaded before it. */
TEST_F(opt, loops_keep_their_constants_in_registers)
{
	int kept[2], loaded[2];

	ASSERT_EQ(0, LOAD(self, MOVR(R8, R1), MOV(R7, 0), MOV(R6, 0),
			  MOVR(R9, R6), ALU64(AND, R9, 511), STX(W, R10, -4, R9), KEY_AT_R2(-4),
			  LOOKUP, JMP(JEQ, R0, 0, 2), LDX(DW, R1, R0, 0), ALU64R(ADD, R7, R1),
			  ALU64(ADD, R6, 1), JMP(JLT, R6, 100, -13), MOVR(R0, R7), EXIT));
	move_away(self->code);
	kept[0] = loop_bytes(self->code, &mbpf_jit_riscv64);
	kept[1] = loop_bytes(self->code, &mbpf_jit_x86_64);
	self->code->subs[0].has_loop = false;
	loaded[0] = loop_bytes(self->code, &mbpf_jit_riscv64);
	loaded[1] = loop_bytes(self->code, &mbpf_jit_x86_64);
	TH_LOG("the loop: riscv64 %d or %d bytes, x86-64 %d or %d", kept[0], loaded[0], kept[1],
	       loaded[1]);
	/* A literal's address and load, and a comparison's constant; a constant of 64 bits. */
	EXPECT_EQ(12, loaded[0] - kept[0]);
	EXPECT_EQ(10, loaded[1] - kept[1]);
}

/* The value of the CPU that runs, whichever it is. */
TEST(percpu_values_are_those_of_this_cpu)
{
	struct mbpf_map_attr attr = {
		.type = MBPF_MAP_PERCPU_ARRAY, .key_size = 4, .value_size = 24, .max_entries = 7,
	};
	static const struct row_insn insns[] = {
		LDX(W, R6, R1, 0), STX(W, R10, -4, R6), KEY_AT_R2(-4), LOOKUP,
		JMP(JEQ, R0, 0, 1), LDX(DW, R0, R0, 16), EXIT,
	};
	struct mbpf_map *map = mbpf_map_create(&attr);
	u32 e, cpu, ctx[UNIT_CTX_SIZE / 4] = {};

	for (e = 1; e < unit_nr_engines; e++) {
		struct unit_prog p;

		if (!unit_engine_runs(&unit_engines[e]))
			continue;
		ASSERT_EQ(0, unit_prog_load(&p, insns, ARRAY_SIZE(insns), &map, 1, NULL, NULL));
		for (cpu = 0; cpu < OS_USER_NR_CPUS; cpu++) {
			u64 value[3] = { 0, 0, 100 + cpu };

			ctx[0] = 5;
			unit_set_cpu(cpu);
			ASSERT_EQ(0, map->ops->update(map, ctx, value, 0));
		}
		ASSERT_EQ(0, unit_prog_engine(&p, &unit_engines[e]));
		for (cpu = 0; cpu < OS_USER_NR_CPUS; cpu++) {
			unit_set_cpu(cpu);
			ctx[0] = 5;
			EXPECT_EQ(100 + cpu, mbpf_prog_run(&p.prog, ctx));
			ctx[0] = 7;
			EXPECT_EQ(0, mbpf_prog_run(&p.prog, ctx));
		}
		unit_prog_unload(&p);
	}
	unit_set_cpu(0);
	mbpf_map_destroy(map);
}

TEST_HARNESS_MAIN
