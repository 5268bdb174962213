/* SPDX-License-Identifier: GPL-2.0-only */
/* The tag by which tools tell programs apart. */
#ifndef MBPF_PROG_TAG_H
#define MBPF_PROG_TAG_H

#include "prog_object.h"

struct seq_file;

/**
 * mbpf_prog_tag_get - in-tree's tag of a program
 * @po: the program
 * @tag: set to it
 *
 * It takes a digest of all instructions, so it is made when somebody asks for
 * the first time, and kept. Process context.
 *
 * Return: 0 or -ENOMEM.
 */
int mbpf_prog_tag_get(struct mbpf_prog_object *po, u8 tag[MINIBPF_TAG_SIZE]);

/* The line of fdinfo; nothing if memory is out. */
void mbpf_prog_tag_show(struct mbpf_prog_object *po, struct seq_file *seq);

#endif /* MBPF_PROG_TAG_H */
