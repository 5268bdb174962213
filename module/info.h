/* SPDX-License-Identifier: GPL-2.0-only */
/* What OBJ_GET_INFO_BY_FD says of programs, and who may see addresses. */
#ifndef MBPF_INFO_H
#define MBPF_INFO_H

#include <linux/minibpf.h>

struct mbpf_prog_object;

/**
 * mbpf_prog_fill_info - describe a program
 * @po: the program
 * @info: what the caller wants (addresses and counts), and what is given back
 *
 * Return: 0; -EFAULT if something could not be written to where @info says;
 * -ENOMEM.
 */
int mbpf_prog_fill_info(struct mbpf_prog_object *po, struct minibpf_prog_info *info);

/**
 * mbpf_info_give_name - write a name where a caller of OBJ_GET_INFO_BY_FD has room for it
 * @to: the caller's address; 0: only the size is wanted
 * @room: bytes there
 * @name: with a NUL
 * @size: becomes the bytes of @name with its NUL
 *
 * Return: 0; -ENOSPC: it was cut to fit; -EINVAL: one of @to and @room is 0, the other not;
 * -EFAULT.
 */
int mbpf_info_give_name(u64 to, u32 room, const char *name, u32 *size);

/* Whether the current process may see kernel addresses and machine code. */
bool mbpf_may_see_addresses(void);

#endif /* MBPF_INFO_H */
