// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf feature: what this backend can do, found out by asking it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* Instructions, as 8 bytes each. */
#define CALL(helper)	(0x85ULL | (uint64_t)(helper) << 32)
#define R0_IS_0		0xb7ULL
#define EXIT		0x95ULL

/* Whether a command is known: one that is fails for another reason than its number. */
static bool has_command(int cmd)
{
	union minibpf_attr attr;
	int ret;

	/* a bad descriptor, or a size that no command knows, is judged by the command alone */
	memset(&attr, 0xff, sizeof(attr));
	ret = minibpf_call(cmd, &attr, 4);
	return ret != -EINVAL && ret != -ENOSYS && ret != -ENOTTY;
}

static bool has_map_type(uint32_t type)
{
	/* what holds descriptors has values of 4 bytes, and nothing minds them */
	int fd = minibpf_create_map(type, 4, 4, 1);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int try_program(const void *insns, uint32_t nr, char *text, uint32_t size)
{
	struct minibpf_log log = { .buf = text, .size = size };
	struct minibpf_prog_opts opts = {
		.insns = insns, .nr_insns = nr, .license = "GPL", .log = size ? &log : NULL,
	};
	int fd = minibpf_prog_load(&opts);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* A call with no arguments set: an unknown helper is refused for being unknown. */
static bool has_helper(uint32_t id)
{
	const uint64_t insns[] = { CALL(id), R0_IS_0, EXIT };
	char text[4096];

	text[0] = 0;
	if (try_program(insns, 3, text, sizeof(text)) >= 0)
		return true;
	return *text && !strstr(text, "unknown func") && !strstr(text, "invalid func") &&
	       !strstr(text, "program of this type cannot use helper");
}

static void show(const char *group, const char *name, bool has)
{
	out_row();
	out_text("group", "GROUP", group);
	out_text("name", "NAME", name);
	out_bool("available", "AVAILABLE", has);
}

static int do_probe(struct args *args)
{
	static const struct {
		const char *name;
		int cmd;
	} commands[] = {
		{ "prog_test_run", MINIBPF_PROG_TEST_RUN },
		{ "map_freeze", MINIBPF_MAP_FREEZE },
		{ "map_lookup_and_delete_elem", MINIBPF_MAP_LOOKUP_AND_DELETE_ELEM },
		{ "link_create", MINIBPF_LINK_CREATE },
		{ "link_detach", MINIBPF_LINK_DETACH },
		{ "obj_get_info_by_fd", MINIBPF_OBJ_GET_INFO_BY_FD },
	};
	static const uint64_t nothing[] = { R0_IS_0, EXIT };
	const char *name;
	bool has;
	uint32_t i;
	int ret;

	if (args_end(args))
		return 1;
	ret = try_program(nothing, 2, NULL, 0);
	if (ret < 0)
		return fail(ret, "not even an empty program can be loaded");
	out_begin();
	show("program type", "kprobe", true);
	for (i = 0; i < 32; i++)
		if (map_type_name(i))
			show("map type", map_type_name(i), has_map_type(i));
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		show("command", commands[i].name, has_command(commands[i].cmd));
	for (i = 1; (name = minibpf_helper_name(i)); i++) {
		has = has_helper(i);
		if (out_json || has)
			show("helper", name, has);
	}
	out_end();
	return 0;
}

const struct command feature_commands[] = {
	{ "probe", do_probe, "" },
	{ 0 }
};
