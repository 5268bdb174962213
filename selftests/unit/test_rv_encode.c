// SPDX-License-Identifier: GPL-2.0-only
/* RISC-V encoders against what an assembler makes of the same instruction. */
#include "unit.h"

#include "jit/riscv64/rv_encode.h"

struct encoding {
	const char *text;
	u32 bits;	/* the encoder's */
	u32 want;	/* the assembler's */
};

TEST(encoders_agree_with_the_assembler)
{
	const struct encoding encodings[] = {
#include "rv_encode.rows"
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(encodings); i++)
		EXPECT_EQ(encodings[i].want, encodings[i].bits) {
			TH_LOG("%s", encodings[i].text);
		}
}

TEST(fields_are_cut_off)
{
	EXPECT_EQ(rv_addi(RV_A0, RV_A1, 0), rv_addi(RV_A0, RV_A1, 4096));
	EXPECT_EQ(rv_bcc(RV_BEQ, RV_A0, RV_A1, 2), rv_bcc(RV_BEQ, RV_A0, RV_A1, 8192 + 3));
	EXPECT_EQ(rv_jal(RV_RA, -2), rv_jal(RV_RA, 0x1ffffe));
	EXPECT_EQ(rvc_j(2), rvc_j(4096 + 3));
	EXPECT_EQ(rvc_beqz(RV_A0, 2), rvc_beqz(RV_A0, 512 + 3));
	EXPECT_EQ(rv_lui(RV_A0, -1), rv_lui(RV_A0, 0xfffff));
}

TEST_HARNESS_MAIN
