/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes of the fuzzer as a program with its maps: a byte of options, then instructions. */
#ifndef FUZZ_PROG_H
#define FUZZ_PROG_H

#include "random_prog.h"

#define FUZZ_MAX_INSNS	4096

/**
 * struct fuzz_prog - what the bytes mean
 * @row: the program and its maps
 * @insns: its instructions
 * @model: where the maps' initial values are
 */
struct fuzz_prog {
	struct row row;
	struct row_insn insns[FUZZ_MAX_INSNS];
	struct random_prog model;
};

/* Bits of the first byte. The fuzzer decides all else, too. */
#define FUZZ_PERFMON_OFF	0x01
#define FUZZ_EXACT		0x02
#define FUZZ_LOG(options)	((options) >> 2 & 7)
#define FUZZ_LOG_SIZE(options)	(1u << ((options) >> 4 & 15))

/* Fills @p; returns 0 if @size bytes are no program. */
int fuzz_prog(struct fuzz_prog *p, const uint8_t *data, size_t size);

#endif /* FUZZ_PROG_H */
