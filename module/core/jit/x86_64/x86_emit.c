// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emitters that choose between several forms of an instruction: immediates of
 * different widths, near and far calls, plain and hardened jumps.
 */
#include "x86_emit.h"

/*
 * Calls and jumps out of the program. Whether a rel32 reaches is decided from
 * where the code was said to go before its size was known; the margin is more
 * than any arena is long, and the program in it.
 */
#define REACH ((1LL << 31) - (1LL << 26))

static bool is_near(const struct mbpf_jit *jit, u64 addr)
{
	s64 distance = addr - jit->near;

	return distance > -REACH && distance < REACH;
}

void mbpf_x86_emit_rel32(struct mbpf_jit *jit, struct x86_code code, u32 after, u8 what, u64 to)
{
	emit(jit, code);
	jit->pos -= 4 + after;
	mbpf_jit_refer(jit, X86_REF_REL32, after, 4, what, to);
	jit->pos += 4 + after;
}

u32 mbpf_x86_ref_size(const struct mbpf_jit_ref *ref, s64 dist)
{
	if (ref->kind == X86_REF_REL32 || is_s8(dist - 2))
		return ref->min;
	return ref->kind == X86_REF_JUMP ? 5 : 6;
}

static void put_bytes(u8 *at, struct x86_code code)
{
	memcpy(at, &code.head, code.len);
	memcpy(at + code.len, &code.tail, code.tail_len);
}

int mbpf_x86_ref_put(const struct mbpf_jit_ref *ref, u8 *at, s64 dist)
{
	dist -= ref->size;
	if (!is_s32(dist))
		return -E2BIG;
	if (ref->kind == X86_REF_REL32)
		put_unaligned((s32)(dist - ref->operand), (s32 *)at);
	else if (ref->kind == X86_REF_JUMP)
		put_bytes(at, ref->size == 2 ? x86_jmp8(dist) : x86_jmp32(dist));
	else
		put_bytes(at, ref->size == 2 ? x86_jcc8(ref->operand, dist) :
					       x86_jcc32(ref->operand, dist));
	return 0;
}

void mbpf_x86_emit_const(struct mbpf_jit *jit, u8 dst, u64 value)
{
	if (!value)
		emit(jit, x86_alu_rr(X86_XOR, 4, dst, dst));
	else if (value <= U32_MAX)
		emit(jit, x86_mov_ri32(dst, value));
	else if (is_s32(value))
		emit(jit, x86_mov_risx(dst, value));
	else
		emit(jit, x86_mov_ri64(dst, value));
}

/* @size 4 or 8 */
void mbpf_x86_emit_alu(struct mbpf_jit *jit, enum x86_alu alu, u32 size, u8 dst, s32 imm)
{
	/* 128 does not fit a signed byte, but -128 does. */
	if (imm == 128 && (alu == X86_ADD || alu == X86_SUB)) {
		alu = alu == X86_ADD ? X86_SUB : X86_ADD;
		imm = -128;
	}
	if (is_s8(imm))
		emit(jit, x86_alu_ri8(alu, size, dst, imm));
	else if (dst == X86_RAX)
		emit(jit, x86_alu_ai32(alu, size, imm));
	else
		emit(jit, x86_alu_ri32(alu, size, dst, imm));
}

/* @size 1, 4 or 8 */
void mbpf_x86_emit_alu_mem(struct mbpf_jit *jit, enum x86_alu alu, u32 size,
			   struct x86_mem dst, s32 imm)
{
	if (size == 1 || is_s8(imm))
		emit(jit, x86_alu_mi8(alu, size, dst, imm));
	else
		emit(jit, x86_alu_mi32(alu, size, dst, imm));
}

void mbpf_x86_emit_and(struct mbpf_jit *jit, u32 size, u8 dst, s32 imm)
{
	if (!imm)
		mbpf_x86_emit_const(jit, dst, 0);
	else if (imm == U8_MAX || imm == U16_MAX)
		emit(jit, x86_movzx_rr(dst, dst, imm == U8_MAX ? 1 : 2));
	else	/* a positive one clears the upper half either way */
		mbpf_x86_emit_alu(jit, X86_AND, imm > 0 ? 4 : size, dst, imm);
}

void mbpf_x86_emit_test(struct mbpf_jit *jit, u32 size, u8 a, s32 imm)
{
	/* What lies above the immediate's highest bit cannot matter. */
	if (imm >= 0)
		size = imm <= 0x7f ? 1 : 4;
	if (a == X86_RAX && size != 8)
		emit(jit, x86_test_ai(size, imm));
	else
		emit(jit, x86_test_ri(size, a, imm));
}

void mbpf_x86_emit_mul(struct mbpf_jit *jit, u32 size, u8 dst, u8 src, s32 imm)
{
	if (is_s8(imm))
		emit(jit, x86_imul_rri8(size, dst, src, imm));
	else
		emit(jit, x86_imul_rri32(size, dst, src, imm));
}

void mbpf_x86_emit_shift(struct mbpf_jit *jit, enum x86_shift shift, u32 size, u8 dst, u8 imm)
{
	if (imm == 1)
		emit(jit, x86_shift_r1(shift, size, dst));
	else
		emit(jit, x86_shift_ri(shift, size, dst, imm));
}

/* To the kernel's thunks, which are always near. */
void mbpf_x86_emit_goto(struct mbpf_jit *jit, u64 addr)
{
	mbpf_x86_emit_rel32(jit, x86_jmp32(0), 0, MBPF_JIT_TO_ADDR, addr);
}

/*
 * Calls are not counted for the kernel's call depth tracking (retbleed=stuff), whose return thunk
 * counts down: it refills the return stack earlier than it would have to, never too late.
 */
void mbpf_x86_emit_call(struct mbpf_jit *jit, u64 addr)
{
	if (is_near(jit, addr)) {
		mbpf_x86_emit_rel32(jit, x86_call(0), 0, MBPF_JIT_TO_ADDR, addr);
		return;
	}
	mbpf_x86_emit_const(jit, X86_RAX, addr);
	if (jit->target->features & MBPF_CPU_RETPOLINE)
		mbpf_x86_emit_rel32(jit, x86_call(0), 0, MBPF_JIT_TO_ADDR, jit->target->thunk);
	else
		emit(jit, x86_call_r(X86_RAX));
}

void mbpf_x86_emit_jump_rax(struct mbpf_jit *jit)
{
	if (jit->target->features & MBPF_CPU_RETPOLINE)
		mbpf_x86_emit_goto(jit, jit->target->thunk);
	else
		emit(jit, x86_jmp_r(X86_RAX));
}

void mbpf_x86_emit_return(struct mbpf_jit *jit)
{
	if (jit->target->features & MBPF_CPU_RETHUNK)
		mbpf_x86_emit_goto(jit, jit->target->return_thunk);
	else
		emit(jit, x86_ret());
}

/* Where an indirect call or jump may arrive. */
void mbpf_x86_emit_entry(struct mbpf_jit *jit)
{
	if (jit->target->features & MBPF_CPU_IBT)
		emit(jit, x86_endbr64());
}
