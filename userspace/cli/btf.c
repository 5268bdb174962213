// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf btf: the kernel's types, for a kernel that does not tell them. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static int load_file(int fd)
{
	struct stat st;
	void *data;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (!st.st_size)
		return -EINVAL;
	if (st.st_size > UINT32_MAX)
		return -E2BIG;
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return -errno;
	err = minibpf_kernel_btf(data, st.st_size);
	munmap(data, st.st_size);
	return err;
}

static int do_load(struct args *args)
{
	const char *path;
	int fd, err;

	if (args_word(args, "file", &path) || args_end(args))
		return 1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(-errno, "cannot open %s", path);
	err = load_file(fd);
	close(fd);
	return err ? fail(err, "cannot show %s as the kernel's types", path) : 0;
}

static int do_unload(struct args *args)
{
	int err;

	if (args_end(args))
		return 1;
	err = minibpf_kernel_btf(NULL, 0);
	return err ? fail(err, "cannot take the kernel's types away") : 0;
}

const struct command btf_commands[] = {
	{ "load", do_load, "FILE" },
	{ "unload", do_unload, "" },
	{ 0 }
};
