// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores to the stack that nobody reads, such as keys of lookups that
 * opt_lookup.c took from elsewhere. Only in functions that never compute the
 * stack's address: there, what is read is what loads name. The stack shrinks
 * to what is left.
 *
 * Cost: two walks over each function. test_opt.c shows the effect.
 */
#include "opt.h"
#include "opt_line.h"

/* What a function does with its stack; byte n is R10 - MBPF_STACK_SIZE + n. */
struct stack_use {
	u64 read[MBPF_STACK_SIZE / 64];
	bool escapes;
};

static bool is_plain_store(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code);

	return (class == MBPF_ST || class == MBPF_STX) && MBPF_MODE(insn->code) == MBPF_MEM &&
	       insn->dst == MBPF_REG_FP;
}

static bool is_read(const struct stack_use *use, s32 off, u32 size)
{
	u32 byte = off + MBPF_STACK_SIZE;

	for (; size; size--, byte++)
		if (use->read[byte / 64] & 1ULL << byte % 64)
			return true;
	return false;
}

static void note_read(struct stack_use *use, s32 off, u32 size)
{
	u32 byte = off + MBPF_STACK_SIZE;

	for (; size; size--, byte++)
		use->read[byte / 64] |= 1ULL << byte % 64;
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

/* Memory operands with R10 as their base; any other use of it is an escape. */
static void note_insn(const struct mbpf_code *code, u32 i, struct stack_use *use)
{
	const struct mbpf_insn *insn = &code->insns[i];
	u8 class = MBPF_CLASS(insn->code);

	if (code->aux[i].flags & MBPF_AUX_LOOKUP) {
		const struct mbpf_lookup *lookup = &code->lookups[code->aux[i].target];

		if (lookup->index == MBPF_LOOKUP_STACK)
			note_read(use, lookup->off, 4);
		return;
	}
	if (!(mbpf_insn_uses(insn) & BIT(MBPF_REG_FP)))
		return;
	if (is_plain_store(insn) && !(class == MBPF_STX && insn->src == MBPF_REG_FP))
		return;
	if (class == MBPF_LDX ||
	    (class == MBPF_STX && insn->dst == MBPF_REG_FP && insn->src != MBPF_REG_FP))
		note_read(use, insn->off, mbpf_size_bytes(insn->code));
	else
		use->escapes = true;
}

static void drop_stores(struct mbpf_code *code, struct mbpf_subprog *sub)
{
	struct stack_use use = {};
	s32 lowest;
	u32 i;

	for (i = sub->start; i < sub->end && !use.escapes; i++)
		if (!mbpf_opt_is_skipped(code, i))
			note_insn(code, i, &use);
	if (use.escapes)
		return;
	lowest = lowest_read(&use);
	for (i = sub->start; i < sub->end; i++) {
		const struct mbpf_insn *insn = &code->insns[i];

		if (mbpf_opt_is_skipped(code, i) || !is_plain_store(insn))
			continue;
		if (!is_read(&use, insn->off, mbpf_size_bytes(insn->code)))
			mbpf_opt_drop(code, i);
		else
			lowest = min_t(s32, lowest, insn->off);
	}
	sub->stack = min_t(u32, sub->stack, round_up(-lowest, 8));
}

void mbpf_opt_store(struct mbpf_code *code)
{
	u32 s;

	for (s = 0; s < code->nr_subs; s++)
		if (code->subs[s].stack)
			drop_stores(code, &code->subs[s]);
}
