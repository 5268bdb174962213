/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86-64 back end's own: its state, and which file emits what.
 *
 * Registers. R0 is rax and R1 to R5 are the C arguments rdi, rsi, rdx, rcx,
 * r8, so that calls need no moves. R6 to R9 get a register per function, one
 * that calls preserve only where the value lives across a call. R10 is a
 * distance from rsp, which does not move inside a body; a function that uses it
 * in other ways than as a base or addend has it in a register too. r11 is
 * scratch everywhere, r9 and r10 are where an instruction that needs more
 * occurs. r12 is the tail-call counter's address, in programs with tail calls;
 * no program uses it for anything else.
 */
#ifndef MBPF_JIT_X86_H
#define MBPF_JIT_X86_H

#include "../jit.h"
#include "x86_emit.h"

#define SCRATCH		X86_R11
#define SCRATCH2	X86_R10
#define SCRATCH3	X86_R9
#define TAIL_COUNTER	X86_R12

/* A constant that a function keeps in a register; X86_NOREG: none. */
struct x86_pin {
	u64 value;
	u8 reg;
};

#define X86_MAX_PINS 2

/**
 * struct x86_fn - what a function lives in
 * @reg: x86 register of each BPF register, X86_NOREG for unused R6 to R10
 * @as_reg: what each of them is in REX and ModRM as jit_x86_plain.c has them, as reg
 * @as_rm: likewise as r/m
 * @used: BPF registers that the function mentions, as bits
 * @saved: x86 registers that the prologue pushes, as bits
 * @frame: bytes that the prologue takes off rsp afterwards; with a loop, the
 *         lowest LOOP_FRAME of them are jit_x86_loop.c's
 * @fp: R10 - rsp
 * @pin: addresses of maps that loops look into
 */
struct x86_fn {
	u8 reg[MBPF_NR_REGS];
	u32 as_reg[MBPF_NR_REGS];
	u32 as_rm[MBPF_NR_REGS];
	u16 used;
	u16 saved;
	u32 frame;
	s32 fp;
	struct x86_pin pin[X86_MAX_PINS];
};

/**
 * struct x86_jit - a compilation, at some function
 * @jit: the compilation
 * @code: its program
 * @sub: the function
 * @fn: the same function's
 * @features: the machine's
 */
struct x86_jit {
	struct mbpf_jit *jit;
	const struct mbpf_code *code;
	const struct mbpf_subprog *sub;
	const struct x86_fn *fn;
	u32 features;
};

/*
 * A register's bits where REX is the lowest byte, the opcode the next, and
 * ModRM the third. In the other role they are in other places.
 */
static inline u32 x86_as_reg(u32 reg)
{
	return (reg & 8) >> 1 | (reg & 7) << 19;
}

static inline u32 x86_as_rm(u32 reg)
{
	return (reg & 8) >> 3 | (reg & 7) << 16;
}

/* jit_x86_frame.c: registers, prologue, epilogue */
void mbpf_x86_frame_plan(const struct x86_jit *x, const struct mbpf_subprog *sub,
			 struct x86_fn *fn);
void mbpf_x86_frame_enter(struct x86_jit *x);
void mbpf_x86_frame_leave(struct x86_jit *x);
void mbpf_x86_frame_wrap(struct x86_jit *x);

/*
 * jit_x86_plain.c: instruction @i and those that follow it as long as they
 * become one without a look at others. Returns the index of the first that
 * does not, or the end of the function.
 */
u32 mbpf_x86_plain(struct x86_jit *x, u32 i);

/*
 * One instruction each, @i its index. All return how many slots they took:
 * more than one where following instructions were fused with it.
 */
u32 mbpf_x86_alu(struct x86_jit *x, u32 i);		/* jit_x86_alu.c */
u32 mbpf_x86_load(struct x86_jit *x, u32 i);		/* jit_x86_mem.c */
u32 mbpf_x86_store(struct x86_jit *x, u32 i);
u32 mbpf_x86_atomic(struct x86_jit *x, u32 i);		/* jit_x86_atomic.c */
u32 mbpf_x86_jump(struct x86_jit *x, u32 i);		/* jit_x86_jump.c */
bool mbpf_x86_jump_mem(struct x86_jit *x, u32 i, u32 bytes, struct x86_mem mem);
u32 mbpf_x86_call(struct x86_jit *x, u32 i);		/* jit_x86_call.c */
u32 mbpf_x86_lddw(struct x86_jit *x, u32 i);

/* jit_x86_jump.c: to instruction @to; on condition @cc, or always */
#define X86_ALWAYS (-1)
void mbpf_x86_goto(struct x86_jit *x, s32 cc, u32 to);

/* jit_x86_loop.c: call @i of the loop helper */
#define LOOP_FRAME 16
void mbpf_x86_loop(struct x86_jit *x, u32 i);

/* jit_x86_lookup.c: call @i, which is described by @lookup */
void mbpf_x86_lookup(struct x86_jit *x, u32 i, const struct mbpf_lookup *lookup);

/* jit_x86_div.c; @dst and @src are x86 registers */
void mbpf_x86_div_reg(struct x86_jit *x, u32 i, u32 size, u8 dst, u8 src);
void mbpf_x86_div_imm(struct x86_jit *x, u32 i, u32 size, u8 dst, s32 imm);
bool mbpf_x86_div_move(struct x86_jit *x, u32 i, u8 dst, u8 src);

static inline const struct mbpf_insn_aux *x86_aux(const struct x86_jit *x, u32 i)
{
	return &x->code->aux[i];
}

static inline const struct mbpf_insn *x86_insn(const struct x86_jit *x, u32 i)
{
	return &x->code->insns[i];
}

/* For what the verifier should not have let pass. */
static inline void x86_unknown(struct x86_jit *x)
{
	if (!x->jit->err)
		x->jit->err = -EINVAL;
}

/*
 * Instruction @i, if it may be fused with the ones before it: of the same
 * function, and nothing jumps to it. Otherwise NULL.
 */
static inline const struct mbpf_insn *x86_follower(const struct x86_jit *x, u32 i)
{
	if (i >= x->sub->end ||
	    x86_aux(x, i)->flags & (MBPF_AUX_TARGET | MBPF_AUX_DEAD))
		return NULL;
	return x86_insn(x, i);
}

static inline bool x86_is_lookup(const struct x86_jit *x, u32 i)
{
	return x86_aux(x, i)->flags & MBPF_AUX_LOOKUP;
}

/* The only helper without a function; mbpf_x86_call() makes sure of that. */
static inline bool x86_is_tail_call(const struct x86_jit *x, u32 i)
{
	return mbpf_insn_is_helper_call(x86_insn(x, i)) &&
	       (!x86_aux(x, i)->value || x86_aux(x, i)->flags & MBPF_AUX_SLOT);
}

/* Whether BPF register @reg may be read after instruction @i. */
static inline bool x86_is_live(const struct x86_jit *x, u32 i, u8 reg)
{
	return x86_aux(x, i)->live & BIT(reg);
}

/* Whether an x86 register holds anything that may be read after instruction @i. */
static inline bool x86_holds(const struct x86_jit *x, u32 i, u8 reg)
{
	u32 r;

	for (r = 0; r < MBPF_NR_REGS; r++) {
		if (x->fn->reg[r] == reg && x->fn->used & x86_aux(x, i)->live & BIT(r))
			return true;
	}
	return false;
}

/* Whether the instruction before @i has cleared bits 32 to 63 of BPF register @reg. */
static inline bool x86_is_zext(const struct x86_jit *x, u32 i, u8 reg)
{
	const struct mbpf_insn *last;

	if (i == x->sub->start || x86_aux(x, i)->flags & MBPF_AUX_TARGET ||
	    x86_aux(x, i - 1)->flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND | MBPF_AUX_NO_ZEXT))
		return false;
	last = x86_insn(x, i - 1);
	if (last->dst != reg)
		return false;
	if (MBPF_CLASS(last->code) == MBPF_LDX)
		return MBPF_MODE(last->code) == MBPF_MEM && MBPF_SIZE(last->code) != MBPF_DW;
	if (last->code == (MBPF_ALU64 | MBPF_MOV | MBPF_K))
		return last->imm >= 0;
	return MBPF_CLASS(last->code) == MBPF_ALU && MBPF_OP(last->code) != MBPF_END;
}

/* The memory at BPF register @reg + @off. */
static inline struct x86_mem x86_at(const struct x86_jit *x, u8 reg, s32 off)
{
	if (reg == MBPF_REG_FP)
		return x86_mem(X86_RSP, x->fn->fp + off);
	return x86_mem(x->fn->reg[reg], off);
}

#endif /* MBPF_JIT_X86_H */
