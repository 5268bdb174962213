// SPDX-License-Identifier: GPL-2.0-only
/*
 * Function returns: calls that sleep, end in another order than they began, or never end;
 * probes that come and go meanwhile; what shares the function with them.
 */

FIXTURE(returns) { int references; };

/* Who holds the module: descriptors, and calls that are still to return to its text. */
static int module_references(void)
{
	FILE *f = fopen("/sys/module/minibpf/refcnt", "r");
	int n = -1;

	if (f) {
		fscanf(f, "%d", &n);
		fclose(f);
	}
	return n;
}

/* To be awake on each CPU wakes its idle task, whose calls return then like others. */
static int settled_references(int want)
{
	for (int i = 0; i < 500 && module_references() != want; i++) {
		stay_on_cpu(i % minibpf_nr_cpus());
		usleep(20000);
	}
	return module_references();
}

/* The first call opens the device, which stays open until the backend changes. */
static void hold_device(void)
{
	close(map_new(ARRAY, 4, 8, 1, 0));
}

FIXTURE_SETUP(returns)
{
	char reason[128];

	if (denied("returns", true, _metadata->name, reason))
		SKIP(return, "%s", reason);
	ASSERT_EQ(0, minibpf_set_backend(MINIBPF_BACKEND_DEVICE));
	hold_device();
	self->references = module_references();
}

/* Calls that never return are found out, and given up, some time after their probe went. */
FIXTURE_TEARDOWN(returns)
{
	hold_device();
	EXPECT_EQ(self->references, settled_references(self->references));
}

/* A function that nobody else sleeps in. */
static const char *const reader = "eventfd_read";

/**
 * struct sleeper - a thread that reads a number from an eventfd and waits for it
 * @result: what read() returned, and the number
 */
struct sleeper {
	int fd;
	pthread_t thread;
	atomic_int tid;
	int result;
	uint64_t number;
};

static void *sleep_in_read(void *arg)
{
	struct sleeper *s = arg;

	s->tid = syscall(SYS_gettid);
	s->result = read(s->fd, &s->number, sizeof(s->number));
	return NULL;
}

/* Waits until a thread that has said who it is does nothing but wait. */
static void await_sleep(const struct sleeper *s)
{
	char path[64], line[512], *state;
	FILE *f;

	while (!s->tid)
		sched_yield();
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", s->tid);
	do {
		f = fopen(path, "r");
		if (!f || !fgets(line, sizeof(line), f))
			*line = 0;
		if (f)
			fclose(f);
		state = strrchr(line, ')');
	} while (!state || state[2] != 'S');
}

static int sleeper_start(struct sleeper *s)
{
	pthread_attr_t attr;
	int err;

	memset(s, 0, sizeof(*s));
	s->fd = eventfd(0, 0);
	if (s->fd < 0)
		return -errno;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 32768);
	err = pthread_create(&s->thread, &attr, sleep_in_read, s);
	pthread_attr_destroy(&attr);
	return -err;
}

/* Wakes it with @number: whether that is what it read. */
static bool sleeper_end(struct sleeper *s, uint64_t number)
{
	write(s->fd, &number, sizeof(number));
	pthread_join(s->thread, NULL);
	close(s->fd);
	return s->result == sizeof(number) && s->number == number;
}

/* The probe goes while a call is under way, which ends as it would have without. */
TEST_F(returns, sleeper_outlives_its_probe)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;
	struct minibpf_link *link;
	struct sleeper s;
	uint64_t before;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &reader, 1, MINIBPF_RETURN, &link));
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(link));
	ASSERT_EQ(0, sleeper_start(&s));
	await_sleep(&s);
	minibpf_link_close(link);
	close(prog);
	before = count(map);
	/* What is to return through the module holds it. */
	EXPECT_LT(self->references, module_references());
	EXPECT_TRUE(sleeper_end(&s, 1));
	EXPECT_EQ(before, count(map));
	close(map);
}

/* More calls than there are instances sleep at once, and end in another order. */
TEST_F_TIMEOUT(returns, many_sleepers, 200)
{
	enum { N = 2200, INSTANCES = 2048, KEPT = 256 };
	static struct sleeper s[N];
	int map = map_new(ARRAY, 4, 8, 1, 0), prog, i, started, good = 0;
	struct minibpf_link *link;
	uint64_t before, missed;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ N + 64, N + 64 });
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &reader, 1, MINIBPF_RETURN, &link));
	for (started = 0; started < N && !sleeper_start(&s[started]);)
		started++;
	ASSERT_EQ(N, started);
	for (i = 0; i < N; i++)
		await_sleep(&s[i]);
	missed = link_info(link).kprobe_multi.missed;
	EXPECT_LE(N - INSTANCES, missed);
	before = count(map);
	/* 7 and N have no common divisor. */
	for (i = 0; i < N; i++)
		good += sleeper_end(&s[i * 7 % N], i + 1);
	EXPECT_EQ(N, good);
	EXPECT_LE(INSTANCES - KEPT, count(map) - before);
	EXPECT_GE(INSTANCES, count(map) - before);
	minibpf_link_close(link);
	close(prog);
	close(map);
}

static void *do_nothing(void *arg)
{
	return NULL;
}

/* Calls that never return do not use up what calls need. */
TEST_F_TIMEOUT(returns, never, 100)
{
	static const char *const leave = "do_exit";
	enum { N = 3000 };
	int map = map_new(ARRAY, 4, 8, 1, 0), prog, i;
	struct minibpf_link *link, *open_link;
	pthread_t thread;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &leave, 1, MINIBPF_RETURN, &link));
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &opener, 1, MINIBPF_RETURN, &open_link));
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, do_nothing, NULL));
		pthread_join(thread, NULL);
	}
	EXPECT_EQ(0, link_info(link).hits);
	for (i = 0; i < 500 && !count(map); i++) {
		usleep(20000);
		open_missing(1);
	}
	EXPECT_LT(0, count(map));
	minibpf_link_close(link);
	minibpf_link_close(open_link);
	close(prog);
	close(map);
}

/* One function's entry and return, each with its own program, come and go in any order. */
TEST_F(returns, beside_entry)
{
	static const uint8_t steps[] = { 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0 };
	struct minibpf_link *links[2] = {};
	int maps[2], progs[2], i, k;

	for (k = 0; k < 2; k++) {
		maps[k] = map_new(ARRAY, 4, 8, 1, 0);
		ASSERT_LE(0, maps[k]);
		progs[k] = load_counter(maps[k]);
		ASSERT_LE(0, progs[k]);
	}
	for (i = 0; i < NR(steps); i++) {
		uint64_t before[2] = { count(maps[0]), count(maps[1]) };

		k = steps[i];
		if (links[k]) {
			minibpf_link_close(links[k]);
			links[k] = NULL;
		} else {
			ASSERT_EQ(0, minibpf_link_kprobe(progs[k], &opener, 1,
							 k ? MINIBPF_RETURN : 0, &links[k]));
			EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(links[k]));
		}
		open_missing(OPENS);
		for (k = 0; k < 2; k++)
			EXPECT_EQ(before[k] + (links[k] ? OPENS : 0), count(maps[k]))
				TH_LOG("step %d, %s", i, k ? "return" : "entry");
	}
	for (k = 0; k < 2; k++) {
		if (links[k])
			minibpf_link_close(links[k]);
		close(progs[k]);
		close(maps[k]);
	}
}

#ifdef __riscv
/* s0 to s11, gp, tp, sp */
static const uint8_t kept_words[] = { 2, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27 };
enum { RESULT_WORD = 10, SP_WORD = 2, RA_WORD = 1, POPPED = 0 };
#else
/* r15 to r12, bp, bx, sp */
static const uint8_t kept_words[] = { 0, 1, 2, 3, 4, 5, 19 };
enum { RESULT_WORD = 10, SP_WORD = 19, POPPED = 8 };
#endif

/* The same call at its entry and at its return: what a function keeps, and its result. */
static void check_context(struct __test_metadata *_metadata, uint32_t want)
{
	struct minibpf_link *links[2];
	struct dump dumps[2];
	uint8_t words[NR_WORDS];
	uint32_t nr = sizeof(kept_words), i, k;
	int maps[2], progs[2];

	memcpy(words, kept_words, nr);
	words[nr++] = RESULT_WORD;
	words[nr++] = PC_WORD;
#ifdef __riscv
	words[nr++] = RA_WORD;
#endif
	for (k = 0; k < 2; k++) {
		maps[k] = map_new(ARRAY, 4, sizeof(struct dump), 1, 0);
		ASSERT_LE(0, maps[k]);
		progs[k] = load_dump(maps[k], words, nr);
		ASSERT_LE(0, progs[k]);
		ASSERT_EQ(0, minibpf_link_kprobe(progs[k], &opener, 1, k ? MINIBPF_RETURN : 0,
						 &links[k]));
	}
	EXPECT_EQ(want, strategy_of(links[1]));
	open_missing(1);
	for (k = 0; k < 2; k++) {
		dumps[k] = dump_of(maps[k]);
		minibpf_link_close(links[k]);
		close(progs[k]);
		close(maps[k]);
	}
	for (i = 0; i < sizeof(kept_words); i++)
		EXPECT_EQ(dumps[0].word[kept_words[i]] + (kept_words[i] == SP_WORD ? POPPED : 0),
			  dumps[1].word[kept_words[i]])
			TH_LOG("word %u", kept_words[i]);
	EXPECT_EQ(-ENOENT, (int)dumps[1].word[RESULT_WORD]);
	EXPECT_EQ(dumps[0].func_ip, dumps[1].func_ip);
#ifdef __riscv
	EXPECT_EQ(dumps[0].word[RA_WORD], dumps[1].word[RA_WORD]);
	EXPECT_EQ(dumps[0].word[RA_WORD], dumps[1].word[PC_WORD]);
#endif
}

static void allow_direct(char yes)
{
	int fd = open("/sys/module/minibpf/parameters/direct", O_WRONLY);

	write(fd, &yes, 1);
	close(fd);
}

#ifdef __riscv
#define RETURN_WITHOUT_TRAMPOLINE MINIBPF_STRATEGY_RETURN
#else
#define RETURN_WITHOUT_TRAMPOLINE MINIBPF_STRATEGY_KRETPROBE
#endif

TEST_F(returns, context)
{
	check_context(_metadata, MINIBPF_STRATEGY_DIRECT);
}

TEST_F(returns, context_without_trampoline)
{
	allow_direct('N');
	check_context(_metadata, RETURN_WITHOUT_TRAMPOLINE);
	allow_direct('Y');
}

/* A live target changes how it is probed, and back, and each call counts once. */
TEST_F(returns, way_changes)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;
	struct minibpf_link *first, *second;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &asker, 1, MINIBPF_RETURN, &first));
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(first));
	allow_direct('N');
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &asker, 1, MINIBPF_RETURN, &second));
	allow_direct('Y');
	EXPECT_EQ(RETURN_WITHOUT_TRAMPOLINE, strategy_of(first));
	ask_fsuid(OPENS);
	EXPECT_EQ(2 * OPENS, count(map));
	minibpf_link_close(second);
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(first));
	ask_fsuid(OPENS);
	EXPECT_EQ(3 * OPENS, count(map));
	minibpf_link_close(first);
	ask_fsuid(OPENS);
	EXPECT_EQ(3 * OPENS, count(map));
	close(prog);
	close(map);
}

/* In-tree has the function's one slot: the entry and the return count by other ways. */
TEST_F(returns, beside_fentry)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), theirs = intree_array(), prog, fentry;
	struct minibpf_link *link, *entry;

	ASSERT_LE(0, map);
	ASSERT_LE(0, theirs);
	fentry = attach_fentry(asker, theirs);
	ASSERT_LE(0, fentry);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &asker, 1, MINIBPF_RETURN, &link));
	EXPECT_EQ(RETURN_WITHOUT_TRAMPOLINE, strategy_of(link));
	ask_fsuid(OPENS);
	EXPECT_EQ(OPENS, count(map));
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &asker, 1, 0, &entry));
	ask_fsuid(OPENS);
	EXPECT_EQ(3 * OPENS, count(map));
	EXPECT_EQ(2 * OPENS, intree_count(theirs));
	close(fentry);
	minibpf_link_close(link);
	minibpf_link_close(entry);
	close(prog);
	close(theirs);
	close(map);
}

/* Both ends of one function, where two CPUs run through it, in either order. */
TEST_F_TIMEOUT(returns, both_while_hot, 200)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog = load_counter(map), i, k;
	struct minibpf_link *links[2];
	struct worker hot[2];

	ASSERT_LE(0, map);
	ASSERT_LE(0, prog);
	worker_start(&hot[0], 0, open_round, NULL);
	worker_start(&hot[1], 1, open_round, NULL);
	for (i = 0; i < 8; i++) {
		for (k = 0; k < 2; k++)
			ASSERT_EQ(0, minibpf_link_kprobe(prog, &opener, 1,
							 (k ^ i) & 1 ? MINIBPF_RETURN : 0,
							 &links[k]));
		open_missing(1);
		for (k = 0; k < 2; k++)
			minibpf_link_close(links[k ^ (i >> 1 & 1)]);
	}
	EXPECT_EQ(0, worker_stop(&hot[0]));
	EXPECT_EQ(0, worker_stop(&hot[1]));
	EXPECT_LT(16, count(map));
	close(prog);
	close(map);
}

TEST_F(returns, many_places)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;
	struct minibpf_link *link;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, many_names, NR(many_names), MINIBPF_RETURN, &link));
	EXPECT_EQ(RETURN_WITHOUT_TRAMPOLINE, strategy_of(link));
	ask_fsuid(OPENS);
	EXPECT_EQ(OPENS, count(map));
	minibpf_link_close(link);
	ask_fsuid(OPENS);
	EXPECT_EQ(OPENS, count(map));
	close(prog);
	close(map);
}
