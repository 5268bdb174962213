/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of /dev/minibpf and what each is handed. */
#ifndef MBPF_IOCTL_H
#define MBPF_IOCTL_H

#include <linux/fs.h>
#include <linux/minibpf.h>

/**
 * struct mbpf_call - one command under way
 * @attr: the caller's attr, zeroes where it was shorter
 * @uattr: where it came from
 * @size: bytes that the caller has there
 */
struct mbpf_call {
	union minibpf_attr attr;
	union minibpf_attr __user *uattr;
	u32 size;
};

/**
 * mbpf_call_return - give a result field back to the caller
 * @call: the command
 * @offset: of the field in the attr
 * @value: what to put there
 *
 * Does nothing if the caller's attr is too short to have the field.
 * Return: 0 or -EFAULT.
 */
int mbpf_call_return(struct mbpf_call *call, size_t offset, u32 value);

/* Takes a name of at most 15 of [A-Za-z0-9_.] over, NUL-padded; -EINVAL for others. */
int mbpf_name_copy(char *to, const char *from);

long mbpf_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* One function a command; each returns a descriptor, 0 or an errno. */
int mbpf_cmd_map_create(struct mbpf_call *call);
int mbpf_cmd_map_lookup_elem(struct mbpf_call *call);
int mbpf_cmd_map_update_elem(struct mbpf_call *call);
int mbpf_cmd_map_delete_elem(struct mbpf_call *call);
int mbpf_cmd_map_get_next_key(struct mbpf_call *call);
int mbpf_cmd_map_lookup_and_delete_elem(struct mbpf_call *call);
int mbpf_cmd_map_lookup_batch(struct mbpf_call *call);
int mbpf_cmd_map_lookup_and_delete_batch(struct mbpf_call *call);
int mbpf_cmd_map_update_batch(struct mbpf_call *call);
int mbpf_cmd_map_delete_batch(struct mbpf_call *call);
int mbpf_cmd_map_freeze(struct mbpf_call *call);
int mbpf_cmd_prog_load(struct mbpf_call *call);
int mbpf_cmd_prog_load_ex(struct mbpf_call *call);
int mbpf_cmd_prog_attach(struct mbpf_call *call);
int mbpf_cmd_prog_detach(struct mbpf_call *call);
int mbpf_cmd_prog_test_run(struct mbpf_call *call);
int mbpf_cmd_link_create(struct mbpf_call *call);
int mbpf_cmd_raw_tracepoint_open(struct mbpf_call *call);
int mbpf_cmd_event_open(struct mbpf_call *call);
int mbpf_cmd_enable_stats(struct mbpf_call *call);
int mbpf_cmd_task_fd_query(struct mbpf_call *call);
int mbpf_cmd_kernel_btf(struct mbpf_call *call);
int mbpf_cmd_link_detach(struct mbpf_call *call);
int mbpf_cmd_obj_pin(struct mbpf_call *call);
int mbpf_cmd_obj_get(struct mbpf_call *call);
int mbpf_cmd_obj_get_info_by_fd(struct mbpf_call *call);
int mbpf_cmd_map_get_next_id(struct mbpf_call *call);
int mbpf_cmd_prog_get_next_id(struct mbpf_call *call);
int mbpf_cmd_link_get_next_id(struct mbpf_call *call);
int mbpf_cmd_btf_get_next_id(struct mbpf_call *call);
int mbpf_cmd_btf_get_fd_by_id(struct mbpf_call *call);
int mbpf_cmd_map_get_fd_by_id(struct mbpf_call *call);
int mbpf_cmd_prog_get_fd_by_id(struct mbpf_call *call);
int mbpf_cmd_link_get_fd_by_id(struct mbpf_call *call);

#endif /* MBPF_IOCTL_H */
