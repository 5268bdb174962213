// SPDX-License-Identifier: GPL-2.0-only
/* Programs on events of perf_event_open(2), and what they put out in rings. */
#include <linux/perf_event.h>
#include <poll.h>
#include <sys/resource.h>

BACKEND_FIXTURE(event)

#define WHO	0x5eed00	/* no such process */
#define RING	4096
#define SAMPLE	24		/* bytes that a sample of 8 takes */

static int event_open(bool device, struct perf_event_attr *pe, int cpu, int group)
{
	union minibpf_attr attr = {};
	int ret;

	pe->size = sizeof(*pe);
	if (!device) {
		ret = syscall(SYS_perf_event_open, pe, -1, cpu, group, PERF_FLAG_FD_CLOEXEC);
		return ret < 0 ? -errno : ret;
	}
	attr.event_open.attr = (uintptr_t)pe;
	attr.event_open.pid = -1;
	attr.event_open.cpu = cpu;
	attr.event_open.group_fd = group;
	attr.event_open.flags = PERF_FLAG_FD_CLOEXEC;
	return minibpf_call(MINIBPF_EVENT_OPEN, &attr, sizeof(attr));
}

static int tracepoint(bool device, bool disabled, int group)
{
	struct perf_event_attr pe = {
		.type = PERF_TYPE_TRACEPOINT, .sample_period = 1, .disabled = disabled,
	};
	FILE *f = fopen("/sys/kernel/tracing/events/syscalls/sys_enter_getpriority/id", "r");
	unsigned long long id = 0;

	if (f) {
		fscanf(f, "%llu", &id);
		fclose(f);
	}
	pe.config = id;
	return event_open(device, &pe, 0, group);
}

static int ring_open(bool device)
{
	struct perf_event_attr pe = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW, .sample_period = 1, .wakeup_events = 1,
	};

	return event_open(device, &pe, 0, -1);
}

static int load_type(uint32_t type, const struct row_insn *insns, uint32_t nr)
{
	union minibpf_attr attr = {};

	attr.prog_type = type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = nr;
	attr.license = (uintptr_t)"GPL";
	return minibpf_call(MINIBPF_PROG_LOAD, &attr, sizeof(attr));
}

/* Puts out the second argument of getpriority() if it is one of ours. */
static int load_output(int map)
{
	const struct row_insn insns[] = {
		LDX(DW, R3, R1, 24), JMP(JLT, R3, WHO, 9), JMP(JGT, R3, WHO + 0xff, 8),
		STX(DW, R10, -8, R3), LDMAP(R2, map), MOV32(R3, -1), MOVR(R4, R10),
		ALU64(ADD, R4, -8), MOV(R5, 8), CALL(25), MOV(R0, 0), EXIT,
	};

	return load_type(MINIBPF_PROG_TYPE_TRACEPOINT, insns, NR(insns));
}

/* Counts those calls in element 0 of an array. */
static int load_count(int map)
{
	const struct row_insn insns[] = {
		LDX(DW, R3, R1, 24), JMP(JNE, R3, WHO, 9), ST(W, R10, -4, 0), MOVR(R2, R10),
		ALU64(ADD, R2, -4), LDMAP(R1, map), CALL(FN_map_lookup_elem),
		JMP(JEQ, R0, 0, 2), MOV(R1, 1), ATOMIC(DW, INSN_ADD, R0, 0, R1),
		MOV(R0, 0), EXIT,
	};

	return load_type(MINIBPF_PROG_TYPE_TRACEPOINT, insns, NR(insns));
}

static void hit(int who, int n)
{
	while (n--)
		getpriority(PRIO_PROCESS, who);
}

static void stay_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

struct sample {
	struct perf_event_header header;
	uint32_t size;
	uint8_t data[8];
} __attribute__((packed));

static void expect_sample(struct __test_metadata *_metadata, const void *at, uint64_t value)
{
	struct sample sample;

	memcpy(&sample, at, sizeof(sample));
	EXPECT_EQ(PERF_RECORD_SAMPLE, sample.header.type);
	EXPECT_EQ(SAMPLE, sample.header.size);
	EXPECT_EQ(SAMPLE - 12, sample.size);
	EXPECT_EQ(0, memcmp(sample.data, &value, sizeof(value)));
}

TEST_F(event, output)
{
	int map = map_new(4, 4, 4, 1, 0), ring = ring_open(self->device), prog, event;
	struct perf_event_mmap_page *page;
	struct pollfd ready = { .fd = ring, .events = POLLIN };
	uint32_t index = 0, i;
	uint8_t *data;
	uint64_t lost;

	ASSERT_LE(0, map);
	ASSERT_LE(0, ring);
	page = mmap(NULL, 4096 + RING, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	ASSERT_NE(MAP_FAILED, page);
	data = (uint8_t *)page + 4096;
	ASSERT_EQ(0, minibpf_update_elem(map, &index, &ring, 0));
	prog = load_output(map);
	ASSERT_LE(0, prog);
	event = tracepoint(self->device, false, -1);
	ASSERT_LE(0, event);
	stay_on_cpu(0);
	EXPECT_EQ(0, poll(&ready, 1, 0));
	ASSERT_EQ(0, ioctl(event, PERF_EVENT_IOC_SET_BPF, prog));

	hit(WHO + 1, 1);
	hit(WHO + 2, 1);
	EXPECT_EQ(1, poll(&ready, 1, 1000));
	EXPECT_EQ(2 * SAMPLE, page->data_head);
	expect_sample(_metadata, data, WHO + 1);
	expect_sample(_metadata, data + SAMPLE, WHO + 2);

	/* 168 more fill the ring; what is too much is told of once there is room. */
	hit(WHO, 200);
	EXPECT_EQ(RING / SAMPLE * SAMPLE, page->data_head);
	page->data_tail = page->data_head;
	__sync_synchronize();
	hit(WHO + 3, 1);
	EXPECT_EQ((RING / SAMPLE + 2) * SAMPLE, page->data_head);
	/* Its last field lies behind the ring's end. */
	memcpy(&lost, data + (RING / SAMPLE * SAMPLE + 16) % RING, sizeof(lost));
	EXPECT_EQ(202 - RING / SAMPLE, lost);
	i = (RING / SAMPLE + 1) * SAMPLE % RING;
	expect_sample(_metadata, data + i, WHO + 3);

	close(event);
	hit(WHO, 1);
	EXPECT_EQ((RING / SAMPLE + 2) * SAMPLE, page->data_head);
	munmap(page, 4096 + RING);
	close(prog);
	close(ring);
	close(map);
}

TEST_F(event, enable_and_disable)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog = load_count(map), leader, member;

	ASSERT_LE(0, prog);
	leader = tracepoint(self->device, true, -1);
	ASSERT_LE(0, leader);
	member = tracepoint(self->device, true, leader);
	ASSERT_LE(0, member);
	EXPECT_EQ(-EBADF, tracepoint(self->device, true, map));
	ASSERT_EQ(0, ioctl(member, PERF_EVENT_IOC_SET_BPF, prog));
	hit(WHO, 1);
	EXPECT_EQ(0, count(map));
	ASSERT_EQ(0, ioctl(member, PERF_EVENT_IOC_ENABLE, 0));
	hit(WHO, 1);
	EXPECT_EQ(0, count(map));	/* the leader is off */
	ASSERT_EQ(0, ioctl(leader, PERF_EVENT_IOC_ENABLE, 0));
	hit(WHO, 3);
	EXPECT_EQ(3, count(map));
	EXPECT_EQ(0, ioctl(leader, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP));
	hit(WHO, 1);
	EXPECT_EQ(3, count(map));
	EXPECT_EQ(0, ioctl(member, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP));
	close(leader);
	hit(WHO, 2);
	EXPECT_EQ(5, count(map));
	close(member);
	hit(WHO, 1);
	EXPECT_EQ(5, count(map));
	close(prog);
	close(map);
}

TEST_F(event, who_may_have_which_program)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog = load_count(map), event, kprobe;
	union minibpf_attr attr = {};
	int link;

	ASSERT_LE(0, prog);
	kprobe = LOAD(MOV(R0, 0), EXIT);
	event = tracepoint(self->device, false, -1);
	ASSERT_LE(0, event);
	EXPECT_EQ(-1, ioctl(event, PERF_EVENT_IOC_SET_BPF, kprobe));
	EXPECT_EQ(EINVAL, errno);

	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = -1;
	attr.link_create.attach_type = MINIBPF_PERF_EVENT;
	EXPECT_EQ(-EBADF, minibpf_call(MINIBPF_LINK_CREATE, &attr, sizeof(attr)));
	attr.link_create.target_fd = map;
	EXPECT_EQ(-EBADF, minibpf_call(MINIBPF_LINK_CREATE, &attr, sizeof(attr)));
	attr.link_create.target_fd = event;
	link = minibpf_call(MINIBPF_LINK_CREATE, &attr, sizeof(attr));
	ASSERT_LE(0, link);
	EXPECT_EQ(-1, ioctl(event, PERF_EVENT_IOC_SET_BPF, prog));
	EXPECT_EQ(EEXIST, errno);
	close(event);
	hit(WHO, 5);
	EXPECT_EQ(5, count(map));
	close(link);
	hit(WHO, 5);
	EXPECT_EQ(5, count(map));
	close(kprobe);
	close(prog);
	close(map);
}

/* The number that is said to be that of uprobes may be any, here breakpoints'. */
TEST_F(event, not_a_uprobe)
{
	struct perf_event_attr pe = {
		.type = PERF_TYPE_BREAKPOINT, .size = sizeof(pe), .bp_type = 4,
		.bp_addr = 4096, .bp_len = sizeof(long),
	};
	union minibpf_attr attr = {};

	if (!self->device)
		SKIP(return, "the kernel knows its own numbers");
	attr.event_open.attr = (uintptr_t)&pe;
	attr.event_open.pid = -1;
	attr.event_open.group_fd = -1;
	attr.event_open.uprobe_type = PERF_TYPE_BREAKPOINT;
	EXPECT_GT(0, minibpf_call(MINIBPF_EVENT_OPEN, &attr, sizeof(attr)));
}

/* Programs of records must not read behind what perf has for them. */
TEST_F(event, record_size)
{
	const struct row_insn behind[] = { LDX(DW, R0, R1, 8192), MOV(R0, 0), EXIT };

	EXPECT_EQ(-EACCES, load_type(MINIBPF_PROG_TYPE_TRACEPOINT, behind, NR(behind)));
}

/* Asks for a link's information until @stop, while its event comes and goes. */
struct asking {
	int link;
	bool stop;
	int err;
};

static void *ask(void *arg)
{
	struct asking *a = arg;

	while (!__atomic_load_n(&a->stop, __ATOMIC_ACQUIRE)) {
		struct minibpf_link_info info = {};
		uint32_t len = sizeof(info);

		a->err = minibpf_get_info(a->link, &info, &len) ?: a->err;
	}
	return NULL;
}

TEST_F(event, information_while_it_is_switched)
{
	struct perf_event_attr pe = {
		.type = 77, .kprobe_func = (uintptr_t)"do_sys_openat2", .size = sizeof(pe),
	};
	union minibpf_attr attr = {};
	struct asking asking = {};
	int prog = LOAD(MOV(R0, 0), EXIT), event, i;
	pthread_t thread;

	if (!self->device)
		SKIP(return, "the kernel's kprobe events have another number, and no such probe here");
	ASSERT_LE(0, prog);
	attr.event_open.attr = (uintptr_t)&pe;
	attr.event_open.pid = -1;
	attr.event_open.group_fd = -1;
	attr.event_open.kprobe_type = pe.type;
	event = minibpf_call(MINIBPF_EVENT_OPEN, &attr, sizeof(attr));
	ASSERT_LE(0, event);
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = event;
	attr.link_create.attach_type = MINIBPF_PERF_EVENT;
	asking.link = minibpf_call(MINIBPF_LINK_CREATE, &attr, sizeof(attr));
	ASSERT_LE(0, asking.link);
	ASSERT_EQ(0, pthread_create(&thread, NULL, ask, &asking));
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(0, ioctl(event, PERF_EVENT_IOC_DISABLE, 0));
		EXPECT_EQ(0, ioctl(event, PERF_EVENT_IOC_ENABLE, 0));
	}
	__atomic_store_n(&asking.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, asking.err);
	close(asking.link);
	close(event);
	close(prog);
}

static uint32_t source_type(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned int type = 0;

	if (f) {
		fscanf(f, "%u", &type);
		fclose(f);
	}
	return type;
}

static int query(int pid, int fd, char *name, uint32_t size, union minibpf_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->task_fd_query.pid = pid;
	attr->task_fd_query.fd = fd;
	attr->task_fd_query.buf = (uintptr_t)name;
	attr->task_fd_query.buf_len = size;
	return minibpf_call(MINIBPF_TASK_FD_QUERY, attr, sizeof(*attr));
}

/* What a descriptor runs can be found out by who does not have it. */
TEST_F(event, task_fd_query)
{
	struct perf_event_attr pe = {
		.kprobe_func = (uintptr_t)"do_sys_openat2", .probe_offset = 8, .sample_period = 1,
	};
	int map = map_new(ARRAY, 4, 8, 1, 0), prog = load_count(map), probe, kprobe, event;
	union minibpf_attr attr = {};
	char name[64];

#ifdef __x86_64__
	pe.probe_offset = 5;
#endif
	ASSERT_LE(0, prog);
	event = tracepoint(self->device, false, -1);
	ASSERT_LE(0, event);
	EXPECT_EQ(-ENOENT, query(getpid(), event, name, sizeof(name), &attr));
	ASSERT_EQ(0, ioctl(event, PERF_EVENT_IOC_SET_BPF, prog));
	ASSERT_EQ(0, query(getpid(), event, name, sizeof(name), &attr));
	EXPECT_EQ(1, attr.task_fd_query.fd_type);
	EXPECT_EQ(0, strcmp("sys_enter_getpriority", name)) TH_LOG("%s", name);
	EXPECT_EQ(strlen(name), attr.task_fd_query.buf_len);
	EXPECT_EQ(-ENOSPC, query(getpid(), event, name, 4, &attr));
	EXPECT_EQ(0, strcmp("sys", name));
	EXPECT_EQ(0, query(getpid(), event, NULL, 0, &attr));
	EXPECT_EQ(strlen("sys_enter_getpriority"), attr.task_fd_query.buf_len);

	probe = LOAD(MOV(R0, 0), EXIT);
	pe.type = source_type("/sys/bus/event_source/devices/kprobe/type");
	if (self->device) {
		attr = (union minibpf_attr){ .event_open = {
			.attr = (uintptr_t)&pe, .pid = -1, .group_fd = -1, .kprobe_type = pe.type,
		} };
		pe.size = sizeof(pe);
		kprobe = minibpf_call(MINIBPF_EVENT_OPEN, &attr, sizeof(attr));
	} else {
		kprobe = event_open(false, &pe, 0, -1);
	}
	ASSERT_LE(0, kprobe);
	ASSERT_EQ(0, ioctl(kprobe, PERF_EVENT_IOC_SET_BPF, probe));
	ASSERT_EQ(0, query(getpid(), kprobe, name, sizeof(name), &attr));
	EXPECT_EQ(2, attr.task_fd_query.fd_type);
	EXPECT_EQ(0, strcmp("do_sys_openat2", name));
	EXPECT_EQ(pe.probe_offset, attr.task_fd_query.probe_offset);
	EXPECT_NE(0, attr.task_fd_query.prog_id);

	EXPECT_EQ(-ENOENT, query(4194303, event, name, sizeof(name), &attr));
	EXPECT_EQ(-EBADF, query(getpid(), 1000, name, sizeof(name), &attr));
	EXPECT_EQ(-524, query(getpid(), 0, name, sizeof(name), &attr));
	EXPECT_EQ(-524, query(getpid(), map, name, sizeof(name), &attr));
	close(kprobe);
	close(probe);
	close(event);
	close(prog);
	close(map);
}
