// SPDX-License-Identifier: GPL-2.0-only
/* PROG_LOAD: a program from user memory; and what it shares with PROG_LOAD_EX. */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "load.h"
#include "map_object.h"

#define LICENSE_SIZE 128	/* as in-tree: a longer one is cut */

int mbpf_load_log_begin(struct mbpf_load_log *log, u32 level, u32 size, u64 buf,
			size_t true_size)
{
	if (!buf != !size)
		return -EINVAL;
	log->buf = buf;
	log->true_size = true_size;
	return mbpf_log_init(&log->log, level, size);
}

static int give_log(struct mbpf_call *call, struct mbpf_load_log *log)
{
	const char *text;
	u32 len, true_size = 0;
	int err;

	if (log->log.level)
		true_size = min_t(u64, log->log.total + 1, U32_MAX);
	err = mbpf_log_finish(&log->log, &text, &len);
	if (len && copy_to_user(u64_to_user_ptr(log->buf), text, len))
		err = -EFAULT;
	if (mbpf_call_return(call, log->true_size, true_size))
		err = -EFAULT;
	mbpf_log_deinit(&log->log);
	return err;
}

int mbpf_load_finish(struct mbpf_call *call, struct mbpf_load_log *log,
		     struct mbpf_prog_object *po)
{
	int err = give_log(call, log);
	int fd;

	if (IS_ERR(po))
		return err ?: PTR_ERR(po);
	fd = err ?: mbpf_object_new_fd(&po->obj, O_RDWR);
	if (fd < 0)
		mbpf_object_put_user(&po->obj);
	return fd;
}

/* The map of a descriptor, or of a descriptor in the caller's fd_array. */
static struct mbpf_map *get_map(void *priv, int fd, bool is_index)
{
	const union minibpf_attr *attr = priv;
	const s32 __user *fds = u64_to_user_ptr(attr->fd_array);
	struct mbpf_map_object *mo;

	if (is_index) {
		if (!attr->fd_array)
			return ERR_PTR(-EPROTO);
		if (fd < 0 || get_user(fd, fds + fd))
			return ERR_PTR(-EFAULT);
	}
	mo = mbpf_map_object_from_fd(fd, NULL);
	if (IS_ERR(mo))
		return ERR_CAST(mo);
	mbpf_object_get(&mo->obj);
	mbpf_object_put_user(&mo->obj);
	return mo->map;
}

/* Fields for things that are not there: debug and type information, devices. */
static bool asks_too_much(const union minibpf_attr *attr)
{
	return attr->prog_flags || attr->prog_ifindex || attr->prog_btf_fd ||
	       attr->func_info_rec_size || attr->func_info || attr->func_info_cnt ||
	       attr->line_info_rec_size || attr->line_info || attr->line_info_cnt ||
	       attr->attach_btf_id || attr->attach_prog_fd || attr->core_relo_cnt ||
	       attr->core_relos || attr->core_relo_rec_size;
}

static struct mbpf_prog_object *load(union minibpf_attr *attr, struct mbpf_prog_source *src,
				     struct mbpf_log *log)
{
	struct mbpf_prog_object *po = ERR_PTR(-EFAULT);
	char license[LICENSE_SIZE];
	size_t size;

	if (!attr->insn_cnt || attr->insn_cnt > MBPF_MAX_INSNS)
		return ERR_PTR(-E2BIG);
	if (strncpy_from_user(license, u64_to_user_ptr(attr->license), sizeof(license) - 1) < 0)
		return ERR_PTR(-EFAULT);
	license[sizeof(license) - 1] = 0;
	size = attr->insn_cnt * sizeof(*src->insns);
	src->insns = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!src->insns)
		return ERR_PTR(-ENOMEM);

	src->license = license;
	src->nr = attr->insn_cnt;
	if (!copy_from_user(src->insns, u64_to_user_ptr(attr->insns), size))
		po = mbpf_prog_object_create(src, log);
	kvfree(src->insns);
	return po;
}

int mbpf_cmd_prog_load(struct mbpf_call *call)
{
	union minibpf_attr *attr = &call->attr;
	struct mbpf_map_source maps = {
		.get = get_map,
		.put = mbpf_prog_put_map,
		.priv = attr,
	};
	struct mbpf_prog_source src = {
		.type = attr->prog_type,
		.attach_type = attr->expected_attach_type,
		.maps = &maps,
	};
	struct mbpf_load_log log;
	int err;

	if (asks_too_much(attr))
		return -EINVAL;
	err = mbpf_name_copy(src.name, attr->prog_name);
	if (err)
		return err;
	err = mbpf_load_log_begin(&log, attr->log_level, attr->log_size, attr->log_buf,
				  offsetof(union minibpf_attr, log_true_size));
	if (err)
		return err;
	return mbpf_load_finish(call, &log, load(attr, &src, &log.log));
}
