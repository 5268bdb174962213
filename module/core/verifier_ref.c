// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program has to give back: records of ring buffers, which block their
 * reader until they are submitted or discarded. On every path each is given
 * back exactly once, by the callback that got it if it was one, since nobody
 * knows how often another is called.
 */
#include "verifier_state.h"

/* Callbacks that are running. */
static u32 level_of(const struct mbpf_state *state)
{
	u32 f, level = 0;

	for (f = 0; f < state->nr_frames; f++)
		level += !!state->frame[f]->round;
	return level;
}

int mbpf_ref_acquire(struct mbpf_verifier *v, struct mbpf_reg *res, u32 size)
{
	struct mbpf_state *state = v->cur;

	if (state->nr_refs == MBPF_MAX_REFS) {
		mbpf_advise(v, "submit or discard records before reserving more: at most %u are open at one time",
			    MBPF_MAX_REFS);
		return mbpf_reject(v, -E2BIG, -1, "too many references: %u are not released",
				   state->nr_refs);
	}
	mbpf_reg_set_pointer(res, MBPF_TYPE_RECORD_OR_NULL);
	res->id = ++v->ids;
	state->refs[state->nr_refs++] = (struct mbpf_ref){
		.id = res->id, .size = size, .at = state->pc, .level = level_of(state),
	};
	return 0;
}

static struct mbpf_ref *find_ref(const struct mbpf_state *state, u32 id)
{
	u32 i;

	for (i = 0; i < state->nr_refs; i++)
		if (state->refs[i].id == id)
			return (struct mbpf_ref *)&state->refs[i];
	return NULL;
}

void mbpf_ref_drop(struct mbpf_state *state, u32 id)
{
	struct mbpf_ref *ref = find_ref(state, id);

	if (!ref)
		return;
	for (state->nr_refs--; ref < &state->refs[state->nr_refs]; ref++)
		*ref = ref[1];
}

u32 mbpf_ref_size(const struct mbpf_verifier *v, const struct mbpf_reg *reg)
{
	const struct mbpf_ref *ref = find_ref(v->cur, reg->id);

	return ref ? ref->size : 0;
}

static bool points_to(const struct mbpf_reg *reg, u32 id)
{
	return (reg->type == MBPF_TYPE_RECORD || reg->type == MBPF_TYPE_RECORD_OR_NULL) &&
	       reg->id == id;
}

static void forget_reg(const struct mbpf_verifier *v, struct mbpf_reg *reg)
{
	if (v->rules->perfmon)
		mbpf_reg_set_unknown(reg);
	else
		mbpf_reg_set_none(reg);
}

/* Copies of the pointer are numbers now, or nothing to who must not see addresses. */
static void forget(struct mbpf_verifier *v, u32 id)
{
	struct mbpf_state *state = v->cur;
	u32 f, i;

	for (f = 0; f < state->nr_frames; f++) {
		struct mbpf_frame *frame = state->frame[f];

		for (i = 0; i < MBPF_REG_FP; i++)
			if (points_to(&frame->regs[i], id))
				forget_reg(v, &frame->regs[i]);
		for (i = 0; i < frame->nr_slots; i++) {
			struct mbpf_slot *slot = &frame->slots[i];

			if (slot->byte[0] != MBPF_BYTE_SPILL || !points_to(&slot->reg, id))
				continue;
			if (!v->rules->perfmon)
				memset(slot->byte, MBPF_BYTE_NONE, 8);
			forget_reg(v, &slot->reg);
		}
	}
}

int mbpf_ref_release(struct mbpf_verifier *v, u32 nr)
{
	u32 id = mbpf_verifier_reg(v, nr)->id;
	const struct mbpf_ref *ref = find_ref(v->cur, id);

	if (!ref)
		return mbpf_reject(v, -EFAULT, nr, "verifier bug: a record without reference");
	if (ref->level != level_of(v->cur)) {
		mbpf_advise(v, "release it outside of the callback, which may be called any number of times");
		return mbpf_reject(v, -EINVAL, nr,
				   "R%u: reference id=%u of insn %u cannot be released in a callback",
				   nr, id, ref->at);
	}
	mbpf_ref_drop(v->cur, id);
	forget(v, id);
	return 0;
}

int mbpf_ref_check_left(struct mbpf_verifier *v, const char *what)
{
	const struct mbpf_state *state = v->cur;
	const struct mbpf_ref *ref;
	u32 i, level = level_of(state);

	for (i = 0; i < state->nr_refs; i++) {
		ref = &state->refs[i];
		if (ref->level < level)
			continue;
		mbpf_advise(v, "submit or discard the record that insn %u reserved, on every path",
			    ref->at);
		return mbpf_reject(v, -EINVAL, -1, "%sUnreleased reference id=%u alloc_insn=%u",
				   what, ref->id, ref->at);
	}
	return 0;
}
