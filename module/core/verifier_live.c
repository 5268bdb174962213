// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which registers and stack slots may still be read: a walk against the flow
 * of control. Where a load or store goes on the stack comes from
 * verifier_fp.c. A place is visited again only when something became live
 * behind it, so the work is linear in the program for all but contrived ones.
 */
#include "verifier_state.h"
#include "verifier_flow.h"

#define ARG_REGS	0x003e	/* R1 to R5 */
#define CALL_CLOBBERS	0x003f	/* R0 to R5 */

static u32 bit(u32 reg)
{
	return 1u << reg;
}

/* Registers that a helper reads. */
static u16 helper_reads(u32 id)
{
	const struct mbpf_helper *helper = mbpf_helper_find(id);
	u16 regs = 0;
	u32 i;

	if (!helper)
		return ARG_REGS;
	for (i = 0; i < ARRAY_SIZE(helper->arg) && helper->arg[i] != MBPF_ARG_NONE; i++)
		regs |= bit(i + 1);
	return regs;
}

/* The slot of which a store overwrites all that may be read. */
static u64 slots_written(const struct mbpf_verifier *v, const struct mbpf_insn *insn, s16 fp)
{
	u8 class = MBPF_CLASS(insn->code);

	if (class != MBPF_ST && class != MBPF_STX)
		return 0;
	if (MBPF_MODE(insn->code) != MBPF_MEM || fp == MBPF_FP_NO || fp == MBPF_FP_ANY)
		return 0;
	if (MBPF_SIZE(insn->code) == MBPF_DW && !(fp & 7))
		return mbpf_slot_mask(fp, 8);
	if (MBPF_SIZE(insn->code) == MBPF_W && (fp & 7) == 4)
		return mbpf_slot_mask(fp, 4) & ~v->low_read;
	return 0;
}

/*
 * What plain instructions do to what is live, by opcode. K and X: the other
 * operand is a constant or a register.
 */
enum shape {
	JUMP,		/* calls and exits too */
	OTHER,		/* atomics, byte swaps */
	WORD_K,		/* the upper half of the result comes from those of the operands */
	WORD_X,
	LEFT_X,		/* a shift count is in the lower half */
	DOWN_K,		/* all of the result may come from the upper half */
	DOWN_X,
	DIVIDE_X,
	HALF_K,		/* of lower halves; the upper half of the result is zero */
	HALF_X,
	COPY_K,
	COPY_X,
	COPY_HALF_K,
	COPY_HALF_X,
	LOAD,
	STORE_K,
	STORE_X,
	STORE_WORD_X,
};

#define WORD(op, k, x) [MBPF_ALU64 | (op) | MBPF_K] = (k), [MBPF_ALU64 | (op) | MBPF_X] = (x)
#define HALF(op) [MBPF_ALU | (op) | MBPF_K] = HALF_K, [MBPF_ALU | (op) | MBPF_X] = HALF_X
#define MEMORY(code, narrow, word)					\
	[(code) | MBPF_B] = (narrow), [(code) | MBPF_H] = (narrow),	\
	[(code) | MBPF_W] = (narrow), [(code) | MBPF_DW] = (word)

static const u8 shapes[256] = {
	WORD(MBPF_ADD, WORD_K, WORD_X), WORD(MBPF_SUB, WORD_K, WORD_X),
	WORD(MBPF_MUL, WORD_K, WORD_X), WORD(MBPF_AND, WORD_K, WORD_X),
	WORD(MBPF_OR, WORD_K, WORD_X), WORD(MBPF_XOR, WORD_K, WORD_X),
	WORD(MBPF_NEG, WORD_K, OTHER), WORD(MBPF_LSH, WORD_K, LEFT_X),
	WORD(MBPF_RSH, DOWN_K, DOWN_X), WORD(MBPF_ARSH, DOWN_K, DOWN_X),
	WORD(MBPF_DIV, DOWN_K, DIVIDE_X), WORD(MBPF_MOD, DOWN_K, DIVIDE_X),
	WORD(MBPF_MOV, COPY_K, COPY_X),
	HALF(MBPF_ADD), HALF(MBPF_SUB), HALF(MBPF_MUL), HALF(MBPF_AND), HALF(MBPF_OR),
	HALF(MBPF_XOR), HALF(MBPF_NEG), HALF(MBPF_LSH), HALF(MBPF_RSH), HALF(MBPF_ARSH),
	HALF(MBPF_DIV), HALF(MBPF_MOD),
	[MBPF_ALU | MBPF_MOV | MBPF_K] = COPY_HALF_K, [MBPF_ALU | MBPF_MOV | MBPF_X] = COPY_HALF_X,
	[MBPF_LDDW] = COPY_K,
	MEMORY(MBPF_LDX | MBPF_MEM, LOAD, LOAD), MEMORY(MBPF_LDX | MBPF_MEMSX, LOAD, LOAD),
	MEMORY(MBPF_ST | MBPF_MEM, STORE_K, STORE_K),
	MEMORY(MBPF_STX | MBPF_MEM, STORE_X, STORE_WORD_X),
	[MBPF_STX | MBPF_ATOMIC | MBPF_W] = OTHER, [MBPF_STX | MBPF_ATOMIC | MBPF_DW] = OTHER,
	[MBPF_ALU | MBPF_END | MBPF_K] = OTHER, [MBPF_ALU | MBPF_END | MBPF_X] = OTHER,
	[MBPF_ALU64 | MBPF_END | MBPF_K] = OTHER,
};

/* Whether control can go on to the next instruction. */
static bool falls_through(const struct mbpf_insn *insn)
{
	return !mbpf_insn_is_exit(insn) && !mbpf_insn_is_goto(insn);
}

/* What is live at one moment. */
struct flow {
	u64 slots;
	u64 live;	/* registers */
	u64 high;	/* those of which the upper half is */
};

/* With what is before instruction @to. */
static struct flow join(const struct mbpf_verifier *v, struct flow flow, u32 to)
{
	flow.slots |= mbpf_verifier_slots(v, to)->live;
	flow.live |= v->insn[to].live;
	flow.high |= v->insn[to].live_high;
	return flow;
}

/* From what is live behind a jump, call or exit to what is before it. */
static struct flow over_jump(const struct mbpf_verifier *v, u32 i)
{
	const struct mbpf_insn *insn = &v->code->insns[i];
	struct flow flow = { 0 };
	u32 defs = 0, uses = 0;

	switch (MBPF_OP(insn->code)) {
	case MBPF_EXIT:
		uses = bit(0);
		break;
	case MBPF_CALL:
		flow = join(v, flow, i + 1);
		defs = CALL_CLOBBERS;
		uses = mbpf_insn_is_helper_call(insn) ? helper_reads(insn->imm) : ARG_REGS;
		break;
	case MBPF_JA:
		flow = join(v, flow, v->code->aux[i].target);
		break;
	default:
		flow = join(v, join(v, flow, i + 1), v->code->aux[i].target);
		uses = bit(insn->dst) | (MBPF_SRC(insn->code) ? bit(insn->src) : 0);
	}
	v->code->aux[i].live = flow.live;
	flow.live = (flow.live & ~defs) | uses;
	flow.high &= ~defs;
	if (MBPF_CLASS(insn->code) == MBPF_JMP)
		flow.high |= uses;
	flow.slots |= mbpf_verifier_slots(v, i)->read;
	return flow;
}

/* The upper half of a 32-bit result that nobody reads need not be cleared. */
static void note_high(struct mbpf_insn_aux *aux, u16 high)
{
	aux->flags &= ~MBPF_AUX_NO_ZEXT;
	if (!high)
		aux->flags |= MBPF_AUX_NO_ZEXT;
}

static struct flow over_other(const struct mbpf_insn *insn, struct mbpf_insn_aux *aux,
			      struct flow flow)
{
	u32 defs = mbpf_insn_defs(insn), uses = mbpf_insn_uses(insn), high = uses;

	if (MBPF_CLASS(insn->code) != MBPF_STX)
		high = flow.live & defs && insn->imm == 64 ? defs : 0;
	if (MBPF_CLASS(insn->code) == MBPF_ALU)
		note_high(aux, flow.high & defs);
	flow.live = (flow.live & ~defs) | uses;
	flow.high = (flow.high & ~defs) | high;
	return flow;
}

/* What an instruction does to what is live of the stack. */
static struct flow over_memory(const struct mbpf_verifier *v, u32 i,
			       const struct mbpf_insn *insn, struct flow flow)
{
	if (v->has_stack) {
		flow.slots &= ~slots_written(v, insn, v->insn[i].fp);
		flow.slots |= v->slots[i].read;
	}
	return flow;
}

/* From what is live behind instruction @i to what is before it. */
static __always_inline struct flow over(struct mbpf_verifier *v, u32 i,
					const struct mbpf_insn *insn, struct mbpf_insn_aux *aux,
					struct flow flow)
{
	u64 dst = (u64)1 << insn->dst, src = (u64)1 << insn->src;
	enum shape shape = shapes[insn->code];

	aux->live = flow.live;
	/* Most of most programs; a switch is a search where jump tables are not allowed. */
	if (shape == WORD_K) {
		flow.live |= dst;
		return flow;
	}
	switch (shape) {
	case JUMP:
		return over_jump(v, i);
	case OTHER:
		flow = over_other(insn, aux, flow);
		return over_memory(v, i, insn, flow);
	case WORD_X:
		flow.high |= flow.high & dst ? src : 0;
		fallthrough;
	case LEFT_X:
		flow.live |= src;
		fallthrough;
	case WORD_K:
		flow.live |= dst;
		break;
	case DIVIDE_X:
		flow.high |= flow.live & dst ? src : 0;
		fallthrough;
	case DOWN_X:
		flow.high |= flow.live & dst;
		flow.live |= src | dst;
		break;
	case DOWN_K:
		flow.high |= flow.live & dst;
		flow.live |= dst;
		break;
	case HALF_K:
		src = 0;
		fallthrough;
	case HALF_X:
		note_high(aux, flow.high & dst);
		flow.high &= ~dst;
		flow.live |= src | dst;
		break;
	case COPY_X:
		/* To extend the sign of a part, its upper half is not read. */
		flow.high = (flow.high & ~dst) | (flow.high & dst && !insn->off ? src : 0);
		flow.live = (flow.live & ~dst) | src;
		break;
	case COPY_HALF_K:
		src = 0;
		fallthrough;
	case COPY_HALF_X:
		note_high(aux, flow.high & dst);
		flow.live = (flow.live & ~dst) | src;
		flow.high &= ~dst;
		break;
	case COPY_K:
		flow.live &= ~dst;
		flow.high &= ~dst;
		break;
	case LOAD:
		note_high(aux, flow.high & dst);
		flow.live = (flow.live & ~dst) | src;
		flow.high = (flow.high & ~dst) | src;
		return over_memory(v, i, insn, flow);
	case STORE_WORD_X:
		flow.high |= src;
		fallthrough;
	case STORE_X:
		flow.live |= src;
		fallthrough;
	case STORE_K:
		flow.live |= dst;
		flow.high |= dst;
		return over_memory(v, i, insn, flow);
	}
	return flow;
}

/* Recomputes what is live before @i; true if that has grown. */
static bool visit(struct mbpf_verifier *v, u32 i)
{
	const struct mbpf_insn *insn = &v->code->insns[i];
	struct mbpf_vinsn *vi = &v->insn[i];
	struct mbpf_vslots *slots = mbpf_verifier_slots(v, i);
	struct flow flow = { 0 };
	bool grew;

	/* From the last instruction, an exit or a jump, nothing follows. */
	if (i + mbpf_insn_slots(insn) < v->code->nr)
		flow = join(v, flow, i + mbpf_insn_slots(insn));
	flow = over(v, i, insn, &v->code->aux[i], flow);
	grew = flow.live & ~vi->live || flow.high & ~vi->live_high || flow.slots & ~slots->live;
	vi->live |= flow.live;
	vi->live_high |= flow.high;
	slots->live |= flow.slots;
	return grew;
}

static struct mbpf_vpoint *make_point(struct mbpf_verifier *v, u32 i)
{
	if (!v->insn[i].point)
		v->insn[i].point = v->nr_points++;
	return mbpf_verifier_point(v, i);
}

static void note_pred(struct mbpf_verifier *v, u32 i)
{
	struct mbpf_vpoint *from = make_point(v, i), *to = make_point(v, v->code->aux[i].target);

	from->pred_next = to->pred;
	to->pred = i + 1;
}

void mbpf_flow_queue(struct mbpf_verifier *v, u32 i)
{
	if (v->insn[i].flags & MBPF_V_QUEUED)
		return;
	v->insn[i].flags |= MBPF_V_QUEUED;
	v->queue[v->nr_queue++] = i;
}

u32 mbpf_flow_pop(struct mbpf_verifier *v)
{
	u32 i = v->queue[--v->nr_queue];

	v->insn[i].flags &= ~MBPF_V_QUEUED;
	return i;
}

bool mbpf_flow_before(const struct mbpf_verifier *v, u32 i, u32 *before)
{
	u32 p = i;

	if (!i)
		return false;
	p--;
	if (v->code->aux[p].flags & MBPF_AUX_SECOND)
		p--;
	*before = p;
	return falls_through(&v->code->insns[p]);
}

static void queue_preds(struct mbpf_verifier *v, u32 i, u32 from)
{
	u32 k;

	for (k = mbpf_verifier_point(v, i)->pred; k; k = mbpf_verifier_point(v, k - 1)->pred_next)
		if (k - 1 >= from && mbpf_insn_is_jump(&v->code->insns[k - 1]))
			mbpf_flow_queue(v, k - 1);
}

/* States are compared here. */
static void make_prune(struct mbpf_verifier *v, u32 i)
{
	make_point(v, i);
	v->insn[i].flags |= MBPF_V_PRUNE;
}

/* The most that a short way has: */
#define MAX_PASSED	8	/* jumps and calls */
#define MAX_STRAIGHT	64	/* instructions */

/* Whether all ways from the jump @code->odd[@k] on meet at its target, and are short. */
static bool ways_meet(const struct mbpf_code *code, u32 k)
{
	u32 target = code->aux[code->odd[k]].target, end = min(k + MAX_PASSED, code->nr_odd), i;
	const struct mbpf_insn *insn;

	if (target <= code->odd[k] || target - code->odd[k] > MAX_STRAIGHT)
		return false;
	for (k++; k < end && (i = code->odd[k]) < target; k++) {
		insn = &code->insns[i];
		if (mbpf_insn_is_exit(insn) || mbpf_insn_is_local_call(insn))
			return false;
		if (mbpf_insn_is_jump(insn) &&
		    (code->aux[i].target <= i || code->aux[i].target > target))
			return false;
	}
	return k == code->nr_odd || code->odd[k] >= target;
}

/*
 * Whether a path comes by @i once. Else, what does not meet one time would find
 * no saved state the next time, of all that came since: they are too many.
 */
static bool is_once(const struct mbpf_code *code, u32 i)
{
	return i < code->subs[0].end && !code->subs[0].has_loop;
}

/* Where paths meet, and where the head of a loop is, states are compared. */
static void survey(struct mbpf_verifier *v)
{
	struct mbpf_code *code = v->code;
	const struct mbpf_helper *helper;
	const struct mbpf_insn *insn;
	u32 i, k;

	for (k = 0; k < code->nr_odd; k++) {
		i = code->odd[k];
		insn = &code->insns[i];
		if (mbpf_insn_is_lddw(insn))
			continue;
		if (mbpf_flow_has_target(insn))
			note_pred(v, i);
		if (mbpf_insn_is_jump(insn)) {
			make_prune(v, code->aux[i].target);
			if (is_once(code, i) && ways_meet(code, k))
				v->insn[i].flags |= MBPF_V_MEETS;
		} else if (mbpf_insn_is_local_call(insn)) {
			make_prune(v, i + 1);
		} else if (mbpf_insn_is_helper_call(insn)) {
			helper = mbpf_helper_find(insn->imm);
			if (helper && helper->iterate)
				make_prune(v, i);
		}
	}
	for (i = 0; i < code->nr_subs; i++)
		v->insn[code->subs[i].start].flags |= MBPF_V_ENTRY;
}

/* Once from the end; jumps back, which are seen before their targets, are queued. */
static void sweep(struct mbpf_verifier *v)
{
	const struct mbpf_insn *insn = v->code->insns + v->code->nr;
	struct mbpf_insn_aux *aux = v->code->aux + v->code->nr;
	struct mbpf_vinsn *vi = v->insn + v->code->nr;
	struct flow flow = { 0 };
	bool has_stack = v->has_stack;
	u32 i;

	for (i = v->code->nr; i-- > 0;) {
		u16 flags;

		insn--;
		aux--;
		vi--;
		flags = aux->flags;
		if (flags & MBPF_AUX_SECOND)
			continue;
		flow = over(v, i, insn, aux, flow);
		vi->live = flow.live;
		vi->live_high = flow.high;
		if (has_stack)
			v->slots[i].live = flow.slots;
		if (flags & MBPF_AUX_TARGET)
			queue_preds(v, i, i);
	}
}

int mbpf_live_build(struct mbpf_verifier *v)
{
	u32 i, before;
	int err;

	survey(v);
	err = mbpf_fp_build(v);
	if (err)
		return err;

	sweep(v);
	while (v->nr_queue) {
		i = mbpf_flow_pop(v);
		if (!visit(v, i))
			continue;
		if (mbpf_flow_before(v, i, &before))
			mbpf_flow_queue(v, before);
		queue_preds(v, i, 0);
	}
	return 0;
}
