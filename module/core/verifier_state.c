// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values, frames and states: made, copied, grown and freed, with every byte
 * counted against MBPF_STATE_MEMORY.
 */
#include "verifier_state.h"

#define FIRST_CHUNK	4096	/* bytes; enough for programs without branches */
#define CHUNK		65536

void mbpf_reg_set_none(struct mbpf_reg *reg)
{
	memset(reg, 0, sizeof(*reg));
}

void mbpf_reg_set_pointer(struct mbpf_reg *reg, enum mbpf_type type)
{
	memset(reg, 0, sizeof(*reg));
	reg->type = type;
}

static void set_scalar(struct mbpf_reg *reg)
{
	reg->type = MBPF_TYPE_SCALAR;
	reg->frame = 0;
	reg->index = 0;
	reg->id = 0;
	reg->off = 0;
}

void mbpf_reg_set_unknown(struct mbpf_reg *reg)
{
	set_scalar(reg);
	mbpf_range_set_unknown(&reg->range);
}

void mbpf_reg_set_bytes(struct mbpf_reg *reg, u32 size)
{
	set_scalar(reg);
	mbpf_range_set_bytes(&reg->range, size);
}

void mbpf_reg_set_const(struct mbpf_reg *reg, u64 value)
{
	set_scalar(reg);
	mbpf_range_set_const(&reg->range, value);
}

/*
 * States are made and dropped by the thousand and are of few sizes: they are
 * cut from chunks, and kept by size for the next when they are dropped. The
 * chunks go when the verification ends.
 */
struct mbpf_chunk {
	struct mbpf_chunk *next;
	u64 align;
};

struct piece {
	struct piece *next;
};

static void *cut(struct mbpf_verifier *v, u32 size)
{
	struct mbpf_chunk *chunk;
	void *p;

	if (v->chunk_left < size) {
		u32 all = v->chunks || size > FIRST_CHUNK / 2 ? CHUNK : FIRST_CHUNK;

		chunk = kvmalloc(all, GFP_KERNEL_ACCOUNT);
		if (!chunk)
			return NULL;
		chunk->next = v->chunks;
		v->chunks = chunk;
		v->chunk_left = all - sizeof(*chunk);
		v->chunk_end = (u8 *)chunk + all;
	}
	p = v->chunk_end - v->chunk_left;
	v->chunk_left -= size;
	return p;
}

void *mbpf_state_alloc(struct mbpf_verifier *v, size_t size)
{
	u32 class = DIV_ROUND_UP(size, MBPF_PIECE);
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
		p = cut(v, class * MBPF_PIECE);
	if (!p)
		return NULL;
	v->bytes += size;
	v->peak = max(v->peak, v->bytes);
	return p;
}

void mbpf_state_free(struct mbpf_verifier *v, void *p, size_t size)
{
	u32 class = DIV_ROUND_UP(size, MBPF_PIECE);
	struct piece *piece = p;

	if (!p)
		return;
	v->bytes -= size;
	piece->next = v->pieces[class];
	v->pieces[class] = piece;
}

void mbpf_state_free_all(struct mbpf_verifier *v)
{
	struct mbpf_chunk *chunk;

	while ((chunk = v->chunks)) {
		v->chunks = chunk->next;
		kvfree(chunk);
	}
}

static size_t frame_size(u32 nr_slots)
{
	return sizeof(struct mbpf_frame) + nr_slots * sizeof(struct mbpf_slot);
}

static struct mbpf_frame *frame_copy(struct mbpf_verifier *v, const struct mbpf_frame *from,
				     u32 nr_slots)
{
	struct mbpf_frame *frame = mbpf_state_alloc(v, frame_size(nr_slots));
	u32 keep = min(nr_slots, from->nr_slots);

	if (!frame)
		return NULL;
	memcpy(frame, from, frame_size(keep));
	memset(frame->slots + keep, 0, (nr_slots - keep) * sizeof(struct mbpf_slot));
	frame->nr_slots = nr_slots;
	return frame;
}

struct mbpf_state *mbpf_state_create(struct mbpf_verifier *v)
{
	struct mbpf_state *state = mbpf_state_alloc(v, sizeof(*state));

	if (state)
		memset(state, 0, sizeof(*state));
	return state;
}

void mbpf_state_destroy(struct mbpf_verifier *v, struct mbpf_state *state)
{
	if (!state)
		return;
	while (state->nr_frames)
		mbpf_state_leave(v, state);
	mbpf_state_free(v, state, sizeof(*state));
}

struct mbpf_state *mbpf_state_copy(struct mbpf_verifier *v, const struct mbpf_state *from,
				   bool with_trail)
{
	struct mbpf_state *state = mbpf_state_alloc(v, sizeof(*state));
	u32 i;

	if (!state)
		return NULL;
	memcpy(state, from, with_trail ? sizeof(*state) : offsetof(struct mbpf_state, trail_last));
	state->nr_frames = 0;
	for (i = 0; i < from->nr_frames; i++) {
		state->frame[i] = frame_copy(v, from->frame[i], from->frame[i]->nr_slots);
		if (!state->frame[i]) {
			mbpf_state_destroy(v, state);
			return NULL;
		}
		state->nr_frames++;
	}
	return state;
}

int mbpf_state_enter(struct mbpf_verifier *v, struct mbpf_state *state, u32 sub, u32 callsite)
{
	struct mbpf_frame *frame;

	if (state->nr_frames == MBPF_MAX_CALL_DEPTH) {
		mbpf_advise(v, "call no deeper than %u functions, the main program included, and do not recurse",
			    MBPF_MAX_CALL_DEPTH);
		return mbpf_reject(v, -E2BIG, -1, "the call stack of %u frames is too deep",
				   state->nr_frames + 1);
	}
	frame = mbpf_state_alloc(v, frame_size(0));
	if (!frame)
		return -ENOMEM;
	memset(frame, 0, sizeof(*frame));
	frame->callsite = callsite;
	frame->sub = sub;
	mbpf_reg_set_pointer(&frame->regs[MBPF_REG_FP], MBPF_TYPE_STACK);
	frame->regs[MBPF_REG_FP].frame = state->nr_frames;
	mbpf_range_set_const(&frame->regs[MBPF_REG_FP].range, 0);
	state->frame[state->nr_frames++] = frame;
	return 0;
}

void mbpf_state_leave(struct mbpf_verifier *v, struct mbpf_state *state)
{
	struct mbpf_frame *frame = state->frame[--state->nr_frames];

	mbpf_state_free(v, frame, frame_size(frame->nr_slots));
}

int mbpf_state_slots(struct mbpf_verifier *v, u32 nr, u32 nr_slots)
{
	struct mbpf_frame *old = v->cur->frame[nr], *new;

	if (nr_slots <= old->nr_slots)
		return 0;
	new = frame_copy(v, old, nr_slots);
	if (!new)
		return -ENOMEM;
	mbpf_state_free(v, old, frame_size(old->nr_slots));
	v->cur->frame[nr] = new;
	return 0;
}

struct mbpf_state *mbpf_state_fork(struct mbpf_verifier *v, u32 pc)
{
	struct mbpf_state *state = mbpf_state_copy(v, v->cur, true);

	if (!state)
		return NULL;
	state->pc = pc;
	state->next = v->pending;
	v->pending = state;
	v->nr_pending++;
	v->turns++;
	return state;
}
