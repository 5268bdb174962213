// SPDX-License-Identifier: GPL-2.0-only
/* x86-64 encoders against what an assembler makes of the same instruction. */
#include "unit.h"

#include "jit/x86_64/x86_encode.h"

struct encoding {
	const char *text;
	struct x86_code code;	/* the encoder's */
	const char *want;	/* the assembler's, in hexadecimal */
};

TEST(encoders_agree_with_the_assembler)
{
	const struct encoding encodings[] = {
#include "x86_encode.rows"
	};
	char got[2 * sizeof(struct x86_code) + 1];
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(encodings); i++) {
		got[0] = 0;
		for (j = 0; j < encodings[i].code.len; j++)
			sprintf(got + 2 * j, "%02x", encodings[i].code.byte[j]);
		EXPECT_STREQ(encodings[i].want, got) {
			TH_LOG("%s", encodings[i].text);
		}
	}
}

/* The processor faults on more than 15 bytes, and struct x86_code holds no more. */
TEST(longest_instruction_fits)
{
	struct x86_mem mem = x86_mem_index(X86_R12, X86_R13, 3, S32_MIN);
	struct x86_code code = mbpf_x86_lock(x86_alu_mi32(X86_ADD, 8, mem, S32_MAX));

	EXPECT_EQ(13, code.len);
	EXPECT_LE(code.len, sizeof(code.byte));
}

TEST_HARNESS_MAIN
