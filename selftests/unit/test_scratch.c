// SPDX-License-Identifier: GPL-2.0-only
/* Scratch memory: pieces that do not overlap, and are let go in the order they came. */
#include "unit.h"
#include "common.h"
#include "scratch.h"

static const struct mbpf_scratch none;

/* Blocks of more than one piece, as the kernel's side hands them out. */
TEST(pieces_of_one_block)
{
	u8 *block = kmalloc(100, GFP_KERNEL), *first, *second, *third;
	struct mbpf_scratch scratch = { .pos = block, .end = block + 100 };

	ASSERT_NE(NULL, block);
	first = mbpf_scratch_alloc(&scratch, 13);
	second = mbpf_scratch_alloc(&scratch, 16);
	third = mbpf_scratch_alloc(&scratch, 68);
	EXPECT_EQ(block, first);
	EXPECT_EQ(block + 16, second);
	EXPECT_EQ(block + 32, third);
	EXPECT_EQ(block + 100, scratch.pos);
	EXPECT_EQ(NULL, scratch.blocks);
	EXPECT_NE(NULL, mbpf_scratch_alloc(&scratch, 1));
	EXPECT_NE(NULL, scratch.blocks);
	mbpf_scratch_reset(&scratch, &none);
	kfree(block);
}

TEST(what_came_before_a_mark_stays)
{
	struct mbpf_scratch scratch = none, mark;
	long live = os_user_live;
	u8 *kept = mbpf_scratch_alloc(&scratch, 64);

	ASSERT_NE(NULL, kept);
	memset(kept, 1, 64);
	mark = scratch;
	EXPECT_NE(NULL, mbpf_scratch_alloc(&scratch, 8));
	EXPECT_NE(NULL, mbpf_scratch_alloc(&scratch, 8192));
	mbpf_scratch_reset(&scratch, &mark);
	EXPECT_EQ(live + 1, os_user_live);
	EXPECT_EQ(1, kept[63]);
	EXPECT_EQ(scratch.pos, mark.pos);
	mbpf_scratch_reset(&scratch, &none);
	EXPECT_EQ(live, os_user_live);
}

TEST(no_memory)
{
	struct mbpf_scratch scratch = { .want = 4096 };

	os_user_fail_nth = 1;
	EXPECT_EQ(NULL, mbpf_scratch_alloc(&scratch, 8));
	os_user_fail_nth = 0;
	EXPECT_EQ(NULL, scratch.blocks);
	EXPECT_NE(NULL, mbpf_scratch_alloc(&scratch, 8));
	mbpf_scratch_reset(&scratch, &none);
}

TEST_HARNESS_MAIN
