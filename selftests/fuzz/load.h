/* SPDX-License-Identifier: GPL-2.0-only */
/* Decode, control flow graph and verification, with the time of the last. */
#ifndef FUZZ_LOAD_H
#define FUZZ_LOAD_H

#include "engine.h"

/**
 * struct load - a program under verification
 * @maps: what map descriptor n stands for, @nr_maps of them
 * @nr_maps: how many
 * @code: the program
 * @verify_ns: processor time that verification took
 */
struct load {
	struct mbpf_map *const *maps;
	u32 nr_maps;
	struct mbpf_code code;
	u64 verify_ns;
};

/* 0 or the stage's errno; load_free() it either way. */
int load_verify(struct load *load, const struct mbpf_insn *insns, u32 nr,
		struct mbpf_verify_stats *stats, struct mbpf_log *log);
void load_free(struct load *load);

#endif /* FUZZ_LOAD_H */
