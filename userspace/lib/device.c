// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* The way to /dev/minibpf, of the library and of the preloaded one. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

/* Where programs that choose numbers for their descriptors do not come. */
#define QUIET_FD 900

static _Atomic int device = -1;

void minibpf_device_close(void)
{
	int fd = atomic_exchange(&device, -1);

	if (fd >= 0)
		close(fd);
}

static int device_open(void)
{
	int fd = open(MINIBPF_DEVICE, O_RDWR | O_CLOEXEC), high;

	if (fd < 0)
		return -errno;
	high = fcntl(fd, F_DUPFD_CLOEXEC, QUIET_FD);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

static int device_fd(void)
{
	int fd = atomic_load(&device), none = -1;

	if (fd >= 0)
		return fd;
	fd = device_open();
	if (fd < 0)
		return fd;
	if (atomic_compare_exchange_strong(&device, &none, fd))
		return fd;
	close(fd);	/* another thread was faster */
	return none;
}

/* Whether the program has closed the descriptor, and perhaps has the number for another file. */
static bool device_lost(int fd, int err)
{
	return err == ENOTTY || (err == EBADF && fcntl(fd, F_GETFD) < 0);
}

int minibpf_device_call(int cmd, void *attr, unsigned int size)
{
	int fd = device_fd(), ret;

	if (fd < 0)
		return fd;
	if (size > _IOC_SIZEMASK)
		return -E2BIG;
	ret = ioctl(fd, MINIBPF_IOC(cmd, size), attr);
	if (ret < 0 && device_lost(fd, errno)) {
		atomic_compare_exchange_strong(&device, &fd, -1);
		fd = device_fd();
		if (fd < 0)
			return fd;
		ret = ioctl(fd, MINIBPF_IOC(cmd, size), attr);
	}
	return ret < 0 ? -errno : ret;
}
