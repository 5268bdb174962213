// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparing states. A state that has been explored covers another if each
 * concrete execution that the other stands for behaves like one that it stands
 * for: dead values do not count, pointers must be the same, scalars must lie
 * within the other's where they matter, and what is known to be equal in the
 * one must be so in the other.
 */
#include "verifier_state.h"

#define MAX_PAIRS	40
#define CALLEE_SAVED	0x03c0	/* R6 to R9 */
#define NOT_RESULT	0x03fe	/* R1 to R9 */
#define HINT_SLOT	16	/* mbpf_vpoint.hint: a slot, not a register */

/* Ids of one state and what stands for them in the other. */
struct pairs {
	u32 nr;
	struct {
		u32 a;
		u32 b;		/* 0: the constant @value */
		u64 value;
	} pair[MAX_PAIRS];
};

struct compare {
	struct mbpf_verifier *v;
	bool all;		/* every scalar matters */
	bool ids;		/* what is equal in one must be so in the other */
	struct pairs pairs;
};

static bool same_id(struct compare *c, const struct mbpf_reg *a, const struct mbpf_reg *b)
{
	u64 value = b->range.bits.value;
	struct pairs *p = &c->pairs;
	u32 i;

	if (!a->id || !c->ids)
		return true;
	if (!b->id && !(mbpf_reg_is_scalar(b) && mbpf_range_is_const(&b->range)))
		return false;
	if (b->id)
		value = 0;
	for (i = 0; i < p->nr; i++)
		if (p->pair[i].a == a->id)
			return p->pair[i].b == b->id && p->pair[i].value == value;
	if (p->nr == MAX_PAIRS)
		return false;
	p->pair[p->nr].a = a->id;
	p->pair[p->nr].b = b->id;
	p->pair[p->nr++].value = value;
	return true;
}

static bool reg_covers(struct compare *c, const struct mbpf_reg *a, const struct mbpf_reg *b,
		       bool need)
{
	if (a->type == MBPF_TYPE_NONE)
		return true;
	if (a->type != b->type)
		return false;
	if (mbpf_reg_is_scalar(a) && !need)
		return true;
	if (a->index != b->index || a->frame != b->frame || a->off != b->off)
		return false;
	return mbpf_range_subset(&b->range, &a->range) && same_id(c, a, b);
}

static bool is_pointer_slot(const struct mbpf_slot *slot)
{
	return slot->byte[0] == MBPF_BYTE_SPILL && mbpf_reg_is_pointer(&slot->reg);
}

/* How many bytes of a slot are part of its register, and the first of them. */
static u32 spilled_bytes(const struct mbpf_slot *slot, u32 *at)
{
	u32 end = *at = mbpf_slot_reg_at(slot);

	while (end < 8 && slot->byte[end] >= MBPF_BYTE_SPILL)
		end++;
	return end - *at;
}

static bool byte_is_zero(const struct mbpf_slot *slot, u32 i)
{
	if (slot->byte[i] == MBPF_BYTE_ZERO)
		return true;
	return slot->byte[i] >= MBPF_BYTE_SPILL && mbpf_reg_is_scalar(&slot->reg) &&
	       mbpf_range_is_const(&slot->reg.range) &&
	       !(u8)(slot->reg.range.bits.value >> ((i - mbpf_slot_reg_at(slot)) * 8));
}

/* The scalar that was spilled in @a, against whatever bytes @b has there. */
static bool spill_covers(struct compare *c, const struct mbpf_slot *a, const struct mbpf_slot *b)
{
	u32 at, at_b, n = spilled_bytes(a, &at), i;
	struct mbpf_reg any;

	if (!n)
		return true;
	if (spilled_bytes(b, &at_b) == n && at_b == at)
		return reg_covers(c, &a->reg, &b->reg, true);
	for (i = 0; i < n && byte_is_zero(b, at + i); i++)
		;
	if (i == n)
		mbpf_reg_set_const(&any, 0);
	else
		mbpf_reg_set_bytes(&any, n);
	/* @a->reg may know more than its bytes that are left: then no. */
	return reg_covers(c, &a->reg, &any, true);
}

static bool slot_covers(struct compare *c, const struct mbpf_slot *a, const struct mbpf_slot *b,
			bool need)
{
	bool perfmon = c->v->rules->perfmon;
	u32 i;

	if (is_pointer_slot(a))
		return is_pointer_slot(b) && reg_covers(c, &a->reg, &b->reg, true);
	for (i = 0; i < 8; i++) {
		if (a->byte[i] == MBPF_BYTE_NONE)
			continue;
		if (is_pointer_slot(b))
			return false;
		/* Who may read unwritten bytes takes them for any data. */
		if (b->byte[i] == MBPF_BYTE_NONE && (!perfmon || (need && a->byte[i] != MBPF_BYTE_DATA)))
			return false;
		if (need && a->byte[i] == MBPF_BYTE_ZERO && !byte_is_zero(b, i))
			return false;
	}
	return !need || spill_covers(c, a, b);
}

/* The slots or the registers of a frame, each by its number. */
static bool slot_nr_covers(struct compare *c, const struct mbpf_frame *a,
			   const struct mbpf_frame *b, const struct mbpf_interest *in, u32 i)
{
	static const struct mbpf_slot none;

	/* What @a has not written, it does not read. */
	if (i >= a->nr_slots || !(in->slots & BIT_ULL(i)))
		return true;
	return slot_covers(c, &a->slots[i], i < b->nr_slots ? &b->slots[i] : &none,
			   c->all || in->slots_need & BIT_ULL(i));
}

static bool reg_nr_covers(struct compare *c, const struct mbpf_frame *a,
			  const struct mbpf_frame *b, const struct mbpf_interest *in, u32 i)
{
	const struct mbpf_reg *reg_a, *reg_b;

	if (!(in->regs & (1u << i)))
		return true;
	reg_a = mbpf_frame_reg(a, i);
	reg_b = mbpf_frame_reg(b, i);
	if (!reg_a || !reg_b)
		return !reg_a || reg_a->type == MBPF_TYPE_NONE;
	return reg_covers(c, reg_a, reg_b, c->all || in->need & (1u << i));
}

/* A frame that waits for its callee is at the call. */
void mbpf_state_interest(const struct mbpf_verifier *v, const struct mbpf_state *s, u32 f, u32 pc,
			 struct mbpf_interest *in)
{
	bool top = f == s->nr_frames - 1;
	u32 at = top ? pc : s->frame[f + 1]->callsite;
	const struct mbpf_vslots *slots = mbpf_verifier_slots(v, at);

	in->slots = slots->live;
	in->slots_need = slots->need;
	in->regs = v->insn[at].live;
	in->need = v->insn[at].need;
	if (!top)
		in->regs &= s->frame[f + 1]->round ? NOT_RESULT : CALLEE_SAVED;
}

static bool frame_covers(struct compare *c, const struct mbpf_state *sa,
			 const struct mbpf_state *sb, u32 f)
{
	const struct mbpf_frame *a = sa->frame[f], *b = sb->frame[f];
	struct mbpf_vpoint *point = mbpf_verifier_point(c->v, sa->pc);
	struct mbpf_interest in;
	u32 i, left;

	mbpf_state_interest(c->v, sa, f, sa->pc, &in);
	for (i = 0, left = in.regs & (BIT(MBPF_REG_FP) - 1); left; i++, left >>= 1) {
		if (left & 1 && !reg_nr_covers(c, a, b, &in, i)) {
			point->hint = i;
			return false;
		}
	}
	for (i = 0; i < a->nr_slots; i++) {
		if (!slot_nr_covers(c, a, b, &in, i)) {
			point->hint = HINT_SLOT + i;
			return false;
		}
	}
	return true;
}

/* Where the last comparison failed, this one probably does. */
static bool hint_covers(struct compare *c, const struct mbpf_state *sa,
			const struct mbpf_state *sb)
{
	u32 top = sa->nr_frames - 1, hint = mbpf_verifier_point(c->v, sa->pc)->hint;
	const struct mbpf_frame *a = sa->frame[top], *b = sb->frame[top];
	struct mbpf_interest in;

	mbpf_state_interest(c->v, sa, top, sa->pc, &in);
	if (hint >= HINT_SLOT)
		return slot_nr_covers(c, a, b, &in, hint - HINT_SLOT);
	return reg_nr_covers(c, a, b, &in, hint);
}

static bool same_place(const struct mbpf_state *a, const struct mbpf_state *b)
{
	u32 f;

	if (a->nr_frames != b->nr_frames)
		return false;
	for (f = 1; f < a->nr_frames; f++)
		if (a->frame[f]->callsite != b->frame[f]->callsite ||
		    a->frame[f]->sub != b->frame[f]->sub ||
		    !a->frame[f]->round != !b->frame[f]->round)
			return false;
	return true;
}

/*
 * What is to be given back is the same, in the same order, and so are the
 * pointers to it: their ids are told apart from here on.
 */
static bool refs_cover(struct compare *c, const struct mbpf_state *a, const struct mbpf_state *b)
{
	u32 i;

	if (a->nr_refs != b->nr_refs)
		return false;
	for (i = 0; i < a->nr_refs; i++) {
		if (a->refs[i].size != b->refs[i].size || a->refs[i].level != b->refs[i].level)
			return false;
		c->pairs.pair[i].a = a->refs[i].id;
		c->pairs.pair[i].b = b->refs[i].id;
		c->pairs.pair[i].value = 0;
	}
	c->pairs.nr = a->nr_refs;
	return true;
}

bool mbpf_state_covers(struct mbpf_verifier *v, const struct mbpf_state *a,
		       const struct mbpf_state *b, enum mbpf_cover how)
{
	struct compare c __uninit;
	u32 f;

	if (!same_place(a, b))
		return false;
	c.v = v;
	c.all = how != MBPF_COVER_NEED;
	c.ids = how != MBPF_COVER_VALUES;
	if (!refs_cover(&c, a, b))
		return false;
	if (!hint_covers(&c, a, b))
		return false;
	c.pairs.nr = a->nr_refs;
	for (f = a->nr_frames; f-- > 0;)
		if (!frame_covers(&c, a, b, f))
			return false;
	return true;
}

static void widen_reg(struct mbpf_reg *reg, const struct mbpf_reg *before)
{
	if (before && mbpf_reg_is_scalar(reg) && mbpf_reg_is_scalar(before) &&
	    !mbpf_range_subset(&reg->range, &before->range))
		mbpf_reg_set_unknown(reg);
}

void mbpf_state_widen(struct mbpf_verifier *v, const struct mbpf_state *before)
{
	u32 f, i;

	for (f = 0; f < v->cur->nr_frames; f++) {
		struct mbpf_frame *now = v->cur->frame[f];
		const struct mbpf_frame *then = before->frame[f];

		for (i = 0; i < MBPF_REG_FP; i++)
			widen_reg(&now->regs[i], mbpf_frame_reg(then, i));
		for (i = 0; i < now->nr_slots && i < then->nr_slots; i++) {
			struct mbpf_slot *slot = &now->slots[i];
			u32 at, at_then, n = spilled_bytes(slot, &at);

			if (!n || !mbpf_reg_is_scalar(&slot->reg) ||
			    !spilled_bytes(&then->slots[i], &at_then))
				continue;
			if (at == at_then &&
			    mbpf_range_subset(&slot->reg.range, &then->slots[i].reg.range))
				continue;
			memset(slot->byte + at, MBPF_BYTE_DATA, n);
			mbpf_reg_set_none(&slot->reg);
		}
	}
}

static u32 count_id(const struct mbpf_state *state, u32 id)
{
	u32 f, i, n = 0;

	for (f = 0; f < state->nr_frames; f++) {
		const struct mbpf_frame *frame = state->frame[f];

		for (i = 0; i < frame->nr_regs; i++)
			n += frame->regs[i].id == id;
		for (i = 0; i < frame->nr_slots; i++)
			n += frame->slots[i].byte[0] == MBPF_BYTE_SPILL &&
			     frame->slots[i].reg.id == id;
	}
	return n;
}

/* An id that only one scalar has says nothing. */
static void drop_single(const struct mbpf_state *state, struct mbpf_reg *reg)
{
	if (reg->id && mbpf_reg_is_scalar(reg) && count_id(state, reg->id) == 1)
		reg->id = 0;
}

void mbpf_state_drop_ids(struct mbpf_state *state)
{
	u32 f, i;

	for (f = 0; f < state->nr_frames; f++) {
		struct mbpf_frame *frame = state->frame[f];

		for (i = 0; i < frame->nr_regs; i++)
			drop_single(state, &frame->regs[i]);
		for (i = 0; i < frame->nr_slots; i++)
			if (frame->slots[i].byte[0] == MBPF_BYTE_SPILL)
				drop_single(state, &frame->slots[i].reg);
	}
}
