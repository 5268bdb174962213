// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic that is one instruction of two registers, or of a register and a
 * constant, as most is: its opcodes in a table, its bytes put together at once.
 * All else, and operands for which there is something better, goes to the
 * files that look at all of it.
 */
#include "jit_x86.h"

enum form {
	NONE,
	REG,	/* r/m = dst, reg = src */
	IMM,	/* the ALU group: 83 /n with a byte, 81 /n with four */
	SHIFT,	/* C1 /n by 2 to 31 */
};

/**
 * struct plain - an opcode's instruction
 * @code: REX, opcode and ModRM from the lowest byte on, with no registers in them
 * @form: enum form
 * @narrows: flag with which REX.W is not needed: the lower half depends on no upper half
 */
struct plain {
	u32 code;
	u8 form;
	u8 narrows;
};

#define REX	0x40
#define REX_W	0x08

#define PLAIN(form, op, digit, wide, narrows) \
	{ REX | (wide) | (op) << 8 | (0xc0 | (digit) << 3) << 16, (form), (narrows) }
#define WITH_REG(op, ...) PLAIN(REG, op, 0, ##__VA_ARGS__)
#define WITH_IMM(op, ...) PLAIN(IMM, 0x81, op, ##__VA_ARGS__)
#define WITH_COUNT(op, ...) PLAIN(SHIFT, 0xc1, op, ##__VA_ARGS__)

#define REG64(op)	[MBPF_ALU64 | (op) | MBPF_X]
#define REG32(op)	[MBPF_ALU | (op) | MBPF_X]
#define IMM64(op)	[MBPF_ALU64 | (op) | MBPF_K]
#define IMM32(op)	[MBPF_ALU | (op) | MBPF_K]

static const struct plain table[256] = {
	REG64(MBPF_ADD) = WITH_REG(0x01, REX_W, MBPF_AUX_NO_ZEXT),
	REG64(MBPF_SUB) = WITH_REG(0x29, REX_W, MBPF_AUX_NO_ZEXT),
	REG64(MBPF_OR)  = WITH_REG(0x09, REX_W, MBPF_AUX_NO_ZEXT),
	REG64(MBPF_AND) = WITH_REG(0x21, REX_W, MBPF_AUX_NO_ZEXT),
	REG64(MBPF_XOR) = WITH_REG(0x31, REX_W, MBPF_AUX_NO_ZEXT),
	REG32(MBPF_ADD) = WITH_REG(0x01, 0, 0),
	REG32(MBPF_SUB) = WITH_REG(0x29, 0, 0),
	REG32(MBPF_OR)  = WITH_REG(0x09, 0, 0),
	REG32(MBPF_AND) = WITH_REG(0x21, 0, 0),
	REG32(MBPF_XOR) = WITH_REG(0x31, 0, 0),
	IMM64(MBPF_ADD) = WITH_IMM(X86_ADD, REX_W, MBPF_AUX_NO_ZEXT),
	IMM64(MBPF_SUB) = WITH_IMM(X86_SUB, REX_W, MBPF_AUX_NO_ZEXT),
	IMM64(MBPF_OR)  = WITH_IMM(X86_OR, REX_W, MBPF_AUX_NO_ZEXT),
	IMM64(MBPF_XOR) = WITH_IMM(X86_XOR, REX_W, MBPF_AUX_NO_ZEXT),
	IMM32(MBPF_ADD) = WITH_IMM(X86_ADD, 0, 0),
	IMM32(MBPF_SUB) = WITH_IMM(X86_SUB, 0, 0),
	IMM32(MBPF_OR)  = WITH_IMM(X86_OR, 0, 0),
	IMM32(MBPF_XOR) = WITH_IMM(X86_XOR, 0, 0),
	IMM64(MBPF_RSH) = WITH_COUNT(X86_SHR, REX_W, 0),
	IMM64(MBPF_ARSH) = WITH_COUNT(X86_SAR, REX_W, 0),
	IMM32(MBPF_LSH) = WITH_COUNT(X86_SHL, 0, 0),
	IMM32(MBPF_RSH) = WITH_COUNT(X86_SHR, 0, 0),
	IMM32(MBPF_ARSH) = WITH_COUNT(X86_SAR, 0, 0),
};

/*
 * The bytes of @code, in the order of its bits, without a REX that says nothing;
 * @n with it. Returns how many they are. There is room behind.
 */
static inline u32 put(u8 *at, u64 code, u32 n)
{
	u32 none = (code & 0xff) == REX;

	put_unaligned(code >> (8 * none), (u64 *)at);
	return n - none;
}

/* 83 in place of 81 takes a byte; the accumulator's form has the number in its opcode. */
static inline u32 emit_imm(u8 *at, u32 code, u32 rm, s32 imm)
{
	if (!imm || imm == -1 || imm == 128)
		return 0;
	if (is_s8(imm))
		return put(at, (code | rm | 0x0200) | (u64)(u8)imm << 24, 4);
	if (rm == x86_as_rm(X86_RAX))
		return put(at, (code & 0xff) | (code >> 16 & 0x38) << 8 | 0x0500 |
			   (u64)(u32)imm << 16, 6);
	return put(at, (code | rm) | (u64)(u32)imm << 24, 7);
}

/* @insn if it is one of them. Returns its length, or 0: nothing is done. */
static inline u32 emit_plain(const struct x86_fn *fn, const struct mbpf_insn *insn, u16 flags,
			     u8 *at)
{
	const struct plain *p = &table[insn->code];
	u32 code = p->code, rm = fn->as_rm[insn->dst];
	s32 imm = insn->imm;

	if (flags & p->narrows)
		code &= ~REX_W;
	switch (p->form) {
	case REG:
		/* R10 may have no register; one with itself may be a constant. */
		if (insn->src == MBPF_REG_FP || insn->src == insn->dst)
			return 0;
		return put(at, code | rm | fn->as_reg[insn->src], 3);
	case IMM:
		return emit_imm(at, code, rm, imm);
	case SHIFT:
		if (imm < 2 || imm > 31)
			return 0;
		return put(at, code | rm | (u64)imm << 24, 4);
	default:
		return 0;
	}
}

u32 mbpf_x86_plain(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	const struct mbpf_insn_aux *aux = x86_aux(x, i), *end = x86_aux(x, x->sub->end);
	const struct x86_fn *fn = x->fn;
	struct mbpf_jit *jit = x->jit;
	u32 *off = &jit->off[i], n = 1;

	for (; n && aux < end && !(aux->flags & (MBPF_AUX_CONST | MBPF_AUX_DEAD)); insn++, aux++) {
		mbpf_jit_room(jit);
		*off++ = jit->pos;
		n = emit_plain(fn, insn, aux->flags, jit->buf + jit->pos);
		jit->pos += n;
	}
	return insn - x->code->insns - !n;
}
