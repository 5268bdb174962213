/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operating system as the core sees it: a closed list of names in Linux's
 * own dialect. In the module they are the kernel's; in user space os_user.h
 * defines exactly those that the core uses, so a name outside the list fails
 * the user-space build. Nothing else in core/ includes a foreign header.
 */
#ifndef MBPF_OS_H
#define MBPF_OS_H

#ifdef __KERNEL__
#include "os_linux.h"
#else
#include "os_user.h"
#endif

/* Of a local variable: too large to be cleared each time, where kernels clear what has no value. */
#if defined(__has_attribute) && __has_attribute(uninitialized)
#define __uninit	__attribute__((uninitialized))
#else
#define __uninit
#endif

#endif /* MBPF_OS_H */
