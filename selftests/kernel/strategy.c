// SPDX-License-Identifier: GPL-2.0-only
/*
 * How probes are probed: the cheapest way that serves, the next one where that
 * is taken, and always the same context, count and order.
 */
#include <linux/bpf.h>

FIXTURE(strategy) { uint32_t unused; };
FIXTURE_SETUP(strategy)
{
	char reason[128];

	ASSERT_EQ(0, minibpf_set_backend(MINIBPF_BACKEND_DEVICE));
	if (denied("strategy", true, _metadata->name, reason))
		SKIP(return, "%s", reason);
}
FIXTURE_TEARDOWN(strategy) { }

/* Words of struct pt_regs that a trampoline has, but the program counter; one that it has not. */
#ifdef __riscv
static const uint8_t plain_words[] = { 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 27 };
enum { PC_WORD = 0, ARG_WORD = 10, SPECIAL_WORD = 32 };
static const char *const first_insn = "do_sys_openat2+8";
#define WITHOUT_TRAMPOLINE MINIBPF_STRATEGY_KPROBE
#else
static const uint8_t plain_words[] = { 0, 1, 2, 3, 4, 5, 8, 9, 11, 12, 13, 14, 19 };
enum { PC_WORD = 16, ARG_WORD = 14, SPECIAL_WORD = 18 };
static const char *const first_insn = "do_sys_openat2+5";
#define WITHOUT_TRAMPOLINE MINIBPF_STRATEGY_FTRACE
#endif

static const char *const opener = "do_sys_openat2";

static struct minibpf_link_info link_info(const struct minibpf_link *link)
{
	struct minibpf_link_info info = {};
	uint32_t len = sizeof(info);

	minibpf_get_info(minibpf_link_fd(link), &info, &len);
	return info;
}

static uint32_t strategy_of(const struct minibpf_link *link)
{
	return link_info(link).strategy;
}

/* As load_counter(), after reading word @word of the context. */
static int load_word_reader(int map, int word)
{
	return LOAD(LDX(DW, R2, R1, word * 8),
		    CALL(FN_get_current_pid_tgid), ALU64(RSH, R0, 32), JMP(JNE, R0, getpid(), 10),
		    ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, map),
		    CALL(FN_map_lookup_elem), JMP(JEQ, R0, 0, 3), MOV(R1, 1),
		    ATOMIC(DW, INSN_ADD, R0, 0, R1), MOV(R0, 0), EXIT);
}

TEST_F(strategy, follows_what_is_read)
{
	const struct {
		const char *place;
		int word;
		uint32_t want;
	} rows[] = {
		{ opener, ARG_WORD, MINIBPF_STRATEGY_DIRECT },
		{ opener, PC_WORD, MINIBPF_STRATEGY_DIRECT },
		{ opener, SPECIAL_WORD, WITHOUT_TRAMPOLINE },
		{ first_insn, ARG_WORD, MINIBPF_STRATEGY_KPROBE },
	};
	struct minibpf_link *link;
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;

	ASSERT_LE(0, map);
	for (uint32_t i = 0; i < NR(rows); i++) {
		uint64_t before = count(map);

		prog = load_word_reader(map, rows[i].word);
		ASSERT_LE(0, prog);
		ASSERT_EQ(0, minibpf_link_kprobe(prog, &rows[i].place, 1, 0, &link));
		EXPECT_EQ(rows[i].want, strategy_of(link)) TH_LOG("row %u", i);
		open_missing(OPENS);
		EXPECT_EQ(before + OPENS, count(map)) TH_LOG("row %u", i);
		EXPECT_LE(OPENS, link_info(link).hits);
		minibpf_link_close(link);
		open_missing(1);
		EXPECT_EQ(before + OPENS, count(map)) TH_LOG("row %u", i);
		close(prog);
	}
	close(map);
}

/* A live target goes down to what a new program needs, and up again, and no program stops. */
TEST_F(strategy, changes_with_its_programs)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), easy, hard;
	struct minibpf_link *first, *second, *third;

	ASSERT_LE(0, map);
	easy = load_word_reader(map, ARG_WORD);
	hard = load_word_reader(map, SPECIAL_WORD);
	ASSERT_LE(0, easy);
	ASSERT_LE(0, hard);
	ASSERT_EQ(0, minibpf_link_kprobe(easy, &opener, 1, 0, &first));
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(first));
	ASSERT_EQ(0, minibpf_link_kprobe(easy, &opener, 1, 0, &second));
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(second));
	open_missing(OPENS);
	EXPECT_EQ(2 * OPENS, count(map));
	ASSERT_EQ(0, minibpf_link_kprobe(hard, &opener, 1, 0, &third));
	EXPECT_EQ(WITHOUT_TRAMPOLINE, strategy_of(first));
	EXPECT_EQ(WITHOUT_TRAMPOLINE, strategy_of(third));
	open_missing(OPENS);
	EXPECT_EQ(5 * OPENS, count(map));
	minibpf_link_close(third);
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(first));
	open_missing(OPENS);
	EXPECT_EQ(7 * OPENS, count(map));
	minibpf_link_close(first);
	open_missing(OPENS);
	EXPECT_EQ(8 * OPENS, count(map));
	minibpf_link_close(second);
	open_missing(OPENS);
	EXPECT_EQ(8 * OPENS, count(map));
	close(easy);
	close(hard);
	close(map);
}

TEST_F(strategy, order_holds)
{
	enum { N = 20 };
	int map = map_new(ARRAY, 4, 8, 1, 0), progs[N], i;
	struct minibpf_link *links[N];

	ASSERT_LE(0, map);
	for (i = 0; i < N; i++) {
		progs[i] = load_append(map, i % 10);
		ASSERT_LE(0, progs[i]);
		ASSERT_EQ(0, minibpf_link_kprobe(progs[i], &opener, 1, 0, &links[i]));
		EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(links[i]));
	}
	for (i = 0; i < N; i++)
		if (i != 3 && i != 5 && i != 8 && i != 13)
			minibpf_link_close(links[i]);
	open_missing(1);
	EXPECT_EQ(3583, count(map));
	for (i = 0; i < N; i++) {
		if (i == 3 || i == 5 || i == 8 || i == 13)
			minibpf_link_close(links[i]);
		close(progs[i]);
	}
	close(map);
}

enum { NR_WORDS = 32 };

/* Copies words of the context, and the answers of two helpers behind them. */
static int load_dump(int map, const uint8_t *words, uint32_t nr)
{
	const struct row_insn before[] = {
		MOVR(R6, R1), CALL(FN_get_current_pid_tgid), ALU64(RSH, R0, 32),
		JMP(JEQ, R0, getpid(), 2), MOV(R0, 0), EXIT,
		ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, map),
		CALL(FN_map_lookup_elem), JMP(JNE, R0, 0, 1), EXIT, MOVR(R7, R0),
	};
	const struct row_insn after[] = {
		MOVR(R1, R6), CALL(FN_get_func_ip), STX(DW, R7, 8 * NR_WORDS, R0),
		MOVR(R1, R6), CALL(FN_get_attach_cookie), STX(DW, R7, 8 * NR_WORDS + 8, R0),
		MOV(R0, 0), EXIT,
	};
	struct row_insn insns[NR(before) + 2 * NR_WORDS + NR(after)];
	uint32_t n = NR(before);

	memcpy(insns, before, sizeof(before));
	for (uint32_t i = 0; i < nr; i++) {
		insns[n++] = INSN(LDX(DW, R1, R6, words[i] * 8));
		insns[n++] = INSN(STX(DW, R7, words[i] * 8, R1));
	}
	memcpy(insns + n, after, sizeof(after));
	return load(insns, n + NR(after));
}

struct dump {
	uint64_t word[NR_WORDS], func_ip, cookie;
};

static struct dump dump_of(int map)
{
	uint32_t key = 0;
	struct dump dump = {};

	minibpf_lookup_elem(map, &key, &dump);
	return dump;
}

/* The same call seen by a probe at the entry and by a kprobe at the first instruction. */
static void compare_context(struct __test_metadata *_metadata, bool special)
{
	const char *names[] = { opener, first_insn };
	uint8_t words[NR_WORDS];
	struct minibpf_link *links[2];
	struct dump dumps[2];
	uint32_t nr = sizeof(plain_words), i;
	int maps[2], progs[2];

	memcpy(words, plain_words, nr);
	words[nr++] = PC_WORD;
	if (special)
		words[nr++] = SPECIAL_WORD;
	for (i = 0; i < 2; i++) {
		maps[i] = map_new(ARRAY, 4, sizeof(struct dump), 1, 0);
		ASSERT_LE(0, maps[i]);
		progs[i] = load_dump(maps[i], words, nr - (i ? special : 0));
		ASSERT_LE(0, progs[i]);
		ASSERT_EQ(0, minibpf_link_kprobe(progs[i], &names[i], 1, 0, &links[i]));
	}
	EXPECT_EQ(special ? WITHOUT_TRAMPOLINE : MINIBPF_STRATEGY_DIRECT, strategy_of(links[0]));
	EXPECT_EQ(MINIBPF_STRATEGY_KPROBE, strategy_of(links[1]));
	open_missing(1);
	for (i = 0; i < 2; i++) {
		dumps[i] = dump_of(maps[i]);
		minibpf_link_close(links[i]);
		close(progs[i]);
		close(maps[i]);
	}
	for (i = 0; i < sizeof(plain_words); i++)
		EXPECT_EQ(dumps[0].word[words[i]], dumps[1].word[words[i]])
			TH_LOG("word %u", words[i]);
	EXPECT_EQ((uint32_t)AT_FDCWD, (uint32_t)dumps[0].word[ARG_WORD]);
	EXPECT_NE(0, dumps[0].func_ip);
	EXPECT_EQ(0, dumps[1].func_ip);
#ifdef __riscv
	EXPECT_EQ(dumps[0].func_ip, dumps[0].word[PC_WORD]);
#else
	/* Behind a breakpoint at the entry, which an endbr64 may come before. */
	EXPECT_TRUE(dumps[0].word[PC_WORD] == dumps[0].func_ip + 1 ||
		    dumps[0].word[PC_WORD] == dumps[0].func_ip + 5);
#endif
}

TEST_F(strategy, context_of_trampoline)
{
	compare_context(_metadata, false);
}

TEST_F(strategy, context_without_trampoline)
{
	compare_context(_metadata, true);
}

/* The number of function @name in the kernel's types; 0 if there is none. */
static uint32_t function_id(const char *name)
{
	static const uint8_t extra[20] = {
		[1] = 4, [3] = 12, [4] = 12, [5] = 12, [6] = 8, [13] = 8, [14] = 4, [15] = 12,
		[17] = 4, [19] = 12,
	};
	static const uint8_t per_member[20] = { [4] = 1, [5] = 1, [6] = 1, [13] = 1, [15] = 1, [19] = 1 };
	static uint32_t btf[4 << 20];
	FILE *f = fopen("/sys/kernel/btf/vmlinux", "r");
	uint32_t id = 1, found = 0, at, end;
	const char *strings;

	if (!f)
		return 0;
	fread(btf, 1, sizeof(btf), f);
	fclose(f);
	at = (btf[1] + btf[2]) / 4;
	end = at + btf[3] / 4;
	strings = (char *)btf + btf[1] + btf[4];
	for (; at < end && !found; id++) {
		uint32_t kind = btf[at + 1] >> 24 & 0x1f, vlen = btf[at + 1] & 0xffff;

		if (kind == 12 && !strcmp(strings + btf[at], name))
			found = id;
		at += 3;
		if (per_member[kind])
			at += extra[kind] / 4 * vlen;
		else
			at += extra[kind] / 4;
	}
	return found;
}

/* An in-tree program at a function's entry that counts in element 0 of @map: its link. */
static int attach_fentry(const char *function, int map)
{
	const struct row_insn insns[] = {
		CALL(FN_get_current_pid_tgid), ALU64(RSH, R0, 32), JMP(JNE, R0, getpid(), 9),
		ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, map),
		CALL(FN_map_lookup_elem), JMP(JEQ, R0, 0, 3), MOV(R1, 1),
		ATOMIC(DW, INSN_ADD, R0, 0, R1), MOV(R0, 0), EXIT,
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_TRACING, .expected_attach_type = BPF_TRACE_FENTRY,
		.insns = (uintptr_t)insns, .insn_cnt = NR(insns), .license = (uintptr_t)"GPL",
		.attach_btf_id = function_id(function),
	};
	union bpf_attr attach = {};
	int prog = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load)), link;

	if (prog < 0)
		return -errno;
	attach.link_create.prog_fd = prog;
	attach.link_create.attach_type = BPF_TRACE_FENTRY;
	link = syscall(SYS_bpf, BPF_LINK_CREATE, &attach, sizeof(attach));
	if (link < 0)
		link = -errno;
	close(prog);
	return link;
}

static int intree_array(void)
{
	int map;

	minibpf_set_backend(MINIBPF_BACKEND_KERNEL);
	map = map_new(ARRAY, 4, 8, 1, 0);
	minibpf_set_backend(MINIBPF_BACKEND_DEVICE);
	return map;
}

/* Leaves the backend as it was. */
static uint64_t count_on(enum minibpf_backend backend, int map)
{
	enum minibpf_backend now = minibpf_backend();
	uint64_t value;

	minibpf_set_backend(backend);
	value = count(map);
	minibpf_set_backend(now);
	return value;
}

static uint64_t intree_count(int map)
{
	return count_on(MINIBPF_BACKEND_KERNEL, map);
}

static uint64_t device_count(int map)
{
	return count_on(MINIBPF_BACKEND_DEVICE, map);
}

/* A function that nothing calls but this, which no change of backend does either. */
static const char *const asker = "__sys_setfsuid";

static void ask_fsuid(int n)
{
	while (n--)
		syscall(SYS_setfsuid, -1);
}

/* The slot is taken: both count. When it is free again, the next change takes it. */
TEST_F(strategy, beside_fentry)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), theirs = intree_array(), prog, fentry;
	struct minibpf_link *link, *second;

	ASSERT_LE(0, map);
	ASSERT_LE(0, theirs);
	fentry = attach_fentry(asker, theirs);
	ASSERT_LE(0, fentry);
	prog = load_word_reader(map, ARG_WORD);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &asker, 1, 0, &link));
	EXPECT_EQ(MINIBPF_STRATEGY_FTRACE, strategy_of(link));
	ask_fsuid(OPENS);
	EXPECT_EQ(OPENS, count(map));
	EXPECT_EQ(OPENS, intree_count(theirs));
	close(fentry);
	/* In-tree lets go of the function some time after its last program. */
	for (int i = 0; i < 1000 && strategy_of(link) != MINIBPF_STRATEGY_DIRECT; i++) {
		ASSERT_EQ(0, minibpf_link_kprobe(prog, &asker, 1, 0, &second));
		minibpf_link_close(second);
	}
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(link));
	ask_fsuid(OPENS);
	EXPECT_EQ(2 * OPENS, count(map));
	EXPECT_EQ(OPENS, intree_count(theirs));
	minibpf_link_close(link);
	close(prog);
	close(theirs);
	close(map);
}

/* So many that a trampoline for each would take minutes to go. */
static const char *const many_names[] = {
	"__sys_setfsuid", "__sys_setfsgid", "__sys_setuid", "__sys_setgid",
	"__sys_setreuid", "__sys_setregid", "__sys_setresuid", "__sys_setresgid",
	"do_sys_openat2", "vfs_read", "vfs_write",
};

TEST_F(strategy, many_places)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;
	struct minibpf_link *link, *single;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, many_names, NR(many_names), 0, &link));
	EXPECT_EQ(MINIBPF_STRATEGY_FTRACE, strategy_of(link));
	ask_fsuid(OPENS);
	EXPECT_EQ(OPENS, count(map));
	/* A program of its own makes a trampoline worth it, for both. */
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &asker, 1, 0, &single));
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(single));
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(link));
	ask_fsuid(OPENS);
	EXPECT_EQ(3 * OPENS, count(map));
	minibpf_link_close(single);
	EXPECT_EQ(MINIBPF_STRATEGY_FTRACE, strategy_of(link));
	ask_fsuid(OPENS);
	EXPECT_EQ(4 * OPENS, count(map));
	minibpf_link_close(link);
	ask_fsuid(OPENS);
	EXPECT_EQ(4 * OPENS, count(map));
	close(prog);
	close(map);
}

/* An in-tree kprobe on the same function comes and goes: both count. */
TEST_F(strategy, beside_kprobe)
{
#ifdef __riscv
	const char *their_place = "__sys_setfsuid+8";	/* it cannot probe the entry */
#else
	const char *their_place = asker;
#endif
	int map = map_new(ARRAY, 4, 8, 1, 0), theirs, prog, their_prog;
	struct minibpf_link *link, *their_link;
	uint64_t before;

	ASSERT_LE(0, map);
	prog = load_word_reader(map, ARG_WORD);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &asker, 1, 0, &link));

	ASSERT_EQ(0, minibpf_set_backend(MINIBPF_BACKEND_KERNEL));
	theirs = map_new(ARRAY, 4, 8, 1, 0);
	ASSERT_LE(0, theirs);
	their_prog = load_word_reader(theirs, ARG_WORD);
	ASSERT_LE(0, their_prog);
	ASSERT_EQ(0, minibpf_link_kprobe(their_prog, &their_place, 1, 0, &their_link));
	before = device_count(map);
	ask_fsuid(OPENS);
	EXPECT_EQ(OPENS, count(theirs));
	EXPECT_EQ(before + OPENS, device_count(map));
	minibpf_link_close(their_link);
	before = device_count(map);
	ask_fsuid(OPENS);
	EXPECT_EQ(OPENS, count(theirs));
	EXPECT_EQ(before + OPENS, device_count(map));

	ASSERT_EQ(0, minibpf_set_backend(MINIBPF_BACKEND_DEVICE));
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(link));
	minibpf_link_close(link);
	close(their_prog);
	close(theirs);
	close(prog);
	close(map);
}

#ifndef __riscv
/* A kretprobe of what begins as one task and ends as another brings the kernel down. */
TEST_F(strategy, return_of_task_switch_is_refused)
{
	static const char *const task_switch = "__switch_to";
	struct minibpf_link *link;
	int prog = LOAD(MOV(R0, 0), EXIT);

	ASSERT_LE(0, prog);
	EXPECT_EQ(-EINVAL, minibpf_link_kprobe(prog, &task_switch, 1, MINIBPF_RETURN, &link));
	close(prog);
}
#endif

/* What a helper calls is probed too: the program does not run within itself, and is told of. */
TEST_F(strategy, recursion_is_missed)
{
	static const char *const read_fn = "copy_from_kernel_nofault";
	int map = map_new(ARRAY, 4, 8, 1, 0), outer, inner;
	struct minibpf_link *outer_link, *inner_link;
	uint64_t before;

	ASSERT_LE(0, map);
	inner = load_counter(map);
	ASSERT_LE(0, inner);
	outer = LOAD(CALL(FN_get_current_pid_tgid), ALU64(RSH, R0, 32), JMP(JNE, R0, getpid(), 5),
		     MOVR(R1, R10), ALU64(ADD, R1, -8), MOV(R2, 8), MOV(R3, 0), CALL(113),
		     MOV(R0, 0), EXIT);
	ASSERT_LE(0, outer);
	ASSERT_EQ(0, minibpf_link_kprobe(inner, &read_fn, 1, 0, &inner_link));
	ASSERT_EQ(0, minibpf_link_kprobe(outer, &opener, 1, 0, &outer_link));
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(inner_link));
	before = count(map);
	open_missing(OPENS);
	EXPECT_EQ(before, count(map));
	EXPECT_LE(OPENS, link_info(inner_link).kprobe_multi.missed);
	minibpf_link_close(outer_link);
	minibpf_link_close(inner_link);
	close(outer);
	close(inner);
	close(map);
}

/* Counts every run, whoever is running. */
static int load_count_all(int map)
{
	return LOAD(ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4), LDMAP(R1, map),
		    CALL(FN_map_lookup_elem), JMP(JEQ, R0, 0, 3), MOV(R1, 1),
		    ATOMIC(DW, INSN_ADD, R0, 0, R1), MOV(R0, 0), EXIT);
}

/* A link to each; NULL where the function is not of this kernel, or not to be probed. */
static void link_each(int prog, const char *const *names, uint32_t n, uint32_t flags,
		      struct minibpf_link **links)
{
	for (uint32_t i = 0; i < n; i++)
		if (minibpf_link_kprobe(prog, &names[i], 1, flags, &links[i]))
			links[i] = NULL;
}

/* Says how many there were, and how many of them were hit. */
static void close_each(struct minibpf_link **links, uint32_t n, int *probed, int *hit)
{
	*probed = *hit = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!links[i])
			continue;
		++*probed;
		*hit += link_info(links[i]).hits > 0;
		minibpf_link_close(links[i]);
	}
}

/* Functions of interrupts and of the scheduler, hit on top of everything else. */
TEST_F(strategy, anywhere)
{
	static const char *const names[] = {
		"hrtimer_interrupt", "tick_sched_handle", "update_process_times", "ktime_get",
		"_raw_spin_lock", "_raw_spin_lock_irqsave", "__rcu_read_lock", "__rcu_read_unlock",
		"enqueue_task_fair", "pick_next_task_fair", "finish_task_switch", "update_rq_clock",
		"preempt_count_add", "migrate_disable", "rcu_is_watching", "irq_enter_rcu",
		"rcu_note_context_switch", "kmem_cache_alloc", "kmem_cache_alloc_noprof",
	};
	struct minibpf_link *links[NR(names)];
	int map = map_new(ARRAY, 4, 8, 1, 0), prog, probed, hit;

	ASSERT_LE(0, map);
	prog = load_count_all(map);
	ASSERT_LE(0, prog);
	link_each(prog, names, NR(names), 0, links);
	open_missing(2000);
	close_each(links, NR(names), &probed, &hit);
	EXPECT_LT(5, probed);
	EXPECT_LT(4, hit);
	EXPECT_LT(1000, count(map));
	close(prog);
	close(map);
}
