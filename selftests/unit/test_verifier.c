// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the verifier tells: rejections word by word, facts for the back ends,
 * statistics; and how it behaves when memory runs out or a signal comes. Its
 * verdicts are in ../rows/verdict.rows.
 */
#include "unit.h"
#include "engine.h"

#define VALUE_SIZE 64

FIXTURE(verifier) {
	struct mbpf_map *maps[2];
	struct unit_prog p;
	struct mbpf_log log;
	struct mbpf_verify_rules rules;
};

FIXTURE_SETUP(verifier)
{
	struct mbpf_map_attr array = {
		.type = MBPF_MAP_ARRAY, .key_size = 4, .value_size = VALUE_SIZE, .max_entries = 1,
		.name = "numbers",
	}, frozen = {
		.type = MBPF_MAP_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1,
		.flags = MBPF_MAP_RDONLY_PROG, .name = "rodata",
	};
	u64 value = 0x1122334455667788ULL;
	u32 key = 0;

	self->rules = unit_rules;
	self->maps[0] = mbpf_map_create(&array);
	self->maps[1] = mbpf_map_create(&frozen);
	mbpf_map_sys_update(self->maps[1], &key, &value, 0);
	self->maps[1]->frozen = true;
	mbpf_log_init(&self->log, MBPF_LOG_PATH, 1 << 20);
}

FIXTURE_TEARDOWN(verifier)
{
	unit_prog_unload(&self->p);
	mbpf_map_destroy(self->maps[0]);
	mbpf_map_destroy(self->maps[1]);
	mbpf_log_deinit(&self->log);
	UNIT_EXPECT_NO_LEAKS();
}

#define VERIFY(...) ({									\
	const struct row_insn prog[] = { __VA_ARGS__ };					\
	unit_prog_load(&self->p, prog, ARRAY_SIZE(prog), self->maps, 2, &self->rules,	\
		       &self->log);							\
})
#define AUX(i) (self->p.prog.code.aux[i])

/* The whole text but for the line of counts. */
#define EXPECT_TEXT(text) do {								\
	const char *got = unit_log_text(&self->log), *end = strchr(got, '\n');		\
	EXPECT_EQ(0, strncmp(got, "processed ", 10));					\
	EXPECT_STREQ(text, end ? end + 1 : "");						\
} while (0)

TEST_F(verifier, text_of_a_bound_that_is_missing)
{
	EXPECT_EQ(-EACCES, VERIFY(LDX(DW, R3, R1, 0), LDVALUE(R2, 0, 0), ALU64(AND, R3, 127),
				  ALU64R(ADD, R2, R3), LDX(B, R0, R2, 0), EXIT));
	EXPECT_TEXT("rejected at insn 5: (71) r0 = *(u8 *)(r2 +0)\n"
		    "R2 max value is outside of the allowed memory range: invalid access to map value, value_size=64 off=127 size=1\n"
		    "R2 is map_value(map=numbers,ks=4,vs=64,umax=127,var_off=(0x0; 0x7f))\n"
		    "R2 came from:\n"
		    "  0: (79) r3 = *(u64 *)(r1 +0)\n"
		    "  1: (18) r2 = map[fd:0][0]+0\n"
		    "  3: (57) r3 &= 127\n"
		    "  4: (0f) r2 += r3\n"
		    "to fix it: check the index of r2 so that its last byte is below 64 before adding it\n");
}

TEST_F(verifier, text_of_a_check_for_null_that_is_missing)
{
	EXPECT_EQ(-EACCES, VERIFY(ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4),
				  LDMAP(R1, 0), CALL(FN_map_lookup_elem), LDX(DW, R0, R0, 0), EXIT));
	EXPECT_TEXT("rejected at insn 6: (79) r0 = *(u64 *)(r0 +0)\n"
		    "R0 invalid mem access 'map_value_or_null'\n"
		    "R0 is map_value_or_null(map=numbers,ks=4,vs=64,id=1)\n"
		    "R0 came from:\n"
		    "  5: (85) call map_lookup_elem#1\n"
		    "to fix it: compare r0 with 0 first: the lookup may have found nothing\n");
}

static bool line_of_two(void *priv, u32 insn, struct mbpf_source_line *line)
{
	*line = (struct mbpf_source_line){ .file = "two.c", .text = "n = two();", .line = 7 + insn / 2 };
	return insn != 4;
}

TEST_F(verifier, text_with_lines_of_source)
{
	self->rules.find_line = line_of_two;
	EXPECT_EQ(-EACCES, VERIFY(LDX(DW, R3, R1, 0), LDVALUE(R2, 0, 0), ALU64(AND, R3, 127),
				  ALU64R(ADD, R2, R3), LDX(B, R0, R2, 0), EXIT));
	EXPECT_TEXT("; n = two(); @ two.c:9\n"
		    "rejected at insn 5: (71) r0 = *(u8 *)(r2 +0)\n"
		    "R2 max value is outside of the allowed memory range: invalid access to map value, value_size=64 off=127 size=1\n"
		    "R2 is map_value(map=numbers,ks=4,vs=64,umax=127,var_off=(0x0; 0x7f))\n"
		    "R2 came from:\n"
		    "  ; n = two(); @ two.c:7\n"
		    "  0: (79) r3 = *(u64 *)(r1 +0)\n"
		    "  1: (18) r2 = map[fd:0][0]+0\n"
		    "  ; n = two(); @ two.c:8\n"
		    "  3: (57) r3 &= 127\n"
		    "  4: (0f) r2 += r3\n"
		    "to fix it: check the index of r2 so that its last byte is below 64 before adding it\n");
}

TEST_F(verifier, text_of_a_register_without_value)
{
	EXPECT_EQ(-EACCES, VERIFY(LDX(DW, R2, R1, 0), JMP(JEQ, R2, 0, 1), MOV(R0, 1), EXIT));
	EXPECT_TEXT("rejected at insn 3: (95) exit\n"
		    "R0 !read_ok\n"
		    "R0 is not written\n"
		    "to fix it: set r0, the program's result, on every path\n");
}

TEST_F(verifier, text_of_an_endless_loop)
{
	EXPECT_EQ(-EINVAL, VERIFY(LDX(DW, R2, R1, 0), JMP(JNE, R2, 0, -2), MOV(R0, 0), EXIT));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "infinite loop detected at insn 0\n"));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "to fix it: let something that decides"));
}

TEST_F(verifier, text_of_an_unknown_helper)
{
	EXPECT_EQ(-EINVAL, VERIFY(CALL(4711), EXIT));
	EXPECT_TEXT("rejected at insn 0: (85) call unknown#4711\n"
		    "invalid func unknown#4711\n"
		    "to fix it: this kernel module has no such helper: guard the call with a check that is known at load time\n");
}

TEST_F(verifier, helper_by_licence_and_privilege)
{
	self->rules.gpl = false;
	EXPECT_EQ(-EINVAL, VERIFY(MOV(R0, 0), CALL(35), EXIT));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "cannot call GPL-restricted function"));
	unit_prog_unload(&self->p);
	self->rules.gpl = true;
	self->rules.perfmon = false;
	EXPECT_EQ(-EINVAL, VERIFY(MOV(R0, 0), CALL(35), EXIT));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "unknown func bpf_get_current_task#35"));
	unit_prog_unload(&self->p);
	self->rules.perfmon = true;
	EXPECT_EQ(0, VERIFY(MOV(R0, 0), CALL(35), EXIT));
}

TEST_F(verifier, writing_user_memory_is_a_privilege)
{
	self->rules.write_user = false;
	EXPECT_EQ(-EINVAL, VERIFY(MOV(R1, 0), MOVR(R2, R10), ST(B, R2, -1, 0), ALU64(ADD, R2, -1),
				  MOV(R3, 1), CALL(FN_probe_write_user), EXIT));
	EXPECT_TEXT("rejected at insn 5: (85) call probe_write_user#36\n"
		    "unknown func bpf_probe_write_user#36\n"
		    "to fix it: it writes user memory: load the program with CAP_SYS_ADMIN\n");
	unit_prog_unload(&self->p);
	self->rules.write_user = true;
	EXPECT_EQ(0, VERIFY(MOV(R1, 0), MOVR(R2, R10), ST(B, R2, -1, 0), ALU64(ADD, R2, -1),
			    MOV(R3, 1), CALL(FN_probe_write_user), EXIT));
}

TEST_F(verifier, result_in_its_range)
{
	self->rules.ret_max = 1;
	EXPECT_EQ(-EINVAL, VERIFY(MOV(R0, 2), EXIT));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "At program exit the register R0 should have been in [0, 1]"));
	unit_prog_unload(&self->p);
	EXPECT_EQ(0, VERIFY(MOV(R0, 1), EXIT));
}

TEST_F(verifier, states_are_logged_on_demand)
{
	mbpf_log_deinit(&self->log);
	mbpf_log_init(&self->log, MBPF_LOG_STATES, 1 << 16);
	EXPECT_EQ(0, VERIFY(MOV(R6, 5), STX(DW, R10, -8, R6), MOV(R0, 0), EXIT));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log),
			       "2: R1=ctx R6=5 R10=fp+0 fp-8=5\n2: (b7) r0 = 0\n"));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "processed 4 insns (limit 1000000)"));
}

TEST_F(verifier, fact_dead_code_and_constant_jumps)
{
	ASSERT_EQ(0, VERIFY(LDVALUE(R2, 1, 0), LDX(B, R3, R2, 0), JMP(JEQ, R3, 0x88, 1), CALL(4711),
			    MOV(R0, 0), JMP(JNE, R3, 0x88, -3), EXIT));
	EXPECT_TRUE(AUX(2).flags & MBPF_AUX_CONST);
	EXPECT_EQ(0x88, AUX(2).value);
	EXPECT_TRUE(AUX(3).flags & MBPF_AUX_TAKEN);
	EXPECT_TRUE(AUX(4).flags & MBPF_AUX_DEAD);
	EXPECT_TRUE(AUX(6).flags & MBPF_AUX_NOT_TAKEN);
	EXPECT_FALSE(AUX(5).flags & (MBPF_AUX_DEAD | MBPF_AUX_CONST));
}

TEST_F(verifier, fact_no_constant_where_paths_differ)
{
	ASSERT_EQ(0, VERIFY(LDX(DW, R4, R1, 0), LDVALUE(R2, 1, 0), JMP(JEQ, R4, 0, 1),
			    ALU64(ADD, R2, 1), LDX(B, R0, R2, 0), EXIT));
	EXPECT_FALSE(AUX(5).flags & MBPF_AUX_CONST);
	EXPECT_FALSE(AUX(3).flags & (MBPF_AUX_TAKEN | MBPF_AUX_NOT_TAKEN));
}

TEST_F(verifier, fact_map_of_a_call)
{
	ASSERT_EQ(0, VERIFY(ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, 1),
			    CALL(FN_map_lookup_elem), MOV(R0, 0), EXIT));
	EXPECT_EQ(1 + AUX(3).ref, AUX(5).ref);
	unit_prog_unload(&self->p);
	ASSERT_EQ(0, VERIFY(LDX(DW, R6, R1, 0), ST(W, R10, -4, 0), MOVR(R2, R10),
			    ALU64(ADD, R2, -4), LDMAP(R1, 1), JMP(JEQ, R6, 0, 2), LDMAP(R1, 0),
			    CALL(FN_map_lookup_elem), MOV(R0, 0), EXIT));
	EXPECT_EQ(0, AUX(9).ref);
}

/* r0 = lookup of a key, which is on the stack at r10 - 4 */
#define LOOKUP	MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, 0), CALL(FN_map_lookup_elem)

TEST_F(verifier, fact_key_of_a_call)
{
	ASSERT_EQ(0, VERIFY(ST(W, R10, -4, 0), LOOKUP, JMP(JEQ, R0, 0, 1), LDX(DW, R0, R0, 0),
			    MOV(R0, 0), EXIT));
	EXPECT_TRUE(AUX(5).flags & MBPF_AUX_KEY);
	EXPECT_TRUE(AUX(5).flags & MBPF_AUX_KEY_CONST);
	EXPECT_EQ(0, AUX(5).key);
	EXPECT_TRUE(AUX(6).flags & MBPF_AUX_NOT_TAKEN);
	unit_prog_unload(&self->p);
	/* One that the map does not have. */
	ASSERT_EQ(0, VERIFY(ST(W, R10, -4, 1), LOOKUP, JMP(JEQ, R0, 0, 1), MOV(R0, 0), MOV(R0, 0),
			    EXIT));
	EXPECT_FALSE(AUX(5).flags & (MBPF_AUX_KEY | MBPF_AUX_KEY_CONST));
	EXPECT_FALSE(AUX(6).flags & (MBPF_AUX_TAKEN | MBPF_AUX_NOT_TAKEN));
	unit_prog_unload(&self->p);
	/* On one way it is known to fit. */
	ASSERT_EQ(0, VERIFY(LDX(DW, R3, R1, 0), ST(W, R10, -4, 0), JMP(JEQ, R3, 9, 1),
			    STX(W, R10, -4, R3), LOOKUP, JMP(JNE, R0, 0, 2), MOV(R0, 0), EXIT,
			    LDX(DW, R0, R0, 0), EXIT));
	EXPECT_FALSE(AUX(8).flags & (MBPF_AUX_KEY | MBPF_AUX_KEY_CONST));
	EXPECT_FALSE(AUX(9).flags & (MBPF_AUX_TAKEN | MBPF_AUX_NOT_TAKEN));
	EXPECT_FALSE(AUX(10).flags & MBPF_AUX_DEAD);
}

TEST_F(verifier, fact_key_in_bounds)
{
	/* r3 is 0 to 3, of 4 elements; what is done if it is not found is dead. */
	const struct row_insn prog[] = {
		LDX(DW, R3, R1, 0), ALU64(AND, R3, 3), STX(W, R10, -8, R3), MOVR(R2, R10),
		ALU64(ADD, R2, -8), LDMAP(R1, 0), CALL(FN_map_lookup_elem), JMP(JNE, R0, 0, 2), MOV(R0, 0), EXIT, LDX(DW, R0, R0, 0), EXIT,
	};
	struct mbpf_map_attr attr = self->maps[0]->attr;
	struct mbpf_map *map;

	attr.max_entries = 4;
	map = mbpf_map_create(&attr);
	ASSERT_EQ(0, unit_prog_load(&self->p, prog, ARRAY_SIZE(prog), &map, 1, &self->rules,
				    &self->log));
	EXPECT_EQ(MBPF_AUX_KEY, AUX(7).flags & (MBPF_AUX_KEY | MBPF_AUX_KEY_CONST));
	EXPECT_EQ(3, AUX(7).key);
	EXPECT_TRUE(AUX(8).flags & MBPF_AUX_TAKEN);
	EXPECT_TRUE(AUX(9).flags & MBPF_AUX_DEAD);
	EXPECT_TRUE(AUX(10).flags & MBPF_AUX_DEAD);
	EXPECT_FALSE(AUX(11).flags & MBPF_AUX_DEAD);
	unit_prog_unload(&self->p);
	mbpf_map_destroy(map);
}

TEST_F(verifier, fact_calls_that_are_made)
{
	ASSERT_EQ(0, VERIFY(MOV(R0, 0), JMP(JEQ, R0, 0, 2), MOV(R6, 0), CALL(FN_ktime_get_ns),
			    EXIT));
	EXPECT_FALSE(self->p.prog.code.subs[0].has_call);
	EXPECT_FALSE(self->p.prog.code.subs[0].has_helper_call);
	EXPECT_EQ(BIT(0), self->p.prog.code.subs[0].used);
	unit_prog_unload(&self->p);
	ASSERT_EQ(0, VERIFY(CALLF(1), EXIT, MOV(R0, 0), EXIT));
	EXPECT_TRUE(self->p.prog.code.subs[0].has_call);
	EXPECT_FALSE(self->p.prog.code.subs[0].has_helper_call);
	EXPECT_FALSE(self->p.prog.code.subs[1].has_call);
}

TEST_F(verifier, fact_context_words_read)
{
	ASSERT_EQ(0, VERIFY(MOVR(R6, R1), LDX(W, R0, R6, 20), LDX(DW, R2, R6, 160), EXIT));
	EXPECT_EQ(BIT_ULL(2) | BIT_ULL(20), self->p.prog.code.ctx_read);
	unit_prog_unload(&self->p);
	/* Its address goes where it can be read. */
	ASSERT_EQ(0, VERIFY(MOVR(R3, R1), MOVR(R1, R10), ALU64(ADD, R1, -8), MOV(R2, 8), CALL(113),
			    MOV(R0, 0), EXIT));
	EXPECT_EQ(U64_MAX, self->p.prog.code.ctx_read);
	unit_prog_unload(&self->p);
	/* These take it for a token. */
	ASSERT_EQ(0, VERIFY(MOVR(R6, R1), CALL(173), MOVR(R1, R6), CALL(174), EXIT));
	EXPECT_EQ(0, self->p.prog.code.ctx_read);
}

TEST_F(verifier, fact_stack_of_each_function)
{
	ASSERT_EQ(0, VERIFY(ST(B, R10, -13, 0), CALLF(2), MOV(R0, 0), EXIT,
			    MOVR(R1, R10), ALU64(ADD, R1, -40), MOV(R2, 16),
			    CALL(FN_get_current_comm), EXIT));
	EXPECT_EQ(16, self->p.prog.code.subs[0].stack);
	EXPECT_EQ(40, self->p.prog.code.subs[1].stack);
}

TEST_F(verifier, fact_upper_halves)
{
	ASSERT_EQ(0, VERIFY(LDX(W, R2, R1, 0), ALU32(ADD, R2, 1), STX(W, R10, -4, R2),
			    ALU32(ADD, R2, 1), MOVR(R0, R2), EXIT));
	EXPECT_TRUE(AUX(0).flags & MBPF_AUX_NO_ZEXT);
	EXPECT_TRUE(AUX(1).flags & MBPF_AUX_NO_ZEXT);
	EXPECT_FALSE(AUX(3).flags & MBPF_AUX_NO_ZEXT);
}

TEST_F(verifier, fact_live_registers)
{
	ASSERT_EQ(0, VERIFY(MOV(R2, 1), MOV(R3, 2), MOVR(R0, R2), EXIT));
	EXPECT_TRUE(AUX(0).live & BIT(2));
	EXPECT_FALSE(AUX(0).live & BIT(3));
	EXPECT_FALSE(AUX(2).live & BIT(2));
}

/* loop() with a callback that counts in its caller's stack. */
#define COUNTING	MOV(R1, 1000000), LDFUNC(R2, 8), MOVR(R3, R10), ALU64(ADD, R3, -8),	\
			ST(DW, R10, -8, 0), MOV(R4, 0), CALL(FN_loop), LDX(DW, R0, R10, -8), EXIT,	\
			LDX(DW, R3, R2, 0), ALU64(ADD, R3, 1), STX(DW, R2, 0, R3), MOV(R0, 0), EXIT

TEST_F(verifier, callback_converges)
{
	const struct row_insn prog[] = { COUNTING };
	struct mbpf_verify_stats stats;
	int err;

	err = unit_prog_load(&self->p, prog, ARRAY_SIZE(prog), self->maps, 2, NULL, &self->log);
	ASSERT_EQ(0, err);
	err = mbpf_verify(&self->p.prog.code, &unit_rules, NULL, &stats);
	EXPECT_EQ(0, err);
	EXPECT_LT(stats.processed, 60);
}

/* What comes together with nothing to tell it apart goes on as one. */
TEST_F(verifier, ways_that_meet_are_one)
{
	static struct row_insn prog[400];
	struct mbpf_verify_stats stats;
	u32 i, n = 0;

	for (i = 0; i < 100; i++) {
		prog[n++] = INSN(LDX(DW, R2, R1, 0));
		prog[n++] = INSN(JMP(JEQ, R2, i, 1));
		prog[n++] = INSN(LDX(DW, R0, R1, 8));
	}
	prog[n++] = INSN(MOV(R0, 0));
	prog[n++] = INSN(EXIT);
	ASSERT_EQ(0, unit_prog_load(&self->p, prog, n, self->maps, 2, NULL, &self->log));
	EXPECT_EQ(0, mbpf_verify(&self->p.prog.code, &unit_rules, NULL, &stats));
	EXPECT_EQ(n, stats.processed);
	EXPECT_LT(stats.states, 10);
}

/* What differs, but does not matter, is not followed through all ways that are left. */
TEST_F(verifier, ways_that_differ_in_nothing_that_matters)
{
	static struct row_insn prog[400];
	struct mbpf_verify_stats stats;
	u32 i, n = 0;

	prog[n++] = INSN(MOV(R6, 0));
	for (i = 0; i < 100; i++) {
		prog[n++] = INSN(LDX(DW, R2, R1, 0));
		prog[n++] = INSN(JMP(JEQ, R2, i, 1));
		prog[n++] = INSN(ALU64(ADD, R6, 1));
	}
	prog[n++] = INSN(MOVR(R0, R6));
	prog[n++] = INSN(EXIT);
	ASSERT_EQ(0, unit_prog_load(&self->p, prog, n, self->maps, 2, NULL, &self->log));
	EXPECT_EQ(0, mbpf_verify(&self->p.prog.code, &unit_rules, NULL, &stats));
	EXPECT_LT(stats.processed, 4 * n);
}

TEST_F(verifier, text_of_an_endless_loop_in_a_function)
{
	EXPECT_EQ(-EINVAL, VERIFY(CALLF(2), MOV(R0, 0), EXIT,
				  LDX(DW, R3, R1, 0), JMP(JNE, R3, 0, -2), MOV(R0, 0), EXIT));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "infinite loop detected at insn "));
}

/* One after another. */
#define ANEW(...) ({									\
	unit_prog_unload(&self->p);							\
	VERIFY(__VA_ARGS__);								\
})

/*
 * Whether a byte of a value may be read at the distance that is in R10 - 4,
 * after these instructions. R3 is any number, R6 the context.
 */
#define INDEX(...)									\
	ANEW(MOVR(R6, R1), LDX(DW, R3, R1, 0), __VA_ARGS__, LDX(W, R2, R10, -4),	\
	     LDVALUE(R1, 0, 0), ALU64R(ADD, R1, R2), LDX(B, R0, R1, 0), EXIT)

TEST_F(verifier, upper_half_of_a_slot_is_remembered)
{
	EXPECT_EQ(0, INDEX(ST(W, R10, -4, VALUE_SIZE - 1)));
	EXPECT_EQ(-EACCES, INDEX(ST(W, R10, -4, VALUE_SIZE)));
	EXPECT_EQ(0, INDEX(ALU64(AND, R3, VALUE_SIZE - 1), STX(W, R10, -4, R3)));
	EXPECT_EQ(-EACCES, INDEX(ALU64(AND, R3, VALUE_SIZE), STX(W, R10, -4, R3)));
	EXPECT_EQ(0, INDEX(ST(W, R10, -4, VALUE_SIZE), ST(W, R10, -4, 5)));
	/* Part of it. */
	EXPECT_EQ(0, INDEX(ST(W, R10, -4, 0x01ffff), LDX(B, R3, R10, -2), STX(W, R10, -4, R3)));
	EXPECT_EQ(-EACCES, INDEX(ST(W, R10, -4, 0x01ffff), LDX(B, R3, R10, -3),
				 STX(W, R10, -4, R3)));
	/* Of more than the half, only that counts. */
	EXPECT_EQ(0, INDEX(LDDW(R3, 0xffffffff00000001ULL), STX(W, R10, -4, R3)));
}

TEST_F(verifier, upper_half_of_a_slot_is_forgotten)
{
	EXPECT_EQ(-EACCES, INDEX(ST(W, R10, -4, 5), STX(B, R10, -3, R3)));
	EXPECT_EQ(-EACCES, INDEX(ST(W, R10, -4, 5), STX(H, R10, -4, R3)));
	EXPECT_EQ(-EACCES, INDEX(ST(W, R10, -4, 5), STX(DW, R10, -8, R3)));
	EXPECT_EQ(-EACCES, INDEX(STX(W, R10, -8, R3), ST(W, R10, -4, 5), STX(W, R10, -4, R3)));
	/* At a distance that is not known. */
	EXPECT_EQ(-EACCES, INDEX(ST(DW, R10, -8, 0), ST(W, R10, -4, 5), ALU64(AND, R3, 7),
				 MOVR(R4, R10), ALU64(ADD, R4, -8), ALU64R(ADD, R4, R3),
				 ST(B, R4, 0, 200)));
	/* By a helper. */
	EXPECT_EQ(-EACCES, INDEX(ST(W, R10, -4, 5), MOVR(R1, R10), ALU64(ADD, R1, -8),
				 MOV(R2, 8), CALL(FN_get_current_comm)));
	/* On one of two ways, whichever is executed first. */
	EXPECT_EQ(-EACCES, INDEX(ST(W, R10, -4, 5), JMP(JEQ, R3, 0, 1),
				 ST(W, R10, -4, VALUE_SIZE)));
	EXPECT_EQ(-EACCES, INDEX(ST(W, R10, -4, VALUE_SIZE), JMP(JEQ, R3, 0, 1),
				 ST(W, R10, -4, 5)));
	EXPECT_EQ(-EACCES, INDEX(JMP(JEQ, R3, 0, 3), STX(W, R10, -4, R3), ST(W, R10, -8, 5),
				 GOTO(1), ST(W, R10, -4, 5)));
	EXPECT_EQ(0, INDEX(ST(W, R10, -4, 6), JMP(JEQ, R3, 0, 1), ST(W, R10, -4, 5)));
}

/* Each round adds to it. */
TEST_F(verifier, upper_half_of_a_slot_in_a_callback)
{
	EXPECT_EQ(-EACCES, VERIFY(MOV(R1, 100), LDFUNC(R2, 12), MOVR(R3, R10), ALU64(ADD, R3, -4),
				  ST(W, R10, -4, 1), MOV(R4, 0), CALL(FN_loop), LDX(W, R2, R10, -4),
				  LDVALUE(R1, 0, 0), ALU64R(ADD, R1, R2), LDX(B, R0, R1, 0), EXIT,
				  LDX(W, R3, R2, 0), ALU64(ADD, R3, 1), STX(W, R2, 0, R3),
				  MOV(R0, 0), EXIT));
}

/* To who may see addresses it is a number of 32 bits. */
TEST_F(verifier, lower_half_of_a_pointer_less_a_constant)
{
	self->rules.perfmon = false;
	EXPECT_EQ(-EACCES, ANEW(MOVR(R0, R1), ALU32(SUB, R0, 1), EXIT));
	self->rules.perfmon = true;
	EXPECT_EQ(0, ANEW(MOVR(R0, R1), ALU32(SUB, R0, 1), EXIT));
	EXPECT_EQ(-EACCES, ANEW(MOVR(R0, R1), ALU32(SUB, R0, 1), LDX(B, R0, R0, 0), EXIT));
	EXPECT_EQ(-EACCES, ANEW(MOVR(R0, R1), ALU32(ADD, R0, 1), EXIT));
}

#define FIND(...) ST(W, R10, -4, 0), LDMAP(R1, 0), MOVR(R2, R10), ALU64(ADD, R2, -4),		\
		  CALL(FN_map_lookup_elem), ##__VA_ARGS__

/* What is certain to be found is executed once; what is used unasked is refused all the same. */
TEST_F(verifier, found_for_certain)
{
	const struct row_insn prog[] = {
		FIND(JMP(JEQ, R0, 0, 1), LDX(DW, R1, R0, 0)),
		FIND(JMP(JEQ, R0, 0, 1), LDX(DW, R1, R0, 8)), MOV(R0, 0), EXIT,
	};
	struct mbpf_verify_stats stats;

	ASSERT_EQ(0, unit_prog_load(&self->p, prog, ARRAY_SIZE(prog), self->maps, 2, NULL, &self->log));
	EXPECT_EQ(0, mbpf_verify(&self->p.prog.code, &unit_rules, NULL, &stats));
	/* Of two slots is the map's address. */
	EXPECT_EQ(ARRAY_SIZE(prog) - 2, stats.processed);
	EXPECT_EQ(0, stats.states);

	EXPECT_EQ(-EACCES, ANEW(FIND(JMP(JEQ, R0, 0, 1), LDX(DW, R1, R0, 0)),
				LDX(DW, R0, R0, 8), EXIT));
	EXPECT_EQ(-EACCES, ANEW(FIND(MOVR(R6, R0), JMP(JEQ, R0, 0, 1), LDX(DW, R1, R0, 0)),
				LDX(DW, R0, R6, 8), EXIT));
	EXPECT_EQ(-EACCES, ANEW(FIND(STX(DW, R10, -16, R0), JMP(JEQ, R0, 0, 1), LDX(DW, R1, R0, 0)),
				LDX(DW, R2, R10, -16), LDX(DW, R0, R2, 8), EXIT));
}

/*
 * One way leaves on the stack what another does not, so that they do not meet
 * in the first round: it may not be followed through all rounds that are left.
 */
TEST_F(verifier, ways_that_do_not_meet_in_a_loop)
{
	const struct row_insn prog[] = {
		LDVALUE(R8, 0, 0), LDX(DW, R7, R8, 0), MOV(R6, 0),
		LDX(DW, R1, R8, 8), ALU64R(ADD, R1, R6), STX(W, R10, -4, R1),
		LDMAP(R1, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), CALL(FN_map_lookup_elem),
		JMP(JEQ, R0, 0, 15), LDX(W, R1, R0, 0), STX(W, R10, -8, R1),
		LDMAP(R1, 0), MOVR(R2, R10), ALU64(ADD, R2, -8), CALL(FN_map_lookup_elem),
		JMP(JNE, R0, 0, 7), ALU64(ADD, R7, 1), ST(DW, R10, -16, 1),
		LDMAP(R1, 0), MOVR(R2, R10), ALU64(ADD, R2, -8), CALL(FN_map_delete_elem),
		ALU64(ADD, R6, 1), JMP(JLT, R6, 500, -26),
		STX(DW, R8, 0, R7), MOV(R0, 0), EXIT,
	};
	struct mbpf_verify_stats stats;

	ASSERT_EQ(0, unit_prog_load(&self->p, prog, ARRAY_SIZE(prog), self->maps, 2, NULL,
				    &self->log));
	EXPECT_EQ(0, mbpf_verify(&self->p.prog.code, &unit_rules, NULL, &stats));
	EXPECT_LT(stats.processed, 500 * 3 * ARRAY_SIZE(prog));
}

/*
 * Ways that part and come together twice, and a way back in between, which
 * another execution takes: for ever, or @rounds times.
 */
static int load_way_back(FIXTURE_DATA(verifier) *self, u32 rounds)
{
	static struct row_insn prog[100];
	u32 n = 0;

	prog[n++] = INSN(MOV(R6, 0));
	while (n < 70)
		prog[n++] = INSN(LDX(DW, R2, R1, 0));
	prog[n++] = INSN(JMP(JEQ, R2, 1, 3));
	prog[n++] = INSN(JMP(JEQ, R2, 2, 1));
	prog[n++] = INSN(LDX(DW, R3, R1, 0));
	prog[n++] = INSN(LDX(DW, R3, R1, 0));	/* the way back leads here */
	prog[n++] = INSN(LDX(DW, R3, R1, 8));	/* the first jump here */
	prog[n++] = INSN(JMP(JEQ, R3, 0, 2));
	prog[n++] = rounds ? INSN(ALU64(ADD, R6, 1)) : INSN(MOV(R6, 0));
	prog[n++] = rounds ? INSN(JMP(JLT, R6, rounds, -5)) : INSN(GOTO(-5));
	prog[n++] = INSN(MOV(R0, 0));
	prog[n++] = INSN(EXIT);
	return unit_prog_load(&self->p, prog, n, self->maps, 2, NULL, &self->log);
}

TEST_F(verifier, a_way_back_into_ways_that_part)
{
	EXPECT_EQ(-EINVAL, load_way_back(self, 0));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "infinite loop detected"));
	unit_prog_unload(&self->p);
	EXPECT_EQ(0, load_way_back(self, 5));
}

TEST_F(verifier, callback_may_not_rely_on_its_first_round)
{
	/* The caller's counter is 0 in the first round only. */
	EXPECT_EQ(-EACCES, VERIFY(MOV(R1, 2), LDFUNC(R2, 8), MOVR(R3, R10), ALU64(ADD, R3, -8),
				  ST(DW, R10, -8, 0), MOV(R4, 0), CALL(FN_loop), MOV(R0, 0), EXIT,
				  LDX(DW, R3, R2, 0), LDVALUE(R4, 0, 0), ALU64R(ADD, R4, R3),
				  ST(B, R4, 0, 1), ALU64(ADD, R3, 100), STX(DW, R2, 0, R3),
				  MOV(R0, 0), EXIT));
}

TEST_F(verifier, callback_result)
{
	EXPECT_EQ(-EINVAL, VERIFY(MOV(R1, 2), LDFUNC(R2, 6), MOV(R3, 0), MOV(R4, 0),
				  CALL(FN_loop), MOV(R0, 0), EXIT, MOV(R0, 2), EXIT));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "R0 should have been in [0, 1]"));
}

/* What is written over is the upper half: the lower one tells the two ways apart. */
TEST_F(verifier, half_of_a_slot_stays_live)
{
	EXPECT_EQ(-EACCES, VERIFY(LDX(DW, R6, R1, 0), ST(W, R10, -8, 63), JMP(JEQ, R6, 0, 1),
				  ST(W, R10, -8, 64), ST(W, R10, -4, 1), LDX(W, R0, R10, -8),
				  LDVALUE(R1, 0, 0), ALU64R(ADD, R1, R0), LDX(B, R0, R1, 0), EXIT));
}

static int load_and_drop(void *arg)
{
	const struct row_insn prog[] = {
		COUNTING,
	};
	struct unit_prog p;
	int err = unit_prog_load(&p, prog, ARRAY_SIZE(prog), arg, 1, NULL, NULL);

	unit_prog_unload(&p);
	return err;
}

TEST_F(verifier, allocations_may_fail)
{
	EXPECT_GT(unit_fail_sweep(load_and_drop, self->maps, false), 5);
}

TEST_F(verifier, signals_are_honoured)
{
	os_user_fatal_signal = true;
	EXPECT_EQ(-EINTR, VERIFY(MOV(R2, 100000), ALU64(SUB, R2, 1), JMP(JNE, R2, 0, -2), MOV(R0, 0),
				 EXIT));
	os_user_fatal_signal = false;
}

/* Each jump may skip and each state is new: they fill the memory. */
TEST_F(verifier, state_memory_is_capped)
{
	static struct row_insn prog[400000];
	struct mbpf_verify_stats stats = { 0 };
	u32 i, n = 0;
	int err;

	for (i = 0; i < 64; i++)
		prog[n++] = INSN(ST(DW, R10, -8 * (int)(i + 1), i));
	for (i = 0; i < 100000; i++) {
		prog[n++] = INSN(LDX(DW, R2, R1, 0));
		prog[n++] = INSN(JMP(JEQ, R2, i, 1));
		prog[n++] = INSN(ST(DW, R10, -8 * (int)(i % 64 + 1), i));
	}
	for (i = 0; i < 64; i++)
		prog[n++] = INSN(LDX(DW, R0, R10, -8 * (int)(i + 1)));
	prog[n++] = INSN(EXIT);
	err = unit_prog_load(&self->p, prog, n, self->maps, 2, NULL, &self->log);
	EXPECT_EQ(-E2BIG, err);
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "the states of this program take more than"));
	err = mbpf_verify(&self->p.prog.code, &unit_rules, NULL, &stats);
	EXPECT_EQ(-E2BIG, err);
	EXPECT_LE(stats.peak_bytes, 128 << 20);
}

TEST_HARNESS_MAIN
