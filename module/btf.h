/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's types, at the end of the module. */
#ifndef MBPF_BTF_H
#define MBPF_BTF_H

/* Removes /sys/kernel/btf/vmlinux if it is the module's. Nobody can make another one any more. */
void mbpf_btf_deinit(void);

#endif /* MBPF_BTF_H */
