// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which scalars' values matter. Two executions that come to the same place
 * with different scalars behave alike as long as none of these decides a jump,
 * moves a pointer or is an argument's size. So a value is taken to be of no
 * interest until some execution uses it in such a way; that need is then
 * carried against the flow of control to wherever the value can come from.
 * States are compared (verifier_equal.c) by the registers that are needed at
 * that place.
 *
 * Why that is sound: a state is only used to cut another execution short once
 * everything that follows from it has been executed, and so every need that
 * follows from it has been carried back to its place. Needs are kept per
 * instruction and only grow: all paths through a place share them, which
 * costs some precision and saves recording each path's history. Each bit is
 * set once, so the work is bounded by the program's size. It is done when
 * states are compared by what matters, which in most programs is never.
 */
#include "verifier_flow.h"

#define ARG_REGS	0x003e
#define CALL_CLOBBERS	0x003f

/* What matters before or after an instruction. */
struct need {
	u64 slots;
	u16 regs;
};

static u16 bit(u32 reg)
{
	return 1u << reg;
}

static void through_alu(const struct mbpf_insn *insn, struct need *need)
{
	u8 op = MBPF_OP(insn->code);

	if (!(need->regs & bit(insn->dst)))
		return;
	if (op == MBPF_END || op == MBPF_NEG)
		return;
	if (op == MBPF_MOV)
		need->regs &= ~bit(insn->dst);
	if (MBPF_SRC(insn->code))
		need->regs |= bit(insn->src);
}

static bool fp_known(s16 fp)
{
	return fp != MBPF_FP_NO && fp != MBPF_FP_ANY;
}

static void through_load(struct mbpf_verifier *v, const struct mbpf_insn *insn,
			 const struct mbpf_vinsn *vi, struct need *need)
{
	if (!(need->regs & bit(insn->dst)))
		return;
	need->regs &= ~bit(insn->dst);
	if (fp_known(vi->fp))
		need->slots |= mbpf_slot_mask(vi->fp, mbpf_size_bytes(insn->code));
	else if (vi->flags & MBPF_V_WILD)
		v->stack_need = true;
}

static void through_store(const struct mbpf_insn *insn, const struct mbpf_vinsn *vi,
			  struct need *need)
{
	u64 slots;

	if (MBPF_MODE(insn->code) == MBPF_ATOMIC) {
		if (insn->imm == MBPF_CMPXCHG)
			need->regs &= ~bit(0);
		else if (insn->imm & MBPF_FETCH)
			need->regs &= ~bit(insn->src);
		return;
	}
	if (!fp_known(vi->fp))
		return;
	slots = mbpf_slot_mask(vi->fp, mbpf_size_bytes(insn->code));
	if (!(need->slots & slots))
		return;
	if (MBPF_SIZE(insn->code) == MBPF_DW && !(vi->fp & 7))
		need->slots &= ~slots;
	if (MBPF_CLASS(insn->code) == MBPF_STX)
		need->regs |= bit(insn->src);
}

/* Once R0 matters after a call, it does at each return of the callee. */
static void need_result(struct mbpf_verifier *v, u32 entry)
{
	struct mbpf_code *code = v->code;
	u32 i;

	if (v->insn[entry].flags & MBPF_V_RETURNS)
		return;
	v->insn[entry].flags |= MBPF_V_RETURNS;
	/* A function ends where the next begins or with the program. */
	for (i = entry; i < code->nr; i += mbpf_insn_slots(&code->insns[i])) {
		if (i != entry && v->insn[i].flags & MBPF_V_ENTRY)
			break;
		if (!mbpf_insn_is_exit(&code->insns[i]) || v->insn[i].need & bit(0))
			continue;
		v->insn[i].need |= bit(0);
		mbpf_flow_queue(v, i);
	}
}

static void through_call(struct mbpf_verifier *v, u32 i, struct need *need)
{
	bool result = need->regs & bit(0);

	need->regs &= ~CALL_CLOBBERS;
	if (!mbpf_insn_is_local_call(&v->code->insns[i]))
		return;
	if (result)
		need_result(v, v->code->aux[i].target);
	need->regs |= v->insn[v->code->aux[i].target].need & ARG_REGS;
}

static void through_jump(const struct mbpf_insn *insn, struct need *need)
{
	u16 both = bit(insn->dst) | bit(insn->src);

	if (mbpf_insn_is_goto(insn) || !MBPF_SRC(insn->code))
		return;
	/* Each side's bounds come from the other's as well. */
	if (need->regs & both)
		need->regs |= both;
}

/* Recomputes what matters before @i; true if that has grown. */
static bool visit(struct mbpf_verifier *v, u32 i)
{
	const struct mbpf_insn *insn = &v->code->insns[i];
	struct mbpf_vinsn *vi = &v->insn[i];
	struct mbpf_vslots *slots = mbpf_verifier_slots(v, i);
	struct need need = { 0 };
	bool grew;

	if (mbpf_insn_is_exit(insn))
		return false;
	if (!mbpf_insn_is_goto(insn)) {
		need.regs = vi[mbpf_insn_slots(insn)].need;
		need.slots = mbpf_verifier_slots(v, i + mbpf_insn_slots(insn))->need;
	}
	if (mbpf_insn_is_jump(insn)) {
		need.regs |= v->insn[v->code->aux[i].target].need;
		need.slots |= mbpf_verifier_slots(v, v->code->aux[i].target)->need;
	}
	switch (MBPF_CLASS(insn->code)) {
	case MBPF_ALU:
	case MBPF_ALU64:
		through_alu(insn, &need);
		break;
	case MBPF_LD:
		need.regs &= ~bit(insn->dst);
		break;
	case MBPF_LDX:
		through_load(v, insn, vi, &need);
		break;
	case MBPF_ST:
	case MBPF_STX:
		through_store(insn, vi, &need);
		break;
	default:
		if (mbpf_insn_is_jump(insn))
			through_jump(insn, &need);
		else
			through_call(v, i, &need);
	}
	need.slots &= slots->live;
	grew = need.regs & ~vi->need || need.slots & ~slots->need;
	vi->need |= need.regs;
	slots->need |= need.slots;
	return grew;
}

static void propagate(struct mbpf_verifier *v)
{
	u32 i, k, before;

	while (v->nr_queue) {
		for (i = mbpf_flow_pop(v);; i = before) {
			for (k = mbpf_verifier_point(v, i)->pred; k;
			     k = mbpf_verifier_point(v, k - 1)->pred_next)
				if (visit(v, k - 1))
					mbpf_flow_queue(v, k - 1);
			if (!mbpf_flow_before(v, i, &before) || !visit(v, before))
				break;
		}
	}
}

/*
 * A needed value came from memory at a place that is not known statically: from
 * now on every scalar on every stack matters.
 */
static void need_all_slots(struct mbpf_verifier *v)
{
	u32 i;

	v->stack_need = true;
	for (i = 0; i < v->code->nr; i++) {
		if (v->code->aux[i].flags & MBPF_AUX_SECOND)
			continue;
		mbpf_verifier_slots(v, i)->need = U64_MAX;
		mbpf_flow_queue(v, i);
	}
	propagate(v);
}

void mbpf_need_settle(struct mbpf_verifier *v)
{
	bool before = v->stack_need;

	if (!v->nr_queue)
		return;
	propagate(v);
	if (!before && v->stack_need)
		need_all_slots(v);
}

void mbpf_need_reg(struct mbpf_verifier *v, u32 pc, u32 reg)
{
	if (v->insn[pc].need & bit(reg))
		return;
	v->insn[pc].need |= bit(reg);
	mbpf_flow_queue(v, pc);
}

void mbpf_need_slots(struct mbpf_verifier *v, u32 pc, u64 slots)
{
	struct mbpf_vslots *at = mbpf_verifier_slots(v, pc);

	if (!(slots & ~at->need))
		return;
	at->need |= slots;
	mbpf_flow_queue(v, pc);
}

void mbpf_need_wild_load(struct mbpf_verifier *v, u32 pc)
{
	const struct mbpf_insn *insn = &v->code->insns[pc];

	if (v->insn[pc].flags & MBPF_V_WILD)
		return;
	v->insn[pc].flags |= MBPF_V_WILD;
	if (!v->stack_need && v->insn[pc + 1].need & bit(insn->dst))
		need_all_slots(v);
}
