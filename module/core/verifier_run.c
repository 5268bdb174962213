// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction after instruction of one execution. Most of most programs is
 * arithmetic on known numbers and on those of which nothing is known: that is
 * done here, all else where verifier.c says.
 */
#include "verifier_state.h"

#define BREATH	1024	/* instructions between looks at signals */

static int verify_lddw(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst);
	const struct mbpf_insn_aux *aux = &v->code->aux[v->cur->pc];

	switch (insn->src) {
	case 0:
		mbpf_reg_set_const(dst, mbpf_insn_imm64(insn));
		break;
	case MBPF_PSEUDO_MAP_FD:
	case MBPF_PSEUDO_MAP_IDX:
		mbpf_reg_set_pointer(dst, MBPF_TYPE_MAP);
		dst->index = aux->ref;
		break;
	case MBPF_PSEUDO_MAP_VALUE:
	case MBPF_PSEUDO_MAP_IDX_VALUE:
		mbpf_reg_set_pointer(dst, MBPF_TYPE_VALUE);
		dst->index = aux->ref;
		dst->off = insn[1].imm;
		break;
	case MBPF_PSEUDO_FUNC:
		mbpf_reg_set_pointer(dst, MBPF_TYPE_FUNC);
		dst->index = mbpf_code_sub_at(v->code, aux->target);
		break;
	default:
		mbpf_advise(v, "load constants, maps, their values and functions only");
		return mbpf_reject(v, -EINVAL, -1, "unrecognized bpf_ld_imm64 insn");
	}
	dst->set_at = v->cur->pc;
	return 0;
}

/* What another simply follows. Return: 0 or a rejection. */
static noinline int execute(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	switch (MBPF_CLASS(insn->code)) {
	case MBPF_LD:
		return verify_lddw(v, insn);
	case MBPF_LDX:
		return mbpf_verify_load(v, insn);
	case MBPF_ST:
		return mbpf_verify_store(v, insn);
	case MBPF_STX:
		if (MBPF_MODE(insn->code) == MBPF_ATOMIC)
			return mbpf_verify_atomic(v, insn);
		return mbpf_verify_store(v, insn);
	default:
		return mbpf_verify_alu(v, insn);
	}
}

/* Jumps, calls and exits say what comes next. Return: 0, 1 if the path ended, or a rejection. */
static int execute_stop(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	if (mbpf_insn_is_exit(insn))
		return mbpf_verify_exit(v);
	if (mbpf_insn_is_jump(insn))
		return mbpf_verify_jump(v, insn);
	return mbpf_verify_call(v, insn);
}

static bool is_number(const struct mbpf_reg *reg)
{
	return mbpf_reg_is_scalar(reg) && mbpf_range_is_const(&reg->range);
}

/* How an opcode goes on from here; all but STOP follow each other in memory. */
enum way {
	OTHER,		/* not quick at all */
	STOP,		/* jumps, calls and exits */
	COMPUTE,	/* quick on numbers */
	KEEP,		/* and on a scalar of which nothing is known: it stays such */
	KEEP_X,		/* likewise if the other operand is another register with a scalar */
};

#define BOTH(class, op, k, x)	[(class) | (op) | MBPF_K] = (k), [(class) | (op) | MBPF_X] = (x)
#define COMPUTES(op)		BOTH(MBPF_ALU, op, COMPUTE, COMPUTE), \
				BOTH(MBPF_ALU64, op, COMPUTE, COMPUTE)
#define KEEPS(op)		BOTH(MBPF_ALU, op, COMPUTE, COMPUTE), \
				BOTH(MBPF_ALU64, op, KEEP, KEEP_X)
#define STOPS(op)		BOTH(MBPF_JMP, op, STOP, STOP), BOTH(MBPF_JMP32, op, STOP, STOP)

static const u8 ways[256] = {
	KEEPS(MBPF_ADD), KEEPS(MBPF_SUB), KEEPS(MBPF_XOR),
	COMPUTES(MBPF_MUL), COMPUTES(MBPF_DIV), COMPUTES(MBPF_OR), COMPUTES(MBPF_AND),
	COMPUTES(MBPF_LSH), COMPUTES(MBPF_RSH), COMPUTES(MBPF_MOD), COMPUTES(MBPF_MOV),
	COMPUTES(MBPF_ARSH),
	STOPS(MBPF_JA), STOPS(MBPF_JEQ), STOPS(MBPF_JGT), STOPS(MBPF_JGE), STOPS(MBPF_JSET),
	STOPS(MBPF_JNE), STOPS(MBPF_JSGT), STOPS(MBPF_JSGE), STOPS(MBPF_CALL), STOPS(MBPF_EXIT),
	STOPS(MBPF_JLT), STOPS(MBPF_JLE), STOPS(MBPF_JSLT), STOPS(MBPF_JSLE),
};

/* Pointers are moved about more than anything: at a constant distance, not too far. */
static bool quick_pointer(struct mbpf_reg *dst, const struct mbpf_insn *insn)
{
	const u32 movable = BIT(MBPF_TYPE_CTX) | BIT(MBPF_TYPE_STACK) | BIT(MBPF_TYPE_VALUE);
	s64 off = (s64)dst->off + insn->imm;

	if (insn->code != (MBPF_ALU64 | MBPF_ADD | MBPF_K) || !(movable >> dst->type & 1) ||
	    !mbpf_range_is(&dst->range, 0) || off <= -MBPF_PTR_LIMIT || off >= MBPF_PTR_LIMIT)
		return false;
	dst->off = off;
	return true;
}

/* The other operand is a register, and no number: a pointer that is copied, or as @way says. */
static bool quick_x(struct mbpf_reg *dst, const struct mbpf_reg *src,
		    const struct mbpf_insn *insn, u8 way)
{
	if (insn->code == (MBPF_ALU64 | MBPF_MOV | MBPF_X) && !insn->off &&
	    mbpf_reg_is_pointer(src) && mbpf_range_is_const(&src->range)) {
		*dst = *src;
		return true;
	}
	if (way != KEEP_X || dst == src || !mbpf_reg_is_scalar(dst) || !mbpf_reg_is_scalar(src))
		return false;
	if (mbpf_range_is_unknown(&dst->range))
		dst->id = 0;
	else if (mbpf_range_is_unknown(&src->range))
		mbpf_reg_set_unknown(dst);
	else
		return false;
	return true;
}

/*
 * Whether @insn was done. If so, its register holds a number, a scalar of
 * which nothing is known or a pointer to a constant distance. If not, nothing
 * was done.
 */
static bool quick(struct mbpf_reg *regs, const struct mbpf_insn *insn, u8 way)
{
	struct mbpf_reg *dst = &regs[insn->dst];
	u64 b = (u64)(s64)insn->imm;

	if (MBPF_SRC(insn->code)) {
		if (!is_number(&regs[insn->src]))
			return quick_x(dst, &regs[insn->src], insn, way);
		b = regs[insn->src].range.bits.value;
	}
	if (MBPF_OP(insn->code) == MBPF_MOV) {
		if (insn->off)
			return false;
		mbpf_reg_set_const(dst, MBPF_CLASS(insn->code) == MBPF_ALU64 ? b : (u32)b);
		return true;
	}
	if (!mbpf_reg_is_scalar(dst))
		return quick_pointer(dst, insn);
	if (mbpf_range_is_const(&dst->range))
		mbpf_range_set_const(&dst->range, mbpf_alu_compute(insn, dst->range.bits.value, b));
	else if (way < KEEP || !mbpf_range_is_unknown(&dst->range))
		return false;
	dst->id = 0;
	return true;
}

/* The instructions around which a path went last, if it is a loop. */
static noinline int reject_too_long(struct mbpf_verifier *v)
{
	u32 pc, back, low = v->cur->pc, high = low;

	for (back = 0; mbpf_trail_at(v, back, &pc); back++) {
		low = min(low, pc);
		high = max(high, pc);
	}
	mbpf_advise(v, "the last instructions were insns %u to %u: if they are a loop, give it a smaller constant bound or use the loop helper",
		    low, high);
	return mbpf_reject(v, -E2BIG, -1, "BPF program is too large. Processed %u insn", v->processed);
}

/* Called where the next look at the world is due; says when the next one is. */
static int breathe(struct mbpf_verifier *v)
{
	if (v->processed == MBPF_MAX_INSNS)
		return reject_too_long(v);
	v->breath = min_t(u32, v->processed + BREATH, MBPF_MAX_INSNS);
	if (fatal_signal_pending(current))
		return -EINTR;
	cond_resched();
	return 0;
}

/* @nr instructions were executed, or are about to be, the last of them at @last. */
static void count(struct mbpf_verifier *v, u32 nr, u32 last)
{
	v->processed += nr;
	v->cur->fresh += nr;
	mbpf_trail_add(v->cur, nr, last);
}

/* For who wants to see every instruction. */
static void show(struct mbpf_verifier *v)
{
#ifdef MBPF_VERIFIER_TRACE
	if (mbpf_verifier_trace)
		mbpf_verifier_trace(v);
#endif
	if (mbpf_log_on(v->log, MBPF_LOG_STATES)) {
		mbpf_log_state(v);
		mbpf_log_insn(v, v->cur->pc);
	}
}

/*
 * How many instructions from @pc on, @most at the most, leave alone what @any
 * says, as bits: which registers hold scalars of which nothing is known.
 */
static noinline u32 pass_any(struct mbpf_verifier *v, struct mbpf_reg *regs, u32 pc, u32 most,
			     u32 any)
{
	const struct mbpf_insn *insn = &v->code->insns[pc];
	struct mbpf_vinsn *note = &v->insn[pc];
	u32 n;

	for (n = 0; n < most && any >> insn->dst & 1; n++, insn++, note++) {
		u8 way = ways[insn->code];

		if (way < KEEP || note->flags & MBPF_V_PRUNE)
			break;
		if (way == KEEP_X &&
		    (insn->src == insn->dst || !mbpf_reg_is_scalar(&regs[insn->src])))
			break;
		regs[insn->dst].id = 0;
		regs[insn->dst].set_at = pc + n;
		note->flags |= MBPF_V_SEEN;
	}
	return n;
}

/* The last of a run: a jump, call or exit. Who is forked there has to know the way. */
static int run_stop(struct mbpf_verifier *v, u32 pc, u32 nr)
{
	int err;

	v->cur->pc = pc;
	count(v, nr, pc);
	if (v->watched)
		show(v);
	err = execute_stop(v, &v->code->insns[pc]);
	v->insn[pc].flags |= MBPF_V_SEEN;
	return err;
}

/*
 * Instructions that follow each other, until control has gone elsewhere or may
 * come from there.
 */
static int run_straight(struct mbpf_verifier *v)
{
	u32 pc = v->cur->pc, last, n, nr = 0, most = v->breath - v->processed, any = 0;
	const struct mbpf_insn *insn = &v->code->insns[pc];
	struct mbpf_reg *regs = mbpf_verifier_frame(v)->regs;
	struct mbpf_vinsn *note = &v->insn[pc];
	bool watched = v->watched;
	u8 way = ways[insn->code];
	int err = 0;

	do {
		u32 r = insn->dst;

		if (way == STOP)
			return run_stop(v, pc, nr + 1);
		n = 1;
		if (watched) {
			v->cur->pc = pc;
			show(v);
		}
		if (way >= COMPUTE && quick(regs, insn, way)) {
			regs[r].set_at = pc;
			note->flags |= MBPF_V_SEEN;
			any &= ~(1u << r);
			any |= !mbpf_range_is_const(&regs[r].range) << r;
			if (any >> insn[1].dst & 1 && !watched)
				n += pass_any(v, regs, pc + 1, most - nr - 1, any);
			nr += n;
			last = pc + n - 1;
		} else {
			v->cur->pc = pc;
			err = execute(v, insn);
			note->flags |= MBPF_V_SEEN;
			nr++;
			last = pc;
			if (err)
				break;
			/* What needed more stack has got another frame. */
			regs = mbpf_verifier_frame(v)->regs;
			any = 0;
			n = mbpf_insn_slots(insn);
		}
		note += n;
		insn += n;
		pc += n;
		way = ways[insn->code];
	} while (nr < most && !(note->flags & MBPF_V_PRUNE));
	v->cur->pc = pc;
	count(v, nr, last);
	return err;
}

int mbpf_verifier_run(struct mbpf_verifier *v)
{
	int err;

	do {
		u32 pc = v->cur->pc;

		if (v->insn[pc].flags & MBPF_V_PRUNE) {
			err = mbpf_prune_visit(v);
			if (err)
				return err;
		}
		if (v->processed == v->breath) {
			err = breathe(v);
			if (err)
				return err;
		}
		err = run_straight(v);
	} while (!err);
	return err;
}
