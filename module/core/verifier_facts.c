// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was found out that makes code faster, written where the optimiser and
 * the back ends look; and the stack that chains of calls need.
 *
 * Only what no execution can contradict is written, also none that was cut
 * short: it depends on pointers and on scalars that matter, which are the same
 * in all executions that a saved state covers.
 */
#include "verifier_flow.h"

#define TAIL_CALL_STACK	256	/* bytes of callers' stack that 33 programs may each take */

void mbpf_facts_load(struct mbpf_verifier *v, bool known, u64 value)
{
	struct mbpf_insn_aux *aux = &v->code->aux[v->cur->pc];
	struct mbpf_vinsn *vi = &v->insn[v->cur->pc];

	if (vi->flags & MBPF_V_VARIES)
		return;
	if (known && !(vi->flags & MBPF_V_SEEN)) {
		aux->flags |= MBPF_AUX_CONST;
		aux->value = value;
	} else if (!known || !(aux->flags & MBPF_AUX_CONST) || aux->value != value) {
		aux->flags &= ~MBPF_AUX_CONST;
		vi->flags |= MBPF_V_VARIES;
	}
}

void mbpf_facts_call_map(struct mbpf_verifier *v, u32 map_plus_1)
{
	struct mbpf_insn_aux *aux = &v->code->aux[v->cur->pc];
	struct mbpf_vinsn *vi = &v->insn[v->cur->pc];

	if (vi->flags & MBPF_V_VARIES)
		return;
	if (!(vi->flags & MBPF_V_SEEN)) {
		aux->ref = map_plus_1;
	} else if (aux->ref != map_plus_1) {
		aux->ref = 0;
		vi->flags |= MBPF_V_VARIES;
	}
}

void mbpf_facts_key(struct mbpf_verifier *v, u32 min, u32 max)
{
	struct mbpf_insn_aux *aux = &v->code->aux[v->cur->pc];
	struct mbpf_vinsn *vi = &v->insn[v->cur->pc];
	bool first = !(vi->flags & MBPF_V_SEEN);

	if (vi->flags & MBPF_V_ANY_KEY)
		return;
	if (max == U32_MAX) {
		aux->flags &= ~(MBPF_AUX_KEY | MBPF_AUX_KEY_CONST);
		vi->flags |= MBPF_V_ANY_KEY;
		return;
	}
	if (first && min == max)
		aux->flags |= MBPF_AUX_KEY_CONST;
	else if (min != max || aux->key != max)
		aux->flags &= ~MBPF_AUX_KEY_CONST;
	aux->flags |= MBPF_AUX_KEY;
	aux->key = first ? max : max(aux->key, max);
}

void mbpf_facts_leak(struct mbpf_verifier *v, const struct mbpf_reg *reg)
{
	if (reg->type == MBPF_TYPE_CTX)
		v->code->ctx_read = U64_MAX;
}

static bool is_plain(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code);

	return class != MBPF_JMP && class != MBPF_JMP32 && class != MBPF_LD;
}

/* Where control can go from @i on, until it meets what was found already. */
static void reach_from(struct mbpf_verifier *v, u32 i)
{
	const struct mbpf_insn *insn;
	struct mbpf_vinsn *vi;
	u16 ways;

	for (;; i += mbpf_insn_slots(insn)) {
		insn = &v->code->insns[i];
		for (vi = &v->insn[i]; is_plain(insn); insn++, vi++, i++) {
			if (vi->flags & MBPF_V_REACHED)
				return;
			vi->flags |= MBPF_V_REACHED;
		}
		if (vi->flags & MBPF_V_REACHED)
			return;
		vi->flags |= MBPF_V_REACHED;
		ways = vi->flags & (MBPF_V_WENT | MBPF_V_FELL);
		if (mbpf_insn_is_exit(insn))
			return;
		if (mbpf_insn_is_goto(insn) || ways & MBPF_V_WENT ||
		    mbpf_insn_is_local_call(insn) ||
		    mbpf_insn_is_func(insn))
			mbpf_flow_queue(v, v->code->aux[i].target);
		if (mbpf_insn_is_goto(insn) || ways == MBPF_V_WENT)
			return;
	}
}

/* Checks for NULL that are decided leave code behind that was executed in vain. */
static void find_vain(struct mbpf_verifier *v)
{
	struct mbpf_vinsn *vi = v->insn, *end = vi + v->code->nr;

	/* What matters where has been told to all that asked. */
	while (v->nr_queue)
		mbpf_flow_pop(v);
	mbpf_flow_queue(v, 0);
	while (v->nr_queue)
		reach_from(v, mbpf_flow_pop(v));
	for (; vi < end; vi++)
		if (!(vi->flags & MBPF_V_REACHED))
			vi->flags &= ~MBPF_V_SEEN;
}

static void judge_jump(struct mbpf_insn_aux *aux, u16 flags)
{
	u16 ways = flags & (MBPF_V_WENT | MBPF_V_FELL);

	if (ways == MBPF_V_WENT)
		aux->flags |= MBPF_AUX_TAKEN;
	else if (ways == MBPF_V_FELL)
		aux->flags |= MBPF_AUX_NOT_TAKEN;
}

static void judge_call(struct mbpf_subprog *sub, const struct mbpf_insn *insn)
{
	sub->has_call = true;
	if (!mbpf_insn_is_helper_call(insn))
		return;
	sub->has_helper_call = true;
	if (mbpf_helper_find(insn->imm)->flags & MBPF_HELPER_TAIL_CALL)
		sub->has_tail_call = true;
}

static bool is_all_seen(const struct mbpf_verifier *v, const struct mbpf_subprog *sub)
{
	u32 i;

	for (i = sub->start; i < sub->end; i++)
		if (!(v->insn[i].flags & MBPF_V_SEEN) &&
		    !(v->code->aux[i].flags & MBPF_AUX_SECOND))
			return false;
	return true;
}

/* What a function does that is alive: what it does at all is known (cfg.c). */
static void leave_out_dead(struct mbpf_verifier *v, struct mbpf_subprog *sub)
{
	const struct mbpf_insn *insn;
	u32 i;

	sub->used = 0;
	sub->has_call = false;
	sub->has_helper_call = false;
	sub->has_tail_call = false;
	for (i = sub->start; i < sub->end; i += mbpf_insn_slots(insn)) {
		insn = &v->code->insns[i];
		if (!(v->insn[i].flags & MBPF_V_SEEN)) {
			v->code->aux[i].flags |= MBPF_AUX_DEAD;
			if (mbpf_insn_is_lddw(insn))
				v->code->aux[i + 1].flags |= MBPF_AUX_DEAD;
			continue;
		}
		sub->used |= mbpf_insn_mentions(insn);
		if (insn->code == (MBPF_JMP | MBPF_CALL))
			judge_call(sub, insn);
	}
}

static void judge_jumps(struct mbpf_verifier *v)
{
	u32 k;

	for (k = 0; k < v->code->nr_odd; k++) {
		u32 i = v->code->odd[k];

		if (v->insn[i].flags & MBPF_V_SEEN)
			judge_jump(&v->code->aux[i], v->insn[i].flags);
	}
}

/* Stack of the callers of each function, along the deepest chain. */
struct depth {
	u32 stack;
	u32 frames;	/* with its own; 0: not called */
};

static bool deepen(struct mbpf_verifier *v, struct depth *depth, u32 caller, u32 callee)
{
	u32 stack = depth[caller].stack + v->code->subs[caller].stack;
	bool grew = !depth[callee].frames || depth[callee].stack < stack;

	if (grew) {
		depth[callee].stack = stack;
		depth[callee].frames = depth[caller].frames + 1;
	}
	return grew;
}

/* The number of the first odd instruction from @i on. */
static u32 first_odd(const struct mbpf_code *code, u32 i)
{
	u32 low = 0, high = code->nr_odd;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (code->odd[mid] < i)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool deepen_from(struct mbpf_verifier *v, struct depth *depth, u32 caller)
{
	const struct mbpf_code *code = v->code;
	const struct mbpf_subprog *sub = &code->subs[caller];
	bool grew = false;
	u32 k, s;

	for (k = first_odd(code, sub->start); k < code->nr_odd && code->odd[k] < sub->end; k++) {
		u32 callee = mbpf_verifier_point(v, code->odd[k])->callee;

		if (callee && callee != U32_MAX)
			grew |= deepen(v, depth, caller, callee - 1);
		for (s = 0; callee == U32_MAX && s < v->code->nr_subs; s++)
			if (v->code->subs[s].is_callback)
				grew |= deepen(v, depth, caller, s);
	}
	return grew;
}

static int check_depth(struct mbpf_verifier *v, const struct depth *depth, u32 s)
{
	const struct mbpf_subprog *sub = &v->code->subs[s];
	u32 all = depth[s].stack + sub->stack;

	if (all > MBPF_STACK_SIZE) {
		mbpf_advise(v, "let the functions that call each other, down to the one at insn %u, use less stack: large structs belong in a per-CPU array",
			    sub->start);
		return mbpf_reject(v, -EACCES, -1, "combined stack size of %u calls is %u. Too large",
				   depth[s].frames, all);
	}
	if (s && sub->has_tail_call && depth[s].stack >= TAIL_CALL_STACK) {
		mbpf_advise(v, "call other programs from the main function, or with less than %u bytes of stack in use",
			    TAIL_CALL_STACK);
		return mbpf_reject(v, -EACCES, -1,
				   "tail_calls are not allowed when call stack of previous frames is %u bytes. Too large",
				   depth[s].stack);
	}
	return 0;
}

static int check_stack(struct mbpf_verifier *v)
{
	struct depth alone = { .frames = 1 }, *depth;
	u32 s, round;
	bool grew = true;
	int err = 0;

	if (v->code->nr_subs == 1)
		return check_depth(v, &alone, 0);
	depth = kvcalloc(v->code->nr_subs, sizeof(*depth), GFP_KERNEL_ACCOUNT);
	if (!depth)
		return -ENOMEM;
	depth[0].frames = 1;
	/* No chain is longer: that was seen when it was executed. */
	for (round = 1; grew && round < MBPF_MAX_CALL_DEPTH; round++)
		for (s = 0, grew = false; s < v->code->nr_subs; s++)
			if (depth[s].frames)
				grew |= deepen_from(v, depth, s);
	for (s = 0; !err && s < v->code->nr_subs; s++)
		err = check_depth(v, depth, s);
	kvfree(depth);
	return err;
}

int mbpf_facts_finish(struct mbpf_verifier *v)
{
	u32 s;

	v->code->tail_call = false;
	if (v->certain)
		find_vain(v);
	for (s = 0; s < v->code->nr_subs; s++) {
		struct mbpf_subprog *sub = &v->code->subs[s];

		if (!is_all_seen(v, sub))
			leave_out_dead(v, sub);
		v->code->tail_call |= sub->has_tail_call;
	}
	judge_jumps(v);
	return check_stack(v);
}
