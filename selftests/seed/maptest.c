// SPDX-License-Identifier: GPL-2.0-only
/* The seed's test of maps from user space: an array, then a hash. */
#include <errno.h>

#include "common.h"

#define MAX_ENTRIES 512
#define NR_PAIRS 10

static void test_array(void)
{
	uint64_t value = 1;
	int fd, key = 3;

	fd = minibpf_create_map(MINIBPF_MAP_TYPE_ARRAY, sizeof(int), sizeof(uint64_t), MAX_ENTRIES);
	CHECK_OK(fd);
	CHECK_OK(minibpf_lookup_elem(fd, &key, &value));
	CHECK(value == 0);
	value = 0x1122334455667788;
	CHECK_OK(minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	key = 513;
	CHECK(minibpf_update_elem(fd, &key, &value, MINIBPF_ANY) == -E2BIG);
	key = 3;
	CHECK(minibpf_delete_elem(fd, &key) == -EINVAL);
	value = 0;
	CHECK_OK(minibpf_lookup_elem(fd, &key, &value));
	CHECK(value == 0x1122334455667788);
	close(fd);
	printf("bpf array tests PASSED\n");
}

static uint64_t key_of(uint64_t i)
{
	return i * 0x2348fe12 + (86514 ^ i);
}

/* Every pair is met once, whatever the order. */
static void walk(int fd)
{
	uint64_t key = 0, value, seen = 0;
	int nr = 0;

	while (!minibpf_get_next_key(fd, &key, &key)) {
		CHECK_OK(minibpf_lookup_elem(fd, &key, &value));
		CHECK(value >= 1 && value <= NR_PAIRS && key == key_of(value));
		seen |= 1ULL << value;
		nr++;
	}
	CHECK(nr == NR_PAIRS);
	CHECK(seen == (1ULL << (NR_PAIRS + 1)) - 2);
	printf("%d keys\n", nr);
}

static void test_hash(void)
{
	uint64_t key, value, untouched = 99;
	int fd;

	fd = minibpf_create_map(MINIBPF_MAP_TYPE_HASH, sizeof(key), sizeof(value), MAX_ENTRIES);
	CHECK_OK(fd);
	for (value = 1; value <= NR_PAIRS; value++) {
		key = key_of(value);
		CHECK_OK(minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	}
	walk(fd);
	key = key_of(1);
	CHECK_OK(minibpf_delete_elem(fd, &key));
	CHECK(minibpf_lookup_elem(fd, &key, &untouched) == -ENOENT);
	CHECK(untouched == 99);
	close(fd);
	printf("bpf hash tests OK\n");
}

int main(void)
{
	test_array();
	test_hash();
	printf("ALL TEST PASSED!\n");
	return 0;
}
