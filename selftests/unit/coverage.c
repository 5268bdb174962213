// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked in with COVERAGE=1. The harness runs every test in a process of its own and ends it
 * with _exit(), at which gcov would forget what was run; the linker's --wrap brings it here.
 */
void __gcov_dump(void);
void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
