// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nobody reads. Instructions that only compute what the verifier's liveness says is
 * not read: compilers leave none that they could have seen, it is arguments and
 * results between functions, and of lookups done in line. And stores to the
 * stack, such as keys of lookups that opt_lookup.c took from elsewhere, in
 * functions that never compute the stack's address: there, what is read is what
 * loads name. The stack shrinks to what is left.
 *
 * Cost: one walk over functions with any of these, and one over stores to the stack.
 * test_opt.c shows the effect.
 */
#include "opt.h"
#include "opt_line.h"

/* Classes whose instructions do nothing but write their register. */
#define PURE (BIT(MBPF_ALU) | BIT(MBPF_ALU64) | BIT(MBPF_LDX) | BIT(MBPF_LD))

#define NONE U32_MAX

/**
 * struct stack_use - what a function does with its stack
 * @read: bytes that are read, as bits; byte n is R10 - MBPF_STACK_SIZE + n
 * @written: likewise
 * @last_store: index of the last store; each has that of the one before in its @key, or NONE
 * @escapes: anybody may read it
 */
struct stack_use {
	u64 read[MBPF_STACK_SIZE / 64];
	u64 written[MBPF_STACK_SIZE / 64];
	u32 last_store;
	bool escapes;
};

static bool is_plain_store(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code);

	return (class == MBPF_ST || class == MBPF_STX) && MBPF_MODE(insn->code) == MBPF_MEM &&
	       insn->dst == MBPF_REG_FP;
}

/* Marks @size bytes, 1 to 8, at R10 + @off; any alignment. */
static void note(u64 *bytes, s32 off, u32 size)
{
	u32 byte = off + MBPF_STACK_SIZE, shift = byte % 64;
	u64 mask = (1ULL << size) - 1;

	bytes[byte / 64] |= mask << shift;
	if (shift + size > 64)
		bytes[byte / 64 + 1] |= mask >> (64 - shift);
}

static bool is_read(const struct stack_use *use, s32 off, u32 size)
{
	u32 byte = off + MBPF_STACK_SIZE, shift = byte % 64;
	u64 mask = (1ULL << size) - 1;

	return use->read[byte / 64] & mask << shift ||
	       (shift + size > 64 && use->read[byte / 64 + 1] & mask >> (64 - shift));
}

/* The lowest byte that is read, as an offset from R10; 0 if none is. */
static s32 lowest_read(const struct stack_use *use)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(use->read); i++)
		if (use->read[i])
			return 64 * i + __ffs64(use->read[i]) - MBPF_STACK_SIZE;
	return 0;
}

/* Whether some byte is written that is never read. */
static bool has_useless(const struct stack_use *use)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(use->read); i++)
		if (use->written[i] & ~use->read[i])
			return true;
	return false;
}

/*
 * Of instructions that name R10, and lookups: memory operands with R10 as their
 * base; any other use of it is an escape.
 */
static void note_insn(const struct mbpf_code *code, u32 i, struct stack_use *use)
{
	const struct mbpf_insn *insn = &code->insns[i];
	struct mbpf_insn_aux *aux = &code->aux[i];
	u8 class = MBPF_CLASS(insn->code);

	if (aux->flags & MBPF_AUX_LOOKUP) {
		const struct mbpf_lookup *lookup = &code->lookups[aux->target];

		if (lookup->index == MBPF_LOOKUP_STACK)
			note(use->read, lookup->off, 4);
		return;
	}
	if (is_plain_store(insn) && insn->src != MBPF_REG_FP) {
		note(use->written, insn->off, mbpf_size_bytes(insn->code));
		aux->key = use->last_store;
		use->last_store = i;
	} else if (class == MBPF_LDX || (class == MBPF_STX && insn->src != MBPF_REG_FP)) {
		note(use->read, insn->off, mbpf_size_bytes(insn->code));
	} else {
		use->escapes = true;
	}
}

/* Returns the lowest byte of which anything is left, as an offset from R10. */
static s32 drop_stores(struct mbpf_code *code, const struct stack_use *use)
{
	s32 lowest = lowest_read(use);
	u32 i;

	/* All that is written is read: nothing is left to say. */
	if (!has_useless(use))
		return lowest;
	for (i = use->last_store; i != NONE; i = code->aux[i].key) {
		const struct mbpf_insn *insn = &code->insns[i];

		if (!is_read(use, insn->off, mbpf_size_bytes(insn->code)))
			mbpf_opt_drop(code, i);
		else
			lowest = min_t(s32, lowest, insn->off);
	}
	return lowest;
}

/* @kept: registers that count as read everywhere. */
static void sweep(struct mbpf_code *code, struct mbpf_subprog *sub, u16 kept)
{
	const struct mbpf_insn *insn = code->insns + sub->start, *end = code->insns + sub->end;
	const struct mbpf_insn_aux *aux = code->aux + sub->start;
	struct stack_use use = { .last_store = NONE, .escapes = !sub->stack };

	for (; insn < end && !(use.escapes && kept); insn++, aux++) {
		if (aux->flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND))
			continue;
		if (!((aux->live | kept) & BIT(insn->dst)) && BIT(MBPF_CLASS(insn->code)) & PURE)
			mbpf_opt_drop(code, insn - code->insns);
		else if ((insn->dst == MBPF_REG_FP || insn->src == MBPF_REG_FP ||
			  aux->flags & MBPF_AUX_LOOKUP) && !use.escapes)
			note_insn(code, insn - code->insns, &use);
	}
	if (!use.escapes)
		sub->stack = min_t(u32, sub->stack, round_up(-drop_stores(code, &use), 8));
}

void mbpf_opt_dead(struct mbpf_code *code)
{
	u16 kept = code->nr_subs > 1 || code->lookups ? 0 : U16_MAX;
	u32 s;

	for (s = 0; s < code->nr_subs; s++)
		if (!kept || code->subs[s].stack)
			sweep(code, &code->subs[s], kept);
}
