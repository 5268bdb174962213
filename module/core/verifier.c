// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verifier: executes a program on abstract values, along every path, until
 * nothing new can come. What it rejects could do what no program may; what it
 * accepts cannot. Each file answers one question: what a state is
 * (verifier_state.c), what instructions do to it (_run, _alu, _mem, _stack,
 * _branch, _call, _arg), when a path has been seen before (_prune, _equal, _live, _fp,
 * _need), what is worth knowing of it (_facts), and what to tell (_log).
 */
#include "verifier_state.h"

#ifdef MBPF_VERIFIER_TRACE
__thread void (*mbpf_verifier_trace)(const struct mbpf_verifier *v);
__thread void (*mbpf_verifier_done)(const struct mbpf_verifier *v);
__thread bool mbpf_verifier_exact;
#endif

static bool is_watched(const struct mbpf_verifier *v)
{
#ifdef MBPF_VERIFIER_TRACE
	if (mbpf_verifier_trace)
		return true;
#endif
	return mbpf_log_on(v->log, MBPF_LOG_STATES);
}

static int explore(struct mbpf_verifier *v)
{
	int ret;

	v->cur = mbpf_state_create(v);
	if (!v->cur)
		return -ENOMEM;
	ret = mbpf_state_enter(v, v->cur, 0, 0);
	if (ret)
		return ret;
	mbpf_reg_set_pointer(mbpf_verifier_reg(v, 1), MBPF_TYPE_CTX);
	v->watched = is_watched(v);
	do {
		ret = mbpf_verifier_run(v);
		if (ret < 0)
			return ret;
		ret = mbpf_prune_next(v);
	} while (ret > 0);
	return ret;
}

#define FIRST_STATES	1472	/* bytes; enough for programs without branches or stack */

static bool mentions_stack(const struct mbpf_code *code)
{
	u32 s;

	for (s = 0; s < code->nr_subs; s++)
		if (code->subs[s].used & BIT(MBPF_REG_FP))
			return true;
	return false;
}

/* At most; [0] is one. mbpf_live_build() makes them. */
static u32 count_points(const struct mbpf_code *code)
{
	u32 k, n = 1;

	for (k = 0; k < code->nr_odd; k++) {
		const struct mbpf_insn *insn = &code->insns[code->odd[k]];

		/* Itself, its target, and what comes behind a call. */
		if (mbpf_insn_is_jump(insn))
			n += 2;
		else if (insn->code == (MBPF_JMP | MBPF_CALL))
			n += mbpf_insn_is_local_call(insn) ? 3 : 1;
	}
	return n;
}

/* All in one piece, with room for the first states: most programs are small. */
static struct mbpf_verifier *create(struct mbpf_code *code)
{
	bool has_stack = mentions_stack(code);
	size_t slots = sizeof(struct mbpf_verifier);
	size_t points = slots + (has_stack ? code->nr : 1) * sizeof(struct mbpf_vslots);
	size_t notes = points + count_points(code) * sizeof(struct mbpf_vpoint);
	size_t states = notes + code->nr * sizeof(struct mbpf_vinsn);
	size_t queue = states + FIRST_STATES;
	struct mbpf_verifier *v = mbpf_scratch_zalloc(&code->scratch,
						      queue + code->nr * sizeof(u32), states);

	if (!v)
		return NULL;
	v->has_stack = has_stack;
	v->slots = (void *)v + slots;
	v->points = (void *)v + points;
	v->nr_points = 1;
	v->insn = (void *)v + notes;
	v->queue = (void *)v + queue;
	v->chunk_end = (u8 *)v + queue;
	v->chunk_left = FIRST_STATES;
	return v;
}

static int prepare(struct mbpf_verifier *v)
{
	struct mbpf_code *code = v->code;
	u32 i;

	for (i = 0; i < code->nr_subs; i++)
		code->subs[i].stack = 0;
	code->ctx_read = 0;
	return mbpf_live_build(v);
}

static void report(struct mbpf_verifier *v, struct mbpf_verify_stats *stats)
{
	if (stats) {
		stats->processed = v->processed;
		stats->states = v->states;
		stats->peak_bytes = v->peak;
	}
	if (mbpf_log_on(v->log, MBPF_LOG_STATS))
		mbpf_log_printf(v->log, "state memory: %llu bytes at most\n",
				(unsigned long long)v->peak);
	mbpf_log_printf(v->log,
			"processed %u insns (limit %u) max_states_per_insn 0 total_states %u peak_states %u mark_read 0\n",
			v->processed, MBPF_MAX_INSNS, v->states, v->states);
}

int mbpf_verify(struct mbpf_code *code, const struct mbpf_verify_rules *rules,
		struct mbpf_log *log, struct mbpf_verify_stats *stats)
{
	struct mbpf_scratch mark = code->scratch;
	struct mbpf_verifier *v = create(code);
	struct mbpf_rejection why;
	int err;

	if (!v)
		return -ENOMEM;
	why.message[0] = 0;
	why.advice[0] = 0;
	v->why = &why;
	v->code = code;
	v->rules = rules;
	v->log = log;
	v->bad_reg = -1;
	err = prepare(v);
	if (!err)
		err = explore(v);
	if (!err)
		err = mbpf_facts_finish(v);
	/* The memory that is out may be the verifier's own share. */
	if (err == -ENOMEM && why.message[0])
		err = -E2BIG;
#ifdef MBPF_VERIFIER_TRACE
	if (!err && mbpf_verifier_done)
		mbpf_verifier_done(v);
#endif
	report(v, stats);
	if (err)
		mbpf_explain(v);
	mbpf_scratch_reset(&code->scratch, &mark);
	return err;
}
