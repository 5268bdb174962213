// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conditional jumps: which ways are possible, and what each of them says about
 * the operands and about all values that are known to be equal to them.
 */
#include "verifier_state.h"

/* Ranges of both operands where the jump is taken or not. */
struct outcome {
	struct mbpf_range dst;
	struct mbpf_range src;
	bool possible;
};

static enum mbpf_rel rel_of(u8 code)
{
	switch (MBPF_OP(code)) {
	case MBPF_JEQ:
		return MBPF_REL_EQ;
	case MBPF_JNE:
		return MBPF_REL_NE;
	case MBPF_JGT:
		return MBPF_REL_UGT;
	case MBPF_JGE:
		return MBPF_REL_UGE;
	case MBPF_JLT:
		return MBPF_REL_ULT;
	case MBPF_JLE:
		return MBPF_REL_ULE;
	case MBPF_JSGT:
		return MBPF_REL_SGT;
	case MBPF_JSGE:
		return MBPF_REL_SGE;
	case MBPF_JSLT:
		return MBPF_REL_SLT;
	case MBPF_JSLE:
		return MBPF_REL_SLE;
	default:
		return MBPF_REL_SET;
	}
}

/* Gives every copy of the scalar in @state that has @id what is known of it. */
static bool tell_copies(struct mbpf_state *state, u32 id, const struct mbpf_range *range,
			const struct mbpf_reg *except)
{
	bool told = false;
	u32 f, i;

	for (f = 0; f < state->nr_frames; f++) {
		struct mbpf_frame *frame = state->frame[f];

		for (i = 0; i < frame->nr_regs; i++) {
			struct mbpf_reg *reg = &frame->regs[i];

			if (reg->id != id || !mbpf_reg_is_scalar(reg) || reg == except)
				continue;
			reg->range = *range;
			told = true;
		}
		for (i = 0; i < frame->nr_slots; i++) {
			struct mbpf_slot *slot = &frame->slots[i];

			if (slot->byte[0] != MBPF_BYTE_SPILL || slot->reg.id != id ||
			    !mbpf_reg_is_scalar(&slot->reg))
				continue;
			slot->reg.range = *range;
			told = true;
		}
	}
	return told;
}

/*
 * @state is the current one or forked from it. Returns whether the operand has
 * copies, which now hold less as well; it may itself be dead, and they not.
 */
static bool set_range(struct mbpf_verifier *v, struct mbpf_state *state, u32 nr,
		      const struct mbpf_range *range)
{
	struct mbpf_reg *reg = mbpf_frame_reg(state->frame[state->nr_frames - 1], nr);
	u32 id = mbpf_verifier_reg(v, nr)->id;

	if (!mbpf_reg_is_scalar(mbpf_verifier_reg(v, nr)))
		return false;
	if (reg)
		reg->range = *range;
	return id && tell_copies(state, id, range, reg);
}

static void apply(struct mbpf_verifier *v, struct mbpf_state *state,
		  const struct mbpf_insn *insn, const struct outcome *out)
{
	bool two = MBPF_SRC(insn->code) && insn->src != insn->dst;
	bool told = set_range(v, state, insn->dst, &out->dst);

	if (two)
		told |= set_range(v, state, insn->src, &out->src);
	/* What copies hold now depends on both operands, whoever needs the copies. */
	if (told)
		mbpf_need_reg(v, v->cur->pc, insn->dst);
	if (told && two)
		mbpf_need_reg(v, v->cur->pc, insn->src);
}

static void go(struct mbpf_verifier *v, const struct mbpf_insn *insn, bool taken)
{
	struct mbpf_vinsn *vi = &v->insn[v->cur->pc];

	vi->flags |= taken ? MBPF_V_WENT : MBPF_V_FELL;
	v->cur->pc = taken ? v->code->aux[v->cur->pc].target : v->cur->pc + 1;
}

#define MAX_UNMET	4
#define TRY_EVERY	16

/* To wait for each other is in vain where all that comes together differs. */
static bool may_meet(const struct mbpf_verifier *v, u32 pc)
{
	return v->insn[pc].flags & MBPF_V_MEETS &&
	       (v->unmet < MAX_UNMET || !(v->turns % TRY_EVERY));
}

/*
 * Both ways are possible: the current execution takes the one that is likely
 * to end soon, which is the one that leaves a loop or skips code. But if the
 * ways meet close by, the other waits there for it (verifier_prune.c).
 */
static struct mbpf_state *go_both(struct mbpf_verifier *v, const struct mbpf_insn *insn,
				  bool *cur_taken)
{
	u32 pc = v->cur->pc, target = v->code->aux[pc].target;
	struct mbpf_state *other;

	*cur_taken = target > pc && !may_meet(v, pc);
	other = mbpf_state_fork(v, *cur_taken ? pc + 1 : target);
	if (!other)
		return NULL;
	v->insn[pc].flags |= MBPF_V_WENT | MBPF_V_FELL;
	return other;
}

/* Whether @rel holds between two numbers. */
static bool holds(u64 a, enum mbpf_rel rel, u64 b, bool half)
{
	if (half) {
		bool is_signed = rel >= MBPF_REL_SLT && rel <= MBPF_REL_SGE;

		a = is_signed ? (u64)(s64)(s32)a : (u32)a;
		b = is_signed ? (u64)(s64)(s32)b : (u32)b;
	}
	switch (rel) {
	case MBPF_REL_EQ:
		return a == b;
	case MBPF_REL_NE:
		return a != b;
	case MBPF_REL_ULT:
		return a < b;
	case MBPF_REL_ULE:
		return a <= b;
	case MBPF_REL_UGT:
		return a > b;
	case MBPF_REL_UGE:
		return a >= b;
	case MBPF_REL_SLT:
		return (s64)a < (s64)b;
	case MBPF_REL_SLE:
		return (s64)a <= (s64)b;
	case MBPF_REL_SGT:
		return (s64)a > (s64)b;
	case MBPF_REL_SGE:
		return (s64)a >= (s64)b;
	case MBPF_REL_SET:
		return a & b;
	case MBPF_REL_CLEAR:
		return !(a & b);
	}
	return false;
}

static void need_operands(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	mbpf_need_reg(v, v->cur->pc, insn->dst);
	if (MBPF_SRC(insn->code))
		mbpf_need_reg(v, v->cur->pc, insn->src);
}

static int jump_scalars(struct mbpf_verifier *v, const struct mbpf_insn *insn,
			const struct mbpf_range *dst, const struct mbpf_range *src)
{
	bool half = MBPF_CLASS(insn->code) == MBPF_JMP32, cur_taken;
	enum mbpf_rel rel = rel_of(insn->code);
	struct outcome way[2] = {
		{ .dst = *dst, .src = *src },
		{ .dst = *dst, .src = *src },
	};
	struct mbpf_state *other;

	way[1].possible = mbpf_range_assume(&way[1].dst, rel, &way[1].src, half);
	way[0].possible = mbpf_range_assume(&way[0].dst, mbpf_rel_not(rel), &way[0].src, half);
	if (way[0].possible != way[1].possible) {
		bool taken = way[1].possible;

		need_operands(v, insn);
		apply(v, v->cur, insn, &way[taken]);
		go(v, insn, taken);
		return 0;
	}
	other = go_both(v, insn, &cur_taken);
	if (!other)
		return -ENOMEM;
	/* A state without any values cannot be; if it were, nothing is learnt. */
	if (way[0].possible) {
		apply(v, other, insn, &way[!cur_taken]);
		apply(v, v->cur, insn, &way[cur_taken]);
	}
	go(v, insn, cur_taken);
	return 0;
}

/* A register compared with itself: its value hardly matters. */
static int jump_itself(struct mbpf_verifier *v, const struct mbpf_insn *insn,
		       const struct mbpf_range *range)
{
	struct mbpf_insn test = *insn;
	struct mbpf_range zero;

	switch (MBPF_OP(insn->code)) {
	case MBPF_JEQ:
	case MBPF_JGE:
	case MBPF_JLE:
	case MBPF_JSGE:
	case MBPF_JSLE:
		go(v, insn, true);
		return 0;
	case MBPF_JSET:
		test.code = MBPF_CLASS(insn->code) | MBPF_JNE | MBPF_K;
		mbpf_range_set_const(&zero, 0);
		return jump_scalars(v, &test, range, &zero);
	default:
		go(v, insn, false);
		return 0;
	}
}

static bool may_be_null(const struct mbpf_reg *reg)
{
	return reg->type == MBPF_TYPE_VALUE_OR_NULL || reg->type == MBPF_TYPE_RECORD_OR_NULL;
}

/* The lookup with this id found nothing, or something, for all its copies. */
static void settle_null(struct mbpf_reg *reg, u32 id, bool null)
{
	if (!may_be_null(reg) || reg->id != id)
		return;
	if (null) {
		mbpf_reg_set_const(reg, 0);
	} else if (reg->type == MBPF_TYPE_RECORD_OR_NULL) {
		reg->type = MBPF_TYPE_RECORD;
	} else {
		reg->type = MBPF_TYPE_VALUE;
		reg->frame = 0;
		reg->id = 0;
	}
}

static void settle_nulls(struct mbpf_state *state, u32 id, bool null)
{
	u32 f, i;

	if (null)
		mbpf_ref_drop(state, id);
	for (f = 0; f < state->nr_frames; f++) {
		struct mbpf_frame *frame = state->frame[f];

		for (i = 0; i < frame->nr_regs; i++)
			settle_null(&frame->regs[i], id, null);
		for (i = 0; i < frame->nr_slots; i++)
			if (frame->slots[i].byte[0] == MBPF_BYTE_SPILL)
				settle_null(&frame->slots[i].reg, id, null);
	}
}

/* Whether nothing that is live at @pc is what the lookup with this id returned. */
static bool is_gone(const struct mbpf_verifier *v, u32 id, u32 pc)
{
	const struct mbpf_frame *frame = mbpf_verifier_frame(v);
	u64 slots = mbpf_verifier_slots(v, pc)->live;
	u32 regs = v->insn[pc].live, i;

	for (i = 0; i < MBPF_REG_FP; i++)
		if (regs >> i & 1 && frame->regs[i].id == id)
			return false;
	for (i = 0; i < frame->nr_slots && slots; i++)
		if (slots >> i & 1 && frame->slots[i].byte[0] == MBPF_BYTE_SPILL &&
		    frame->slots[i].reg.id == id)
			return false;
	return true;
}

/* A pointer is compared with 0 for equality. */
static int jump_null(struct mbpf_verifier *v, const struct mbpf_insn *insn,
		     const struct mbpf_reg *ptr)
{
	bool null_if_taken = MBPF_OP(insn->code) == MBPF_JEQ, cur_taken;
	u32 id = ptr->id, pc = v->cur->pc;
	bool certain = ptr->frame;
	u16 ways = v->insn[pc].flags;
	struct mbpf_state *other;

	if (!may_be_null(ptr)) {
		go(v, insn, !null_if_taken);
		return 0;
	}
	/* Nobody will go where it is NULL, and nothing is there until the ways meet. */
	if (certain && null_if_taken && ways & MBPF_V_MEETS &&
	    is_gone(v, id, v->code->aux[pc].target)) {
		settle_nulls(v->cur, id, false);
		go(v, insn, false);
		return 0;
	}
	other = go_both(v, insn, &cur_taken);
	if (!other)
		return -ENOMEM;
	settle_nulls(other, id, cur_taken != null_if_taken);
	settle_nulls(v->cur, id, cur_taken == null_if_taken);
	go(v, insn, cur_taken);
	/* The other way is judged as any other, but nobody will go there. */
	if (certain) {
		v->insn[pc].flags = ways | (null_if_taken ? MBPF_V_FELL : MBPF_V_WENT);
		/* It may be the only one to some place, but not to where both meet. */
		v->certain |= !(null_if_taken && ways & MBPF_V_MEETS);
	}
	return 0;
}

static int jump_pointers(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	bool cur_taken;

	if (!v->rules->perfmon) {
		mbpf_advise(v, "compare pointers with 0 only, or load with CAP_PERFMON");
		return mbpf_reject(v, -EACCES, insn->dst, "R%u pointer comparison prohibited",
				   insn->dst);
	}
	if (!go_both(v, insn, &cur_taken))
		return -ENOMEM;
	go(v, insn, cur_taken);
	return 0;
}

static int need_init(struct mbpf_verifier *v, u32 nr)
{
	if (mbpf_verifier_reg(v, nr)->type != MBPF_TYPE_NONE)
		return 0;
	mbpf_advise(v, "give r%u a value on every path that leads here", nr);
	return mbpf_reject(v, -EACCES, nr, "R%u !read_ok", nr);
}

int mbpf_verify_jump(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	const struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst), *src;
	u8 op = MBPF_OP(insn->code);
	struct mbpf_reg imm __uninit;
	bool equality = MBPF_CLASS(insn->code) == MBPF_JMP && (op == MBPF_JEQ || op == MBPF_JNE);
	int err;

	if (mbpf_insn_is_goto(insn)) {
		v->cur->pc = v->code->aux[v->cur->pc].target;
		return 0;
	}
	if (equality && !MBPF_SRC(insn->code) && !insn->imm && mbpf_reg_is_pointer(dst))
		return jump_null(v, insn, dst);
	mbpf_reg_set_const(&imm, (u64)(s64)insn->imm);
	src = MBPF_SRC(insn->code) ? mbpf_verifier_reg(v, insn->src) : &imm;
	err = need_init(v, insn->dst);
	if (!err && MBPF_SRC(insn->code))
		err = need_init(v, insn->src);
	if (err)
		return err;

	if (mbpf_reg_is_scalar(dst) && mbpf_reg_is_scalar(src)) {
		if (MBPF_SRC(insn->code) && insn->dst == insn->src)
			return jump_itself(v, insn, &dst->range);
		if (mbpf_range_is_const(&dst->range) && mbpf_range_is_const(&src->range)) {
			need_operands(v, insn);
			go(v, insn, holds(dst->range.bits.value, rel_of(insn->code),
					  src->range.bits.value,
					  MBPF_CLASS(insn->code) == MBPF_JMP32));
			return 0;
		}
		return jump_scalars(v, insn, &dst->range, &src->range);
	}
	if (equality && mbpf_reg_is_null(src)) {
		if (MBPF_SRC(insn->code))
			mbpf_need_reg(v, v->cur->pc, insn->src);
		return jump_null(v, insn, dst);
	}
	if (equality && mbpf_reg_is_null(dst)) {
		mbpf_need_reg(v, v->cur->pc, insn->dst);
		return jump_null(v, insn, src);
	}
	return jump_pointers(v, insn);
}
