// SPDX-License-Identifier: GPL-2.0-only
/* Attaching programs to the kernel's functions. */

BACKEND_FIXTURE(attach)

#define OPENS 100

/* Counts its runs by this process in element 0 of an array. */
static int load_counter(int map)
{
	return LOAD(CALL(FN_get_current_pid_tgid), ALU64(RSH, R0, 32), JMP(JNE, R0, getpid(), 10),
		    ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, map),
		    CALL(FN_map_lookup_elem), JMP(JEQ, R0, 0, 3), MOV(R1, 1),
		    ATOMIC(DW, INSN_ADD, R0, 0, R1), MOV(R0, 0), EXIT);
}

static uint64_t count(int map)
{
	uint32_t key = 0;
	uint64_t value = ~0ULL;

	minibpf_lookup_elem(map, &key, &value);
	return value;
}

static void open_missing(int n)
{
	while (n--)
		syscall(SYS_openat, AT_FDCWD, "/nonexistent", O_RDONLY);
}

static uint64_t armed_probes(void)
{
	FILE *f = fopen("/sys/kernel/debug/kprobes/list", "r");
	uint64_t n = 0;
	int c;

	if (!f)
		return ~0ULL;
	while ((c = fgetc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

/* Places: inside a function, its entry, its return. */
static const struct {
	const char *what, *riscv, *x86;
	uint32_t flags;
} places[] = {
	{ "inside", "do_sys_openat2+8", "do_sys_openat2+5", 0 },
	{ "entry", "do_sys_openat2", "do_sys_openat2", 0 },
	{ "return", "do_sys_openat2", "do_sys_openat2", MINIBPF_RETURN },
};

static const char *place_name(int i)
{
#ifdef __riscv
	return places[i].riscv;
#else
	return places[i].x86;
#endif
}

static void check_place(struct __test_metadata *_metadata, int i)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;
	const char *name = place_name(i);
	struct minibpf_link *link;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &name, 1, places[i].flags, &link));
	open_missing(OPENS);
	EXPECT_EQ(OPENS, count(map));
	minibpf_link_close(link);
	open_missing(OPENS);
	EXPECT_EQ(OPENS, count(map));
	close(prog);
	close(map);
}

TEST_F(attach, inside)
{
	check_place(_metadata, 0);
}

TEST_F(attach, entry)
{
	check_place(_metadata, 1);
}

TEST_F(attach, function_return)
{
	check_place(_metadata, 2);
}

TEST_F(attach, errors)
{
	static const struct {
		const char *target;
		int want;
	} rows[] = {
		{ "kprobe$no_such_function", -ENOENT },
		{ "kprobe$", -EINVAL },
		{ "kprobe", -EINVAL },
		{ "tracepoint$do_sys_openat2", -EINVAL },
		{ "kprobe$do_sys_openat2+zzz", -EINVAL },
	};
	int prog = LOAD(MOV(R0, 0), EXIT);
	uint64_t before = armed_probes();
	uint32_t i;

	ASSERT_LE(0, prog);
	for (i = 0; i < NR(rows); i++)
		EXPECT_EQ(rows[i].want,
			  minibpf_prog_attach(rows[i].target, strlen(rows[i].target), prog))
			TH_LOG("row %u", i);
	EXPECT_EQ(-ENOENT, minibpf_prog_detach(prog));
	EXPECT_EQ(before, armed_probes());
	close(prog);
}

TEST_F(attach, twice_is_refused)
{
	char target[64];
	int prog = LOAD(MOV(R0, 0), EXIT);

	ASSERT_LE(0, prog);
	snprintf(target, sizeof(target), "kprobe$%s", place_name(0));
	ASSERT_EQ(0, minibpf_prog_attach(target, strlen(target), prog));
	EXPECT_EQ(-EAGAIN, minibpf_prog_attach(target, strlen(target), prog));
	EXPECT_EQ(0, minibpf_prog_detach(prog));
	EXPECT_EQ(-ENOENT, minibpf_prog_detach(prog));
	close(prog);
}

/* Appends @id to element 0: value = value * 10 + id, for this process. */
static int load_append(int map, int id)
{
	return LOAD(CALL(FN_get_current_pid_tgid), ALU64(RSH, R0, 32), JMP(JNE, R0, getpid(), 11),
		    ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, map),
		    CALL(FN_map_lookup_elem), JMP(JEQ, R0, 0, 4), LDX(DW, R1, R0, 0),
		    ALU64(MUL, R1, 10), ALU64(ADD, R1, id), STX(DW, R0, 0, R1),
		    MOV(R0, 0), EXIT);
}

TEST_F(attach, programs_run_in_attach_order)
{
	enum { N = 5 };
	int map = map_new(ARRAY, 4, 8, 1, 0), progs[N], i;
	struct minibpf_link *links[N];
	const char *name = place_name(0);

	ASSERT_LE(0, map);
	for (i = 0; i < N; i++) {
		progs[i] = load_append(map, i + 1);
		ASSERT_LE(0, progs[i]);
		ASSERT_EQ(0, minibpf_link_kprobe(progs[i], &name, 1, 0, &links[i]));
	}
	open_missing(1);
	EXPECT_EQ(12345, count(map));
	minibpf_link_close(links[2]);
	open_missing(1);
	EXPECT_EQ(123451245, count(map));
	for (i = 0; i < N; i++) {
		if (i != 2)
			minibpf_link_close(links[i]);
		close(progs[i]);
	}
	close(map);
}

TEST_F(attach, nothing_stays_armed)
{
	uint64_t before = armed_probes();
	int prog = LOAD(MOV(R0, 0), EXIT), i, status;
	const char *name = place_name(0);
	struct minibpf_link *link;
	pid_t pid;

	ASSERT_LE(0, prog);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, minibpf_link_kprobe(prog, &name, 1, 0, &link));
		EXPECT_LT(before, armed_probes());
		minibpf_link_close(link);
	}
	EXPECT_EQ(before, armed_probes());

	pid = fork();		/* an owner that is killed */
	ASSERT_LE(0, pid);
	if (!pid) {
		minibpf_link_kprobe(prog, &name, 1, 0, &link);
		kill(getpid(), SIGKILL);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(before, armed_probes());
	close(prog);
}
