// SPDX-License-Identifier: GPL-2.0-only
/* The commands that walk numbers and open what has one. For CAP_SYS_ADMIN, as in-tree. */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/limits.h>

#include "ioctl.h"
#include "map_object.h"
#include "object.h"

static int next_id(struct mbpf_call *call, enum mbpf_kind kind)
{
	u32 id;

	if (call->attr.start_id >= INT_MAX)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	id = mbpf_object_next_id(call->attr.start_id, kind);
	if (!id)
		return -ENOENT;
	return mbpf_call_return(call, offsetof(union minibpf_attr, next_id), id);
}

static int fd_by_id(struct mbpf_call *call, enum mbpf_kind kind)
{
	struct mbpf_object *obj;
	int mode, fd;

	if (call->attr.open_flags & ~(MINIBPF_F_RDONLY | MINIBPF_F_WRONLY))
		return -EINVAL;
	mode = mbpf_map_access_mode(call->attr.open_flags);
	if (mode < 0)
		return mode;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	obj = mbpf_object_from_id(call->attr.start_id, kind);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	fd = mbpf_object_new_fd(obj, mode);
	if (fd < 0)
		mbpf_object_put_user(obj);
	return fd;
}

int mbpf_cmd_map_get_next_id(struct mbpf_call *call)
{
	return next_id(call, MBPF_KIND_MAP);
}

int mbpf_cmd_prog_get_next_id(struct mbpf_call *call)
{
	return next_id(call, MBPF_KIND_PROG);
}

int mbpf_cmd_link_get_next_id(struct mbpf_call *call)
{
	return next_id(call, MBPF_KIND_LINK);
}

int mbpf_cmd_map_get_fd_by_id(struct mbpf_call *call)
{
	return fd_by_id(call, MBPF_KIND_MAP);
}

int mbpf_cmd_prog_get_fd_by_id(struct mbpf_call *call)
{
	return fd_by_id(call, MBPF_KIND_PROG);
}

int mbpf_cmd_link_get_fd_by_id(struct mbpf_call *call)
{
	return fd_by_id(call, MBPF_KIND_LINK);
}
