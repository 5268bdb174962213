/* SPDX-License-Identifier: GPL-2.0-only */
/* What PROG_LOAD and PROG_LOAD_EX have in common: the log and the end. */
#ifndef MBPF_LOAD_H
#define MBPF_LOAD_H

#include "core/log.h"
#include "ioctl.h"
#include "prog_object.h"

/**
 * struct mbpf_load_log - the log of a load and where it goes
 * @log: for the core
 * @buf: the user's buffer
 * @true_size: offset in the attr of the field that takes the log's size
 */
struct mbpf_load_log {
	struct mbpf_log log;
	u64 buf;
	size_t true_size;
};

/* Judges the log fields as bpf(2) does: 0 or -EINVAL. */
int mbpf_load_log_begin(struct mbpf_load_log *log, u32 level, u32 size, u64 buf,
			size_t true_size);

/**
 * mbpf_load_finish - the end of a load: log to the user, program to a descriptor
 * @call: the command
 * @log: which is freed
 * @po: the program, or ERR_PTR; the descriptor takes it over or it goes
 *
 * Return: the descriptor; -ENOSPC or -EFAULT if the log could not be given
 * back; else @po's error.
 */
int mbpf_load_finish(struct mbpf_call *call, struct mbpf_load_log *log,
		     struct mbpf_prog_object *po);

#endif /* MBPF_LOAD_H */
