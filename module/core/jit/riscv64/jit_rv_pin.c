// SPDX-License-Identifier: GPL-2.0-only
/*
 * Constants that loops use, kept in registers from the function's entry on:
 * maps' addresses, what registers are compared with, and the distance from
 * per-CPU addresses to this CPU's variables, which stays the same while a
 * program runs. In a function without loops nothing is looked for.
 *
 * Cost: one walk over a function with a loop; its constants are looked up in
 * a table of fixed size. test_opt.c shows the effect.
 */
#include "rv_emit.h"

/* How many different constants are told apart; a loop's innermost come first. */
#define MAX_SEEN 8

/* Instructions that a use without a pin takes. */
#define COST_ADDRESS	2
#define COST_CPU	5

struct seen {
	struct rv_pin pin[MAX_SEEN];
	u32 saves[MAX_SEEN];
	u32 nr;
};

static void note(struct seen *seen, u64 value, bool is_cpu, u32 cost)
{
	u32 n;

	for (n = 0; n < seen->nr; n++)
		if (seen->pin[n].value == value && seen->pin[n].is_cpu == is_cpu)
			break;
	if (n == MAX_SEEN)
		return;
	if (n == seen->nr) {
		seen->nr++;
		seen->pin[n] = (struct rv_pin){ .value = value, .is_cpu = is_cpu };
		seen->saves[n] = 0;
	}
	seen->saves[n] += cost;
}

static u32 cost_of(u64 value)
{
	return fits_12(value) ? 1 : COST_ADDRESS;
}

static void note_insn(struct rv_jit *rv, struct seen *seen, u32 i)
{
	const struct mbpf_insn *insn = &rv->code->insns[i];
	const struct mbpf_insn_aux *aux = &rv->code->aux[i];

	if (aux->flags & MBPF_AUX_LOOKUP) {
		const struct mbpf_lookup *lookup = &rv->code->lookups[aux->target];

		/* A fixed address still has to be moved to where it is wanted. */
		note(seen, lookup->base, false,
		     lookup->index == MBPF_LOOKUP_FIXED && !lookup->percpu ? 1 : COST_ADDRESS);
		if (lookup->percpu)
			note(seen, 0, true, COST_CPU);
	} else if (mbpf_insn_is_jump(insn) && !mbpf_insn_is_goto(insn) &&
		   !(aux->flags & (MBPF_AUX_TAKEN | MBPF_AUX_NOT_TAKEN)) &&
		   MBPF_SRC(insn->code) == MBPF_K && MBPF_OP(insn->code) != MBPF_JSET &&
		   (insn->imm > 1 || insn->imm < -1)) {
		note(seen, (s64)insn->imm, false, cost_of((s64)insn->imm));
	}
}

static void find_constants(struct rv_jit *rv, struct seen *seen)
{
	const struct mbpf_subprog *sub = rv->sub;
	u32 i, low = U32_MAX;

	for (i = sub->end; i-- > sub->start; ) {
		low = mbpf_jit_loop_begin(rv->code, i, low);
		if (low != U32_MAX &&
		    !(rv->code->aux[i].flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND)))
			note_insn(rv, seen, i);
	}
}

/*
 * A register that nothing else in the function is in: where nothing is called,
 * one of those of unused BPF registers, else one that the function has to save.
 */
static u8 take_reg(struct rv_jit *rv, u32 *taken)
{
	static const u8 saved[] = { RV_S8, RV_S9, RV_S10 };
	u32 r;

	for (r = 2; r < MBPF_REG_FP && !rv->calls; r++) {
		u8 reg = rv->reg[r];

		if (!(rv->sub->used & BIT(r)) && !(*taken & 1u << reg)) {
			*taken |= 1u << reg;
			return reg;
		}
	}
	for (r = 0; r < ARRAY_SIZE(saved); r++) {
		if (!(*taken & 1u << saved[r])) {
			*taken |= 1u << saved[r];
			rv->saved |= 1u << saved[r];
			return saved[r];
		}
	}
	return RV_ZERO;
}

/* For a function with a loop. */
static noinline void find_pins(struct rv_jit *rv)
{
	struct seen seen = { .nr = 0 };
	u32 n, best, taken = 0;

	find_constants(rv, &seen);
	while (rv->nr_pins < RV_MAX_PINS && rv->nr_pins < seen.nr) {
		for (best = n = 0; n < seen.nr; n++)
			if (seen.saves[n] > seen.saves[best])
				best = n;
		seen.pin[best].reg = take_reg(rv, &taken);
		if (!seen.saves[best] || seen.pin[best].reg == RV_ZERO)
			return;
		seen.saves[best] = 0;
		rv->pin[rv->nr_pins++] = seen.pin[best];
	}
}

void mbpf_rv_pin_find(struct rv_jit *rv)
{
	rv->nr_pins = 0;
	if (rv->sub->has_loop)
		find_pins(rv);
}

void mbpf_rv_pin_load(struct rv_jit *rv)
{
	u32 n;

	for (n = 0; n < rv->nr_pins; n++) {
		if (rv->pin[n].is_cpu)
			mbpf_rv_cpu_offset(rv, rv->pin[n].reg);
		else
			mbpf_rv_imm(rv, rv->pin[n].reg, rv->pin[n].value);
	}
}

/* The register in which a constant is kept; RV_ZERO if it is in none. */
static u8 find_pin(const struct rv_jit *rv, u64 value, bool is_cpu)
{
	u32 n;

	for (n = 0; n < rv->nr_pins; n++)
		if (rv->pin[n].value == value && rv->pin[n].is_cpu == is_cpu)
			return rv->pin[n].reg;
	return RV_ZERO;
}

u8 mbpf_rv_imm_reg(struct rv_jit *rv, u8 tmp, u64 value)
{
	u8 reg = find_pin(rv, value, false);

	if (reg != RV_ZERO)
		return reg;
	mbpf_rv_imm(rv, tmp, value);
	return tmp;
}

u8 mbpf_rv_cpu_offset_reg(struct rv_jit *rv, u8 tmp)
{
	u8 reg = find_pin(rv, 0, true);

	if (reg != RV_ZERO)
		return reg;
	mbpf_rv_cpu_offset(rv, tmp);
	return tmp;
}
