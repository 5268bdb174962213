// SPDX-License-Identifier: GPL-2.0-only
/* Loading programs: errors and the log; running them; objects made by clang. */
#include <dirent.h>

BACKEND_FIXTURE(prog)

static const struct row_insn return_7[] = { MOV(R0, 7), EXIT };

/* PROG_LOAD with what a row changes of a sound program. */
static int load_attr(union minibpf_attr *attr)
{
	return minibpf_call(MINIBPF_PROG_LOAD, attr, sizeof(*attr));
}

static union minibpf_attr sound(const struct row_insn *insns, uint32_t nr)
{
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = MINIBPF_PROG_TYPE_KPROBE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = nr;
	attr.license = (uintptr_t)"GPL";
	return attr;
}

TEST_F(prog, load_errors)
{
	static const struct row_insn no_exit[] = { MOV(R0, 0) };
	static const struct row_insn no_r0[] = { EXIT };
	static const struct row_insn bad_opcode[] = { RAW(0xff, 0, 0, 0, 0), EXIT };
	static const struct row_insn no_helper[] = { CALL(99999), MOV(R0, 0), EXIT };
	static const struct row_insn gpl[] = {
		MOVR(R1, R10), ALU64(ADD, R1, -8), MOV(R2, 8), MOV(R3, 0), CALL(FN_probe_read),
		MOV(R0, 0), EXIT,
	};
	static const struct {
		const struct row_insn *insns;
		uint32_t nr;
		const char *license;
		int want;
	} rows[] = {
		{ return_7, 0, "GPL", -E2BIG },
		{ return_7, 1000001, "GPL", -E2BIG },
		{ NULL, 2, "GPL", -EFAULT },
		{ return_7, 2, NULL, -EFAULT },
		{ return_7, 2, (const char *)8, -EFAULT },
		{ no_exit, 1, "GPL", -EINVAL },
		{ no_r0, 1, "GPL", -EACCES },
		{ bad_opcode, 2, "GPL", -EINVAL },
		{ no_helper, 3, "GPL", -EINVAL },
		{ gpl, NR(gpl), "Proprietary", -EINVAL },
		{ gpl, NR(gpl), "", -EINVAL },
	};
	union minibpf_attr attr;

	for (uint32_t i = 0; i < NR(rows); i++) {
		attr = sound(rows[i].insns, rows[i].nr);
		attr.license = (uintptr_t)rows[i].license;
		EXPECT_EQ(rows[i].want, load_attr(&attr)) TH_LOG("row %u", i);
	}
	attr = sound(gpl, NR(gpl));
	close(load_attr(&attr));
	attr = sound(return_7, 2);
	attr.prog_type = 9999;
	EXPECT_EQ(-EINVAL, load_attr(&attr));
	attr = sound(return_7, 2);
	strcpy(attr.prog_name, "a-b");
	EXPECT_EQ(-EINVAL, load_attr(&attr));
	attr = sound(return_7, 2);
	attr.prog_flags = 1U << 31;
	EXPECT_EQ(-EINVAL, load_attr(&attr));
}

TEST_F(prog, log)
{
	static const struct row_insn no_helper[] = { CALL(99999), MOV(R0, 0), EXIT };
	static char log[65536];
	static const struct {
		uint32_t level, size;
		bool buf;
		int want;
	} rows[] = {
		{ 1, 4096, false, -EINVAL },	/* a size without a buffer */
		{ 1, 0, true, -EINVAL },	/* a buffer without a size */
		{ 0, 4096, true, -EINVAL },	/* a buffer without a level */
		{ 1U << 20, 4096, true, -EINVAL },
		{ 1, UINT32_MAX, true, -EINVAL },
	};
	union minibpf_attr attr;
	uint32_t i;
	int fd;

	for (i = 0; i < NR(rows); i++) {
		attr = sound(return_7, 2);
		attr.log_level = rows[i].level;
		attr.log_size = rows[i].size;
		attr.log_buf = rows[i].buf ? (uintptr_t)log : 0;
		EXPECT_EQ(rows[i].want, load_attr(&attr)) TH_LOG("row %u", i);
	}

	attr = sound(no_helper, 3);
	attr.log_level = 1;
	attr.log_size = sizeof(log);
	attr.log_buf = (uintptr_t)log;
	EXPECT_EQ(-EINVAL, load_attr(&attr));
	EXPECT_NE(NULL, strstr(log, "invalid func unknown")) TH_LOG("%s", log);

	attr = sound(return_7, 2);
	attr.log_level = 2;
	attr.log_size = sizeof(log);
	attr.log_buf = (uintptr_t)log;
	fd = load_attr(&attr);
	EXPECT_LE(0, fd);
	EXPECT_LT(16, strlen(log));
	close(fd);
	attr.log_size = 16;
	EXPECT_EQ(-ENOSPC, load_attr(&attr));
	EXPECT_GT(16, strnlen(log, 16));
}

/* What the log would have taken is told (in-tree from 6.4 on), and then it fits. */
TEST_F(prog, log_true_size)
{
	static char log[65536];
	union minibpf_attr attr = sound(return_7, 2);
	uint32_t need;
	int fd;

	attr.log_level = 2;
	attr.log_size = 16;
	attr.log_buf = (uintptr_t)log;
	EXPECT_EQ(-ENOSPC, load_attr(&attr));
	need = attr.log_true_size;
	EXPECT_LT(16, need);
	attr.log_true_size = 0;
	attr.log_size = sizeof(log);
	fd = load_attr(&attr);
	EXPECT_LE(0, fd);
	EXPECT_EQ(strlen(log) + 1, attr.log_true_size);
	close(fd);
}

TEST_F(prog, test_run)
{
	static const uint64_t regs[4] = { 11, 22, 33, 44 };
	int map = map_new(ARRAY, 4, 8, 1, 0), prog = LOAD(LDX(DW, R0, R1, 24), EXIT), counter;
	struct minibpf_test_opts opts = { .ctx = regs, .ctx_size = sizeof(regs) };

	if (!self->device)
		SKIP(return, "in-tree does not test-run programs of type kprobe");
	ASSERT_LE(0, prog);
	EXPECT_EQ(0, minibpf_prog_test_run(prog, &opts));
	EXPECT_EQ(44, opts.retval);
	opts.ctx = NULL;
	opts.ctx_size = 0;
	EXPECT_EQ(0, minibpf_prog_test_run(prog, &opts));
	EXPECT_EQ(0, opts.retval);
	opts.ctx = (void *)8;
	opts.ctx_size = 8;
	EXPECT_EQ(-EFAULT, minibpf_prog_test_run(prog, &opts));
	opts.ctx = regs;
	opts.ctx_size = 1 << 20;
	EXPECT_EQ(-E2BIG, minibpf_prog_test_run(prog, &opts));
	close(prog);

	counter = load_counter(map);
	ASSERT_LE(0, counter);
	opts = (struct minibpf_test_opts){ .repeat = 1234 };
	EXPECT_EQ(0, minibpf_prog_test_run(counter, &opts));
	EXPECT_EQ(1234, count(map));
	EXPECT_EQ(-EINVAL, minibpf_prog_test_run(map, &opts));
	EXPECT_EQ(-EBADF, minibpf_prog_test_run(-1, &opts));
	close(counter);
	close(map);
}

/* A program that calls itself: the first run and 33 more. */
TEST_F(prog, tail_call_limit)
{
	int map = map_new(ARRAY, 4, 8, 1, 0);
	int progs = map_new(MINIBPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0), prog;
	const char *name = place_name(0);
	struct minibpf_link *link;
	uint32_t key = 0;

	ASSERT_LE(0, map);
	ASSERT_LE(0, progs);
	prog = LOAD(MOVR(R6, R1), CALL(FN_get_current_pid_tgid), ALU64(RSH, R0, 32),
		    JMP(JNE, R0, getpid(), 14),
		    ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, map),
		    CALL(FN_map_lookup_elem), JMP(JEQ, R0, 0, 7), MOV(R1, 1),
		    ATOMIC(DW, INSN_ADD, R0, 0, R1),
		    MOVR(R1, R6), LDMAP(R2, progs), MOV(R3, 0), CALL(FN_tail_call),
		    MOV(R0, 0), EXIT);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_update_elem(progs, &key, &prog, MINIBPF_ANY));
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &name, 1, 0, &link));
	open_missing(1);
	EXPECT_EQ(34, count(map));
	minibpf_link_close(link);
	close(progs);		/* the cycle of the two ends here */
	close(prog);
	close(map);
}

/* Gives it what it expects of its loader; leaves out what only CO-RE can load. */
static void complete(struct __test_metadata *_metadata, struct minibpf_object *obj)
{
	int relocated = minibpf_object_find_program(obj, "relocated");
	struct minibpf_object_map map;
	int nr, fd;

	if (relocated >= 0) {
		EXPECT_EQ(0, minibpf_object_set_autoload(obj, relocated, false));
	}
	for (nr = 0; nr < minibpf_object_nr_maps(obj); nr++) {
		ASSERT_EQ(0, minibpf_object_map(obj, nr, &map));
		if (map.opts.type)
			continue;
		fd = map_new(ARRAY, 4, 4, 2, 0);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, minibpf_object_set_map(obj, nr, fd));
		close(fd);
	}
}

static void check_object(struct __test_metadata *_metadata, const char *name, bool attach)
{
	static char text[65536];
	struct minibpf_log log = { .buf = text, .size = sizeof(text) };
	struct minibpf_object *obj;
	char path[300];

	snprintf(path, sizeof(path), "/progs/%s", name);
	text[0] = 0;
	ASSERT_EQ(0, minibpf_object_open(path, &log, &obj)) TH_LOG("%s: %s", path, text);
	complete(_metadata, obj);
	EXPECT_EQ(0, minibpf_object_load(obj, &log)) TH_LOG("%s: %s", path, text);
	if (attach) {
		EXPECT_LE(0, minibpf_object_attach(obj)) TH_LOG("%s", path);
	}
	open_missing(1);
	minibpf_object_close(obj);
}

/* The one that has both tail calls and functions. */
#define MANY "many.bpf.o"
/* The one that must not load. */
#define REJECTED "rejected.bpf.o"

/* Every other object that clang made for the tests. */
TEST_F_TIMEOUT(prog, objects, 90)
{
	DIR *dir = opendir("/progs");
	struct dirent *entry;
	int n = 0;

	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".bpf.o") || !strcmp(entry->d_name, MANY) ||
		    !strcmp(entry->d_name, REJECTED))
			continue;
		check_object(_metadata, entry->d_name, self->device);
		n++;
	}
	closedir(dir);
	EXPECT_LE(9, n);
}

TEST_F(prog, object_of_everything)
{
	check_object(_metadata, MANY, self->device);
}
