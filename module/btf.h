/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's types, at the end of the module and as an object. */
#ifndef MBPF_BTF_H
#define MBPF_BTF_H

#include <linux/minibpf.h>

struct mbpf_object;

/* Removes /sys/kernel/btf/vmlinux if it is the module's. Nobody can make another one any more. */
void mbpf_btf_deinit(void);

/**
 * mbpf_btf_fill_info - describe types
 * @obj: of kind MBPF_KIND_BTF
 * @info: what the caller wants (addresses and sizes), and what is given back
 *
 * Return: 0; -ENOSPC: the name was cut, all else is right; -EINVAL: one of the name's address
 * and size is 0, the other not; -EFAULT.
 */
int mbpf_btf_fill_info(struct mbpf_object *obj, struct minibpf_btf_info *info);

#endif /* MBPF_BTF_H */
