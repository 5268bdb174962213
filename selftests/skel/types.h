/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sleeps.bpf.c needs of the kernel's types, in an order that no kernel has: what is read
 * is right only if libbpf has put the running kernel's offsets in its place.
 */
#ifndef TYPES_H
#define TYPES_H

struct task_struct {
	char comm[16];
	struct task_struct *real_parent;
	int tgid;
	int no_such_field;
};

#endif /* TYPES_H */
