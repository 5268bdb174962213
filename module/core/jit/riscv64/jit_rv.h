/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RISC-V 64 back end's own header: where BPF registers live, what is known
 * of them while code is emitted, and who emits what.
 */
#ifndef MBPF_JIT_RV_H
#define MBPF_JIT_RV_H

#include "../jit.h"
#include "../../helper.h"
#include "rv_encode.h"

/*
 * Scratch registers, free between two BPF instructions. RV_TMP also holds an
 * operand that has no register (R10, a constant, a sign-extended copy) while
 * one instruction is emitted; RV_TMP2 the second such operand.
 */
#define RV_TMP		RV_T0
#define RV_TMP2		RV_T1
#define RV_TMP3		RV_T2
#define RV_TMP4		RV_T3
#define RV_TMP5		RV_T4

/*
 * In programs with tail calls: how many more the chain may make. The wrapper
 * at the entry saves the caller's value and sets it, tail calls count it down
 * (it goes negative), nothing else may touch it.
 */
#define RV_BUDGET	RV_S11

/* What is known of an upper half; 0: it is what BPF says, or nobody reads it. */
#define RV_ZX	0x1	/* and it is zero */
#define RV_SX	0x2	/* all its bits equal bit 31 */
#define RV_OPEN	0x4	/* not yet zeroed, as BPF wants it to be */

/* Kinds of references to other places. */
enum rv_ref {
	RV_REF_GOTO,	/* c.j, jal, or auipc and jalr; RV_TMP is lost */
	RV_REF_BRANCH,	/* c.beqz, c.bnez, a branch, or the opposite one around a jump */
	RV_REF_CALL,	/* jal ra, or auipc and jalr */
	RV_REF_JAL,	/* jal ra, which reaches */
	RV_REF_PCREL,	/* auipc and what takes the lower part, both written already */
};

/**
 * struct rv_pin - a constant that a function keeps in a register
 * @value: the constant
 * @is_cpu: it is what a per-CPU address and that of this CPU's variable differ by
 * @reg: the register
 */
struct rv_pin {
	u64 value;
	bool is_cpu;
	u8 reg;
};

#define RV_MAX_PINS 4

/**
 * struct rv_jit - a compilation, at some instruction
 * @jit: the compilation
 * @code: what is compiled
 * @sub: function being compiled
 * @i: instruction being compiled
 * @aux: what is known of it
 * @live: BPF registers that may be read after it
 * @upper: RV_ZX, RV_SX, RV_OPEN of each BPF register
 * @uppers: the same, eight at a time
 * @reg: machine register of each BPF register but R10
 * @r1_in_a0: R1 is in a0, R0's register, and R0 holds nothing
 * @next_odd: index in mbpf_code.odd of what no function before has
 * @calls: the function calls something, so that R6-R9 must be callee-saved
 * @passes: it does, or has a tail call: R1 may have to be in a0
 * @frame: bytes the function's frame takes
 * @saved: registers its prologue saves, as bits
 * @pin: @nr_pins constants in registers
 * @nr_pins: how many
 *
 * 32-bit operations leave a sign-extended result (or any upper half) and mark
 * it RV_OPEN: the upper half is zeroed when something reads it, which is often
 * never. Open registers that are live are closed where control flow joins.
 */
struct rv_jit {
	struct mbpf_jit *jit;
	const struct mbpf_code *code;
	const struct mbpf_subprog *sub;
	u32 i;
	const struct mbpf_insn_aux *aux;
	u16 live;
	union {
		u8 upper[16];
		u64 uppers[2];
	};
	u8 reg[MBPF_NR_REGS];
	bool r1_in_a0;
	u32 next_odd;
	bool calls;
	bool passes;
	u16 frame;
	u32 saved;
	struct rv_pin pin[RV_MAX_PINS];
	u32 nr_pins;
};

static inline bool rv_has(const struct rv_jit *rv, u32 feature)
{
	return rv->jit->target->features & feature;
}

/* jit_rv_reg.c: BPF registers and the state of their upper halves */

/* Choose machine registers for the current function. */
void mbpf_rv_assign(struct rv_jit *rv);

/* Whether R1 is in a0. */
static inline void mbpf_rv_set_r1(struct rv_jit *rv, bool in_a0)
{
	rv->r1_in_a0 = in_a0;
	rv->reg[1] = in_a0 ? RV_A0 : RV_A5;
}

/* Close @r if it is open. */
void mbpf_rv_close_open(struct rv_jit *rv, u32 r);

static inline void mbpf_rv_close(struct rv_jit *rv, u32 r)
{
	if (rv->upper[r] & RV_OPEN)
		mbpf_rv_close_open(rv, r);
}

/* Machine register of @r, which is not R10. */
static inline u8 mbpf_rv_reg(const struct rv_jit *rv, u32 r)
{
	return rv->reg[r];
}

/* R10, computed into @tmp. */
u8 mbpf_rv_read_frame(struct rv_jit *rv, u8 tmp);

/* For reading the lower half only; the upper half may be anything. */
static inline u8 mbpf_rv_read32(struct rv_jit *rv, u32 r, u8 tmp)
{
	return r == MBPF_REG_FP ? mbpf_rv_read_frame(rv, tmp) : rv->reg[r];
}

/* For reading 64 bits. R10 is never open. */
static inline u8 mbpf_rv_read64(struct rv_jit *rv, u32 r, u8 tmp)
{
	mbpf_rv_close(rv, r);
	return mbpf_rv_read32(rv, r, tmp);
}

/* The lower half sign-extended, in @tmp if need be. */
u8 mbpf_rv_read_sx(struct rv_jit *rv, u32 r, u8 tmp);

/* Where to write @r, the whole of which the current instruction defines. */
u8 mbpf_rv_define_first(struct rv_jit *rv, u32 r);

static inline u8 mbpf_rv_define(struct rv_jit *rv, u32 r)
{
	/* R0 and R1 may have to make room for each other. */
	return r < 2 || rv->r1_in_a0 ? mbpf_rv_define_first(rv, r) : rv->reg[r];
}

/* After writing @r: what is known of it. */
static inline void mbpf_rv_set_upper(struct rv_jit *rv, u32 r, u8 upper)
{
	if (rv->aux->flags & MBPF_AUX_NO_ZEXT)
		upper &= ~RV_OPEN;
	rv->upper[r] = upper;
}

/* Close all registers in @live. */
void mbpf_rv_close_some(struct rv_jit *rv, u16 live);

static inline void mbpf_rv_close_live(struct rv_jit *rv, u16 live)
{
	if ((rv->uppers[0] | rv->uppers[1]) & RV_OPEN * 0x0101010101010101)
		mbpf_rv_close_some(rv, live);
}

/* R0 is about to be written: R1 leaves a0 if it is in @live. */
void mbpf_rv_evict_r1(struct rv_jit *rv, u16 live);

/* Bring all registers in @live into the state that holds at jump targets. */
static inline void mbpf_rv_settle(struct rv_jit *rv, u16 live)
{
	if (rv->r1_in_a0)
		mbpf_rv_evict_r1(rv, live);
	mbpf_rv_close_live(rv, live);
}

/* Nothing is known any more: code after a jump, or a jump target. */
void mbpf_rv_forget(struct rv_jit *rv);

/* The same of R0 to R5, which calls may change. */
static inline void mbpf_rv_forget_lost(struct rv_jit *rv)
{
	rv->uppers[0] &= ~0ULL << 48;
}

/* jit_rv_imm.c: constants */

/* Load @value into @rd; what is known of the upper half of such a value. */
void mbpf_rv_imm(struct rv_jit *rv, u8 rd, u64 value);
u8 mbpf_rv_imm_upper(u64 value);

/* True if @value takes one instruction. */
bool mbpf_rv_imm_is_short(u64 value);

/* True if the code reaches @addr by auipc wherever in the region it will be. */
bool mbpf_rv_is_near(const struct rv_jit *rv, u64 addr);

/*
 * auipc @rd and @insn, an I-type instruction whose immediate will be the lower
 * part of the distance to @to, as in mbpf_jit_refer().
 */
void mbpf_rv_pcrel(struct rv_jit *rv, u8 rd, u32 insn, u8 what, u64 to);

/* jit_rv_pin.c: constants of loops. Find them, after mbpf_rv_assign(); load them. */
void mbpf_rv_pin_find(struct rv_jit *rv);
void mbpf_rv_pin_load(struct rv_jit *rv);

/* A register that holds @value, or the distance to this CPU's variables: @tmp if no other. */
u8 mbpf_rv_imm_reg(struct rv_jit *rv, u8 tmp, u64 value);
u8 mbpf_rv_cpu_offset_reg(struct rv_jit *rv, u8 tmp);

/* jit_rv_plain.c: operations of one instruction */

enum rv_form {
	RV_PLAIN_REG = 1,	/* with a register */
	RV_PLAIN_ADD,		/* the same; the short form has all registers */
	RV_PLAIN_IMM,		/* with a constant other than 0 */
};

/**
 * struct rv_plain - an opcode's instruction
 * @form: enum rv_form, what its operands are; 0: this opcode has none
 * @asks: what must not be set of the operands' upper halves: else the result is
 *        another, or more is known of it
 * @upper: what is known of the result
 * @c: the same of 16 bits, with short registers or a constant of 6 bits; or 0
 * @insn: with all operands 0
 * @not: bits that must be 0 in the constant
 */
struct rv_plain {
	u8 form;
	u8 asks;
	u8 upper;
	u16 c;
	u32 insn;
	s32 not;
};

/*
 * Instruction @i and those that follow it as long as they are of these. Returns
 * the first that is not, or the end of the function.
 */
u32 mbpf_rv_plain(struct rv_jit *rv, u32 i);

/* jit_rv_alu_reg.c, jit_rv_alu_imm.c, jit_rv_swap.c */

/* A machine register and what is known of its upper half. */
struct rv_val {
	u8 reg;
	u8 upper;
};

/*
 * @rd = @a op @b, or @a op insn->imm, where op is that of @insn; returns what
 * is known of the result. @b is not in @rd unless @a is the same register.
 * The upper half of a 32-bit operation's operands may be anything, but a
 * divisor is extended one way or the other.
 */
u8 mbpf_rv_alu64_reg(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		     struct rv_val a, struct rv_val b);
u8 mbpf_rv_alu32_reg(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		     struct rv_val a, struct rv_val b);
u8 mbpf_rv_alu64_imm(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		     struct rv_val a);
u8 mbpf_rv_alu32_imm(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		     struct rv_val a);

/* @rd = byte order operation @insn on @rs. */
u8 mbpf_rv_swap(struct rv_jit *rv, const struct mbpf_insn *insn, u8 rd,
		struct rv_val a);

/* jit_rv_mem.c: memory operands */

/* What an instruction can name: machine register @base + @off, which is -2048..2047. */
struct rv_place {
	s32 off;
	u8 base;
};

/* R@r + @off, with @tmp as its base if need be. The same for a machine register @base. */
struct rv_place mbpf_rv_place(struct rv_jit *rv, u32 r, s32 off, u8 tmp);
struct rv_place mbpf_rv_reach(struct rv_jit *rv, u8 base, s32 off, u8 tmp);

/* jit_rv_ref.c: references */

/* Jump to instruction @to; the same if @cond, of RV_BEQ.., holds of @rs1 and @rs2. */
void mbpf_rv_goto(struct rv_jit *rv, u32 to);
void mbpf_rv_branch(struct rv_jit *rv, u32 cond, u8 rs1, u8 rs2, u32 to);

/* For the back end's description. */
u32 mbpf_rv_ref_size(const struct mbpf_jit_ref *ref, s64 dist);
int mbpf_rv_ref_put(const struct mbpf_jit_ref *ref, u8 *at, s64 dist);

/* jit_rv_frame.c, jit_rv_call.c: functions */

/* True if @insn is a call of the tail call helper. */
bool mbpf_rv_is_tail_call(const struct mbpf_insn *insn);

/* Entry of the current function; leaving it but for the last jump. */
void mbpf_rv_prologue(struct rv_jit *rv);
void mbpf_rv_leave(struct rv_jit *rv);

/*
 * Entry before the current function that gives it a tail call budget; 0 where
 * it is called back by a helper, in which the chain's is not to be found.
 */
void mbpf_rv_wrapper(struct rv_jit *rv, u32 budget);

/* Load the address of the callback that the current LDDW names. */
void mbpf_rv_callback(struct rv_jit *rv, u8 rd);

/*
 * jit_rv_loop.c: the current call of the loop helper. It keeps its state in
 * three registers that functions save which have one.
 */
#define RV_LOOP_INDEX	RV_S5
#define RV_LOOP_ROUNDS	RV_S6
#define RV_LOOP_CTX	RV_S7
void mbpf_rv_loop(struct rv_jit *rv);

/* Put the arguments in @mask where C wants them; nothing is in them afterwards. */
void mbpf_rv_pass_arguments(struct rv_jit *rv, u16 mask);
void mbpf_rv_clobber(struct rv_jit *rv);

/* jit_rv_lookup.c: the current call, which is described by @lookup. */
void mbpf_rv_lookup(struct rv_jit *rv, const struct mbpf_lookup *lookup);

/* @rd = what a per-CPU address and that of this CPU's variable differ by; RV_TMP2 is lost. */
void mbpf_rv_cpu_offset(struct rv_jit *rv, u8 rd);

/* Each of these compiles the current instruction, in the file of its class. */
void mbpf_rv_alu(struct rv_jit *rv, const struct mbpf_insn *insn);
void mbpf_rv_load(struct rv_jit *rv, const struct mbpf_insn *insn);
void mbpf_rv_store(struct rv_jit *rv, const struct mbpf_insn *insn);
void mbpf_rv_atomic(struct rv_jit *rv, const struct mbpf_insn *insn);
void mbpf_rv_lddw(struct rv_jit *rv, const struct mbpf_insn *insn);
void mbpf_rv_jump(struct rv_jit *rv, const struct mbpf_insn *insn);
void mbpf_rv_call(struct rv_jit *rv, const struct mbpf_insn *insn);
void mbpf_rv_exit(struct rv_jit *rv);

#endif /* MBPF_JIT_RV_H */
