// SPDX-License-Identifier: GPL-2.0-only
/* Maps from user space, to the errno. */

BACKEND_FIXTURE(map)

static int map_new(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags)
{
	struct minibpf_map_opts opts = {
		.type = type, .key_size = key, .value_size = value,
		.max_entries = entries, .flags = flags, .name = "test",
	};

	return minibpf_map_create(&opts);
}

#define HASH		MINIBPF_MAP_TYPE_HASH
#define ARRAY		MINIBPF_MAP_TYPE_ARRAY
#define PERCPU_HASH	MINIBPF_MAP_TYPE_PERCPU_HASH
#define PERCPU_ARRAY	MINIBPF_MAP_TYPE_PERCPU_ARRAY

TEST_F(map, create_errors)
{
	static const struct {
		uint32_t type, key, value, entries, flags;
		int want;
	} rows[] = {
		{ 999, 4, 4, 1, 0, -EINVAL },
		{ ARRAY, 4, 4, 0, 0, -EINVAL },
		{ ARRAY, 4, 0, 1, 0, -EINVAL },
		{ ARRAY, 8, 4, 1, 0, -EINVAL },
		{ ARRAY, 0, 4, 1, 0, -EINVAL },
		{ ARRAY, 4, 4, 1, MINIBPF_F_NO_PREALLOC, -EINVAL },
		{ ARRAY, 4, 4, 1, 1U << 30, -EINVAL },
		{ ARRAY, 4, 4, 1, MINIBPF_F_RDONLY | MINIBPF_F_WRONLY, -EINVAL },
		{ ARRAY, 4, 4, 1, MINIBPF_F_RDONLY_PROG | MINIBPF_F_WRONLY_PROG, -EINVAL },
		{ ARRAY, 4, UINT32_MAX, 1, 0, -E2BIG },
		{ PERCPU_ARRAY, 4, 4, 1, MINIBPF_F_MMAPABLE, -EINVAL },
		{ PERCPU_ARRAY, 4, 65536, 1, 0, -E2BIG },
		{ HASH, 0, 4, 1, 0, -EINVAL },
		{ HASH, 4, 0, 1, 0, -EINVAL },
		{ HASH, 4, 4, 0, 0, -EINVAL },
		{ HASH, 4, 4, 1, MINIBPF_F_MMAPABLE, -EINVAL },
		{ HASH, 1U << 30, 4, 1, 0, -E2BIG },
		{ HASH, 4, UINT32_MAX - 8, 1, 0, -E2BIG },
	};
	uint32_t i;
	int fd;

	for (i = 0; i < NR(rows); i++) {
		fd = map_new(rows[i].type, rows[i].key, rows[i].value, rows[i].entries,
			     rows[i].flags);
		EXPECT_EQ(rows[i].want, fd) TH_LOG("row %u", i);
		if (fd >= 0)
			close(fd);
	}
}

TEST_F(map, array)
{
	uint32_t key = 3, next;
	uint64_t value = 77;
	int fd = map_new(ARRAY, 4, 8, 4, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, minibpf_lookup_elem(fd, &key, &value));
	EXPECT_EQ(0, value);
	value = 0x1122334455667788;
	EXPECT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	EXPECT_EQ(-EEXIST, minibpf_update_elem(fd, &key, &value, MINIBPF_NOEXIST));
	EXPECT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_EXIST));
	EXPECT_EQ(-EINVAL, minibpf_update_elem(fd, &key, &value, 8));
	EXPECT_EQ(-EINVAL, minibpf_delete_elem(fd, &key));
	EXPECT_EQ(-ENOENT, minibpf_get_next_key(fd, &key, &next));
	key = 4;
	EXPECT_EQ(-E2BIG, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	value = 99;
	EXPECT_EQ(-ENOENT, minibpf_lookup_elem(fd, &key, &value));
	EXPECT_EQ(99, value);	/* not clobbered */
	EXPECT_EQ(0, minibpf_get_next_key(fd, &key, &next));
	EXPECT_EQ(0, next);
	EXPECT_EQ(0, minibpf_get_next_key(fd, NULL, &next));
	EXPECT_EQ(0, next);
	key = 3;
	EXPECT_EQ(0, minibpf_lookup_elem(fd, &key, &value));
	EXPECT_EQ(0x1122334455667788, value);
	close(fd);
	EXPECT_EQ(-EBADF, minibpf_lookup_elem(fd, &key, &value));
}

TEST_F(map, hash)
{
	uint64_t key = 1, value = 5, next, seen = 0, n = 0;
	int fd = map_new(HASH, 8, 8, 3, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOENT, minibpf_get_next_key(fd, NULL, &next));
	EXPECT_EQ(-ENOENT, minibpf_lookup_elem(fd, &key, &value));
	EXPECT_EQ(5, value);
	EXPECT_EQ(-ENOENT, minibpf_update_elem(fd, &key, &value, MINIBPF_EXIST));
	EXPECT_EQ(-ENOENT, minibpf_delete_elem(fd, &key));
	for (key = 1; key <= 3; key++) {
		value = key * 10;
		EXPECT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_NOEXIST));
		EXPECT_EQ(-EEXIST, minibpf_update_elem(fd, &key, &value, MINIBPF_NOEXIST));
	}
	EXPECT_EQ(-E2BIG, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	EXPECT_EQ(-EINVAL, minibpf_update_elem(fd, &key, &value, 3));
	EXPECT_EQ(-EINVAL, minibpf_update_elem(fd, &key, &value, 4));
	key = 2;
	value = 21;
	EXPECT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_EXIST));
	EXPECT_EQ(0, minibpf_lookup_elem(fd, &key, &value));
	EXPECT_EQ(21, value);
	next = 12345;		/* absent: the first key follows */
	while (!minibpf_get_next_key(fd, &next, &key) && n < 10) {
		seen |= 1ULL << key;
		n++;
		next = key;
	}
	EXPECT_EQ(3, n);
	EXPECT_EQ(0xe, seen);
	key = 1;
	EXPECT_EQ(0, minibpf_delete_elem(fd, &key));
	EXPECT_EQ(-ENOENT, minibpf_lookup_elem(fd, &key, &value));
	key = 9;
	EXPECT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	close(fd);
}

TEST_F(map, lookup_and_delete)
{
	uint32_t key = 7, value = 70;
	int fd = map_new(HASH, 4, 4, 8, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOENT, minibpf_lookup_and_delete_elem(fd, &key, &value));
	EXPECT_EQ(70, value);
	ASSERT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	value = 0;
	EXPECT_EQ(0, minibpf_lookup_and_delete_elem(fd, &key, &value));
	EXPECT_EQ(70, value);
	EXPECT_EQ(-ENOENT, minibpf_lookup_elem(fd, &key, &value));
	close(fd);
}

TEST_F(map, percpu)
{
	static const uint32_t types[] = { PERCPU_ARRAY, PERCPU_HASH };
	int cpu, nr = minibpf_nr_cpus(), fd;
	uint64_t values[256];
	uint32_t key = 1, i;

	ASSERT_LT(0, nr);
	ASSERT_GE(256, nr);
	for (i = 0; i < NR(types); i++) {
		fd = map_new(types[i], 4, 5, 4, 0);	/* 5 bytes take 8 */
		ASSERT_LE(0, fd);
		for (cpu = 0; cpu < nr; cpu++)
			values[cpu] = 0x100 + cpu;
		ASSERT_EQ(0, minibpf_update_elem(fd, &key, values, MINIBPF_ANY));
		memset(values, 0xff, sizeof(values));
		ASSERT_EQ(0, minibpf_lookup_elem(fd, &key, values));
		for (cpu = 0; cpu < nr; cpu++)
			EXPECT_EQ(0x100 + cpu, values[cpu] & 0xffffffffff);
		close(fd);
	}
}

TEST_F(map, access_by_descriptor)
{
	uint32_t key = 0, value = 1;
	int ro = map_new(ARRAY, 4, 4, 1, MINIBPF_F_RDONLY);
	int wo = map_new(ARRAY, 4, 4, 1, MINIBPF_F_WRONLY);

	ASSERT_LE(0, ro);
	ASSERT_LE(0, wo);
	EXPECT_EQ(0, minibpf_lookup_elem(ro, &key, &value));
	EXPECT_EQ(-EPERM, minibpf_update_elem(ro, &key, &value, MINIBPF_ANY));
	EXPECT_EQ(0, minibpf_update_elem(wo, &key, &value, MINIBPF_ANY));
	EXPECT_EQ(-EPERM, minibpf_lookup_elem(wo, &key, &value));
	close(ro);
	close(wo);
}

TEST_F(map, freeze_and_mmap)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = map_new(ARRAY, 4, 8, 512, MINIBPF_F_MMAPABLE);
	uint32_t key = 3;
	uint64_t value = 0, *shared;
	int err;

	ASSERT_LE(0, fd);
	shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, shared);
	shared[3] = 42;
	EXPECT_EQ(0, minibpf_lookup_elem(fd, &key, &value));
	EXPECT_EQ(42, value);
	value = 43;
	EXPECT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	EXPECT_EQ(43, shared[3]);
	EXPECT_EQ(-EBUSY, minibpf_map_freeze(fd));	/* writable mapping */
	munmap(shared, page);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(0, minibpf_map_freeze(fd));
	/* Frozen: nobody may write. In-tree 6.1 asks first whether it is frozen already. */
	err = !self->device && kernel_is("6.1.") ? -EBUSY : -EPERM;
	EXPECT_EQ(err, minibpf_map_freeze(fd));
	EXPECT_EQ(-EPERM, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	EXPECT_EQ(EPERM, errno);
	shared = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, shared);
	EXPECT_EQ(-1, mprotect(shared, page, PROT_READ | PROT_WRITE));
	close(fd);		/* the mapping keeps the map */
	EXPECT_EQ(43, shared[3]);
	munmap(shared, page);
}

TEST_F(map, many_elements)
{
	enum { N = 20000 };
	int fd = map_new(HASH, 4, 8, N, MINIBPF_F_NO_PREALLOC);
	uint32_t key, next, n = 0;
	uint64_t value, sum = 0;

	ASSERT_LE(0, fd);
	for (key = 0; key < N; key++) {
		value = key;
		ASSERT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_NOEXIST));
	}
	EXPECT_EQ(-E2BIG, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	for (int err = minibpf_get_next_key(fd, NULL, &next); !err && n <= N;
	     err = minibpf_get_next_key(fd, &key, &next)) {
		key = next;
		ASSERT_EQ(0, minibpf_lookup_elem(fd, &key, &value));
		sum += value;
		n++;
	}
	EXPECT_EQ(N, n);
	EXPECT_EQ((uint64_t)N * (N - 1) / 2, sum);
	for (key = 0; key < N; key += 2)
		ASSERT_EQ(0, minibpf_delete_elem(fd, &key));
	for (key = N; key < N + N / 2; key++)
		ASSERT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	close(fd);
}
