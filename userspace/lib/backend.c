// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* The one call: (cmd, attr, size), to the device or to bpf(2). */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

static _Atomic int chosen = MINIBPF_BACKEND_AUTO;

int minibpf_set_backend(enum minibpf_backend backend)
{
	if (backend > MINIBPF_BACKEND_KERNEL)
		return -EINVAL;
	atomic_store(&chosen, backend);
	minibpf_device_close();
	return 0;
}

enum minibpf_backend minibpf_backend(void)
{
	const char *wish = getenv("MINIBPF_BACKEND");
	int backend = atomic_load(&chosen);

	if (backend != MINIBPF_BACKEND_AUTO)
		return backend;
	if (wish && !strcmp(wish, "kernel"))
		return MINIBPF_BACKEND_KERNEL;
	if (wish && !strcmp(wish, "device"))
		return MINIBPF_BACKEND_DEVICE;
	return access(MINIBPF_DEVICE, F_OK) ? MINIBPF_BACKEND_KERNEL : MINIBPF_BACKEND_DEVICE;
}

int minibpf_sys_bpf(int cmd, void *attr, unsigned int size)
{
	int ret = syscall(__NR_bpf, cmd, attr, size);

	return ret < 0 ? -errno : ret;
}

static int unpin_path(const union minibpf_attr *attr)
{
	return unlink((const char *)(uintptr_t)attr->pathname) ? -errno : 0;
}

static int kernel_call(int cmd, void *attr, unsigned int size)
{
	union minibpf_attr full;
	int ret;

	switch (cmd) {
	case MINIBPF_PROG_LOAD_EX:
	case MINIBPF_PROG_ATTACH:
	case MINIBPF_PROG_DETACH:
	case MINIBPF_OBJ_PIN:
		break;
	default:
		return minibpf_sys_bpf(cmd, attr, size);
	}
	memset(&full, 0, sizeof(full));
	memcpy(&full, attr, size < sizeof(full) ? size : sizeof(full));
	switch (cmd) {
	case MINIBPF_PROG_LOAD_EX:
		ret = minibpf_emulate_load_ex(&full);
		memcpy(attr, &full, size < sizeof(full) ? size : sizeof(full));
		return ret;
	case MINIBPF_PROG_ATTACH:
		return minibpf_emulate_attach(&full);
	case MINIBPF_PROG_DETACH:
		return minibpf_emulate_detach(&full);
	default:
		if (full.bpf_fd == (uint32_t)-1)
			return unpin_path(&full);
		return minibpf_sys_bpf(cmd, attr, size);
	}
}

int minibpf_call(int cmd, union minibpf_attr *attr, unsigned int size)
{
	if (minibpf_backend() == MINIBPF_BACKEND_DEVICE)
		return minibpf_device_call(cmd, attr, size);
	return kernel_call(cmd, attr, size);
}

int bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	return minibpf_call(cmd, (union minibpf_attr *)attr, size);
}
