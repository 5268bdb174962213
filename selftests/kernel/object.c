// SPDX-License-Identifier: GPL-2.0-only
/* Numbers, information, names in /proc and pins of objects; what keeps what alive. */

#include <linux/membarrier.h>

BACKEND_FIXTURE(object)

/* Whether the walk over all numbers comes by @id, rising all the way. */
static bool walk_finds(enum minibpf_kind kind, uint32_t id)
{
	uint32_t at = 0, next;
	bool found = false;

	while (!minibpf_get_next_id(kind, at, &next)) {
		if (next <= at)
			return false;
		found |= next == id;
		at = next;
	}
	return found;
}

/* Waits until the number is gone: objects are freed after grace periods. */
static bool gone(enum minibpf_kind kind, uint32_t id)
{
	for (int i = 0; i < 200 && walk_finds(kind, id); i++)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	return !walk_finds(kind, id);
}

static uint32_t map_number(int fd)
{
	struct minibpf_map_info info = {};
	uint32_t len = sizeof(info);

	return minibpf_get_info(fd, &info, &len) ? 0 : info.id;
}

static uint32_t prog_number(int fd)
{
	struct minibpf_prog_info info = {};
	uint32_t len = sizeof(info);

	return minibpf_get_info(fd, &info, &len) ? 0 : info.id;
}

TEST_F(object, numbers)
{
	int map = map_new(HASH, 4, 8, 4, 0), prog = LOAD(MOV(R0, 0), EXIT), fd;
	uint32_t map_id = map_number(map), prog_id = prog_number(prog), next;

	ASSERT_NE(0, map_id);
	ASSERT_NE(0, prog_id);
	EXPECT_TRUE(walk_finds(MINIBPF_MAP, map_id));
	EXPECT_TRUE(walk_finds(MINIBPF_PROG, prog_id));
	EXPECT_EQ(-EINVAL, minibpf_get_next_id(MINIBPF_MAP, INT32_MAX, &next));
	EXPECT_EQ(-ENOENT, minibpf_get_next_id(MINIBPF_MAP, INT32_MAX - 1, &next));
	EXPECT_EQ(-ENOENT, minibpf_get_fd_by_id(MINIBPF_MAP, INT32_MAX - 1));
	EXPECT_EQ(-ENOENT, minibpf_get_fd_by_id(MINIBPF_PROG, 0));
	fd = minibpf_get_fd_by_id(MINIBPF_MAP, map_id);
	ASSERT_LE(0, fd);
	EXPECT_EQ(map_id, map_number(fd));
	close(map);		/* the other one keeps it */
	EXPECT_TRUE(walk_finds(MINIBPF_MAP, map_id));
	close(fd);
	EXPECT_TRUE(gone(MINIBPF_MAP, map_id));
	EXPECT_EQ(-ENOENT, minibpf_get_fd_by_id(MINIBPF_MAP, map_id));
	close(prog);
	EXPECT_TRUE(gone(MINIBPF_PROG, prog_id));
}

TEST_F(object, info)
{
	int map = map_new(HASH, 4, 8, 16, MINIBPF_F_NO_PREALLOC);
	int prog = LOAD(MOV(R0, 0), EXIT);
	struct minibpf_map_info info;
	struct minibpf_prog_info pinfo = {};
	uint8_t big[sizeof(info) + 64] = {};
	uint32_t len = sizeof(info);

	ASSERT_LE(0, map);
	ASSERT_LE(0, prog);
	memset(&info, 0, sizeof(info));
	ASSERT_EQ(0, minibpf_get_info(map, &info, &len));
	EXPECT_EQ(HASH, info.type);
	EXPECT_EQ(4, info.key_size);
	EXPECT_EQ(8, info.value_size);
	EXPECT_EQ(16, info.max_entries);
	EXPECT_EQ(MINIBPF_F_NO_PREALLOC, info.map_flags);
	EXPECT_STREQ("test", info.name);

	memset(&info, 0, sizeof(info));
	len = 12;		/* type, id, key_size */
	EXPECT_EQ(0, minibpf_get_info(map, &info, &len));
	EXPECT_EQ(12, len);
	EXPECT_EQ(4, info.key_size);
	EXPECT_EQ(0, info.value_size);

	len = sizeof(big);
	EXPECT_EQ(0, minibpf_get_info(map, big, &len));
	EXPECT_GT(sizeof(big), len);
	EXPECT_LT(12, len);
	memset(big, 0, sizeof(big));
	big[sizeof(big) - 1] = 1;
	len = sizeof(big);
	EXPECT_EQ(-E2BIG, minibpf_get_info(map, big, &len));
	len = sizeof(info);
	EXPECT_EQ(-EFAULT, minibpf_get_info(map, (void *)8, &len));

	len = sizeof(pinfo);
	ASSERT_EQ(0, minibpf_get_info(prog, &pinfo, &len));
	EXPECT_EQ(MINIBPF_PROG_TYPE_KPROBE, pinfo.type);
	EXPECT_EQ(16, pinfo.xlated_prog_len);
	EXPECT_TRUE(!!pinfo.gpl_compatible);
	EXPECT_EQ(0, pinfo.nr_map_ids);
	close(map);
	close(prog);
}

/* The value of a key of fdinfo, or an empty text. */
static const char *fdinfo(int fd, const char *key)
{
	static char line[256];
	size_t len = strlen(key);
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, len) || line[len] != ':')
			continue;
		fclose(f);
		line[strcspn(line, "\n")] = 0;
		return line + len + 1 + strspn(line + len + 1, "\t");
	}
	if (f)
		fclose(f);
	return "";
}

TEST_F(object, proc)
{
	int map = map_new(HASH, 4, 8, 16, MINIBPF_F_NO_PREALLOC);
	int prog = LOAD(MOV(R0, 0), EXIT), i;
	const struct {
		int fd;
		const char *key, *want;	/* NULL: any number but 0 */
	} rows[] = {
		{ map, "map_type", "1" }, { map, "key_size", "4" }, { map, "value_size", "8" },
		{ map, "max_entries", "16" }, { map, "map_flags", "0x1" }, { map, "memlock" },
		{ map, "map_id" }, { map, "frozen", "0" },
		{ prog, "prog_type", "2" }, { prog, "prog_jited", "1" }, { prog, "memlock" },
		/* of b7 00 and 95 00, by sha1sum */
		{ prog, "prog_tag", "a04f5eef06a7f555" }, { prog, "prog_id" },
	};
	char path[64], name[64];

	ASSERT_LE(0, map);
	ASSERT_LE(0, prog);
	for (i = 0; i < NR(rows); i++) {
		const char *value = fdinfo(rows[i].fd, rows[i].key);

		if (rows[i].want) {
			EXPECT_STREQ(rows[i].want, value) TH_LOG("%s", rows[i].key);
		} else {
			EXPECT_LT(0, atoi(value)) TH_LOG("%s", rows[i].key);
		}
	}
	EXPECT_EQ(map_number(map), atoi(fdinfo(map, "map_id")));
	EXPECT_EQ(prog_number(prog), atoi(fdinfo(prog, "prog_id")));
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", i ? prog : map);
		memset(name, 0, sizeof(name));
		ASSERT_LT(0, readlink(path, name, sizeof(name) - 1));
		EXPECT_STREQ(i ? "anon_inode:bpf-prog" : "anon_inode:bpf-map", name);
		EXPECT_NE(0, fcntl(i ? prog : map, F_GETFD) & FD_CLOEXEC);
	}
	close(map);
	close(prog);
}

TEST_F(object, pins)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), other = map_new(ARRAY, 4, 8, 1, 0), fd;
	uint32_t key = 0, id = map_number(map);
	uint64_t value = 5;

	ASSERT_LE(0, map);
	ASSERT_LE(0, other);
	EXPECT_EQ(-ENOENT, minibpf_get_pinned("test_pin"));
	EXPECT_EQ(-ENOENT, minibpf_unpin("test_pin"));
	ASSERT_EQ(0, minibpf_pin(map, "test_pin"));
	EXPECT_EQ(-EEXIST, minibpf_pin(other, "test_pin"));
	EXPECT_EQ(0, minibpf_update_elem(map, &key, &value, MINIBPF_ANY));
	close(map);
	value = 0;
	fd = minibpf_get_pinned("test_pin");
	ASSERT_LE(0, fd);
	EXPECT_EQ(id, map_number(fd));
	EXPECT_EQ(0, minibpf_lookup_elem(fd, &key, &value));
	EXPECT_EQ(5, value);
	close(fd);
	EXPECT_TRUE(walk_finds(MINIBPF_MAP, id));
	EXPECT_EQ(0, minibpf_unpin("test_pin"));
	EXPECT_EQ(-ENOENT, minibpf_get_pinned("test_pin"));
	EXPECT_TRUE(gone(MINIBPF_MAP, id));
	close(other);
}

TEST_F(object, a_program_keeps_its_maps)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;
	uint32_t map_id = map_number(map), ids[2] = {}, len;
	struct minibpf_prog_info info = { .nr_map_ids = 2, .map_ids = (uintptr_t)ids };

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	close(map);
	len = sizeof(info);
	ASSERT_EQ(0, minibpf_get_info(prog, &info, &len));
	EXPECT_EQ(1, info.nr_map_ids);
	EXPECT_EQ(map_id, ids[0]);
	EXPECT_TRUE(walk_finds(MINIBPF_MAP, map_id));
	close(prog);
	EXPECT_TRUE(gone(MINIBPF_MAP, map_id));
}

TEST_F(object, a_link_keeps_its_program)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;
	const char *name = place_name(0);
	struct minibpf_link *link;
	uint32_t id;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	id = prog_number(prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &name, 1, 0, &link));
	close(prog);
	EXPECT_TRUE(walk_finds(MINIBPF_PROG, id));
	open_missing(3);
	EXPECT_EQ(3, count(map));
	minibpf_link_close(link);
	EXPECT_TRUE(gone(MINIBPF_PROG, id));
	close(map);
}
