// SPDX-License-Identifier: GPL-2.0-only
/* Run statistics: exactly the runs while they are on, by whatever way a program runs. */
#include <sys/prctl.h>

BACKEND_FIXTURE(stats)

static int enable_stats(uint32_t type)
{
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.enable_stats.type = type;
	return minibpf_call(MINIBPF_ENABLE_STATS, &attr, sizeof(attr));
}

static struct minibpf_prog_info prog_stats(int prog)
{
	struct minibpf_prog_info info = {};
	uint32_t len = sizeof(info);

	minibpf_get_info(prog, &info, &len);
	return info;
}

/* A field of the descriptor's fdinfo. */
static uint64_t fdinfo_number(int fd, const char *field)
{
	unsigned long long value = UINT64_MAX;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)) && line[strlen(field)] == ':')
			sscanf(line + strlen(field) + 1, "%llu", &value);
	if (f)
		fclose(f);
	return value;
}

/* Counts each of its runs in element 0. */
static int load_tally(int map, uint32_t type)
{
	const struct row_insn insns[] = {
		ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, map),
		CALL(FN_map_lookup_elem), JMP(JEQ, R0, 0, 2), MOV(R1, 1),
		ATOMIC(DW, INSN_ADD, R0, 0, R1), MOV(R0, 0), EXIT,
	};
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = NR(insns);
	attr.license = (uintptr_t)"GPL";
	return minibpf_call(MINIBPF_PROG_LOAD, &attr, sizeof(attr));
}

TEST_F(stats, errors)
{
	union minibpf_attr attr;

	EXPECT_EQ(-EINVAL, enable_stats(1));
	EXPECT_EQ(-EINVAL, enable_stats(UINT32_MAX));
	memset(&attr, 0, sizeof(attr));
	attr.test.retval = 1;	/* behind the only field */
	EXPECT_EQ(-EINVAL, minibpf_call(MINIBPF_ENABLE_STATS, &attr, sizeof(attr)));
}

/* On as long as any descriptor is there, and not before or after. */
TEST_F(stats, test_runs)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog, first, second;
	struct minibpf_prog_info info;
	uint8_t packet[64] = {};
	union minibpf_attr attr;

	ASSERT_LE(0, map);
	prog = load_tally(map, MINIBPF_PROG_TYPE_SOCKET_FILTER);
	ASSERT_LE(0, prog);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.repeat = 100;
	if (!self->device) {
		attr.test.data_in = (uintptr_t)packet;
		attr.test.data_size_in = sizeof(packet);
	}

#define RUN_100() ASSERT_EQ(0, minibpf_call(MINIBPF_PROG_TEST_RUN, &attr, sizeof(attr.test)))
	RUN_100();
	EXPECT_EQ(0, prog_stats(prog).run_cnt);
	EXPECT_EQ(0, prog_stats(prog).run_time_ns);
	first = enable_stats(MINIBPF_STATS_RUN_TIME);
	ASSERT_LE(0, first);
	second = enable_stats(MINIBPF_STATS_RUN_TIME);
	ASSERT_LE(0, second);
	RUN_100();
	EXPECT_EQ(100, prog_stats(prog).run_cnt);
	close(first);
	RUN_100();
	info = prog_stats(prog);
	EXPECT_EQ(200, info.run_cnt);
	EXPECT_LT(0, info.run_time_ns);
	EXPECT_EQ(info.run_cnt, fdinfo_number(prog, "run_cnt"));
	EXPECT_EQ(info.run_time_ns, fdinfo_number(prog, "run_time_ns"));
	close(second);
	RUN_100();
#undef RUN_100
	EXPECT_EQ(200, prog_stats(prog).run_cnt);
	EXPECT_EQ(info.run_time_ns, prog_stats(prog).run_time_ns);
	EXPECT_EQ(400, count(map));
	close(prog);
	close(map);
}

/* What a tracepoint runs is counted, as often as the program itself counts it. */
TEST_F(stats, tracepoint)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog, link, fd, i;
	union minibpf_attr attr;

	ASSERT_LE(0, map);
	prog = load_tally(map, MINIBPF_PROG_TYPE_RAW_TRACEPOINT);
	ASSERT_LE(0, prog);
	fd = enable_stats(MINIBPF_STATS_RUN_TIME);
	ASSERT_LE(0, fd);
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (uintptr_t)"task_rename";
	attr.raw_tracepoint.prog_fd = prog;
	link = minibpf_call(MINIBPF_RAW_TRACEPOINT_OPEN, &attr, 16);
	ASSERT_LE(0, link);
	for (i = 0; i < 50; i++)
		prctl(PR_SET_NAME, "renamed");
	close(link);
	EXPECT_LE(50, count(map));
	EXPECT_EQ(count(map), prog_stats(prog).run_cnt);
	close(fd);
	close(prog);
	close(map);
}

enum { CALLS = 2000 };
#ifdef __riscv
static const char *const asked = "__riscv_sys_getppid";
#else
static const char *const asked = "__x64_sys_getppid";
#endif

/* getppid(2) is nobody else's business, so that all its hits are this test's. */
static void *ask_often(void *nr)
{
	for (long i = 0; i < (long)nr; i++)
		syscall(SYS_getppid);
	return NULL;
}

/* Probes that were there before statistics went on count, and no more when they went off. */
TEST_F(stats, probes)
{
	static const uint32_t flags[] = { 0, MINIBPF_RETURN };
	int map = map_new(ARRAY, 4, 8, 1, 0), fd, prog;
	struct minibpf_link *link;
	uint32_t i, before;

	if (!self->device)
		SKIP(return, "the same on both sides is what tracepoint tests");
	ASSERT_LE(0, map);
	for (i = 0; i < NR(flags); i++) {
		prog = load_tally(map, MINIBPF_PROG_TYPE_KPROBE);
		ASSERT_LE(0, prog);
		ASSERT_EQ(0, minibpf_link_kprobe(prog, &asked, 1, flags[i], &link));
		before = strategy_of(link);
		ask_often((void *)10);
		EXPECT_EQ(0, prog_stats(prog).run_cnt);
		fd = enable_stats(MINIBPF_STATS_RUN_TIME);
		ASSERT_LE(0, fd);
		EXPECT_EQ(before, strategy_of(link));
		ask_often((void *)20);
		EXPECT_EQ(20, prog_stats(prog).run_cnt);
		EXPECT_LT(0, prog_stats(prog).run_time_ns);
		close(fd);
		ask_often((void *)40);
		EXPECT_EQ(20, prog_stats(prog).run_cnt);
		EXPECT_EQ((i + 1) * 70, count(map));
		EXPECT_EQ(before, strategy_of(link));
		minibpf_link_close(link);
		close(prog);
	}
	close(map);
}

/* Two programs at one place, hit on all CPUs while statistics come and go: no run is lost. */
TEST_F_TIMEOUT(stats, switched_under_load, 90)
{
	int maps[2], progs[2], fds[4], i;
	struct minibpf_link *links[2];
	pthread_t threads[2];

	if (!self->device)
		SKIP(return, "this is about trampolines");
	for (i = 0; i < 2; i++) {
		maps[i] = map_new(ARRAY, 4, 8, 1, 0);
		ASSERT_LE(0, maps[i]);
		progs[i] = load_tally(maps[i], MINIBPF_PROG_TYPE_KPROBE);
		ASSERT_LE(0, progs[i]);
		ASSERT_EQ(0, minibpf_link_kprobe(progs[i], &asked, 1, 0, &links[i]));
	}
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, ask_often, (void *)CALLS));
	for (i = 0; i < NR(fds); i++) {
		fds[i] = enable_stats(MINIBPF_STATS_RUN_TIME);
		EXPECT_LE(0, fds[i]);
		if (i % 2) {
			close(fds[i]);
			close(fds[i - 1]);
		}
	}
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < 2; i++)
		minibpf_link_close(links[i]);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(2 * CALLS, count(maps[i]));
		EXPECT_GE(2 * CALLS, prog_stats(progs[i]).run_cnt);
		close(progs[i]);
		close(maps[i]);
	}
}
