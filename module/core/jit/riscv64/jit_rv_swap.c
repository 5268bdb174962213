// SPDX-License-Identifier: GPL-2.0-only
/*
 * Byte order operations: rev8 where Zbb has it, else halves are exchanged in
 * two or three steps under masks.
 */
#include "rv_emit.h"

/* rd = (rs >> n & mask) | (rs & mask) << n, @mask in RV_TMP2 */
static void swap_step(struct rv_jit *rv, u8 rd, u8 rs, u32 n)
{
	emit_srli(rv, RV_TMP, rs, n);
	emit_and(rv, RV_TMP, RV_TMP, RV_TMP2);
	emit_and(rv, rd, rs, RV_TMP2);
	emit_slli(rv, rd, rd, n);
	emit_or(rv, rd, rd, RV_TMP);
}

static u8 swap16(struct rv_jit *rv, u8 rd, u8 rs)
{
	emit_slli(rv, RV_TMP, rs, 56);
	emit_srli(rv, RV_TMP, RV_TMP, 48);
	emit_slli(rv, rd, rs, 48);
	emit_srli(rv, rd, rd, 56);
	emit_or(rv, rd, rd, RV_TMP);
	return RV_ZX | RV_SX;
}

static u8 swap32(struct rv_jit *rv, u8 rd, u8 rs)
{
	mbpf_rv_imm(rv, RV_TMP2, 0x00ff00ff);
	swap_step(rv, rd, rs, 8);
	emit_srli(rv, RV_TMP, rd, 16);
	emit(rv, rv_slliw(rd, rd, 16));
	emit_or(rv, rd, rd, RV_TMP);
	return RV_SX | RV_OPEN;
}

static u8 swap64(struct rv_jit *rv, u8 rd, u8 rs)
{
	/* 0x0000ffff0000ffff, kept in RV_TMP3, and from it 0x00ff00ff00ff00ff */
	mbpf_rv_imm(rv, RV_TMP3, 0xffff);
	emit_slli(rv, RV_TMP, RV_TMP3, 32);
	emit_add(rv, RV_TMP3, RV_TMP3, RV_TMP);
	emit_slli(rv, RV_TMP2, RV_TMP3, 8);
	emit_xor(rv, RV_TMP2, RV_TMP2, RV_TMP3);
	swap_step(rv, rd, rs, 8);
	emit_mv(rv, RV_TMP2, RV_TMP3);
	swap_step(rv, rd, rd, 16);
	emit_srli(rv, RV_TMP, rd, 32);
	emit_slli(rv, rd, rd, 32);
	emit_or(rv, rd, rd, RV_TMP);
	return 0;
}

static u8 reverse(struct rv_jit *rv, u8 rd, u8 rs, s32 bits)
{
	if (rv_has(rv, MBPF_CPU_ZBB)) {
		emit(rv, rv_rev8(rd, rs));
		if (bits < 64)
			emit_srli(rv, rd, rd, 64 - bits);
		return bits == 16 ? RV_ZX | RV_SX : bits == 32 ? RV_ZX : 0;
	}
	if (bits == 16)
		return swap16(rv, rd, rs);
	return bits == 32 ? swap32(rv, rd, rs) : swap64(rv, rd, rs);
}

/* The machine is little-endian: "to little" only cuts. */
static u8 cut(struct rv_jit *rv, u8 rd, struct rv_val a, s32 bits)
{
	struct mbpf_insn and = {
		.code = MBPF_ALU | MBPF_AND | MBPF_K,
		.imm = 0xffff,
	};

	if (bits == 16)
		return mbpf_rv_alu32_imm(rv, &and, rd, a);
	emit_mv(rv, rd, a.reg);
	if (bits == 64 || a.upper & RV_ZX)
		return a.upper;
	return a.upper | RV_OPEN;
}

u8 mbpf_rv_swap(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		struct rv_val a)
{
	if (insn->imm != 16 && insn->imm != 32 && insn->imm != 64) {
		rv->jit->err = -EINVAL;
		return 0;
	}
	if (MBPF_CLASS(insn->code) == MBPF_ALU64 ||
	    MBPF_SRC(insn->code) == MBPF_X)
		return reverse(rv, rd, a.reg, insn->imm);
	return cut(rv, rd, a, insn->imm);
}
