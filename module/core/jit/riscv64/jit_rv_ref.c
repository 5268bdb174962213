// SPDX-License-Identifier: GPL-2.0-only
/* Code that depends on distances: which form reaches how far, and its bytes. */
#include "rv_emit.h"

#define RANGE_C_BRANCH	(1 << 8)
#define RANGE_BRANCH	(1 << 12)
#define RANGE_C_J	(1 << 11)
#define RANGE_JAL	(1 << 20)

/* A branch's operand: its condition and registers, and whether a short form has them. */
#define BRANCH(cond, rs1, rs2)	((cond) | (rs1) << 8 | (rs2) << 16)
#define COND(operand)		((operand) & 0xff)
#define RS1(operand)		((operand) >> 8 & 0xff)
#define RS2(operand)		((operand) >> 16)

/* Room for the shortest form of a reference. */
static void reserve(struct rv_jit *rv, enum rv_ref kind, u32 operand, u8 min, u32 to)
{
	mbpf_jit_refer(rv->jit, kind, operand, min, MBPF_JIT_TO_INSN, to);
	rv->jit->pos += min;
}

void mbpf_rv_goto(struct rv_jit *rv, u32 to)
{
	reserve(rv, RV_REF_GOTO, 0, 2, to);
}

void mbpf_rv_branch(struct rv_jit *rv, u32 cond, u8 rs1, u8 rs2, u32 to)
{
	bool equality = cond == RV_BEQ || cond == RV_BNE;

	if (equality && rs1 == RV_ZERO)
		swap(rs1, rs2);
	reserve(rv, RV_REF_BRANCH, BRANCH(cond, rs1, rs2),
		equality && rs2 == RV_ZERO && is_c_reg(rs1) ? 2 : 4, to);
}

void mbpf_rv_pcrel(struct rv_jit *rv, u8 rd, u32 insn, u8 what, u64 to)
{
	mbpf_jit_refer(rv->jit, RV_REF_PCREL, 0, 8, what, to);
	emit(rv, rv_auipc(rd, 0));
	emit(rv, insn);
}

static bool reaches(s64 dist, s64 range)
{
	return dist >= -range && dist < range;
}

u32 mbpf_rv_ref_size(const struct mbpf_jit_ref *ref, s64 dist)
{
	switch (ref->kind) {
	case RV_REF_GOTO:
		return reaches(dist, RANGE_C_J) ? 2 : reaches(dist, RANGE_JAL) ? 4 : 8;
	case RV_REF_BRANCH:
		if (ref->min == 2 && reaches(dist, RANGE_C_BRANCH))
			return 2;
		if (reaches(dist, RANGE_BRANCH))
			return 4;
		return reaches(dist - 4, RANGE_JAL) ? 8 : 12;
	case RV_REF_CALL:
		return reaches(dist, RANGE_JAL) ? 4 : 8;
	default:
		return ref->size;
	}
}

static void put(u8 *at, u32 insn)
{
	put_unaligned(insn, (u32 *)at);
}

static void put_c(u8 *at, u16 insn)
{
	put_unaligned(insn, (u16 *)at);
}

/* Patches the auipc at @at and the I-type instruction behind it. */
static void put_pcrel(u8 *at, s64 dist)
{
	/* The lower part is -2048..2047. */
	u32 upper = (dist + 0x800) & ~0xfffLL;

	put(at, get_unaligned((u32 *)at) | upper);
	put(at + 4, get_unaligned((u32 *)(at + 4)) | (u32)(dist - upper) << 20);
}

static void put_far(u8 *at, u8 link, s64 dist)
{
	u8 via = link == RV_ZERO ? RV_TMP : link;

	put(at, rv_auipc(via, 0));
	put(at + 4, rv_jalr(link, via, 0));
	put_pcrel(at, dist);
}

static void put_branch(const struct mbpf_jit_ref *ref, u8 *at, s64 dist)
{
	u32 cond = COND(ref->operand);
	u8 rs1 = RS1(ref->operand), rs2 = RS2(ref->operand);

	switch (ref->size) {
	case 2:
		put_c(at, cond == RV_BEQ ? rvc_beqz(rs1, dist) : rvc_bnez(rs1, dist));
		break;
	case 4:
		put(at, rv_bcc(cond, rs1, rs2, dist));
		break;
	default:
		/* the opposite condition, around a jump */
		put(at, rv_bcc(cond ^ 1, rs1, rs2, ref->size));
		if (ref->size == 8)
			put(at + 4, rv_jal(RV_ZERO, dist - 4));
		else
			put_far(at + 4, RV_ZERO, dist - 4);
	}
}

int mbpf_rv_ref_put(const struct mbpf_jit_ref *ref, u8 *at, s64 dist)
{
	if (!reaches(dist, (1LL << 31) - 2048))
		return -E2BIG;
	switch (ref->kind) {
	case RV_REF_GOTO:
		if (ref->size == 2)
			put_c(at, rvc_j(dist));
		else if (ref->size == 4)
			put(at, rv_jal(RV_ZERO, dist));
		else
			put_far(at, RV_ZERO, dist);
		break;
	case RV_REF_BRANCH:
		put_branch(ref, at, dist);
		break;
	case RV_REF_JAL:
	case RV_REF_CALL:
		if (ref->size == 4)
			put(at, rv_jal(RV_RA, dist));
		else
			put_far(at, RV_RA, dist);
		break;
	default:
		put_pcrel(at, dist);
	}
	return 0;
}
