// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions as text. Built into the module, the command line tool and the
 * tests, so it knows nothing but the instruction: names come from the caller.
 */
#include "disasm.h"

/* By operation. */
static const char *const alu_signs[16] = {
	[MBPF_ADD >> 4] = "+=", [MBPF_SUB >> 4] = "-=", [MBPF_MUL >> 4] = "*=",
	[MBPF_DIV >> 4] = "/=", [MBPF_OR >> 4] = "|=", [MBPF_AND >> 4] = "&=",
	[MBPF_LSH >> 4] = "<<=", [MBPF_RSH >> 4] = ">>=", [MBPF_MOD >> 4] = "%=",
	[MBPF_XOR >> 4] = "^=", [MBPF_MOV >> 4] = "=", [MBPF_ARSH >> 4] = "s>>=",
};

static const char *const jump_signs[16] = {
	[MBPF_JEQ >> 4] = "==", [MBPF_JGT >> 4] = ">", [MBPF_JGE >> 4] = ">=",
	[MBPF_JSET >> 4] = "&", [MBPF_JNE >> 4] = "!=", [MBPF_JSGT >> 4] = "s>",
	[MBPF_JSGE >> 4] = "s>=", [MBPF_JLT >> 4] = "<", [MBPF_JLE >> 4] = "<=",
	[MBPF_JSLT >> 4] = "s<", [MBPF_JSLE >> 4] = "s<=",
};

static const char *const sizes[] = { "u32", "u16", "u8", "u64" };
static const char *const signed_sizes[] = { "s32", "s16", "s8", "s64" };

static const char *size_name(u8 code)
{
	return MBPF_MODE(code) == MBPF_MEMSX ? signed_sizes[MBPF_SIZE(code) >> 3] :
					       sizes[MBPF_SIZE(code) >> 3];
}

static int invalid_text(char *buf, size_t size, const struct mbpf_insn *insn)
{
	return scnprintf(buf, size, "invalid: code %02x dst %u src %u off %d imm %d",
			 insn->code, insn->dst, insn->src, insn->off, insn->imm);
}

static int swap_text(char *buf, size_t size, const struct mbpf_insn *insn)
{
	const char *how = MBPF_CLASS(insn->code) == MBPF_ALU64 ? "bswap" :
			  MBPF_SRC(insn->code) == MBPF_X ? "be" : "le";

	return scnprintf(buf, size, "r%u = %s%d r%u", insn->dst, how, insn->imm, insn->dst);
}

static int alu_text(char *buf, size_t size, const struct mbpf_insn *insn)
{
	char reg = MBPF_CLASS(insn->code) == MBPF_ALU ? 'w' : 'r';
	u8 op = MBPF_OP(insn->code);
	const char *sign = alu_signs[op >> 4];
	const char *prefix = "";

	if (op == MBPF_END)
		return swap_text(buf, size, insn);
	if (op == MBPF_NEG)
		return scnprintf(buf, size, "%c%u = -%c%u", reg, insn->dst, reg, insn->dst);
	if (!sign)
		return invalid_text(buf, size, insn);
	if (op == MBPF_MOV && insn->off)
		prefix = insn->off == 8 ? "(s8)" : insn->off == 16 ? "(s16)" : "(s32)";
	else if (insn->off)
		prefix = "s";	/* of the sign: "s/=", "s%=" */

	if (MBPF_SRC(insn->code) == MBPF_K)
		return scnprintf(buf, size, "%c%u %s%s %d", reg, insn->dst, prefix, sign,
				 insn->imm);
	if (op == MBPF_MOV)
		return scnprintf(buf, size, "%c%u = %s%c%u", reg, insn->dst, prefix, reg,
				 insn->src);
	return scnprintf(buf, size, "%c%u %s%s %c%u", reg, insn->dst, prefix, sign, reg,
			 insn->src);
}

static int atomic_text(char *buf, size_t size, const struct mbpf_insn *insn)
{
	const char *width = MBPF_SIZE(insn->code) == MBPF_DW ? "64" : "";
	const char *type = size_name(insn->code);
	static const char *const names[16] = {
		[MBPF_ADD >> 4] = "add", [MBPF_OR >> 4] = "or",
		[MBPF_AND >> 4] = "and", [MBPF_XOR >> 4] = "xor",
	};
	u8 op = MBPF_OP(insn->imm);

	if (insn->imm == MBPF_CMPXCHG)
		return scnprintf(buf, size, "r0 = atomic%s_cmpxchg((%s *)(r%u %+d), r0, r%u)",
				 width, type, insn->dst, insn->off, insn->src);
	if (insn->imm == MBPF_XCHG)
		return scnprintf(buf, size, "r%u = atomic%s_xchg((%s *)(r%u %+d), r%u)",
				 insn->src, width, type, insn->dst, insn->off, insn->src);
	if (insn->imm & ~(0xf0 | MBPF_FETCH) || !names[op >> 4])
		return invalid_text(buf, size, insn);
	if (insn->imm & MBPF_FETCH)
		return scnprintf(buf, size, "r%u = atomic%s_fetch_%s((%s *)(r%u %+d), r%u)",
				 insn->src, width, names[op >> 4], type, insn->dst, insn->off,
				 insn->src);
	return scnprintf(buf, size, "lock *(%s *)(r%u %+d) %s r%u", type, insn->dst,
			 insn->off, alu_signs[op >> 4], insn->src);
}

static int memory_text(char *buf, size_t size, const struct mbpf_insn *insn)
{
	u8 mode = MBPF_MODE(insn->code), class = MBPF_CLASS(insn->code);
	const char *type = size_name(insn->code);

	if (mode == MBPF_ATOMIC && class == MBPF_STX)
		return atomic_text(buf, size, insn);
	if (mode != MBPF_MEM && (mode != MBPF_MEMSX || class != MBPF_LDX))
		return invalid_text(buf, size, insn);
	switch (class) {
	case MBPF_LDX:
		return scnprintf(buf, size, "r%u = *(%s *)(r%u %+d)", insn->dst, type,
				 insn->src, insn->off);
	case MBPF_ST:
		return scnprintf(buf, size, "*(%s *)(r%u %+d) = %d", type, insn->dst,
				 insn->off, insn->imm);
	default:
		return scnprintf(buf, size, "*(%s *)(r%u %+d) = r%u", type, insn->dst,
				 insn->off, insn->src);
	}
}

static int lddw_text(char *buf, size_t size, const struct mbpf_insn *insn,
		     const struct mbpf_disasm_names *names)
{
	int len = scnprintf(buf, size, "r%u = ", insn->dst);

	buf += len;
	size -= len;
	if (insn->src && names && names->lddw) {
		names->lddw(names->priv, insn, buf, size);
		return len + strlen(buf);
	}
	switch (insn->src) {
	case 0:
		return len + scnprintf(buf, size, "0x%llx",
				       (unsigned long long)mbpf_insn_imm64(insn));
	case MBPF_PSEUDO_MAP_FD:
		return len + scnprintf(buf, size, "map[fd:%d]", insn->imm);
	case MBPF_PSEUDO_MAP_VALUE:
		return len + scnprintf(buf, size, "map[fd:%d][0]+%u", insn->imm, insn[1].imm);
	case MBPF_PSEUDO_MAP_IDX:
		return len + scnprintf(buf, size, "map[idx:%d]", insn->imm);
	case MBPF_PSEUDO_MAP_IDX_VALUE:
		return len + scnprintf(buf, size, "map[idx:%d][0]+%u", insn->imm, insn[1].imm);
	case MBPF_PSEUDO_FUNC:
		return len + scnprintf(buf, size, "subprog[%+d]", insn->imm);
	default:
		return len + invalid_text(buf, size, insn);
	}
}

static int call_text(char *buf, size_t size, const struct mbpf_insn *insn,
		     const struct mbpf_disasm_names *names)
{
	const char *name = NULL;

	if (mbpf_insn_is_local_call(insn))
		return scnprintf(buf, size, "call pc%+d", insn->imm);
	if (!mbpf_insn_is_helper_call(insn))
		return invalid_text(buf, size, insn);
	if (names && names->helper)
		name = names->helper(names->priv, insn->imm);
	return scnprintf(buf, size, "call %s#%d", name ? name : "unknown", insn->imm);
}

static int jump_text(char *buf, size_t size, const struct mbpf_insn *insn,
		     const struct mbpf_disasm_names *names)
{
	bool is32 = MBPF_CLASS(insn->code) == MBPF_JMP32;
	char reg = is32 ? 'w' : 'r';
	u8 op = MBPF_OP(insn->code);

	if (op == MBPF_JA && MBPF_SRC(insn->code) == MBPF_K)
		return scnprintf(buf, size, "goto%s pc%+d", is32 ? "l" : "",
				 mbpf_insn_jump_distance(insn));
	if (mbpf_insn_is_exit(insn))
		return scnprintf(buf, size, "exit");
	if (op == MBPF_CALL)
		return call_text(buf, size, insn, names);
	if (!jump_signs[op >> 4])
		return invalid_text(buf, size, insn);
	if (MBPF_SRC(insn->code) == MBPF_X)
		return scnprintf(buf, size, "if %c%u %s %c%u goto pc%+d", reg, insn->dst,
				 jump_signs[op >> 4], reg, insn->src, insn->off);
	return scnprintf(buf, size, "if %c%u %s 0x%x goto pc%+d", reg, insn->dst,
			 jump_signs[op >> 4], insn->imm, insn->off);
}

int mbpf_insn_disasm(char *buf, size_t size, const struct mbpf_insn *insn,
		     const struct mbpf_disasm_names *names)
{
	switch (MBPF_CLASS(insn->code)) {
	case MBPF_ALU:
	case MBPF_ALU64:
		return alu_text(buf, size, insn);
	case MBPF_JMP:
	case MBPF_JMP32:
		return jump_text(buf, size, insn, names);
	case MBPF_LD:
		if (mbpf_insn_is_lddw(insn))
			return lddw_text(buf, size, insn, names);
		return invalid_text(buf, size, insn);
	default:
		return memory_text(buf, size, insn);
	}
}
