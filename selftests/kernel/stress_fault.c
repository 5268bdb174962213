// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation and every copy that a command makes fails once, by the
 * kernel's fault injection: the command says so or does without, and leaves
 * nothing behind. Needs a kernel that has it (selftests/vm/debug.config).
 */
#define FAIL_NTH "/proc/thread-self/fail-nth"
#define MAX_FAULTS 2000		/* far more than any command has places to fail */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* Which calls count as ones that may fail; without a trace of each in the log. */
static bool faults_available(void)
{
	static const char *const files[][2] = {
		{ "failslab/ignore-gfp-wait", "N" }, { "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" }, { "fail_page_alloc/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" }, { "fail_page_alloc/min-order", "0" },
		{ "fail_usercopy/verbose", "0" },
	};
	char path[128];

	for (uint32_t i = 0; i < NR(files); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", files[i][0]);
		write_file(path, files[i][1]);
	}
	return !access(FAIL_NTH, W_OK) && !access("/sys/kernel/debug/failslab/verbose", F_OK);
}

static int nth_fd = -1;

static void set_nth(int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	pwrite(nth_fd, text, strlen(text), 0);
}

/* Not 0: the fault did not come, and may still. */
static int nth_left(void)
{
	char text[16] = "";

	pread(nth_fd, text, sizeof(text) - 1, 0);
	return atoi(text);
}

/* What the commands work on; made before the first fault. */
struct victims {
	int map, prog;
	uint64_t sym;
	uint32_t type;		/* of the map to create */
	uint32_t flags;		/* of it, or of the link */
};

/* Each is one call of the device, and returns a descriptor, 0 or a negative errno. */

static int fault_map_create(const struct victims *v)
{
	union minibpf_attr attr = { { .map_type = v->type, .key_size = 4, .max_entries = 300 } };

	attr.value_size = v->type == MINIBPF_MAP_TYPE_PROG_ARRAY ? 4 : 8;
	attr.map_flags = v->flags;
	return minibpf_call(MINIBPF_MAP_CREATE, &attr, sizeof(attr));
}

static int fault_map_update(const struct victims *v)
{
	uint32_t key = 1;
	uint64_t value = 1;

	return minibpf_update_elem(v->map, &key, &value, MINIBPF_ANY);
}

static int fault_map_lookup(const struct victims *v)
{
	uint32_t key = 0;
	uint64_t value;

	return minibpf_lookup_elem(v->map, &key, &value);
}

static int fault_prog_load(const struct victims *v)
{
	return load_counter(v->map);
}

static int fault_link_create(const struct victims *v)
{
	union minibpf_attr attr = {};

	attr.link_create.prog_fd = v->prog;
	attr.link_create.attach_type = MINIBPF_TRACE_KPROBE_MULTI;
	attr.link_create.kprobe_multi.flags = v->flags;
	attr.link_create.kprobe_multi.cnt = 1;
	attr.link_create.kprobe_multi.syms = (uintptr_t)&v->sym;
	return minibpf_call(MINIBPF_LINK_CREATE, &attr, sizeof(attr));
}

static int fault_attach(const struct victims *v)
{
	char target[64];

	snprintf(target, sizeof(target), "kprobe$%s", (const char *)(uintptr_t)v->sym);
	return minibpf_prog_attach(target, strlen(target), v->prog);
}

static int fault_test_run(const struct victims *v)
{
	static const uint64_t regs[8];
	struct minibpf_test_opts opts = { .ctx = regs, .ctx_size = sizeof(regs) };

	return minibpf_prog_test_run(v->prog, &opts);
}

static int fault_pin(const struct victims *v)
{
	return minibpf_pin(v->map, "fault");
}

static int fault_get_pinned(const struct victims *v)
{
	return minibpf_get_pinned("test_fault");
}

static int fault_info(const struct victims *v)
{
	struct minibpf_prog_info info = {};
	uint32_t len = sizeof(info);

	return minibpf_get_info(v->prog, &info, &len);
}

static int fault_load_ex(const struct victims *v)
{
	static struct ex_object ex;

	if (!ex.size && !ex_open(&ex, "globals.bpf.o"))
		return -EIO;
	return ex_load(&ex, "globals", NULL);
}

static void undo_attach(const struct victims *v)
{
	minibpf_prog_detach(v->prog);
}

static void undo_pin(const struct victims *v)
{
	minibpf_unpin("fault");
}

struct fault_row {
	const char *what;
	int (*call)(const struct victims *v);
	bool makes_fd;
	void (*undo)(const struct victims *v);
	uint32_t type, flags;
	int place;
};

static const struct fault_row fault_rows[] = {
	{ "an array", fault_map_create, true, NULL, ARRAY },
	{ "a hash", fault_map_create, true, NULL, HASH },
	{ "a hash that grows", fault_map_create, true, NULL, HASH, MINIBPF_F_NO_PREALLOC },
	{ "a per-CPU array", fault_map_create, true, NULL, PERCPU_ARRAY },
	{ "a per-CPU hash", fault_map_create, true, NULL, PERCPU_HASH },
	{ "an array of programs", fault_map_create, true, NULL, MINIBPF_MAP_TYPE_PROG_ARRAY },
	{ "an array to map", fault_map_create, true, NULL, ARRAY, MINIBPF_F_MMAPABLE },
	{ "update", fault_map_update },
	{ "lookup", fault_map_lookup },
	{ "load", fault_prog_load, true },
	{ "an object", fault_load_ex, true },
	{ "kprobe inside", fault_link_create, true },
	{ "kprobe at the entry", fault_link_create, true, NULL, 0, 0, 1 },
	{ "kretprobe", fault_link_create, true, NULL, 0, MINIBPF_RETURN, 2 },
	{ "attach", fault_attach, false, undo_attach },
	{ "run", fault_test_run },
	{ "pin", fault_pin, false, undo_pin },
	{ "a pinned map", fault_get_pinned, true },
	{ "information", fault_info },
};

static void fault_row(struct __test_metadata *_metadata, const struct fault_row *row,
		      struct victims *v)
{
	int n, ret, left;

	v->type = row->type;
	v->flags = row->flags;
	v->sym = (uintptr_t)place_name(row->place);
	/* Once without, so that what is made on first use is there. */
	for (n = 0; n < MAX_FAULTS; n++) {
		set_nth(n);
		ret = row->call(v);
		left = nth_left();
		set_nth(0);
		if (ret >= 0 && row->makes_fd)
			close(ret);
		else if (ret >= 0 && row->undo)
			row->undo(v);
		if (!n || left) {
			EXPECT_LE(0, ret) TH_LOG("%s", row->what);
		} else {
			EXPECT_TRUE(ret >= 0 || ret == -ENOMEM || ret == -EFAULT)
				TH_LOG("%s: fault %d gives error %d", row->what, n, ret);
		}
		if (left)
			break;
	}
	EXPECT_LT(1, n) TH_LOG("%s: nothing failed", row->what);
	EXPECT_GT(MAX_FAULTS, n) TH_LOG("%s", row->what);
	TH_LOG("%s: %d faults", row->what, n - 1);
}

TEST_F_TIMEOUT(stress, faults, 280)
{
	struct victims v = { .map = -1 };
	uint32_t key = 0;
	uint64_t value = 1;

	if (!faults_available())
		SKIP(return, "this kernel has no fault injection");
	v.map = map_new(HASH, 4, 8, 300, 0);
	nth_fd = open(FAIL_NTH, O_RDWR);
	ASSERT_LE(0, nth_fd);
	ASSERT_LE(0, v.map);
	ASSERT_EQ(0, minibpf_update_elem(v.map, &key, &value, MINIBPF_ANY));
	v.prog = load_counter(v.map);
	ASSERT_LE(0, v.prog);
	ASSERT_EQ(0, minibpf_pin(v.map, "test_fault"));
	for (uint32_t i = 0; i < NR(fault_rows); i++)
		fault_row(_metadata, &fault_rows[i], &v);
	EXPECT_EQ(0, minibpf_unpin("test_fault"));
	close(v.prog);
	close(v.map);
}

/* CPU 1 goes and comes while both run through probes, maps of each CPU among them. */
#define CPU_ONLINE "/sys/devices/system/cpu/cpu1/online"

TEST_F_TIMEOUT(stress, cpu_goes, 150)
{
	int map, each, prog, updater;
	struct minibpf_link *link[NR(places) + 1];
	const char *name = place_name(0);
	struct worker hot;
	uint64_t before;
	int i, k;

	if (access(CPU_ONLINE, W_OK))
		SKIP(return, "this kernel cannot take a CPU away");
	map = map_new(ARRAY, 4, 8, 1, 0);
	each = map_new(PERCPU_HASH, 4, 8, 8, 0);
	ASSERT_LE(0, map);
	ASSERT_LE(0, each);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	updater = load_updater(each);
	ASSERT_LE(0, updater);
	worker_start(&hot, 1, open_round, NULL);
	for (i = 0; i < 6; i++) {
		for (k = 0; k < NR(places); k++) {
			const char *place = place_name(k);

			ASSERT_EQ(0, minibpf_link_kprobe(prog, &place, 1, places[k].flags, &link[k]));
		}
		ASSERT_EQ(0, minibpf_link_kprobe(updater, &name, 1, 0, &link[k]));
		EXPECT_EQ(0, write_file(CPU_ONLINE, "0"));
		before = count(map);
		open_missing(5);
		EXPECT_LE(before + 5 * NR(places), count(map));
		if (i & 1)	/* detached while it is away */
			for (k = 0; k <= NR(places); k++)
				minibpf_link_close(link[k]);
		EXPECT_EQ(0, write_file(CPU_ONLINE, "1"));
		if (!(i & 1))
			for (k = 0; k <= NR(places); k++)
				minibpf_link_close(link[k]);
	}
	EXPECT_EQ(0, worker_stop(&hot));
	before = count(map);
	open_missing(10);
	EXPECT_EQ(before, count(map));
	close(updater);
	close(prog);
	close(each);
	close(map);
}
