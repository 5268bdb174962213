/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What unit tests have in common. A test is one program test_NAME.c that
 * includes this file and ends with TEST_HARNESS_MAIN; each of its TESTs runs
 * in a process of its own.
 */
#ifndef UNIT_H
#define UNIT_H

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#include <kselftest_harness.h>

/* Fails the test if anything that the core allocated is still there. */
#define UNIT_EXPECT_NO_LEAKS() do {		\
	rcu_barrier();				\
	EXPECT_EQ(0, os_user_live);		\
} while (0)

#endif /* UNIT_H */
