// SPDX-License-Identifier: GPL-2.0-only
/* Stack traces: get_stackid(), get_stack() and the maps that keep traces. */
#include <linux/perf_event.h>
#include <sys/prctl.h>

BACKEND_FIXTURE(stack)

#define STACK_DEPTH	64
#define USER_STACK	0x100
#define FAST_STACK_CMP	0x200
#define REUSE_STACKID	0x400

/* What the program is told and tells, in element 0 of an array. */
struct stack_box {
	uint64_t flags;
	int64_t id;
	uint64_t ips[STACK_DEPTH];
	int64_t bytes;
	uint64_t runs;
};

struct stack_test {
	int stacks, box_map, prog;
	struct stack_box *box;
};

/* Both helpers with the flags in the box, get_stack() without those that are not its own. */
static int trace_load(uint32_t type, int box, int stacks)
{
	const struct row_insn insns[] = {
		MOVR(R6, R1), CALL(FN_get_current_pid_tgid), ALU64(RSH, R0, 32),
		JMP(JNE, R0, getpid(), 25), ST(W, R10, -4, 0), MOVR(R2, R10), ALU64(ADD, R2, -4),
		LDMAP(R1, box), CALL(FN_map_lookup_elem), JMP(JEQ, R0, 0, 18), MOVR(R7, R0),
		MOVR(R1, R6), LDMAP(R2, stacks), LDX(DW, R3, R7, 0), CALL(FN_get_stackid),
		STX(DW, R7, 8, R0), MOVR(R1, R6), MOVR(R2, R7), ALU64(ADD, R2, 16),
		MOV(R3, STACK_DEPTH * 8), LDX(DW, R4, R7, 0), ALU64(AND, R4, ~0x600),
		CALL(FN_get_stack), STX(DW, R7, 16 + STACK_DEPTH * 8, R0),
		LDX(DW, R1, R7, 24 + STACK_DEPTH * 8), ALU64(ADD, R1, 1),
		STX(DW, R7, 24 + STACK_DEPTH * 8, R1), MOV(R0, 0), EXIT,
	};

	return load_type(type, insns, NR(insns));
}

static void trace_setup(struct __test_metadata *_metadata, struct stack_test *t, uint32_t type,
			uint32_t max_entries)
{
	t->stacks = map_new(7, 4, STACK_DEPTH * 8, max_entries, 0);
	t->box_map = map_new(ARRAY, 4, sizeof(struct stack_box), 1, MINIBPF_F_MMAPABLE);
	ASSERT_LE(0, t->stacks);
	ASSERT_LE(0, t->box_map);
	t->box = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, t->box_map, 0);
	ASSERT_NE(MAP_FAILED, t->box);
	t->prog = trace_load(type, t->box_map, t->stacks);
	ASSERT_LE(0, t->prog);
}

static void trace_teardown(struct stack_test *t)
{
	close(t->prog);
	munmap(t->box, 4096);
	close(t->box_map);
	close(t->stacks);
}

/* A symbol that ends so, of which there may be several; where each begins and ends. */
struct symbol {
	const char *tail;
	uint64_t from[8], to[8];
	uint32_t nr;
};

/* Reads kallsyms once for all of them. */
static void find_symbols(struct symbol *symbols, uint32_t n)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[512], *name, *end;
	bool open[16] = {};
	uint64_t addr;
	uint32_t i;

	while (f && fgets(line, sizeof(line), f)) {
		addr = strtoull(line, &name, 16);
		if (strchr(name, '['))
			break;
		name += 3;
		end = name + strcspn(name, "\n");
		for (i = 0; i < n; i++) {
			struct symbol *s = &symbols[i];
			size_t len = strlen(s->tail);

			if (open[i] && addr != s->from[s->nr - 1]) {
				s->to[s->nr - 1] = addr;
				open[i] = false;
			}
			if (!open[i] && s->nr < 8 && end - name >= len &&
			    !memcmp(end - len, s->tail, len)) {
				s->from[s->nr++] = addr;
				open[i] = true;
			}
		}
	}
	if (f)
		fclose(f);
}

static bool is_in(const struct symbol *symbol, uint64_t addr)
{
	uint32_t i;

	for (i = 0; i < symbol->nr; i++)
		if (addr >= symbol->from[i] && addr < symbol->to[i])
			return true;
	return false;
}

/* The place of the first address in a symbol, or -1. */
static int place_of(const struct symbol *symbol, const uint64_t *ips, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		if (is_in(symbol, ips[i]))
			return i;
	return -1;
}

/*
 * Both helpers have given a trace of so many addresses or more, which is the same from @same on:
 * in-tree may show from where in the program they were called.
 */
static void expect_trace(struct __test_metadata *_metadata, struct stack_test *t, uint32_t at_least,
			 uint32_t same)
{
	uint64_t kept[STACK_DEPTH];
	uint32_t id = t->box->id;

	ASSERT_LE(0, t->box->id) TH_LOG("get_stackid: %lld", (long long)t->box->id);
	EXPECT_LE(8 * at_least, t->box->bytes);
	EXPECT_EQ(0, t->box->bytes % 8);
	ASSERT_EQ(0, minibpf_lookup_elem(t->stacks, &id, kept));
	EXPECT_EQ(0, memcmp(kept + same, t->box->ips + same, sizeof(kept) - 8 * same));
}

#ifdef __riscv
#define ENTRY_OF_CALLS "do_trap_ecall_u"
#else
#define ENTRY_OF_CALLS "do_syscall_64"
#endif

static void check_kprobe(struct __test_metadata *_metadata, int place)
{
	struct symbol symbols[] = { { "do_sys_openat2" }, { "_sys_openat" }, { ENTRY_OF_CALLS } };
	const char *name = place_name(place);
	struct minibpf_link *link;
	struct stack_test t;
	bool entry_known;
	uint32_t nr;

	find_symbols(symbols, NR(symbols));
	trace_setup(_metadata, &t, MINIBPF_PROG_TYPE_KPROBE, 4096);
	ASSERT_EQ(0, minibpf_link_kprobe(t.prog, &name, 1, places[place].flags, &link));
	open_missing(1);
	EXPECT_EQ(1, t.box->runs);
	expect_trace(_metadata, &t, 3, 0);
	nr = t.box->bytes / 8;
	EXPECT_TRUE(is_in(&symbols[places[place].flags ? 1 : 0], t.box->ips[0]));
	EXPECT_LT(0, place_of(&symbols[2], t.box->ips, nr));
	/* Where a function has begun, riscv's in-tree unwinder passes its caller over. */
	entry_known = place_name(place) != places[0].riscv;
	if (!places[place].flags && entry_known)
		EXPECT_TRUE(is_in(&symbols[1], t.box->ips[1]));
	minibpf_link_close(link);
	trace_teardown(&t);
}

TEST_F(stack, inside)
{
	check_kprobe(_metadata, 0);
}

TEST_F(stack, entry)
{
	check_kprobe(_metadata, 1);
}

TEST_F(stack, function_return)
{
	check_kprobe(_metadata, 2);
}

/* What a trace is of, and which number it gets. */
TEST_F(stack, flags)
{
	const char *name = place_name(0);
	uint64_t second, kept[STACK_DEPTH];
	uint32_t id = 0, next;
	struct minibpf_link *link;
	struct stack_test t;

	trace_setup(_metadata, &t, MINIBPF_PROG_TYPE_KPROBE, 1);
	ASSERT_EQ(0, minibpf_link_kprobe(t.prog, &name, 1, places[0].flags, &link));
	EXPECT_EQ(-ENOENT, minibpf_get_next_key(t.stacks, NULL, &next));
	open_missing(1);
	EXPECT_EQ(0, t.box->id);
	second = t.box->ips[1];
	t.box->flags = 1;
	open_missing(1);
	EXPECT_EQ(-EEXIST, t.box->id);
	EXPECT_EQ(second, t.box->ips[0]);
	/* In-tree wants room for the new one before the old one goes. */
	t.box->flags = 1 | REUSE_STACKID;
	open_missing(1);
	if (self->device)
		expect_trace(_metadata, &t, 1, 0);
	else
		EXPECT_EQ(-ENOMEM, t.box->id);
	t.box->flags = self->device | FAST_STACK_CMP;
	open_missing(1);
	EXPECT_EQ(0, t.box->id);
	t.box->flags = 255;
	open_missing(1);
	EXPECT_EQ(-EFAULT, t.box->id);
	EXPECT_EQ(-EFAULT, t.box->bytes);
	EXPECT_EQ(0, t.box->ips[0]);
	t.box->flags = 0x1000;
	open_missing(1);
	EXPECT_EQ(-EINVAL, t.box->id);
	EXPECT_EQ(-EINVAL, t.box->bytes);
	minibpf_link_close(link);

	EXPECT_EQ(0, minibpf_get_next_key(t.stacks, NULL, &next));
	EXPECT_EQ(0, next);
	EXPECT_EQ(-ENOENT, minibpf_get_next_key(t.stacks, &next, &next));
	EXPECT_EQ(-EINVAL, minibpf_update_elem(t.stacks, &id, kept, 0));
	EXPECT_EQ(0, minibpf_delete_elem(t.stacks, &id));
	EXPECT_EQ(-ENOENT, minibpf_delete_elem(t.stacks, &id));
	EXPECT_EQ(-ENOENT, minibpf_lookup_elem(t.stacks, &id, kept));
	id = 1;
	EXPECT_EQ(-E2BIG, minibpf_delete_elem(t.stacks, &id));
	EXPECT_EQ(-ENOENT, minibpf_lookup_elem(t.stacks, &id, kept));
	trace_teardown(&t);
}

static bool is_own_text(uint64_t addr)
{
	extern const char __executable_start[], etext[];

	return addr >= (uintptr_t)__executable_start && addr < (uintptr_t)etext;
}

TEST_F(stack, user)
{
	const char *name = place_name(0);
	struct minibpf_link *link;
	struct stack_test t;

	trace_setup(_metadata, &t, MINIBPF_PROG_TYPE_KPROBE, 16);
	ASSERT_EQ(0, minibpf_link_kprobe(t.prog, &name, 1, places[0].flags, &link));
	t.box->flags = USER_STACK;
	open_missing(1);
	expect_trace(_metadata, &t, 1, 0);
	EXPECT_TRUE(is_own_text(t.box->ips[0]));
	minibpf_link_close(link);
	trace_teardown(&t);
}

static uint64_t tracepoint_id(const char *path)
{
	unsigned long long id = 0;
	FILE *f = fopen(path, "r");

	if (f) {
		fscanf(f, "%llu", &id);
		fclose(f);
	}
	return id;
}

/* A tracepoint in the kernel, as a record and by its arguments. */
TEST_F(stack, tracepoints)
{
	struct symbol symbols[] = { { "__set_task_comm" }, { ENTRY_OF_CALLS } };
	struct perf_event_attr pe = { .type = PERF_TYPE_TRACEPOINT, .sample_period = 1 };
	union minibpf_attr attr = {};
	struct stack_test t;
	int i, hook, in, out;
	uint32_t nr;

	find_symbols(symbols, NR(symbols));
	pe.config = tracepoint_id("/sys/kernel/tracing/events/task/task_rename/id");
	for (i = 0; i < 2; i++) {
		trace_setup(_metadata, &t, i ? MINIBPF_PROG_TYPE_RAW_TRACEPOINT :
					       MINIBPF_PROG_TYPE_TRACEPOINT, 4096);
		if (i) {
			attr.raw_tracepoint.name = (uintptr_t)"task_rename";
			attr.raw_tracepoint.prog_fd = t.prog;
			hook = minibpf_call(MINIBPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
			ASSERT_LE(0, hook);
		} else {
			hook = event_open(self->device, &pe, 0, -1);
			ASSERT_LE(0, hook);
			ASSERT_EQ(0, ioctl(hook, PERF_EVENT_IOC_SET_BPF, t.prog));
		}
		prctl(PR_SET_NAME, "stack", 0, 0, 0);
		EXPECT_EQ(1, t.box->runs);
		nr = t.box->bytes / 8;
		in = place_of(&symbols[0], t.box->ips, nr);
		out = place_of(&symbols[1], t.box->ips, nr);
		ASSERT_LE(0, in);
		EXPECT_LT(in, out);
		expect_trace(_metadata, &t, 3, in);
		t.box->flags = USER_STACK;
		prctl(PR_SET_NAME, "stack", 0, 0, 0);
		expect_trace(_metadata, &t, 1, 0);
		EXPECT_TRUE(is_own_text(t.box->ips[0]));
		close(hook);
		trace_teardown(&t);
	}
}

/* A clock that hits this process, which does nothing else than wait for it. */
TEST_F(stack, clock)
{
	struct perf_event_attr pe = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000000,
	};
	struct stack_test t;
	int event;

	stay_on_cpu(0);
	trace_setup(_metadata, &t, MINIBPF_PROG_TYPE_PERF_EVENT, 4096);
	t.box->flags = USER_STACK;
	event = event_open(self->device, &pe, 0, -1);
	ASSERT_LE(0, event);
	ASSERT_EQ(0, ioctl(event, PERF_EVENT_IOC_SET_BPF, t.prog));
	while (!*(volatile uint64_t *)&t.box->runs)
		;
	close(event);
	expect_trace(_metadata, &t, 1, 0);
	EXPECT_TRUE(is_own_text(t.box->ips[0]));
	trace_teardown(&t);
}
