// SPDX-License-Identifier: GPL-2.0-only
/* STACK_TRACE and its helpers, on stacks that the test makes up. */
#include "unit.h"
#include "helper_core.h"
#include "map.h"
#include "stack.h"

#define DEPTH 4

static struct mbpf_map *create(u32 max_entries)
{
	struct mbpf_map_attr attr = {
		.type = MBPF_MAP_STACK_TRACE, .key_size = 4, .value_size = DEPTH * 8,
		.max_entries = max_entries,
	};

	return mbpf_map_create(&attr);
}

/* The stack that the helpers see: @first, @first + 1 and so on. */
static void set_stack(u64 first, u32 nr)
{
	unit_os_stack_first = first;
	unit_os_stack_nr = nr;
}

static s64 stackid(struct mbpf_map *map, u64 flags)
{
	return mbpf_helper_get_stackid(0, (unsigned long)map, flags, 0, 0);
}

static s64 stack(u64 *buf, u64 size, u64 flags)
{
	memset(buf, 0xee, 8 * DEPTH);
	return mbpf_helper_get_stack(0, (unsigned long)buf, size, flags, 0);
}

static int lookup(struct mbpf_map *map, u32 id, u64 *ips)
{
	return mbpf_map_sys_lookup(map, &id, ips, 0);
}

TEST(equal_traces_have_one_number)
{
	struct mbpf_map *map = create(64);
	u64 ips[DEPTH];
	s64 a, b;

	ASSERT_FALSE(IS_ERR(map));
	set_stack(1000, 3);
	a = stackid(map, 0);
	ASSERT_LE(0, a);
	EXPECT_EQ(a, stackid(map, 0));
	EXPECT_EQ(a, stackid(map, MBPF_STACK_FAST_CMP));
	ASSERT_EQ(0, lookup(map, a, ips));
	EXPECT_EQ(1000, ips[0]);
	EXPECT_EQ(1002, ips[2]);
	EXPECT_EQ(0, ips[3]);

	/* Cut to what the map holds, so what differs behind that is equal. */
	set_stack(1000, 9);
	b = stackid(map, 0);
	ASSERT_LE(0, b);
	set_stack(1000, 8);
	EXPECT_EQ(b, stackid(map, 0));
	ASSERT_EQ(0, lookup(map, b, ips));
	EXPECT_EQ(1003, ips[3]);
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

TEST(flags)
{
	struct mbpf_map *map = create(64);
	u64 ips[DEPTH];
	s64 id;

	ASSERT_FALSE(IS_ERR(map));
	set_stack(50, 6);
	EXPECT_EQ(-EINVAL, stackid(map, 0x800));
	EXPECT_EQ(-EINVAL, stackid(map, 1ULL << 32));
	EXPECT_EQ(-EFAULT, stackid(map, 6));
	id = stackid(map, 5);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, lookup(map, id, ips));
	EXPECT_EQ(55, ips[0]);
	EXPECT_EQ(0, ips[1]);
	/* Users' stacks begin elsewhere. */
	id = stackid(map, MBPF_STACK_USER);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, lookup(map, id, ips));
	EXPECT_EQ(50 + UNIT_OS_USER_STACK, ips[0]);
	set_stack(0, 0);
	EXPECT_EQ(-EFAULT, stackid(map, 0));
	mbpf_map_destroy(map);
}

TEST(another_trace_with_the_number)
{
	struct mbpf_map *map = create(1);
	u64 ips[DEPTH];

	ASSERT_FALSE(IS_ERR(map));
	set_stack(10, 2);
	EXPECT_EQ(0, stackid(map, 0));
	set_stack(20, 2);
	EXPECT_EQ(-EEXIST, stackid(map, 0));
	EXPECT_EQ(-EEXIST, stackid(map, MBPF_STACK_FAST_CMP));
	EXPECT_EQ(0, stackid(map, MBPF_STACK_REUSE));
	ASSERT_EQ(0, lookup(map, 0, ips));
	EXPECT_EQ(20, ips[0]);
	mbpf_map_destroy(map);
}

/* More replacements than there is memory to wait for a grace period with. */
TEST(replaced_for_ever)
{
	struct mbpf_map *map = create(2);
	u32 i;

	ASSERT_FALSE(IS_ERR(map));
	for (i = 0; i < 10000; i++) {
		set_stack(i * 16 + 1, 3);
		ASSERT_LE(0, stackid(map, MBPF_STACK_REUSE));
	}
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

TEST(system_call)
{
	struct mbpf_map *map = create(16);
	u32 id, next, nr = 0, seen = 0;
	u64 ips[DEPTH];
	s64 ret;

	ASSERT_FALSE(IS_ERR(map));
	EXPECT_EQ(-ENOENT, mbpf_map_sys_next_key(map, NULL, &next));
	for (id = 0; id < 12; id++) {
		set_stack(1 + id * 100, 2);
		ret = stackid(map, 0);
		nr += ret >= 0;
		if (ret < 0)
			EXPECT_EQ(-EEXIST, ret);
	}
	for (ret = mbpf_map_sys_next_key(map, NULL, &next); !ret;
	     ret = mbpf_map_sys_next_key(map, &id, &next)) {
		id = next;
		EXPECT_EQ(0, lookup(map, id, ips));
		seen++;
	}
	EXPECT_EQ(nr, seen);
	EXPECT_EQ(-EINVAL, mbpf_map_sys_update(map, &id, ips, 0));
	EXPECT_EQ(0, mbpf_map_sys_delete(map, &id));
	EXPECT_EQ(-ENOENT, mbpf_map_sys_delete(map, &id));
	EXPECT_EQ(-ENOENT, lookup(map, id, ips));
	id = 16;
	EXPECT_EQ(-E2BIG, mbpf_map_sys_delete(map, &id));
	EXPECT_EQ(-ENOENT, lookup(map, id, ips));
	EXPECT_EQ(-ENOTSUPP, mbpf_map_sys_lookup_and_delete(map, &id, ips, 0));
	mbpf_map_destroy(map);
}

TEST(into_memory)
{
	u64 ips[DEPTH + 1];

	set_stack(7, 3);
	EXPECT_EQ(24, stack(ips, 32, 0));
	EXPECT_EQ(9, ips[2]);
	EXPECT_EQ(0, ips[3]);
	EXPECT_EQ(16, stack(ips, 16, 0));
	EXPECT_EQ(8, ips[1]);
	EXPECT_EQ(0xeeeeeeeeeeeeeeeeULL, ips[2]);
	EXPECT_EQ(8, stack(ips, 32, 2));
	EXPECT_EQ(9, ips[0]);
	EXPECT_EQ(0, stack(ips, 32, 3));
	EXPECT_EQ(0, ips[0]);
	EXPECT_EQ(-EFAULT, stack(ips, 32, 4));
	EXPECT_EQ(0, ips[3]);
	EXPECT_EQ(-EINVAL, stack(ips, 32, MBPF_STACK_REUSE));
	EXPECT_EQ(0, ips[0]);
	EXPECT_EQ(-EINVAL, stack(ips, 12, 0));
	EXPECT_EQ(0, stack(ips, 0, 0));
	EXPECT_EQ(0xeeeeeeeeeeeeeeeeULL, ips[0]);
	/* Not more than perf's, also in a larger buffer. */
	set_stack(1, 200);
	{
		static u64 many[256];

		EXPECT_EQ(8 * MBPF_STACK_MAX, (s64)mbpf_helper_get_stack(0, (unsigned long)many,
									  sizeof(many), 0, 0));
		EXPECT_EQ(MBPF_STACK_MAX, many[MBPF_STACK_MAX - 1]);
		EXPECT_EQ(0, many[MBPF_STACK_MAX]);
	}
}

TEST_HARNESS_MAIN
