/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RISC-V encoders: the formats, then one line per instruction, all of them
 * pure. Operands are in the assembler's order, displacements are in bytes
 * from the instruction itself, and a value that a field cannot hold is cut
 * off: whoever picks the form has checked it. After the manuals "The RISC-V
 * Instruction Set Manual, Volume I" (RV64IMAC), Zba, Zbb, Zbs and Zacas.
 */
#ifndef MBPF_RV_ENCODE_H
#define MBPF_RV_ENCODE_H

#include "../../os.h"

enum rv_reg {
	RV_ZERO, RV_RA, RV_SP, RV_GP, RV_TP, RV_T0, RV_T1, RV_T2,
	RV_S0, RV_S1, RV_A0, RV_A1, RV_A2, RV_A3, RV_A4, RV_A5,
	RV_A6, RV_A7, RV_S2, RV_S3, RV_S4, RV_S5, RV_S6, RV_S7,
	RV_S8, RV_S9, RV_S10, RV_S11, RV_T3, RV_T4, RV_T5, RV_T6,
};

/* Bits @hi..@lo of @v, moved to bit @at. */
static inline u32 rv_bits(u32 v, u32 hi, u32 lo, u32 at)
{
	return (v >> lo & ((2u << (hi - lo)) - 1)) << at;
}

/* Formats of 32 bits. */

static inline u32 rv_r(u32 f7, u8 rs2, u8 rs1, u32 f3, u8 rd, u32 op)
{
	return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op;
}

static inline u32 rv_i(s32 imm, u8 rs1, u32 f3, u8 rd, u32 op)
{
	return rv_bits(imm, 11, 0, 20) | rs1 << 15 | f3 << 12 | rd << 7 | op;
}

static inline u32 rv_s(s32 imm, u8 rs2, u8 rs1, u32 f3, u32 op)
{
	return rv_bits(imm, 11, 5, 25) | rs2 << 20 | rs1 << 15 | f3 << 12 |
	       rv_bits(imm, 4, 0, 7) | op;
}

static inline u32 rv_b(s32 dist, u8 rs2, u8 rs1, u32 f3, u32 op)
{
	return rv_bits(dist, 12, 12, 31) | rv_bits(dist, 10, 5, 25) |
	       rs2 << 20 | rs1 << 15 | f3 << 12 | rv_bits(dist, 4, 1, 8) |
	       rv_bits(dist, 11, 11, 7) | op;
}

/* @imm20 is what goes to bits 31-12. */
static inline u32 rv_u(s32 imm20, u8 rd, u32 op)
{
	return (u32)imm20 << 12 | rd << 7 | op;
}

static inline u32 rv_j(s32 dist, u8 rd, u32 op)
{
	return rv_bits(dist, 20, 20, 31) | rv_bits(dist, 10, 1, 21) |
	       rv_bits(dist, 11, 11, 20) | rv_bits(dist, 19, 12, 12) |
	       rd << 7 | op;
}

/* Atomics: @order is RV_AQRL or a part of it. */
#define RV_RL	1
#define RV_AQ	2
#define RV_AQRL	(RV_AQ | RV_RL)

static inline u32 rv_amo(u32 f5, u32 order, u8 rs2, u8 rs1, u32 f3, u8 rd)
{
	return rv_r(f5 << 2 | order, rs2, rs1, f3, rd, 0x2f);
}

/* Formats of 16 bits; a register "of three bits" is one of s0..a5. */

static inline u16 rv_cr(u32 f4, u8 rd, u8 rs2, u32 op)
{
	return f4 << 12 | rd << 7 | rs2 << 2 | op;
}

static inline u16 rv_ci(u32 f3, u32 imm6, u8 rd, u32 op)
{
	return f3 << 13 | rv_bits(imm6, 5, 5, 12) | rd << 7 |
	       rv_bits(imm6, 4, 0, 2) | op;
}

static inline u16 rv_css(u32 f3, u32 imm6, u8 rs2, u32 op)
{
	return f3 << 13 | imm6 << 7 | rs2 << 2 | op;
}

static inline u16 rv_cls(u32 f3, u32 imm3, u8 rs1, u32 imm2, u8 r2, u32 op)
{
	return f3 << 13 | imm3 << 10 | (rs1 & 7) << 7 | imm2 << 5 |
	       (r2 & 7) << 2 | op;
}

static inline u16 rv_ca(u32 f6, u8 rd, u32 f2, u8 rs2, u32 op)
{
	return f6 << 10 | (rd & 7) << 7 | f2 << 5 | (rs2 & 7) << 2 | op;
}

/* c.srli, c.srai and c.andi */
static inline u16 rv_cbi(u32 f2, u32 imm6, u8 rd)
{
	return 4 << 13 | rv_bits(imm6, 5, 5, 12) | f2 << 10 | (rd & 7) << 7 |
	       rv_bits(imm6, 4, 0, 2) | 1;
}

static inline u16 rv_cb(u32 f3, s32 dist, u8 rs1, u32 op)
{
	return f3 << 13 | rv_bits(dist, 8, 8, 12) | rv_bits(dist, 4, 3, 10) |
	       (rs1 & 7) << 7 | rv_bits(dist, 7, 6, 5) |
	       rv_bits(dist, 2, 1, 3) | rv_bits(dist, 5, 5, 2) | op;
}

static inline u16 rv_cj(u32 f3, s32 dist, u32 op)
{
	return f3 << 13 | rv_bits(dist, 11, 11, 12) | rv_bits(dist, 4, 4, 11) |
	       rv_bits(dist, 9, 8, 9) | rv_bits(dist, 10, 10, 8) |
	       rv_bits(dist, 6, 6, 7) | rv_bits(dist, 7, 7, 6) |
	       rv_bits(dist, 3, 1, 3) | rv_bits(dist, 5, 5, 2) | op;
}

/* RV64I: constants and control flow. */

static inline u32 rv_lui(u8 rd, s32 imm20) { return rv_u(imm20, rd, 0x37); }
static inline u32 rv_auipc(u8 rd, s32 imm20) { return rv_u(imm20, rd, 0x17); }
static inline u32 rv_jal(u8 rd, s32 dist) { return rv_j(dist, rd, 0x6f); }
static inline u32 rv_jalr(u8 rd, u8 rs1, s32 imm) { return rv_i(imm, rs1, 0, rd, 0x67); }

/* The condition of a branch is its funct3; the lowest bit negates it. */
#define RV_BEQ	0
#define RV_BNE	1
#define RV_BLT	4
#define RV_BGE	5
#define RV_BLTU	6
#define RV_BGEU	7

static inline u32 rv_bcc(u32 cond, u8 rs1, u8 rs2, s32 dist)
{
	return rv_b(dist, rs2, rs1, cond, 0x63);
}

/* Loads and stores: the access is the funct3; RV_LBU and so on zero-extend. */
#define RV_LB	0
#define RV_LH	1
#define RV_LW	2
#define RV_LD	3
#define RV_LBU	4
#define RV_LHU	5
#define RV_LWU	6
#define RV_SB	0
#define RV_SH	1
#define RV_SW	2
#define RV_SD	3

static inline u32 rv_load(u32 access, u8 rd, s32 imm, u8 rs1)
{
	return rv_i(imm, rs1, access, rd, 0x03);
}

static inline u32 rv_store(u32 access, u8 rs2, s32 imm, u8 rs1)
{
	return rv_s(imm, rs2, rs1, access, 0x23);
}

/* RV64I: arithmetic. */

static inline u32 rv_addi(u8 rd, u8 rs1, s32 imm) { return rv_i(imm, rs1, 0, rd, 0x13); }
static inline u32 rv_xori(u8 rd, u8 rs1, s32 imm) { return rv_i(imm, rs1, 4, rd, 0x13); }
static inline u32 rv_ori(u8 rd, u8 rs1, s32 imm) { return rv_i(imm, rs1, 6, rd, 0x13); }
static inline u32 rv_andi(u8 rd, u8 rs1, s32 imm) { return rv_i(imm, rs1, 7, rd, 0x13); }
static inline u32 rv_slli(u8 rd, u8 rs1, u32 n) { return rv_i(n, rs1, 1, rd, 0x13); }
static inline u32 rv_srli(u8 rd, u8 rs1, u32 n) { return rv_i(n, rs1, 5, rd, 0x13); }
static inline u32 rv_srai(u8 rd, u8 rs1, u32 n) { return rv_i(0x400 | n, rs1, 5, rd, 0x13); }
static inline u32 rv_addiw(u8 rd, u8 rs1, s32 imm) { return rv_i(imm, rs1, 0, rd, 0x1b); }
static inline u32 rv_slliw(u8 rd, u8 rs1, u32 n) { return rv_i(n, rs1, 1, rd, 0x1b); }
static inline u32 rv_srliw(u8 rd, u8 rs1, u32 n) { return rv_i(n, rs1, 5, rd, 0x1b); }
static inline u32 rv_sraiw(u8 rd, u8 rs1, u32 n) { return rv_i(0x400 | n, rs1, 5, rd, 0x1b); }

static inline u32 rv_add(u8 rd, u8 rs1, u8 rs2) { return rv_r(0, rs2, rs1, 0, rd, 0x33); }
static inline u32 rv_sub(u8 rd, u8 rs1, u8 rs2) { return rv_r(0x20, rs2, rs1, 0, rd, 0x33); }
static inline u32 rv_sll(u8 rd, u8 rs1, u8 rs2) { return rv_r(0, rs2, rs1, 1, rd, 0x33); }
static inline u32 rv_sltu(u8 rd, u8 rs1, u8 rs2) { return rv_r(0, rs2, rs1, 3, rd, 0x33); }
static inline u32 rv_xor(u8 rd, u8 rs1, u8 rs2) { return rv_r(0, rs2, rs1, 4, rd, 0x33); }
static inline u32 rv_srl(u8 rd, u8 rs1, u8 rs2) { return rv_r(0, rs2, rs1, 5, rd, 0x33); }
static inline u32 rv_sra(u8 rd, u8 rs1, u8 rs2) { return rv_r(0x20, rs2, rs1, 5, rd, 0x33); }
static inline u32 rv_or(u8 rd, u8 rs1, u8 rs2) { return rv_r(0, rs2, rs1, 6, rd, 0x33); }
static inline u32 rv_and(u8 rd, u8 rs1, u8 rs2) { return rv_r(0, rs2, rs1, 7, rd, 0x33); }
static inline u32 rv_addw(u8 rd, u8 rs1, u8 rs2) { return rv_r(0, rs2, rs1, 0, rd, 0x3b); }
static inline u32 rv_subw(u8 rd, u8 rs1, u8 rs2) { return rv_r(0x20, rs2, rs1, 0, rd, 0x3b); }
static inline u32 rv_sllw(u8 rd, u8 rs1, u8 rs2) { return rv_r(0, rs2, rs1, 1, rd, 0x3b); }
static inline u32 rv_srlw(u8 rd, u8 rs1, u8 rs2) { return rv_r(0, rs2, rs1, 5, rd, 0x3b); }
static inline u32 rv_sraw(u8 rd, u8 rs1, u8 rs2) { return rv_r(0x20, rs2, rs1, 5, rd, 0x3b); }

static inline u32 rv_fence_rw_rw(void) { return rv_i(0x033, 0, 0, 0, 0x0f); }

/* M */

static inline u32 rv_mul(u8 rd, u8 rs1, u8 rs2) { return rv_r(1, rs2, rs1, 0, rd, 0x33); }
static inline u32 rv_div(u8 rd, u8 rs1, u8 rs2) { return rv_r(1, rs2, rs1, 4, rd, 0x33); }
static inline u32 rv_divu(u8 rd, u8 rs1, u8 rs2) { return rv_r(1, rs2, rs1, 5, rd, 0x33); }
static inline u32 rv_rem(u8 rd, u8 rs1, u8 rs2) { return rv_r(1, rs2, rs1, 6, rd, 0x33); }
static inline u32 rv_remu(u8 rd, u8 rs1, u8 rs2) { return rv_r(1, rs2, rs1, 7, rd, 0x33); }
static inline u32 rv_mulw(u8 rd, u8 rs1, u8 rs2) { return rv_r(1, rs2, rs1, 0, rd, 0x3b); }
static inline u32 rv_divw(u8 rd, u8 rs1, u8 rs2) { return rv_r(1, rs2, rs1, 4, rd, 0x3b); }
static inline u32 rv_divuw(u8 rd, u8 rs1, u8 rs2) { return rv_r(1, rs2, rs1, 5, rd, 0x3b); }
static inline u32 rv_remw(u8 rd, u8 rs1, u8 rs2) { return rv_r(1, rs2, rs1, 6, rd, 0x3b); }
static inline u32 rv_remuw(u8 rd, u8 rs1, u8 rs2) { return rv_r(1, rs2, rs1, 7, rd, 0x3b); }

/* A and Zacas: @dw picks .d, else .w. The operation is the funct5. */
#define RV_AMOADD	0x00
#define RV_AMOSWAP	0x01
#define RV_AMOXOR	0x04
#define RV_AMOCAS	0x05
#define RV_AMOOR	0x08
#define RV_AMOAND	0x0c

static inline u32 rv_lr(bool dw, u32 order, u8 rd, u8 rs1)
{
	return rv_amo(0x02, order, 0, rs1, 2 + dw, rd);
}

static inline u32 rv_sc(bool dw, u32 order, u8 rd, u8 rs2, u8 rs1)
{
	return rv_amo(0x03, order, rs2, rs1, 2 + dw, rd);
}

static inline u32 rv_amoop(u32 op, bool dw, u32 order, u8 rd, u8 rs2, u8 rs1)
{
	return rv_amo(op, order, rs2, rs1, 2 + dw, rd);
}

/* Zba */

static inline u32 rv_add_uw(u8 rd, u8 rs1, u8 rs2) { return rv_r(0x04, rs2, rs1, 0, rd, 0x3b); }
static inline u32 rv_slli_uw(u8 rd, u8 rs1, u32 n) { return rv_i(0x080 | n, rs1, 1, rd, 0x1b); }
static inline u32 rv_sh1add(u8 rd, u8 rs1, u8 rs2) { return rv_r(0x10, rs2, rs1, 2, rd, 0x33); }
static inline u32 rv_sh2add(u8 rd, u8 rs1, u8 rs2) { return rv_r(0x10, rs2, rs1, 4, rd, 0x33); }
static inline u32 rv_sh3add(u8 rd, u8 rs1, u8 rs2) { return rv_r(0x10, rs2, rs1, 6, rd, 0x33); }
static inline u32 rv_sh3add_uw(u8 rd, u8 rs1, u8 rs2) { return rv_r(0x10, rs2, rs1, 6, rd, 0x3b); }

/* Zbb */

static inline u32 rv_sext_b(u8 rd, u8 rs1) { return rv_i(0x604, rs1, 1, rd, 0x13); }
static inline u32 rv_sext_h(u8 rd, u8 rs1) { return rv_i(0x605, rs1, 1, rd, 0x13); }
static inline u32 rv_zext_h(u8 rd, u8 rs1) { return rv_r(0x04, 0, rs1, 4, rd, 0x3b); }
static inline u32 rv_rev8(u8 rd, u8 rs1) { return rv_i(0x6b8, rs1, 5, rd, 0x13); }

/* Zbs */

static inline u32 rv_bclri(u8 rd, u8 rs1, u32 n) { return rv_i(0x480 | n, rs1, 1, rd, 0x13); }
static inline u32 rv_binvi(u8 rd, u8 rs1, u32 n) { return rv_i(0x680 | n, rs1, 1, rd, 0x13); }
static inline u32 rv_bseti(u8 rd, u8 rs1, u32 n) { return rv_i(0x280 | n, rs1, 1, rd, 0x13); }

/* C: any register unless it says "three bits" above. */

static inline u16 rvc_unimp(void) { return 0; }
static inline u16 rvc_li(u8 rd, s32 imm) { return rv_ci(2, imm, rd, 1); }
static inline u16 rvc_lui(u8 rd, s32 imm20) { return rv_ci(3, imm20, rd, 1); }
static inline u16 rvc_addi(u8 rd, s32 imm) { return rv_ci(0, imm, rd, 1); }
static inline u16 rvc_addiw(u8 rd, s32 imm) { return rv_ci(1, imm, rd, 1); }
static inline u16 rvc_slli(u8 rd, u32 n) { return rv_ci(0, n, rd, 2); }
static inline u16 rvc_srli(u8 rd, u32 n) { return rv_cbi(0, n, rd); }
static inline u16 rvc_srai(u8 rd, u32 n) { return rv_cbi(1, n, rd); }
static inline u16 rvc_andi(u8 rd, s32 imm) { return rv_cbi(2, imm, rd); }
static inline u16 rvc_mv(u8 rd, u8 rs2) { return rv_cr(8, rd, rs2, 2); }
static inline u16 rvc_add(u8 rd, u8 rs2) { return rv_cr(9, rd, rs2, 2); }
static inline u16 rvc_jr(u8 rs1) { return rv_cr(8, rs1, 0, 2); }
static inline u16 rvc_jalr(u8 rs1) { return rv_cr(9, rs1, 0, 2); }
static inline u16 rvc_sub(u8 rd, u8 rs2) { return rv_ca(0x23, rd, 0, rs2, 1); }
static inline u16 rvc_xor(u8 rd, u8 rs2) { return rv_ca(0x23, rd, 1, rs2, 1); }
static inline u16 rvc_or(u8 rd, u8 rs2) { return rv_ca(0x23, rd, 2, rs2, 1); }
static inline u16 rvc_and(u8 rd, u8 rs2) { return rv_ca(0x23, rd, 3, rs2, 1); }
static inline u16 rvc_subw(u8 rd, u8 rs2) { return rv_ca(0x27, rd, 0, rs2, 1); }
static inline u16 rvc_addw(u8 rd, u8 rs2) { return rv_ca(0x27, rd, 1, rs2, 1); }
static inline u16 rvc_j(s32 dist) { return rv_cj(5, dist, 1); }
static inline u16 rvc_beqz(u8 rs1, s32 dist) { return rv_cb(6, dist, rs1, 1); }
static inline u16 rvc_bnez(u8 rs1, s32 dist) { return rv_cb(7, dist, rs1, 1); }

static inline u16 rvc_addi16sp(s32 imm)
{
	return rv_ci(3, rv_bits(imm, 9, 9, 5) | rv_bits(imm, 4, 4, 4) |
		     rv_bits(imm, 6, 6, 3) | rv_bits(imm, 8, 7, 1) |
		     rv_bits(imm, 5, 5, 0), RV_SP, 1);
}

static inline u16 rvc_addi4spn(u8 rd, u32 imm)
{
	return rv_bits(imm, 5, 4, 11) | rv_bits(imm, 9, 6, 7) |
	       rv_bits(imm, 2, 2, 6) | rv_bits(imm, 3, 3, 5) | (rd & 7) << 2;
}

static inline u16 rvc_lwsp(u8 rd, u32 imm)
{
	return rv_ci(2, rv_bits(imm, 5, 2, 2) | rv_bits(imm, 7, 6, 0), rd, 2);
}

static inline u16 rvc_ldsp(u8 rd, u32 imm)
{
	return rv_ci(3, rv_bits(imm, 5, 3, 3) | rv_bits(imm, 8, 6, 0), rd, 2);
}

static inline u16 rvc_swsp(u8 rs2, u32 imm)
{
	return rv_css(6, rv_bits(imm, 5, 2, 2) | rv_bits(imm, 7, 6, 0), rs2, 2);
}

static inline u16 rvc_sdsp(u8 rs2, u32 imm)
{
	return rv_css(7, rv_bits(imm, 5, 3, 3) | rv_bits(imm, 8, 6, 0), rs2, 2);
}

static inline u16 rvc_lw(u8 rd, u32 imm, u8 rs1)
{
	return rv_cls(2, rv_bits(imm, 5, 3, 0), rs1,
		      rv_bits(imm, 2, 2, 1) | rv_bits(imm, 6, 6, 0), rd, 0);
}

static inline u16 rvc_ld(u8 rd, u32 imm, u8 rs1)
{
	return rv_cls(3, rv_bits(imm, 5, 3, 0), rs1, rv_bits(imm, 7, 6, 0), rd, 0);
}

static inline u16 rvc_sw(u8 rs2, u32 imm, u8 rs1)
{
	return rv_cls(6, rv_bits(imm, 5, 3, 0), rs1,
		      rv_bits(imm, 2, 2, 1) | rv_bits(imm, 6, 6, 0), rs2, 0);
}

static inline u16 rvc_sd(u8 rs2, u32 imm, u8 rs1)
{
	return rv_cls(7, rv_bits(imm, 5, 3, 0), rs1, rv_bits(imm, 7, 6, 0), rs2, 0);
}

#endif /* MBPF_RV_ENCODE_H */
