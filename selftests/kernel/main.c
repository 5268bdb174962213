// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests that run in a guest, each on /dev/minibpf and on bpf(2). In-tree
 * BPF is the oracle: what it does not pass is a wrong test, or a difference
 * that DENYLIST names.
 */
#include "backend.h"

#include "map.c"
#include "ringbuf.c"
#include "attach.c"
#include "object.c"
#include "pin.c"
#include "attr.c"
#include "prog.c"
#include "helper.c"
#include "event.c"
#include "event_info.c"
#include "stack.c"
#include "strategy.c"
#include "stats.c"
#include "types.c"
#include "stress.c"
#include "stress_close.c"
#include "returns.c"
#include "returns_beside.c"
#include "run_rows.c"
#include "run_random.c"
#include "load_ex.c"
#include "stress_fault.c"
#include "lockdown.c"

TEST_HARNESS_MAIN
