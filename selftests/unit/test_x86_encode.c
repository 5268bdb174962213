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
	char got[2 * 16 + 1];
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(encodings); i++) {
		got[0] = 0;
		struct x86_code code = encodings[i].code;

		for (j = 0; j < code.len + code.tail_len; j++)
			sprintf(got + 2 * j, "%02x",
				(u8)(j < code.len ? code.head >> 8 * j :
						    code.tail >> 8 * (j - code.len)));
		EXPECT_STREQ(encodings[i].want, got) {
			TH_LOG("%s", encodings[i].text);
		}
	}
}

/* Both parts of struct x86_code hold eight bytes. */
TEST(longest_instruction_fits)
{
	struct x86_mem mem = x86_mem_index(X86_R12, X86_R13, 3, S32_MIN);
	struct x86_code code = mbpf_x86_lock(x86_alu_mi32(X86_ADD, 8, mem, S32_MAX));

	EXPECT_EQ(5, code.len);
	EXPECT_EQ(8, code.tail_len);
}

TEST_HARNESS_MAIN
