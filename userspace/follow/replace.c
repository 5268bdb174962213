// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * Other calls in the place of one. A thread that is about to make bpf(2) or perf_event_open(2)
 * is made to skip it, then to make the same instruction again with other registers: first, if
 * it has no descriptor of the device, to open one, then to do the ioctl. In the end it has its
 * own registers and the result. The first argument of a call under way cannot be changed on
 * RISC-V, therefore a new call each time. Signals wait meanwhile; a handler would see
 * registers that are none of the program's.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "follow.h"

/* Where programs that choose numbers for their descriptors do not come. */
#define QUIET_FD 900

/* Results that tell the kernel to make a call again: ERESTARTSYS to ERESTART_RESTARTBLOCK. */
#define RESTART_FIRST	512
#define RESTART_LAST	516

#define EVENT_OPEN_SIZE sizeof(((union minibpf_attr *)NULL)->event_open)

static bool get_regs(struct thread *thread, struct user_regs_struct *regs)
{
	struct iovec vec = { .iov_base = regs, .iov_len = sizeof(*regs) };

	return !ptrace(PTRACE_GETREGSET, thread->tid, NT_PRSTATUS, &vec);
}

static void set_regs(struct thread *thread, struct user_regs_struct *regs)
{
	struct iovec vec = { .iov_base = regs, .iov_len = sizeof(*regs) };

	ptrace(PTRACE_SETREGSET, thread->tid, NT_PRSTATUS, &vec);
}

static void set_signals(struct thread *thread, uint64_t blocked)
{
	ptrace(PTRACE_SETSIGMASK, thread->tid, sizeof(blocked), &blocked);
}

/*
 * Puts @size bytes where the thread's stack has nothing, or 0. No more than 80 bytes below the
 * red zone are touched: a coroutine has little room there.
 */
static unsigned long put_below_stack(struct thread *thread, const void *bytes, size_t size)
{
	unsigned long to = (thread->regs.MACHINE_STACK - RED_ZONE - 80) & ~15UL, word, i;

	for (i = 0; i < size; i += sizeof(word)) {
		word = 0;
		memcpy(&word, (const char *)bytes + i,
		       size - i < sizeof(word) ? size - i : sizeof(word));
		if (ptrace(PTRACE_POKEDATA, thread->tid, to + i, word))
			return 0;
	}
	return to;
}

/* By its number: what it is called depends on the thread's root folder. */
static bool is_device(struct thread *thread, long fd)
{
	struct stat is, wanted;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%ld", thread->tid, fd);
	return !stat(path, &is) && !stat(MINIBPF_DEVICE, &wanted) && S_ISCHR(is.st_mode) &&
	       is.st_rdev == wanted.st_rdev;
}

static void make_call(struct thread *thread, long nr, const long args[6])
{
	struct user_regs_struct regs = thread->regs;

	regs_call(&regs, nr, args);
	set_regs(thread, &regs);
	thread->state = ENTERING;
}

static long size_of_call(const struct thread *thread)
{
	return thread->nr == __NR_bpf ? (unsigned int)thread->args[2] : EVENT_OPEN_SIZE;
}

/* The arguments of the ioctl; false if there is no room for its attr. */
static bool make_ioctl(struct thread *thread)
{
	long args[6] = { thread->device, 0, thread->args[1] };
	union minibpf_attr attr;
	int cmd = thread->args[0];

	if (thread->nr == __NR_perf_event_open) {
		cmd = MINIBPF_EVENT_OPEN;
		event_request(thread->args, &attr);
		args[2] = put_below_stack(thread, &attr, EVENT_OPEN_SIZE);
		if (!args[2])
			return false;
	}
	args[1] = MINIBPF_IOC(cmd, size_of_call(thread));
	make_call(thread, __NR_ioctl, args);
	return true;
}

static void explain(struct thread *thread, long result)
{
	if (!getenv("MINIBPF_EXPLAIN"))
		return;
	read_from(thread->tid);
	if (thread->nr == __NR_bpf)
		explain_bpf(thread->args, result, thread->who);
	else
		explain_event(thread->args, result, thread->who);
}

/* The call returns @result, unless that says that it is the kernel's. */
static bool answer(struct thread *thread, long result)
{
	struct user_regs_struct regs = thread->regs;

	if (thread->nr == __NR_perf_event_open && result == -EOPNOTSUPP) {
		make_call(thread, thread->nr, thread->args);
		thread->state = PASSING;
		return true;
	}
	regs_return(&regs, result);
	set_regs(thread, &regs);
	set_signals(thread, thread->signals);
	thread->state = FREE;
	explain(thread, result);
	return false;
}

static bool make_step(struct thread *thread)
{
	long args[6] = { AT_FDCWD, 0, O_RDWR | O_CLOEXEC };

	switch (thread->step) {
	case OPEN:
		args[1] = put_below_stack(thread, MINIBPF_DEVICE, sizeof(MINIBPF_DEVICE));
		if (!args[1])
			return answer(thread, -EFAULT);
		make_call(thread, __NR_openat, args);
		return true;
	case RAISE:
		make_call(thread, __NR_fcntl,
			  (long [6]){ thread->low, F_DUPFD_CLOEXEC, QUIET_FD });
		return true;
	case CLOSE:
		make_call(thread, __NR_close, (long [6]){ thread->low });
		return true;
	case CALL:
		return make_ioctl(thread) || answer(thread, -EFAULT);
	case ANSWER:
		break;
	}
	return answer(thread, thread->result);
}

/* A step has ended: which one is next? */
static bool end_step(struct thread *thread, long result)
{
	if (result <= -RESTART_FIRST && result >= -RESTART_LAST)
		return make_step(thread);
	switch (thread->step) {
	case OPEN:
		if (result < 0)
			return answer(thread, result);
		thread->device = result;
		thread->low = result;
		thread->step = RAISE;
		break;
	case RAISE:
		/* No higher number is to be had: it stays where it is. */
		thread->step = CALL;
		if (result >= 0) {
			thread->device = result;
			thread->step = CLOSE;
		}
		break;
	case CLOSE:
		thread->step = CALL;
		break;
	case CALL:
	case ANSWER:
		return answer(thread, result);
	}
	return make_step(thread);
}

/* Decides who answers, and has the thread skip the call. */
static bool take_over(struct thread *thread, const struct __ptrace_syscall_info *info)
{
	static const uint64_t all = ~0ULL;
	struct user_regs_struct regs;
	int i;

	thread->nr = info->entry.nr;
	for (i = 0; i < 6; i++)
		thread->args[i] = info->entry.args[i];
	thread->who = thread->nr == __NR_bpf ? bpf_answer(thread->args[0]) : BY_DEVICE;
	thread->step = is_device(thread, thread->device) ? CALL : OPEN;
	if (thread->who == BY_SHIM) {
		thread->step = ANSWER;
		thread->result = -EINVAL;
	} else if (size_of_call(thread) > _IOC_SIZEMASK) {
		thread->who = BY_SHIM;
		thread->step = ANSWER;
		thread->result = -E2BIG;
	}
	if (!get_regs(thread, &thread->regs) ||
	    ptrace(PTRACE_GETSIGMASK, thread->tid, sizeof(thread->signals), &thread->signals))
		return false;
	set_signals(thread, all);
	regs = thread->regs;
	regs_skip(&regs);
	set_regs(thread, &regs);
	thread->state = SKIPPED;
	return true;
}

bool replace_enter(struct thread *thread, const struct __ptrace_syscall_info *info)
{
	switch (thread->state) {
	case FREE:
		if (info->arch != MACHINE_AUDIT || (info->entry.nr != __NR_bpf &&
						    info->entry.nr != __NR_perf_event_open))
			return false;
		return take_over(thread, info);
	case ENTERING:
		thread->state = INSIDE;
		return true;
	case PASSING:
		/* On its way it may be interrupted like any other. */
		set_signals(thread, thread->signals);
		thread->state = PASSED;
		thread->who = BY_KERNEL;
		return true;
	case SKIPPED:
	case INSIDE:
	case PASSED:
		break;
	}
	return true;
}

bool replace_leave(struct thread *thread, long result)
{
	switch (thread->state) {
	case SKIPPED:
		return make_step(thread);
	case INSIDE:
		return end_step(thread, result);
	case PASSED:
		thread->state = FREE;
		explain(thread, result);
		return false;
	case FREE:
	case ENTERING:
	case PASSING:
		break;
	}
	return thread->state != FREE;
}
