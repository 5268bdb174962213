/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emitters: each appends one instruction in its shortest form. Operands are in
 * the assembler's order after the compilation itself; immediates must fit.
 */
#ifndef MBPF_RV_EMIT_H
#define MBPF_RV_EMIT_H

#include "jit_rv.h"

/* Code is made of 16-bit parcels, and the buffer is aligned for them. */
static inline void emit_c(struct rv_jit *rv, u16 insn)
{
	struct mbpf_jit *jit = rv->jit;

	*(u16 *)(jit->buf + jit->pos) = insn;
	jit->pos += 2;
}

static inline void emit(struct rv_jit *rv, u32 insn)
{
	struct mbpf_jit *jit = rv->jit;
	u16 *at = (u16 *)(jit->buf + jit->pos);

	at[0] = insn;
	at[1] = insn >> 16;
	jit->pos += 4;
}

/* Registers that have a number of three bits: s0, s1, a0..a5. */
static inline bool is_c_reg(u8 r)
{
	return r >> 3 == RV_S0 >> 3;
}

static inline bool fits_6(s64 imm)
{
	return imm >= -32 && imm < 32;
}

static inline bool fits_12(s64 imm)
{
	return imm >= -2048 && imm < 2048;
}

static inline bool fits_32(s64 imm)
{
	return imm == (s32)imm;
}

/* True if @off is a multiple of @size, a power of two, in 0..@max. */
static inline bool is_scaled(s32 off, s32 size, s32 max)
{
	return (u32)off <= (u32)max && !(off & (size - 1));
}

static inline void emit_mv(struct rv_jit *rv, u8 rd, u8 rs)
{
	if (rd == rs)
		return;
	emit_c(rv, rs == RV_ZERO ? rvc_li(rd, 0) : rvc_mv(rd, rs));
}

static inline void emit_addi(struct rv_jit *rv, u8 rd, u8 rs1, s32 imm)
{
	if (!imm)
		emit_mv(rv, rd, rs1);
	else if (rs1 == RV_ZERO && fits_6(imm))
		emit_c(rv, rvc_li(rd, imm));
	else if (rd == rs1 && fits_6(imm))
		emit_c(rv, rvc_addi(rd, imm));
	else if (rd == RV_SP && rs1 == RV_SP && !(imm % 16) &&
		 imm >= -512 && imm < 512)
		emit_c(rv, rvc_addi16sp(imm));
	else if (rs1 == RV_SP && is_c_reg(rd) && is_scaled(imm, 4, 1020))
		emit_c(rv, rvc_addi4spn(rd, imm));
	else
		emit(rv, rv_addi(rd, rs1, imm));
}

static inline void emit_addiw(struct rv_jit *rv, u8 rd, u8 rs1, s32 imm)
{
	if (rd == rs1 && fits_6(imm))
		emit_c(rv, rvc_addiw(rd, imm));
	else
		emit(rv, rv_addiw(rd, rs1, imm));
}

static inline void emit_sext_w(struct rv_jit *rv, u8 rd, u8 rs)
{
	emit_addiw(rv, rd, rs, 0);
}

static inline void emit_andi(struct rv_jit *rv, u8 rd, u8 rs1, s32 imm)
{
	if (rd == rs1 && is_c_reg(rd) && fits_6(imm))
		emit_c(rv, rvc_andi(rd, imm));
	else
		emit(rv, rv_andi(rd, rs1, imm));
}

/* Shift by a constant other than 0. */
static inline void emit_slli(struct rv_jit *rv, u8 rd, u8 rs1, u32 n)
{
	if (rd == rs1)
		emit_c(rv, rvc_slli(rd, n));
	else
		emit(rv, rv_slli(rd, rs1, n));
}

static inline void emit_srli(struct rv_jit *rv, u8 rd, u8 rs1, u32 n)
{
	if (rd == rs1 && is_c_reg(rd))
		emit_c(rv, rvc_srli(rd, n));
	else
		emit(rv, rv_srli(rd, rs1, n));
}

static inline void emit_srai(struct rv_jit *rv, u8 rd, u8 rs1, u32 n)
{
	if (rd == rs1 && is_c_reg(rd))
		emit_c(rv, rvc_srai(rd, n));
	else
		emit(rv, rv_srai(rd, rs1, n));
}

static inline void emit_add(struct rv_jit *rv, u8 rd, u8 rs1, u8 rs2)
{
	if (rd == rs1 && rs2 != RV_ZERO)
		emit_c(rv, rvc_add(rd, rs2));
	else if (rd == rs2 && rs1 != RV_ZERO)
		emit_c(rv, rvc_add(rd, rs1));
	else
		emit(rv, rv_add(rd, rs1, rs2));
}

/*
 * The operations that have a form "rd op= rs" on the eight short registers:
 * name, which of them are commutative.
 */
#define EMIT_SHORT_OP(name, commutes)						\
static inline void emit_##name(struct rv_jit *rv, u8 rd, u8 rs1, u8 rs2)	\
{										\
	if (rd == rs1 && is_c_reg(rd) && is_c_reg(rs2))				\
		emit_c(rv, rvc_##name(rd, rs2));				\
	else if ((commutes) && rd == rs2 && is_c_reg(rd) && is_c_reg(rs1))	\
		emit_c(rv, rvc_##name(rd, rs1));				\
	else									\
		emit(rv, rv_##name(rd, rs1, rs2));				\
}

EMIT_SHORT_OP(sub, false)
EMIT_SHORT_OP(xor, true)
EMIT_SHORT_OP(or, true)
EMIT_SHORT_OP(and, true)
EMIT_SHORT_OP(subw, false)
EMIT_SHORT_OP(addw, true)
#undef EMIT_SHORT_OP

static inline void emit_zext_w(struct rv_jit *rv, u8 rd, u8 rs)
{
	if (rv_has(rv, MBPF_CPU_ZBA)) {
		emit(rv, rv_add_uw(rd, rs, RV_ZERO));
		return;
	}
	emit_slli(rv, rd, rs, 32);
	emit_srli(rv, rd, rd, 32);
}

/*
 * Accesses to words and doublewords (@shift 2 or 3) have short forms, relative
 * to sp or between the eight short registers; 0 if there is none for this one.
 */
static inline u16 short_access(u32 shift, bool is_store, u8 r, struct rv_place at)
{
	s32 size = 1 << shift;

	if (at.base == RV_SP && is_scaled(at.off, size, 63 * size)) {
		if (is_store)
			return shift == 3 ? rvc_sdsp(r, at.off) : rvc_swsp(r, at.off);
		return shift == 3 ? rvc_ldsp(r, at.off) : rvc_lwsp(r, at.off);
	}
	if (is_c_reg(r) && is_c_reg(at.base) && is_scaled(at.off, size, 31 * size)) {
		if (is_store)
			return shift == 3 ? rvc_sd(r, at.off, at.base) : rvc_sw(r, at.off, at.base);
		return shift == 3 ? rvc_ld(r, at.off, at.base) : rvc_lw(r, at.off, at.base);
	}
	return 0;
}

/* RV_SW and RV_SD have the numbers of RV_LW and RV_LD. */
static inline bool may_be_short(u32 access)
{
	return access == RV_LD || access == RV_LW;
}

static inline void emit_load(struct rv_jit *rv, u32 access, u8 rd, struct rv_place at)
{
	u16 c = may_be_short(access) ? short_access(access, false, rd, at) : 0;

	if (c)
		emit_c(rv, c);
	else
		emit(rv, rv_load(access, rd, at.off, at.base));
}

static inline void emit_store(struct rv_jit *rv, u32 access, u8 rs2, struct rv_place at)
{
	u16 c = may_be_short(access) ? short_access(access, true, rs2, at) : 0;

	if (c)
		emit_c(rv, c);
	else
		emit(rv, rv_store(access, rs2, at.off, at.base));
}

/* An access to what @base points to. */
static inline struct rv_place rv_at(u8 base, s32 off)
{
	return (struct rv_place){ .off = off, .base = base };
}

static inline void emit_jr(struct rv_jit *rv, u8 rs1)
{
	emit_c(rv, rvc_jr(rs1));
}

#endif /* MBPF_RV_EMIT_H */
