// SPDX-License-Identifier: GPL-2.0-only
/* What is told of programs on events: by their links, and by descriptors of other processes. */

/* A file in which nobody runs anything meanwhile, and an address in it. */
#define UPROBE_FILE	"/bin/minibpf"
#define UPROBE_OFFSET	0x1000

static int event_of(bool device, struct perf_event_attr *pe, uint32_t uprobe_type)
{
	union minibpf_attr attr = {};

	if (!device)
		return event_open(device, pe, 0, -1);
	pe->size = sizeof(*pe);
	attr.event_open.attr = (uintptr_t)pe;
	attr.event_open.pid = -1;
	attr.event_open.group_fd = -1;
	attr.event_open.flags = PERF_FLAG_FD_CLOEXEC;
	attr.event_open.uprobe_type = uprobe_type;
	return minibpf_call(MINIBPF_EVENT_OPEN, &attr, sizeof(attr));
}

static int link_event(int prog, int event, uint64_t cookie)
{
	union minibpf_attr attr = {};

	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = event;
	attr.link_create.attach_type = MINIBPF_PERF_EVENT;
	attr.link_create.perf_event.bpf_cookie = cookie;
	return minibpf_call(MINIBPF_LINK_CREATE, &attr, sizeof(attr));
}

/* Without its NUL, room for a name is one byte too small. */
static void expect_name(struct __test_metadata *_metadata, int link,
			struct minibpf_link_info *info, const char *name)
{
	uint32_t len = sizeof(*info);
	char text[128];

	memset(info, 0, sizeof(*info));
	info->perf_event.name = (uintptr_t)text;
	info->perf_event.name_len = strlen(name);
	EXPECT_EQ(-ENOSPC, minibpf_get_info(link, info, &len));
	EXPECT_EQ(0, strncmp(text, name, strlen(name) - 1));
	EXPECT_EQ(strlen(name) - 1, strlen(text));

	memset(info, 0, sizeof(*info));
	info->perf_event.name = (uintptr_t)text;
	EXPECT_EQ(-EINVAL, minibpf_get_info(link, info, &len));
	info->perf_event.name_len = sizeof(text);
	ASSERT_EQ(0, minibpf_get_info(link, info, &len));
	EXPECT_EQ(0, strcmp(text, name)) TH_LOG("%s", text);
	EXPECT_EQ(strlen(name) + 1, info->perf_event.name_len);
	EXPECT_EQ(7, info->type);	/* a link to a perf event */
}

TEST_F(event, tracepoint_info)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog = load_count(map);
	int event = tracepoint(self->device, false, -1), link;
	struct minibpf_link_info info;

	ASSERT_LE(0, prog);
	ASSERT_LE(0, event);
	link = link_event(prog, event, 77);
	ASSERT_LE(0, link);
	expect_name(_metadata, link, &info, "sys_enter_getpriority");
	EXPECT_EQ(5, info.perf_event.type);
	EXPECT_EQ(77, info.perf_event.place_cookie);
	close(link);
	close(event);
	close(prog);
	close(map);
}

TEST_F(event, uprobe_info)
{
	struct perf_event_attr pe = {
		.uprobe_path = (uintptr_t)UPROBE_FILE, .probe_offset = UPROBE_OFFSET,
		.sample_period = 1,
	};
	int prog = LOAD(MOV(R0, 0), EXIT), event, link, is_return;
	struct minibpf_link_info info;
	union minibpf_attr attr;
	char name[64];

	ASSERT_LE(0, prog);
	pe.type = source_type("/sys/bus/event_source/devices/uprobe/type");
	for (is_return = 0; is_return < 2; is_return++) {
		pe.config = is_return;
		event = event_of(self->device, &pe, pe.type);
		ASSERT_LE(0, event);
		link = link_event(prog, event, 78 + is_return);
		ASSERT_LE(0, link);
		expect_name(_metadata, link, &info, UPROBE_FILE);
		EXPECT_EQ(1 + is_return, info.perf_event.type);
		EXPECT_EQ(UPROBE_OFFSET, info.perf_event.offset);
		EXPECT_EQ(78 + is_return, info.perf_event.place_cookie);

		ASSERT_EQ(0, query(getpid(), event, name, sizeof(name), &attr));
		EXPECT_EQ(4 + is_return, attr.task_fd_query.fd_type);
		EXPECT_EQ(0, strcmp(UPROBE_FILE, name)) TH_LOG("%s", name);
		EXPECT_EQ(UPROBE_OFFSET, attr.task_fd_query.probe_offset);
		close(link);
		close(event);
	}
	close(prog);
}

TEST_F(event, sampling_info)
{
	struct perf_event_attr pe = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CONTEXT_SWITCHES,
		.sample_period = 1000, .disabled = 1,
	};
	const struct row_insn nothing[] = { MOV(R0, 0), EXIT };
	int prog = load_type(MINIBPF_PROG_TYPE_PERF_EVENT, nothing, NR(nothing)), event, link;
	struct minibpf_link_info info = {};
	uint32_t len = sizeof(info);

	ASSERT_LE(0, prog);
	event = event_of(self->device, &pe, 0);
	ASSERT_LE(0, event);
	link = link_event(prog, event, 80);
	ASSERT_LE(0, link);
	ASSERT_EQ(0, minibpf_get_info(link, &info, &len));
	EXPECT_EQ(6, info.perf_event.type);
	EXPECT_EQ(PERF_TYPE_SOFTWARE, info.perf_event.event.type);
	EXPECT_EQ(PERF_COUNT_SW_CONTEXT_SWITCHES, info.perf_event.event.config);
	EXPECT_EQ(80, info.perf_event.event.cookie);
	close(link);
	close(event);
	close(prog);
}
