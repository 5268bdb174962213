/* SPDX-License-Identifier: GPL-2.0-only */
/* struct fd as older kernels have it: before 6.12 its file is a member. */
#ifndef MBPF_COMPAT_FD_H
#define MBPF_COMPAT_FD_H

#include <linux/file.h>

#ifndef fd_file
#define fd_file(f) ((f).file)
#endif

#endif /* MBPF_COMPAT_FD_H */
