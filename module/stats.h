/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run statistics: how often programs run and how long that takes. Off, they
 * cost nothing: a jump that is not there, and trampolines that go straight to
 * the programs.
 */
#ifndef MBPF_STATS_H
#define MBPF_STATS_H

#include <linux/jump_label.h>

#include "prog_object.h"

DECLARE_STATIC_KEY_FALSE(mbpf_stats_on);

/**
 * mbpf_stats_run - run a program and count it if statistics are on
 * @ctx: its context
 * @prog: the program
 *
 * As mbpf_prog.run, whose place it takes in trampolines that were made while
 * statistics were on. Under the guard of run.h, so one CPU's counters have one
 * writer. A program that a tail call leads to counts as part of the first.
 *
 * Return: what the program returns.
 */
u64 mbpf_stats_run(void *ctx, const struct mbpf_prog *prog);

/* mbpf_prog_run(), counted if that is wanted. */
static __always_inline u64 mbpf_prog_object_run(const struct mbpf_prog_object *po, void *ctx)
{
	if (static_branch_unlikely(&mbpf_stats_on))
		return mbpf_stats_run(ctx, &po->prog);
	return mbpf_prog_run(&po->prog, ctx);
}

#endif /* MBPF_STATS_H */
