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

/* What was cut since the block came is not, what was not cut is taken for zero. */
TEST(zeroes)
{
	struct { struct mbpf_scratch_block head; u8 bytes[100]; } block = { .bytes = { 0 } };
	struct mbpf_scratch scratch = {
		.blocks = &block.head, .pos = block.bytes, .end = block.bytes + 100,
	}, mark = scratch;
	u8 *p, *bytes = block.bytes, zero[100] = { 0 };

	block.head.dirty = block.bytes;
	block.head.size = sizeof(block);
	memset(mbpf_scratch_alloc(&scratch, 16), 1, 16);
	mbpf_scratch_reset(&scratch, &mark);
	block.bytes[20] = 1;
	p = mbpf_scratch_zalloc(&scratch, 40, 32);
	EXPECT_EQ(bytes, p);
	EXPECT_EQ(0, memcmp(p, zero, 16));
	EXPECT_EQ(1, p[20]);
	memset(p, 1, 40);
	mbpf_scratch_reset(&scratch, &mark);
	p = mbpf_scratch_zalloc(&scratch, 40, 32);
	EXPECT_EQ(0, memcmp(p, zero, 32));
	EXPECT_EQ(1, p[32]);
	/* Another block came in between: nobody knows how far the first was used. */
	mark = scratch;
	memset(mbpf_scratch_alloc(&scratch, 40), 1, 40);
	EXPECT_NE(NULL, mbpf_scratch_alloc(&scratch, 8192));
	mbpf_scratch_reset(&scratch, &mark);
	p = mbpf_scratch_zalloc(&scratch, 40, 40);
	EXPECT_EQ(bytes + 40, p);
	EXPECT_EQ(0, memcmp(p, zero, 40));
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
