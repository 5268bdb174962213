/* SPDX-License-Identifier: GPL-2.0-only */
/* What TASK_FD_QUERY tells of a descriptor. */
#ifndef MBPF_FD_QUERY_H
#define MBPF_FD_QUERY_H

#include <linux/types.h>

/**
 * struct mbpf_fd_query - a program and its place
 * @name: of the place; stays while the object is referenced, never NULL
 * @prog_id: of the program
 * @type: enum minibpf_task_fd_type
 * @offset: bytes from @name
 * @addr: of the place, or 0
 */
struct mbpf_fd_query {
	const char *name;
	u32 prog_id;
	u32 type;
	u64 offset;
	u64 addr;
};

#endif /* MBPF_FD_QUERY_H */
