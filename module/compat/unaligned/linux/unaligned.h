/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the kernel has it elsewhere: see compat/probe/unaligned.c. */
#include <asm/unaligned.h>
