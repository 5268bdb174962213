// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about instructions make code shorter and change nothing else. Random
 * programs run on the interpreter, which is watched; what held of these very
 * runs (never executed, always taken, always the same value) and what can be
 * computed of any run (liveness) is then given to the JIT for the same runs.
 */
#include "unit.h"

#include "interp.h"
#include "random_prog.h"
#include "row_maps.h"

#define PROGRAMS 2000

/* Which facts a program gets, by its seed. */
#define FACTS_LIVE	1
#define FACTS_RUNS	2

/* Larger values may be addresses, which runs need not have in common. */
#define MAX_CONST	(1 << 20)

/* What was seen of an instruction. */
struct seen {
	bool run;
	bool taken;
	bool not_taken;
	bool result;
	bool differs;
	u64 value;
};

static struct {
	const struct mbpf_code *code;
	struct seen *seen;
	const struct mbpf_interp_frame *frame;	/* where the last instruction ran */
	u32 pc;					/* which it was */
} watch;

static bool has_value(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code);

	return class == MBPF_ALU || class == MBPF_ALU64 || class == MBPF_LDX;
}

static void on_insn(const struct mbpf_interp_frame *frame)
{
	const struct mbpf_insn *insn = &watch.code->insns[watch.pc];
	struct seen *seen = &watch.seen[watch.pc];

	if (watch.frame == frame && mbpf_insn_is_jump(insn)) {
		if (frame->pc == watch.code->aux[watch.pc].target)
			seen->taken = true;
		else
			seen->not_taken = true;
	} else if (watch.frame == frame && has_value(insn)) {
		u64 value = frame->regs[insn->dst];

		seen->differs |= seen->result && seen->value != value;
		seen->value = value;
		seen->result = true;
	}
	watch.seen[frame->pc].run = true;
	watch.frame = frame;
	watch.pc = frame->pc;
}

static void use_seen(struct mbpf_code *code)
{
	const struct seen *seen = watch.seen;
	struct mbpf_insn_aux *aux = code->aux;
	u32 i;

	for (i = 0; i < code->nr; i++, seen++, aux++) {
		if (aux->flags & MBPF_AUX_SECOND) {
			aux->flags |= aux[-1].flags & MBPF_AUX_DEAD;
			continue;
		}
		if (!seen->run) {
			aux->flags |= MBPF_AUX_DEAD;
		} else if (mbpf_insn_is_jump(&code->insns[i]) &&
			   !mbpf_insn_is_goto(&code->insns[i])) {
			/* to the next instruction: both at once */
			if (seen->taken && !seen->not_taken && aux->target != i + 1)
				aux->flags |= MBPF_AUX_TAKEN;
			if (!seen->taken && seen->not_taken)
				aux->flags |= MBPF_AUX_NOT_TAKEN;
		} else if (seen->result && !seen->differs &&
			   (s64)seen->value < MAX_CONST && (s64)seen->value > -MAX_CONST) {
			aux->flags |= MBPF_AUX_CONST;
			aux->value = seen->value;
		}
	}
}

/* Registers of which @insn reads the upper half, too; @wanted: of its result. */
static u16 upper_uses(const struct mbpf_insn *insn, bool wanted)
{
	u8 class = MBPF_CLASS(insn->code), op = MBPF_OP(insn->code);
	bool dw = MBPF_SIZE(insn->code) == MBPF_DW;

	if (class == MBPF_JMP32)
		return 0;
	if ((class == MBPF_ALU || class == MBPF_ALU64) && op == MBPF_END)
		return insn->imm == 64 ? mbpf_insn_uses(insn) : 0;
	if (class == MBPF_ALU)
		return 0;
	if (class == MBPF_ALU64 && op == MBPF_MOV && (insn->off || !wanted))
		return 0;
	if (class == MBPF_STX && !dw)
		return BIT(insn->dst);
	return mbpf_insn_uses(insn);
}

/* Registers live before each instruction, and those whose upper half is. */
struct live {
	u16 all;
	u16 upper;
};

static bool step_back(struct mbpf_code *code, struct live *live, u32 i)
{
	const struct mbpf_insn *insn = &code->insns[i];
	struct live out = {}, in;
	u16 defs = mbpf_insn_defs(insn);

	if (!mbpf_insn_is_exit(insn) && !mbpf_insn_is_goto(insn))
		out = live[i + mbpf_insn_slots(insn)];
	if (mbpf_insn_is_jump(insn)) {
		out.all |= live[code->aux[i].target].all;
		out.upper |= live[code->aux[i].target].upper;
	}
	in.all = (out.all & ~defs) | (mbpf_insn_is_exit(insn) ? BIT(0) : mbpf_insn_uses(insn));
	in.upper = (out.upper & ~defs) |
		   (mbpf_insn_is_exit(insn) ? BIT(0) : upper_uses(insn, out.upper & defs));
	code->aux[i].live = out.all;
	code->aux[i].flags &= ~MBPF_AUX_NO_ZEXT;
	if ((has_value(insn) || MBPF_CLASS(insn->code) == MBPF_STX) && !(out.upper & defs))
		code->aux[i].flags |= MBPF_AUX_NO_ZEXT;
	if (in.all == live[i].all && in.upper == live[i].upper)
		return false;
	live[i] = in;
	return true;
}

static void use_liveness(struct mbpf_code *code)
{
	struct live *live = calloc(code->nr + 2, sizeof(*live));
	bool again = true;
	u32 i;

	while (again) {
		again = false;
		for (i = code->nr; i-- > 0;)
			if (!(code->aux[i].flags & MBPF_AUX_SECOND))
				again |= step_back(code, live, i);
	}
	free(live);
}

/* What a run leaves behind. */
struct result {
	u64 r0;
	u8 value[RANDOM_VALUE_SIZE];
};

static void run(struct unit_row *r, u32 n, struct result *result)
{
	static u8 ctx[UNIT_CTX_SIZE] __aligned(8);
	u32 key = 0;

	unit_os_reset();
	unit_row_init_maps(r);
	unit_row_ctx(r->row, n, ctx);
	watch.frame = NULL;
	result->r0 = mbpf_prog_run(&r->progs[0].prog, ctx);
	mbpf_map_sys_lookup(r->maps[0], &key, result->value, 0);
}

static void watch_runs(struct unit_row *r, struct result *want)
{
	u32 n;

	watch.code = &r->progs[0].prog.code;
	watch.seen = calloc(watch.code->nr, sizeof(*watch.seen));
	mbpf_interp_trace = on_insn;
	unit_row_engine(r, &unit_engines[0]);
	for (n = 0; n < RANDOM_RUNS; n++)
		run(r, n, &want[n]);
	mbpf_interp_trace = NULL;
}

static const char *difference(struct unit_row *r, const struct unit_engine *engine,
			      const struct result *want)
{
	struct result got;
	u32 n;

	if (unit_row_engine(r, engine))
		return "not compiled";
	for (n = 0; n < RANDOM_RUNS; n++) {
		run(r, n, &got);
		if (memcmp(&got, &want[n], sizeof(got)))
			return "another result";
	}
	return NULL;
}

static u32 text_size(struct unit_row *r, const struct unit_engine *engine)
{
	return unit_row_engine(r, engine) ? 0 : r->progs[0].text_size;
}

TEST(facts_change_nothing_but_size)
{
	static struct random_prog p;
	static struct result want[RANDOM_RUNS];
	u64 seed, without = 0, with = 0;
	size_t mark = unit_text_mark();
	struct unit_row r;
	const char *what;
	u32 e;

	for (seed = 1; seed <= PROGRAMS; seed++) {
		random_prog(&p, seed, RANDOM_ALL);
		if (!unit_row_load(&r, &p.row, NULL)) {
			watch_runs(&r, want);
			without += text_size(&r, &unit_engines[1]);
			if (seed & FACTS_RUNS)
				use_seen(&r.progs[0].prog.code);
			if (seed & FACTS_LIVE)
				use_liveness(&r.progs[0].prog.code);
			for (e = 1; e < unit_nr_engines; e++) {
				if (!unit_engine_runs(&unit_engines[e]))
					continue;
				what = difference(&r, &unit_engines[e], want);
				EXPECT_EQ(NULL, what) {
					TH_LOG("seed %llu, %s: %s", (unsigned long long)seed,
					       unit_engines[e].name, what);
				}
			}
			with += text_size(&r, &unit_engines[1]);
			free(watch.seen);
		}
		unit_text_release(mark);
		unit_row_unload(&r);
	}
	/* Some were used. */
	EXPECT_LT(with, without);
	printf("# == %llu bytes without facts, %llu with\n", (unsigned long long)without,
	       (unsigned long long)with);
}

TEST_HARNESS_MAIN
