// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf prog: load, show, run, attach. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

#define MAX_MAPS 64

static void show_time(uint64_t since_boot)
{
	struct timespec now, boot;
	struct tm tm;
	char text[64];
	time_t when;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	when = now.tv_sec - boot.tv_sec + since_boot / 1000000000;
	out_number("loaded_at", NULL, when);
	if (localtime_r(&when, &tm) && strftime(text, sizeof(text), "%F %T", &tm))
		out_text(NULL, "LOADED", text);
	else
		out_text(NULL, "LOADED", "?");
}

/*
 * How programs are attached, as bits of enum minibpf_strategy: all links are read once, the
 * first time that somebody asks. Only the device tells.
 */
static struct {
	struct attached {
		uint32_t prog;
		uint32_t strategies;
	} *list;
	uint32_t nr;
	bool read;
} links;

static void read_link(int fd)
{
	struct attached *more = realloc(links.list, (links.nr + 1) * sizeof(*more));
	struct minibpf_link_info info;
	uint32_t len = sizeof(info);

	if (!more)
		return;
	links.list = more;
	memset(&info, 0, sizeof(info));
	if (minibpf_get_info(fd, &info, &len) || info.strategy == MINIBPF_STRATEGY_NONE)
		return;
	more[links.nr++] = (struct attached){ info.prog_id, 1U << info.strategy };
}

static void read_links(void)
{
	uint32_t id = 0;
	int fd;

	links.read = true;
	if (minibpf_backend() != MINIBPF_BACKEND_DEVICE)
		return;
	while (!minibpf_get_next_id(MINIBPF_LINK, id, &id)) {
		fd = minibpf_get_fd_by_id(MINIBPF_LINK, id);
		if (fd < 0)
			continue;	/* it went while we looked */
		read_link(fd);
		close(fd);
	}
}

static void show_strategies(uint32_t prog)
{
	uint32_t found = 0, i;
	char text[128] = "";

	if (!links.read)
		read_links();
	for (i = 0; i < links.nr; i++)
		if (links.list[i].prog == prog)
			found |= links.list[i].strategies;
	for (i = 0; i < 32; i++) {
		if (!(found & 1U << i))
			continue;
		if (*text)
			strcat(text, ",");
		strcat(text, strategy_name(i));
	}
	out_text("strategy", "BY", *text ? text : "-");
}

static int show_fd(int fd)
{
	uint32_t maps[MAX_MAPS], len;
	struct minibpf_prog_info info;
	char name[MINIBPF_OBJ_NAME_LEN + 1] = "", tag[2 * MINIBPF_TAG_SIZE + 1];
	int i, ret;

	memset(&info, 0, sizeof(info));
	info.nr_map_ids = MAX_MAPS;
	info.map_ids = (uintptr_t)maps;
	len = sizeof(info);
	ret = minibpf_get_info(fd, &info, &len);
	if (ret)
		return fail(ret, "cannot get information of a program");
	memcpy(name, info.name, MINIBPF_OBJ_NAME_LEN);
	for (i = 0; i < MINIBPF_TAG_SIZE; i++)
		sprintf(tag + 2 * i, "%02x", info.tag[i]);
	out_row();
	out_number("id", "ID", info.id);
	if (info.type == MINIBPF_PROG_TYPE_KPROBE)
		out_text("type", "TYPE", "kprobe");
	else
		out_number("type", "TYPE", info.type);
	out_text("name", "NAME", name);
	out_text("tag", "TAG", tag);
	out_bool("gpl_compatible", "GPL", info.gpl_compatible);
	out_number("uid", NULL, info.created_by_uid);
	out_number("bytes_xlated", "XLATED", info.xlated_prog_len);
	out_bool("jited", NULL, info.jited_prog_len);
	if (info.jited_prog_len)
		out_number("bytes_jited", "JITED", info.jited_prog_len);
	else
		out_text(NULL, "JITED", "interpreter");
	show_strategies(info.id);
	out_number("run_cnt", "RUNS", info.run_cnt);
	out_number("run_time_ns", "RUN-NS", info.run_time_ns);
	out_number("recursion_misses", "MISSES", info.recursion_misses);
	out_numbers("map_ids", "MAPS", maps,
		    info.nr_map_ids < MAX_MAPS ? info.nr_map_ids : MAX_MAPS);
	show_time(info.load_time);
	return 0;
}

static int do_show(struct args *args)
{
	return object_show(args, MINIBPF_PROG, "programs", show_fd);
}

/* What "prog load" was asked to do. */
struct load {
	const char *file;
	const char *name;
	const char *pin;
	const char *pinmaps;
	bool autoattach;
	int given[MAX_MAPS];
	const char *given_names[MAX_MAPS];
	int nr_given;
};

static int parse_map(struct args *args, struct load *l)
{
	const char *name;
	int fd;

	if (!args_take(args, "name"))
		return usage_error("after 'map' comes 'name NAME MAP'");
	if (args_word(args, "name of the object's map", &name))
		return 1;
	if (l->nr_given == MAX_MAPS)
		return usage_error("more than %d maps", MAX_MAPS);
	fd = args_object(args, MINIBPF_MAP);
	if (fd < 0)
		return 1;
	l->given_names[l->nr_given] = name;
	l->given[l->nr_given++] = fd;
	return 0;
}

static int parse_load(struct args *args, struct load *l)
{
	if (args_word(args, "the object file", &l->file))
		return 1;
	while (args->nr) {
		if (args_take(args, "name")) {
			if (args_word(args, "name of the program", &l->name))
				return 1;
		} else if (args_take(args, "pin")) {
			if (args_word(args, "name of the pin", &l->pin))
				return 1;
		} else if (args_take(args, "pinmaps")) {
			if (args_word(args, "name in front of the maps' pins", &l->pinmaps))
				return 1;
		} else if (args_take(args, "map")) {
			if (parse_map(args, l))
				return 1;
		} else if (args_take(args, "autoattach")) {
			l->autoattach = true;
		} else if (!l->pin) {
			l->pin = args_next(args);	/* bpftool's place for it */
		} else {
			return args_end(args);
		}
	}
	return 0;
}

static int prepare(struct minibpf_object *obj, const struct load *l)
{
	int i, nr = minibpf_object_nr_programs(obj), chosen, ret;

	if (l->name) {
		chosen = minibpf_object_find_program(obj, l->name);
		if (chosen < 0)
			return fail(chosen, "%s has no program '%s'", l->file, l->name);
		for (i = 0; i < nr; i++)
			minibpf_object_set_autoload(obj, i, i == chosen);
	}
	if (!nr)
		return usage_error("%s has no program: functions must be global", l->file);
	for (i = 0; i < l->nr_given; i++) {
		int map = minibpf_object_find_map(obj, l->given_names[i]);

		ret = map < 0 ? map : minibpf_object_set_map(obj, map, l->given[i]);
		if (ret)
			return fail(ret, "map '%s' of %s", l->given_names[i], l->file);
	}
	return 0;
}

/* One program: pinned at the name itself; several: at name/program. */
static int pin_all(struct minibpf_object *obj, const struct load *l)
{
	int i, nr = minibpf_object_nr_programs(obj), loaded = 0, ret, fd;
	struct minibpf_object_program p;
	char *path;

	for (i = 0; !minibpf_object_program(obj, i, &p); i++)
		loaded += p.fd >= 0;
	for (i = 0; i < nr; i++) {
		minibpf_object_program(obj, i, &p);
		if (p.fd < 0)
			continue;
		fd = l->autoattach && p.link ? minibpf_link_fd(p.link) : p.fd;
		if (fd < 0)
			return fail(fd, "the link of %s cannot be pinned", p.name);
		if (asprintf(&path, loaded > 1 ? "%s/%s" : "%s", l->pin, p.name) < 0)
			return fail(-ENOMEM, "pin");
		ret = minibpf_pin(fd, path);
		if (ret) {
			fail(ret, "cannot pin %s as '%s'", p.name, path);
			free(path);
			return 1;
		}
		free(path);
	}
	return 0;
}

/* As libbpf names them: file systems of pins take no dots. */
static int pin_maps(const struct minibpf_object *obj, const struct load *l)
{
	struct minibpf_object_map m;
	char *path, *dot;
	int i, ret = 0;

	for (i = 0; !ret && !minibpf_object_map(obj, i, &m); i++) {
		if (m.fd < 0)
			continue;
		if (asprintf(&path, "%s/%s", l->pinmaps, m.name) < 0)
			return fail(-ENOMEM, "pin");
		while ((dot = strchr(path + strlen(l->pinmaps), '.')))
			*dot = '_';
		ret = minibpf_pin(m.fd, path);
		if (ret)
			ret = fail(ret, "cannot pin map %s as '%s'", m.name, path);
		free(path);
	}
	return ret;
}

static void show_object(const struct minibpf_object *obj)
{
	struct minibpf_object_program p;
	int i;

	out_begin();
	for (i = 0; !minibpf_object_program(obj, i, &p); i++)
		if (p.fd >= 0)
			show_fd(p.fd);
	out_end();
}

/* What the section of the first program that has a target says. */
static const char *first_target(const struct minibpf_object *obj)
{
	struct minibpf_object_program p;
	int i;

	for (i = 0; !minibpf_object_program(obj, i, &p); i++)
		if (p.fd >= 0 && strchr(p.section, '/'))
			return strchr(p.section, '/') + 1;
	return "nothing";
}

static int load_object(struct minibpf_object *obj, const struct load *l, struct minibpf_log *log)
{
	int ret;

	if (prepare(obj, l))
		return 1;
	ret = minibpf_object_load(obj, log);
	if (ret)
		return fail_log(ret, log, "cannot load %s", l->file);
	if (l->autoattach) {
		ret = minibpf_object_attach(obj);
		if (ret < 0)
			return fail_attach(ret, first_target(obj), minibpf_object_nr_programs(obj));
		if (!ret)
			return usage_error("%s has no section kprobe/SYM or kretprobe/SYM: use minibpf prog attach",
					   l->file);
	}
	if ((l->pinmaps && pin_maps(obj, l)) || (l->pin && pin_all(obj, l)))
		return 1;
	show_object(obj);
	if (l->pin)
		return 0;
	if (!l->autoattach) {
		if (!out_json)
			fprintf(stderr, "Loaded and let go again: pin NAME keeps it, autoattach runs it.\n");
		return 0;
	}
	if (!out_json)
		fprintf(stderr, "Attached until you press Ctrl-C; with pin NAME it stays.\n");
	wait_for_signal();
	return 0;
}

static int do_load(struct args *args)
{
	struct minibpf_log log = { .size = 1 << 20 };
	struct load l = { .nr_given = 0 };
	struct minibpf_object *obj;
	int ret;

	if (parse_load(args, &l))
		return 1;
	log.buf = calloc(1, log.size);
	if (!log.buf)
		return fail(-ENOMEM, "log");
	ret = minibpf_object_open(l.file, &log, &obj);
	if (ret) {
		ret = *log.buf ? fail_log(ret, &log, "%s is no object that can be loaded", l.file) :
		      usage_error("cannot open %s: %s", l.file, strerror(-ret));
	} else {
		ret = load_object(obj, &l, &log);
		minibpf_object_close(obj);
	}
	free(log.buf);
	return ret;
}

static int read_file(const char *path, void *data, uint32_t size, uint32_t *len)
{
	FILE *f = fopen(path, "r");

	if (!f)
		return usage_error("cannot open %s: %s", path, strerror(errno));
	*len = fread(data, 1, size, f);
	if (!feof(f)) {
		fclose(f);
		return usage_error("%s is longer than %u bytes", path, size);
	}
	fclose(f);
	return 0;
}

static int run_fd(struct args *args, int fd)
{
	struct minibpf_test_opts opts = { .repeat = 1 };
	const char *path;
	char ctx[4096];
	int ret;

	while (args->nr) {
		if (args_take(args, "repeat")) {
			if (args_number(args, "repeat", &opts.repeat))
				return 1;
		} else if (args_take(args, "ctx_in")) {
			if (args_word(args, "file with the context", &path) ||
			    read_file(path, ctx, sizeof(ctx), &opts.ctx_size))
				return 1;
			opts.ctx = ctx;
		} else {
			return args_end(args);
		}
	}
	ret = minibpf_prog_test_run(fd, &opts);
	if (ret)
		return fail(ret, "cannot run the program");
	if (!out_json) {
		printf("Return value: %u, duration%s: %uns\n", opts.retval,
		       opts.repeat > 1 ? " (average)" : "", opts.duration);
		return 0;
	}
	json_open(NULL, '{');
	json_number("retval", opts.retval);
	json_number("duration", opts.duration);
	json_close('}');
	json_finish();
	return 0;
}

static int do_run(struct args *args)
{
	int fd = args_object(args, MINIBPF_PROG), ret;

	if (fd < 0)
		return 1;
	ret = run_fd(args, fd);
	close(fd);
	return ret;
}

/* Keeps the link in a pin, or with this process. */
static int attach_link(int fd, struct args *args, uint32_t flags)
{
	const char *targets[MAX_MAPS], *pin = NULL;
	struct minibpf_link *link;
	uint32_t nr = 0;
	int ret;

	while (args->nr) {
		if (args_take(args, "pin")) {
			if (args_word(args, "name of the pin", &pin))
				return 1;
		} else if (nr == MAX_MAPS) {
			return usage_error("more than %d targets", MAX_MAPS);
		} else {
			targets[nr++] = args_next(args);
		}
	}
	if (!nr)
		return usage_error("attach it to what? SYM, SYM+OFFSET, MODULE:SYM or 0xADDRESS");
	ret = minibpf_link_kprobe(fd, targets, nr, flags, &link);
	if (ret)
		return fail_attach(ret, targets[0], nr);
	if (pin) {
		ret = minibpf_link_fd(link);
		ret = ret < 0 ? ret : minibpf_pin(ret, pin);
		if (ret)
			fail(ret, "cannot pin the link as '%s'", pin);
	} else {
		if (!out_json)
			fprintf(stderr, "Attached until you press Ctrl-C; with pin NAME it stays.\n");
		wait_for_signal();
	}
	minibpf_link_close(link);
	return !!ret;
}

static int do_attach(struct args *args)
{
	int fd = args_object(args, MINIBPF_PROG), ret;
	const char *target;

	if (fd < 0)
		return 1;
	if (args_peek(args) && strchr(args_peek(args), '$')) {
		target = args_next(args);
		if (args_end(args))
			ret = 1;
		else if (minibpf_backend() == MINIBPF_BACKEND_KERNEL)
			ret = usage_error("TYPE$SYM is the device's: use 'kprobe SYM pin NAME'");
		else if ((ret = minibpf_prog_attach(target, strlen(target), fd)))
			ret = fail_attach(ret, target, 1);
	} else if (args_take(args, "kprobe")) {
		ret = attach_link(fd, args, 0);
	} else if (args_take(args, "kretprobe")) {
		ret = attach_link(fd, args, MINIBPF_RETURN);
	} else {
		ret = usage_error("after the program comes 'kprobe SYM', 'kretprobe SYM' or 'TYPE$SYM'");
	}
	close(fd);
	return ret;
}

static int do_detach(struct args *args)
{
	return object_call(args, MINIBPF_PROG, minibpf_prog_detach,
			   "the program is not attached by 'prog attach PROG TYPE$SYM': see minibpf link");
}

static int do_pin(struct args *args)
{
	return object_pin(args, MINIBPF_PROG);
}

static int do_unpin(struct args *args)
{
	const char *name;
	int ret;

	if (args_word(args, "name of the pin", &name) || args_end(args))
		return 1;
	ret = minibpf_unpin(name);
	return ret ? fail(ret, "pin '%s'", name) : 0;
}

const struct command prog_commands[] = {
	{ "show", do_show, "[PROG]" },
	{ "list", do_show, "[PROG]" },
	{ "dump", do_prog_dump, "xlated PROG [opcodes] | jited PROG [file FILE]" },
	{ "load", do_load,
	  "OBJECT [name FUNCTION] [map name NAME MAP] [pin NAME] [pinmaps NAME] [autoattach]" },
	{ "run", do_run, "PROG [repeat N] [ctx_in FILE]" },
	{ "attach", do_attach, "PROG kprobe|kretprobe SYM ... [pin NAME] | PROG TYPE$SYM" },
	{ "detach", do_detach, "PROG" },
	{ "pin", do_pin, "PROG NAME" },
	{ "unpin", do_unpin, "NAME" },
	{ 0 }
};
