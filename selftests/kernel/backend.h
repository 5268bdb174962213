/* SPDX-License-Identifier: GPL-2.0-only */
/* What every test needs: a fixture that runs on both backends, and short forms. */
#ifndef KERNEL_BACKEND_H
#define KERNEL_BACKEND_H

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <minibpf.h>

#include "insn.h"

/*
 * Whether a line "fixture.variant.test # reason" of the files in
 * $MINIBPF_DENYLISTS names this test, perhaps as a pattern; if so its reason.
 */
static inline bool denied(const char *fixture, bool device, const char *test, char *reason)
{
	const char *lists = getenv("MINIBPF_DENYLISTS");
	char paths[1024], line[512], name[256], *path, *save;
	bool found = false;
	FILE *f;

	snprintf(name, sizeof(name), "%s.%s.%s", fixture, device ? "device" : "kernel", test);
	snprintf(paths, sizeof(paths), "%s", lists ? lists : "");
	for (path = strtok_r(paths, " ", &save); path; path = strtok_r(NULL, " ", &save)) {
		f = fopen(path, "r");
		while (f && fgets(line, sizeof(line), f)) {
			size_t len = strcspn(line, " \t#\n");
			char *why = line + len + (line[len] != 0);

			line[len] = 0;
			if (fnmatch(line, name, 0))
				continue;
			snprintf(reason, 128, "%.*s", (int)strcspn(why, "\n"), why);
			found = true;
		}
		if (f)
			fclose(f);
	}
	return found;
}

/* A fixture whose tests run on both backends and are told which one it is. */
#define BACKEND_FIXTURE(fixture)							\
	FIXTURE(fixture) { bool device; };						\
	FIXTURE_VARIANT(fixture) { enum minibpf_backend backend; };		\
	FIXTURE_VARIANT_ADD(fixture, device) { .backend = MINIBPF_BACKEND_DEVICE };	\
	FIXTURE_VARIANT_ADD(fixture, kernel) { .backend = MINIBPF_BACKEND_KERNEL };	\
	FIXTURE_SETUP(fixture)							\
	{									\
		char reason[128];						\
										\
		self->device = variant->backend == MINIBPF_BACKEND_DEVICE;	\
		ASSERT_EQ(0, minibpf_set_backend(variant->backend));		\
		if (denied(#fixture, self->device, _metadata->name, reason))	\
			SKIP(return, "%s", reason);				\
	}									\
	FIXTURE_TEARDOWN(fixture) { }

/* For what in-tree does in one series only: "6.1.". */
static inline bool kernel_is(const char *series)
{
	struct utsname name;

	return !uname(&name) && !strncmp(name.release, series, strlen(series));
}

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* Loads instructions as a GPL kprobe program. */
static inline int load(const struct row_insn *insns, uint32_t nr)
{
	struct minibpf_prog_opts opts = {
		.insns = insns, .nr_insns = nr, .license = "GPL",
	};

	return minibpf_prog_load(&opts);
}

#define LOAD(...) ({							\
	const struct row_insn _insns[] = { __VA_ARGS__ };		\
	load(_insns, NR(_insns)); })

#endif /* KERNEL_BACKEND_H */
