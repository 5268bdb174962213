/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of minibpf-follow share. */
#ifndef FOLLOW_H
#define FOLLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>

#include "machine.h"
#include "preload.h"

/**
 * enum state - how far a thread is with a call that was taken over
 * @FREE: it has none
 * @SKIPPED: the call is on its way out without having done anything
 * @ENTERING: it is sent into another call in its place
 * @INSIDE: it is in there
 * @PASSING: it is sent into the call proper, which the kernel is to serve
 * @PASSED: it is in there
 */
enum state { FREE, SKIPPED, ENTERING, INSIDE, PASSING, PASSED };

/* enum step - the calls that are made in its place, in their order */
enum step { OPEN, RAISE, CLOSE, CALL, ANSWER };

/**
 * struct thread - one that is followed
 * @next: in the list of all
 * @tid: its number
 * @stop: the status of its stop, which is to be handled; 0: none
 * @state: enum state
 * @step: which call it is in, or, SKIPPED, which one is next; ANSWER: none, @result is known
 * @nr: the number of the call that was taken over
 * @args: its arguments
 * @who: who answers it
 * @regs: as they were behind it
 * @signals: that it had blocked
 * @device: a descriptor that it may have of the device
 * @low: the descriptor that the device was opened as
 * @result: of the call that was taken over
 */
struct thread {
	struct thread *next;
	pid_t tid;
	int stop;
	enum state state;
	enum step step;
	long nr;
	long args[6];
	enum answer who;
	struct user_regs_struct regs;
	uint64_t signals;
	long device;
	long low;
	long result;
};

/*
 * replace.c: a thread has stopped before or behind a call. Each returns whether it must stop at
 * the next end of a call, too. The thread may be gone at any time; that shows at the next wait.
 */
bool replace_enter(struct thread *thread, const struct __ptrace_syscall_info *info);
bool replace_leave(struct thread *thread, long result);

/* follow.c: whose memory read_program() reads from now on. */
void read_from(pid_t tid);

/**
 * follow - follow a process to its end, and what it makes
 * @pid: not a child of the caller
 * @each_call: stop it at each of its calls; else it has a filter that does at those of interest
 * @ready: descriptor that is told once it is followed, by a byte, and then closed
 *
 * Return: 0 when all are gone, -errno if @pid cannot be followed.
 */
int follow(pid_t pid, bool each_call, int ready);

#endif /* FOLLOW_H */
