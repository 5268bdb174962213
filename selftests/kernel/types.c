// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's types as an object. The device has it where the kernel does not tell its types,
 * and then it is what KERNEL_BTF was given.
 */
#define TYPES "/sys/kernel/btf/vmlinux"

BACKEND_FIXTURE(types)

static int types_next(uint32_t id, uint32_t *next)
{
	union minibpf_attr attr = { .start_id = id };
	int err = minibpf_call(MINIBPF_BTF_GET_NEXT_ID, &attr, sizeof(attr));

	*next = attr.next_id;
	return err;
}

static int types_open(uint32_t id, uint32_t flags)
{
	union minibpf_attr attr = { .start_id = id, .open_flags = flags };

	return minibpf_call(MINIBPF_BTF_GET_FD_BY_ID, &attr, sizeof(attr));
}

static struct minibpf_btf_info types_info(int fd)
{
	static char name[64];
	struct minibpf_btf_info info = { .name = (uintptr_t)name, .name_len = sizeof(name) };
	uint32_t len = sizeof(info);

	if (minibpf_get_info(fd, &info, &len) || len != sizeof(info))
		memset(&info, 0, sizeof(info));
	return info;
}

/* A descriptor of the types that are called vmlinux, as bpftrace finds them; or the error. */
static int types_find(void)
{
	struct minibpf_btf_info info;
	uint32_t id = 0;
	int fd, err;

	for (;;) {
		err = types_next(id, &id);
		if (err)
			return err;
		fd = types_open(id, 0);
		if (fd < 0)
			return fd;
		info = types_info(fd);
		if (info.kernel_btf && info.id == id && info.name_len == strlen("vmlinux") &&
		    !strcmp((char *)(uintptr_t)info.name, "vmlinux"))
			return fd;
		close(fd);
	}
}

/* Whether the descriptor tells exactly what the file does, and no more than there is room for. */
static bool types_are(int fd, const uint8_t *file, uint32_t size)
{
	static uint8_t got[32 << 20];
	struct minibpf_btf_info info = { .btf = (uintptr_t)got, .btf_size = 10 };
	uint32_t len = sizeof(info);

	got[10] = ~file[10];
	if (minibpf_get_info(fd, &info, &len) || info.btf_size != size ||
	    memcmp(got, file, 10) || got[10] == file[10])
		return false;
	info.name_len = 0;	/* it was told, and would want room now */
	return !minibpf_get_info(fd, &info, &len) && info.btf_size == size &&
	       !memcmp(got, file, size);
}

static uint32_t types_read(uint8_t *to, uint32_t room)
{
	FILE *f = fopen(TYPES, "r");
	uint32_t size = f ? fread(to, 1, room, f) : 0;

	if (f)
		fclose(f);
	return size;
}

TEST_F(types, of_vmlinux)
{
	/* A header and one type, "int". */
	static const uint32_t small[] = {
		0x0001eb9f, 24, 0, 16, 16, 5, 1, 1 << 24, 4, 1 << 24 | 32, 'i' << 8 | 'n' << 16 |
		't' << 24, 0,
	};
	static uint8_t file[32 << 20];
	bool device = variant->backend == MINIBPF_BACKEND_DEVICE, own = access(TYPES, R_OK);
	struct minibpf_btf_info info = {};
	char name[4] = "....", link[64] = "", path[64];
	uint32_t size, len, id, next;
	int fd;

	if (device && own)
		ASSERT_EQ(0, minibpf_kernel_btf(small, sizeof(small)));
	fd = types_find();
	if (device && !own) {
		EXPECT_EQ(-ENOENT, fd);
		return;
	}
	ASSERT_LE(0, fd);
	size = types_read(file, sizeof(file));
	ASSERT_LT(11, size);
	EXPECT_TRUE(types_are(fd, file, size));

	info.name = (uintptr_t)name;
	EXPECT_EQ(-EINVAL, minibpf_get_info(fd, &info, (len = sizeof(info), &len)));
	info.name_len = 3;
	EXPECT_EQ(-ENOSPC, minibpf_get_info(fd, &info, (len = sizeof(info), &len)));
	EXPECT_EQ(0, memcmp("vm\0.", name, 4));
	EXPECT_EQ(7, info.name_len);
	EXPECT_EQ(size, info.btf_size);
	id = info.id;
	info = (struct minibpf_btf_info){ .btf = 1, .btf_size = 1 };
	EXPECT_EQ(-EFAULT, minibpf_get_info(fd, &info, (len = sizeof(info), &len)));

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ASSERT_LT(0, readlink(path, link, sizeof(link) - 1));
	EXPECT_STREQ("anon_inode:btf", link);
	EXPECT_EQ(id, fdinfo_number(fd, "btf_id"));
	EXPECT_EQ(-EINVAL, minibpf_pin(fd, "test_types"));
	EXPECT_EQ(-EINVAL, types_open(id, 1));
	EXPECT_EQ(-ENOENT, types_open(INT32_MAX - 1, 0));
	EXPECT_EQ(-EINVAL, types_next(INT32_MAX, &next));

	if (device) {
		/* The number goes with the file, the types with the last descriptor. */
		EXPECT_EQ(0, minibpf_kernel_btf(NULL, 0));
		EXPECT_EQ(-ENOENT, types_next(0, &next));
		EXPECT_EQ(-ENOENT, types_open(id, 0));
		EXPECT_TRUE(types_are(fd, file, size));
		ASSERT_EQ(0, minibpf_kernel_btf(small, sizeof(small)));
		ASSERT_EQ(0, types_next(0, &next));
		EXPECT_NE(id, next);
		EXPECT_EQ(0, minibpf_kernel_btf(NULL, 0));
	}
	close(fd);
}
