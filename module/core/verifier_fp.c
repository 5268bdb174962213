// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which loads and stores go to a function's own stack, and where: registers
 * that hold R10 plus a constant are followed along the flow of control. What
 * is found is used to tell live slots from dead ones, and the verifier checks
 * each access that it executes against it.
 */
#include "verifier_flow.h"

#define FP_ROUNDS	8	/* then all is taken for possible */

#define NOT_FP		S16_MIN

/*
 * Registers that hold R10 plus a distance or MBPF_FP_ANY, as bits, and that;
 * the others are NOT_FP. R10, which always does, says whether it was filled.
 */
struct fp_regs {
	u16 held;
	s16 reg[MBPF_NR_REGS];
} __aligned(8);

#define R10	(1u << MBPF_REG_FP)

struct fp {
	struct mbpf_verifier *v;
	struct fp_regs *at;	/* before each jump target, by its point */
	struct fp_regs cur;
	bool reached;		/* @cur is known: control can come here */
	bool spilled;		/* some such pointer may be in memory */
	bool changed;		/* what was already taken for known */
};

static s16 join(s16 a, s16 b)
{
	return a == b ? a : MBPF_FP_ANY;
}

static s16 moved(s16 fp, s64 by)
{
	s64 to = fp + by;

	if (fp == NOT_FP || fp == MBPF_FP_ANY)
		return fp;
	return to >= -MBPF_STACK_SIZE && to <= 0 ? to : MBPF_FP_ANY;
}

/* The slots of @size bytes at @at, which an instruction reads. */
static u64 read_at(struct fp *fp, s16 at, u32 size)
{
	u64 slots, low;

	if (at == NOT_FP || !size)
		return 0;
	low = slots = at == MBPF_FP_ANY ? U64_MAX : mbpf_slot_mask(at, size);
	if (at != MBPF_FP_ANY && (at & 7) >= 4)
		low &= ~mbpf_slot_mask(at, 1);
	fp->v->low_read |= low;
	return slots;
}

static s16 get_reg(const struct fp_regs *regs, u32 r)
{
	return regs->held >> r & 1 ? regs->reg[r] : NOT_FP;
}

static void set_reg(struct fp *fp, u32 r, s16 value)
{
	fp->cur.reg[r] = value;
	if (value == NOT_FP)
		fp->cur.held &= ~(1u << r);
	else
		fp->cur.held |= 1u << r;
}

/* Return: whether @to has changed. */
static bool join_regs(const struct fp_regs *from, struct fp_regs *to)
{
	u16 any = to->held | from->held, left;
	bool changed = to->held != any;
	u32 r;

	/* Nearly always, there are none but R10. */
	for (r = 0, left = any & ~R10; left; r++, left >>= 1) {
		s16 all;

		if (!(left & 1))
			continue;
		all = join(get_reg(to, r), get_reg(from, r));
		changed |= get_reg(to, r) != all;
		to->reg[r] = all;
	}
	to->held = any;
	return changed;
}

/* Control goes to @target. Return: whether that is news there. */
static bool flow_to(struct fp *fp, u32 target)
{
	struct fp_regs *to = &fp->at[fp->v->insn[target].point];

	if (to->held)
		return join_regs(&fp->cur, to);
	*to = fp->cur;
	return true;
}

static void do_alu(struct fp *fp, const struct mbpf_insn *insn)
{
	s16 dst = get_reg(&fp->cur, insn->dst);
	s16 src = MBPF_SRC(insn->code) ? get_reg(&fp->cur, insn->src) : NOT_FP;
	bool wide = MBPF_CLASS(insn->code) == MBPF_ALU64;

	if (MBPF_OP(insn->code) == MBPF_END || MBPF_OP(insn->code) == MBPF_NEG)
		src = NOT_FP;
	if (MBPF_OP(insn->code) == MBPF_MOV)
		dst = wide && !insn->off ? src : NOT_FP;
	else if (!wide)
		dst = NOT_FP;	/* on pointers: a number, or rejected */
	else if (MBPF_OP(insn->code) == MBPF_ADD && !MBPF_SRC(insn->code))
		dst = moved(dst, insn->imm);
	else if (MBPF_OP(insn->code) == MBPF_SUB && !MBPF_SRC(insn->code))
		dst = moved(dst, -(s64)insn->imm);
	else if (dst != NOT_FP || src != NOT_FP)
		dst = MBPF_FP_ANY;
	set_reg(fp, insn->dst, dst);
}

static void do_memory(struct fp *fp, const struct mbpf_insn *insn, u32 i)
{
	struct mbpf_vslots *slots = mbpf_verifier_slots(fp->v, i);
	u8 class = MBPF_CLASS(insn->code);
	u32 size = mbpf_size_bytes(insn->code);
	bool atomic = class == MBPF_STX && MBPF_MODE(insn->code) == MBPF_ATOMIC;
	s16 at = moved(get_reg(&fp->cur, class == MBPF_LDX ? insn->src : insn->dst), insn->off);

	if (at != NOT_FP && at != MBPF_FP_ANY && at + (s32)size > 0)
		at = MBPF_FP_ANY;
	fp->v->insn[i].fp = at == NOT_FP ? MBPF_FP_NO : at;
	if (class == MBPF_LDX || atomic)
		slots->read = read_at(fp, at, size);
	if (class == MBPF_STX && fp->cur.held >> insn->src & 1 && !fp->spilled) {
		fp->spilled = true;
		fp->changed = true;
	}
	if (class == MBPF_LDX)
		set_reg(fp, insn->dst, fp->spilled ? MBPF_FP_ANY : NOT_FP);
	else if (atomic && insn->imm == MBPF_CMPXCHG)
		set_reg(fp, 0, NOT_FP);
	else if (atomic && insn->imm & MBPF_FETCH)
		set_reg(fp, insn->src, NOT_FP);
}

/*
 * A callee, or a callback, may read all of a stack that it is given a pointer
 * to, may keep that pointer there, and may return it.
 */
static void do_call(struct fp *fp, const struct mbpf_insn *insn, struct mbpf_vslots *slots)
{
	const struct mbpf_helper *helper = NULL;
	bool runs_code = true, given = fp->spilled;
	u32 r;

	if (mbpf_insn_is_helper_call(insn)) {
		helper = mbpf_helper_find(insn->imm);
		runs_code = !helper || helper->iterate;
	}
	slots->read = 0;
	for (r = 1; r <= 5; r++) {
		s16 arg = get_reg(&fp->cur, r);

		if (helper && helper->arg[r - 1] == MBPF_ARG_NONE)
			continue;
		slots->read |= read_at(fp, arg, -arg);
		given |= arg != NOT_FP;
	}
	if (runs_code && given) {
		slots->read = read_at(fp, MBPF_FP_ANY, 1);
		fp->changed |= !fp->spilled;
		fp->spilled = true;
	}
	fp->cur.held &= ~0x3f;	/* R0 to R5 */
	if (runs_code && given && !helper)
		set_reg(fp, 0, MBPF_FP_ANY);
}

static void do_insn(struct fp *fp, const struct mbpf_insn *insn, u32 i)
{
	switch (MBPF_CLASS(insn->code)) {
	case MBPF_ALU:
	case MBPF_ALU64:
		do_alu(fp, insn);
		break;
	case MBPF_LD:
		set_reg(fp, insn->dst, NOT_FP);
		break;
	case MBPF_LDX:
	case MBPF_ST:
	case MBPF_STX:
		do_memory(fp, insn, i);
		break;
	default:
		/* What has been passed is to be passed again if there is news. */
		if (mbpf_insn_is_jump(insn))
			fp->changed |= flow_to(fp, fp->v->code->aux[i].target) &&
				       fp->v->code->aux[i].target <= i;
		else if (!mbpf_insn_is_exit(insn))
			do_call(fp, insn, mbpf_verifier_slots(fp->v, i));
		if (mbpf_insn_is_goto(insn) || mbpf_insn_is_exit(insn))
			fp->reached = false;
	}
}

/* Control can come to instruction @i from elsewhere. */
static noinline void arrive(struct fp *fp, u32 i)
{
	if (fp->reached)
		flow_to(fp, i);
	fp->cur = fp->at[fp->v->insn[i].point];
	fp->reached = fp->cur.held;
}

/* Of numbers come numbers: neither a register that it names, nor R0, holds more. */
static bool is_of_numbers(const struct fp *fp, const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code);

	return !(fp->cur.held & (1u | 1u << insn->dst | 1u << insn->src)) &&
	       class != MBPF_JMP && class != MBPF_JMP32 && (class != MBPF_LDX || !fp->spilled);
}

static void sweep(struct fp *fp, const struct mbpf_subprog *sub)
{
	const struct mbpf_insn *insns = fp->v->code->insns;
	const struct mbpf_insn *insn = insns + sub->start, *end = insns + sub->end;
	const struct mbpf_insn_aux *aux = fp->v->code->aux + sub->start;

	fp->cur.held = R10;
	fp->cur.reg[MBPF_REG_FP] = 0;
	fp->reached = true;
	for (; insn < end; insn++, aux++) {
		if (aux->flags & (MBPF_AUX_TARGET | MBPF_AUX_SECOND)) {
			if (aux->flags & MBPF_AUX_SECOND)
				continue;
			arrive(fp, insn - insns);
		}
		if (fp->reached && !is_of_numbers(fp, insn))
			do_insn(fp, insn, insn - insns);
	}
}

/* No fixed point within reason: every access may be one of the stack. */
static void give_up(struct fp *fp, const struct mbpf_subprog *sub)
{
	u32 i;

	for (i = sub->start; i < sub->end; i++) {
		fp->v->insn[i].fp = MBPF_FP_ANY;
		mbpf_verifier_slots(fp->v, i)->read = read_at(fp, MBPF_FP_ANY, 1);
	}
}

int mbpf_fp_build(struct mbpf_verifier *v)
{
	struct mbpf_code *code = v->code;
	struct mbpf_scratch mark = code->scratch;
	struct fp fp = { .v = v };
	u32 i, s, round;

	if (!v->has_stack)
		return 0;
	fp.at = mbpf_scratch_alloc(&code->scratch, v->nr_points * sizeof(*fp.at));
	if (!fp.at)
		return -ENOMEM;
	for (i = 0; i < v->nr_points; i++)
		fp.at[i].held = 0;

	for (s = 0; s < code->nr_subs; s++) {
		/* Who does not name its stack does not access it. */
		if (!(code->subs[s].used & 1u << MBPF_REG_FP))
			continue;
		fp.spilled = false;
		for (round = 0; round < FP_ROUNDS; round++) {
			fp.changed = false;
			sweep(&fp, &code->subs[s]);
			if (!fp.changed)
				break;
		}
		if (fp.changed)
			give_up(&fp, &code->subs[s]);
	}
	mbpf_scratch_reset(&code->scratch, &mark);
	return 0;
}
