/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the seed's tests share. Each runs on either backend, as
 * $MINIBPF_BACKEND says, prints what the seed's printed, and exits with 0 if
 * all was as it must be, else with 1.
 */
#ifndef SEED_COMMON_H
#define SEED_COMMON_H

#include <minibpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ends the test unless @cond holds. */
#define CHECK(cond) do {						\
	if (!(cond)) {							\
		printf("%s:%d: FAILED: %s\n", __FILE__, __LINE__, #cond);	\
		exit(1);						\
	}								\
} while (0)

/* The same for what returns a negative errno. */
#define CHECK_OK(call) do {						\
	int _ret = (call);						\
	if (_ret < 0) {							\
		printf("%s:%d: FAILED: %s: %s\n", __FILE__, __LINE__, #call,	\
		       strerror(-_ret));				\
		exit(1);						\
	}								\
} while (0)

/* The function that the tests probe; opening a file calls it. */
/* Where programs are attached; $SEED_TARGET may say otherwise. */
const char *seed_target(void);
#define TARGET seed_target()

/* The object: argv[1], or /progs/NAME. Never returns NULL. */
void *read_object(char **argv, const char *name, uint32_t *size);

/* Loads and says, if it fails, why. */
int load_object(const void *elf, uint32_t size, const struct minibpf_map_fd_entry *maps,
		uint32_t nr_maps, const char *name);

/* Opens and closes a file, which TARGET sees. */
void open_a_file(void);

/* The trace from now on. */
int trace_start(void);

/* Prints the lines that this process has caused since, and counts those with each of @words. */
void trace_show(int fd, const char *const *words, int *counts, int nr);

#endif /* SEED_COMMON_H */
