/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program between its decoding and its execution: instructions, what the
 * stages found out about each, subprograms, and how to run it.
 */
#ifndef MBPF_PROG_H
#define MBPF_PROG_H

#include "isa.h"
#include "scratch.h"

struct mbpf_map;
struct mbpf_prog;

/* mbpf_insn_aux.flags */
#define MBPF_AUX_TARGET		0x01	/* some jump lands here */
#define MBPF_AUX_DEAD		0x02	/* never executed, or no longer needed: not compiled */
#define MBPF_AUX_TAKEN		0x04	/* conditional jump that always jumps */
#define MBPF_AUX_NOT_TAKEN	0x08	/* conditional jump that never jumps */
#define MBPF_AUX_NO_ZEXT	0x10	/* bits 32-63 of this result are never read */
#define MBPF_AUX_CONST		0x20	/* the result is @value, always */
#define MBPF_AUX_SECOND		0x40	/* second slot of an LDDW */
#define MBPF_AUX_KEY		0x80	/* helper call: the key is @key at most, always */
#define MBPF_AUX_KEY_CONST	0x100	/* helper call: the key is @key, always */
#define MBPF_AUX_LOOKUP		0x200	/* helper call: done without, see @target */
#define MBPF_AUX_LOOP		0x400	/* call of the loop helper: of function @target, flags 0 */
#define MBPF_AUX_SLOT		0x800	/* tail call: to what the slot at @value holds */

/* Where a struct mbpf_lookup has its index, if not in a BPF register. */
#define MBPF_LOOKUP_STACK	0xfd	/* 32 bits at R10 + @off */
#define MBPF_LOOKUP_POINTER	0xfe	/* 32 bits at R2 */
#define MBPF_LOOKUP_FIXED	0xff	/* none: @base is the value's address */

/**
 * struct mbpf_lookup - a lookup that machine code does without the helper
 * @base: address of the value with index 0
 * @stride: bytes from one value to the next, a multiple of 8
 * @max_entries: the index, an unsigned number of 32 bits, must be below it, or
 *               else the result is NULL; at most 1 << 31. 0: it always is below
 * @null_to: instruction that is executed next if the result is NULL; 0: as always
 * @found_to: the same if it is not
 * @off: see @index
 * @index: BPF register whose lower half holds the index, or MBPF_LOOKUP_*
 * @percpu: @base is a per-CPU address
 * @zero: R0 may be read at @null_to
 * @zext: the upper half of the register that @index names is 0
 */
struct mbpf_lookup {
	u64 base;
	u32 stride;
	u32 max_entries;
	u32 null_to;
	u32 found_to;
	s16 off;
	u8 index;
	bool percpu;
	bool zero;
	bool zext;
};

/**
 * struct mbpf_insn_aux - what is known of one instruction
 * @value: LDDW: what it loads (a map's or a value's address where it was a
 *         pseudo form; with MBPF_PSEUDO_FUNC unused, see @target).
 *         Helper call: address of the function, or with MBPF_AUX_SLOT of the
 *         slot. Else with MBPF_AUX_CONST the
 *         constant that the instruction computes.
 * @target: jump, local call, LDDW of a function: index of the instruction it
 *          refers to. Helper call with MBPF_AUX_LOOKUP: index into
 *          mbpf_code.lookups. With MBPF_AUX_LOOP: the function's first
 * @key: helper call with MBPF_AUX_KEY or MBPF_AUX_KEY_CONST, which say that R2
 *       points to a u32 on the stack, the key of the map in @ref, and bound it.
 *       An ARRAY's or PERCPU_ARRAY's lookup with a key below its max_entries
 *       never returns NULL: the check that follows is marked as decided.
 *       Store: opt_dead.c's
 * @ref: LDDW of a map or map value: index into mbpf_code.maps. Helper call:
 *       1 + index into mbpf_code.maps of the one map that R1 always holds, 0
 *       if it is not known to be one
 * @live: registers, as bits, that may be read after this instruction before
 *        they are written; all ones where nobody has computed it
 * @flags: MBPF_AUX_*
 *
 * Written by decode, cfg, verifier and optimiser in this order; the back ends
 * and the interpreter only read it. All fields are optional facts but @value,
 * @target and MBPF_AUX_DEAD/SECOND: ignoring the others costs speed only.
 */
struct mbpf_insn_aux {
	u64 value;
	u32 target;
	u32 key;
	u16 ref;
	u16 live;
	u16 flags;
};

/**
 * struct mbpf_subprog - a function: the main program (index 0) or a callee
 * @start: first instruction
 * @end: one past the last
 * @stack: bytes used below R10, rounded up to 8
 * @used: registers mentioned, as bits; R0 at any rate
 * @has_call: calls helpers or functions
 * @has_helper_call: calls helpers
 * @has_tail_call: has a tail call itself
 * @has_loop: some jump in it goes back
 * @is_callback: its address is taken by an LDDW
 * @no_result: returns 0 always, but only loops in line call it, which know: machine code
 *             leaves anything in R0
 *
 * Until the program is verified, dead code counts as any other in @used and @has_*.
 */
struct mbpf_subprog {
	u32 start;
	u32 end;
	u16 stack;
	u16 used;
	bool has_call;
	bool has_helper_call;
	bool has_tail_call;
	bool has_loop;
	bool is_callback;
	bool no_result;
};

/**
 * struct mbpf_code - the instructions of a program and all facts about them
 * @insns: @nr slots, as loaded
 * @scratch: memory of the load: of @aux, @odd, @lookups and what each stage needs for itself
 * @aux: one per slot
 * @kept: @aux, if it has outlived the load
 * @nr: number of slots
 * @odd: in ascending order, those that are mbpf_insn_is_odd()
 * @nr_odd: how many
 * @cap_odd: how many @odd has room for
 * @plain_used: registers that the others mention, as bits
 * @has_functions: some instruction calls one or takes its address
 * @subs: @nr_subs functions in ascending order of @start; [0] is the main one
 * @nr_subs: number of functions
 * @only: @subs, if it is one
 * @maps: maps that the program refers to, each once; references are owned by
 *        whoever resolved them
 * @nr_maps: number of maps
 * @lookups: what opt_lookup.c found; NULL before
 * @tail_call: some function has a tail call
 * @dropped: the optimiser has left out what may have been the last mention of a register
 * @ctx_read: 8-byte words of the context that the program may read, as bits
 *            (word n = bit n); all ones where nobody has computed it
 */
struct mbpf_code {
	struct mbpf_insn *insns;
	struct mbpf_scratch scratch;
	struct mbpf_insn_aux *aux;
	struct mbpf_insn_aux *kept;
	u32 nr;
	u32 nr_odd;
	u32 cap_odd;
	u32 *odd;
	u16 plain_used;
	bool has_functions;
	struct mbpf_subprog *subs;
	u32 nr_subs;
	struct mbpf_subprog only;
	struct mbpf_map **maps;
	u32 nr_maps;
	struct mbpf_lookup *lookups;
	bool tail_call;
	bool dropped;
	u64 ctx_read;
};

typedef u64 (*mbpf_run_t)(void *ctx, const struct mbpf_prog *prog);

/**
 * struct mbpf_prog - what it takes to run a program
 * @run: the entry: JIT output, or mbpf_interp_run()
 * @tail_entry: where a tail call enters; NULL if the program is not jited
 * @code: instructions and facts; the interpreter and dumps read them
 *
 * The members that machine code reads come first.
 */
struct mbpf_prog {
	mbpf_run_t run;
	void *tail_entry;
	struct mbpf_code code;
};

/* Runs @prog on @ctx; preemption off, under rcu_read_lock(). */
static inline u64 mbpf_prog_run(const struct mbpf_prog *prog, void *ctx)
{
	return prog->run(ctx, prog);
}

/**
 * mbpf_code_init - take over instructions
 * @code: what to fill; zeroed first
 * @insns: @nr slots, from kvmalloc(); they are @code's from now on, freed also after an error
 * @nr: number of slots, 1 to MBPF_MAX_INSNS
 *
 * Return: 0, -ENOMEM.
 */
int mbpf_code_init(struct mbpf_code *code, struct mbpf_insn *insns, u32 nr);
void mbpf_code_deinit(struct mbpf_code *code);

/* Index of the function that begins at instruction @start. */
u32 mbpf_code_sub_at(const struct mbpf_code *code, u32 start);

/**
 * mbpf_code_settle - free what the load alone needed: @odd, @lookups, scratch memory
 * @code: after the last stage
 * @with_aux: @aux is kept, for the interpreter
 *
 * Return: 0, -ENOMEM: nothing is freed.
 */
int mbpf_code_settle(struct mbpf_code *code, bool with_aux);

/**
 * struct mbpf_map_source - how LDDW pseudo forms find their maps
 * @get: returns the map of file descriptor @fd (of fd_array slot @fd with
 *       @is_index) or ERR_PTR; a reference is held for the program from then on
 * @put: gives a reference back
 * @priv: for the callbacks
 */
struct mbpf_map_source {
	struct mbpf_map *(*get)(void *priv, int fd, bool is_index);
	void (*put)(void *priv, struct mbpf_map *map);
	void *priv;
};

/**
 * mbpf_code_resolve - decode: check fields, resolve maps, bind helpers
 * @code: after mbpf_code_init()
 * @source: where maps come from; may be NULL if the program refers to none
 * @log: explains the first error
 *
 * Fills @code->odd, aux.value of every LDDW and known helper call, aux.ref, @code->maps
 * (each map once, one reference from @source each; the caller puts them when
 * the program goes, also after an error: @code->maps tells which).
 * Unknown helper ids are left for the verifier, which judges reachable code.
 *
 * Return: 0, -EINVAL (field, pseudo number, offset outside a map value),
 * -EACCES (R10 written), -E2BIG above 64 maps, -ENOMEM, or what @source->get returns (-EBADF).
 */
int mbpf_code_resolve(struct mbpf_code *code,
		      const struct mbpf_map_source *source,
		      struct mbpf_log *log);

/**
 * mbpf_cfg_build - find functions and jump targets
 * @code: after mbpf_code_resolve()
 * @log: explains the first error
 *
 * Fills @code->subs (start, end, used, has_*), aux.target and
 * MBPF_AUX_TARGET/SECOND. Jumps stay inside their function, land on an
 * instruction's first slot, and no function falls off its end.
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int mbpf_cfg_build(struct mbpf_code *code, struct mbpf_log *log);

/**
 * mbpf_interp_run - the reference interpreter
 * @ctx: passed in R1
 * @prog: verified program
 *
 * Any context in which mbpf_prog_run() is legal. Uses one C frame of about
 * 700 bytes per BPF frame.
 *
 * Return: R0 of the program (of the last one of a chain of tail calls).
 */
u64 mbpf_interp_run(void *ctx, const struct mbpf_prog *prog);

#endif /* MBPF_PROG_H */
