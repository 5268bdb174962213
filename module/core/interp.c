// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference interpreter: RFC 9669 as plainly as C says it. The JITs are
 * compared with it, and it runs programs where there is no JIT. It ignores
 * every fact the verifier found but addresses and jump targets.
 */
#include "interp.h"
#include "helper.h"
#include "map.h"

#ifdef MBPF_INTERP_TRACE
__thread void (*mbpf_interp_trace)(const struct mbpf_interp_frame *frame);
__thread u8 mbpf_interp_poison;

static void trace(const struct mbpf_interp_frame *frame)
{
	if (mbpf_interp_trace)
		mbpf_interp_trace(frame);
}

static void poison(struct mbpf_interp_frame *frame)
{
	memset(frame->stack, mbpf_interp_poison, sizeof(frame->stack));
}
#else
#define trace(frame) do { } while (0)
#define poison(frame) do { } while (0)
#endif

/*
 * Division: by zero gives 0, the remainder by zero is the dividend. The most
 * negative number by -1 gives itself, remainder 0.
 */
static u64 divide64(u64 a, u64 b, bool is_signed)
{
	if (!b)
		return 0;
	if (!is_signed)
		return a / b;
	return b == U64_MAX ? -a : (u64)((s64)a / (s64)b);
}

static u64 modulo64(u64 a, u64 b, bool is_signed)
{
	if (!b)
		return a;
	if (!is_signed)
		return a % b;
	return b == U64_MAX ? 0 : (u64)((s64)a % (s64)b);
}

/* In 64 bits, INT_MIN / -1 does not overflow; the caller keeps the lower half. */
static u32 divide32(u32 a, u32 b, bool is_signed)
{
	if (!b)
		return 0;
	return is_signed ? (u32)((s64)(s32)a / (s32)b) : a / b;
}

static u32 modulo32(u32 a, u32 b, bool is_signed)
{
	if (!b)
		return a;
	return is_signed ? (u32)((s64)(s32)a % (s32)b) : a % b;
}

static u64 sign_extend(u64 value, u32 bits)
{
	switch (bits) {
	case 8:
		return (s64)(s8)value;
	case 16:
		return (s64)(s16)value;
	case 32:
		return (s64)(s32)value;
	default:
		return value;
	}
}

static u64 alu64(const struct mbpf_insn *insn, u64 a, u64 b)
{
	switch (MBPF_OP(insn->code)) {
	case MBPF_ADD:
		return a + b;
	case MBPF_SUB:
		return a - b;
	case MBPF_MUL:
		return a * b;
	case MBPF_DIV:
		return divide64(a, b, insn->off);
	case MBPF_MOD:
		return modulo64(a, b, insn->off);
	case MBPF_OR:
		return a | b;
	case MBPF_AND:
		return a & b;
	case MBPF_XOR:
		return a ^ b;
	case MBPF_LSH:
		return a << (b & 63);
	case MBPF_RSH:
		return a >> (b & 63);
	case MBPF_ARSH:
		return (s64)a >> (b & 63);
	case MBPF_NEG:
		return -a;
	default:
		return sign_extend(b, insn->off);	/* MOV, MOVSX */
	}
}

static u32 alu32(const struct mbpf_insn *insn, u32 a, u32 b)
{
	switch (MBPF_OP(insn->code)) {
	case MBPF_DIV:
		return divide32(a, b, insn->off);
	case MBPF_MOD:
		return modulo32(a, b, insn->off);
	case MBPF_LSH:
		return a << (b & 31);
	case MBPF_RSH:
		return a >> (b & 31);
	case MBPF_ARSH:
		return (s32)a >> (b & 31);
	default:
		return alu64(insn, a, b);	/* the lower half is the same */
	}
}

/* To little endian (a truncation here), to big endian, and the plain swap. */
static u64 swap_bytes(const struct mbpf_insn *insn, u64 a)
{
	bool swap = MBPF_CLASS(insn->code) == MBPF_ALU64 || MBPF_SRC(insn->code) == MBPF_X;

	BUILD_BUG_ON(__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__);
	switch (insn->imm) {
	case 16:
		return swap ? swab16(a) : (u16)a;
	case 32:
		return swap ? swab32(a) : (u32)a;
	default:
		return swap ? swab64(a) : a;
	}
}

/* The second operand: a register, or the immediate in 64 bits. */
static u64 operand(const struct mbpf_interp_frame *frame, const struct mbpf_insn *insn)
{
	return MBPF_SRC(insn->code) == MBPF_X ? frame->regs[insn->src] : (u64)(s64)insn->imm;
}

static void run_alu(struct mbpf_interp_frame *frame, const struct mbpf_insn *insn)
{
	u64 *dst = &frame->regs[insn->dst];

	if (MBPF_OP(insn->code) == MBPF_END)
		*dst = swap_bytes(insn, *dst);
	else if (MBPF_CLASS(insn->code) == MBPF_ALU64)
		*dst = alu64(insn, *dst, operand(frame, insn));
	else
		*dst = alu32(insn, *dst, operand(frame, insn));
}

static bool jump_taken(const struct mbpf_interp_frame *frame, const struct mbpf_insn *insn)
{
	u64 a = frame->regs[insn->dst], b = operand(frame, insn);

	/* Sign extension keeps the order, the unsigned one too. */
	if (MBPF_CLASS(insn->code) == MBPF_JMP32) {
		a = sign_extend(a, 32);
		b = sign_extend(b, 32);
	}
	switch (MBPF_OP(insn->code)) {
	case MBPF_JEQ:
		return a == b;
	case MBPF_JNE:
		return a != b;
	case MBPF_JSET:
		return a & b;
	case MBPF_JGT:
		return a > b;
	case MBPF_JGE:
		return a >= b;
	case MBPF_JLT:
		return a < b;
	case MBPF_JLE:
		return a <= b;
	case MBPF_JSGT:
		return (s64)a > (s64)b;
	case MBPF_JSGE:
		return (s64)a >= (s64)b;
	case MBPF_JSLT:
		return (s64)a < (s64)b;
	case MBPF_JSLE:
		return (s64)a <= (s64)b;
	default:
		return true;	/* JA, GOTOL */
	}
}

/*
 * An aligned access is one access, as programs that share memory expect; others
 * may be torn.
 */
#define LOAD(type, addr) \
	((addr) % sizeof(type) ? get_unaligned((const type *)(addr)) : \
				 READ_ONCE(*(const type *)(addr)))

#define STORE(type, addr, value) do {				\
	if ((addr) % sizeof(type))				\
		put_unaligned((type)(value), (type *)(addr));	\
	else							\
		WRITE_ONCE(*(type *)(addr), (type)(value));	\
} while (0)

static u64 load(unsigned long addr, u8 code)
{
	u64 value;

	switch (MBPF_SIZE(code)) {
	case MBPF_B:
		value = LOAD(u8, addr);
		break;
	case MBPF_H:
		value = LOAD(u16, addr);
		break;
	case MBPF_W:
		value = LOAD(u32, addr);
		break;
	default:
		return LOAD(u64, addr);
	}
	return MBPF_MODE(code) == MBPF_MEMSX ? sign_extend(value, mbpf_size_bytes(code) * 8) :
					       value;
}

static void store(unsigned long addr, u8 code, u64 value)
{
	switch (MBPF_SIZE(code)) {
	case MBPF_B:
		STORE(u8, addr, value);
		break;
	case MBPF_H:
		STORE(u16, addr, value);
		break;
	case MBPF_W:
		STORE(u32, addr, value);
		break;
	default:
		STORE(u64, addr, value);
	}
}

/* Without FETCH there is no result and no ordering. */
#define RUN_ATOMIC(prefix, type, ptr, frame, insn) do {					\
	u64 *src = &(frame)->regs[(insn)->src];						\
											\
	switch ((insn)->imm) {								\
	case MBPF_ADD:									\
		prefix##_add(*src, ptr);						\
		break;									\
	case MBPF_OR:									\
		prefix##_or(*src, ptr);							\
		break;									\
	case MBPF_AND:									\
		prefix##_and(*src, ptr);						\
		break;									\
	case MBPF_XOR:									\
		prefix##_xor(*src, ptr);						\
		break;									\
	case MBPF_ADD | MBPF_FETCH:							\
		*src = (type)prefix##_fetch_add(*src, ptr);				\
		break;									\
	case MBPF_OR | MBPF_FETCH:							\
		*src = (type)prefix##_fetch_or(*src, ptr);				\
		break;									\
	case MBPF_AND | MBPF_FETCH:							\
		*src = (type)prefix##_fetch_and(*src, ptr);				\
		break;									\
	case MBPF_XOR | MBPF_FETCH:							\
		*src = (type)prefix##_fetch_xor(*src, ptr);				\
		break;									\
	case MBPF_XCHG:									\
		*src = (type)prefix##_xchg(ptr, *src);					\
		break;									\
	case MBPF_CMPXCHG:								\
		(frame)->regs[0] = (type)prefix##_cmpxchg(ptr, (frame)->regs[0], *src);	\
		break;									\
	}										\
} while (0)

static void run_atomic(struct mbpf_interp_frame *frame, const struct mbpf_insn *insn)
{
	unsigned long addr = frame->regs[insn->dst] + insn->off;

	if (MBPF_SIZE(insn->code) == MBPF_DW)
		RUN_ATOMIC(atomic64, u64, (atomic64_t *)addr, frame, insn);
	else
		RUN_ATOMIC(atomic, u32, (atomic_t *)addr, frame, insn);
}

static void run_memory(struct mbpf_interp_frame *frame, const struct mbpf_insn *insn)
{
	u64 *regs = frame->regs;

	switch (MBPF_CLASS(insn->code)) {
	case MBPF_LDX:
		regs[insn->dst] = load(regs[insn->src] + insn->off, insn->code);
		break;
	case MBPF_ST:
		store(regs[insn->dst] + insn->off, insn->code, (s64)insn->imm);
		break;
	default:
		if (MBPF_MODE(insn->code) == MBPF_ATOMIC)
			run_atomic(frame, insn);
		else
			store(regs[insn->dst] + insn->off, insn->code, regs[insn->src]);
	}
}

static u64 run_frame(struct mbpf_interp_frame *frame);

/* Runs the function at @pc in a frame of its own; @args are R1 to R5. */
static noinline u64 run_function(const struct mbpf_prog *prog, struct mbpf_interp_frame *caller,
				 u32 *tail_calls, u32 pc, const u64 *args)
{
	struct mbpf_interp_frame frame;

	frame.prog = prog;
	frame.caller = caller;
	frame.tail_calls = tail_calls;
	frame.pc = pc;
	memset(frame.regs, 0, sizeof(frame.regs));
	memcpy(&frame.regs[1], args, 5 * sizeof(*args));
	frame.regs[MBPF_REG_FP] = (unsigned long)frame.stack + sizeof(frame.stack);
	poison(&frame);
	return run_frame(&frame);
}

/*
 * A function that a helper calls back. It may make no tail calls: machine code
 * cannot hand it the count through the helper's C code.
 */
struct callback {
	struct mbpf_callee callee;
	struct mbpf_interp_frame *frame;	/* of the helper's caller */
	u32 pc;
};

static u64 run_callback(const struct mbpf_callee *callee, u64 r1, u64 r2, u64 r3, u64 r4)
{
	const struct callback *cb = container_of(callee, struct callback, callee);
	u64 args[5] = { r1, r2, r3, r4 };
	u32 tail_calls = MBPF_MAX_TAIL_CALLS;

	return run_function(cb->frame->prog, cb->frame, &tail_calls, cb->pc, args);
}

/*
 * Goes on in another program, with this frame's stack and caller. Where that
 * cannot be, the call does nothing. An empty slot costs none of the calls that
 * a run may make.
 */
static bool tail_call(struct mbpf_interp_frame *frame)
{
	struct mbpf_fd_array *array = (void *)(unsigned long)frame->regs[2];
	u32 index = frame->regs[3];
	struct mbpf_prog *prog;

	if (index >= array->max_entries || *frame->tail_calls >= MBPF_MAX_TAIL_CALLS)
		return false;
	prog = READ_ONCE(array->slots[index]);
	if (!prog)
		return false;
	(*frame->tail_calls)++;
	frame->prog = prog;
	frame->pc = 0;
	return true;
}

static void run_helper(struct mbpf_interp_frame *frame, const struct mbpf_insn *insn)
{
	const struct mbpf_helper *helper = mbpf_helper_find(insn->imm);
	u64 *r = frame->regs;

	if (helper->flags & MBPF_HELPER_TAIL_CALL) {
		if (tail_call(frame))
			return;
	} else if (helper->iterate) {
		struct callback cb = {
			.callee.call = run_callback,
			.frame = frame,
			.pc = r[1 + helper->callback],
		};

		r[0] = helper->iterate(&cb.callee, r[1], r[2], r[3], r[4]);
	} else {
		r[0] = helper->fn(r[1], r[2], r[3], r[4], r[5]);
	}
	frame->pc++;
}

/* Jumps, calls; false at the function's exit. */
static bool run_jump(struct mbpf_interp_frame *frame, const struct mbpf_insn *insn,
		     const struct mbpf_insn_aux *aux)
{
	if (mbpf_insn_is_exit(insn))
		return false;
	if (mbpf_insn_is_helper_call(insn)) {
		run_helper(frame, insn);
	} else if (mbpf_insn_is_local_call(insn)) {
		frame->regs[0] = run_function(frame->prog, frame, frame->tail_calls,
					      aux->target, &frame->regs[1]);
		frame->pc++;
	} else {
		frame->pc = jump_taken(frame, insn) ? aux->target : frame->pc + 1;
	}
	return true;
}

static u64 run_frame(struct mbpf_interp_frame *frame)
{
	for (;;) {
		const struct mbpf_code *code = &frame->prog->code;
		const struct mbpf_insn *insn = &code->insns[frame->pc];
		const struct mbpf_insn_aux *aux = &code->aux[frame->pc];

		trace(frame);
		switch (MBPF_CLASS(insn->code)) {
		case MBPF_ALU:
		case MBPF_ALU64:
			run_alu(frame, insn);
			frame->pc++;
			break;
		case MBPF_JMP:
		case MBPF_JMP32:
			if (!run_jump(frame, insn, aux))
				return frame->regs[0];
			break;
		case MBPF_LD:
			/* A function's address is known to run_helper() only. */
			frame->regs[insn->dst] = insn->src == MBPF_PSEUDO_FUNC ? aux->target :
										 aux->value;
			frame->pc += 2;
			break;
		default:
			run_memory(frame, insn);
			frame->pc++;
		}
	}
}

u64 mbpf_interp_run(void *ctx, const struct mbpf_prog *prog)
{
	u64 args[5] = { (unsigned long)ctx };
	u32 tail_calls = 0;

	return run_function(prog, NULL, &tail_calls, 0, args);
}
