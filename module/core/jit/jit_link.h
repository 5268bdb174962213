/* SPDX-License-Identifier: GPL-2.0-only */
/* From generated code to code of its final size. */
#ifndef MBPF_JIT_LINK_H
#define MBPF_JIT_LINK_H

#include "jit.h"

/* Lets references grow until all reach; makes all offsets final. */
void mbpf_jit_relax(struct mbpf_jit *jit, const struct mbpf_jit_backend *be);

#endif /* MBPF_JIT_LINK_H */
