// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * Unmodified programs on /dev/minibpf. Libraries for BPF make their system calls by libc's
 * syscall(); this library, preloaded, has that name first and turns bpf(2) and
 * perf_event_open(2) into calls of the device. What comes back are descriptors of the kernel,
 * so mmap(), poll(), ioctl(), dup() and close() need no help.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "internal.h"
#include "preload.h"
#include "raw.h"

#define EXPORT __attribute__((visibility("default")))

enum { UNDECIDED, DEVICE, KERNEL };

static _Atomic int decided = UNDECIDED;
static _Atomic int explains = -1;

static bool use_device(void)
{
	int now = atomic_load(&decided);

	if (now == UNDECIDED) {
		now = wants_device() ? DEVICE : KERNEL;
		atomic_store(&decided, now);
	}
	return now == DEVICE;
}

static bool explain(void)
{
	int now = atomic_load(&explains);

	if (now < 0) {
		now = !!getenv("MINIBPF_EXPLAIN");
		atomic_store(&explains, now);
	}
	return now;
}

bool read_program(void *to, unsigned long from, size_t size)
{
	struct iovec local = { .iov_base = to, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)from, .iov_len = size };
	long pid = raw_call(__NR_getpid, (long [6]){ 0 });
	long args[6] = { pid, (long)&local, 1, (long)&remote, 1, 0 };

	return raw_call(__NR_process_vm_readv, args) == (long)size;
}

/*
 * Where the kernel tells its types and its modules', they are the kernel's objects, and the device
 * has none: whoever walks them, as bpftrace does for the one called vmlinux, gets to them still.
 */
static bool may_be_of_types(int cmd, long ret)
{
	switch (cmd) {
	case MINIBPF_BTF_GET_NEXT_ID:
	case MINIBPF_BTF_GET_FD_BY_ID:
		return ret < 0;
	case MINIBPF_OBJ_GET_INFO_BY_FD:
		return ret == -EINVAL;	/* none of the device's descriptors */
	default:
		return false;
	}
}

static long do_bpf(const long args[6])
{
	enum answer who = BY_KERNEL;
	long ret, kernel;

	if (use_device())
		who = bpf_answer(args[0]);
	if (who == BY_KERNEL)
		ret = raw_call(__NR_bpf, args);
	else if (who == BY_SHIM)
		ret = -EINVAL;
	else
		ret = minibpf_device_call(args[0], (void *)args[1], (unsigned int)args[2]);
	if (who == BY_DEVICE && may_be_of_types(args[0], ret)) {
		kernel = raw_call(__NR_bpf, args);
		if (kernel >= 0) {
			ret = kernel;
			who = BY_KERNEL;
		}
	}
	if (explain())
		explain_bpf(args, ret, who);
	return ret;
}

static long do_event_open(const long args[6])
{
	enum answer who = BY_DEVICE;
	union minibpf_attr attr;
	long ret = -EOPNOTSUPP;

	if (use_device()) {
		event_request(args, &attr);
		ret = minibpf_device_call(MINIBPF_EVENT_OPEN, &attr, sizeof(attr));
	}
	if (ret == -EOPNOTSUPP) {
		who = BY_KERNEL;
		ret = raw_call(__NR_perf_event_open, args);
	}
	if (explain())
		explain_event(args, ret, who);
	return ret;
}

static long finish(long ret)
{
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = -ret;
	return -1;
}

EXPORT long syscall(long number, ...)
{
	long args[6];
	va_list ap;
	int i, err = errno;
	long ret;

	va_start(ap, number);
	for (i = 0; i < 6; i++)
		args[i] = va_arg(ap, long);
	va_end(ap);
	if (number == __NR_bpf)
		ret = do_bpf(args);
	else if (number == __NR_perf_event_open)
		ret = do_event_open(args);
	else
		ret = raw_call(number, args);
	errno = err;
	return finish(ret);
}

/* A pin of the device is no file: its name goes by the way on which its path would. */
static long unpin(int folder, const char *path)
{
	union minibpf_attr attr;
	long args[6] = { folder, (long)path };
	long ret = raw_call(__NR_unlinkat, args);

	if (ret != -ENOENT || !use_device() || (folder != AT_FDCWD && *path != '/'))
		return ret;
	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	attr.bpf_fd = -1;
	args[0] = MINIBPF_OBJ_PIN;
	args[1] = (long)&attr;
	args[2] = sizeof(attr);
	return do_bpf(args);
}

EXPORT int unlink(const char *path)
{
	return finish(unpin(AT_FDCWD, path));
}

EXPORT int unlinkat(int folder, const char *path, int flags)
{
	long args[6] = { folder, (long)path, flags };

	return finish(flags ? raw_call(__NR_unlinkat, args) : unpin(folder, path));
}
