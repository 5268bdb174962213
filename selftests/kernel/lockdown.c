// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel that is locked down for confidentiality refuses. Nothing lifts
 * that again: selftests/run does it last, and only then are these tests run.
 */

BACKEND_FIXTURE(lockdown)

static bool locked_down(void)
{
	char text[128] = "";
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY);

	if (fd >= 0) {
		read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	return strstr(text, "[confidentiality]");
}

/* Calls helper @id with what all that read memory take: room, its size, an address. */
static int load_reader(int id)
{
	return LOAD(MOVR(R1, R10), ALU64(ADD, R1, -8), MOV(R2, 8), MOV(R3, 0), CALL(id),
		    MOV(R0, 0), EXIT);
}

TEST_F(lockdown, kernel_memory)
{
	static const struct {
		int id, want;
	} rows[] = {
		{ FN_probe_read, -EINVAL },
		{ 45, -EINVAL },	/* probe_read_str */
		{ 113, -EINVAL },	/* probe_read_kernel */
		{ 115, -EINVAL },	/* probe_read_kernel_str */
		{ FN_probe_read_user, 0 },
		{ FN_probe_read_user_str, 0 },
	};
	int fd;

	if (!locked_down())
		SKIP(return, "the kernel is not locked down");
	for (uint32_t i = 0; i < NR(rows); i++) {
		fd = load_reader(rows[i].id);
		EXPECT_EQ(rows[i].want, fd < 0 ? fd : 0) TH_LOG("helper %d", rows[i].id);
		if (fd >= 0)
			close(fd);
	}
}

TEST_F(lockdown, probes)
{
	const char *name = place_name(0);
	int prog = LOAD(MOV(R0, 0), EXIT);
	struct minibpf_link *link;

	if (!locked_down())
		SKIP(return, "the kernel is not locked down");
	ASSERT_LE(0, prog);
	EXPECT_EQ(-EPERM, minibpf_link_kprobe(prog, &name, 1, 0, &link));
	EXPECT_EQ(-EPERM, minibpf_prog_attach("kprobe$do_sys_openat2", 21, prog));
	close(prog);
}

/* Maps have nothing to do with it. */
TEST_F(lockdown, maps)
{
	int fd = map_new(HASH, 4, 8, 4, 0);
	uint64_t value = 3;
	uint32_t key = 1;

	if (!locked_down())
		SKIP(return, "the kernel is not locked down");
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	value = 0;
	EXPECT_EQ(0, minibpf_lookup_elem(fd, &key, &value));
	EXPECT_EQ(3, value);
	close(fd);
}
