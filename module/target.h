/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine that runs the module, as the JIT needs to know it: target_ARCH.c. */
#ifndef MBPF_TARGET_H
#define MBPF_TARGET_H

#include "core/jit/jit.h"

/* The back end for this machine. */
const struct mbpf_jit_backend *mbpf_target_backend(void);

/* Finds out what the CPUs have and the kernel asks for; the rest is zero. */
void mbpf_target_detect(struct mbpf_jit_target *target);

/*
 * Whether user addresses mean the current task's memory at this instant: not in a kernel
 * thread, nor where its mappings are being exchanged for another's, which an NMI or a probe may
 * interrupt.
 */
bool mbpf_target_has_user_memory(void);

/* After text was written and the instruction cache flushed: what else CPUs need. */
void mbpf_target_sync_text(void);

#endif /* MBPF_TARGET_H */
