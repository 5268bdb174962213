// SPDX-License-Identifier: GPL-2.0-only
/* Sizes of arguments, commands that are none, descriptors of the wrong kind. */

BACKEND_FIXTURE(attr)

/* An attr at the end of a page behind which there is nothing. */
static void *before_hole(const void *attr, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(at + page, page);
	return memcpy(at + page - size, attr, size);
}

static int create_sized(const void *attr, unsigned int size)
{
	int fd = minibpf_call(MINIBPF_MAP_CREATE, (union minibpf_attr *)attr, size);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

TEST_F(attr, sizes)
{
	struct {
		union minibpf_attr attr;
		uint8_t tail[512];
	} arg = { { { .map_type = ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 } } };
	const unsigned int last = offsetof(union minibpf_attr, map_flags);
	void *short_attr = before_hole(&arg, last);

	EXPECT_EQ(0, create_sized(short_attr, last));		/* the rest counts as zero */
	EXPECT_EQ(-EINVAL, create_sized(short_attr, 12));	/* no max_entries */
	EXPECT_EQ(-EINVAL, create_sized(short_attr, 0));
	EXPECT_EQ(-EFAULT, create_sized(short_attr, last + 4));
	EXPECT_EQ(-EFAULT, create_sized(NULL, last));
	EXPECT_EQ(0, create_sized(&arg, sizeof(arg.attr)));
	EXPECT_EQ(0, create_sized(&arg, sizeof(arg)));
	arg.tail[sizeof(arg.tail) - 1] = 1;
	EXPECT_EQ(-E2BIG, create_sized(&arg, sizeof(arg)));
	EXPECT_EQ(0, create_sized(&arg, sizeof(arg) - 1));
	EXPECT_EQ(-E2BIG, create_sized(&arg, 8192));		/* whatever is there */
}

/* Fields that a command does not know must be zero. */
TEST_F(attr, fields_past_the_last)
{
	static const struct {
		int cmd;
		unsigned int size;	/* up to the command's last field */
	} rows[] = {
		{ MINIBPF_MAP_LOOKUP_ELEM, offsetof(union minibpf_attr, flags) + 8 },
		{ MINIBPF_MAP_DELETE_ELEM, offsetof(union minibpf_attr, key) + 8 },
		{ MINIBPF_MAP_GET_NEXT_KEY, offsetof(union minibpf_attr, next_key) + 8 },
		{ MINIBPF_MAP_FREEZE, offsetof(union minibpf_attr, map_fd) + 4 },
		{ MINIBPF_PROG_GET_NEXT_ID, offsetof(union minibpf_attr, next_id) + 4 },
		{ MINIBPF_MAP_GET_FD_BY_ID, offsetof(union minibpf_attr, open_flags) + 4 },
		{ MINIBPF_OBJ_GET_INFO_BY_FD, offsetof(union minibpf_attr, info.info) + 8 },
	};
	int fd = map_new(ARRAY, 4, 8, 1, 0);
	uint64_t key = 0, value[32];

	ASSERT_LE(0, fd);
	for (uint32_t i = 0; i < NR(rows); i++) {
		union minibpf_attr attr;

		memset(&attr, 0, sizeof(attr));
		attr.map_fd = fd;
		if (rows[i].size >= 24) {
			attr.key = (uintptr_t)&key;
			attr.value = (uintptr_t)value;
		}
		((uint8_t *)&attr)[rows[i].size] = 1;
		EXPECT_EQ(-EINVAL, minibpf_call(rows[i].cmd, &attr, sizeof(attr)))
			TH_LOG("row %u", i);
	}
	close(fd);
}

TEST_F(attr, unknown_commands)
{
	static const int rows[] = { 100, 199, 255 };
	union minibpf_attr attr = {};

	for (uint32_t i = 0; i < NR(rows); i++) {
		EXPECT_EQ(-EINVAL, minibpf_call(rows[i], &attr, sizeof(attr)))
			TH_LOG("command %d", rows[i]);
	}
}

TEST_F(attr, descriptors)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog = LOAD(MOV(R0, 0), EXIT), fds[2];
	uint32_t key = 0, len = 4;
	uint64_t value;

	ASSERT_LE(0, map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, pipe(fds));
	EXPECT_EQ(-EINVAL, minibpf_lookup_elem(prog, &key, &value));
	EXPECT_EQ(-EINVAL, minibpf_lookup_elem(fds[0], &key, &value));
	EXPECT_EQ(-EBADF, minibpf_lookup_elem(-1, &key, &value));
	EXPECT_EQ(-EBADF, minibpf_lookup_elem(1000, &key, &value));
	EXPECT_EQ(-EINVAL, minibpf_map_freeze(prog));
	EXPECT_EQ(-EBADF, minibpf_map_freeze(-1));
	EXPECT_EQ(-EINVAL, minibpf_get_info(fds[0], &value, &len));
	EXPECT_EQ(-EBADFD, minibpf_get_info(-1, &value, &len));
	EXPECT_EQ(-EINVAL, LOAD(LDMAP(R1, prog), MOV(R0, 0), EXIT));
	EXPECT_EQ(-EBADF, LOAD(LDMAP(R1, 1000), MOV(R0, 0), EXIT));
	EXPECT_EQ(-EFAULT, minibpf_lookup_elem(map, NULL, &value));
	EXPECT_EQ(-EFAULT, minibpf_lookup_elem(map, &key, NULL));
	EXPECT_EQ(-EFAULT, minibpf_update_elem(map, &key, (void *)-8, MINIBPF_ANY));
	/* A number that opens neither a link nor anything to detach. */
	EXPECT_EQ(-EBADF, minibpf_link_detach(-1));
	EXPECT_EQ(-EINVAL, minibpf_link_detach(prog));
	close(fds[0]);
	close(fds[1]);
	close(map);
	close(prog);
}

TEST_F(attr, ioctl_numbers)
{
	union minibpf_attr attr = {};
	int fd;

	if (!self->device)
		SKIP(return, "bpf(2) is no ioctl");
	fd = open(MINIBPF_DEVICE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 0xBE, 0, sizeof(attr)), &attr));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(fd, MINIBPF_IOC(MINIBPF_MAP_CREATE, sizeof(attr)), &attr));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(fd, MINIBPF_IOC(MINIBPF_MAP_CREATE, sizeof(attr)), NULL));
	EXPECT_EQ(EFAULT, errno);
	close(fd);
}
