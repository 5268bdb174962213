// SPDX-License-Identifier: GPL-2.0-only
/*
 * The x86-64 back end: a pass over a program. Written from RFC 9669 and the
 * manufacturers' manuals.
 */
#include "jit_x86.h"

static void emit_exit(struct x86_jit *x)
{
	mbpf_x86_frame_leave(x);
	mbpf_x86_emit_return(x->jit);
}

/* The result of instruction @i, if it is known and no longer than 32 bits. */
static bool emit_known(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn_aux *aux = x86_aux(x, i);

	if (!(aux->flags & MBPF_AUX_CONST) || (aux->value > U32_MAX && !is_s32(aux->value)))
		return false;
	mbpf_x86_emit_const(x->jit, x->fn->reg[x86_insn(x, i)->dst], aux->value);
	return true;
}

/* Returns the number of slots done. */
static u32 emit_insn(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);

	switch (MBPF_CLASS(insn->code)) {
	case MBPF_ALU:
	case MBPF_ALU64:
		return emit_known(x, i) ? 1 : mbpf_x86_alu(x, i);
	case MBPF_LDX:
		return emit_known(x, i) ? 1 : mbpf_x86_load(x, i);
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

/*
 * Whether instruction @i may get another size when distances change: jumps, and
 * loads that were fused with one. What ends a function has no size to compare
 * with, as the next one's prologue follows.
 */
static bool depends_on_distance(const struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);

	return i + 1 == x->sub->end || mbpf_insn_is_jump(insn) ||
	       (MBPF_CLASS(insn->code) == MBPF_LDX && mbpf_insn_is_jump(insn + 1));
}

/* All sizing passes but the first have sizes to go by. */
static void emit_body(struct x86_jit *x)
{
	struct mbpf_jit *jit = x->jit;
	bool resize = !jit->buf && !jit->longest;
	u32 i = x->sub->start, last, done;

	while (i < x->sub->end) {
		last = jit->off[i];
		jit->off[i] = jit->pos;
		done = 1;
		if (resize && !depends_on_distance(x, i))
			jit->pos += jit->off[i + 1] - last;
		else if (x86_aux(x, i)->flags & MBPF_AUX_DEAD)
			done = mbpf_insn_slots(x86_insn(x, i));
		else
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
	x->fn = (const struct x86_fn *)jit->plan + index;
	if (index == 0) {
		jit->entry = jit->pos;
		if (x->code->tail_call)
			mbpf_x86_frame_wrap(x);
		jit->tail_entry = jit->pos;
	}
	jit->sub_off[index] = jit->pos;
	if (index == 0 || sub->is_callback)
		mbpf_x86_emit_entry(jit);
	mbpf_x86_frame_enter(x);
	emit_body(x);
}

static bool make_plan(struct x86_jit *x)
{
	struct x86_fn *plan = kvcalloc(x->code->nr_subs, sizeof(*plan), GFP_KERNEL_ACCOUNT);
	u32 i;

	if (!plan) {
		x->jit->err = -ENOMEM;
		return false;
	}
	for (i = 0; i < x->code->nr_subs; i++)
		mbpf_x86_frame_plan(x, &x->code->subs[i], &plan[i]);
	x->jit->plan = plan;
	return true;
}

static void emit_pass(struct mbpf_jit *jit)
{
	struct x86_jit x = {
		.jit = jit,
		.code = jit->code,
		.features = jit->target->features,
	};
	u32 i;

	if (!jit->plan && !make_plan(&x))
		return;
	for (i = 0; i < jit->code->nr_subs; i++)
		emit_function(&x, i);
	jit->off[jit->code->nr] = jit->pos;
}

const struct mbpf_jit_backend mbpf_jit_x86_64 = {
	.name = "x86_64",
	.fill = { 0xcc },
	.fill_size = 1,
	.emit = emit_pass,
};
