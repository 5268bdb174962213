// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames and states: made, copied, grown and freed, with every byte
 * counted against MBPF_STATE_MEMORY.
 */
#include "verifier_state.h"

/* Bytes, with the header of a block: small, until there is a large one's worth of states. */
#define SMALL_CHUNK	(8192 - sizeof(struct mbpf_scratch_block))
#define CHUNK		(65536 - sizeof(struct mbpf_scratch_block))

/*
 * States are made and dropped by the thousand and are of few sizes: they are
 * cut from chunks, and kept by size for the next when they are dropped. The
 * chunks go when the verification ends.
 */
struct piece {
	struct piece *next;
};

static void *cut(struct mbpf_verifier *v, u32 size)
{
	void *p;

	if (v->chunk_left < size) {
		u32 all = v->bytes > CHUNK || size > SMALL_CHUNK / 2 ? CHUNK : SMALL_CHUNK;

		p = mbpf_scratch_alloc(&v->code->scratch, all);
		if (!p)
			return NULL;
		v->chunk_left = all;
		v->chunk_end = p + all;
	}
	p = v->chunk_end - v->chunk_left;
	v->chunk_left -= size;
	return p;
}

/* Index into mbpf_verifier.pieces; @size becomes that of the piece. */
static u32 class_of(size_t *size)
{
	u32 class;

	if (*size <= MBPF_PIECE_LIMIT) {
		class = DIV_ROUND_UP(*size, MBPF_PIECE);
		*size = class * MBPF_PIECE;
		return class;
	}
	class = DIV_ROUND_UP(*size - MBPF_PIECE_LIMIT, MBPF_LARGE_PIECE);
	*size = MBPF_PIECE_LIMIT + class * MBPF_LARGE_PIECE;
	return MBPF_NR_SMALL + class;
}

void *mbpf_state_alloc(struct mbpf_verifier *v, size_t size)
{
	u32 class = class_of(&size);
	struct piece *p = v->pieces[class];

	if (v->bytes + size > MBPF_STATE_MEMORY) {
		mbpf_advise(v, "let the program keep fewer values across its branches, or split it with tail calls");
		mbpf_reject(v, -E2BIG, -1, "the states of this program take more than %lu bytes",
			    MBPF_STATE_MEMORY);
		return NULL;
	}
	if (p)
		v->pieces[class] = p->next;
	else
		p = cut(v, size);
	if (!p)
		return NULL;
	v->bytes += size;
	v->peak = max(v->peak, v->bytes);
	return p;
}

void mbpf_state_free(struct mbpf_verifier *v, void *p, size_t size)
{
	u32 class = class_of(&size);
	struct piece *piece = p;

	if (!p)
		return;
	v->bytes -= size;
	piece->next = v->pieces[class];
	v->pieces[class] = piece;
}

static size_t frame_size(u32 nr_regs, u32 nr_slots)
{
	return sizeof(struct mbpf_frame) + nr_regs * sizeof(struct mbpf_reg) +
	       nr_slots * sizeof(struct mbpf_slot);
}

static struct mbpf_frame *frame_alloc(struct mbpf_verifier *v, u32 nr_regs, u32 nr_slots)
{
	struct mbpf_frame *frame = mbpf_state_alloc(v, frame_size(nr_regs, nr_slots));

	if (!frame)
		return NULL;
	frame->nr_regs = nr_regs;
	frame->nr_slots = nr_slots;
	frame->slots = (struct mbpf_slot *)(frame->regs + nr_regs);
	return frame;
}

static void frame_free(struct mbpf_verifier *v, struct mbpf_frame *frame)
{
	mbpf_state_free(v, frame, frame_size(frame->nr_regs, frame->nr_slots));
}

static void set_caller(struct mbpf_frame *to, const struct mbpf_frame *from)
{
	to->callsite = from->callsite;
	to->sub = from->sub;
	to->round = from->round;
}

/* A frame of a running execution, whatever @from is; @nr: its number. */
static struct mbpf_frame *frame_unpack(struct mbpf_verifier *v, const struct mbpf_frame *from,
				       u32 nr, u32 nr_slots)
{
	struct mbpf_frame *to = frame_alloc(v, MBPF_NR_REGS, nr_slots);
	u32 i, keep = min(nr_slots, from->nr_slots);

	if (!to)
		return NULL;
	set_caller(to, from);
	for (i = 0; i < MBPF_REG_FP; i++) {
		const struct mbpf_reg *reg = mbpf_frame_reg(from, i);

		to->place[i] = i;
		if (reg)
			to->regs[i] = *reg;
		else
			mbpf_reg_set_none(&to->regs[i]);
	}
	to->place[i] = i;
	mbpf_reg_set_pointer(&to->regs[i], MBPF_TYPE_STACK);
	to->regs[i].frame = nr;
	memcpy(to->slots, from->slots, keep * sizeof(struct mbpf_slot));
	memset(to->slots + keep, 0, (nr_slots - keep) * sizeof(struct mbpf_slot));
	return to;
}

static struct mbpf_frame *frame_pack(struct mbpf_verifier *v, const struct mbpf_frame *from,
				     const struct mbpf_interest *in)
{
	u32 i, nr_slots = min_t(u32, fls64(in->slots), from->nr_slots), nr = 0, left;
	u32 regs = in->regs & (BIT(MBPF_REG_FP) - 1);
	struct mbpf_frame *to;

	for (i = 0, left = regs; left; i++, left >>= 1) {
		if (!(left & 1))
			continue;
		if (from->regs[i].type == MBPF_TYPE_NONE)
			regs &= ~(1u << i);
		else
			nr++;
	}
	to = frame_alloc(v, nr, nr_slots);
	if (!to)
		return NULL;
	set_caller(to, from);
	to->places[0] = to->places[1] = MBPF_ALL_NOWHERE;
	for (i = 0, nr = 0, left = regs; left; i++, left >>= 1) {
		if (!(left & 1))
			continue;
		to->regs[nr] = from->regs[i];
		to->place[i] = nr++;
	}
	for (i = 0; i < to->nr_slots; i++) {
		if (in->slots & BIT_ULL(i))
			to->slots[i] = from->slots[i];
		else
			memset(&to->slots[i], 0, sizeof(to->slots[i]));
	}
	return to;
}

static size_t state_size(bool with_trail)
{
	return with_trail ? sizeof(struct mbpf_state) : offsetof(struct mbpf_state, trail);
}

struct mbpf_state *mbpf_state_create(struct mbpf_verifier *v)
{
	struct mbpf_state *state = mbpf_state_alloc(v, sizeof(*state));

	if (!state)
		return NULL;
	memset(state, 0, sizeof(*state));
	state->has_trail = true;
	return state;
}

void mbpf_state_destroy(struct mbpf_verifier *v, struct mbpf_state *state)
{
	if (!state)
		return;
	while (state->nr_frames)
		mbpf_state_leave(v, state);
	mbpf_state_free(v, state, state_size(state->has_trail));
}

struct mbpf_state *mbpf_state_pack(struct mbpf_verifier *v, const struct mbpf_state *from, u32 pc,
				   bool with_trail)
{
	struct mbpf_state *state = mbpf_state_alloc(v, state_size(with_trail));
	struct mbpf_interest in;
	u32 i;

	if (!state)
		return NULL;
	state->next = NULL;
	state->pc = pc;
	state->round = from->round;
	state->callbacks = from->callbacks;
	state->fresh = from->fresh;
	state->nr_refs = from->nr_refs;
	for (i = 0; i < from->nr_refs; i++)
		state->refs[i] = from->refs[i];
	state->has_trail = with_trail;
	state->top = NULL;
	if (with_trail)
		state->trail = from->trail;
	state->nr_frames = 0;
	for (i = 0; i < from->nr_frames; i++) {
		mbpf_state_interest(v, from, i, pc, &in);
		state->frame[i] = frame_pack(v, from->frame[i], &in);
		if (!state->frame[i]) {
			mbpf_state_destroy(v, state);
			return NULL;
		}
		state->nr_frames++;
	}
	return state;
}

int mbpf_state_resume(struct mbpf_verifier *v, struct mbpf_state *state)
{
	struct mbpf_frame *packed;
	u32 i;

	mbpf_state_destroy(v, v->cur);
	v->cur = state;
	for (i = 0; i < state->nr_frames; i++) {
		packed = state->frame[i];
		state->frame[i] = frame_unpack(v, packed, i, packed->nr_slots);
		if (!state->frame[i]) {
			state->frame[i] = packed;
			return -ENOMEM;
		}
		frame_free(v, packed);
	}
	state->top = state->frame[state->nr_frames - 1];
	return 0;
}

int mbpf_state_enter(struct mbpf_verifier *v, struct mbpf_state *state, u32 sub, u32 callsite)
{
	struct mbpf_frame *frame;
	u32 i;

	if (state->nr_frames == MBPF_MAX_CALL_DEPTH) {
		mbpf_advise(v, "call no deeper than %u functions, the main program included, and do not recurse",
			    MBPF_MAX_CALL_DEPTH);
		return mbpf_reject(v, -E2BIG, -1, "the call stack of %u frames is too deep",
				   state->nr_frames + 1);
	}
	frame = frame_alloc(v, MBPF_NR_REGS, 0);
	if (!frame)
		return -ENOMEM;
	frame->callsite = callsite;
	frame->sub = sub;
	frame->round = 0;
	for (i = 0; i < MBPF_NR_REGS; i++) {
		frame->place[i] = i;
		mbpf_reg_set_none(&frame->regs[i]);
	}
	mbpf_reg_set_pointer(&frame->regs[MBPF_REG_FP], MBPF_TYPE_STACK);
	frame->regs[MBPF_REG_FP].frame = state->nr_frames;
	state->frame[state->nr_frames++] = frame;
	state->top = frame;
	return 0;
}

void mbpf_state_leave(struct mbpf_verifier *v, struct mbpf_state *state)
{
	frame_free(v, state->frame[--state->nr_frames]);
	state->top = state->nr_frames ? state->frame[state->nr_frames - 1] : NULL;
}

int mbpf_state_slots(struct mbpf_verifier *v, u32 nr, u32 nr_slots)
{
	struct mbpf_frame *old = v->cur->frame[nr], *new;

	if (nr_slots <= old->nr_slots)
		return 0;
	new = frame_unpack(v, old, nr, nr_slots);
	if (!new)
		return -ENOMEM;
	frame_free(v, old);
	v->cur->frame[nr] = new;
	v->cur->top = v->cur->frame[v->cur->nr_frames - 1];
	return 0;
}

struct mbpf_state *mbpf_state_fork(struct mbpf_verifier *v, u32 pc)
{
	struct mbpf_state *state = mbpf_state_pack(v, v->cur, pc, true);

	if (!state)
		return NULL;
	state->next = v->pending;
	v->pending = state;
	v->nr_pending++;
	v->turns++;
	return state;
}
