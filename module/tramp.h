/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trampolines: machine code that ftrace lets a function call first thing, made
 * for the programs that run there. tramp_ARCH.c
 *
 * A trampoline builds as much of a struct pt_regs as its programs read, takes
 * the guard against recursion, runs them in order and goes back into the
 * function. It never sleeps, but until the guard is taken, and after it was
 * left, it may be preempted where the kernel preempts itself.
 *
 * That of a return runs no program: it makes the function return to a thunk,
 * which it has from the list of its CPU. See probe_return.h
 */
#ifndef MBPF_TRAMP_H
#define MBPF_TRAMP_H

#include "core/jit/jit.h"
#include "probe.h"

/**
 * struct mbpf_tramp - a trampoline and what it is made from
 * @text: in the arena
 * @size: bytes there
 * @entry: offset of its first instruction
 * @words: of the context that the programs may read, as bits
 * @counts: statistics are on
 * @next: where it goes on: another trampoline, or into the function if 0
 * @ret: of a return: where its target is found, or NULL that is none any more;
 *       else NULL
 * @nr: number of programs
 * @probe: in the order in which their programs run
 */
struct mbpf_tramp {
	u8 *text;
	u32 size;
	u32 entry;
	u64 words;
	bool counts;
	u64 next;
	struct mbpf_target *const *ret;
	u32 nr;
	const struct mbpf_probe *probe[];
};

/* Words of the context, as bits, that a trampoline can give; that a thunk can. */
extern const u64 mbpf_tramp_words;
extern const u64 mbpf_return_words;

/* Does nothing but go back into the function. */
extern const char mbpf_tramp_idle[];

/* Module begin. */
#ifdef CONFIG_RISCV
void mbpf_tramp_init(void);
#else
static inline void mbpf_tramp_init(void) { }
#endif

/* Whether this kernel is one that trampolines are made for. */
bool mbpf_tramp_possible(void);

/**
 * struct mbpf_tramp_code - machine code being written
 * @machine: for which machine
 * @buf: @cap bytes, or NULL to find out how many it takes
 * @cap: bytes at @buf
 * @pos: bytes so far
 * @addr: where the first byte will be executed, a multiple of 8; before that
 *        is known, an address near it
 * @entry: offset of the first instruction
 * @err: first error; sticks
 */
struct mbpf_tramp_code {
	const struct mbpf_jit_target *machine;
	u8 *buf;
	u32 cap;
	u32 pos;
	u64 addr;
	u32 entry;
	int err;
};

/* Appends @n bytes. */
void mbpf_tramp_put(struct mbpf_tramp_code *code, const void *bytes, u32 n);

/**
 * mbpf_tramp_emit - write a trampoline; what it takes does not depend on addresses
 * @code: where to; entry is set
 * @tramp: all but text, size and entry are set
 * @target: whose function
 */
void mbpf_tramp_emit(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
		     const struct mbpf_target *target);

/* Whether the program asks for its function's address, or its cookie. */
bool mbpf_tramp_asks(const struct mbpf_probe *probe, u32 helper);

/* Helpers that find their answer in struct mbpf_run. */
#define MBPF_HELPER_FUNC_IP	173
#define MBPF_HELPER_COOKIE	174

/* What trampolines call when the guard is taken: counts. Preemption is off. */
void mbpf_target_missed(struct mbpf_target *target);

/* What they call when the scheduler is wanted. */
void mbpf_tramp_resched(void);

/*
 * Until no task sits in a trampoline that nothing calls any more, nor in a thunk's
 * end. Where the kernel does not preempt itself, a task there holds its CPU.
 */
void mbpf_tramp_quiesce(void);

#endif /* MBPF_TRAMP_H */
