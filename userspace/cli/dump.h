/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A program as the system gives it, for `minibpf prog dump`. */
#ifndef CLI_DUMP_H
#define CLI_DUMP_H

#include <stdint.h>

#define DUMP_MAX_FUNCS 256

/**
 * struct dump - a program's instructions, and its machine code
 * @insns: @nr_insns slots of 8 bytes; from malloc(), as are the following
 * @nr_insns: how many
 * @code: @len bytes of machine code, or NULL
 * @len: how many
 * @lines: addresses of the code of the first @nr_lines slots
 * @nr_lines: how many
 * @addrs: of @nr functions
 * @lens: of these, in bytes
 * @nr: how many
 */
struct dump {
	uint8_t *insns;
	uint32_t nr_insns;
	uint8_t *code;
	uint32_t len;
	uint64_t *lines;
	uint32_t nr_lines;
	uint64_t addrs[DUMP_MAX_FUNCS];
	uint32_t lens[DUMP_MAX_FUNCS];
	uint32_t nr;
};

/* Prints the machine code, each instruction's behind its text. */
void dump_jited(const struct dump *d);

#endif /* CLI_DUMP_H */
