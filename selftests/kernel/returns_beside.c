// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes on beside calls whose return is probed: stack traces through them, others who want
 * to know of the same return, CPUs and the module itself that go.
 */

/* A function that the opener calls, in which a trace is taken; one that calls the opener. */
static const char *const file_opener = "do_filp_open";
#ifdef __riscv
static const char *const open_call = "__riscv_sys_openat";
#else
static const char *const open_call = "__x64_sys_openat";
#endif

static void take_trace(struct stack_test *t)
{
	memset(t->box, 0, sizeof(*t->box));
	open_missing(1);
}

/* A trace is what it would be if nobody probed the returns of those in it. */
static void check_trace(struct __test_metadata *_metadata, const char *const *at, uint32_t flags)
{
	const char *const *outer[] = { &opener, &open_call };
	struct symbol entry = { ENTRY_OF_CALLS };
	struct minibpf_link *link, *links[NR(outer)];
	struct stack_box plain;
	struct stack_test t;
	int prog = load_return(0);

	ASSERT_LE(0, prog);
	find_symbols(&entry, 1);
	trace_setup(_metadata, &t, MINIBPF_PROG_TYPE_KPROBE, 64);
	ASSERT_EQ(0, minibpf_link_kprobe(t.prog, at, 1, flags, &link));
	take_trace(&t);
	plain = *t.box;
	EXPECT_EQ(1, plain.runs);
	EXPECT_LT(0, place_of(&entry, plain.ips, plain.bytes / 8));
	for (uint32_t i = 0; i < NR(outer); i++) {
		ASSERT_EQ(0, minibpf_link_kprobe(prog, outer[i], 1, MINIBPF_RETURN, &links[i]))
			TH_LOG("%s", *outer[i]);
		if (at != outer[i])
			EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(links[i]));
	}
	take_trace(&t);
	EXPECT_EQ(plain.bytes, t.box->bytes);
	EXPECT_EQ(0, memcmp(plain.ips, t.box->ips, sizeof(plain.ips)));
	for (uint32_t i = 0; i < NR(outer); i++)
		minibpf_link_close(links[i]);
	minibpf_link_close(link);
	trace_teardown(&t);
	close(prog);
}

TEST_F(returns, trace_below)
{
	check_trace(_metadata, &file_opener, 0);
}

TEST_F(returns, trace_at_return)
{
	check_trace(_metadata, &opener, MINIBPF_RETURN);
}

static bool trace_write(const char *file, const char *text)
{
	char path[128];
	bool good;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/%s", file);
	fd = open(path, O_WRONLY | O_TRUNC);
	good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return good;
}

static bool graph_on(void)
{
	return trace_write("set_ftrace_filter", asker) && trace_write("current_tracer", "function_graph");
}

static bool graph_off(void)
{
	return trace_write("current_tracer", "nop") && trace_write("set_ftrace_filter", "\n");
}

/* Ends of the asker's calls that the tracer has seen; empties its buffer. */
static int graph_ends(void)
{
	FILE *f = fopen("/sys/kernel/tracing/trace", "r");
	char line[256];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, asker) && strchr(line, ';') && strchr(line, '|');
	if (f)
		fclose(f);
	trace_write("trace", "\n");
	return n;
}

/* The tracer exchanges the same return addresses; who comes first makes no difference. */
TEST_F(returns, beside_graph_tracer)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog, order;
	struct minibpf_link *link;
	uint64_t before;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	for (order = 0; order < 2; order++) {
		if (order)
			ASSERT_TRUE(graph_on());
		ASSERT_EQ(0, minibpf_link_kprobe(prog, &asker, 1, MINIBPF_RETURN, &link));
		EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(link));
		if (!order)
			ASSERT_TRUE(graph_on());
		graph_ends();
		before = count(map);
		ask_fsuid(OPENS);
		EXPECT_EQ(before + OPENS, count(map));
		EXPECT_EQ(OPENS, graph_ends());
		if (order)
			minibpf_link_close(link);
		EXPECT_TRUE(graph_off());
		if (!order)
			minibpf_link_close(link);
		ask_fsuid(OPENS);
		EXPECT_EQ(before + OPENS, count(map));
	}
	close(prog);
	close(map);
}

#ifndef __riscv
/* In-tree's kretprobe, which riscv64 refuses, does so too. */
TEST_F(returns, beside_kretprobe)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), theirs, prog, their_prog, order;
	struct minibpf_link *link, *their_link;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_set_backend(MINIBPF_BACKEND_KERNEL));
	theirs = map_new(ARRAY, 4, 8, 1, 0);
	ASSERT_LE(0, theirs);
	their_prog = load_counter(theirs);
	ASSERT_LE(0, their_prog);
	for (order = 0; order < 4; order++) {
		for (int k = 0; k < 2; k++) {
			bool ours = k == (order & 1);

			minibpf_set_backend(ours ? MINIBPF_BACKEND_DEVICE : MINIBPF_BACKEND_KERNEL);
			ASSERT_EQ(0, minibpf_link_kprobe(ours ? prog : their_prog, &asker, 1,
							 MINIBPF_RETURN, ours ? &link : &their_link));
		}
		ask_fsuid(OPENS);
		EXPECT_EQ((order + 1) * OPENS, device_count(map));
		EXPECT_EQ((order + 1) * OPENS, intree_count(theirs));
		minibpf_link_close(order & 2 ? link : their_link);
		minibpf_link_close(order & 2 ? their_link : link);
	}
	minibpf_set_backend(MINIBPF_BACKEND_DEVICE);
	close(their_prog);
	close(theirs);
	close(prog);
	close(map);
}
#endif

static void fork_and_wait(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

/* Returns in interrupts, in the scheduler, of new tasks and old ones. */
TEST_F_TIMEOUT(returns, anywhere, 200)
{
	static const char *const names[] = {
		"hrtimer_interrupt", "update_process_times", "ktime_get", "_raw_spin_lock",
		"_raw_spin_lock_irqsave", "__rcu_read_lock", "enqueue_task_fair",
		"pick_next_task_fair", "finish_task_switch", "update_rq_clock", "irq_enter_rcu",
		"irq_exit_rcu", "preempt_count_add", "__switch_to", "schedule_tail",
		"copy_process", "kernel_clone", "wake_up_new_task", "do_wait",
		"exc_page_fault", "handle_mm_fault", "nmi_handle", "schedule_idle",
	};
	struct minibpf_link *links[NR(names)];
	int map = map_new(ARRAY, 4, 8, 1, 0), prog, probed, hit;
	struct worker hot;

	ASSERT_LE(0, map);
	prog = load_count_all(map);
	ASSERT_LE(0, prog);
	link_each(prog, names, NR(names), MINIBPF_RETURN, links);
	worker_start(&hot, 1, open_round, NULL);
	for (int i = 0; i < 50; i++) {
		fork_and_wait();
		open_missing(20);
	}
	EXPECT_EQ(0, worker_stop(&hot));
	close_each(links, NR(names), &probed, &hit);
	EXPECT_LT(8, probed);
	EXPECT_LT(6, hit);
	EXPECT_LT(1000, count(map));
	close(prog);
	close(map);
}

static bool cpu_set_online(int cpu, bool yes)
{
	char path[64];
	bool good;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY);
	good = fd >= 0 && write(fd, yes ? "1" : "0", 1) == 1;
	close(fd);
	return good;
}

/* The idle task of a CPU that goes never returns from where it was, and is never dead. */
TEST_F_TIMEOUT(returns, cpu_goes, 200)
{
	static const char *const idle_end = "arch_cpu_idle_dead";
	int map = map_new(ARRAY, 4, 8, 1, 0), prog, i;
	struct minibpf_link *link, *end_link;
	struct sleeper s;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &idle_end, 1, MINIBPF_RETURN, &end_link));
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &reader, 1, MINIBPF_RETURN, &link));
	ASSERT_EQ(0, sleeper_start(&s));
	await_sleep(&s);
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(cpu_set_online(1, false));
		ASSERT_TRUE(cpu_set_online(1, true));
	}
	EXPECT_EQ(0, link_info(end_link).hits);
	EXPECT_EQ(0, link_info(end_link).kprobe_multi.missed);
	minibpf_link_close(end_link);
	EXPECT_TRUE(sleeper_end(&s, 1));
	EXPECT_LE(1, count(map));
	minibpf_link_close(link);
	close(prog);
	close(map);
}

static int module_remove(void)
{
	return syscall(SYS_delete_module, "minibpf", O_NONBLOCK) ? -errno : 0;
}

static int module_insert(void)
{
	int fd = open("/minibpf.ko", O_RDONLY | O_CLOEXEC);
	int err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;

	close(fd);
	return err;
}

/* The module stays as long as a call is to return through it, and can go when it has. */
TEST_F(returns, module_waits_for_its_last_call)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;
	struct minibpf_link *link;
	struct sleeper s;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &reader, 1, MINIBPF_RETURN, &link));
	EXPECT_EQ(MINIBPF_STRATEGY_DIRECT, strategy_of(link));
	ASSERT_EQ(0, sleeper_start(&s));
	await_sleep(&s);
	minibpf_link_close(link);
	close(prog);
	close(map);
	/* The device is closed. */
	ASSERT_EQ(0, minibpf_set_backend(MINIBPF_BACKEND_KERNEL));
	EXPECT_EQ(1, settled_references(1));
	EXPECT_EQ(-EAGAIN, module_remove());
	EXPECT_TRUE(sleeper_end(&s, 1));
	EXPECT_EQ(0, settled_references(0));
	EXPECT_EQ(0, module_remove());
	EXPECT_EQ(0, module_insert());
	ASSERT_EQ(0, minibpf_set_backend(MINIBPF_BACKEND_DEVICE));
}
