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
 * @form: enum form
 * @op: opcode, or the number in its group
 * @wide: REX.W or 0
 * @narrows: flag with which it is not needed: the lower half depends on no upper half
 */
struct plain {
	u8 form;
	u8 op;
	u8 wide;
	u8 narrows;
};

#define REX	0x40
#define REX_W	0x08

#define REG64(op)	[MBPF_ALU64 | (op) | MBPF_X]
#define REG32(op)	[MBPF_ALU | (op) | MBPF_X]
#define IMM64(op)	[MBPF_ALU64 | (op) | MBPF_K]
#define IMM32(op)	[MBPF_ALU | (op) | MBPF_K]

static const struct plain table[256] = {
	REG64(MBPF_ADD) = { REG, 0x01, REX_W, MBPF_AUX_NO_ZEXT },
	REG64(MBPF_SUB) = { REG, 0x29, REX_W, MBPF_AUX_NO_ZEXT },
	REG64(MBPF_OR)  = { REG, 0x09, REX_W, MBPF_AUX_NO_ZEXT },
	REG64(MBPF_AND) = { REG, 0x21, REX_W, MBPF_AUX_NO_ZEXT },
	REG64(MBPF_XOR) = { REG, 0x31, REX_W, MBPF_AUX_NO_ZEXT },
	REG32(MBPF_ADD) = { REG, 0x01 },
	REG32(MBPF_SUB) = { REG, 0x29 },
	REG32(MBPF_OR)  = { REG, 0x09 },
	REG32(MBPF_AND) = { REG, 0x21 },
	REG32(MBPF_XOR) = { REG, 0x31 },
	IMM64(MBPF_ADD) = { IMM, X86_ADD, REX_W, MBPF_AUX_NO_ZEXT },
	IMM64(MBPF_SUB) = { IMM, X86_SUB, REX_W, MBPF_AUX_NO_ZEXT },
	IMM64(MBPF_OR)  = { IMM, X86_OR, REX_W, MBPF_AUX_NO_ZEXT },
	IMM64(MBPF_XOR) = { IMM, X86_XOR, REX_W, MBPF_AUX_NO_ZEXT },
	IMM32(MBPF_ADD) = { IMM, X86_ADD },
	IMM32(MBPF_SUB) = { IMM, X86_SUB },
	IMM32(MBPF_OR)  = { IMM, X86_OR },
	IMM32(MBPF_XOR) = { IMM, X86_XOR },
	IMM64(MBPF_RSH) = { SHIFT, X86_SHR, REX_W },
	IMM64(MBPF_ARSH) = { SHIFT, X86_SAR, REX_W },
	IMM32(MBPF_LSH) = { SHIFT, X86_SHL },
	IMM32(MBPF_RSH) = { SHIFT, X86_SHR },
	IMM32(MBPF_ARSH) = { SHIFT, X86_SAR },
};

/* The bytes of @code, in the order of its bits, without a REX that says nothing; @n with it. */
static inline void put(struct mbpf_jit *jit, u64 code, u32 n)
{
	u32 none = (code & 0xff) == REX;

	put_unaligned(code >> (8 * none), (u64 *)(jit->buf + jit->pos));
	jit->pos += n - none;
}

/* REX, @op, and ModRM of two registers. */
static inline u64 encode(u32 wide, u32 op, u32 reg, u32 rm)
{
	return REX | wide | (reg & 8) >> 1 | rm >> 3 | op << 8 |
	       (0xc0 | (reg & 7) << 3 | (rm & 7)) << 16;
}

static bool emit_imm(struct x86_jit *x, const struct plain *p, u32 wide, u32 dst, s32 imm)
{
	if (imm == -1 || imm == 128)
		return false;
	if (is_s8(imm))
		put(x->jit, encode(wide, 0x83, p->op, dst) | (u64)(u8)imm << 24, 4);
	else if (dst == X86_RAX)
		put(x->jit, REX | wide | (p->op << 3 | 5) << 8 | (u64)(u32)imm << 16, 6);
	else
		put(x->jit, encode(wide, 0x81, p->op, dst) | (u64)(u32)imm << 24, 7);
	return true;
}

bool mbpf_x86_plain(struct x86_jit *x, const struct mbpf_insn *insn,
		    const struct mbpf_insn_aux *aux)
{
	const struct plain *p = &table[insn->code];
	u32 dst = x->fn->reg[insn->dst], src, wide = p->wide;
	s32 imm = insn->imm;

	if (aux->flags & (MBPF_AUX_CONST | MBPF_AUX_DEAD))
		return false;
	if (aux->flags & p->narrows)
		wide = 0;
	switch (p->form) {
	case REG:
		src = x->fn->reg[insn->src];
		/* R10 may have none; a register with itself may be a constant. */
		if (src == X86_NOREG || src == dst)
			return false;
		put(x->jit, encode(wide, p->op, src, dst), 3);
		return true;
	case IMM:
		return imm && emit_imm(x, p, wide, dst, imm);
	case SHIFT:
		if (imm < 2 || imm > 31)
			return false;
		put(x->jit, encode(wide, 0xc1, p->op, dst) | (u64)imm << 24, 4);
		return true;
	default:
		return false;
	}
}
