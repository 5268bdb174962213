/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86-64 instructions as bytes: pure functions of their operands. Formats
 * (prefixes, REX, ModRM, SIB) are in x86_encode.c; here is one function per
 * instruction and operand form, named after the manual's mnemonic, operands in
 * Intel order: rr two registers, rm register and memory, mr memory and
 * register, ri and mi with an immediate. Sizes are operand sizes in bytes.
 * "Intel SDM volume 2" and "AMD64 volume 3" are the references.
 */
#ifndef MBPF_X86_ENCODE_H
#define MBPF_X86_ENCODE_H

#include "../../os.h"

enum x86_reg {
	X86_RAX,	/* result; implicit operand of mul, div, cmpxchg */
	X86_RCX,	/* 4th argument; shift count */
	X86_RDX,	/* 3rd argument; implicit operand of mul, mulx, div */
	X86_RBX,	/* callee-saved, as are RBP and R12 to R15 */
	X86_RSP,
	X86_RBP,
	X86_RSI,	/* 2nd argument */
	X86_RDI,	/* 1st argument */
	X86_R8,		/* 5th argument */
	X86_R9,
	X86_R10,
	X86_R11,
	X86_R12,
	X86_R13,
	X86_R14,
	X86_R15,
	X86_RIP,	/* as base of an address only */
	X86_NOREG,
};

/* Conditions: the low four bits of Jcc. */
enum x86_cc {
	X86_CC_B = 0x2,
	X86_CC_AE = 0x3,
	X86_CC_E = 0x4,
	X86_CC_NE = 0x5,
	X86_CC_BE = 0x6,
	X86_CC_A = 0x7,
	X86_CC_S = 0x8,
	X86_CC_L = 0xc,
	X86_CC_GE = 0xd,
	X86_CC_LE = 0xe,
	X86_CC_G = 0xf,
};

/* The eight operations that share their encodings, by their number there. */
enum x86_alu {
	X86_ADD = 0,
	X86_OR = 1,
	X86_AND = 4,
	X86_SUB = 5,
	X86_XOR = 6,
	X86_CMP = 7,
};

enum x86_shift {
	X86_ROL = 0,
	X86_SHL = 4,
	X86_SHR = 5,
	X86_SAR = 7,
};

/*
 * One instruction: @len bytes up to ModRM and SIB in @head, lowest first, then
 * @tail_len bytes of displacement and immediate in @tail.
 */
struct x86_code {
	u64 head;
	u64 tail;
	u8 len;
	u8 tail_len;
};

/* base + (index << scale) + disp; index X86_NOREG for none. */
struct x86_mem {
	u8 base;
	u8 index;
	u8 scale;
	s32 disp;
};

/* An opcode with what comes before it: what the formats take. */
#define X86_0F		0x0100	/* two-byte opcode map */
#define X86_0F38	0x0200	/* three-byte opcode map */
#define X86_RM8		0x0400	/* r/m is a byte whatever the operand size */

/* ModRM with two registers; @reg may be the opcode's extension. */
struct x86_code mbpf_x86_rr(u32 op, u32 size, u8 reg, u8 rm);
/* ModRM with a memory operand. */
struct x86_code mbpf_x86_rm(u32 op, u32 size, u8 reg, struct x86_mem mem);
/* ModRM and SIB for an address that is to follow. */
struct x86_code mbpf_x86_abs(u32 op, u32 size, u8 reg);
/* The register in the opcode's low bits. */
struct x86_code mbpf_x86_o(u32 op, u32 size, u8 reg);
/* VEX with three registers: ModRM.reg, VEX.vvvv, ModRM.rm. */
struct x86_code mbpf_x86_vex(u32 op, u32 prefix, u32 size, u8 reg, u8 vvvv, u8 rm);

/* @code followed by @n bytes of immediate or displacement, 1 to 8. */
static inline struct x86_code mbpf_x86_imm(struct x86_code code, u64 imm, u32 n)
{
	imm &= U64_MAX >> (64 - 8 * n);
	code.tail |= imm << (8 * code.tail_len);
	code.tail_len += n;
	return code;
}

/* @code with a lock prefix. */
static inline struct x86_code mbpf_x86_lock(struct x86_code code)
{
	code.head = code.head << 8 | 0xf0;
	code.len++;
	return code;
}

static inline struct x86_mem x86_mem(u8 base, s32 disp)
{
	return (struct x86_mem){ .base = base, .index = X86_NOREG, .disp = disp };
}

static inline struct x86_mem x86_mem_index(u8 base, u8 index, u8 scale, s32 disp)
{
	return (struct x86_mem){ .base = base, .index = index, .scale = scale, .disp = disp };
}

/* Opcodes without operands. */
static inline struct x86_code x86_op(u8 op)
{
	return (struct x86_code){ .len = 1, .head = op };
}

static inline struct x86_code x86_op2(u8 first, u8 second)
{
	return (struct x86_code){ .len = 2, .head = first | second << 8 };
}

/* Opcodes whose bit 0 tells a byte operand from a wider one. */
static inline u32 x86_sized(u32 op, u32 size)
{
	return op | (size != 1);
}

/* Moves */

static inline struct x86_code x86_mov_rr(u32 size, u8 dst, u8 src)
{
	return mbpf_x86_rr(x86_sized(0x88, size), size, src, dst);
}

static inline struct x86_code x86_mov_rm(u32 size, u8 dst, struct x86_mem src)
{
	return mbpf_x86_rm(x86_sized(0x8a, size), size, dst, src);
}

static inline struct x86_code x86_mov_mr(u32 size, struct x86_mem dst, u8 src)
{
	return mbpf_x86_rm(x86_sized(0x88, size), size, src, dst);
}

static inline struct x86_code x86_mov_mi(u32 size, struct x86_mem dst, s32 imm)
{
	return mbpf_x86_imm(mbpf_x86_rm(x86_sized(0xc6, size), size, 0, dst), imm,
			    min_t(u32, size, 4));
}

/* Zero-extending 32-bit, sign-extending 32-bit and full 64-bit immediates. */
static inline struct x86_code x86_mov_ri32(u8 dst, u32 imm)
{
	return mbpf_x86_imm(mbpf_x86_o(0xb8, 4, dst), imm, 4);
}

static inline struct x86_code x86_mov_risx(u8 dst, s32 imm)
{
	return mbpf_x86_imm(mbpf_x86_rr(0xc7, 8, 0, dst), imm, 4);
}

static inline struct x86_code x86_mov_ri64(u8 dst, u64 imm)
{
	return mbpf_x86_imm(mbpf_x86_o(0xb8, 8, dst), imm, 8);
}

/* rax from any address */
static inline struct x86_code x86_mov_ao(u64 addr)
{
	return mbpf_x86_imm(x86_op2(0x48, 0xa1), addr, 8);
}

/* From 1 or 2 bytes; the whole register is written. */
static inline struct x86_code x86_movzx_rr(u8 dst, u8 src, u32 from)
{
	return mbpf_x86_rr(X86_0F | X86_RM8 | x86_sized(0xb6, from), 4, dst, src);
}

static inline struct x86_code x86_movzx_rm(u8 dst, struct x86_mem src, u32 from)
{
	return mbpf_x86_rm(X86_0F | x86_sized(0xb6, from), 4, dst, src);
}

/* From 1, 2 or 4 bytes to @size. */
static inline struct x86_code x86_movsx_rr(u32 size, u8 dst, u8 src, u32 from)
{
	return from == 4 ? mbpf_x86_rr(0x63, size, dst, src) :
			   mbpf_x86_rr(X86_0F | X86_RM8 | x86_sized(0xbe, from), size, dst, src);
}

static inline struct x86_code x86_movsx_rm(u32 size, u8 dst, struct x86_mem src, u32 from)
{
	return from == 4 ? mbpf_x86_rm(0x63, size, dst, src) :
			   mbpf_x86_rm(X86_0F | x86_sized(0xbe, from), size, dst, src);
}

static inline struct x86_code x86_movbe_rm(u32 size, u8 dst, struct x86_mem src)
{
	return mbpf_x86_rm(X86_0F38 | 0xf0, size, dst, src);
}

static inline struct x86_code x86_lea(u32 size, u8 dst, struct x86_mem src)
{
	return mbpf_x86_rm(0x8d, size, dst, src);
}

static inline struct x86_code x86_bswap(u32 size, u8 dst)
{
	return mbpf_x86_o(X86_0F | 0xc8, size, dst);
}

/* Pushes and pops are 64-bit without REX.W. */
static inline struct x86_code x86_push(u8 src)
{
	return mbpf_x86_o(0x50, 4, src);
}

static inline struct x86_code x86_push_i8(s8 imm)
{
	return mbpf_x86_imm(x86_op(0x6a), imm, 1);
}

static inline struct x86_code x86_pop(u8 dst)
{
	return mbpf_x86_o(0x58, 4, dst);
}

/* Arithmetic */

static inline struct x86_code x86_alu_rr(enum x86_alu alu, u32 size, u8 dst, u8 src)
{
	return mbpf_x86_rr(x86_sized(alu << 3, size), size, src, dst);
}

static inline struct x86_code x86_alu_rm(enum x86_alu alu, u32 size, u8 dst, struct x86_mem src)
{
	return mbpf_x86_rm(x86_sized(alu << 3 | 2, size), size, dst, src);
}

static inline struct x86_code x86_alu_mr(enum x86_alu alu, u32 size, struct x86_mem dst, u8 src)
{
	return mbpf_x86_rm(x86_sized(alu << 3, size), size, src, dst);
}

/* Sign-extended 8-bit immediate; operands of 4 or 8 bytes. */
static inline struct x86_code x86_alu_ri8(enum x86_alu alu, u32 size, u8 dst, s8 imm)
{
	return mbpf_x86_imm(mbpf_x86_rr(0x83, size, alu, dst), imm, 1);
}

static inline struct x86_code x86_alu_ri32(enum x86_alu alu, u32 size, u8 dst, s32 imm)
{
	return mbpf_x86_imm(mbpf_x86_rr(0x81, size, alu, dst), imm, 4);
}

/* The same for rax, a byte shorter. */
static inline struct x86_code x86_alu_ai32(enum x86_alu alu, u32 size, s32 imm)
{
	u8 op = alu << 3 | 5;

	return mbpf_x86_imm(size == 8 ? x86_op2(0x48, op) : x86_op(op), imm, 4);
}

static inline struct x86_code x86_alu_mi8(enum x86_alu alu, u32 size, struct x86_mem dst, s8 imm)
{
	/* No register here that would need a REX for being a byte. */
	return mbpf_x86_imm(size == 1 ? mbpf_x86_rm(0x80, 4, alu, dst) :
					mbpf_x86_rm(0x83, size, alu, dst), imm, 1);
}

static inline struct x86_code x86_alu_mi32(enum x86_alu alu, u32 size, struct x86_mem dst, s32 imm)
{
	return mbpf_x86_imm(mbpf_x86_rm(0x81, size, alu, dst), imm, 4);
}

static inline struct x86_code x86_test_rr(u32 size, u8 a, u8 b)
{
	return mbpf_x86_rr(x86_sized(0x84, size), size, b, a);
}

/* @size 1, 4 or 8 */
static inline struct x86_code x86_test_ri(u32 size, u8 a, s32 imm)
{
	return mbpf_x86_imm(mbpf_x86_rr(x86_sized(0xf6, size), size, 0, a), imm,
			    size == 1 ? 1 : 4);
}

/* The same for al and eax, a byte shorter. */
static inline struct x86_code x86_test_ai(u32 size, s32 imm)
{
	return mbpf_x86_imm(x86_op(x86_sized(0xa8, size)), imm, size == 1 ? 1 : 4);
}

static inline struct x86_code x86_test_mr(u32 size, struct x86_mem a, u8 b)
{
	return mbpf_x86_rm(x86_sized(0x84, size), size, b, a);
}

/* @size 1, 4 or 8 */
static inline struct x86_code x86_test_mi(u32 size, struct x86_mem a, s32 imm)
{
	return mbpf_x86_imm(mbpf_x86_rm(x86_sized(0xf6, size), size, 0, a), imm,
			    size == 1 ? 1 : 4);
}

static inline struct x86_code x86_not(u32 size, u8 dst)
{
	return mbpf_x86_rr(0xf7, size, 2, dst);
}

static inline struct x86_code x86_neg(u32 size, u8 dst)
{
	return mbpf_x86_rr(0xf7, size, 3, dst);
}

static inline struct x86_code x86_dec_m(u32 size, struct x86_mem dst)
{
	return mbpf_x86_rm(0xff, size, 1, dst);
}

/* rdx:rax = rax * src */
static inline struct x86_code x86_mul(u32 size, u8 src)
{
	return mbpf_x86_rr(0xf7, size, 4, src);
}

static inline struct x86_code x86_imul_rr(u32 size, u8 dst, u8 src)
{
	return mbpf_x86_rr(X86_0F | 0xaf, size, dst, src);
}

static inline struct x86_code x86_imul_rm(u32 size, u8 dst, struct x86_mem src)
{
	return mbpf_x86_rm(X86_0F | 0xaf, size, dst, src);
}

static inline struct x86_code x86_imul_rri8(u32 size, u8 dst, u8 src, s8 imm)
{
	return mbpf_x86_imm(mbpf_x86_rr(0x6b, size, dst, src), imm, 1);
}

static inline struct x86_code x86_imul_rri32(u32 size, u8 dst, u8 src, s32 imm)
{
	return mbpf_x86_imm(mbpf_x86_rr(0x69, size, dst, src), imm, 4);
}

/* rax = rdx:rax / src, rdx = the rest */
static inline struct x86_code x86_div(u32 size, u8 src)
{
	return mbpf_x86_rr(0xf7, size, 6, src);
}

static inline struct x86_code x86_idiv(u32 size, u8 src)
{
	return mbpf_x86_rr(0xf7, size, 7, src);
}

/* rdx = sign of rax: cdq, cqo */
static inline struct x86_code x86_cdq(u32 size)
{
	return size == 8 ? x86_op2(0x48, 0x99) : x86_op(0x99);
}

static inline struct x86_code x86_shift_ri(enum x86_shift shift, u32 size, u8 dst, u8 imm)
{
	return mbpf_x86_imm(mbpf_x86_rr(0xc1, size, shift, dst), imm, 1);
}

static inline struct x86_code x86_shift_r1(enum x86_shift shift, u32 size, u8 dst)
{
	return mbpf_x86_rr(0xd1, size, shift, dst);
}

/* By cl. */
static inline struct x86_code x86_shift_rc(enum x86_shift shift, u32 size, u8 dst)
{
	return mbpf_x86_rr(0xd3, size, shift, dst);
}

/* BMI2: shlx, shrx, sarx; flags stay. */
static inline struct x86_code x86_shiftx(enum x86_shift shift, u32 size, u8 dst, u8 src, u8 count)
{
	u32 prefix = shift == X86_SHL ? 1 : shift == X86_SHR ? 3 : 2;

	return mbpf_x86_vex(0xf7, prefix, size, dst, count, src);
}

/* BMI2: hi:lo = rdx * src; hi wins where both are the same. */
static inline struct x86_code x86_mulx(u32 size, u8 hi, u8 lo, u8 src)
{
	return mbpf_x86_vex(0xf6, 3, size, hi, lo, src);
}

/* Atomics; all but xchg need a lock prefix to be that. */

static inline struct x86_code x86_xchg_mr(u32 size, struct x86_mem dst, u8 src)
{
	return mbpf_x86_rm(0x87, size, src, dst);
}

static inline struct x86_code x86_xadd_mr(u32 size, struct x86_mem dst, u8 src)
{
	return mbpf_x86_rm(X86_0F | 0xc1, size, src, dst);
}

static inline struct x86_code x86_cmpxchg_mr(u32 size, struct x86_mem dst, u8 src)
{
	return mbpf_x86_rm(X86_0F | 0xb1, size, src, dst);
}

/* Memory relative to the base of gs, at an address of 32 bits. */

static inline struct x86_code mbpf_x86_gs(struct x86_code code, s32 addr)
{
	/* ModRM asks for a SIB, and that for neither base nor index. */
	code.head = code.head << 8 | 0x65;
	code.len++;
	return mbpf_x86_imm(code, addr, 4);
}

static inline struct x86_code x86_mov_gs(u32 size, u8 dst, s32 addr)
{
	return mbpf_x86_gs(mbpf_x86_abs(0x8b, size, dst), addr);
}

static inline struct x86_code x86_add_gs(u8 dst, s32 addr)
{
	return mbpf_x86_gs(mbpf_x86_abs(0x03, 8, dst), addr);
}

/* Control; distances are from the end of the instruction. */

static inline struct x86_code x86_jmp8(s8 rel)
{
	return mbpf_x86_imm(x86_op(0xeb), rel, 1);
}

static inline struct x86_code x86_jmp32(s32 rel)
{
	return mbpf_x86_imm(x86_op(0xe9), rel, 4);
}

static inline struct x86_code x86_jcc8(enum x86_cc cc, s8 rel)
{
	return mbpf_x86_imm(x86_op(0x70 | cc), rel, 1);
}

static inline struct x86_code x86_jcc32(enum x86_cc cc, s32 rel)
{
	return mbpf_x86_imm(x86_op2(0x0f, 0x80 | cc), rel, 4);
}

static inline struct x86_code x86_call(s32 rel)
{
	return mbpf_x86_imm(x86_op(0xe8), rel, 4);
}

static inline struct x86_code x86_call_r(u8 target)
{
	return mbpf_x86_rr(0xff, 4, 2, target);
}

static inline struct x86_code x86_jmp_r(u8 target)
{
	return mbpf_x86_rr(0xff, 4, 4, target);
}

static inline struct x86_code x86_ret(void)
{
	return x86_op(0xc3);
}

static inline struct x86_code x86_endbr64(void)
{
	return (struct x86_code){ .len = 4, .head = 0xfa1e0ff3 };
}

#endif /* MBPF_X86_ENCODE_H */
