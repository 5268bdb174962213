// SPDX-License-Identifier: GPL-2.0-only
/*
 * The x86-64 back end: all functions of a program, instruction by instruction. Written from RFC 9669 and the
 * manufacturers' manuals.
 */
#include "jit_x86.h"

static void emit_exit(struct x86_jit *x)
{
	mbpf_x86_frame_leave(x);
	mbpf_x86_emit_return(x->jit);
}

/* The result of instruction @i, which is known, if it is no longer than 32 bits. */
static bool emit_known(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn_aux *aux = x86_aux(x, i);

	if (aux->value > U32_MAX && !is_s32(aux->value))
		return false;
	mbpf_x86_emit_const(x->jit, x->fn->reg[x86_insn(x, i)->dst], aux->value);
	return true;
}

/* Classes of which MBPF_AUX_CONST is a result. */
#define COMPUTES (BIT(MBPF_ALU) | BIT(MBPF_ALU64) | BIT(MBPF_LDX))

/* Returns the number of slots done. */
static u32 emit_insn(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	u8 class = MBPF_CLASS(insn->code);

	if (x86_aux(x, i)->flags & MBPF_AUX_CONST && BIT(class) & COMPUTES && emit_known(x, i))
		return 1;
	switch (class) {
	case MBPF_ALU:
	case MBPF_ALU64:
		return mbpf_x86_alu(x, i);
	case MBPF_LDX:
		return mbpf_x86_load(x, i);
	case MBPF_ST:
		return mbpf_x86_store(x, i);
	case MBPF_STX:
		return MBPF_MODE(insn->code) == MBPF_ATOMIC ? mbpf_x86_atomic(x, i) :
							      mbpf_x86_store(x, i);
	case MBPF_LD:
		return mbpf_x86_lddw(x, i);
	default:
		if (mbpf_insn_is_exit(insn))
			emit_exit(x);
		else if (MBPF_OP(insn->code) == MBPF_CALL)
			return mbpf_x86_call(x, i);
		else
			return mbpf_x86_jump(x, i);
	}
	return 1;
}

static void emit_body(struct x86_jit *x)
{
	u32 i = x->sub->start, end = x->sub->end, done;
	struct mbpf_jit *jit = x->jit;

	while (i < end) {
		if (mbpf_insn_is_alu(x86_insn(x, i))) {
			i = mbpf_x86_plain(x, i);
			if (i == end)
				break;
		}
		if (x86_aux(x, i)->flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND)) {
			i = mbpf_jit_skip(jit, i, end, 0);
			continue;
		}
		mbpf_jit_room(jit);
		jit->off[i] = jit->pos;
		done = emit_insn(x, i);
		while (++i, --done)
			jit->off[i] = jit->pos;
	}
}

/*
 * A program with tail calls counts them in a cell of its entry's frame, whose
 * address is in TAIL_COUNTER all the way down the chain. Callbacks cannot know
 * it, as C code was in between, and may not make tail calls.
 */
static void emit_function(struct x86_jit *x, u32 index)
{
	const struct mbpf_subprog *sub = &x->code->subs[index];
	struct mbpf_jit *jit = x->jit;

	x->sub = sub;
	mbpf_jit_room(jit);
	if (index == 0 && x->code->tail_call)
		mbpf_x86_frame_wrap(x);
	jit->sub_off[index] = jit->pos;
	if (index == 0 || sub->is_callback)
		mbpf_x86_emit_entry(jit);
	mbpf_x86_frame_enter(x);
	emit_body(x);
}

static void compile(struct mbpf_jit *jit)
{
	struct x86_fn fn;
	struct x86_jit x = {
		.jit = jit,
		.code = jit->code,
		.fn = &fn,
		.features = jit->target->features,
	};
	u32 i;

	for (i = 0; i < jit->code->nr_subs && !jit->err; i++) {
		mbpf_x86_frame_plan(&x, &jit->code->subs[i], &fn);
		emit_function(&x, i);
	}
}

const struct mbpf_jit_backend mbpf_jit_x86_64 = {
	.name = "x86_64",
	.fill = { 0xcc },
	.fill_size = 1,
	.emit = compile,
	.size = mbpf_x86_ref_size,
	.put = mbpf_x86_ref_put,
};
