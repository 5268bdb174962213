// SPDX-License-Identifier: GPL-2.0-only
/* Loads, stores and 64-bit constants. R10 is not a register: it is sp plus a constant. */
#include "rv_emit.h"

struct rv_place mbpf_rv_reach(struct rv_jit *rv, u8 base, s32 off, u8 tmp)
{
	s32 rest = (off & 0xfff) - ((off & 0x800) << 1);

	if (fits_12(off))
		return rv_at(base, off);
	mbpf_rv_imm(rv, tmp, (s64)(off - rest));
	emit_add(rv, tmp, tmp, base);
	return rv_at(tmp, rest);
}

struct rv_place mbpf_rv_place(struct rv_jit *rv, u32 r, s32 off, u8 tmp)
{
	u8 base = RV_SP;

	if (r == MBPF_REG_FP)
		off += rv->sub->stack;
	else
		base = mbpf_rv_read64(rv, r, tmp);
	if (likely(fits_12(off)))
		return rv_at(base, off);
	return mbpf_rv_reach(rv, base, off, tmp);
}

/* Loads by their width: the access, and what is known of the result. */
struct load {
	u8 access;
	u8 upper;
};

static const struct load loads[] = {
	{ RV_LWU, RV_ZX }, { RV_LHU, RV_ZX | RV_SX }, { RV_LBU, RV_ZX | RV_SX }, { RV_LD, 0 },
};

static const struct load signed_loads[] = {
	{ RV_LW, RV_SX }, { RV_LH, RV_SX }, { RV_LB, RV_SX },
};

void mbpf_rv_load(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	const struct mbpf_insn_aux *aux = rv->aux;
	u8 size = MBPF_SIZE(insn->code), rd;
	const struct load *load = &loads[size >> 3];
	struct rv_place place;

	if (MBPF_MODE(insn->code) != MBPF_MEM) {
		if (MBPF_MODE(insn->code) != MBPF_MEMSX || size == MBPF_DW) {
			rv->jit->err = -EINVAL;
			return;
		}
		load = &signed_loads[size >> 3];
	} else if (size == MBPF_W && aux->flags & MBPF_AUX_NO_ZEXT) {
		/* lw has a short form and its result is good for comparisons. */
		load = &signed_loads[size >> 3];
	}
	if (aux->flags & MBPF_AUX_CONST && mbpf_rv_imm_is_short(aux->value)) {
		mbpf_rv_imm(rv, mbpf_rv_define(rv, insn->dst), aux->value);
		mbpf_rv_set_upper(rv, insn->dst, mbpf_rv_imm_upper(aux->value));
		return;
	}
	place = mbpf_rv_place(rv, insn->src, insn->off, RV_TMP);
	rd = mbpf_rv_define(rv, insn->dst);
	emit_load(rv, load->access, rd, place);
	mbpf_rv_set_upper(rv, insn->dst, load->upper);
}

void mbpf_rv_store(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	static const u8 access[] = { RV_SW, RV_SH, RV_SB, RV_SD };
	u8 size = MBPF_SIZE(insn->code), value;
	struct rv_place place;
	s32 imm = insn->imm;

	if (MBPF_MODE(insn->code) != MBPF_MEM) {
		rv->jit->err = -EINVAL;
		return;
	}
	place = mbpf_rv_place(rv, insn->dst, insn->off, RV_TMP2);
	if (MBPF_CLASS(insn->code) == MBPF_STX) {
		value = size == MBPF_DW ? mbpf_rv_read64(rv, insn->src, RV_TMP) :
					  mbpf_rv_read32(rv, insn->src, RV_TMP);
	} else {
		if (size == MBPF_B)
			imm = (s8)imm;
		else if (size == MBPF_H)
			imm = (s16)imm;
		value = imm ? RV_TMP : RV_ZERO;
		if (imm)
			mbpf_rv_imm(rv, RV_TMP, (s64)imm);
	}
	emit_store(rv, access[size >> 3], value, place);
}

void mbpf_rv_lddw(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	const struct mbpf_insn_aux *aux = rv->aux;
	u8 rd = mbpf_rv_define(rv, insn->dst);

	if (insn->src == MBPF_PSEUDO_FUNC) {
		mbpf_rv_callback(rv, rd);
		mbpf_rv_set_upper(rv, insn->dst, 0);
		return;
	}
	mbpf_rv_imm(rv, rd, aux->value);
	mbpf_rv_set_upper(rv, insn->dst, mbpf_rv_imm_upper(aux->value));
}
