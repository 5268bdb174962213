// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookups in line: the address of an element, from the map's description. An
 * index that passed the range check is no negative number of 32 bits, so that
 * its sign extension is its zero extension.
 */
#include "rv_emit.h"

/* The index, in RV_TMP2 unless it is in a register; all of it valid if @extend. */
static struct rv_val read_index(struct rv_jit *rv, const struct mbpf_lookup *lookup, bool extend)
{
	struct rv_val idx = { .reg = RV_TMP2, .upper = RV_SX };
	struct rv_place place;

	if (lookup->index < MBPF_REG_FP) {
		idx.reg = extend ? mbpf_rv_read_sx(rv, lookup->index, RV_TMP2) :
				   mbpf_rv_read32(rv, lookup->index, RV_TMP2);
		if (!extend)
			idx.upper = rv->upper[lookup->index];
		return idx;
	}
	if (lookup->index == MBPF_LOOKUP_STACK)
		place = mbpf_rv_place(rv, MBPF_REG_FP, lookup->off, RV_TMP2);
	else
		place = mbpf_rv_place(rv, 2, 0, RV_TMP2);
	emit_load(rv, RV_LW, RV_TMP2, place);
	return idx;
}

/* Whether the check shifts the lower half, whatever is in the upper. */
static bool check_shifts(const struct mbpf_lookup *lookup)
{
	return is_power_of_2(lookup->max_entries) && lookup->max_entries > 1;
}

/* Leave unless the index is in range; R0 is 0 then if anybody asks. */
static void check_index(struct rv_jit *rv, const struct mbpf_lookup *lookup, u8 idx)
{
	u32 max = lookup->max_entries;
	u32 to = lookup->null_to ? lookup->null_to : rv->i + 1;

	if (check_shifts(lookup)) {
		emit(rv, rv_srliw(RV_TMP, idx, ilog2(max)));
		mbpf_rv_branch(rv, RV_BNE, RV_TMP, RV_ZERO, to);
	} else if (max == 1) {
		mbpf_rv_branch(rv, RV_BNE, idx, RV_ZERO, to);
	} else {
		mbpf_rv_imm(rv, RV_TMP, max);
		mbpf_rv_branch(rv, RV_BGEU, idx, RV_TMP, to);
	}
}

/* @rd = @base + the index times the stride, where @fits says that this is less than 1 << 31 */
static void add_index(struct rv_jit *rv, u8 rd, u8 base, struct rv_val idx, u32 stride, bool fits)
{
	bool zba = rv_has(rv, MBPF_CPU_ZBA), extended = idx.upper & (RV_ZX | RV_SX);
	u32 shift = ilog2(stride);

	if (!is_power_of_2(stride)) {
		if (!extended)
			emit_sext_w(rv, RV_TMP2, idx.reg);
		mbpf_rv_imm(rv, RV_TMP3, stride);
		emit(rv, rv_mul(RV_TMP2, extended ? idx.reg : RV_TMP2, RV_TMP3));
		emit_add(rv, rd, base, RV_TMP2);
	} else if (zba && shift == 3) {
		emit(rv, extended ? rv_sh3add(rd, idx.reg, base) :
				    rv_sh3add_uw(rd, idx.reg, base));
	} else if (extended) {
		emit_slli(rv, RV_TMP2, idx.reg, shift);
		emit_add(rv, rd, base, RV_TMP2);
	} else if (zba) {
		emit(rv, rv_slli_uw(RV_TMP2, idx.reg, shift));
		emit_add(rv, rd, base, RV_TMP2);
	} else if (fits) {
		emit(rv, rv_slliw(RV_TMP2, idx.reg, shift));
		emit_add(rv, rd, base, RV_TMP2);
	} else {
		emit_slli(rv, RV_TMP2, idx.reg, 32);
		emit_srli(rv, RV_TMP2, RV_TMP2, 32 - shift);
		emit_add(rv, rd, base, RV_TMP2);
	}
}

void mbpf_rv_cpu_offset(struct rv_jit *rv, u8 rd)
{
	const struct mbpf_jit_target *target = rv->jit->target;

	emit_load(rv, RV_LW, RV_TMP2, mbpf_rv_reach(rv, RV_TP, target->cpu_id, RV_TMP2));
	mbpf_rv_imm(rv, rd, target->cpu_offset);
	add_index(rv, rd, rd, (struct rv_val){ RV_TMP2, RV_SX }, 8, false);
	emit_load(rv, RV_LD, rd, rv_at(rd, 0));
}

void mbpf_rv_lookup(struct rv_jit *rv, const struct mbpf_lookup *lookup)
{
	bool check = lookup->max_entries, fixed = lookup->index == MBPF_LOOKUP_FIXED;
	bool zero = check && (lookup->zero || !lookup->null_to);
	struct rv_val idx;
	u8 rd, base;

	if (check)
		mbpf_rv_close_live(rv, rv->live & ~BIT(0));
	if (!fixed)
		idx = read_index(rv, lookup, check && !check_shifts(lookup));
	rd = mbpf_rv_define(rv, 0);
	if (zero && idx.reg == rd) {
		emit_mv(rv, RV_TMP2, rd);
		idx.reg = RV_TMP2;
	}
	if (zero)
		emit_mv(rv, rd, RV_ZERO);
	if (check)
		check_index(rv, lookup, idx.reg);
	base = mbpf_rv_imm_reg(rv, fixed ? rd : RV_TMP, lookup->base);
	if (!fixed) {
		add_index(rv, rd, base, idx, lookup->stride,
			  check && (u64)lookup->max_entries * lookup->stride <= 1ULL << 31);
		base = rd;
	}
	if (lookup->percpu)
		emit_add(rv, rd, base, mbpf_rv_cpu_offset_reg(rv, RV_TMP));
	else
		emit_mv(rv, rd, base);
	mbpf_rv_forget_lost(rv);
	if (lookup->found_to) {
		mbpf_rv_settle(rv, rv->live);
		mbpf_rv_goto(rv, lookup->found_to);
		mbpf_rv_forget(rv);
	}
}
