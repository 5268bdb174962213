// SPDX-License-Identifier: GPL-2.0-only
/* Arrays: which keys they have, how their values lie in memory, and slots that hold programs. */
#include "unit.h"
#include "map.h"

TEST(array_keys)
{
	struct mbpf_map *map = unit_map(MBPF_MAP_ARRAY, 4, 8, 4, 0);
	u32 key = 7, next = 99;
	u64 value = 0;

	ASSERT_FALSE(IS_ERR(map));
	EXPECT_EQ(0, mbpf_map_sys_next_key(map, &key, &next));
	EXPECT_EQ(0, next);
	key = U32_MAX;
	EXPECT_EQ(0, mbpf_map_sys_next_key(map, &key, &next));
	EXPECT_EQ(0, next);
	key = 4;
	EXPECT_EQ(0, mbpf_map_sys_next_key(map, &key, &next));
	EXPECT_EQ(0, next);
	key = 2;
	EXPECT_EQ(0, mbpf_map_sys_next_key(map, &key, &next));
	EXPECT_EQ(3, next);
	key = 3;
	EXPECT_EQ(-ENOENT, mbpf_map_sys_next_key(map, &key, &next));
	EXPECT_EQ(3, next);
	/* The range comes before what the flags say of an element. */
	key = 4;
	EXPECT_EQ(-E2BIG, mbpf_map_sys_update(map, &key, &value, MBPF_NOEXIST));
	EXPECT_EQ(-EINVAL, mbpf_map_sys_update(map, &key, &value, 3));
	EXPECT_EQ(NULL, map->ops->lookup(map, &key));
	mbpf_map_destroy(map);
}

TEST(array_values_are_one_area)
{
	struct mbpf_map *one = unit_map(MBPF_MAP_ARRAY, 4, 100, 1, 0);
	struct mbpf_map *two = unit_map(MBPF_MAP_ARRAY, 4, 100, 2, 0);
	struct mbpf_map *hash = unit_map(MBPF_MAP_HASH, 4, 100, 1, 0);
	struct mbpf_map *percpu = unit_map(MBPF_MAP_PERCPU_ARRAY, 4, 100, 1, 0);
	u32 key = 0;
	u64 addr = 1;

	EXPECT_EQ(0, mbpf_map_value_addr(one, 0, &addr));
	EXPECT_EQ((u64)one->ops->lookup(one, &key), addr);
	EXPECT_EQ(0, mbpf_map_value_addr(one, 99, &addr));
	EXPECT_EQ((u64)one->ops->lookup(one, &key) + 99, addr);
	addr = 1;
	EXPECT_EQ(-EINVAL, mbpf_map_value_addr(one, 100, &addr));
	EXPECT_EQ(-EINVAL, mbpf_map_value_addr(one, U32_MAX, &addr));
	EXPECT_EQ(-ENOTSUPP, mbpf_map_value_addr(two, 0, &addr));
	EXPECT_EQ(-ENOTSUPP, mbpf_map_value_addr(hash, 0, &addr));
	EXPECT_EQ(-ENOTSUPP, mbpf_map_value_addr(percpu, 0, &addr));
	EXPECT_EQ(1, addr);
	mbpf_map_destroy(one);
	mbpf_map_destroy(two);
	mbpf_map_destroy(hash);
	mbpf_map_destroy(percpu);
	UNIT_EXPECT_NO_LEAKS();
}

TEST(mmapable_array)
{
	struct mbpf_map *map = unit_map(MBPF_MAP_ARRAY, 4, 12, 1000, MBPF_MAP_MMAPABLE);
	struct mbpf_map *plain = unit_map(MBPF_MAP_ARRAY, 4, 12, 1000, 0);
	u32 key = 999, value[3] = { 1, 2, 3 };
	u64 size = 0;
	u8 *area;

	area = mbpf_map_mmap_area(map, &size);
	ASSERT_NE(NULL, area);
	EXPECT_EQ(PAGE_ALIGN(16 * 1000), size);
	EXPECT_EQ(0, (unsigned long)area % PAGE_SIZE);
	EXPECT_EQ(0, mbpf_map_sys_update(map, &key, value, 0));
	EXPECT_EQ(0, memcmp(area + 16 * 999, value, 12));
	/* Nothing but zeroes behind the last value: user space sees it. */
	for (key = 16 * 1000; key < size; key++)
		EXPECT_EQ(0, area[key]);
	EXPECT_EQ(NULL, mbpf_map_mmap_area(plain, &size));
	mbpf_map_destroy(map);
	mbpf_map_destroy(plain);
}

TEST(prog_array)
{
	struct mbpf_map *map = unit_map(MBPF_MAP_PROG_ARRAY, 4, 4, 3, 0);
	struct mbpf_fd_array *array = container_of(map, struct mbpf_fd_array, map);
	struct mbpf_prog *a = (struct mbpf_prog *)8, *b = (struct mbpf_prog *)16;
	u32 key = 0, value = 0;

	ASSERT_FALSE(IS_ERR(map));
	EXPECT_EQ(3, array->max_entries);
	EXPECT_EQ(NULL, mbpf_fd_array_swap(map, 1, a));
	EXPECT_EQ(a, array->slots[1]);
	EXPECT_EQ(a, mbpf_fd_array_swap(map, 1, b));
	EXPECT_EQ(b, mbpf_fd_array_swap(map, 1, NULL));
	EXPECT_EQ(NULL, array->slots[1]);
	EXPECT_EQ(-E2BIG, PTR_ERR(mbpf_fd_array_swap(map, 3, a)));
	/* Its elements are not values. */
	EXPECT_EQ(-ENOTSUPP, mbpf_map_sys_lookup(map, &key, &value, 0));
	EXPECT_EQ(-ENOTSUPP, mbpf_map_sys_update(map, &key, &value, 0));
	EXPECT_EQ(-ENOTSUPP, mbpf_map_sys_delete(map, &key));
	EXPECT_EQ(NULL, map->ops->lookup(map, &key));
	EXPECT_EQ(-EINVAL, map->ops->update(map, &key, &value, 0));
	EXPECT_EQ(0, mbpf_map_sys_next_key(map, NULL, &key));
	EXPECT_EQ(0, key);
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

TEST_HARNESS_MAIN
