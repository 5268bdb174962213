/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verifier's walks over the flow of control share. */
#ifndef MBPF_VERIFIER_FLOW_H
#define MBPF_VERIFIER_FLOW_H

#include "verifier_state.h"

/* Jumps and local calls: aux.target is where control goes. */
static inline bool mbpf_flow_has_target(const struct mbpf_insn *insn)
{
	return mbpf_insn_is_jump(insn) || mbpf_insn_is_local_call(insn);
}

/* The worklist; an instruction is in it at most once. */
void mbpf_flow_queue(struct mbpf_verifier *v, u32 i);
u32 mbpf_flow_pop(struct mbpf_verifier *v);

/* The instruction before @i, and whether control falls from it to @i. */
bool mbpf_flow_before(const struct mbpf_verifier *v, u32 i, u32 *before);

/**
 * mbpf_fp_build - find the loads and stores on the own stack
 * @v: fills insn.fp of loads and stores, and slots.read
 *
 * Follows, along the flow of control, which registers hold R10 plus a
 * constant. Return: 0, -ENOMEM.
 */
int mbpf_fp_build(struct mbpf_verifier *v);

#endif /* MBPF_VERIFIER_FLOW_H */
