// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* What programs, maps and links have in common: being shown, pinned, and changed by one call. */
#include <errno.h>
#include <unistd.h>

#include "cli.h"

static int show_all(enum minibpf_kind kind, const char *what, int (*show)(int fd))
{
	uint32_t id = 0;
	int fd, ret;

	ret = minibpf_get_next_id(kind, 0, &id);
	if (ret && ret != -ENOENT)
		return fail(ret, "cannot list %s", what);
	if (ret && fail_without_backend(ret))
		return 1;
	out_begin();
	for (; !ret; ret = minibpf_get_next_id(kind, id, &id)) {
		fd = minibpf_get_fd_by_id(kind, id);
		if (fd < 0)
			continue;	/* it went while we looked */
		show(fd);
		close(fd);
	}
	out_end();
	return 0;
}

int object_show(struct args *args, enum minibpf_kind kind, const char *what, int (*show)(int fd))
{
	int fd, ret;

	if (!args->nr)
		return show_all(kind, what, show);
	fd = args_object(args, kind);
	if (fd < 0)
		return 1;
	ret = args_end(args);
	if (!ret) {
		out_begin();
		ret = show(fd);
		out_end();
	}
	close(fd);
	return ret;
}

int object_call(struct args *args, enum minibpf_kind kind, int (*call)(int fd), const char *failure)
{
	int fd = args_object(args, kind), ret;

	if (fd < 0)
		return 1;
	ret = args_end(args);
	if (!ret) {
		ret = call(fd);
		if (ret)
			ret = fail(ret, "%s", failure);
	}
	close(fd);
	return ret;
}

int object_pin(struct args *args, enum minibpf_kind kind)
{
	int fd = args_object(args, kind), ret;
	const char *name;

	if (fd < 0)
		return 1;
	ret = args_word(args, "name of the pin", &name) || args_end(args);
	if (!ret) {
		ret = minibpf_pin(fd, name);
		if (ret)
			ret = fail(ret, "cannot pin it as '%s'", name);
	}
	close(fd);
	return ret;
}
