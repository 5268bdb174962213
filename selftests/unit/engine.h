/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs loaded and run in this process, by the interpreter and this machine's JIT. */
#ifndef UNIT_ENGINE_H
#define UNIT_ENGINE_H

#include "common.h"
#include "insn.h"
#include "jit.h"
#include "map.h"
#include "prog.h"
#include "verifier.h"

#define UNIT_CTX_SIZE 168	/* a pt_regs of x86-64 */

/**
 * struct unit_engine - a way to run a program
 * @name: for messages
 * @backend: NULL: the interpreter
 * @features: MBPF_CPU_*, all of them this machine's
 * @far: place the code where direct calls do not reach
 * @optimise: run the passes of opt.h first; what they annotate stays, so that
 *            engines without come before those with
 */
struct unit_engine {
	const char *name;
	const struct mbpf_jit_backend *backend;
	u32 features;
	bool far;
	bool optimise;
};

/* Engines that this machine can run; the interpreter is the first. */
extern const struct unit_engine unit_engines[];
extern const u32 unit_nr_engines;
bool unit_engine_runs(const struct unit_engine *engine);

/* Makes the calling thread be on CPU @cpu, also to machine code. */
void unit_set_cpu(u32 cpu);

/* The description that the module would give the JIT, with test thunks. */
struct mbpf_jit_target unit_jit_target(u32 features);

/**
 * struct unit_prog - a loaded program
 * @prog: what runs, in the interpreter unless unit_prog_jit() succeeded
 * @maps: what map descriptor n stands for; the caller's
 * @nr_maps: how many
 * @text: machine code, @text_size bytes
 */
struct unit_prog {
	struct mbpf_prog prog;
	struct mbpf_map *const *maps;
	u32 nr_maps;
	u8 *text;
	u32 text_size;
};

/* What a kprobe program of a privileged, GPL-compatible loader may do. */
extern const struct mbpf_verify_rules unit_rules;

/**
 * unit_prog_load - decode, check and verify
 * @p: to fill; unit_prog_unload() it even after an error
 * @insns: @nr slots
 * @nr: number of slots
 * @maps: what map descriptor n stands for, @nr_maps of them
 * @nr_maps: how many
 * @rules: for the verifier; NULL: unit_rules
 * @log: may be NULL
 *
 * Return: 0 or the stage's errno.
 */
int unit_prog_load(struct unit_prog *p, const struct row_insn *insns, u32 nr,
		   struct mbpf_map *const *maps, u32 nr_maps,
		   const struct mbpf_verify_rules *rules, struct mbpf_log *log);
void unit_prog_unload(struct unit_prog *p);

/*
 * Makes the program run on @engine. Machine code stays until
 * unit_text_release() of a mark taken before.
 */
int unit_prog_engine(struct unit_prog *p, const struct unit_engine *engine);
size_t unit_text_mark(void);
void unit_text_release(size_t mark);

/* Prints a program, with the number of each instruction. */
void unit_prog_print(FILE *out, const struct row_insn *insns, u32 nr);

/*
 * If the process dies of a signal from now on, @note is called first. NULL:
 * nothing is.
 */
void unit_on_crash(void (*note)(void));

#endif /* UNIT_ENGINE_H */
