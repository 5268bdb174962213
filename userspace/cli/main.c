// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf: programs, maps and links from the command line, as bpftool has them. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static int do_help(struct args *args);
static int do_version(struct args *args);

static int do_prog(struct args *args)
{
	return run_command("prog", prog_commands, args);
}

static int do_map(struct args *args)
{
	return run_command("map", map_commands, args);
}

static int do_link(struct args *args)
{
	return run_command("link", link_commands, args);
}

static int do_btf(struct args *args)
{
	return run_command("btf", btf_commands, args);
}

static int do_feature(struct args *args)
{
	return run_command("feature", feature_commands, args);
}

static const struct command commands[] = {
	{ "prog", do_prog, "COMMAND ..." },
	{ "map", do_map, "COMMAND ..." },
	{ "link", do_link, "COMMAND ..." },
	{ "btf", do_btf, "COMMAND ..." },
	{ "trace", do_trace, "[count LINES]" },
	{ "feature", do_feature, "[probe]" },
	{ "run", do_run_program, "[--explain] [--static] [--] PROGRAM [ARGUMENT...]" },
	{ "version", do_version, "" },
	{ "help", do_help, "" },
	{ 0 }
};

bool is_prefix(const char *word, const char *full)
{
	return *word && !strncmp(word, full, strlen(word));
}

static void print_usage(const char *noun, const struct command *list)
{
	for (; list->name; list++)
		printf("       minibpf [OPTIONS] %s%s%s %s\n", noun, *noun ? " " : "", list->name,
		       list->usage);
}

int run_command(const char *noun, const struct command *list, struct args *args)
{
	const struct command *c;
	const char *word = args_next(args);

	/* as bpftool: a noun alone shows what there is */
	if (!word)
		return list->run(args);
	for (c = list; c->name; c++)
		if (is_prefix(word, c->name))
			return c->run(args);
	if (is_prefix(word, "help")) {
		print_usage(noun, list);
		return 0;
	}
	return usage_error("there is no '%s %s': see minibpf %s help", noun, word, noun);
}

static int do_help(struct args *args)
{
	(void)args;
	printf("usage: minibpf [OPTIONS] NOUN COMMAND ...\n");
	print_usage("prog", prog_commands);
	print_usage("map", map_commands);
	print_usage("link", link_commands);
	print_usage("btf", btf_commands);
	print_usage("", commands + 4);
	printf("\n"
	       "PROG, MAP  id NUMBER | name NAME | pinned NAME\n"
	       "LINK       id NUMBER | pinned NAME\n"
	       "DATA       bytes, decimal or 0x; 'hex' and bytes in hex; or one number\n"
	       "OPTIONS    -j, --json; -p, --pretty; -V, --version; -h, --help;\n"
	       "           -B, --backend device|kernel (also $MINIBPF_BACKEND; for run $MINIBPF)\n");
	return 0;
}

static int do_version(struct args *args)
{
	if (args_end(args))
		return 1;
	if (out_json) {
		json_open(NULL, '{');
		json_text("version", minibpf_version());
		json_text("backend", minibpf_backend() == MINIBPF_BACKEND_DEVICE ? "device" :
			  "kernel");
		json_close('}');
		json_finish();
		return 0;
	}
	printf("minibpf %s, backend %s\n", minibpf_version(),
	       minibpf_backend() == MINIBPF_BACKEND_DEVICE ? "device (" MINIBPF_DEVICE ")" :
	       "kernel (bpf(2))");
	return 0;
}

static int set_backend(const char *name)
{
	if (is_prefix(name, "kernel")) {
		setenv("MINIBPF", "off", 1);	/* for the program of run */
		return minibpf_set_backend(MINIBPF_BACKEND_KERNEL);
	}
	if (is_prefix(name, "device")) {
		setenv("MINIBPF", "force", 1);
		return minibpf_set_backend(MINIBPF_BACKEND_DEVICE);
	}
	return usage_error("backend '%s': it is 'device' or 'kernel'", name);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "pretty", no_argument, NULL, 'p' },
		{ "backend", required_argument, NULL, 'B' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct args args;
	const char *word;
	const struct command *c;
	int option;

	setlinebuf(stdout);
	while ((option = getopt_long(argc, argv, "+jpB:Vh", options, NULL)) >= 0) {
		args = (struct args){ .nr = 0 };
		switch (option) {
		case 'p':
			out_pretty = true;
			/* fallthrough */
		case 'j':
			out_json = true;
			break;
		case 'B':
			if (set_backend(optarg))
				return 1;
			break;
		case 'V':
			return do_version(&args);
		case 'h':
			return do_help(&args);
		default:
			return usage_error("see minibpf help");
		}
	}
	args = (struct args){ .words = argv + optind, .nr = argc - optind };
	word = args_next(&args);
	if (!word) {
		do_help(&args);
		return 1;
	}
	for (c = commands; c->name; c++)
		if (is_prefix(word, c->name))
			return c->run(&args);
	return usage_error("there is no '%s': see minibpf help", word);
}
