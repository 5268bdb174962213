// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verifier: executes a program on abstract values, along every path, until
 * nothing new can come. What it rejects could do what no program may; what it
 * accepts cannot. Each file answers one question: what a state is
 * (verifier_state.c), what instructions do to it (_alu, _mem, _stack, _branch,
 * _call, _arg), when a path has been seen before (_prune, _equal, _live, _fp,
 * _need), what is worth knowing of it (_facts), and what to tell (_log).
 */
#include "verifier_state.h"

#ifdef MBPF_VERIFIER_TRACE
__thread void (*mbpf_verifier_trace)(const struct mbpf_verifier *v);
__thread void (*mbpf_verifier_done)(const struct mbpf_verifier *v);
__thread bool mbpf_verifier_exact;
#endif

#define BREATH	1024	/* instructions between looks at signals */

static int verify_lddw(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst);
	const struct mbpf_insn_aux *aux = &v->code->aux[v->cur->pc];

	switch (insn->src) {
	case 0:
		mbpf_reg_set_const(dst, mbpf_insn_imm64(insn));
		break;
	case MBPF_PSEUDO_MAP_FD:
	case MBPF_PSEUDO_MAP_IDX:
		mbpf_reg_set_pointer(dst, MBPF_TYPE_MAP);
		dst->index = aux->ref;
		break;
	case MBPF_PSEUDO_MAP_VALUE:
	case MBPF_PSEUDO_MAP_IDX_VALUE:
		mbpf_reg_set_pointer(dst, MBPF_TYPE_VALUE);
		dst->index = aux->ref;
		dst->off = insn[1].imm;
		break;
	case MBPF_PSEUDO_FUNC:
		mbpf_reg_set_pointer(dst, MBPF_TYPE_FUNC);
		dst->index = mbpf_verifier_sub(v->code, aux->target);
		break;
	default:
		mbpf_advise(v, "load constants, maps, their values and functions only");
		return mbpf_reject(v, -EINVAL, -1, "unrecognized bpf_ld_imm64 insn");
	}
	dst->set_at = v->cur->pc;
	v->cur->pc += 2;
	return 0;
}

/* Return: 0 to go on, 1 if the path ended, or a rejection. */
static int execute(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	switch (MBPF_CLASS(insn->code)) {
	case MBPF_ALU:
	case MBPF_ALU64:
		return mbpf_verify_alu(v, insn);
	case MBPF_LD:
		return verify_lddw(v, insn);
	case MBPF_LDX:
		return mbpf_verify_load(v, insn);
	case MBPF_ST:
		return mbpf_verify_store(v, insn);
	case MBPF_STX:
		if (MBPF_MODE(insn->code) == MBPF_ATOMIC)
			return mbpf_verify_atomic(v, insn);
		return mbpf_verify_store(v, insn);
	default:
		if (mbpf_insn_is_exit(insn))
			return mbpf_verify_exit(v);
		if (mbpf_insn_is_jump(insn))
			return mbpf_verify_jump(v, insn);
		return mbpf_verify_call(v, insn);
	}
}

/* The instructions around which a path went last, if it is a loop. */
static int reject_too_long(struct mbpf_verifier *v)
{
	u32 pc, back, low = v->cur->pc, high = low;

	for (back = 0; mbpf_trail_at(v, back, &pc); back++) {
		low = min(low, pc);
		high = max(high, pc);
	}
	mbpf_advise(v, "the last instructions were insns %u to %u: if they are a loop, give it a smaller constant bound or use the loop helper",
		    low, high);
	return mbpf_reject(v, -E2BIG, -1, "BPF program is too large. Processed %u insn", v->processed);
}

/* Called where the next look at the world is due; says when the next one is. */
static int breathe(struct mbpf_verifier *v)
{
	if (v->processed == MBPF_MAX_INSNS)
		return reject_too_long(v);
	v->breath = min_t(u32, v->processed + BREATH, MBPF_MAX_INSNS);
	if (fatal_signal_pending(current))
		return -EINTR;
	cond_resched();
	return 0;
}

static bool is_alu(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code);

	return class == MBPF_ALU || class == MBPF_ALU64;
}

static bool is_straight(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code);

	return class != MBPF_JMP && class != MBPF_JMP32;
}

/* @nr instructions were executed, or are about to be, the last of them at @last. */
static void count(struct mbpf_verifier *v, u32 nr, u32 last)
{
	v->processed += nr;
	v->cur->fresh += nr;
	mbpf_trail_add(v->cur, nr, last);
}

static bool is_watched(const struct mbpf_verifier *v)
{
#ifdef MBPF_VERIFIER_TRACE
	if (mbpf_verifier_trace)
		return true;
#endif
	return mbpf_log_on(v->log, MBPF_LOG_STATES);
}

static void look_on(struct mbpf_verifier *v)
{
#ifdef MBPF_VERIFIER_TRACE
	if (mbpf_verifier_trace)
		mbpf_verifier_trace(v);
#endif
	if (mbpf_log_on(v->log, MBPF_LOG_STATES)) {
		mbpf_log_state(v);
		mbpf_log_insn(v, v->cur->pc);
	}
}

static int execute_watched(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	if (v->watched)
		look_on(v);
	return execute(v, insn);
}

/*
 * Instructions that follow each other, until control goes elsewhere or may
 * come from there. Arithmetic that is done quickly moves nothing but registers.
 */
static int run_straight(struct mbpf_verifier *v)
{
	u32 pc = v->cur->pc, last, nr = 0, most = v->breath - v->processed;
	struct mbpf_reg *regs = mbpf_verifier_frame(v)->regs;
	const struct mbpf_insn *insn;
	int err = 0;

	do {
		insn = &v->code->insns[pc];
		last = pc;
		if (is_alu(insn) && !v->watched && mbpf_alu_quick(regs, insn)) {
			regs[insn->dst].set_at = pc++;
		} else {
			v->cur->pc = pc;
			err = execute_watched(v, insn);
			pc = v->cur->pc;
			regs = mbpf_verifier_frame(v)->regs;
		}
		v->insn[last].flags |= MBPF_V_SEEN;
	} while (++nr < most && !err && !(v->insn[pc].flags & MBPF_V_PRUNE) &&
		 is_straight(&v->code->insns[pc]));
	v->cur->pc = pc;
	count(v, nr, last);
	return err;
}

/* Some instructions of the current execution. */
static int run(struct mbpf_verifier *v)
{
	u32 pc = v->cur->pc;
	int err;

	if (v->insn[pc].flags & MBPF_V_PRUNE) {
		err = mbpf_prune_visit(v);
		if (err)
			return err;
	}
	if (v->processed == v->breath) {
		err = breathe(v);
		if (err)
			return err;
	}
	if (is_straight(&v->code->insns[pc]))
		return run_straight(v);
	count(v, 1, pc);
	err = execute_watched(v, &v->code->insns[pc]);
	v->insn[pc].flags |= MBPF_V_SEEN;
	return err;
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
		do
			ret = run(v);
		while (!ret);
		if (ret < 0)
			return ret;
	} while (mbpf_prune_next(v));
	return 0;
}

static int prepare(struct mbpf_verifier *v)
{
	struct mbpf_code *code = v->code;
	u32 i;

	v->insn = kvcalloc(code->nr, sizeof(*v->insn), GFP_KERNEL_ACCOUNT);
	v->queue = kvmalloc_array(code->nr, sizeof(*v->queue), GFP_KERNEL_ACCOUNT);
	if (!v->insn || !v->queue)
		return -ENOMEM;
	for (i = 0; i < code->nr_subs; i++)
		code->subs[i].stack = 0;
	code->ctx_read = 0;
	return mbpf_live_build(v);
}

static void release(struct mbpf_verifier *v)
{
	mbpf_state_free_all(v);
	kvfree(v->insn);
	kvfree(v->queue);
	kvfree(v);
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
	struct mbpf_verifier *v = kvzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	int err;

	if (!v)
		return -ENOMEM;
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
	if (err == -ENOMEM && v->message[0])
		err = -E2BIG;
#ifdef MBPF_VERIFIER_TRACE
	if (!err && mbpf_verifier_done)
		mbpf_verifier_done(v);
#endif
	report(v, stats);
	if (err)
		mbpf_explain(v);
	release(v);
	return err;
}
