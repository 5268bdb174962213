// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf run: a program that was made for bpf(2), on the device. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define LIBRARY "libminibpf-preload.so"

/* Where it is when nothing is installed, and where it is then. */
static int find_library(char *path, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	path[len > 0 ? len : 0] = 0;
	slash = strrchr(path, '/');
	if (slash) {
		snprintf(slash + 1, size - (slash + 1 - path), LIBRARY);
		if (!access(path, R_OK))
			return 0;
	}
	snprintf(path, size, MINIBPF_LIBDIR "/minibpf/" LIBRARY);
	return access(path, R_OK) ? -errno : 0;
}

/* In front of what is preloaded anyway. */
static int preload(const char *library)
{
	const char *others = getenv("LD_PRELOAD");
	char *all;
	int err;

	if (asprintf(&all, "%s%s%s", library, others ? ":" : "", others ? others : "") < 0)
		return -ENOMEM;
	err = setenv("LD_PRELOAD", all, 1) ? -errno : 0;
	free(all);
	return err;
}

/* Words in front of the program are not abbreviated. */
static bool args_is(const struct args *args, const char *word)
{
	return args_peek(args) && !strcmp(args_peek(args), word);
}

int do_run_program(struct args *args)
{
	char library[4096];
	int err;

	if (args_is(args, "--explain")) {
		setenv("MINIBPF_EXPLAIN", "1", 1);
		args_next(args);
	}
	if (args_is(args, "--"))
		args_next(args);
	if (!args_peek(args))
		return usage_error("run: which program?");
	err = find_library(library, sizeof(library)) ?: preload(library);
	if (err)
		return fail(err, "cannot preload %s", library);
	setenv("MINIBPF", "force", 0);
	if (!strcmp(getenv("MINIBPF"), "force") && access(MINIBPF_DEVICE, F_OK))
		return fail(-errno, "cannot run %s on " MINIBPF_DEVICE, args_peek(args));
	execvp(args->words[0], args->words);
	return fail(-errno, "cannot run %s", args->words[0]);
}
