// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf run: a program that was made for bpf(2), on the device. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define LIBRARY "libminibpf-preload.so"
#define FOLLOWER "minibpf-follow"

/* Where a part is when nothing is installed, and where it is then. */
static int find_part(const char *name, char *path, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	path[len > 0 ? len : 0] = 0;
	slash = strrchr(path, '/');
	if (slash) {
		snprintf(slash + 1, size - (slash + 1 - path), "%s", name);
		if (!access(path, R_OK))
			return 0;
	}
	snprintf(path, size, MINIBPF_LIBDIR "/minibpf/%s", name);
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
static bool take_option(struct args *args, const char *word)
{
	if (!args_peek(args) || strcmp(args_peek(args), word))
		return false;
	args_next(args);
	return true;
}

static int run_preloaded(struct args *args)
{
	char library[4096];
	int err;

	err = find_part(LIBRARY, library, sizeof(library)) ?: preload(library);
	if (err)
		return fail(err, "cannot preload %s", library);
	execvp(args->words[0], args->words);
	return fail(-errno, "cannot run %s", args->words[0]);
}

/* The follower, in front of the program's words. */
static int run_followed(struct args *args)
{
	char follower[4096], **words;
	int err;

	err = find_part(FOLLOWER, follower, sizeof(follower));
	if (err)
		return fail(err, "cannot run %s", follower);
	words = calloc(args->nr + 2, sizeof(*words));
	if (!words)
		return fail(-ENOMEM, "cannot run %s", args->words[0]);
	words[0] = follower;
	memcpy(words + 1, args->words, args->nr * sizeof(*words));
	execv(follower, words);
	err = -errno;
	free(words);
	return fail(err, "cannot run %s", follower);
}

int do_run_program(struct args *args)
{
	bool followed = false;

	for (;;) {
		if (take_option(args, "--explain"))
			setenv("MINIBPF_EXPLAIN", "1", 1);
		else if (take_option(args, "--static"))
			followed = true;
		else
			break;
	}
	take_option(args, "--");
	if (!args_peek(args))
		return usage_error("run: which program?");
	setenv("MINIBPF", "force", 0);
	if (!strcmp(getenv("MINIBPF"), "force") && access(MINIBPF_DEVICE, F_OK))
		return fail(-errno, "cannot run %s on " MINIBPF_DEVICE, args_peek(args));
	return followed ? run_followed(args) : run_preloaded(args);
}
