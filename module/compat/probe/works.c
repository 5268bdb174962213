// SPDX-License-Identifier: GPL-2.0-only
/* Compiles everywhere. Where it does not, the other probes say nothing. */
#include <linux/module.h>
