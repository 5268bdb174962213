// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * minibpf-follow PROGRAM [ARGUMENT...]: a program that makes its system calls itself, on
 * /dev/minibpf. This process becomes the program, so that signals, its parent and its status
 * are its own; another one, which is in no way its relative, follows it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "follow.h"

/* Has calls of interest stop for the follower; the filter of a process is that of its children. */
static bool install_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE_AUDIT, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_perf_event_open, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	};
	struct sock_fprog filter = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	if (!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		return true;
	/* Who may not do that may if none of its children can gain by it. */
	return errno == EACCES && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/* In the follower: out of the program's session, and not its child. */
static void start_follower(pid_t program, bool each_call, int ready)
{
	int err;

	setsid();
	signal(SIGPIPE, SIG_IGN);
	/* What it had open is none of the follower's, but for where it may have to complain. */
	dup2(ready, 0);
	close(1);
	syscall(SYS_close_range, 3, ~0U, 0);
	switch (fork()) {
	case -1:
		_exit(1);
	case 0:
		break;
	default:
		_exit(0);
	}
	err = follow(program, each_call, 0);
	if (err)
		fprintf(stderr, "minibpf: cannot follow the program: %s\n", strerror(-err));
	_exit(!!err);
}

/* Returns once another process follows this one. */
static int be_followed(void)
{
	pid_t program = getpid(), child;
	bool filtered = install_filter();
	int ready[2];
	char byte;

	if (pipe(ready))
		return -errno;
	/* Where only ancestors may: until the program executes another. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	child = fork();
	if (child < 0)
		return -errno;
	if (!child) {
		close(ready[0]);
		start_follower(program, !filtered, ready[1]);
	}
	close(ready[1]);
	waitpid(child, NULL, 0);
	/* If it cannot, it has said so. */
	if (read(ready[0], &byte, 1) != 1)
		return -ECHILD;
	close(ready[0]);
	return 0;
}

int main(int argc, char **argv)
{
	int err;

	if (argc < 2) {
		fprintf(stderr, "usage: minibpf-follow PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	if (wants_device()) {
		err = be_followed();
		if (err) {
			if (err != -ECHILD)
				fprintf(stderr, "minibpf: cannot be followed: %s\n", strerror(-err));
			return 1;
		}
	}
	execvp(argv[1], argv + 1);
	err = errno;
	fprintf(stderr, "minibpf: cannot run %s: %s\n", argv[1], strerror(err));
	return err == ENOENT ? 127 : 126;
}
