// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control flow graph alone: functions, jump targets, and what is refused.
 * Nothing else has looked at these programs.
 */
#include "unit.h"
#include "insn.h"
#include "prog.h"

#define MAX_SUBS	4

/* A function that must be found. */
struct want_sub {
	u32 start;
	u32 end;
	u16 used;
	bool has_call;
	bool has_tail_call;
	bool is_callback;
};

struct cfg_row {
	const char *name;
	const struct row_insn *insns;
	u32 nr;
	struct want_sub subs[MAX_SUBS];
	u32 nr_subs;
	u32 targets;		/* instructions that jumps lead to, as bits */
	u32 bound;		/* an instruction with a target, and which; 0: none */
	u32 target;
	const char *log;	/* with which it is refused */
};

#define CODE(...)							\
	.insns = (const struct row_insn[]){ __VA_ARGS__ },		\
	.nr = ARRAY_SIZE(((const struct row_insn[]){ __VA_ARGS__ }))

static const struct cfg_row good[] = {
	{ "one function", CODE(MOV(R0, 0), EXIT), { { 0, 2, BIT(0) } }, 1 },
	{ "a jump forward", CODE(MOV(R0, 0), JMP(JEQ, R0, 0, 1), MOV(R0, 1), EXIT),
	  { { 0, 4, BIT(0) } }, 1, .targets = BIT(3), .bound = 1, .target = 3 },
	{ "a jump back", CODE(MOV(R0, 3), ALU64(SUB, R0, 1), JMP(JNE, R0, 0, -2), EXIT),
	  { { 0, 4, BIT(0) } }, 1, .targets = BIT(1), .bound = 2, .target = 1 },
	{ "a long jump over an lddw", CODE(JMP(JEQ, R1, 0, 1), GOTOL(2), LDDW(R0, 1), EXIT),
	  { { 0, 5, BIT(0) | BIT(1) } }, 1, .targets = BIT(2) | BIT(4), .bound = 1, .target = 4 },
	{ "an end that jumps back", CODE(MOV(R0, 0), JMP(JEQ, R0, 1, 1), EXIT, GOTO(-3)),
	  { { 0, 4, BIT(0) } }, 1, .targets = BIT(1) | BIT(3), .bound = 3, .target = 1 },
	{ "a call", CODE(CALLF(1), EXIT, MOVR(R0, R7), EXIT),
	  { { 0, 2, 0x3f, true }, { 2, 4, BIT(0) | BIT(7) } }, 2 },
	{ "a call of what comes before", CODE(CALLF(3), EXIT, MOV(R0, 0), EXIT, CALLF(-3), EXIT),
	  { { 0, 2, 0x3f, true }, { 2, 4, BIT(0) }, { 4, 6, 0x3f, true } }, 3,
	  .bound = 4, .target = 2 },
	{ "a callback", CODE(LDFUNC(R2, 3), MOV(R0, 0), EXIT, MOV(R0, 0), EXIT),
	  { { 0, 4, BIT(0) | BIT(2) }, { 4, 6, BIT(0), .is_callback = true } }, 2 },
	{ "a tail call", CODE(CALLF(1), EXIT, CALL(FN_tail_call), EXIT),
	  { { 0, 2, 0x3f, true }, { 2, 4, 0x3f, true, true } }, 2 },
};

static const struct cfg_row bad[] = {
	{ "no end", CODE(MOV(R0, 0)), .log = "insn 0: last insn is not an exit or jmp" },
	{ "a conditional end", CODE(MOV(R0, 0), JMP(JEQ, R0, 0, -2)),
	  .log = "insn 1: last insn is not an exit or jmp" },
	{ "no end of a callee", CODE(CALLF(1), EXIT, MOV(R0, 0)),
	  .log = "fall off the end of the function at insn 2" },
	{ "behind the end", CODE(GOTO(1), EXIT), .log = "insn 0: jump out of range to insn 2" },
	{ "before the beginning", CODE(GOTO(-2), EXIT), .log = "jump out of range to insn -1" },
	{ "farther than 32 bits", CODE(GOTOL(S32_MAX), EXIT),
	  .log = "jump out of range to insn 2147483648" },
	{ "into another function", CODE(CALLF(1), EXIT, GOTO(-2), EXIT),
	  .log = "jump out of range to insn 1, the function is insns 2 to 3" },
	{ "into an lddw", CODE(GOTO(1), LDDW(R0, 0), EXIT),
	  .log = "insn 0: jump into the middle of the lddw at insn 1" },
	{ "a function inside an lddw", CODE(CALLF(1), LDDW(R0, 0), EXIT),
	  .log = "insn 2: a function cannot begin inside an lddw" },
	{ "a function behind the end", CODE(CALLF(1), EXIT),
	  .log = "insn 0: function at insn 2 lies outside the program of 2 insns" },
	{ "a callback before the beginning", CODE(LDFUNC(R1, -2), EXIT), .log = "function at insn -1" },
	{ "half an lddw", CODE(MOV(R0, 0), EXIT, RAW(0x18, R0, 0, 0, 1)),
	  .log = "insn 2: invalid bpf_ld_imm64 insn: the program ends before its second slot" },
	{ "behind an exit", CODE(EXIT, EXIT), .log = "insn 1: unreachable insn 1" },
	{ "behind a goto", CODE(GOTO(1), MOV(R0, 0), EXIT), .log = "unreachable insn 1" },
	{ "a loop that nothing enters", CODE(EXIT, GOTO(-1)), .log = "unreachable insn 1" },
};

static int build(struct mbpf_code *code, const struct cfg_row *row, char *text, size_t size)
{
	struct mbpf_log log;
	int err;

	mbpf_log_init(&log, MBPF_LOG_PATH, 4096);
	err = unit_code_init(code, row->insns, row->nr);
	if (!err)
		err = mbpf_code_resolve(code, NULL, &log);
	if (!err)
		err = mbpf_cfg_build(code, &log);
	scnprintf(text, size, "%s", unit_log_text(&log));
	mbpf_log_deinit(&log);
	return err;
}

static bool is_sub(const struct mbpf_subprog *sub, const struct want_sub *want)
{
	return sub->start == want->start && sub->end == want->end && sub->used == want->used &&
	       sub->has_call == want->has_call && sub->has_tail_call == want->has_tail_call &&
	       sub->is_callback == want->is_callback;
}

TEST(graphs)
{
	struct mbpf_code code;
	char text[256];
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		const struct cfg_row *row = &good[i];
		u32 targets = 0;

		ASSERT_EQ(0, build(&code, row, text, sizeof(text))) TH_LOG("%s: %s", row->name, text);
		EXPECT_EQ(row->nr_subs, code.nr_subs) TH_LOG("%s", row->name);
		for (k = 0; k < code.nr_subs && k < row->nr_subs; k++)
			EXPECT_TRUE(is_sub(&code.subs[k], &row->subs[k])) TH_LOG("%s: function %u", row->name, k);
		for (k = 0; k < code.nr; k++)
			targets |= code.aux[k].flags & MBPF_AUX_TARGET ? BIT(k) : 0;
		EXPECT_EQ(row->targets, targets) TH_LOG("%s", row->name);
		if (row->bound)
			EXPECT_EQ(row->target, code.aux[row->bound].target) TH_LOG("%s", row->name);
		mbpf_code_deinit(&code);
	}
	UNIT_EXPECT_NO_LEAKS();
}

TEST(refusals)
{
	struct mbpf_code code;
	char text[256];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, build(&code, &bad[i], text, sizeof(text))) TH_LOG("%s", bad[i].name);
		EXPECT_NE(NULL, strstr(text, bad[i].log)) TH_LOG("%s: %s", bad[i].name, text);
		mbpf_code_deinit(&code);
	}
	UNIT_EXPECT_NO_LEAKS();
}

/* The work list must not depend on how paths cross. */
TEST(many_jumps)
{
	static struct row_insn insns[200001];
	struct cfg_row row = { "many", insns, ARRAY_SIZE(insns) };
	struct mbpf_code code;
	char text[256];
	u32 i;

	for (i = 0; i < row.nr - 1; i++)
		insns[i] = INSN(JMP(JEQ, R1, 0, i % 2 ? 1 : (i % 30000) / 2));
	for (i = row.nr - 40000; i < row.nr - 1; i++)
		insns[i] = INSN(MOV(R0, 0));
	insns[row.nr - 1] = INSN(EXIT);
	ASSERT_EQ(0, build(&code, &row, text, sizeof(text))) TH_LOG("%s", text);
	mbpf_code_deinit(&code);
}

static int build_and_drop(void *arg)
{
	const struct cfg_row *row = arg;
	struct mbpf_code code;
	int err;

	err = unit_code_init(&code, row->insns, row->nr);
	if (!err)
		err = mbpf_code_resolve(&code, NULL, NULL);
	if (!err)
		err = mbpf_cfg_build(&code, NULL);
	mbpf_code_deinit(&code);
	return err;
}

TEST(out_of_memory)
{
	EXPECT_LE(4, unit_fail_sweep(build_and_drop, (void *)&good[ARRAY_SIZE(good) - 1], false));
}

TEST_HARNESS_MAIN
