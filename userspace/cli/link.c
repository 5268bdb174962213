// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf link: what is attached where, and how. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define MAX_TARGETS 1024

/**
 * struct shown - a link to be shown
 * @info: of it
 * @addrs: of its targets, @info.kprobe_multi.count; NULL if there are none to show
 */
struct shown {
	struct minibpf_link_info info;
	uint64_t *addrs;
};

/* A list of them: the symbol table is read once for all. */
struct list {
	struct shown *links;
	uint32_t nr;
};

/* Only the device tells what a link is attached to. */
static bool has_targets(const struct minibpf_link_info *info)
{
	return info->type == MINIBPF_LINK_TYPE_KPROBE_MULTI &&
	       minibpf_backend() == MINIBPF_BACKEND_DEVICE;
}

static int get_targets(int fd, struct shown *s)
{
	uint32_t len = sizeof(s->info), nr = s->info.kprobe_multi.count;

	if (!has_targets(&s->info) || !nr || nr > MAX_TARGETS)
		return 0;
	s->addrs = calloc(nr, sizeof(*s->addrs));
	if (!s->addrs)
		return -ENOMEM;
	s->info.kprobe_multi.addrs = (uintptr_t)s->addrs;
	return minibpf_get_info(fd, &s->info, &len);
}

static int add_link(struct list *list, int fd)
{
	struct shown *more = realloc(list->links, (list->nr + 1) * sizeof(*more));
	uint32_t len = sizeof(more->info);
	int ret;

	if (!more)
		return fail(-ENOMEM, "list");
	list->links = more;
	more += list->nr;
	memset(more, 0, sizeof(*more));
	list->nr++;
	ret = minibpf_get_info(fd, &more->info, &len);
	if (!ret)
		ret = get_targets(fd, more);
	return ret ? fail(ret, "cannot get information of a link") : 0;
}

static void free_list(struct list *list)
{
	while (list->nr)
		free(list->links[--list->nr].addrs);
	free(list->links);
}

static void show_targets(const struct shown *s, const struct symbols *symbols)
{
	uint32_t i, nr = s->addrs ? s->info.kprobe_multi.count : 0;
	char name[SYMBOL_LEN], text[SYMBOL_LEN + 32];

	if (out_json) {
		json_open("funcs", '[');
		for (i = 0; i < nr; i++) {
			json_open(NULL, '{');
			json_number("addr", s->addrs[i]);
			json_text("func", symbol_name(symbols, s->addrs[i], name));
			json_close('}');
		}
		json_close(']');
		return;
	}
	if (nr)
		symbol_name(symbols, s->addrs[0], name);
	snprintf(text, sizeof(text), nr > 1 ? "%s and %u more" : "%s",
		 nr && s->addrs[0] ? name : "-", nr - 1);
	out_text(NULL, "TARGET", text);
}

static void show_link(const struct shown *s, const struct symbols *symbols)
{
	static const char *const types[] = {
		[MINIBPF_LINK_TYPE_RAW_TRACEPOINT] = "raw_tracepoint",
		[MINIBPF_LINK_TYPE_PERF_EVENT] = "perf_event",
		[MINIBPF_LINK_TYPE_KPROBE_MULTI] = "kprobe_multi",
	};
	const struct minibpf_link_info *info = &s->info;
	const char *name = info->type < sizeof(types) / sizeof(types[0]) ? types[info->type] : NULL;

	out_row();
	out_number("id", "ID", info->id);
	if (name)
		out_text("type", "TYPE", name);
	else
		out_number("type", "TYPE", info->type);
	out_number("prog_id", "PROG", info->prog_id);
	if (!has_targets(info))
		return;
	out_bool("retprobe", "RETURN", info->kprobe_multi.flags & MINIBPF_F_KPROBE_MULTI_RETURN);
	out_number("func_cnt", NULL, info->kprobe_multi.count);
	show_targets(s, symbols);
	out_text("strategy", "BY", strategy_name(info->strategy));
	out_number("hits", "HITS", info->hits);
	out_number("missed", "MISSED", info->kprobe_multi.missed);
}

static void show_list(const struct list *list)
{
	struct symbols symbols = { .nr = 0 };
	uint32_t i, k;

	for (i = 0; i < list->nr; i++)
		for (k = 0; list->links[i].addrs && k < list->links[i].info.kprobe_multi.count; k++)
			symbols_want(&symbols, list->links[i].addrs[k]);
	symbols_read(&symbols);
	out_begin();
	for (i = 0; i < list->nr; i++)
		show_link(&list->links[i], &symbols);
	out_end();
	symbols_free(&symbols);
}

static int show_one(struct args *args, struct list *list)
{
	int fd = args_object(args, MINIBPF_LINK), ret;

	if (fd < 0)
		return 1;
	ret = args_end(args) || add_link(list, fd);
	close(fd);
	return ret;
}

static int do_show(struct args *args)
{
	struct list list = { .nr = 0 };
	uint32_t id = 0;
	int fd, ret;

	if (args->nr) {
		ret = show_one(args, &list);
	} else {
		while (!(ret = minibpf_get_next_id(MINIBPF_LINK, id, &id))) {
			fd = minibpf_get_fd_by_id(MINIBPF_LINK, id);
			if (fd < 0)
				continue;	/* it went while we looked */
			add_link(&list, fd);
			close(fd);
		}
		ret = ret == -ENOENT ? fail_without_backend(ret) : fail(ret, "cannot list links");
	}
	if (!ret)
		show_list(&list);
	free_list(&list);
	return ret;
}

static int do_detach(struct args *args)
{
	return object_call(args, MINIBPF_LINK, minibpf_link_detach, "cannot detach the link");
}

static int do_pin(struct args *args)
{
	return object_pin(args, MINIBPF_LINK);
}

const struct command link_commands[] = {
	{ "show", do_show, "[LINK]" },
	{ "list", do_show, "[LINK]" },
	{ "detach", do_detach, "LINK" },
	{ "pin", do_pin, "LINK NAME" },
	{ 0 }
};
