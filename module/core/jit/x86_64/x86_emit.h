/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between encoders and selection: append an instruction, in its shortest form
 * for the operands at hand. None of them reads flags that an earlier one set;
 * all but moves may change them.
 */
#ifndef MBPF_X86_EMIT_H
#define MBPF_X86_EMIT_H

#include "../jit.h"
#include "x86_encode.h"

static inline bool is_s8(s64 value)
{
	return value == (s8)value;
}

static inline bool is_s32(s64 value)
{
	return value == (s32)value;
}

/* Eight bytes at a time: there is room behind, and what is too much is overwritten. */
static inline void emit(struct mbpf_jit *jit, struct x86_code code)
{
	u8 *at = jit->buf + jit->pos;

	put_unaligned(code.head, (u64 *)at);
	put_unaligned(code.tail, (u64 *)(at + code.len));
	jit->pos += code.len + code.tail_len;
}

/* Kinds of references to other places. */
enum x86_ref {
	X86_REF_JUMP,	/* 2 or 5 bytes */
	X86_REF_JCC,	/* 2 or 6; the operand is its condition */
	X86_REF_REL32,	/* a field of 4 bytes; the operand is what follows it in its instruction */
};

/*
 * @code, whose last four bytes but @after will be the distance to @to, as in
 * mbpf_jit_refer(), from its end.
 */
void mbpf_x86_emit_rel32(struct mbpf_jit *jit, struct x86_code code, u32 after, u8 what, u64 to);

/* For the back end's description. */
u32 mbpf_x86_ref_size(const struct mbpf_jit_ref *ref, s64 dist);
int mbpf_x86_ref_put(const struct mbpf_jit_ref *ref, u8 *at, s64 dist);

/* x86_emit.c */
void mbpf_x86_emit_const(struct mbpf_jit *jit, u8 dst, u64 value);
void mbpf_x86_emit_alu(struct mbpf_jit *jit, enum x86_alu alu, u32 size, u8 dst, s32 imm);
void mbpf_x86_emit_alu_mem(struct mbpf_jit *jit, enum x86_alu alu, u32 size,
			   struct x86_mem dst, s32 imm);
void mbpf_x86_emit_and(struct mbpf_jit *jit, u32 size, u8 dst, s32 imm);
void mbpf_x86_emit_test(struct mbpf_jit *jit, u32 size, u8 a, s32 imm);
void mbpf_x86_emit_mul(struct mbpf_jit *jit, u32 size, u8 dst, u8 src, s32 imm);
void mbpf_x86_emit_shift(struct mbpf_jit *jit, enum x86_shift shift, u32 size, u8 dst, u8 imm);
void mbpf_x86_emit_goto(struct mbpf_jit *jit, u64 addr);
void mbpf_x86_emit_call(struct mbpf_jit *jit, u64 addr);
void mbpf_x86_emit_jump_rax(struct mbpf_jit *jit);
void mbpf_x86_emit_return(struct mbpf_jit *jit);
void mbpf_x86_emit_entry(struct mbpf_jit *jit);

static inline void emit_mov(struct mbpf_jit *jit, u32 size, u8 dst, u8 src)
{
	if (dst != src || size == 4)
		emit(jit, x86_mov_rr(size, dst, src));
}

/* Clears bits 32 to 63. */
static inline void emit_zext(struct mbpf_jit *jit, u8 reg)
{
	emit(jit, x86_mov_rr(4, reg, reg));
}

/*
 * Short jumps forward inside what one BPF instruction becomes. Each returns a
 * position for emit_label(), which makes the jump land where it is called.
 */
static inline u32 emit_skip(struct mbpf_jit *jit)
{
	emit(jit, x86_jmp8(0));
	return jit->pos;
}

static inline u32 emit_skip_if(struct mbpf_jit *jit, enum x86_cc cc)
{
	emit(jit, x86_jcc8(cc, 0));
	return jit->pos;
}

static inline void emit_label(struct mbpf_jit *jit, u32 jump)
{
	jit->buf[jump - 1] = jit->pos - jump;
}

#endif /* MBPF_X86_EMIT_H */
