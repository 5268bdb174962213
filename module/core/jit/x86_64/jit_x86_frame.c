// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which registers a function lives in, and its stack frame:
 *
 *	[caller's frame] return address | saved registers | stack up to R10 | padding
 *
 * The lowest address is rsp. A function that needs none of it has no frame.
 * Frame pointers are not kept: rbp is one more register, and unwinders that
 * follow it skip these frames.
 */
#include "jit_x86.h"

#define CALLEE_SAVED (BIT(X86_RBX) | BIT(X86_RBP) | BIT(X86_R13) | BIT(X86_R14) | BIT(X86_R15))

/* What a function's instructions ask of its registers, as bits of BPF registers. */
struct needs {
	u16 used;	/* mentioned */
	u16 across;	/* may be read after some call */
	bool call;	/* calls C or a function of its own */
	bool loop;	/* has a loop that calls one */
	bool wide;	/* some instruction takes SCRATCH2 and SCRATCH3 */
	bool fp_value;	/* R10 is an operand like any other */
	u32 nr_pins;	/* of struct x86_fn */
};

static bool needs_scratch(const struct mbpf_insn *insn)
{
	u8 op = MBPF_OP(insn->code);

	switch (MBPF_CLASS(insn->code)) {
	case MBPF_ALU:
	case MBPF_ALU64:
		return op == MBPF_DIV || op == MBPF_MOD;
	case MBPF_STX:
		return MBPF_MODE(insn->code) == MBPF_ATOMIC &&
		       (insn->imm == (MBPF_AND | MBPF_FETCH) ||
			insn->imm == (MBPF_OR | MBPF_FETCH) ||
			insn->imm == (MBPF_XOR | MBPF_FETCH));
	default:
		return false;
	}
}

/* Other than by what can be written as an address relative to rsp. */
static bool needs_fp_value(const struct mbpf_insn *insn)
{
	bool src = insn->src == MBPF_REG_FP && MBPF_SRC(insn->code) == MBPF_X;
	u8 op = MBPF_OP(insn->code);

	switch (MBPF_CLASS(insn->code)) {
	case MBPF_STX:
		return insn->src == MBPF_REG_FP;
	case MBPF_ALU64:
		return src && op != MBPF_ADD && (op != MBPF_MOV || insn->off);
	case MBPF_ALU:
		return src;
	case MBPF_JMP:
	case MBPF_JMP32:
		return src || insn->dst == MBPF_REG_FP;
	default:
		return false;
	}
}

/* What a helper in line mentions: R0 and where a lookup's index is. */
static u16 inline_uses(const struct x86_jit *x, u32 i)
{
	u8 index;

	if (!x86_is_lookup(x, i))
		return BIT(0);
	index = x->code->lookups[x86_aux(x, i)->target].index;
	if (index < MBPF_NR_REGS)
		return BIT(0) | BIT(index);
	return index == MBPF_LOOKUP_POINTER ? BIT(0) | BIT(2) : BIT(0);
}

/* A call clobbers what it does not preserve. */
static void add_call(const struct x86_jit *x, u32 i, struct needs *needs)
{
	if (!mbpf_jit_is_call(x->jit, i)) {
		needs->used |= inline_uses(x, i);
		return;
	}
	needs->used |= mbpf_insn_uses(x86_insn(x, i)) | mbpf_insn_defs(x86_insn(x, i));
	if (!x86_is_tail_call(x, i)) {
		needs->call = true;
		needs->loop |= !!(x86_aux(x, i)->flags & MBPF_AUX_LOOP);
		needs->across |= x86_aux(x, i)->live;
	}
}

/* Instructions of which more matters than the registers that they name. */
static const bool is_special[256] = {
	[MBPF_JMP | MBPF_CALL] = true,
	[MBPF_STX | MBPF_ATOMIC | MBPF_W] = true,
	[MBPF_STX | MBPF_ATOMIC | MBPF_DW] = true,
	[MBPF_ALU | MBPF_DIV | MBPF_K] = true,
	[MBPF_ALU | MBPF_DIV | MBPF_X] = true,
	[MBPF_ALU | MBPF_MOD | MBPF_K] = true,
	[MBPF_ALU | MBPF_MOD | MBPF_X] = true,
	[MBPF_ALU64 | MBPF_DIV | MBPF_K] = true,
	[MBPF_ALU64 | MBPF_DIV | MBPF_X] = true,
	[MBPF_ALU64 | MBPF_MOD | MBPF_K] = true,
	[MBPF_ALU64 | MBPF_MOD | MBPF_X] = true,
};

#define NOT_COMPILED (MBPF_AUX_DEAD | MBPF_AUX_SECOND)

static bool names_fp(const struct mbpf_insn *insn)
{
	return insn->dst == MBPF_REG_FP || insn->src == MBPF_REG_FP;
}

static struct needs find_needs(const struct x86_jit *x, const struct mbpf_subprog *sub)
{
	const struct mbpf_insn *insn = x86_insn(x, sub->start), *end = x86_insn(x, sub->end);
	const struct mbpf_insn_aux *aux = x86_aux(x, sub->start);
	/* What is dropped or done in line may have been a register's last mention. */
	bool all = x->code->dropped || sub->has_helper_call;
	bool few = !all && !(sub->used & BIT(MBPF_REG_FP));
	struct needs needs = { .used = all ? BIT(0) : sub->used };

	for (; insn < end; insn++, aux++) {
		if (!is_special[insn->code] && (few || (!all && !names_fp(insn))))
			continue;
		if (aux->flags & NOT_COMPILED)
			continue;
		if (insn->code == (MBPF_JMP | MBPF_CALL)) {
			add_call(x, insn - x->code->insns, &needs);
			continue;
		}
		/* Fields that name no register are 0; those of LDDW name a kind. */
		needs.used |= BIT(insn->dst);
		if (!mbpf_insn_is_lddw(insn))
			needs.used |= BIT(insn->src);
		if (is_special[insn->code])
			needs.wide |= needs_scratch(insn);
		if (names_fp(insn))
			needs.fp_value |= needs_fp_value(insn);
	}
	return needs;
}

static void add_pin(struct x86_fn *fn, struct needs *needs, u64 value)
{
	u32 n;

	for (n = 0; n < needs->nr_pins; n++)
		if (fn->pin[n].value == value)
			return;
	if (n < X86_MAX_PINS)
		fn->pin[needs->nr_pins++].value = value;
}

/* Addresses of maps that loops look into are loaded once; a fixed one costs nothing to load. */
static void find_pins(const struct x86_jit *x, const struct mbpf_subprog *sub, struct x86_fn *fn,
		      struct needs *needs)
{
	u32 i, low = U32_MAX;

	for (i = sub->end; i-- > sub->start; ) {
		const struct mbpf_lookup *lookup;

		low = mbpf_jit_loop_begin(x->code, i, low);
		if (low == U32_MAX || !x86_is_lookup(x, i))
			continue;
		lookup = &x->code->lookups[x86_aux(x, i)->target];
		if (lookup->index != MBPF_LOOKUP_FIXED)
			add_pin(fn, needs, lookup->base);
	}
}

/*
 * Takes a register out of those that are @free. First the ones that cost
 * nothing to use, of these first the ones with the shorter encoding; rcx and
 * rdx have other duties.
 */
static u8 take_reg(u16 *free)
{
	static const u8 order[] = {
		X86_RSI, X86_RDI, X86_R9, X86_R8, X86_R10, X86_RCX, X86_RDX,
		X86_RBX, X86_R14, X86_R15, X86_R13, X86_RBP,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		if (*free & BIT(order[i])) {
			*free &= ~BIT(order[i]);
			return order[i];
		}
	}
	return X86_NOREG;
}

/* R0 to R5 are where the calling convention has them. */
static const u8 fixed_reg[] = {
	X86_RAX, X86_RDI, X86_RSI, X86_RDX, X86_RCX, X86_R8,
};

static void assign_regs(struct x86_fn *fn, const struct needs *needs)
{
	u16 saved = CALLEE_SAVED, clobbered = 0, *from;
	u32 r;

	if (!needs->wide)
		clobbered |= BIT(SCRATCH2) | BIT(SCRATCH3);
	for (r = 0; r < ARRAY_SIZE(fixed_reg); r++) {
		fn->reg[r] = fixed_reg[r];
		if (!(needs->used & BIT(r)))
			clobbered |= BIT(fixed_reg[r]);
	}
	clobbered &= ~BIT(X86_RAX);
	if (needs->wide)
		clobbered &= ~BIT(X86_RDX);

	for (r = ARRAY_SIZE(fixed_reg); r < MBPF_NR_REGS; r++) {
		fn->reg[r] = X86_NOREG;
		if (!(needs->used & BIT(r)) || (r == MBPF_REG_FP && !needs->fp_value))
			continue;
		from = &clobbered;
		if (!clobbered || (needs->call && (r == MBPF_REG_FP || needs->across & BIT(r))))
			from = &saved;
		fn->reg[r] = take_reg(from);
	}
	/* What instructions borrow they give back only to BPF registers. */
	clobbered &= ~(BIT(X86_RCX) | BIT(X86_RDX));
	for (r = 0; r < needs->nr_pins; r++)
		fn->pin[r].reg = take_reg(needs->call || !clobbered ? &saved : &clobbered);
	fn->saved = CALLEE_SAVED & ~saved;
}

/* Chooses registers and frame of @sub. */
void mbpf_x86_frame_plan(const struct x86_jit *x, const struct mbpf_subprog *sub,
			 struct x86_fn *fn)
{
	struct needs needs = find_needs(x, sub);
	u32 above, n;

	for (n = 0; n < X86_MAX_PINS; n++)
		fn->pin[n].reg = X86_NOREG;
	if (sub->has_loop && x->code->lookups)
		find_pins(x, sub, fn, &needs);
	fn->used = needs.used;
	assign_regs(fn, &needs);
	for (n = 0; n < MBPF_NR_REGS; n++) {
		fn->as_reg[n] = x86_as_reg(fn->reg[n]);
		fn->as_rm[n] = x86_as_rm(fn->reg[n]);
	}
	fn->fp = round_up(sub->stack, 8) + (needs.loop ? LOOP_FRAME : 0);
	fn->frame = fn->fp;

	/* Calls are made at multiples of 16. */
	above = 8 + 8 * hweight64((u64)fn->saved);
	if (needs.call && (above + fn->frame) % 16)
		fn->frame += 8;
}

/* Entered by a call. */
void mbpf_x86_frame_enter(struct x86_jit *x)
{
	struct mbpf_jit *jit = x->jit;
	u32 r, left;

	for (left = x->fn->saved; left; left &= left - 1)
		emit(jit, x86_push(__ffs64(left)));
	if (x->fn->frame == 8)
		emit(jit, x86_push(X86_RAX));
	else if (x->fn->frame)
		mbpf_x86_emit_alu(jit, X86_SUB, 8, X86_RSP, x->fn->frame);
	if (x->fn->reg[MBPF_REG_FP] != X86_NOREG)
		emit(jit, x86_lea(8, x->fn->reg[MBPF_REG_FP], x86_mem(X86_RSP, x->fn->fp)));
	for (r = 0; r < X86_MAX_PINS; r++)
		if (x->fn->pin[r].reg != X86_NOREG)
			mbpf_x86_emit_const(jit, x->fn->pin[r].reg, x->fn->pin[r].value);
}

/* Undoes it all but the return; changes no register but rcx. */
void mbpf_x86_frame_leave(struct x86_jit *x)
{
	struct mbpf_jit *jit = x->jit;
	u32 r, left;

	if (x->fn->frame == 8)
		emit(jit, x86_pop(X86_RCX));
	else if (x->fn->frame)
		mbpf_x86_emit_alu(jit, X86_ADD, 8, X86_RSP, x->fn->frame);
	for (left = x->fn->saved; left; left &= ~BIT(r)) {
		r = fls64(left) - 1;
		emit(jit, x86_pop(r));
	}
}

/* A C function that calls what follows it and has the tail-call counter. */
void mbpf_x86_frame_wrap(struct x86_jit *x)
{
	struct mbpf_jit *jit = x->jit;
	u32 call;

	mbpf_x86_emit_entry(jit);
	emit(jit, x86_push(TAIL_COUNTER));
	emit(jit, x86_push(TAIL_COUNTER));	/* alignment */
	emit(jit, x86_push_i8(MBPF_MAX_TAIL_CALLS));
	emit(jit, x86_mov_rr(8, TAIL_COUNTER, X86_RSP));
	emit(jit, x86_call(0));
	call = jit->pos;
	mbpf_x86_emit_alu(jit, X86_ADD, 8, X86_RSP, 16);
	emit(jit, x86_pop(TAIL_COUNTER));
	mbpf_x86_emit_return(jit);
	jit->buf[call - 4] = jit->pos - call;
}
