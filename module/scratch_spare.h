/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory that is kept from one load to the next. */
#ifndef MBPF_SCRATCH_SPARE_H
#define MBPF_SCRATCH_SPARE_H

/* Frees it; nothing is loaded any more. */
void mbpf_scratch_spare_deinit(void);

#endif /* MBPF_SCRATCH_SPARE_H */
