// SPDX-License-Identifier: GPL-2.0-only
/* What helpers tell and do, against what this process knows of itself. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

BACKEND_FIXTURE(helper)

enum {
	FN_get_current_uid_gid = 15, FN_probe_read_user_str = 114,
	FN_get_func_ip = 173, FN_get_attach_cookie = 174,
};

enum { OUT_WORDS = 8 };

/*
 * A program that for this process runs @body with the context in R6 and a map
 * value of OUT_WORDS words in R7.
 */
static int load_body(int map, const struct row_insn *body, uint32_t nr)
{
	const struct row_insn before[] = {
		MOVR(R6, R1), CALL(FN_get_current_pid_tgid), ALU64(RSH, R0, 32),
		JMP(JEQ, R0, getpid(), 2), MOV(R0, 0), EXIT,
		ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, map),
		CALL(FN_map_lookup_elem), JMP(JNE, R0, 0, 1), EXIT, MOVR(R7, R0),
	};
	const struct row_insn after[] = { MOV(R0, 0), EXIT };
	struct row_insn insns[64];

	memcpy(insns, before, sizeof(before));
	memcpy(insns + NR(before), body, nr * sizeof(*body));
	memcpy(insns + NR(before) + nr, after, sizeof(after));
	return load(insns, NR(before) + nr + NR(after));
}

/* Runs it once by a probe at places[@place]. */
static void run_body(struct __test_metadata *_metadata, int place, const struct row_insn *body,
		     uint32_t nr, uint64_t *out)
{
	int map = map_new(ARRAY, 4, OUT_WORDS * 8, 1, 0), prog;
	const char *name = place_name(place);
	struct minibpf_link *link;
	uint32_t key = 0;

	ASSERT_LE(0, map);
	memset(out, 0xee, OUT_WORDS * 8);
	ASSERT_EQ(0, minibpf_update_elem(map, &key, out, MINIBPF_ANY));
	prog = load_body(map, body, nr);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &name, 1, places[place].flags, &link));
	open_missing(1);
	minibpf_link_close(link);
	ASSERT_EQ(0, minibpf_lookup_elem(map, &key, out));
	close(prog);
	close(map);
}

#define RUN(place, out, ...) do {						\
	const struct row_insn _body[] = { __VA_ARGS__ };			\
	run_body(_metadata, place, _body, NR(_body), out);			\
} while (0)

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

TEST_F(helper, who_and_when)
{
	uint64_t out[OUT_WORDS], before = monotonic(), after;

	RUN(0, out, CALL(FN_get_current_pid_tgid), STX(DW, R7, 0, R0),
	    CALL(FN_get_current_uid_gid), STX(DW, R7, 8, R0),
	    CALL(FN_ktime_get_ns), STX(DW, R7, 16, R0),
	    CALL(FN_ktime_get_ns), STX(DW, R7, 24, R0),
	    CALL(FN_get_smp_processor_id), STX(DW, R7, 32, R0));
	after = monotonic();
	EXPECT_EQ((uint64_t)getpid() << 32 | syscall(SYS_gettid), out[0]);
	EXPECT_EQ((uint64_t)getgid() << 32 | getuid(), out[1]);
	EXPECT_LE(before, out[2]);
	EXPECT_LE(out[2], out[3]);
	EXPECT_LE(out[3], after);
	EXPECT_GT(minibpf_nr_cpus(), out[4]);
}

TEST_F(helper, comm)
{
	uint64_t out[OUT_WORDS];

	ASSERT_EQ(0, prctl(PR_SET_NAME, "a name of ours"));
	RUN(0, out, MOVR(R1, R7), MOV(R2, 16), CALL(FN_get_current_comm), STX(DW, R7, 16, R0),
	    MOVR(R1, R7), ALU64(ADD, R1, 24), MOV(R2, 5), CALL(FN_get_current_comm));
	EXPECT_STREQ("a name of ours", (char *)out);
	EXPECT_EQ(0, out[2]);
	EXPECT_EQ(0, memcmp("a na\0\xee", &out[3], 6));	/* cut to what there is room for */
}

TEST_F(helper, probe_read_user)
{
	static char text[16] = "0123456789abcde";
	uint64_t out[OUT_WORDS];
	char *hole = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(hole, 4096);
	RUN(0, out, MOVR(R1, R7), MOV(R2, 16), LDDW(R3, (uintptr_t)text), CALL(FN_probe_read_user),
	    STX(DW, R7, 16, R0),
	    MOVR(R1, R7), ALU64(ADD, R1, 24), MOV(R2, 8), LDDW(R3, (uintptr_t)hole),
	    CALL(FN_probe_read_user), STX(DW, R7, 32, R0),
	    MOVR(R1, R7), ALU64(ADD, R1, 40), MOV(R2, 8), LDDW(R3, (uintptr_t)text + 12),
	    CALL(FN_probe_read_user_str), STX(DW, R7, 48, R0));
	EXPECT_STREQ(text, (char *)out);
	EXPECT_EQ(0, out[2]);
	EXPECT_EQ(0, out[3]);			/* zeroed */
	EXPECT_EQ(-EFAULT, (int64_t)out[4]);
	EXPECT_STREQ("cde", (char *)&out[5]);
	EXPECT_EQ(4, out[6]);
}

TEST_F(helper, strncmp)
{
	static const char value[8] = "probe";
	uint64_t out[OUT_WORDS];
	int map = map_new(ARRAY, 4, 8, 1, MINIBPF_F_RDONLY_PROG);
	uint32_t key = 0;

	ASSERT_LE(0, map);
	ASSERT_EQ(0, minibpf_update_elem(map, &key, value, MINIBPF_ANY));
	ASSERT_EQ(0, minibpf_map_freeze(map));
	/* "probe", "prone", "prob" */
	RUN(0, out, LDDW(R1, 0x65626f7270), STX(DW, R10, -16, R1),
	    MOVR(R1, R10), ALU64(ADD, R1, -16), MOV(R2, 8), LDVALUE(R3, map, 0),
	    CALL(FN_strncmp), STX(DW, R7, 0, R0),
	    ST(B, R10, -13, 'n'),
	    MOVR(R1, R10), ALU64(ADD, R1, -16), MOV(R2, 8), LDVALUE(R3, map, 0),
	    CALL(FN_strncmp), STX(DW, R7, 8, R0),
	    MOVR(R1, R10), ALU64(ADD, R1, -16), MOV(R2, 3), LDVALUE(R3, map, 0),
	    CALL(FN_strncmp), STX(DW, R7, 16, R0));
	EXPECT_EQ(0, (int)out[0]);
	EXPECT_LT(0, (int)out[1]);
	EXPECT_EQ(0, (int)out[2]);
	close(map);
}

static uint64_t symbol(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	char line[512], found[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %*c %255s", &address, found) != 2 || strcmp(found, name))
			continue;
		fclose(f);
		return address;
	}
	if (f)
		fclose(f);
	return 0;
}

/* This process is one thread, so both kinds come to it. */
static void check_signals(struct __test_metadata *_metadata, int place)
{
	static const struct {
		int id, sig;
		int64_t want;
	} rows[] = {
		{ FN_send_signal, SIGUSR1, 0 },
		{ FN_send_signal_thread, SIGUSR2, 0 },
		{ FN_send_signal, 0, 0 },
		{ FN_send_signal, 65, -EINVAL },
		{ FN_send_signal_thread, 65, -EINVAL },
	};
	static const struct timespec none, long_enough = { .tv_sec = 5 };
	uint64_t out[OUT_WORDS];
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	for (uint32_t i = 0; i < NR(rows); i++) {
		RUN(place, out, MOV(R1, rows[i].sig), CALL(rows[i].id), STX(DW, R7, 0, R0));
		EXPECT_EQ(rows[i].want, (int64_t)out[0]) TH_LOG("row %u", i);
		if (rows[i].want || !rows[i].sig)
			continue;
		EXPECT_EQ(rows[i].sig, sigtimedwait(&set, &info, &long_enough));
		EXPECT_EQ(SI_KERNEL, info.si_code);
	}
	EXPECT_EQ(-1, sigtimedwait(&set, &info, &none));
}

TEST_F(helper, signal_inside)
{
	check_signals(_metadata, 0);
}

TEST_F(helper, signal_at_entry)
{
	check_signals(_metadata, 1);
}

TEST_F(helper, signal_at_return)
{
	check_signals(_metadata, 2);
}

TEST_F(helper, probe_write_user)
{
	static char text[16] = "0123456789abcde";
	char *fixed = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t out[OUT_WORDS];

	RUN(1, out, LDDW(R1, (uintptr_t)text + 4), MOVR(R2, R10), ALU64(ADD, R2, -8),
	    LDDW(R3, 0x6c6f766f), STX(DW, R10, -8, R3), MOV(R3, 4), CALL(FN_probe_write_user),
	    STX(DW, R7, 0, R0),
	    LDDW(R1, (uintptr_t)fixed), MOVR(R2, R10), ALU64(ADD, R2, -8), MOV(R3, 8),
	    CALL(FN_probe_write_user), STX(DW, R7, 8, R0),
	    LDDW(R1, symbol("do_sys_openat2")), MOVR(R2, R10), ALU64(ADD, R2, -8), MOV(R3, 8),
	    CALL(FN_probe_write_user), STX(DW, R7, 16, R0));
	EXPECT_STREQ("0123ovol89abcde", text);
	EXPECT_EQ(0, out[0]);
	EXPECT_EQ(-EFAULT, (int64_t)out[1]);	/* mapped, not writable */
	EXPECT_EQ(-EFAULT, (int64_t)out[2]);	/* not the user's */
	EXPECT_EQ(0, *fixed);

	/* A breakpoint interrupts. */
	RUN(0, out, LDDW(R1, (uintptr_t)text), MOVR(R2, R10), ALU64(ADD, R2, -8),
	    ST(DW, R10, -8, 0), MOV(R3, 4), CALL(FN_probe_write_user), STX(DW, R7, 0, R0));
	EXPECT_EQ(-EPERM, (int64_t)out[0]);
	EXPECT_STREQ("0123ovol89abcde", text);
	munmap(fixed, 4096);
}

static void check_func_ip(struct __test_metadata *_metadata, int place)
{
	uint64_t out[OUT_WORDS], want = symbol("do_sys_openat2");

	ASSERT_NE(0, want);
	RUN(place, out, MOVR(R1, R6), CALL(FN_get_func_ip), STX(DW, R7, 0, R0));
	EXPECT_EQ(want, out[0]);
}

TEST_F(helper, func_ip_at_entry)
{
	check_func_ip(_metadata, 1);
}

TEST_F(helper, func_ip_at_return)
{
	check_func_ip(_metadata, 2);
}

TEST_F(helper, attach_cookie)
{
	int map = map_new(ARRAY, 4, OUT_WORDS * 8, 1, 0), prog, link;
	const struct row_insn body[] = {
		MOVR(R1, R6), CALL(FN_get_attach_cookie), STX(DW, R7, 0, R0),
	};
	uint64_t out[OUT_WORDS], cookie = 0x1122334455667788;
	const char *target = "kretprobe@exit$do_sys_openat2", *name = "do_sys_openat2";
	uint64_t sym = (uintptr_t)name;
	union minibpf_attr attr = {};
	uint32_t key = 0;

	if (!self->device)
		SKIP(return, "the library's links in-tree are perf events, which take no cookie here");
	ASSERT_LE(0, map);
	prog = load_body(map, body, NR(body));
	ASSERT_LE(0, prog);
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = MINIBPF_TRACE_KPROBE_MULTI;
	attr.link_create.kprobe_multi.cnt = 1;
	attr.link_create.kprobe_multi.syms = (uintptr_t)&sym;
	attr.link_create.kprobe_multi.cookies = (uintptr_t)&cookie;
	link = minibpf_call(MINIBPF_LINK_CREATE, &attr, sizeof(attr));
	ASSERT_LE(0, link);
	open_missing(1);
	close(link);
	ASSERT_EQ(0, minibpf_lookup_elem(map, &key, out));
	EXPECT_EQ(cookie, out[0]);

	ASSERT_EQ(0, minibpf_prog_attach(target, strlen(target), prog));
	open_missing(1);
	EXPECT_EQ(0, minibpf_prog_detach(prog));
	ASSERT_EQ(0, minibpf_lookup_elem(map, &key, out));
	EXPECT_EQ(MINIBPF_ATTACH_KRETPROBE_EXIT, out[0]);
	close(prog);
	close(map);
}
