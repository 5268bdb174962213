// SPDX-License-Identifier: GPL-2.0-only
/*
 * OBJ_GET_INFO_BY_FD. Fields of the caller's struct that hold addresses and
 * counts say what else is wanted; addresses of the kernel are given only to
 * whom kallsyms would show them.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "btf.h"
#include "info.h"
#include "ioctl.h"
#include "link.h"
#include "map_object.h"
#include "prog_object.h"

int mbpf_info_give_name(u64 to, u32 room, const char *name, u32 *size)
{
	char __user *uname = u64_to_user_ptr(to);

	if (!uname != !room)
		return -EINVAL;
	*size = strlen(name) + 1;
	if (!uname)
		return 0;
	if (copy_to_user(uname, name, min(*size, room)))
		return -EFAULT;
	if (*size <= room)
		return 0;
	return put_user('\0', uname + room - 1) ? -EFAULT : -ENOSPC;
}

/* Reads the caller's struct of @size bytes; what it is too short for is zero. */
static int get_info(const struct mbpf_call *call, void *info, size_t size)
{
	if (call->attr.info.info_len > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(info, size, u64_to_user_ptr(call->attr.info.info),
				     call->attr.info.info_len);
}

static int return_info(struct mbpf_call *call, const void *info, size_t size)
{
	size = min_t(size_t, size, call->attr.info.info_len);
	if (copy_to_user(u64_to_user_ptr(call->attr.info.info), info, size))
		return -EFAULT;
	return mbpf_call_return(call, offsetof(union minibpf_attr, info.info_len), size);
}

static int map_info(struct mbpf_call *call, struct mbpf_map_object *mo)
{
	const struct mbpf_map_attr *attr = &mo->map->attr;
	struct minibpf_map_info info;
	int err = get_info(call, &info, sizeof(info));

	if (err)
		return err;
	memset(&info, 0, sizeof(info));
	info.type = attr->type;
	info.id = mo->obj.id;
	info.key_size = attr->key_size;
	info.value_size = attr->value_size;
	info.max_entries = attr->max_entries;
	info.map_flags = attr->flags;
	memcpy(info.name, attr->name, sizeof(info.name));
	return return_info(call, &info, sizeof(info));
}

static int link_info(struct mbpf_call *call, struct mbpf_link *link)
{
	struct minibpf_link_info in, info = {};
	int err = get_info(call, &in, sizeof(in));

	if (err)
		return err;
	info.type = link->type;
	info.id = link->obj.id;
	info.prog_id = link->prog->obj.id;
	err = link->ops->fill_info(link, &in, &info);
	return err ?: return_info(call, &info, sizeof(info));
}

static int prog_info(struct mbpf_call *call, struct mbpf_prog_object *po)
{
	struct minibpf_prog_info info;
	int err = get_info(call, &info, sizeof(info));

	if (!err)
		err = mbpf_prog_fill_info(po, &info);
	return err ?: return_info(call, &info, sizeof(info));
}

/* Like in-tree, it tells the rest also where the name was cut. */
static int btf_info(struct mbpf_call *call, struct mbpf_object *obj)
{
	struct minibpf_btf_info info;
	int err = get_info(call, &info, sizeof(info)), cut;

	if (err)
		return err;
	cut = mbpf_btf_fill_info(obj, &info);
	if (cut && cut != -ENOSPC)
		return cut;
	return return_info(call, &info, sizeof(info)) ?: cut;
}

int mbpf_cmd_obj_get_info_by_fd(struct mbpf_call *call)
{
	struct mbpf_object *obj;
	int err = -EINVAL;

	obj = mbpf_object_from_fd(call->attr.info.bpf_fd, MBPF_NR_KINDS, NULL);
	if (IS_ERR(obj))
		return obj == ERR_PTR(-EBADF) ? -EBADFD : PTR_ERR(obj);
	switch (obj->ops->kind) {
	case MBPF_KIND_MAP:
		err = map_info(call, mbpf_map_object(obj));
		break;
	case MBPF_KIND_PROG:
		err = prog_info(call, mbpf_prog_object(obj));
		break;
	case MBPF_KIND_LINK:
		err = link_info(call, mbpf_link(obj));
		break;
	case MBPF_KIND_BTF:
		err = btf_info(call, obj);
		break;
	default:
		break;
	}
	mbpf_object_put_user(obj);
	return err;
}
