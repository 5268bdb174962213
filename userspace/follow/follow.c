// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * The threads of a program, whatever it forks and executes, from stop to stop. What is not
 * about calls happens as if nobody looked on: signals are delivered, stopped jobs stay stopped.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "follow.h"

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC | \
		 PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL)

/* Where the first descriptor of the device is expected. */
#define LIKELY_FD 900

static struct thread *threads;
static pid_t reads_from;

void read_from(pid_t tid)
{
	reads_from = tid;
}

bool read_program(void *to, unsigned long from, size_t size)
{
	char path[32];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", reads_from);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = pread(fd, to, size, from);
	close(fd);
	return len == (ssize_t)size;
}

static struct thread *find(pid_t tid)
{
	struct thread *thread;

	for (thread = threads; thread; thread = thread->next)
		if (thread->tid == tid)
			return thread;
	thread = calloc(1, sizeof(*thread));
	if (!thread) {
		perror("minibpf-follow");
		exit(1);
	}
	thread->tid = tid;
	thread->device = LIKELY_FD;
	thread->next = threads;
	threads = thread;
	return thread;
}

static void forget(pid_t tid)
{
	struct thread **at = &threads, *thread;

	while (*at && (*at)->tid != tid)
		at = &(*at)->next;
	thread = *at;
	if (!thread)
		return;
	*at = thread->next;
	free(thread);
}

/* Whoever executed is the leader now, and the others of the process are gone. */
static struct thread *begin_anew(pid_t tid)
{
	unsigned long former = tid;

	ptrace(PTRACE_GETEVENTMSG, tid, 0, &former);
	forget(former);
	forget(tid);
	return find(tid);
}

static bool at_call(struct thread *thread)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof(info), &info) <= 0)
		return false;
	switch (info.op) {
	case PTRACE_SYSCALL_INFO_ENTRY:
	case PTRACE_SYSCALL_INFO_SECCOMP:
		return replace_enter(thread, &info);
	case PTRACE_SYSCALL_INFO_EXIT:
		return replace_leave(thread, info.exit.rval);
	default:
		return thread->state != FREE;
	}
}

static void handle(struct thread *thread, bool each_call)
{
	int event = thread->stop >> 16, signal = WSTOPSIG(thread->stop), deliver = 0;
	bool stop = thread->state != FREE;

	thread->stop = 0;
	if (event == PTRACE_EVENT_SECCOMP || (!event && signal == (SIGTRAP | 0x80))) {
		stop = at_call(thread);
	} else if (event == PTRACE_EVENT_EXEC) {
		thread = begin_anew(thread->tid);
		stop = false;
	} else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
		/* A job that was stopped, until it is continued. */
		ptrace(PTRACE_LISTEN, thread->tid, 0, 0);
		return;
	} else if (!event) {
		deliver = signal;
	}
	ptrace(stop || each_call ? PTRACE_SYSCALL : PTRACE_CONT, thread->tid, 0, deliver);
}

/*
 * Waits for one that stops, and takes whoever else has by then: waiting prefers some to others, so
 * that one which stops all the time would be the only one to go on.
 */
static int collect_stops(void)
{
	int status, options = __WALL;
	pid_t tid;

	for (;;) {
		tid = waitpid(-1, &status, options);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid <= 0)
			return options & WNOHANG ? 0 : -errno;
		options |= WNOHANG;
		if (WIFSTOPPED(status))
			find(tid)->stop = status;
		else
			forget(tid);
	}
}

static struct thread *stopped(void)
{
	struct thread *thread = threads;

	while (thread && !thread->stop)
		thread = thread->next;
	return thread;
}

int follow(pid_t pid, bool each_call, int ready)
{
	struct thread *thread;
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, OPTIONS))
		return -errno;
	/* One that runs already is told to stop, so that it can be told to stop at calls. */
	if (each_call)
		ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	if (write(ready, "", 1) != 1)
		return -errno;
	close(ready);
	while (!(status = collect_stops()))
		while ((thread = stopped()))
			handle(thread, each_call);
	return status == -ECHILD ? 0 : status;
}
