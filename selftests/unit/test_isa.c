// SPDX-License-Identifier: GPL-2.0-only
/*
 * The legality table against RFC 9669's lists, which are written down here a
 * second time as a predicate, over every opcode and every value of the fields
 * that can make a difference.
 */
#include "unit.h"
#include "isa.h"

static int check(const struct mbpf_insn *insns, u32 nr, char *text, u32 size)
{
	struct mbpf_log log;
	int err = 0;
	u32 i;

	mbpf_log_init(&log, MBPF_LOG_PATH, 4096);
	for (i = 0; i < nr && !err; i += mbpf_insn_slots(&insns[i]))
		err = mbpf_isa_check(&insns[i], i, nr, &log);
	if (text)
		scnprintf(text, size, "%s", unit_log_text(&log));
	if (err && !log.total)
		fprintf(stderr, "rejected without a word: code %02x\n", insns->code);
	if (err && !log.total)
		err = -EPROTO;
	mbpf_log_deinit(&log);
	return err;
}

static bool one_of(s64 value, const char *list)
{
	char *end;

	for (; *list; list = end)
		if (strtoll(list, &end, 0) == value)
			return true;
	return false;
}

/* RFC 9669 section 4: arithmetic. */
static bool alu_legal(const struct mbpf_insn *insn)
{
	bool is64 = (insn->code & 7) == 7, x = insn->code & 8;
	u32 op = insn->code >> 4;

	if (op == 0xd) {	/* END: no bswap from a register */
		return !insn->src && !insn->off && one_of(insn->imm, "16 32 64") && !(is64 && x);
	}
	if (op == 0x8)
		return !x && !insn->src && !insn->off && !insn->imm;
	if (op > 0xd || (x && insn->imm) || (!x && insn->src))
		return false;
	if (x && insn->src > 10)
		return false;
	switch (op) {
	case 0x3:
	case 0x9:
		return one_of(insn->off, "0 1") && (x || insn->imm);
	case 0xb:
		return one_of(insn->off, x ? is64 ? "0 8 16 32" : "0 8 16" : "0");
	case 0x6:
	case 0x7:
	case 0xc:
		return !insn->off && (x || (insn->imm >= 0 && insn->imm < (is64 ? 64 : 32)));
	default:
		return !insn->off;
	}
}

/* Section 4.3: jumps. */
static bool jump_legal(const struct mbpf_insn *insn)
{
	bool is32 = (insn->code & 7) == 6, x = insn->code & 8;
	u32 op = insn->code >> 4;

	if (op == 0 && !x)
		return !insn->dst && !insn->src && (is32 ? !insn->off : !insn->imm);
	if (op == 8)
		return !is32 && !x && !insn->dst && !insn->off && insn->src < 2;
	if (op == 9)
		return !is32 && !x && !insn->dst && !insn->src && !insn->off && !insn->imm;
	if (op == 0 || op > 0xd)
		return false;
	return x ? !insn->imm && insn->src <= 10 : !insn->src;
}

/* Section 5: loads and stores. LDDW's second slot is all zero here. */
static bool memory_legal(const struct mbpf_insn *insn)
{
	u32 class = insn->code & 7, size = insn->code >> 3 & 3, mode = insn->code >> 5;

	if (class == 0)
		return insn->code == 0x18 && one_of(insn->src, "0 1 2 4 5 6") && !insn->off;
	if (class == 1)
		return (mode == 3 || (mode == 4 && size != 3)) && !insn->imm && insn->src <= 10;
	if (class == 2)
		return mode == 3 && !insn->src;
	if (mode == 3)
		return !insn->imm && insn->src <= 10;
	return mode == 6 && (size == 0 || size == 3) && insn->src <= 10 &&
	       one_of(insn->imm, "0x00 0x40 0x50 0xa0 0x01 0x41 0x51 0xa1 0xe1 0xf1");
}

static bool legal(const struct mbpf_insn *insn)
{
	u32 class = insn->code & 7;

	if (insn->dst > 10)
		return false;
	if (class == 4 || class == 7)
		return alu_legal(insn);
	return class == 5 || class == 6 ? jump_legal(insn) : memory_legal(insn);
}

/* Writes R10, and is legal but for that. */
static bool writes_fp(const struct mbpf_insn *insn)
{
	u32 class = insn->code & 7;

	if (class == 4 || class == 7 || class == 0 || class == 1)
		return insn->dst == 10;
	return class == 3 && insn->code >> 5 == 6 && insn->src == 10 && insn->imm & 1 &&
	       insn->imm != 0xf1;
}

TEST(every_opcode_and_field)
{
	static const s16 offs[] = { 0, 1, 2, 8, 16, 32, 64, -1, -8, S16_MIN, S16_MAX };
	static const s32 imms[] = {
		0, 1, 2, -1, 16, 31, 32, 33, 63, 64, 65, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1,
		0xe0, 0xe1, 0xf0, 0xf1, 0xf3, 0x1e1, S32_MIN, S32_MAX,
	};
	u32 code, dst, src, o, i, nr_legal = 0;

	for (code = 0; code < 256; code++)
	for (dst = 0; dst < 16; dst++)
	for (src = 0; src < 16; src++)
	for (o = 0; o < ARRAY_SIZE(offs); o++)
	for (i = 0; i < ARRAY_SIZE(imms); i++) {
		struct mbpf_insn insns[2] = { { code, dst, src, offs[o], imms[i] } };
		int want = !legal(insns) ? -EINVAL : writes_fp(insns) ? -EACCES : 0;
		int err = mbpf_isa_check(insns, 0, code == MBPF_LDDW ? 2 : 1, NULL);
		const struct mbpf_isa_rule *rule = &mbpf_isa_rules[code];

		nr_legal += !err;
		ASSERT_FALSE(err && mbpf_isa_is_fine(insns, rule, 0));
		ASSERT_FALSE(mbpf_insn_is_odd(insns) && mbpf_isa_is_fine(insns, rule, 0xff));
		/* The register comes first, so a bad field beside it may go unnamed. */
		if (err == want || (want == -EINVAL && err == -EACCES && writes_fp(insns)))
			continue;
		TH_LOG("code %02x dst %u src %u off %d imm %d: %d, not %d",
		       code, dst, src, offs[o], imms[i], err, want);
		ASSERT_EQ(want, err);
	}
	EXPECT_LT(100000, nr_legal);
}

TEST(every_rejection_is_explained)
{
	u64 seed = 1;
	u32 i;

	for (i = 0; i < 100000; i++) {
		u64 bits = unit_random(&seed);
		struct mbpf_insn insns[2] = {};

		memcpy(insns, &bits, 8);
		if (i % 2)
			insns[0].off = 0;
		if (i % 3)
			insns[0].imm = 0;
		ASSERT_NE(-EPROTO, check(insns, 1, NULL, 0));
	}
}

TEST(second_slot_of_lddw)
{
	struct mbpf_insn insns[3] = { { .code = MBPF_LDDW, .dst = 1 } };
	u32 src;

	EXPECT_EQ(-EINVAL, check(insns, 1, NULL, 0));
	for (src = 0; src < 16; src++) {
		insns[0].src = src;
		insns[1].imm = 1;
		EXPECT_EQ(one_of(src, "0 2 6") ? 0 : -EINVAL, check(insns, 2, NULL, 0));
		insns[1].imm = 0;
		EXPECT_EQ(one_of(src, "0 1 2 4 5 6") ? 0 : -EINVAL, check(insns, 2, NULL, 0));
	}
	insns[0].src = 0;
	insns[1].code = 1;
	EXPECT_EQ(-EINVAL, check(insns, 2, NULL, 0));
	insns[1] = (struct mbpf_insn){ .dst = 1 };
	EXPECT_EQ(-EINVAL, check(insns, 2, NULL, 0));
	insns[1] = (struct mbpf_insn){ .src = 1 };
	EXPECT_EQ(-EINVAL, check(insns, 2, NULL, 0));
	insns[1] = (struct mbpf_insn){ .off = 1 };
	EXPECT_EQ(-EINVAL, check(insns, 2, NULL, 0));
}

/* One text of each kind: the instruction, the field, its value, what is right. */
TEST(texts)
{
	static const struct {
		struct mbpf_insn insn;
		const char *text;
	} rows[] = {
		{ { 0xff }, "insn 1: unknown opcode ff" },
		{ { 0x20 }, "insn 1: opcode 20: packet loads (LD_ABS, LD_IND) are not supported" },
		{ { 0xb7, 11 }, "insn 1: opcode b7: R11 is invalid: dst must be 0 to 10" },
		{ { 0xbf, 1, 12 }, "insn 1: opcode bf: R12 is invalid: src must be 0 to 10" },
		{ { 0xb7, 10 }, "insn 1: opcode b7: frame pointer is read only" },
		{ { 0xb7, 1, 2 }, "insn 1: opcode b7: src is 2, must be 0" },
		{ { 0x85, 0, 2 }, "insn 1: opcode 85: src is 2, must be 0 (helper) or 1" },
		{ { 0x95, 1 }, "insn 1: opcode 95: R1 is invalid: dst must be 0, it has no" },
		{ { 0x3f, 1, 2, 2 }, "insn 1: opcode 3f: off is 2, must be 0 (unsigned) or 1" },
		{ { 0xbc, 1, 2, 32 }, "insn 1: opcode bc: off is 32, must be 0, 8 or 16" },
		{ { 0x67, 1, 0, 0, 64 }, "insn 1: opcode 67: imm is 64 (0x40), invalid shift: must be 0 to 63" },
		{ { 0x37, 1 }, "insn 1: opcode 37: imm is 0 (0x0), div by zero" },
		{ { 0xd7, 1, 0, 0, 8 }, "insn 1: opcode d7: imm is 8 (0x8), must be 16, 32 or 64" },
		{ { 0xdb, 1, 2, 0, 0x30 }, "insn 1: opcode db: imm is 48 (0x30), no atomic operation" },
		{ { 0x18, 1 }, "insn 1: invalid bpf_ld_imm64 insn: the program ends" },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mbpf_insn insns[2] = { { 0xb7 }, rows[i].insn };
		char text[256];

		EXPECT_NE(0, check(insns, 2, text, sizeof(text)));
		if (strncmp(text, rows[i].text, strlen(rows[i].text)) ||
		    text[strlen(text) - 1] != '\n' || strchr(text, '\n') != text + strlen(text) - 1)
			TH_LOG("'%s' is not one line that begins with '%s'", text, rows[i].text);
		EXPECT_EQ(0, strncmp(text, rows[i].text, strlen(rows[i].text)));
		EXPECT_EQ(text + strlen(text) - 1, strchr(text, '\n'));
	}
}

TEST(uses_and_defs)
{
	static const struct {
		struct mbpf_insn insn;
		u16 uses, defs;
	} rows[] = {
		{ { 0xb7, 1 }, 0, 1 << 1 },
		{ { 0xbf, 1, 2 }, 1 << 2, 1 << 1 },
		{ { 0x0f, 1, 2 }, 1 << 1 | 1 << 2, 1 << 1 },
		{ { 0x07, 1 }, 1 << 1, 1 << 1 },
		{ { 0x87, 3 }, 1 << 3, 1 << 3 },
		{ { 0xdc, 3, 0, 0, 16 }, 1 << 3, 1 << 3 },
		{ { 0x18, 4 }, 0, 1 << 4 },
		{ { 0x79, 1, 10, -8 }, 1 << 10, 1 << 1 },
		{ { 0x7a, 10, 0, -8, 1 }, 1 << 10, 0 },
		{ { 0x7b, 10, 5, -8 }, 1 << 10 | 1 << 5, 0 },
		{ { 0xdb, 1, 2, 0, 0x00 }, 1 << 1 | 1 << 2, 0 },
		{ { 0xdb, 1, 2, 0, 0x01 }, 1 << 1 | 1 << 2, 1 << 2 },
		{ { 0xdb, 1, 2, 0, 0xe1 }, 1 << 1 | 1 << 2, 1 << 2 },
		{ { 0xc3, 1, 2, 0, 0xf1 }, 1 << 0 | 1 << 1 | 1 << 2, 1 << 0 },
		{ { 0x05 }, 0, 0 },
		{ { 0x06 }, 0, 0 },
		{ { 0x15, 7 }, 1 << 7, 0 },
		{ { 0x1e, 7, 8 }, 1 << 7 | 1 << 8, 0 },
		{ { 0x85 }, 0x3e, 0x3f },
		{ { 0x95 }, 1, 0 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(rows[i].uses, mbpf_insn_uses(&rows[i].insn));
		EXPECT_EQ(rows[i].defs, mbpf_insn_defs(&rows[i].insn));
	}
}

TEST_HARNESS_MAIN
