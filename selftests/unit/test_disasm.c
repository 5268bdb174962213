// SPDX-License-Identifier: GPL-2.0-only
/* The text of instructions, as in-tree's verifier log has it. */
#include "unit.h"
#include "disasm.h"
#include "insn.h"

static const char *helper_name(void *priv, u32 id)
{
	return id == 1 ? priv : NULL;
}

static void lddw_text(void *priv, const struct mbpf_insn *insn, char *buf, size_t size)
{
	scnprintf(buf, size, "map[id:%d]", insn->imm + 100);
}

static const struct mbpf_disasm_names names = {
	.helper = helper_name, .lddw = lddw_text, .priv = "map_lookup_elem",
};

struct text_row {
	struct row_insn insns[2];
	const char *text;
};

static const struct text_row texts[] = {
	{ { ALU64(ADD, R1, -4) }, "r1 += -4" },
	{ { ALU64R(SUB, R1, R2) }, "r1 -= r2" },
	{ { ALU32(MUL, R3, 7) }, "w3 *= 7" },
	{ { ALU32R(DIV, R3, R4) }, "w3 /= w4" },
	{ { SDIV64(DIV, R3, 5) }, "r3 s/= 5" },
	{ { SDIV32R(MOD, R3, R5) }, "w3 s%= w5" },
	{ { ALU64(OR, R1, 1) }, "r1 |= 1" },
	{ { ALU64(AND, R1, 1) }, "r1 &= 1" },
	{ { ALU64(XOR, R1, 1) }, "r1 ^= 1" },
	{ { ALU64(LSH, R1, 1) }, "r1 <<= 1" },
	{ { ALU64(RSH, R1, 1) }, "r1 >>= 1" },
	{ { ALU64(ARSH, R1, 1) }, "r1 s>>= 1" },
	{ { ALU64(MOD, R1, 9) }, "r1 %= 9" },
	{ { NEG64(R9) }, "r9 = -r9" },
	{ { NEG32(R9) }, "w9 = -w9" },
	{ { MOV(R0, 0) }, "r0 = 0" },
	{ { MOV32R(R0, R10) }, "w0 = w10" },
	{ { MOVSX(R0, R1, 8) }, "r0 = (s8)r1" },
	{ { MOVSX(R0, R1, 16) }, "r0 = (s16)r1" },
	{ { MOVSX(R0, R1, 32) }, "r0 = (s32)r1" },
	{ { MOVSX32(R0, R1, 16) }, "w0 = (s16)w1" },
	{ { LE(R1, 16) }, "r1 = le16 r1" },
	{ { BE(R1, 64) }, "r1 = be64 r1" },
	{ { BSWAP(R1, 32) }, "r1 = bswap32 r1" },
	{ { LDX(DW, R1, R10, -8) }, "r1 = *(u64 *)(r10 -8)" },
	{ { LDX(B, R1, R2, 0) }, "r1 = *(u8 *)(r2 +0)" },
	{ { LDXS(H, R1, R2, 32767) }, "r1 = *(s16 *)(r2 +32767)" },
	{ { STX(W, R10, -4, R5) }, "*(u32 *)(r10 -4) = r5" },
	{ { ST(H, R10, -2, -1) }, "*(u16 *)(r10 -2) = -1" },
	{ { ATOMIC(DW, INSN_ADD, R1, 8, R2) }, "lock *(u64 *)(r1 +8) += r2" },
	{ { ATOMIC(W, INSN_XOR, R1, 8, R2) }, "lock *(u32 *)(r1 +8) ^= r2" },
	{ { ATOMIC(DW, INSN_AND | INSN_FETCH, R1, 8, R2) },
	  "r2 = atomic64_fetch_and((u64 *)(r1 +8), r2)" },
	{ { ATOMIC(W, INSN_OR | INSN_FETCH, R1, 8, R2) },
	  "r2 = atomic_fetch_or((u32 *)(r1 +8), r2)" },
	{ { ATOMIC(DW, INSN_XCHG, R1, 8, R2) }, "r2 = atomic64_xchg((u64 *)(r1 +8), r2)" },
	{ { ATOMIC(W, INSN_CMPXCHG, R1, 8, R2) },
	  "r0 = atomic_cmpxchg((u32 *)(r1 +8), r0, r2)" },
	{ { GOTO(-3) }, "goto pc-3" },
	{ { GOTOL(70000) }, "gotol pc+70000" },
	{ { JMP(JEQ, R1, 3, 2) }, "if r1 == 0x3 goto pc+2" },
	{ { JMP(JNE, R1, -1, 2) }, "if r1 != 0xffffffff goto pc+2" },
	{ { JMP32(JSET, R1, 1, 2) }, "if w1 & 0x1 goto pc+2" },
	{ { JMPR(JGT, R1, R2, -2) }, "if r1 > r2 goto pc-2" },
	{ { JMPR(JGE, R1, R2, 0) }, "if r1 >= r2 goto pc+0" },
	{ { JMP32R(JLT, R1, R2, 0) }, "if w1 < w2 goto pc+0" },
	{ { JMPR(JLE, R1, R2, 0) }, "if r1 <= r2 goto pc+0" },
	{ { JMPR(JSGT, R1, R2, 0) }, "if r1 s> r2 goto pc+0" },
	{ { JMPR(JSGE, R1, R2, 0) }, "if r1 s>= r2 goto pc+0" },
	{ { JMPR(JSLT, R1, R2, 0) }, "if r1 s< r2 goto pc+0" },
	{ { JMPR(JSLE, R1, R2, 0) }, "if r1 s<= r2 goto pc+0" },
	{ { CALL(1) }, "call map_lookup_elem#1" },
	{ { CALL(9999) }, "call unknown#9999" },
	{ { CALL(-1) }, "call unknown#-1" },
	{ { CALLF(5) }, "call pc+5" },
	{ { EXIT }, "exit" },
	{ { LDDW(R1, 0x123456789abcdef0) }, "r1 = 0x123456789abcdef0" },
	{ { LDDW(R1, 0xffffffff) }, "r1 = 0xffffffff" },
	{ { LDMAP(R1, 7) }, "r1 = map[id:107]" },
};

TEST(whole)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		char buf[MBPF_DISASM_LEN];
		int len = mbpf_insn_disasm(buf, sizeof(buf), (void *)texts[i].insns, &names);

		EXPECT_STREQ(texts[i].text, buf);
		EXPECT_EQ(strlen(buf), len);
	}
}

TEST(without_names)
{
	static const struct text_row rows[] = {
		{ { LDMAP(R1, 7) }, "r1 = map[fd:7]" },
		{ { LDVALUE(R1, 7, 12) }, "r1 = map[fd:7][0]+12" },
		{ { LDFUNC(R2, 3) }, "r2 = subprog[+3]" },
		{ { RAW(0x18, R1, 5, 0, 2) }, "r1 = map[idx:2]" },
		{ { RAW(0x18, R1, 6, 0, 2) }, "r1 = map[idx:2][0]+0" },
		{ { CALL(1) }, "call unknown#1" },
	};
	char buf[MBPF_DISASM_LEN];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		mbpf_insn_disasm(buf, sizeof(buf), (void *)rows[i].insns, NULL);
		EXPECT_STREQ(rows[i].text, buf);
	}
}

/* A buffer that is too small gets the beginning. */
TEST(cut)
{
	u32 i, size;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		for (size = 1; size <= strlen(texts[i].text) + 1; size++) {
			char *buf = malloc(size);
			int len = mbpf_insn_disasm(buf, size, (void *)texts[i].insns, &names);

			EXPECT_EQ(size - 1, len);
			EXPECT_EQ(size - 1, strlen(buf));
			EXPECT_EQ(0, strncmp(texts[i].text, buf, size - 1));
			free(buf);
		}
	}
}

/* Whatever the bytes: what the table of instructions takes has a text, all fit. */
TEST(all_bytes)
{
	u64 seed = 7;
	u32 i, legal = 0;

	for (i = 0; i < 2000000; i++) {
		u64 bits = unit_random(&seed);
		struct mbpf_insn insns[2] = {};
		char buf[MBPF_DISASM_LEN];
		int len;

		memcpy(insns, &bits, sizeof(bits));
		if (i % 2)
			insns->off = 0;
		if (i % 3)
			insns->imm = i % 3 == 1 ? 0 : insns->imm & 0xf1;
		if (i % 5)
			insns->src = 0;
		len = mbpf_insn_disasm(buf, sizeof(buf), insns, NULL);
		ASSERT_LT(len, MBPF_DISASM_LEN - 1);
		if (mbpf_isa_check(insns, 0, mbpf_insn_slots(insns), NULL) == 0) {
			legal++;
			if (strstr(buf, "invalid"))
				TH_LOG("code %02x: %s", insns->code, buf);
			ASSERT_EQ(NULL, strstr(buf, "invalid"));
		}
	}
	EXPECT_LT(100000, legal);
}

TEST_HARNESS_MAIN
