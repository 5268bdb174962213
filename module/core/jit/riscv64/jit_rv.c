// SPDX-License-Identifier: GPL-2.0-only
/* The RISC-V 64 back end: all functions of a program, instruction by instruction. */
#include "rv_emit.h"

static inline void compile_insn(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	switch (MBPF_CLASS(insn->code)) {
	case MBPF_LD:
		if (mbpf_insn_is_lddw(insn))
			mbpf_rv_lddw(rv, insn);
		else
			rv->jit->err = -EINVAL;
		break;
	case MBPF_LDX:
		mbpf_rv_load(rv, insn);
		break;
	case MBPF_STX:
		if (MBPF_MODE(insn->code) == MBPF_ATOMIC) {
			mbpf_rv_atomic(rv, insn);
			break;
		}
		fallthrough;
	case MBPF_ST:
		mbpf_rv_store(rv, insn);
		break;
	case MBPF_ALU:
	case MBPF_ALU64:
		mbpf_rv_alu(rv, insn);
		break;
	default:
		if (mbpf_insn_is_exit(insn))
			mbpf_rv_exit(rv);
		else if (insn->code == (MBPF_JMP | MBPF_CALL))
			mbpf_rv_call(rv, insn);
		else
			mbpf_rv_jump(rv, insn);
		break;
	}
}

#define NOT_COMPILED (MBPF_AUX_DEAD | MBPF_AUX_SECOND)

/* The current instruction; those that are compiled together with it are so, too. */
static inline void compile_at(struct rv_jit *rv, const struct mbpf_insn_aux *aux)
{
	struct mbpf_jit *jit = rv->jit;

	if (aux->flags & MBPF_AUX_TARGET) {
		mbpf_rv_settle(rv, rv->live);
		mbpf_rv_forget(rv);
	}
	mbpf_jit_room(jit);
	jit->off[rv->i] = jit->pos;
	if (aux->flags & NOT_COMPILED)
		return;
	rv->aux = aux;
	rv->live = aux->live;
	compile_insn(rv, &rv->code->insns[rv->i]);
}

static void compile_body(struct rv_jit *rv)
{
	const struct mbpf_code *code = rv->code;
	u32 i = rv->sub->start, end = rv->sub->end;

	while (i < end) {
		u16 flags = code->aux[i].flags;

		/* Before a jump's target, there may be something to emit. */
		if (flags & NOT_COMPILED && !(flags & MBPF_AUX_TARGET)) {
			i = mbpf_jit_skip(rv->jit, i, end, MBPF_AUX_TARGET);
			continue;
		}
		if (mbpf_insn_is_alu(&code->insns[i])) {
			i = mbpf_rv_plain(rv, i);
			if (i == end)
				break;
		}
		rv->i = i;
		compile_at(rv, &code->aux[i]);
		i = rv->i + 1;
	}
}

static void compile_function(struct rv_jit *rv, u32 s)
{
	rv->sub = &rv->code->subs[s];
	mbpf_jit_room(rv->jit);
	if (rv->code->tail_call && (!s || rv->sub->is_callback))
		mbpf_rv_wrapper(rv, s ? 0 : MBPF_MAX_TAIL_CALLS);
	rv->jit->sub_off[s] = rv->jit->pos;
	mbpf_rv_prologue(rv);
	mbpf_rv_forget(rv);
	/* Only calls read registers that the code does not mention. */
	mbpf_rv_set_r1(rv, rv->sub->used & BIT(1) || rv->sub->has_call);
	rv->live = U16_MAX;
	compile_body(rv);
}

static void compile(struct mbpf_jit *jit)
{
	const struct mbpf_code *code = jit->code;
	struct rv_jit rv = {
		.jit = jit,
		.code = code,
	};
	u32 s;

	for (s = 0; s < code->nr_subs && !jit->err; s++)
		compile_function(&rv, s);
}

const struct mbpf_jit_backend mbpf_jit_riscv64 = {
	.name = "riscv64",
	.fill = { 0, 0 },	/* c.unimp */
	.fill_size = 2,
	.emit = compile,
	.size = mbpf_rv_ref_size,
	.put = mbpf_rv_ref_put,
};
