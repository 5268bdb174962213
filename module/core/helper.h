/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helper functions: one table row each, with what the verifier must hold of
 * arguments and result. Ids and semantics are Linux's.
 */
#ifndef MBPF_HELPER_H
#define MBPF_HELPER_H

#include "os.h"

/* What an argument must be. */
enum mbpf_arg {
	MBPF_ARG_NONE,		/* the helper does not take it */
	MBPF_ARG_ANY,		/* any initialised value, pointers included */
	MBPF_ARG_ANY_UNINIT,	/* read, but need not be initialised: printf's variable part */
	MBPF_ARG_SCALAR,	/* any initialised scalar */
	MBPF_ARG_CTX,		/* the program's context, unmodified */
	MBPF_ARG_MAP,		/* a map, by LDDW */
	MBPF_ARG_MAP_KEY,	/* readable memory of the map's key size */
	MBPF_ARG_MAP_VALUE,	/* readable memory of the map's value size */
	MBPF_ARG_MEM,		/* readable memory; the next argument is its size */
	MBPF_ARG_MEM_NULL,	/* the same, or NULL with size 0 */
	MBPF_ARG_MEM_UNINIT,	/* memory that the helper fills; size follows */
	MBPF_ARG_MEM_UNINIT_NULL,	/* the same, or NULL with size 0 */
	MBPF_ARG_SIZE,		/* size of the memory before it, at least 1 */
	MBPF_ARG_SIZE_ZERO,	/* size of the memory before it, 0 allowed */
	MBPF_ARG_CONST_STR,	/* NUL-terminated text in a frozen read-only map */
	MBPF_ARG_CALLBACK,	/* a function, by LDDW of MBPF_PSEUDO_FUNC */
	MBPF_ARG_CONST_SIZE,	/* a constant: bytes of the record that is returned */
	MBPF_ARG_RECORD,	/* a record, as it was returned; it is gone afterwards */
	MBPF_ARG_STACK_OR_NULL,	/* pointer to the stack, or 0: a callback's own ctx */
};

/* What R0 holds afterwards. */
enum mbpf_ret {
	MBPF_RET_SCALAR,
	MBPF_RET_VOID,
	MBPF_RET_MAP_VALUE_OR_NULL,	/* of the map in R1 */
	MBPF_RET_RECORD_OR_NULL,	/* of a RINGBUF, to be given back by the program */
};

/* mbpf_helper.flags */
#define MBPF_HELPER_GPL		0x01	/* only for GPL-compatible programs */
#define MBPF_HELPER_PERFMON	0x02	/* reads kernel memory: CAP_PERFMON, lockdown */
#define MBPF_HELPER_TAIL_CALL	0x04	/* engines implement it; fn is NULL */
#define MBPF_HELPER_CTX_TOKEN	0x08	/* takes the context, but reads nothing of it */
#define MBPF_HELPER_WRITES_USER	0x10	/* writes user memory: CAP_SYS_ADMIN, lockdown */

/* Rounds that the loop helper makes at most */
#define MBPF_MAX_LOOPS (8 * 1024 * 1024)

/* What machine code does in place of a call, if the machine's description says how. */
enum mbpf_helper_inline {
	MBPF_HELPER_CALLED,	/* nothing */
	MBPF_HELPER_CPU_ID,	/* number of the CPU */
	MBPF_HELPER_TASK,	/* address of the current task */
	MBPF_HELPER_PID_TGID,	/* the two numbers that lie side by side in it */
	MBPF_HELPER_JIFFIES,	/* a variable of 64 bits */
};

typedef u64 (*mbpf_helper_fn)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

/**
 * struct mbpf_callee - a BPF function that a helper calls back
 * @call: runs it with R1..R4 and returns its R0
 *
 * Engines embed it in what they need to run the function.
 */
struct mbpf_callee {
	u64 (*call)(const struct mbpf_callee *callee, u64 r1, u64 r2, u64 r3, u64 r4);
};

/**
 * struct mbpf_helper - one helper function
 * @name: without the prefix: "map_lookup_elem"
 * @fn: the implementation for machine code and for helpers without callback;
 *      where an argument is a callback, it is its machine address
 * @iterate: helpers with a callback only: the implementation proper, given
 *           the callee and R1..R4, of which the one that is the callback is
 *           ignored
 * @ret: enum mbpf_ret
 * @callback: which argument (0-based) is the callback, for @iterate
 * @flags: MBPF_HELPER_*
 * @as: enum mbpf_helper_inline
 * @arg: enum mbpf_arg each
 */
struct mbpf_helper {
	const char *name;
	mbpf_helper_fn fn;
	u64 (*iterate)(const struct mbpf_callee *callee, u64 r1, u64 r2, u64 r3, u64 r4);
	u8 ret;
	u8 callback;
	u8 flags;
	u8 as;
	u8 arg[5];
};

#define MBPF_NR_HELPERS 196

/* By id; rows without a name are of helpers that there are not. */
extern const struct mbpf_helper mbpf_helpers[MBPF_NR_HELPERS];

/* The row of helper @id, or NULL. */
static inline const struct mbpf_helper *mbpf_helper_find(u32 id)
{
	const struct mbpf_helper *helper;

	if (id >= MBPF_NR_HELPERS)
		return NULL;
	helper = &mbpf_helpers[id];
	return helper->name ? helper : NULL;
}

/* Name of helper @id ("map_lookup_elem"), or NULL. */
const char *mbpf_helper_name(u32 id);

#endif /* MBPF_HELPER_H */
