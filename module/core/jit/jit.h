/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine code generation: what a back end is given and what it gives back.
 * Back ends are pure: they read a struct mbpf_code and a description of the
 * machine, and write bytes; all of them compile on every host.
 */
#ifndef MBPF_JIT_H
#define MBPF_JIT_H

#include "../os.h"
#include "../prog.h"

/* mbpf_jit_target.features */
#define MBPF_CPU_ZBA		0x0001	/* riscv64 */
#define MBPF_CPU_ZBB		0x0002
#define MBPF_CPU_ZBS		0x0004
#define MBPF_CPU_ZACAS		0x0008
#define MBPF_CPU_BMI2		0x0100	/* x86-64 */
#define MBPF_CPU_MOVBE		0x0200
#define MBPF_CPU_IBT		0x0400	/* endbr64 at every indirect entry */
#define MBPF_CPU_RETPOLINE	0x0800	/* no plain indirect jumps: see @thunk */
#define MBPF_CPU_RETHUNK	0x1000	/* no plain ret: see @return_thunk */

/**
 * struct mbpf_jit_target - the machine and kernel that code is made for
 * @features: MBPF_CPU_*
 * @thunk: x86-64 with RETPOLINE: address that jumps to what is in rax
 * @return_thunk: x86-64 with RETHUNK: address to jump to instead of ret
 * @array_max: offset, in what R2 of a tail call points to, of the u32 number of slots
 * @array_slots: offset there of the first slot, a struct mbpf_prog pointer or NULL
 *
 * Helpers are reached by direct calls where the distance allows, else through
 * a register.
 */
struct mbpf_jit_target {
	u32 features;
	u64 thunk;
	u64 return_thunk;
	u32 array_max;
	u32 array_slots;
};

/**
 * struct mbpf_jit - one compilation under way
 * @code: what to compile
 * @target: for which machine
 * @buf: where bytes go, or NULL in a sizing pass
 * @addr: address at which the first byte will be executed; in a sizing pass
 *        an address no further from the final one than the arena is long
 * @near: what mbpf_jit_init() was told: @addr of the sizing passes. What must
 *        not differ between passes is decided from it
 * @pos: bytes emitted so far
 * @cap: bytes at @buf
 * @longest: every branch takes its longest form: in the first pass, when @off
 *           means nothing yet, and for good when sizes do not settle
 * @off: @code->nr + 1 offsets: where the machine code of each instruction
 *       begins; the last is the end of the last function. A pass reads the
 *       previous pass's values ahead of it and overwrites those behind it
 * @sub_off: @code->nr_subs offsets: entries of the functions (C calling
 *           convention: R1..R5 are the arguments, R0 is the result). These
 *           are what local calls and LDDW of a function refer to
 * @plan: the back end's own; kvfree()d in the end
 * @entry: offset of mbpf_prog.run
 * @tail_entry: offset of mbpf_prog.tail_entry
 * @err: first error; sticks, emitters need no checks
 */
struct mbpf_jit {
	const struct mbpf_code *code;
	const struct mbpf_jit_target *target;
	u8 *buf;
	u64 addr;
	u64 near;
	u32 pos;
	u32 cap;
	bool longest;
	u32 *off;
	u32 *sub_off;
	void *plan;
	u32 entry;
	u32 tail_entry;
	int err;
};

/**
 * struct mbpf_jit_backend - one instruction set
 * @name: "riscv64", "x86_64"
 * @fill: byte pattern of a trapping instruction, for @fill_size bytes
 * @fill_size: bytes at @fill
 * @emit: one pass over the whole program, setting off, sub_off, entry and
 *        tail_entry as it goes. A form may only get shorter as distances do
 */
struct mbpf_jit_backend {
	const char *name;
	u8 fill[4];
	u32 fill_size;
	void (*emit)(struct mbpf_jit *jit);
};

extern const struct mbpf_jit_backend mbpf_jit_riscv64;
extern const struct mbpf_jit_backend mbpf_jit_x86_64;

/**
 * mbpf_jit_init - size a program's machine code
 * @jit: to fill
 * @be: back end
 * @code: verified program; must outlive @jit
 * @target: machine; must outlive @jit
 * @near: any address in the region where the code will be placed
 *
 * Sizing passes repeat until the size settles. The bytes needed are then in
 * @jit->pos.
 *
 * Return: 0, -ENOMEM, -E2BIG if a branch cannot reach, -EINVAL for an
 * instruction the back end does not know (a bug: the verifier let it pass).
 */
int mbpf_jit_init(struct mbpf_jit *jit, const struct mbpf_jit_backend *be,
		  const struct mbpf_code *code,
		  const struct mbpf_jit_target *target, u64 near);
void mbpf_jit_deinit(struct mbpf_jit *jit);

/**
 * mbpf_jit_emit - produce the machine code
 * @jit: after mbpf_jit_init()
 * @be: the same back end
 * @buf: @cap writable bytes, at least what sizing found
 * @cap: bytes at @buf
 * @addr: where the code will be executed; a multiple of 8, for constants in it
 *
 * Return: 0, or -EFAULT if the code came out with another size than before (a bug).
 */
int mbpf_jit_emit(struct mbpf_jit *jit, const struct mbpf_jit_backend *be,
		  u8 *buf, u32 cap, u64 addr);

/* For back ends: append @n bytes of @bytes, little-endian. */
void mbpf_jit_put(struct mbpf_jit *jit, u64 bytes, u32 n);

/* The same from memory. */
void mbpf_jit_put_bytes(struct mbpf_jit *jit, const u8 *bytes, u32 n);

#endif /* MBPF_JIT_H */
