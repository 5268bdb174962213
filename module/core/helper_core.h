/* SPDX-License-Identifier: GPL-2.0-only */
/* The helpers that need nothing of the operating system, for helper.c's table. */
#ifndef MBPF_HELPER_CORE_H
#define MBPF_HELPER_CORE_H

#include "helper.h"

#define MBPF_HELPER_CORE(name) \
	u64 mbpf_helper_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)

MBPF_HELPER_CORE(map_lookup_elem);	/* (map, key): the value or NULL */
MBPF_HELPER_CORE(map_update_elem);	/* (map, key, value, flags): 0 or errno */
MBPF_HELPER_CORE(map_delete_elem);	/* (map, key): 0 or errno */
MBPF_HELPER_CORE(map_lookup_percpu_elem);	/* (map, key, cpu): the value or NULL */

/*
 * (map, callback, ctx, flags) and (rounds, callback, ctx, flags): calls made,
 * -EINVAL for flags, -E2BIG above MBPF_MAX_LOOPS. The callback ends it by
 * returning non-zero.
 */
MBPF_HELPER_CORE(for_each_map_elem);
MBPF_HELPER_CORE(loop);

/*
 * RINGBUFs. reserve (map, size, flags): a record or NULL; submit, discard
 * (record, flags); output (map, data, size, flags): 0, -EAGAIN if there is no
 * room, -EINVAL for flags; query (map, enum mbpf_ringbuf_query).
 */
MBPF_HELPER_CORE(ringbuf_output);
MBPF_HELPER_CORE(ringbuf_reserve);
MBPF_HELPER_CORE(ringbuf_submit);
MBPF_HELPER_CORE(ringbuf_discard);
MBPF_HELPER_CORE(ringbuf_query);

/*
 * (ctx, map, flags): the number that the stack trace has in a STACK_TRACE; -EINVAL flags;
 * -EFAULT no more addresses than flags leave out; -EEXIST another trace has that number;
 * -ENOMEM. (ctx, buf, bytes at buf, flags): bytes of addresses, zeroes behind them;
 * -EINVAL flags, or bytes that are no multiple of 8; -EFAULT fewer than are left out.
 */
MBPF_HELPER_CORE(get_stackid);
MBPF_HELPER_CORE(get_stack);

/* (str, size, fmt, args, bytes at args): length with NUL of the whole text. */
MBPF_HELPER_CORE(snprintf);

/* (s1, size, s2): -1, 0 or 1 */
MBPF_HELPER_CORE(strncmp);

/* The two that call back, for engines that cannot give a machine address. */
u64 mbpf_helper_for_each_map_elem_iterate(const struct mbpf_callee *callee,
					  u64 r1, u64 r2, u64 r3, u64 r4);
u64 mbpf_helper_loop_iterate(const struct mbpf_callee *callee,
			     u64 r1, u64 r2, u64 r3, u64 r4);

#endif /* MBPF_HELPER_CORE_H */
