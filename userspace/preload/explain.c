// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Each call that was taken over, as strace would show it, and who answered it. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include "internal.h"
#include "preload.h"
#include "raw.h"
#include "text.h"

/* How a field of an attr is shown. */
enum kind { NUMBER, HEX, FD, NAME, STRING, POINTER };

/**
 * struct field - one field
 * @name: as the manual has it
 * @offset: in the attr
 * @kind: enum kind
 * @always: shown even if it is zero
 */
struct field {
	const char *name;
	uint16_t offset;
	uint8_t kind;
	bool always;
};

#define FIELD(name, kind)	{ #name, offsetof(union minibpf_attr, name), kind, true }
#define RARELY(name, kind)	{ #name, offsetof(union minibpf_attr, name), kind, false }
#define INSIDE(of, name, kind)	{ #name, offsetof(union minibpf_attr, of.name), kind, true }
#define END			{ 0 }

static const struct field map_create[] = {
	FIELD(map_type, NUMBER), FIELD(key_size, NUMBER), FIELD(value_size, NUMBER),
	FIELD(max_entries, NUMBER), FIELD(map_flags, HEX), FIELD(map_name, NAME),
	RARELY(inner_map_fd, FD), RARELY(numa_node, NUMBER), RARELY(map_ifindex, NUMBER),
	RARELY(btf_fd, FD), RARELY(btf_key_type_id, NUMBER),
	RARELY(btf_value_type_id, NUMBER), END
};
static const struct field elem[] = {
	FIELD(map_fd, FD), FIELD(key, POINTER), FIELD(value, POINTER), FIELD(flags, HEX), END
};
static const struct field next_key[] = {
	FIELD(map_fd, FD), FIELD(key, POINTER), FIELD(next_key, POINTER), END
};
static const struct field map_fd[] = { FIELD(map_fd, FD), END };
static const struct field prog_load[] = {
	FIELD(prog_type, NUMBER), FIELD(insn_cnt, NUMBER), FIELD(insns, POINTER),
	FIELD(license, STRING), FIELD(prog_name, NAME), RARELY(log_level, NUMBER),
	RARELY(log_size, NUMBER), RARELY(log_buf, POINTER), RARELY(kern_version, HEX),
	RARELY(prog_flags, HEX), RARELY(prog_ifindex, NUMBER),
	RARELY(expected_attach_type, NUMBER), RARELY(prog_btf_fd, FD),
	RARELY(func_info_cnt, NUMBER), RARELY(line_info_cnt, NUMBER),
	RARELY(attach_btf_id, NUMBER), RARELY(attach_prog_fd, FD), RARELY(fd_array, POINTER),
	RARELY(core_relo_cnt, NUMBER), END
};
static const struct field pin[] = {
	FIELD(pathname, STRING), FIELD(bpf_fd, FD), RARELY(file_flags, HEX), END
};
static const struct field test_run[] = {
	INSIDE(test, prog_fd, FD), INSIDE(test, repeat, NUMBER), INSIDE(test, ctx_in, POINTER),
	INSIDE(test, ctx_size_in, NUMBER), INSIDE(test, retval, NUMBER), END
};
static const struct field next_id[] = { FIELD(start_id, NUMBER), FIELD(next_id, NUMBER), END };
static const struct field by_id[] = { FIELD(start_id, NUMBER), RARELY(open_flags, HEX), END };
static const struct field info[] = {
	INSIDE(info, bpf_fd, FD), INSIDE(info, info_len, NUMBER), INSIDE(info, info, POINTER), END
};
static const struct field link_create[] = {
	INSIDE(link_create, prog_fd, FD), INSIDE(link_create, target_fd, FD),
	INSIDE(link_create, attach_type, NUMBER), INSIDE(link_create, flags, HEX), END
};
static const struct field link_fd[] = { INSIDE(link_detach, link_fd, FD), END };
static const struct field enable_stats[] = { INSIDE(enable_stats, type, NUMBER), END };
static const struct field raw_open[] = { FIELD(pathname, STRING), FIELD(bpf_fd, FD), END };

static const struct field fd_query[] = {
	INSIDE(task_fd_query, pid, NUMBER), INSIDE(task_fd_query, fd, FD),
	INSIDE(task_fd_query, prog_id, NUMBER), INSIDE(task_fd_query, fd_type, NUMBER), END
};

/* bpf(2)'s commands by number; without fields, all that is shown is the address. */
static const struct {
	const char *name;
	const struct field *fields;
} commands[] = {
	[0] = { "BPF_MAP_CREATE", map_create },
	[1] = { "BPF_MAP_LOOKUP_ELEM", elem },
	[2] = { "BPF_MAP_UPDATE_ELEM", elem },
	[3] = { "BPF_MAP_DELETE_ELEM", elem },
	[4] = { "BPF_MAP_GET_NEXT_KEY", next_key },
	[5] = { "BPF_PROG_LOAD", prog_load },
	[6] = { "BPF_OBJ_PIN", pin },
	[7] = { "BPF_OBJ_GET", pin },
	[8] = { "BPF_PROG_ATTACH", NULL },
	[9] = { "BPF_PROG_DETACH", NULL },
	[10] = { "BPF_PROG_TEST_RUN", test_run },
	[11] = { "BPF_PROG_GET_NEXT_ID", next_id },
	[12] = { "BPF_MAP_GET_NEXT_ID", next_id },
	[13] = { "BPF_PROG_GET_FD_BY_ID", by_id },
	[14] = { "BPF_MAP_GET_FD_BY_ID", by_id },
	[15] = { "BPF_OBJ_GET_INFO_BY_FD", info },
	[16] = { "BPF_PROG_QUERY", NULL },
	[17] = { "BPF_RAW_TRACEPOINT_OPEN", raw_open },
	[18] = { "BPF_BTF_LOAD", NULL },
	[19] = { "BPF_BTF_GET_FD_BY_ID", by_id },
	[20] = { "BPF_TASK_FD_QUERY", fd_query },
	[21] = { "BPF_MAP_LOOKUP_AND_DELETE_ELEM", elem },
	[22] = { "BPF_MAP_FREEZE", map_fd },
	[23] = { "BPF_BTF_GET_NEXT_ID", next_id },
	[24] = { "BPF_MAP_LOOKUP_BATCH", NULL },
	[25] = { "BPF_MAP_LOOKUP_AND_DELETE_BATCH", NULL },
	[26] = { "BPF_MAP_UPDATE_BATCH", NULL },
	[27] = { "BPF_MAP_DELETE_BATCH", NULL },
	[28] = { "BPF_LINK_CREATE", link_create },
	[29] = { "BPF_LINK_UPDATE", NULL },
	[30] = { "BPF_LINK_GET_FD_BY_ID", by_id },
	[31] = { "BPF_LINK_GET_NEXT_ID", next_id },
	[32] = { "BPF_ENABLE_STATS", enable_stats },
	[33] = { "BPF_ITER_CREATE", NULL },
	[34] = { "BPF_LINK_DETACH", link_fd },
	[35] = { "BPF_PROG_BIND_MAP", NULL },
	[36] = { "BPF_TOKEN_CREATE", NULL },
};

static void add_string(struct text *text, uint64_t from)
{
	char byte, bytes[128];
	size_t len;

	if (!from) {
		text_add(text, "NULL");
		return;
	}
	for (len = 0; len < sizeof(bytes); len++) {
		if (!read_program(&byte, from + len, 1)) {
			text_add(text, "%#llx", (unsigned long long)from);
			return;
		}
		if (!byte)
			break;
		bytes[len] = byte;
	}
	text_quote(text, bytes, len);
	if (len == sizeof(bytes))
		text_add(text, "...");
}

/* Whether it was shown. */
static bool add_field(struct text *text, const struct field *field, const void *attr,
		      const char *before)
{
	const char *at = (const char *)attr + field->offset;
	uint32_t number;
	uint64_t wide;

	memcpy(&number, at, sizeof(number));
	memcpy(&wide, at, sizeof(wide));
	if (!field->always && !number)
		return false;
	text_add(text, "%s%s=", before, field->name);
	switch ((enum kind)field->kind) {
	case NUMBER:
		text_add(text, "%u", number);
		break;
	case HEX:
		text_add(text, "%#x", number);
		break;
	case FD:
		text_add(text, "%d", (int)number);
		break;
	case NAME:
		text_quote(text, at, strnlen(at, MINIBPF_OBJ_NAME_LEN));
		break;
	case STRING:
		add_string(text, wide);
		break;
	case POINTER:
		text_add(text, wide ? "%#llx" : "NULL", (unsigned long long)wide);
		break;
	}
	return true;
}

static void add_fields(struct text *text, const struct field *field, const void *attr)
{
	const char *before = "{";

	for (; field->name; field++)
		if (add_field(text, field, attr, before))
			before = ", ";
	text_add(text, "}");
}

/* libc's own table came late (2.32). */
static const char *errno_name(int err)
{
	static const char *const names[] = {
		[EPERM] = "EPERM", [ENOENT] = "ENOENT", [EINTR] = "EINTR", [EIO] = "EIO",
		[E2BIG] = "E2BIG", [EBADF] = "EBADF", [EAGAIN] = "EAGAIN", [ENOMEM] = "ENOMEM",
		[EACCES] = "EACCES", [EFAULT] = "EFAULT", [EBUSY] = "EBUSY", [EEXIST] = "EEXIST",
		[ENODEV] = "ENODEV", [EINVAL] = "EINVAL", [ENFILE] = "ENFILE", [EMFILE] = "EMFILE",
		[ENOTTY] = "ENOTTY", [ENOSPC] = "ENOSPC", [ERANGE] = "ERANGE", [ENOSYS] = "ENOSYS",
		[ENAMETOOLONG] = "ENAMETOOLONG", [EPROTO] = "EPROTO", [EBADFD] = "EBADFD",
		[EILSEQ] = "EILSEQ", [EOPNOTSUPP] = "EOPNOTSUPP", [524] = "ENOTSUPP",
	};

	return (size_t)err < sizeof(names) / sizeof(names[0]) ? names[err] : NULL;
}

static void print(struct text *text, long ret, enum answer who)
{
	static const char *const from[] = {
		[BY_DEVICE] = "minibpf", [BY_SHIM] = "shim", [BY_KERNEL] = "kernel",
	};
	const char *name;

	if (ret < 0) {
		name = errno_name(-ret);
		if (name)
			text_add(text, " = -1 %s", name);
		else
			text_add(text, " = -1 (errno %ld)", -ret);
	} else {
		text_add(text, " = %ld", ret);
	}
	text_add(text, "  <%s>\n", from[who]);
	raw_call(__NR_write, (long [6]){ 2, (long)text->buf, text->len });
}

/* The last line of what the verifier wrote. */
static void print_log(const union minibpf_attr *attr)
{
	struct text text = { .len = 0 };
	char log[512];
	uint64_t total = 0, from;
	char *end, *line;

	if (!attr->log_buf || !attr->log_size)
		return;
	/* Its length is not told by every kernel. */
	for (; total < attr->log_size; total++) {
		char byte;

		if (!read_program(&byte, attr->log_buf + total, 1) || !byte)
			break;
	}
	from = total > sizeof(log) - 1 ? total - (sizeof(log) - 1) : 0;
	if (!total || !read_program(log, attr->log_buf + from, total - from))
		return;
	end = log + (total - from);
	while (end > log && end[-1] == '\n')
		end--;
	*end = 0;
	line = strrchr(log, '\n');
	text_add(&text, "    log: %s\n", line ? line + 1 : log);
	raw_call(__NR_write, (long [6]){ 2, (long)text.buf, text.len });
}

void explain_bpf(const long args[6], long ret, enum answer who)
{
	unsigned int cmd = args[0], size = args[2];
	struct text text = { .len = 0 };
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	if (cmd < sizeof(commands) / sizeof(commands[0]))
		text_add(&text, "bpf(%s, ", commands[cmd].name);
	else
		text_add(&text, "bpf(%#x, ", cmd);
	if (cmd < sizeof(commands) / sizeof(commands[0]) && commands[cmd].fields &&
	    read_program(&attr, args[1], size < sizeof(attr) ? size : sizeof(attr)))
		add_fields(&text, commands[cmd].fields, &attr);
	else
		text_add(&text, "%#lx", args[1]);
	text_add(&text, ", %u)", size);
	print(&text, ret, who);
	if (cmd == MINIBPF_PROG_LOAD && ret < 0)
		print_log(&attr);
}

void explain_event(const long args[6], long ret, enum answer who)
{
	struct perf_event_attr attr;
	struct text text = { .len = 0 };

	memset(&attr, 0, sizeof(attr));
	/* The first version, which all others begin with. */
	if (read_program(&attr, args[0], PERF_ATTR_SIZE_VER0))
		text_add(&text, "perf_event_open({type=%u, size=%u, config=%#llx, sample_period=%llu, "
			 "sample_type=%#llx, disabled=%u}", attr.type, attr.size,
			 (unsigned long long)attr.config, (unsigned long long)attr.sample_period,
			 (unsigned long long)attr.sample_type, attr.disabled);
	else
		text_add(&text, "perf_event_open(%#lx", args[0]);
	text_add(&text, ", %d, %d, %d, %#lx)", (int)args[1], (int)args[2], (int)args[3], args[4]);
	print(&text, ret, who);
}
