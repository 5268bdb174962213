// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dispatch: which function serves a command and how much of the attr it
 * knows. Sizes are judged as bpf(2) does.
 */
#include <linux/ctype.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"

/**
 * struct command - one row of the table
 * @run: the function
 * @size: bytes of the attr up to the last field that the command knows; those
 *        behind it must be zero
 */
struct command {
	int (*run)(struct mbpf_call *call);
	u32 size;
};

#define COMMAND(name, function, last)							\
	[MINIBPF_##name & 0xff] = {							\
		.run = mbpf_cmd_##function,						\
		.size = offsetofend(union minibpf_attr, last) +				\
			BUILD_BUG_ON_ZERO(offsetofend(union minibpf_attr, last) % 4),	\
	}

static const struct command commands[256] = {
	COMMAND(MAP_CREATE, map_create, btf_value_type_id),
	COMMAND(MAP_LOOKUP_ELEM, map_lookup_elem, flags),
	COMMAND(MAP_UPDATE_ELEM, map_update_elem, flags),
	COMMAND(MAP_DELETE_ELEM, map_delete_elem, key),
	COMMAND(MAP_GET_NEXT_KEY, map_get_next_key, next_key),
	COMMAND(MAP_LOOKUP_AND_DELETE_ELEM, map_lookup_and_delete_elem, flags),
	COMMAND(MAP_LOOKUP_BATCH, map_lookup_batch, batch.flags),
	COMMAND(MAP_LOOKUP_AND_DELETE_BATCH, map_lookup_and_delete_batch, batch.flags),
	COMMAND(MAP_UPDATE_BATCH, map_update_batch, batch.flags),
	COMMAND(MAP_DELETE_BATCH, map_delete_batch, batch.flags),
	COMMAND(MAP_FREEZE, map_freeze, map_fd),
	COMMAND(PROG_LOAD, prog_load, log_true_size),
	COMMAND(PROG_LOAD_EX, prog_load_ex, ex_flags),
	COMMAND(PROG_TEST_RUN, prog_test_run, test.batch_size),
	COMMAND(PROG_ATTACH, prog_attach, prog_fd),
	COMMAND(PROG_DETACH, prog_detach, prog_fd),
	COMMAND(LINK_CREATE, link_create, link_create.kprobe_multi.cookies),
	COMMAND(RAW_TRACEPOINT_OPEN, raw_tracepoint_open, raw_tracepoint.cookie),
	COMMAND(EVENT_OPEN, event_open, event_open.flags),
	COMMAND(ENABLE_STATS, enable_stats, enable_stats.type),
	COMMAND(TASK_FD_QUERY, task_fd_query, task_fd_query.probe_addr),
	COMMAND(KERNEL_BTF, kernel_btf, kernel_btf.pad),
	COMMAND(LINK_DETACH, link_detach, link_detach.link_fd),
	COMMAND(OBJ_PIN, obj_pin, file_flags),
	COMMAND(OBJ_GET, obj_get, file_flags),
	COMMAND(OBJ_GET_INFO_BY_FD, obj_get_info_by_fd, info.info),
	COMMAND(MAP_GET_NEXT_ID, map_get_next_id, next_id),
	COMMAND(PROG_GET_NEXT_ID, prog_get_next_id, next_id),
	COMMAND(LINK_GET_NEXT_ID, link_get_next_id, next_id),
	COMMAND(BTF_GET_NEXT_ID, btf_get_next_id, next_id),
	COMMAND(BTF_GET_FD_BY_ID, btf_get_fd_by_id, start_id),
	COMMAND(MAP_GET_FD_BY_ID, map_get_fd_by_id, open_flags),
	COMMAND(PROG_GET_FD_BY_ID, prog_get_fd_by_id, prog_id),
	COMMAND(LINK_GET_FD_BY_ID, link_get_fd_by_id, link_id),
};

/* What libraries pass for one element; that of all commands is the whole of the attr. */
#define SHORT_SIZE offsetofend(union minibpf_attr, flags)

/*
 * Zero-extends what the caller has, judging sizes as bpf(2) does. A size that the compiler
 * knows takes none of the checks of others.
 */
static int get_attr(struct mbpf_call *call)
{
	if (call->size == sizeof(call->attr))
		return copy_from_user(&call->attr, call->uattr, sizeof(call->attr)) ? -EFAULT : 0;
	if (call->size == SHORT_SIZE) {
		memset((void *)&call->attr + SHORT_SIZE, 0, sizeof(call->attr) - SHORT_SIZE);
		return copy_from_user(&call->attr, call->uattr, SHORT_SIZE) ? -EFAULT : 0;
	}
	return copy_struct_from_user(&call->attr, sizeof(call->attr), call->uattr, call->size);
}

/* Whether all but the first @known bytes, a multiple of 4, are zero. */
static bool ends_in_zeroes(const union minibpf_attr *attr, u32 known)
{
	const u64 *word = (const u64 *)((const u8 *)attr + round_up(known, 8));
	u64 any = known & 4 ? *(const u32 *)((const u8 *)attr + known) : 0;

	for (; word != (const u64 *)(attr + 1); word++)
		any |= *word;
	return !any;
}

long mbpf_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct command *command = &commands[_IOC_NR(cmd)];
	struct mbpf_call call;
	int err;

	if (_IOC_TYPE(cmd) != MINIBPF_MAGIC)
		return -ENOTTY;
	call.uattr = (union minibpf_attr __user *)arg;
	call.size = _IOC_SIZE(cmd);
	if (call.size > PAGE_SIZE)
		return -E2BIG;
	err = get_attr(&call);
	if (err)
		return err;
	if (!command->run)
		return -EINVAL;
	if (!ends_in_zeroes(&call.attr, command->size))
		return -EINVAL;
	return command->run(&call);
}

int mbpf_call_return(struct mbpf_call *call, size_t offset, u32 value)
{
	if (offset + sizeof(value) > call->size)
		return 0;
	return put_user(value, (u32 __user *)((void __user *)call->uattr + offset));
}

int mbpf_name_copy(char *to, const char *from)
{
	u32 i;

	memset(to, 0, MINIBPF_OBJ_NAME_LEN);
	for (i = 0; i < MINIBPF_OBJ_NAME_LEN; i++) {
		if (!from[i])
			return 0;
		if ((!isascii(from[i]) || !isalnum(from[i])) && from[i] != '_' && from[i] != '.')
			return -EINVAL;
		to[i] = from[i];
	}
	return -EINVAL;
}
