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

/* Whether the current process may see kernel addresses and machine code. */
bool mbpf_may_see_addresses(void);

#endif /* MBPF_INFO_H */
