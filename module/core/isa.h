/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF instruction set, RFC 9669: encoding, field names and the legality
 * of each opcode. Everything that reads an instruction includes this file.
 */
#ifndef MBPF_ISA_H
#define MBPF_ISA_H

#include "os.h"

struct mbpf_log;

/**
 * struct mbpf_insn - one 8-byte slot, as user space passes it
 * @code: class, operation and source or size and mode
 * @dst:  destination register, 0..10
 * @src:  source register, or the pseudo number of LDDW and CALL
 * @off:  memory offset, jump distance, or operation variant
 * @imm:  immediate, sign-extended where it meets a 64-bit operand
 *
 * LDDW occupies two slots; the second has code 0 and the upper half in @imm.
 */
struct mbpf_insn {
	u8 code;
	u8 dst : 4;
	u8 src : 4;
	s16 off;
	s32 imm;
};

#define MBPF_NR_REGS		11
#define MBPF_REG_FP		10
#define MBPF_STACK_SIZE		512	/* bytes a frame may use below R10 */
#define MBPF_MAX_INSNS		1000000	/* longest program, as in-tree for CAP_BPF */
#define MBPF_MAX_CALL_DEPTH	8	/* frames, the main program included */
#define MBPF_MAX_TAIL_CALLS	33

#define MBPF_CLASS(code)	((code) & 0x07)
#define MBPF_LD			0x00
#define MBPF_LDX		0x01
#define MBPF_ST			0x02
#define MBPF_STX		0x03
#define MBPF_ALU		0x04
#define MBPF_JMP		0x05
#define MBPF_JMP32		0x06
#define MBPF_ALU64		0x07

#define MBPF_OP(code)		((code) & 0xf0)
#define MBPF_ADD		0x00
#define MBPF_SUB		0x10
#define MBPF_MUL		0x20
#define MBPF_DIV		0x30	/* off 1: signed */
#define MBPF_OR			0x40
#define MBPF_AND		0x50
#define MBPF_LSH		0x60
#define MBPF_RSH		0x70
#define MBPF_NEG		0x80
#define MBPF_MOD		0x90	/* off 1: signed */
#define MBPF_XOR		0xa0
#define MBPF_MOV		0xb0	/* off 8, 16, 32: sign-extending */
#define MBPF_ARSH		0xc0
#define MBPF_END		0xd0	/* ALU: to little (K) or big (X); ALU64: bswap */

#define MBPF_JA			0x00	/* JMP32: GOTOL, distance in imm */
#define MBPF_JEQ		0x10
#define MBPF_JGT		0x20
#define MBPF_JGE		0x30
#define MBPF_JSET		0x40
#define MBPF_JNE		0x50
#define MBPF_JSGT		0x60
#define MBPF_JSGE		0x70
#define MBPF_CALL		0x80
#define MBPF_EXIT		0x90
#define MBPF_JLT		0xa0
#define MBPF_JLE		0xb0
#define MBPF_JSLT		0xc0
#define MBPF_JSLE		0xd0

#define MBPF_SRC(code)		((code) & 0x08)
#define MBPF_K			0x00
#define MBPF_X			0x08

#define MBPF_SIZE(code)		((code) & 0x18)
#define MBPF_W			0x00
#define MBPF_H			0x08
#define MBPF_B			0x10
#define MBPF_DW			0x18

#define MBPF_MODE(code)		((code) & 0xe0)
#define MBPF_IMM		0x00
#define MBPF_ABS		0x20
#define MBPF_IND		0x40
#define MBPF_MEM		0x60
#define MBPF_MEMSX		0x80
#define MBPF_ATOMIC		0xc0

#define MBPF_LDDW		(MBPF_LD | MBPF_IMM | MBPF_DW)

/* imm of an atomic; ADD, OR, AND, XOR are the ALU operations */
#define MBPF_FETCH		0x01
#define MBPF_XCHG		(0xe0 | MBPF_FETCH)
#define MBPF_CMPXCHG		(0xf0 | MBPF_FETCH)

/* src of LDDW */
#define MBPF_PSEUDO_MAP_FD		1
#define MBPF_PSEUDO_MAP_VALUE		2
#define MBPF_PSEUDO_BTF_ID		3
#define MBPF_PSEUDO_FUNC		4
#define MBPF_PSEUDO_MAP_IDX		5
#define MBPF_PSEUDO_MAP_IDX_VALUE	6
/* src of CALL */
#define MBPF_PSEUDO_CALL		1
#define MBPF_PSEUDO_KFUNC_CALL		2

/* Width in bytes of a load, store or atomic. */
static inline u32 mbpf_size_bytes(u8 code)
{
	static const u8 bytes[] = { 4, 2, 1, 8 };

	return bytes[MBPF_SIZE(code) >> 3];
}

static inline bool mbpf_insn_is_lddw(const struct mbpf_insn *insn)
{
	return insn->code == MBPF_LDDW;
}

/* Slots the instruction occupies. */
static inline u32 mbpf_insn_slots(const struct mbpf_insn *insn)
{
	return mbpf_insn_is_lddw(insn) ? 2 : 1;
}

static inline bool mbpf_insn_is_alu(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code);

	return class == MBPF_ALU || class == MBPF_ALU64;
}

/* Jumps, calls, exits and LDDW: what is no plain arithmetic, load or store. */
static inline bool mbpf_insn_is_odd(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code);

	return class == MBPF_JMP || class == MBPF_JMP32 || class == MBPF_LD;
}

static inline bool mbpf_insn_is_helper_call(const struct mbpf_insn *insn)
{
	return insn->code == (MBPF_JMP | MBPF_CALL) && insn->src == 0;
}

static inline bool mbpf_insn_is_local_call(const struct mbpf_insn *insn)
{
	return insn->code == (MBPF_JMP | MBPF_CALL) &&
	       insn->src == MBPF_PSEUDO_CALL;
}

/* A function's address. */
static inline bool mbpf_insn_is_func(const struct mbpf_insn *insn)
{
	return mbpf_insn_is_lddw(insn) && insn->src == MBPF_PSEUDO_FUNC;
}

static inline bool mbpf_insn_is_exit(const struct mbpf_insn *insn)
{
	return insn->code == (MBPF_JMP | MBPF_EXIT);
}

/* Any jump with a target: JA, GOTOL and the conditional ones. */
static inline bool mbpf_insn_is_jump(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code), op = MBPF_OP(insn->code);

	return (class == MBPF_JMP && op != MBPF_CALL && op != MBPF_EXIT) ||
	       class == MBPF_JMP32;
}

static inline bool mbpf_insn_is_goto(const struct mbpf_insn *insn)
{
	return mbpf_insn_is_jump(insn) && MBPF_OP(insn->code) == MBPF_JA;
}

/* Distance of a jump, in slots from the next one. */
static inline s32 mbpf_insn_jump_distance(const struct mbpf_insn *insn)
{
	return insn->code == (MBPF_JMP32 | MBPF_JA) ? insn->imm : insn->off;
}

/* The 64-bit immediate of an LDDW at @insn, its second slot following. */
static inline u64 mbpf_insn_imm64(const struct mbpf_insn *insn)
{
	return (u32)insn[0].imm | (u64)(u32)insn[1].imm << 32;
}

/**
 * struct mbpf_isa_rule - what an opcode allows and does
 * @dst: what its fields may hold: kinds that isa.c knows; all 0: unknown opcode
 * @src: likewise
 * @off: likewise
 * @imm: likewise
 * @uses: registers read, whichever the instruction names
 * @defs: written, likewise (a call clobbers R0-R5)
 * @use_dst: 1 if dst is read
 * @use_src: 1 if src is read
 * @def_dst: 1 if dst is written
 * @has_dst: 1 if it is either
 * @atomic: 1 if the immediate says what else is
 * @dsts: what dst may be, as bits, where that, src in range and the bits that
 *        follow are all that is asked; else 0
 * @zero_head: bits of the first four bytes that must be 0; of mbpf_insn_is_odd() ones
 *             also those of the opcode, which are not
 * @zero_imm: likewise of the immediate
 */
struct mbpf_isa_rule {
	u8 dst : 4;
	u8 src : 4;
	u8 off : 4;
	u8 imm : 4;
	u8 uses;
	u8 defs;
	u8 use_dst : 1;
	u8 use_src : 1;
	u8 def_dst : 1;
	u8 has_dst : 1;
	u8 atomic : 1;
	u16 dsts;
	u32 zero_head;
	u32 zero_imm;
};

extern const struct mbpf_isa_rule mbpf_isa_rules[256];

/**
 * mbpf_isa_check - judge the fields of an instruction by themselves
 * @insn: the instruction, slot @i of a program
 * @i: its index
 * @nr: number of slots of the program
 * @log: where a violation is explained
 *
 * Looks at this instruction alone: known opcode, registers in range, R10 not
 * written, reserved fields zero, LDDW complete. Jump targets are the control
 * flow graph's matter.
 *
 * Return: 0, or with one log line that names the instruction and field: -EINVAL,
 * -EACCES if R10 is written (as in-tree).
 */
int mbpf_isa_check(const struct mbpf_insn *insn, u32 i, u32 nr, struct mbpf_log *log);

/*
 * Whether a glance shows that mbpf_isa_check() would find nothing; and that it is
 * no odd one, unless @opcode is 0, with which jumps, calls and exits are fine, too.
 */
static inline bool mbpf_isa_is_fine(const struct mbpf_insn *insn, const struct mbpf_isa_rule *rule,
				    u32 opcode)
{
	u32 head = *(const u32 *)insn & (~0xffU | opcode);

	return !((head & rule->zero_head) | ((u32)insn->imm & rule->zero_imm)) &&
	       rule->dsts >> insn->dst & 1 && insn->src < MBPF_NR_REGS;
}

/**
 * mbpf_insn_uses - registers an instruction reads, as a bit mask
 * @insn: the instruction
 *
 * A helper or local call reads R1-R5 as far as this function can tell; a
 * caller that knows the helper narrows it.
 */
static inline u16 mbpf_insn_uses(const struct mbpf_insn *insn)
{
	const struct mbpf_isa_rule *regs = &mbpf_isa_rules[insn->code];

	return regs->uses | regs->use_dst << insn->dst | regs->use_src << insn->src |
	       (regs->atomic && insn->imm == MBPF_CMPXCHG);
}

/* Those that it reads or writes. */
static inline u16 mbpf_insn_mentions(const struct mbpf_insn *insn)
{
	const struct mbpf_isa_rule *regs = &mbpf_isa_rules[insn->code];
	u16 all = regs->has_dst << insn->dst | regs->use_src << insn->src;

	if (regs->uses | regs->defs | regs->atomic)
		all |= regs->uses | regs->defs | (regs->atomic && insn->imm == MBPF_CMPXCHG);
	return all;
}

/* Registers an instruction writes, as a bit mask (a call clobbers R0-R5). */
static inline u16 mbpf_insn_defs(const struct mbpf_insn *insn)
{
	const struct mbpf_isa_rule *regs = &mbpf_isa_rules[insn->code];
	u16 defs = regs->defs | regs->def_dst << insn->dst;

	if (regs->atomic && insn->imm & MBPF_FETCH)
		defs |= insn->imm == MBPF_CMPXCHG ? 1 : 1u << insn->src;
	return defs;
}

#endif /* MBPF_ISA_H */
