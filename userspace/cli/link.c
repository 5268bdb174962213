// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf link: what is attached where, and how. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define MAX_TARGETS 1024

/* /proc/kallsyms' name of an address, or the address. */
static void target_name(uint64_t addr, char *name, size_t size)
{
	unsigned long long at;
	char line[512], sym[256];
	FILE *f;

	snprintf(name, size, "0x%llx", (unsigned long long)addr);
	f = fopen("/proc/kallsyms", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %*c %255s", &at, sym) == 2 && at == addr) {
			snprintf(name, size, "%s", sym);
			break;
		}
	}
	if (f)
		fclose(f);
}

static void show_targets(const struct minibpf_link_info *info, const uint64_t *addrs)
{
	char name[256], text[300];
	uint32_t i;

	if (out_json)
		json_open("funcs", '[');
	for (i = 0; out_json && i < info->kprobe_multi.count && i < MAX_TARGETS; i++) {
		json_open(NULL, '{');
		json_number("addr", addrs[i]);
		target_name(addrs[i], name, sizeof(name));
		json_text("func", name);
		json_close('}');
	}
	if (out_json) {
		json_close(']');
		return;
	}
	target_name(addrs[0], name, sizeof(name));
	snprintf(text, sizeof(text), info->kprobe_multi.count > 1 ? "%s, %u more" : "%s", name,
		 info->kprobe_multi.count - 1);
	out_text(NULL, "TARGET", info->kprobe_multi.count ? text : "-");
}

static int show_fd(int fd)
{
	static uint64_t addrs[MAX_TARGETS];
	struct minibpf_link_info info;
	uint32_t len = sizeof(info);
	bool multi, ours;
	int ret;

	memset(&info, 0, sizeof(info));
	memset(addrs, 0, sizeof(addrs));
	ret = minibpf_get_info(fd, &info, &len);
	if (!ret && info.type == MINIBPF_LINK_TYPE_KPROBE_MULTI &&
	    minibpf_backend() == MINIBPF_BACKEND_DEVICE) {
		len = sizeof(info);
		if (info.kprobe_multi.count <= MAX_TARGETS) {
			info.kprobe_multi.addrs = (uintptr_t)addrs;
			info.kprobe_multi.count = MAX_TARGETS;
			ret = minibpf_get_info(fd, &info, &len);
		}
	}
	if (ret)
		return fail(ret, "cannot get information of a link");
	multi = info.type == MINIBPF_LINK_TYPE_KPROBE_MULTI;
	ours = multi && minibpf_backend() == MINIBPF_BACKEND_DEVICE;
	out_row();
	out_number("id", "ID", info.id);
	if (multi || info.type == MINIBPF_LINK_TYPE_PERF_EVENT)
		out_text("type", "TYPE", multi ? "kprobe_multi" : "perf_event");
	else
		out_number("type", "TYPE", info.type);
	out_number("prog_id", "PROG", info.prog_id);
	if (!ours)
		return 0;
	out_bool("retprobe", "RETURN", info.kprobe_multi.flags & MINIBPF_F_KPROBE_MULTI_RETURN);
	out_number("func_cnt", NULL, info.kprobe_multi.count);
	show_targets(&info, addrs);
	out_text("strategy", "BY", strategy_name(info.strategy));
	out_number("hits", "HITS", info.hits);
	out_number("missed", "MISSED", info.kprobe_multi.missed);
	return 0;
}

static int do_show(struct args *args)
{
	uint32_t id = 0;
	int fd, ret = 0;

	if (args->nr) {
		fd = args_object(args, MINIBPF_LINK);
		if (fd < 0)
			return 1;
		ret = args_end(args);
		if (!ret) {
			out_begin();
			ret = show_fd(fd);
			out_end();
		}
		close(fd);
		return ret;
	}
	ret = minibpf_get_next_id(MINIBPF_LINK, 0, &id);
	if (ret && ret != -ENOENT)
		return fail(ret, "cannot list links");
	if (ret && fail_without_backend(ret))
		return 1;
	out_begin();
	for (; !ret; ret = minibpf_get_next_id(MINIBPF_LINK, id, &id)) {
		fd = minibpf_get_fd_by_id(MINIBPF_LINK, id);
		if (fd < 0)
			continue;	/* it went while we looked */
		show_fd(fd);
		close(fd);
	}
	out_end();
	return 0;
}

static int do_detach(struct args *args)
{
	int fd = args_object(args, MINIBPF_LINK), ret;

	if (fd < 0)
		return 1;
	ret = args_end(args);
	if (!ret) {
		ret = minibpf_link_detach(fd);
		if (ret)
			ret = fail(ret, "cannot detach the link");
	}
	close(fd);
	return ret;
}

static int do_pin(struct args *args)
{
	int fd = args_object(args, MINIBPF_LINK), ret;
	const char *name;

	if (fd < 0)
		return 1;
	ret = args_word(args, "name of the pin", &name) || args_end(args);
	if (!ret) {
		ret = minibpf_pin(fd, name);
		if (ret)
			ret = fail(ret, "cannot pin it as '%s'", name);
	}
	close(fd);
	return ret;
}

const struct command link_commands[] = {
	{ "show", do_show, "[LINK]" },
	{ "list", do_show, "[LINK]" },
	{ "detach", do_detach, "LINK" },
	{ "pin", do_pin, "LINK NAME" },
	{ 0 }
};
