// SPDX-License-Identifier: GPL-2.0-only
/*
 * The legality of each instruction by itself, as one table over the opcode
 * byte: which registers, offsets and immediates RFC 9669 gives a meaning, and
 * which registers are read and written.
 */
#include "isa.h"
#include "log.h"

/* What a field may hold. Rows of unknown opcodes are all zero. */
enum dst_kind { DST_UNKNOWN, DST_ZERO, DST_READ, DST_WRITE, DST_MODIFY };
enum src_kind { SRC_ZERO, SRC_REG, SRC_LDDW, SRC_CALL };
enum off_kind { OFF_ZERO, OFF_ANY, OFF_JUMP, OFF_SIGNED, OFF_MOVSX32, OFF_MOVSX64 };
enum imm_kind {
	IMM_ZERO, IMM_ANY, IMM_SHIFT32, IMM_SHIFT64, IMM_DIVISOR, IMM_END,
	IMM_ATOMIC, IMM_LEGACY,
};

#define CALLER_SAVED 0x3f	/* R0-R5 */
#define ARGUMENTS 0x3e		/* R1-R5 */
#define ALL_REGS 0x7ff

/* A glance will do: registers in range, and other fields of which some bits are 0. */
#define IS_PLAIN(d, s, o, i)						\
	((d) >= DST_ZERO && (s) != SRC_LDDW && (o) != OFF_SIGNED && (i) <= IMM_SHIFT64)
#define IS_ODD(d, s, o) ((d) == DST_ZERO || (s) == SRC_LDDW || (o) == OFF_JUMP)

#define RULE(d, s, o, i, ...) {						\
	.dst = d, .src = s, .off = o, .imm = i,				\
	.use_dst = (d) == DST_READ || (d) == DST_MODIFY,		\
	.use_src = (s) == SRC_REG,					\
	.def_dst = (d) == DST_WRITE || (d) == DST_MODIFY,		\
	.has_dst = (d) >= DST_READ,					\
	.atomic = (i) == IMM_ATOMIC,					\
	.dsts = !IS_PLAIN(d, s, o, i) ? 0 : (d) == DST_ZERO ? BIT(0) :	\
		(d) == DST_READ ? ALL_REGS : ALL_REGS & ~BIT(MBPF_REG_FP), \
	.zero_head = ((s) == SRC_ZERO ? 0xf000 : (s) == SRC_CALL ? 0xe000 : 0) | \
		     ((o) == OFF_ANY || (o) == OFF_JUMP ? 0 : 0xffff0000) | \
		     (IS_ODD(d, s, o) ? 0xff : 0),			\
	.zero_imm = (i) == IMM_ZERO ? U32_MAX :				\
		    (i) == IMM_SHIFT32 ? ~31U : (i) == IMM_SHIFT64 ? ~63U : 0, \
	##__VA_ARGS__							\
}

/* Both sources of a binary operation of one class. */
#define BINARY(class, op, dst, off, imm) \
	[(class) | (op) | MBPF_K] = RULE(dst, SRC_ZERO, off, imm), \
	[(class) | (op) | MBPF_X] = RULE(dst, SRC_REG, off, IMM_ZERO)

#define ALU(op) \
	BINARY(MBPF_ALU, op, DST_MODIFY, OFF_ZERO, IMM_ANY), \
	BINARY(MBPF_ALU64, op, DST_MODIFY, OFF_ZERO, IMM_ANY)
#define SHIFT(op) \
	BINARY(MBPF_ALU, op, DST_MODIFY, OFF_ZERO, IMM_SHIFT32), \
	BINARY(MBPF_ALU64, op, DST_MODIFY, OFF_ZERO, IMM_SHIFT64)
#define DIVISION(op) \
	BINARY(MBPF_ALU, op, DST_MODIFY, OFF_SIGNED, IMM_DIVISOR), \
	BINARY(MBPF_ALU64, op, DST_MODIFY, OFF_SIGNED, IMM_DIVISOR)
#define BRANCH(op) \
	BINARY(MBPF_JMP, op, DST_READ, OFF_JUMP, IMM_ANY), \
	BINARY(MBPF_JMP32, op, DST_READ, OFF_JUMP, IMM_ANY)

/* All widths of one memory access. */
#define SIZES(code, ...) \
	[(code) | MBPF_B] = RULE(__VA_ARGS__), [(code) | MBPF_H] = RULE(__VA_ARGS__), \
	[(code) | MBPF_W] = RULE(__VA_ARGS__), [(code) | MBPF_DW] = RULE(__VA_ARGS__)
#define LEGACY(mode) \
	[MBPF_LD | (mode) | MBPF_W] = RULE(DST_ZERO, SRC_ZERO, OFF_ANY, IMM_LEGACY), \
	[MBPF_LD | (mode) | MBPF_H] = RULE(DST_ZERO, SRC_ZERO, OFF_ANY, IMM_LEGACY), \
	[MBPF_LD | (mode) | MBPF_B] = RULE(DST_ZERO, SRC_ZERO, OFF_ANY, IMM_LEGACY)

const struct mbpf_isa_rule mbpf_isa_rules[256] = {
	ALU(MBPF_ADD), ALU(MBPF_SUB), ALU(MBPF_MUL),
	ALU(MBPF_OR), ALU(MBPF_AND), ALU(MBPF_XOR),
	SHIFT(MBPF_LSH), SHIFT(MBPF_RSH), SHIFT(MBPF_ARSH),
	DIVISION(MBPF_DIV), DIVISION(MBPF_MOD),
	[MBPF_ALU | MBPF_MOV | MBPF_K] = RULE(DST_WRITE, SRC_ZERO, OFF_ZERO, IMM_ANY),
	[MBPF_ALU64 | MBPF_MOV | MBPF_K] = RULE(DST_WRITE, SRC_ZERO, OFF_ZERO, IMM_ANY),
	[MBPF_ALU | MBPF_MOV | MBPF_X] = RULE(DST_WRITE, SRC_REG, OFF_MOVSX32, IMM_ZERO),
	[MBPF_ALU64 | MBPF_MOV | MBPF_X] = RULE(DST_WRITE, SRC_REG, OFF_MOVSX64, IMM_ZERO),
	[MBPF_ALU | MBPF_NEG] = RULE(DST_MODIFY, SRC_ZERO, OFF_ZERO, IMM_ZERO),
	[MBPF_ALU64 | MBPF_NEG] = RULE(DST_MODIFY, SRC_ZERO, OFF_ZERO, IMM_ZERO),
	[MBPF_ALU | MBPF_END | MBPF_K] = RULE(DST_MODIFY, SRC_ZERO, OFF_ZERO, IMM_END),
	[MBPF_ALU | MBPF_END | MBPF_X] = RULE(DST_MODIFY, SRC_ZERO, OFF_ZERO, IMM_END),
	[MBPF_ALU64 | MBPF_END | MBPF_K] = RULE(DST_MODIFY, SRC_ZERO, OFF_ZERO, IMM_END),

	BRANCH(MBPF_JEQ), BRANCH(MBPF_JNE), BRANCH(MBPF_JSET),
	BRANCH(MBPF_JGT), BRANCH(MBPF_JGE), BRANCH(MBPF_JLT), BRANCH(MBPF_JLE),
	BRANCH(MBPF_JSGT), BRANCH(MBPF_JSGE), BRANCH(MBPF_JSLT), BRANCH(MBPF_JSLE),
	[MBPF_JMP | MBPF_JA] = RULE(DST_ZERO, SRC_ZERO, OFF_JUMP, IMM_ZERO),
	[MBPF_JMP32 | MBPF_JA] = RULE(DST_ZERO, SRC_ZERO, OFF_ZERO, IMM_ANY),
	[MBPF_JMP | MBPF_CALL] = RULE(DST_ZERO, SRC_CALL, OFF_ZERO, IMM_ANY,
					.uses = ARGUMENTS, .defs = CALLER_SAVED),
	[MBPF_JMP | MBPF_EXIT] = RULE(DST_ZERO, SRC_ZERO, OFF_ZERO, IMM_ZERO,
					.uses = BIT(0)),

	SIZES(MBPF_LDX | MBPF_MEM, DST_WRITE, SRC_REG, OFF_ANY, IMM_ZERO),
	[MBPF_LDX | MBPF_MEMSX | MBPF_B] = RULE(DST_WRITE, SRC_REG, OFF_ANY, IMM_ZERO),
	[MBPF_LDX | MBPF_MEMSX | MBPF_H] = RULE(DST_WRITE, SRC_REG, OFF_ANY, IMM_ZERO),
	[MBPF_LDX | MBPF_MEMSX | MBPF_W] = RULE(DST_WRITE, SRC_REG, OFF_ANY, IMM_ZERO),
	SIZES(MBPF_ST | MBPF_MEM, DST_READ, SRC_ZERO, OFF_ANY, IMM_ANY),
	SIZES(MBPF_STX | MBPF_MEM, DST_READ, SRC_REG, OFF_ANY, IMM_ZERO),
	[MBPF_STX | MBPF_ATOMIC | MBPF_W] = RULE(DST_READ, SRC_REG, OFF_ANY, IMM_ATOMIC),
	[MBPF_STX | MBPF_ATOMIC | MBPF_DW] = RULE(DST_READ, SRC_REG, OFF_ANY, IMM_ATOMIC),
	[MBPF_LDDW] = RULE(DST_WRITE, SRC_LDDW, OFF_ZERO, IMM_ANY),
	LEGACY(MBPF_ABS), LEGACY(MBPF_IND),
};

static bool off_ok(u8 kind, s16 off)
{
	switch (kind) {
	case OFF_ANY:
	case OFF_JUMP:
		return true;
	case OFF_SIGNED:
		return off == 0 || off == 1;
	case OFF_MOVSX32:
		return off == 0 || off == 8 || off == 16;
	case OFF_MOVSX64:
		return off == 0 || off == 8 || off == 16 || off == 32;
	default:
		return off == 0;
	}
}

static const char *const off_text[] = {
	[OFF_ZERO] = "must be 0, it has no meaning here",
	[OFF_ANY] = "",
	[OFF_JUMP] = "",
	[OFF_SIGNED] = "must be 0 (unsigned) or 1 (signed)",
	[OFF_MOVSX32] = "must be 0, 8 or 16 (width to sign-extend)",
	[OFF_MOVSX64] = "must be 0, 8, 16 or 32 (width to sign-extend)",
};

static bool atomic_ok(s32 imm)
{
	switch (imm) {
	case MBPF_ADD:
	case MBPF_OR:
	case MBPF_AND:
	case MBPF_XOR:
	case MBPF_ADD | MBPF_FETCH:
	case MBPF_OR | MBPF_FETCH:
	case MBPF_AND | MBPF_FETCH:
	case MBPF_XOR | MBPF_FETCH:
	case MBPF_XCHG:
	case MBPF_CMPXCHG:
		return true;
	default:
		return false;
	}
}

static bool imm_ok(u8 kind, s32 imm)
{
	switch (kind) {
	case IMM_ANY:
		return true;
	case IMM_SHIFT32:
		return imm >= 0 && imm < 32;
	case IMM_SHIFT64:
		return imm >= 0 && imm < 64;
	case IMM_DIVISOR:
		return imm != 0;
	case IMM_END:
		return imm == 16 || imm == 32 || imm == 64;
	case IMM_ATOMIC:
		return atomic_ok(imm);
	default:
		return imm == 0;
	}
}

static const char *const imm_text[] = {
	[IMM_ZERO] = "must be 0, it has no meaning here",
	[IMM_ANY] = "",
	[IMM_SHIFT32] = "invalid shift: must be 0 to 31",
	[IMM_SHIFT64] = "invalid shift: must be 0 to 63",
	[IMM_DIVISOR] = "div by zero: must be another number",
	[IMM_END] = "must be 16, 32 or 64 (width to swap)",
	[IMM_ATOMIC] = "no atomic operation: must be 0x00 add, 0x40 or, 0x50 and, 0xa0 xor, these with 0x01 (fetch), 0xe1 xchg or 0xf1 cmpxchg",
	[IMM_LEGACY] = "",
};

static int check_lddw(const struct mbpf_insn *insn, u32 i, u32 nr, struct mbpf_log *log)
{
	const struct mbpf_insn *second = insn + 1;

	if (i + 1 == nr) {
		mbpf_log_printf(log, "insn %u: invalid bpf_ld_imm64 insn: the program ends before its second slot\n",
				i);
		return -EINVAL;
	}
	if (second->code || second->dst || second->src || second->off) {
		mbpf_log_printf(log, "insn %u: invalid bpf_ld_imm64 insn: code %02x, dst %u, src %u, off %d of the second slot must all be 0\n",
				i + 1, second->code, second->dst, second->src, second->off);
		return -EINVAL;
	}
	switch (insn->src) {
	case 0:
	case MBPF_PSEUDO_MAP_VALUE:
	case MBPF_PSEUDO_MAP_IDX_VALUE:
		return 0;
	case MBPF_PSEUDO_MAP_FD:
	case MBPF_PSEUDO_MAP_IDX:
	case MBPF_PSEUDO_FUNC:
		if (!second->imm)
			return 0;
		mbpf_log_printf(log, "insn %u: unrecognized bpf_ld_imm64 insn: imm of the second slot is %d, must be 0 with src %u\n",
				i + 1, second->imm, insn->src);
		return -EINVAL;
	default:
		mbpf_log_printf(log, "insn %u: unrecognized bpf_ld_imm64 insn: src is %u, must be 0 (number), 1 (map fd), 2 (map value), 4 (function), 5 (map index) or 6 (map value by index)\n",
				i, insn->src);
		return -EINVAL;
	}
}

static int check_registers(const struct mbpf_insn *insn, const struct mbpf_isa_rule *rule, u32 i,
			   struct mbpf_log *log)
{
	bool fetch = rule->imm == IMM_ATOMIC && insn->imm & MBPF_FETCH &&
		     insn->imm != MBPF_CMPXCHG;

	if (insn->dst >= MBPF_NR_REGS || (rule->dst == DST_ZERO && insn->dst)) {
		mbpf_log_printf(log, "insn %u: opcode %02x: R%u is invalid: dst must be 0%s\n",
				i, insn->code, insn->dst,
				rule->dst == DST_ZERO ? ", it has no meaning here" : " to 10");
		return -EINVAL;
	}
	if (rule->src == SRC_REG && insn->src >= MBPF_NR_REGS) {
		mbpf_log_printf(log, "insn %u: opcode %02x: R%u is invalid: src must be 0 to 10\n",
				i, insn->code, insn->src);
		return -EINVAL;
	}
	if (rule->src == SRC_ZERO && insn->src) {
		mbpf_log_printf(log, "insn %u: opcode %02x: src is %u, must be 0, it has no meaning here\n",
				i, insn->code, insn->src);
		return -EINVAL;
	}
	if (rule->src == SRC_CALL && insn->src > MBPF_PSEUDO_CALL) {
		mbpf_log_printf(log, "insn %u: opcode %02x: src is %u, must be 0 (helper) or 1 (function of this program)%s\n",
				i, insn->code, insn->src,
				insn->src == MBPF_PSEUDO_KFUNC_CALL ?
				": there are no kernel functions to call" : "");
		return -EINVAL;
	}
	if ((rule->dst >= DST_WRITE && insn->dst == MBPF_REG_FP) ||
	    (fetch && insn->src == MBPF_REG_FP)) {
		mbpf_log_printf(log, "insn %u: opcode %02x: frame pointer is read only: write another register than R10\n",
				i, insn->code);
		return -EACCES;
	}
	return 0;
}

int mbpf_isa_check(const struct mbpf_insn *insn, u32 i, u32 nr, struct mbpf_log *log)
{
	const struct mbpf_isa_rule *rule = &mbpf_isa_rules[insn->code];
	int err;

	if (rule->dst == DST_UNKNOWN) {
		mbpf_log_printf(log, "insn %u: unknown opcode %02x\n", i, insn->code);
		return -EINVAL;
	}
	if (rule->imm == IMM_LEGACY) {
		mbpf_log_printf(log, "insn %u: opcode %02x: packet loads (LD_ABS, LD_IND) are not supported: no program here has a packet\n",
				i, insn->code);
		return -EINVAL;
	}
	err = check_registers(insn, rule, i, log);
	if (err)
		return err;
	if (!off_ok(rule->off, insn->off)) {
		mbpf_log_printf(log, "insn %u: opcode %02x: off is %d, %s\n",
				i, insn->code, insn->off, off_text[rule->off]);
		return -EINVAL;
	}
	if (!imm_ok(rule->imm, insn->imm)) {
		mbpf_log_printf(log, "insn %u: opcode %02x: imm is %d (0x%x), %s\n",
				i, insn->code, insn->imm, insn->imm, imm_text[rule->imm]);
		return -EINVAL;
	}
	return mbpf_insn_is_lddw(insn) ? check_lddw(insn, i, nr, log) : 0;
}
