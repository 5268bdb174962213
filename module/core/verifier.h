/* SPDX-License-Identifier: GPL-2.0-only */
/* The gate: nothing runs that this has not accepted. */
#ifndef MBPF_VERIFIER_H
#define MBPF_VERIFIER_H

#include "prog.h"

struct mbpf_log;
struct mbpf_source_line;

/**
 * struct mbpf_verify_rules - what a program's type and loader allow
 * @ctx_size: bytes of the context that may be read; its words are 8 bytes,
 *            reads are aligned, of 1, 2, 4 or 8 bytes; nothing writes it
 * @gpl: the program's licence is GPL-compatible
 * @perfmon: the loader holds CAP_PERFMON (kernel memory may be read, pointers
 *           may be stored where user space reads them)
 * @write_user: the loader may have user memory written (CAP_SYS_ADMIN)
 * @helper_allowed: whether the program type has helper @id at all; NULL: every known one
 * @find_line: source of instruction @insn, for rejections; false: none is known.
 *             May be NULL
 * @line_priv: for @find_line
 * @ret_min: smallest allowed R0 at the main program's exit, as signed 32 bits
 * @ret_max: largest; @ret_min == @ret_max == 0 means any value
 */
struct mbpf_verify_rules {
	u32 ctx_size;
	bool gpl;
	bool perfmon;
	bool write_user;
	bool (*helper_allowed)(u32 id);
	bool (*find_line)(void *priv, u32 insn, struct mbpf_source_line *line);
	void *line_priv;
	s32 ret_min;
	s32 ret_max;
};

/**
 * struct mbpf_verify_stats - what a verification took
 * @processed: instructions simulated
 * @states: states kept at the end
 * @peak_bytes: most state memory at one time
 */
struct mbpf_verify_stats {
	u64 processed;
	u32 states;
	u64 peak_bytes;
};

/**
 * mbpf_verify - accept a program or say why not
 * @code: after mbpf_code_resolve() and mbpf_cfg_build(); aux facts are filled
 * @rules: what is allowed
 * @log: explains; its last lines say what to change
 * @stats: may be NULL
 *
 * Process context; may take long, honours fatal signals.
 *
 * Return: 0; -EINVAL (malformed, unknown helper, bad types), -EACCES (an access
 * or argument that is not proven safe), -EPERM (needs a privilege), -E2BIG
 * (a limit), -ENOMEM, -EINTR.
 */
int mbpf_verify(struct mbpf_code *code, const struct mbpf_verify_rules *rules,
		struct mbpf_log *log, struct mbpf_verify_stats *stats);

#endif /* MBPF_VERIFIER_H */
