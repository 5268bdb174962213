// SPDX-License-Identifier: GPL-2.0-only
/*
 * The formats of x86-64 instructions: which prefixes, REX or VEX, ModRM, SIB
 * and displacement bytes an opcode gets with which operands.
 */
#include "x86_encode.h"

#define REX	0x40
#define REX_W	0x08	/* 64-bit operands */
#define REX_R	0x04	/* bit 3 of ModRM.reg */
#define REX_X	0x02	/* bit 3 of SIB.index */
#define REX_B	0x01	/* bit 3 of ModRM.rm, SIB.base or the opcode's register */

#define RM_SIB		4	/* ModRM.rm: a SIB byte follows */
#define RM_DISP32	5	/* ModRM.rm with mod 0: rip + disp32 */
#define SIB_NO_INDEX	4
#define SIB_NO_BASE	5	/* with mod 0: disp32 follows */

#define MOD_MEM		0x00
#define MOD_DISP8	0x40
#define MOD_DISP32	0x80
#define MOD_REG		0xc0

static inline void put(struct x86_code *code, u8 byte)
{
	code->head |= (u64)byte << (8 * code->len++);
}

/*
 * Operand-size prefix, REX, opcode. @rex has the register
 * bits; @byte_reg asks for a REX without any bit, with which 4..7 mean spl,
 * bpl, sil and dil instead of ah, ch, dh and bh.
 */
static inline void put_opcode(struct x86_code *code, u32 op, u32 size, u8 rex, bool byte_reg)
{
	if (size == 2)
		put(code, 0x66);
	if (size == 8)
		rex |= REX_W;
	if (rex || byte_reg)
		put(code, REX | rex);
	if (unlikely(op & (X86_0F | X86_0F38)))
		put(code, 0x0f);
	if (unlikely(op & X86_0F38))
		put(code, 0x38);
	put(code, op);
}

static inline bool is_byte_reg(u8 reg)
{
	return reg >= X86_RSP && reg <= X86_RDI;
}

struct x86_code mbpf_x86_rr(u32 op, u32 size, u8 reg, u8 rm)
{
	u8 rex = (reg & 8) >> 1 | (rm & 8) >> 3;	/* REX_R, REX_B */
	u32 modrm = MOD_REG | (reg & 7) << 3 | (rm & 7);
	struct x86_code code = {};
	bool byte_rm;

	/* Most instructions by far */
	if (likely(size >= 4 && op <= U8_MAX)) {
		rex |= size & REX_W;
		code.head = op | modrm << 8;
		code.len = 2;
		if (rex) {
			code.head = code.head << 8 | REX | rex;
			code.len = 3;
		}
		return code;
	}
	byte_rm = size == 1 || (op & X86_RM8 && !(op & 1));
	put_opcode(&code, op, size, rex,
		   (size == 1 && is_byte_reg(reg)) || (byte_rm && is_byte_reg(rm)));
	put(&code, modrm);
	return code;
}

/* ModRM, SIB and displacement of a memory operand. */
static void put_mem(struct x86_code *code, u8 reg, struct x86_mem mem)
{
	u8 modrm = (reg & 7) << 3, base = mem.base & 7, mod;

	if (mem.base == X86_RIP) {
		put(code, modrm | RM_DISP32);
		*code = mbpf_x86_imm(*code, mem.disp, 4);
		return;
	}

	/* Where mod is 0, the numbers of rbp and r13 mean something else. */
	if (!mem.disp && base != (X86_RBP & 7))
		mod = MOD_MEM;
	else if (mem.disp == (s8)mem.disp)
		mod = MOD_DISP8;
	else
		mod = MOD_DISP32;

	if (mem.index != X86_NOREG) {
		put(code, mod | modrm | RM_SIB);
		put(code, mem.scale << 6 | (mem.index & 7) << 3 | base);
	} else if (base == RM_SIB) {
		put(code, mod | modrm | RM_SIB);
		put(code, SIB_NO_INDEX << 3 | base);
	} else {
		put(code, mod | modrm | base);
	}

	if (mod != MOD_MEM)
		*code = mbpf_x86_imm(*code, mem.disp, mod == MOD_DISP8 ? 1 : 4);
}

/* Most memory operands: a register and a displacement, an opcode of one byte, no prefix but REX. */
static inline struct x86_code plain_rm(u32 op, u32 size, u8 reg, struct x86_mem mem)
{
	u32 base = mem.base & 7, rex = (size & REX_W) | (reg & 8) >> 1 | mem.base >> 3;
	u32 modrm = (reg & 7) << 3 | base;
	struct x86_code code = { .len = 2 };

	/* As below. */
	if (mem.disp != (s8)mem.disp) {
		modrm |= MOD_DISP32;
		code.tail = (u32)mem.disp;
		code.tail_len = 4;
	} else if (mem.disp || base == (X86_RBP & 7)) {
		modrm |= MOD_DISP8;
		code.tail = (u8)mem.disp;
		code.tail_len = 1;
	}
	code.head = op | modrm << 8;
	if (base == RM_SIB) {
		code.head |= (SIB_NO_INDEX << 3 | RM_SIB) << 16;
		code.len = 3;
	}
	if (rex) {
		code.head = code.head << 8 | REX | rex;
		code.len++;
	}
	return code;
}

struct x86_code mbpf_x86_rm(u32 op, u32 size, u8 reg, struct x86_mem mem)
{
	u8 rex = reg & 8 ? REX_R : 0;
	struct x86_code code = {};

	if (likely(size >= 4 && op <= U8_MAX && mem.index == X86_NOREG && mem.base < X86_RIP))
		return plain_rm(op, size, reg, mem);
	if (mem.base < X86_RIP && mem.base & 8)
		rex |= REX_B;
	if (mem.index != X86_NOREG && mem.index & 8)
		rex |= REX_X;
	put_opcode(&code, op, size, rex, size == 1 && is_byte_reg(reg));
	put_mem(&code, reg, mem);
	return code;
}

struct x86_code mbpf_x86_abs(u32 op, u32 size, u8 reg)
{
	struct x86_code code = {};

	put_opcode(&code, op, size, reg & 8 ? REX_R : 0, false);
	put(&code, MOD_MEM | (reg & 7) << 3 | RM_SIB);
	put(&code, SIB_NO_INDEX << 3 | SIB_NO_BASE);
	return code;
}

struct x86_code mbpf_x86_o(u32 op, u32 size, u8 reg)
{
	struct x86_code code = {};

	put_opcode(&code, op + (reg & 7), size, reg & 8 ? REX_B : 0, false);
	return code;
}

/* Always the three-byte VEX, in the 0F38 map: the two-byte one has no map. */
struct x86_code mbpf_x86_vex(u32 op, u32 prefix, u32 size, u8 reg, u8 vvvv, u8 rm)
{
	struct x86_code code = {};

	put(&code, 0xc4);
	put(&code, (reg & 8 ? 0 : 0x80) | 0x40 | (rm & 8 ? 0 : 0x20) | 0x02);
	put(&code, (size == 8 ? 0x80 : 0) | (~vvvv & 15) << 3 | prefix);
	put(&code, op);
	put(&code, MOD_REG | (reg & 7) << 3 | (rm & 7));
	return code;
}
