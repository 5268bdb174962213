/* SPDX-License-Identifier: GPL-2.0-only */
/* What the helpers need set up; the helpers themselves are in core/helper_os.h. */
#ifndef MBPF_HELPERS_H
#define MBPF_HELPERS_H

void mbpf_helpers_init(void);

/* Signals that wait to be sent; the second when no program runs any more. */
void mbpf_helpers_task_init(void);
void mbpf_helpers_task_deinit(void);

/* The trace instance "minibpf". Without one programs run and trace nothing. */
int mbpf_trace_init(void);
void mbpf_trace_deinit(void);

#endif /* MBPF_HELPERS_H */
