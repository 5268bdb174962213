// SPDX-License-Identifier: GPL-2.0-only
/* 5f60d5f6bbc1 "move asm/unaligned.h to linux/unaligned.h" (v6.12). */
#include <linux/unaligned.h>
