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

static u16 bit(u32 reg)
{
	return 1u << reg;
}

static bool is_call(const struct mbpf_insn *insn)
{
	return insn->code == (MBPF_JMP | MBPF_CALL);
}

/* Registers that a helper reads. */
static u16 helper_reads(u32 id)
{
	const struct mbpf_helper *helper = mbpf_helper_find(id);
	u16 regs = 0;
	u32 i;

	if (!helper)
		return ARG_REGS;
	for (i = 0; i < ARRAY_SIZE(helper->arg); i++)
		if (helper->arg[i] != MBPF_ARG_NONE)
			regs |= bit(i + 1);
	return regs;
}

static u16 uses_of(const struct mbpf_insn *insn)
{
	if (mbpf_insn_is_helper_call(insn))
		return helper_reads(insn->imm);
	if (is_call(insn))
		return ARG_REGS;
	return mbpf_insn_uses(insn);
}

static u16 defs_of(const struct mbpf_insn *insn)
{
	return is_call(insn) ? CALL_CLOBBERS : mbpf_insn_defs(insn);
}

/* The slot that a store overwrites as a whole. */
static u64 slots_written(const struct mbpf_insn *insn, s16 fp)
{
	u8 class = MBPF_CLASS(insn->code);

	if (class != MBPF_ST && class != MBPF_STX)
		return 0;
	if (MBPF_MODE(insn->code) != MBPF_MEM || MBPF_SIZE(insn->code) != MBPF_DW)
		return 0;
	if (fp == MBPF_FP_NO || fp == MBPF_FP_ANY || fp & 7)
		return 0;
	return mbpf_slot_mask(fp, 8);
}

/*
 * Registers of which a 64-bit operation reads the upper half, if that of its
 * result is read (@high) or any of its result.
 */
static u16 wide_high_uses(const struct mbpf_insn *insn, bool high)
{
	u16 dst = bit(insn->dst), src = MBPF_SRC(insn->code) ? bit(insn->src) : 0;

	switch (MBPF_OP(insn->code)) {
	case MBPF_ADD:
	case MBPF_SUB:
	case MBPF_MUL:
	case MBPF_AND:
	case MBPF_OR:
	case MBPF_XOR:
		return high ? src | dst : 0;
	case MBPF_MOV:
		return high && !insn->off ? src : 0;
	case MBPF_NEG:
	case MBPF_LSH:
		/* The count is in the lower half. */
		return high ? dst : 0;
	case MBPF_RSH:
	case MBPF_ARSH:
		return dst;
	case MBPF_END:
		return insn->imm == 64 ? dst : 0;
	default:
		return src | dst;
	}
}

/* Registers of which the upper half is read here; @uses are those read at all. */
static u16 high_uses(const struct mbpf_insn *insn, u16 uses, u16 live, u16 live_high)
{
	switch (MBPF_CLASS(insn->code)) {
	case MBPF_ALU64:
		return live & bit(insn->dst) ?
		       wide_high_uses(insn, live_high & bit(insn->dst)) : 0;
	case MBPF_ALU:
		return live & bit(insn->dst) && MBPF_OP(insn->code) == MBPF_END &&
		       insn->imm == 64 ? bit(insn->dst) : 0;
	case MBPF_JMP32:
		return 0;
	case MBPF_STX:
		if (MBPF_MODE(insn->code) == MBPF_MEM && MBPF_SIZE(insn->code) != MBPF_DW)
			return bit(insn->dst);
		return uses;
	default:
		return uses;
	}
}

/* Whether control can go on to the next instruction. */
static bool falls_through(const struct mbpf_insn *insn)
{
	return !mbpf_insn_is_exit(insn) && !mbpf_insn_is_goto(insn);
}

/* What is live where control can go from a jump, call or exit. */
static void join_ways(const struct mbpf_verifier *v, u32 i, struct mbpf_vinsn *after)
{
	const struct mbpf_insn *insn = &v->code->insns[i];
	const struct mbpf_vinsn *to;

	after->live = 0;
	after->live_high = 0;
	after->slots_live = 0;
	if (falls_through(insn)) {
		to = &v->insn[i + 1];
		after->live = to->live;
		after->live_high = to->live_high;
		after->slots_live = to->slots_live;
	}
	if (mbpf_insn_is_jump(insn)) {
		to = &v->insn[v->code->aux[i].target];
		after->live |= to->live;
		after->live_high |= to->live_high;
		after->slots_live |= to->slots_live;
	}
}

/* The upper half of a 32-bit result that nobody reads need not be cleared. */
static void note_high(struct mbpf_insn_aux *aux, const struct mbpf_insn *insn, u16 high)
{
	if (high & bit(insn->dst))
		aux->flags &= ~MBPF_AUX_NO_ZEXT;
	else
		aux->flags |= MBPF_AUX_NO_ZEXT;
}

/* Recomputes what is live before @i; true if that has grown. */
static bool visit(struct mbpf_verifier *v, u32 i)
{
	const struct mbpf_insn *insn = &v->code->insns[i];
	struct mbpf_insn_aux *aux = &v->code->aux[i];
	struct mbpf_vinsn *vi = &v->insn[i], ways, *after = vi + 1;
	u8 class = MBPF_CLASS(insn->code);
	u16 live, high, defs, uses;
	u64 slots;
	bool grew;

	if (class == MBPF_JMP || class == MBPF_JMP32) {
		join_ways(v, i, &ways);
		after = &ways;
		defs = defs_of(insn);
		uses = uses_of(insn);
	} else {
		if (class == MBPF_LD)
			after++;
		defs = mbpf_insn_defs(insn);
		uses = mbpf_insn_uses(insn);
	}
	live = after->live;
	high = after->live_high;
	slots = after->slots_live;
	aux->live = live;
	if (class == MBPF_ALU || class == MBPF_LDX)
		note_high(aux, insn, high);
	high = (high & ~defs) | high_uses(insn, uses, live, high);
	live = (live & ~defs) | uses;
	if (vi->fp != MBPF_FP_NO)
		slots &= ~slots_written(insn, vi->fp);
	slots |= vi->slots_read;
	grew = live & ~vi->live || high & ~vi->live_high || slots & ~vi->slots_live;
	vi->live |= live;
	vi->live_high |= high;
	vi->slots_live |= slots;
	return grew;
}

static void note_pred(struct mbpf_verifier *v, u32 i)
{
	struct mbpf_vinsn *to = &v->insn[v->code->aux[i].target];

	v->insn[i].pred_next = to->pred;
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

	for (k = v->insn[i].pred; k; k = v->insn[k - 1].pred_next)
		if (k - 1 >= from && mbpf_insn_is_jump(&v->code->insns[k - 1]))
			mbpf_flow_queue(v, k - 1);
}

/*
 * Where paths meet, and where the head of a loop is, states are compared.
 * Return: how many instructions are targets of jumps; each has its number in
 * the queue.
 */
static u32 survey(struct mbpf_verifier *v)
{
	struct mbpf_code *code = v->code;
	const struct mbpf_helper *helper;
	const struct mbpf_insn *insn;
	u32 i, n = 0;
	u8 class;

	for (i = 0; i < code->nr; i += mbpf_insn_slots(insn)) {
		insn = &code->insns[i];
		class = MBPF_CLASS(insn->code);
		v->insn[i].fp = MBPF_FP_NO;
		if (code->aux[i].flags & MBPF_AUX_TARGET) {
			v->insn[i].flags |= MBPF_V_PRUNE;
			v->queue[i] = n++;
		}
		if (class != MBPF_JMP && class != MBPF_JMP32)
			continue;
		if (mbpf_flow_has_target(insn))
			note_pred(v, i);
		if (mbpf_insn_is_local_call(insn)) {
			v->insn[i + 1].flags |= MBPF_V_PRUNE;
		} else if (mbpf_insn_is_helper_call(insn)) {
			helper = mbpf_helper_find(insn->imm);
			if (helper && helper->iterate)
				v->insn[i].flags |= MBPF_V_PRUNE;
		}
	}
	for (i = 0; i < code->nr_subs; i++)
		v->insn[code->subs[i].start].flags |= MBPF_V_ENTRY;
	return n;
}

int mbpf_live_build(struct mbpf_verifier *v)
{
	u32 nr = v->code->nr, i, before;
	int err;

	err = mbpf_fp_build(v, survey(v));
	if (err)
		return err;

	/* Once from the end; jumps back, seen before their targets, again. */
	for (i = nr; i-- > 0;) {
		if (v->code->aux[i].flags & MBPF_AUX_SECOND)
			continue;
		if (visit(v, i) && v->insn[i].pred)
			queue_preds(v, i, i);
	}
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
