// SPDX-License-Identifier: GPL-2.0-only
/*
 * Constants: up to two instructions in line; what takes more is loaded from a
 * pool behind the code, where each constant stands once.
 */
#include "rv_emit.h"

/* Distances are judged with this much to spare: more than any arena is long. */
#define NEAR_SLACK (1LL << 29)

bool mbpf_rv_is_near(const struct rv_jit *rv, u64 addr)
{
	s64 dist = addr - rv->jit->near;

	return dist >= -(1LL << 31) + NEAR_SLACK &&
	       dist < (1LL << 31) - NEAR_SLACK;
}

u8 mbpf_rv_imm_upper(u64 value)
{
	return (value == (u32)value ? RV_ZX : 0) |
	       (fits_32(value) ? RV_SX : 0);
}

/* The upper part of a 32-bit value for lui; the lower part is -2048..2047. */
static s32 upper_20(s32 value)
{
	return (s32)(((u32)value + 0x800) & ~0xfffu) >> 12;
}

static s32 lower_12(u64 value)
{
	return (s32)((value & 0xfff) ^ 0x800) - 0x800;
}

bool mbpf_rv_imm_is_short(u64 value)
{
	return fits_12(value) || (fits_32(value) && !lower_12(value));
}

static void emit_lui(struct rv_jit *rv, u8 rd, s32 imm20)
{
	if (fits_6(imm20) && imm20 && rd != RV_SP)
		emit_c(rv, rvc_lui(rd, imm20));
	else
		emit(rv, rv_lui(rd, imm20));
}

static void emit_imm32(struct rv_jit *rv, u8 rd, s32 value)
{
	s32 lo = lower_12((u32)value);

	if (fits_12(value)) {
		emit_addi(rv, rd, RV_ZERO, value);
		return;
	}
	emit_lui(rv, rd, upper_20(value));
	/* addiw: 0x7ffff800 and up are made from lui's negative 0x80000000 */
	if (lo)
		emit_addiw(rv, rd, rd, lo);
}

/* A short value and one more instruction; false if @value is not of this kind. */
static bool emit_imm_two(struct rv_jit *rv, u8 rd, u64 value)
{
	u32 clz = 64 - fls64(value), ctz = __ffs64(value);
	u64 ones = clz ? value << clz | ((1ULL << clz) - 1) : value;

	if (is_power_of_2(value) && rv_has(rv, MBPF_CPU_ZBS)) {
		emit(rv, rv_bseti(rd, RV_ZERO, ctz));
	} else if (ctz && mbpf_rv_imm_is_short((s64)value >> ctz)) {
		emit_imm32(rv, rd, (s64)value >> ctz);
		emit_slli(rv, rd, rd, ctz);
	} else if (clz && mbpf_rv_imm_is_short(ones)) {
		emit_imm32(rv, rd, ones);
		emit_srli(rv, rd, rd, clz);
	} else if (value == (u32)value && mbpf_rv_imm_is_short((s32)value) &&
		   rv_has(rv, MBPF_CPU_ZBA)) {
		emit_imm32(rv, rd, value);
		emit_zext_w(rv, rd, rd);
	} else {
		return false;
	}
	return true;
}

/* Any value: its upper 32 bits or less, then at least 12 more at a time, three times at most. */
static void emit_imm_long(struct rv_jit *rv, u8 rd, u64 value)
{
	s32 lo[3];
	u32 shift[3], n;

	for (n = 0; !fits_32(value); n++) {
		lo[n] = lower_12(value);
		value = (s64)(value - lo[n]) >> 12;
		shift[n] = value & 1 ? 0 : __ffs64(value);
		value = (s64)value >> shift[n];
	}
	emit_imm32(rv, rd, value);
	while (n--) {
		emit_slli(rv, rd, rd, 12 + shift[n]);
		if (lo[n])
			emit_addi(rv, rd, rd, lo[n]);
	}
}

/* False if the pool is full. */
static bool emit_literal(struct rv_jit *rv, u8 rd, u64 value)
{
	int n = mbpf_jit_literal(rv->jit, value);

	if (n < 0)
		return false;
	mbpf_rv_pcrel(rv, rd, rv_load(RV_LD, rd, 0, rd), MBPF_JIT_TO_POOL, n);
	return true;
}

static noinline void emit_imm64(struct rv_jit *rv, u8 rd, u64 value)
{
	if (emit_imm_two(rv, rd, value))
		return;
	if (mbpf_rv_is_near(rv, value))
		mbpf_rv_pcrel(rv, rd, rv_addi(rd, rd, 0), MBPF_JIT_TO_ADDR, value);
	else if (!emit_literal(rv, rd, value))
		emit_imm_long(rv, rd, value);
}

void mbpf_rv_imm(struct rv_jit *rv, u8 rd, u64 value)
{
	if (fits_32(value))
		emit_imm32(rv, rd, value);
	else
		emit_imm64(rv, rd, value);
}
