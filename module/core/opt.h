/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Passes over verified programs. Each turns facts into annotations for the
 * back ends, which the interpreter does not look at; what a program computes
 * stays the same. Each is linear in the program's length.
 */
#ifndef MBPF_OPT_H
#define MBPF_OPT_H

#include "prog.h"

/**
 * mbpf_opt_lookup - do without helpers where a map's description says how
 * @code: verified; machine code is made of it next
 * @percpu: the back end has a way to per-CPU addresses
 *
 * May be called again; does nothing then.
 *
 * Return: 0 or -ENOMEM.
 */
int mbpf_opt_lookup(struct mbpf_code *code, bool percpu);

/* Mark calls of the loop helper that machine code does itself. */
void mbpf_opt_loop(struct mbpf_code *code);

/* Let tail calls with a known slot read it without a look at the map. */
void mbpf_opt_tail(struct mbpf_code *code);

/* Drop what only computes what nobody reads, and stores of it to the stack. After the others. */
void mbpf_opt_dead(struct mbpf_code *code);

/**
 * mbpf_opt_run - all passes, in their order
 * @code: verified; machine code is made of it next
 * @percpu: as for mbpf_opt_lookup()
 *
 * Return: 0 or -ENOMEM.
 */
static inline int mbpf_opt_run(struct mbpf_code *code, bool percpu)
{
	int err = mbpf_opt_lookup(code, percpu);

	if (err)
		return err;
	mbpf_opt_loop(code);
	mbpf_opt_tail(code);
	mbpf_opt_dead(code);
	return 0;
}

#endif /* MBPF_OPT_H */
