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

/* mbpf_jit_target.has: what of the kernel machine code may look at itself */
#define MBPF_JIT_HAS_CPU	0x1	/* @cpu_id, @cpu_offset */
#define MBPF_JIT_HAS_TASK	0x2	/* @task, @task_pid */
#define MBPF_JIT_HAS_JIFFIES	0x4	/* @jiffies */

/**
 * struct mbpf_jit_target - the machine and kernel that code is made for
 * @features: MBPF_CPU_*
 * @thunk: x86-64 with RETPOLINE: address that jumps to what is in rax
 * @return_thunk: x86-64 with RETHUNK: address to jump to instead of ret
 * @array_max: offset, in what R2 of a tail call points to, of the u32 number of slots
 * @array_slots: offset there of the first slot, a pointer to a struct mbpf_prog that has machine
 *               code, or NULL
 * @has: MBPF_JIT_HAS_*: which of the following are set
 * @cpu_id: where the number of the CPU that runs is, a u32: distance from tp,
 *          or from the base of gs
 * @cpu_offset: what has to be added to a per-CPU address to get the CPU's
 *              variable, a u64. riscv64: address of an array of them, by CPU
 *              number. x86-64: its own distance from the base of gs
 * @task: x86-64: where a pointer to the current task is, distance from the
 *        base of gs. On riscv64 tp is that pointer
 * @task_pid: distance from it to two u32, the id of the thread and the process
 * @jiffies: address of a u64
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
	u32 has;
	u32 cpu_id;
	u64 cpu_offset;
	u32 task;
	u32 task_pid;
	u64 jiffies;
};

/* What a reference is to. */
enum mbpf_jit_to {
	MBPF_JIT_TO_INSN,	/* the code of an instruction */
	MBPF_JIT_TO_SUB,	/* a function's entry */
	MBPF_JIT_TO_WRAPPER,	/* what stands before it: mbpf_jit.wrapper bytes */
	MBPF_JIT_TO_POOL,	/* a literal */
	MBPF_JIT_TO_ADDR,	/* an address outside the code */
};

/**
 * struct mbpf_jit_ref - a piece of code that depends on a distance
 * @to: index of the instruction, function or literal, or the address
 * @pos: where it begins, with all references as short as they may be
 * @operand: the back end's: what is needed to write it
 * @grown: bytes that references before this one have grown by
 * @passed: how many references begin before the target
 * @what: enum mbpf_jit_to
 * @kind: the back end's
 * @min: its shortest form, which is what is left free for it
 * @size: bytes it takes; begins as @min and grows
 */
struct mbpf_jit_ref {
	u64 to;
	u32 pos;
	u32 operand;
	u32 grown;
	u32 passed;
	u8 what;
	u8 kind;
	u8 min;
	u8 size;
};

#define MBPF_JIT_MAX_LITERALS 64

/* Bytes that back ends may write before they ask for room again. */
#define MBPF_JIT_ROOM 256

/**
 * struct mbpf_jit - one compilation under way
 * @code: what to compile
 * @scratch: its load's memory, of which is all but @off
 * @mark: @scratch before
 * @target: for which machine
 * @buf: code as it is generated, references in their shortest form
 * @near: an address no further from the final one than the arena is long
 * @pos: bytes of code so far; in the end, of code and literals
 * @cap: bytes at @buf
 * @off: @code->nr + 1 offsets: where the machine code of each instruction
 *       begins; the last is the end of the last function
 * @sub_off: @code->nr_subs offsets: entries of the functions (C calling
 *           convention: R1..R5 are the arguments, R0 is the result). These
 *           are what local calls and LDDW of a function refer to. Behind @off
 * @refs: @nr_refs references, in ascending order
 * @nr_refs: how many
 * @cap_refs: for how many there is room
 * @wrapper: bytes of code before functions that MBPF_JIT_TO_WRAPPER refers to
 * @nr_pool: 8-byte constants, which follow the code
 * @pool_off: offset of the first
 * @pool_at: where in @pool they are: a table by their hash, 0 or 1 + index
 * @entry: offset of mbpf_prog.run
 * @tail_entry: offset of mbpf_prog.tail_entry
 * @err: first error; sticks, emitters need no checks
 * @pool: the constants
 */
struct mbpf_jit {
	const struct mbpf_code *code;
	struct mbpf_scratch *scratch;
	struct mbpf_scratch mark;
	const struct mbpf_jit_target *target;
	u8 *buf;
	u64 near;
	u32 pos;
	u32 cap;
	u32 *off;
	u32 *sub_off;
	struct mbpf_jit_ref *refs;
	u32 nr_refs;
	u32 cap_refs;
	u32 wrapper;
	u32 nr_pool;
	u32 pool_off;
	u8 pool_at[2 * MBPF_JIT_MAX_LITERALS];
	u32 entry;
	u32 tail_entry;
	int err;
	u64 pool[MBPF_JIT_MAX_LITERALS];
};

/**
 * struct mbpf_jit_backend - one instruction set
 * @name: "riscv64", "x86_64"
 * @fill: byte pattern of a trapping instruction, for @fill_size bytes
 * @fill_size: bytes at @fill
 * @emit: the whole program, setting off and sub_off as it goes
 * @size: bytes that a reference over a distance of @dist takes, counted from
 *        where it begins; longer distances never take less
 * @put: writes a reference, of its size; at @at its shortest form stands.
 *       0 or -E2BIG
 */
struct mbpf_jit_backend {
	const char *name;
	u8 fill[4];
	u32 fill_size;
	void (*emit)(struct mbpf_jit *jit);
	u32 (*size)(const struct mbpf_jit_ref *ref, s64 dist);
	int (*put)(const struct mbpf_jit_ref *ref, u8 *at, s64 dist);
};

extern const struct mbpf_jit_backend mbpf_jit_riscv64;
extern const struct mbpf_jit_backend mbpf_jit_x86_64;

/**
 * mbpf_jit_init - generate a program's machine code
 * @jit: to fill
 * @be: back end
 * @code: verified program; must outlive @jit, which takes of its scratch memory
 * @target: machine; must outlive @jit
 * @near: any address in the region where the code will be placed
 *
 * Code is generated once, with every jump in its shortest form; then those
 * that do not reach grow, which takes a few walks over the jumps. The bytes
 * needed are then in @jit->pos, and all offsets are final.
 *
 * Return: 0, -ENOMEM, -E2BIG if a branch cannot reach, -EINVAL for an
 * instruction the back end does not know (a bug: the verifier let it pass).
 */
int mbpf_jit_init(struct mbpf_jit *jit, const struct mbpf_jit_backend *be,
		  struct mbpf_code *code,
		  const struct mbpf_jit_target *target, u64 near);
void mbpf_jit_deinit(struct mbpf_jit *jit);

/**
 * mbpf_jit_emit - write the machine code for the place where it will run
 * @jit: after mbpf_jit_init()
 * @be: the same back end
 * @buf: @cap writable bytes, at least what mbpf_jit_init() found
 * @cap: bytes at @buf
 * @addr: where the code will be executed; a multiple of 8, for constants in it
 *
 * May be called again, for other places.
 *
 * Return: 0, -EFAULT if @cap is too small, -E2BIG if something is out of reach.
 */
int mbpf_jit_emit(const struct mbpf_jit *jit, const struct mbpf_jit_backend *be,
		  u8 *buf, u32 cap, u64 addr);

/* For back ends. */

/* Make @buf larger; jit->err if that fails, with the buffer reused from its start. */
void mbpf_jit_grow(struct mbpf_jit *jit);

/* Once per instruction, before it: MBPF_JIT_ROOM bytes may be written. */
static inline void mbpf_jit_room(struct mbpf_jit *jit)
{
	if (unlikely(jit->cap - jit->pos < MBPF_JIT_ROOM))
		mbpf_jit_grow(jit);
}

/*
 * The first from @i on that is compiled, or @end; those before it, which are not, get their place
 * in the code. Stops also at those with a flag of @stop.
 */
static inline u32 mbpf_jit_skip(struct mbpf_jit *jit, u32 i, u32 end, u16 stop)
{
	const struct mbpf_insn_aux *aux = &jit->code->aux[i];
	u32 *off = &jit->off[i], pos = jit->pos;

	for (; i < end && aux->flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND) &&
	     !(aux->flags & stop); i++, aux++)
		*off++ = pos;
	return i;
}

/* A reference that begins here; @min bytes follow, which the caller may fill. */
void mbpf_jit_refer(struct mbpf_jit *jit, u8 kind, u32 operand, u8 min, u8 what, u64 to);

/* Whether call @i is one: no lookup in line, nor what mbpf_jit_helper_as() says. */
bool mbpf_jit_is_call(const struct mbpf_jit *jit, u32 i);

/* What is done in place of calling helper @id: enum mbpf_helper_inline. */
u8 mbpf_jit_helper_as(const struct mbpf_jit *jit, u32 id);

/* Index of a literal in the pool, -1 if there is no room. */
int mbpf_jit_literal(struct mbpf_jit *jit, u64 value);

/*
 * True if function @sub reads its R2 and leaves it alone, as does all that it
 * calls, which is nothing. Looks at short functions only.
 */
bool mbpf_jit_keeps_r2(const struct mbpf_code *code, u32 sub);

/* True if nothing that is executed stands between instruction @i and @to, which follows. */
bool mbpf_jit_is_next(const struct mbpf_code *code, u32 i, u32 to);

/*
 * Walking backwards over a function: where the loop that instruction @i is in
 * begins, of several the outermost; U32_MAX: it is in none. @low: the same of
 * instruction @i + 1.
 */
static inline u32 mbpf_jit_loop_begin(const struct mbpf_code *code, u32 i, u32 low)
{
	const struct mbpf_insn_aux *aux = &code->aux[i];

	if (low > i)
		low = U32_MAX;
	if (mbpf_insn_is_jump(&code->insns[i]) && aux->target <= i &&
	    !(aux->flags & (MBPF_AUX_DEAD | MBPF_AUX_NOT_TAKEN)))
		low = min(low, aux->target);
	return low;
}

#endif /* MBPF_JIT_H */
