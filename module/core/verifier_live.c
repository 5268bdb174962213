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
 * Registers of which an ALU instruction reads the upper half, if that of its
 * result is read (@high) or any of its result.
 */
static u16 alu_high_uses(const struct mbpf_insn *insn, bool high)
{
	u8 op = MBPF_OP(insn->code);
	u16 regs = MBPF_SRC(insn->code) ? bit(insn->src) : 0;

	if (MBPF_CLASS(insn->code) == MBPF_ALU)
		return op == MBPF_END && insn->imm == 64 ? bit(insn->dst) : 0;
	switch (op) {
	case MBPF_MOV:
		return high && !insn->off ? regs : 0;
	case MBPF_ADD:
	case MBPF_SUB:
	case MBPF_MUL:
	case MBPF_AND:
	case MBPF_OR:
	case MBPF_XOR:
		return high ? regs | bit(insn->dst) : 0;
	case MBPF_NEG:
	case MBPF_LSH:
		/* The count is in the lower half. */
		return high ? bit(insn->dst) : 0;
	case MBPF_RSH:
	case MBPF_ARSH:
		return bit(insn->dst);
	case MBPF_END:
		return insn->imm == 64 ? bit(insn->dst) : 0;
	default:
		return regs | bit(insn->dst);
	}
}

/* Registers of which the upper half is read here. */
static u16 high_uses(const struct mbpf_insn *insn, u16 live, u16 live_high)
{
	switch (MBPF_CLASS(insn->code)) {
	case MBPF_ALU:
	case MBPF_ALU64:
		return live & bit(insn->dst) ?
		       alu_high_uses(insn, live_high & bit(insn->dst)) : 0;
	case MBPF_JMP32:
		return 0;
	case MBPF_STX:
		if (MBPF_MODE(insn->code) == MBPF_MEM && MBPF_SIZE(insn->code) != MBPF_DW)
			return bit(insn->dst) | (insn->src == insn->dst ? bit(insn->src) : 0);
		return uses_of(insn);
	default:
		return uses_of(insn);
	}
}

/* Whether control can go on to the next instruction. */
static bool falls_through(const struct mbpf_insn *insn)
{
	return !mbpf_insn_is_exit(insn) && !mbpf_insn_is_goto(insn);
}

/* Recomputes what is live before @i; true if that has grown. */
static bool visit(struct mbpf_verifier *v, u32 i)
{
	const struct mbpf_insn *insn = &v->code->insns[i];
	struct mbpf_vinsn *vi = &v->insn[i];
	u16 live = 0, high = 0, defs = defs_of(insn), uses = uses_of(insn);
	u64 slots = 0;
	bool grew;

	if (falls_through(insn)) {
		const struct mbpf_vinsn *next = vi + mbpf_insn_slots(insn);

		live |= next->live;
		high |= next->live_high;
		slots |= next->slots_live;
	}
	if (mbpf_insn_is_jump(insn)) {
		const struct mbpf_vinsn *target = &v->insn[v->code->aux[i].target];

		live |= target->live;
		high |= target->live_high;
		slots |= target->slots_live;
	}
	v->code->aux[i].live = live;
	high = (high & ~defs) | high_uses(insn, live, high);
	live = (live & ~defs) | uses;
	slots = (slots & ~slots_written(insn, vi->fp)) | vi->slots_read;
	grew = live & ~vi->live || high & ~vi->live_high || slots & ~vi->slots_live;
	vi->live |= live;
	vi->live_high |= high;
	vi->slots_live |= slots;
	return grew;
}

/* The upper half of a 32-bit result that nobody reads need not be cleared. */
static void note_high(struct mbpf_verifier *v, u32 i)
{
	const struct mbpf_insn *insn = &v->code->insns[i];
	u16 high = 0;

	if (MBPF_CLASS(insn->code) != MBPF_ALU && MBPF_CLASS(insn->code) != MBPF_LDX)
		return;
	high = v->insn[i + 1].live_high;
	if (!(high & bit(insn->dst)))
		v->code->aux[i].flags |= MBPF_AUX_NO_ZEXT;
}

static int build_preds(struct mbpf_verifier *v)
{
	struct mbpf_code *code = v->code;
	u32 i, n = 0;

	v->pred_first = kvcalloc(code->nr + 2, sizeof(*v->pred_first), GFP_KERNEL_ACCOUNT);
	if (!v->pred_first)
		return -ENOMEM;
	/* Counted two places further, so that filling moves them into theirs. */
	for (i = 0; i < code->nr; i += mbpf_insn_slots(&code->insns[i])) {
		if (!mbpf_flow_has_target(&code->insns[i]))
			continue;
		v->pred_first[code->aux[i].target + 2]++;
		n++;
	}
	for (i = 2; i < code->nr + 2; i++)
		v->pred_first[i] += v->pred_first[i - 1];

	v->pred = kvmalloc_array(n + 1, sizeof(*v->pred), GFP_KERNEL_ACCOUNT);
	if (!v->pred)
		return -ENOMEM;
	for (i = 0; i < code->nr; i += mbpf_insn_slots(&code->insns[i]))
		if (mbpf_flow_has_target(&code->insns[i]))
			v->pred[v->pred_first[code->aux[i].target + 1]++] = i;
	return 0;
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

	for (k = v->pred_first[i]; k < v->pred_first[i + 1]; k++)
		if (v->pred[k] >= from && mbpf_insn_is_jump(&v->code->insns[v->pred[k]]))
			mbpf_flow_queue(v, v->pred[k]);
}

int mbpf_live_build(struct mbpf_verifier *v)
{
	u32 nr = v->code->nr, i, before;
	int err;

	err = build_preds(v);
	if (err)
		return err;
	err = mbpf_fp_build(v);
	if (err)
		return err;

	/* Once from the end; jumps back, seen before their targets, again. */
	for (i = nr; i-- > 0;)
		if (!(v->code->aux[i].flags & MBPF_AUX_SECOND) && visit(v, i))
			queue_preds(v, i, i);
	while (v->nr_queue) {
		i = mbpf_flow_pop(v);
		if (!visit(v, i))
			continue;
		if (mbpf_flow_before(v, i, &before))
			mbpf_flow_queue(v, before);
		queue_preds(v, i, 0);
	}
	for (i = 0; i < nr; i++)
		if (!(v->code->aux[i].flags & MBPF_AUX_SECOND))
			note_high(v, i);
	return 0;
}
