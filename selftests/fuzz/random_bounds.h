/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random programs whose safety hangs on bounds: numbers are computed, compared
 * and masked in all ways, and then index a map's value or the stack. Whether
 * they can leave it is for the verifier to find out. Needs libc only.
 */
#ifndef FUZZ_RANDOM_BOUNDS_H
#define FUZZ_RANDOM_BOUNDS_H

#include "random_prog.h"

/* Makes the program of @seed; may be accepted or not. */
void random_bounds(struct random_prog *p, uint64_t seed);

/* Changes 1 to 3 instructions of @p at random; @seed says how. */
void random_mutate(struct random_prog *p, uint64_t seed);

#endif /* FUZZ_RANDOM_BOUNDS_H */
