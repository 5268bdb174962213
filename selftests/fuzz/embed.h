/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State embedding: the abstract states that the verifier recorded for a
 * program, and the check that each state of the running program lies in one of
 * them.
 */
#ifndef FUZZ_EMBED_H
#define FUZZ_EMBED_H

#include "row_maps.h"

/**
 * struct embed_count - what was checked since the start
 * @insns: executed instructions whose state was looked for
 * @values: registers and stack slots compared with what is known of them
 * @accesses: loads, stores and atomics whose address was checked
 */
struct embed_count {
	u64 insns;
	u64 values;
	u64 accesses;
};

extern struct embed_count embed_count;

/* Records from now on what this thread verifies; @exact: see below. */
void embed_record(u32 nr_insns, bool exact);

/**
 * embed_run - run a program that was verified since embed_record()
 * @r: the program and its maps
 * @ctx: UNIT_CTX_SIZE bytes
 *
 * With @exact, where the verifier cut no path short but those of which it had
 * seen every value, every live register and stack slot must lie in the states;
 * else pointers only. The facts for the back ends must be true in any case.
 *
 * Return: true; false, with a message, if the program left its states or its
 * objects, or did not end.
 */
bool embed_run(struct unit_row *r, void *ctx);

void embed_forget(void);

#endif /* FUZZ_EMBED_H */
