// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ALU classes: finds operands, joins instructions that the machine does
 * in one, and leaves the operation itself to its file.
 */
#include "rv_emit.h"

static bool is_wide(const struct mbpf_insn *insn)
{
	return MBPF_CLASS(insn->code) == MBPF_ALU64;
}

/* The next instruction, if it is only ever reached from the current one. */
static const struct mbpf_insn *next_in_line(const struct rv_jit *rv)
{
	u32 i = rv->i + 1;

	if (i >= rv->sub->end || rv->aux->flags & MBPF_AUX_CONST ||
	    rv->aux[1].flags & (MBPF_AUX_TARGET | MBPF_AUX_DEAD | MBPF_AUX_CONST))
		return NULL;
	return &rv->code->insns[i];
}

/* Compile the next instruction together with the current one. */
static void join_next(struct rv_jit *rv)
{
	rv->i++;
	rv->aux++;
	rv->jit->off[rv->i] = rv->jit->pos;
	rv->live = rv->aux->live;
}

/* Operations that may be joined with a move to their left operand. */
static bool is_three_operand(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code), op = MBPF_OP(insn->code);

	return (class == MBPF_ALU || class == MBPF_ALU64) &&
	       op != MBPF_MOV && op != MBPF_END && op != MBPF_DIV &&
	       op != MBPF_MOD;
}

/*
 * After "dst = src", try to make "dst = src op x" of it and the next
 * instruction. A 32-bit move can only be joined with a 32-bit operation, which
 * reads no more of src than the move does.
 */
static bool join_mov(struct rv_jit *rv, const struct mbpf_insn *mov)
{
	const struct mbpf_insn *next = next_in_line(rv);

	if (mov->dst == mov->src || !next || !is_three_operand(next) || next->dst != mov->dst ||
	    (is_wide(next) && !is_wide(mov)))
		return false;
	join_next(rv);
	return true;
}

/*
 * "dst <<= 32; dst >>= n" with n of 32 or more is how code for older
 * instruction sets takes the lower half. Returns the second shift if the
 * current instruction, @lsh, is the first and the two were joined.
 */
static const struct mbpf_insn *join_shifts(struct rv_jit *rv,
					   const struct mbpf_insn *lsh)
{
	const struct mbpf_insn *next = next_in_line(rv);

	if (!next || next->dst != lsh->dst || next->imm < 32 || next->imm > 63 ||
	    (next->code != (MBPF_ALU64 | MBPF_RSH | MBPF_K) &&
	     next->code != (MBPF_ALU64 | MBPF_ARSH | MBPF_K)))
		return NULL;
	join_next(rv);
	return next;
}

/* Sign-extend the lower @bits bits of @rs. */
static void emit_sext(struct rv_jit *rv, u8 rd, u8 rs, u32 bits)
{
	bool zbb = rv_has(rv, MBPF_CPU_ZBB);

	if (bits == 32) {
		emit_sext_w(rv, rd, rs);
	} else if (bits == 16 && zbb) {
		emit(rv, rv_sext_h(rd, rs));
	} else if (bits == 8 && zbb) {
		emit(rv, rv_sext_b(rd, rs));
	} else {
		emit_slli(rv, rd, rs, 64 - bits);
		emit_srai(rv, rd, rd, 64 - bits);
	}
}

/* The lower half of @first shifted right by @n: what joined shifts amount to. */
static void narrow(struct rv_jit *rv, u32 dst, u32 first, bool is_signed, u32 n)
{
	u8 rs = mbpf_rv_read32(rv, first, RV_TMP2), upper = rv->upper[first];
	u8 rd = first == dst ? mbpf_rv_reg(rv, dst) : mbpf_rv_define(rv, dst);

	if (is_signed) {
		if (n)
			emit(rv, rv_sraiw(rd, rs, n));
		else if (upper & RV_SX)
			emit_mv(rv, rd, rs);
		else
			emit_sext_w(rv, rd, rs);
		upper = RV_SX;
	} else if (n) {
		emit(rv, rv_srliw(rd, rs, n));
		upper = RV_ZX | RV_SX;
	} else {
		emit_mv(rv, rd, rs);
		if (!(upper & RV_ZX))
			upper |= RV_OPEN;
	}
	mbpf_rv_set_upper(rv, dst, upper);
}

/*
 * Whether @insn takes its left operand as it is, open or not. Shifts by a
 * constant, masks and, with Zba, additions deal with an open register
 * themselves.
 */
static bool takes_any_left(const struct rv_jit *rv, const struct mbpf_insn *insn,
			   u32 first, u32 second)
{
	bool reg = MBPF_SRC(insn->code) == MBPF_X;

	if (MBPF_OP(insn->code) == MBPF_END)
		return insn->imm != 64;
	if (!is_wide(insn))
		return true;
	switch (MBPF_OP(insn->code)) {
	case MBPF_LSH:
	case MBPF_RSH:
		return !reg;
	case MBPF_AND:
		return !reg && insn->imm >= 0;
	case MBPF_ADD:
		return reg && rv_has(rv, MBPF_CPU_ZBA) && second != MBPF_REG_FP &&
		       first != second && !(rv->upper[second] & RV_OPEN);
	default:
		return false;
	}
}

static struct rv_val read_left(struct rv_jit *rv, const struct mbpf_insn *insn,
			       u32 first, u32 second)
{
	struct rv_val a;

	if (rv->upper[first] & RV_OPEN && !takes_any_left(rv, insn, first, second))
		mbpf_rv_close(rv, first);
	a.reg = mbpf_rv_read32(rv, first, RV_TMP2);
	a.upper = rv->upper[first];
	return a;
}

static bool takes_any_right(const struct rv_jit *rv, const struct mbpf_insn *insn)
{
	switch (MBPF_OP(insn->code)) {
	case MBPF_LSH:
	case MBPF_RSH:
	case MBPF_ARSH:
		return true;
	case MBPF_ADD:
		return !is_wide(insn) || rv_has(rv, MBPF_CPU_ZBA);
	default:
		return !is_wide(insn);
	}
}

static struct rv_val read_right(struct rv_jit *rv, const struct mbpf_insn *insn, u32 second)
{
	u8 op = MBPF_OP(insn->code);
	struct rv_val b;

	if ((op == MBPF_DIV || op == MBPF_MOD) && !is_wide(insn) &&
	    !(rv->upper[second] & RV_ZX)) {
		b.reg = mbpf_rv_read_sx(rv, second, RV_TMP);
	} else {
		if (rv->upper[second] & RV_OPEN && !takes_any_right(rv, insn))
			mbpf_rv_close(rv, second);
		b.reg = mbpf_rv_read32(rv, second, RV_TMP);
	}
	b.upper = rv->upper[second];
	return b;
}

static void read_operands(struct rv_jit *rv, const struct mbpf_insn *insn, u32 first,
			  u32 second, struct rv_val *a, struct rv_val *b)
{
	*a = read_left(rv, insn, first, second);
	if (MBPF_SRC(insn->code) != MBPF_X || MBPF_OP(insn->code) == MBPF_END)
		return;
	*b = read_right(rv, insn, second);
	if (second == first)
		a->upper = rv->upper[first];
}

/* Whether nothing has to be done for @insn to read its operands. */
static bool is_plain(const struct rv_jit *rv, const struct mbpf_insn *insn, u32 first, u32 second)
{
	u8 op = MBPF_OP(insn->code);

	return !((rv->upper[first] | rv->upper[second]) & RV_OPEN) && op != MBPF_DIV &&
	       op != MBPF_MOD && op != MBPF_END && first != MBPF_REG_FP && second != MBPF_REG_FP;
}

/* dst = first op x, where @first is dst or was moved to it by a joined move. */
static void operate(struct rv_jit *rv, const struct mbpf_insn *insn, u32 first)
{
	bool wide = is_wide(insn), reg = MBPF_SRC(insn->code) == MBPF_X;
	u32 second = !reg || insn->src == insn->dst ? first : insn->src;
	struct rv_val a, b;
	u8 rd, upper;

	if (likely(is_plain(rv, insn, first, second))) {
		a = (struct rv_val){ rv->reg[first], rv->upper[first] };
		b = (struct rv_val){ rv->reg[second], rv->upper[second] };
	} else {
		read_operands(rv, insn, first, second, &a, &b);
	}
	rd = first == insn->dst ? mbpf_rv_reg(rv, first) : mbpf_rv_define(rv, insn->dst);
	if (MBPF_OP(insn->code) == MBPF_END)
		upper = mbpf_rv_swap(rv, insn, rd, a);
	else if (reg)
		upper = wide ? mbpf_rv_alu64_reg(rv, insn, rd, a, b) :
			       mbpf_rv_alu32_reg(rv, insn, rd, a, b);
	else
		upper = wide ? mbpf_rv_alu64_imm(rv, insn, rd, a) :
			       mbpf_rv_alu32_imm(rv, insn, rd, a);
	mbpf_rv_set_upper(rv, insn->dst, upper);
}

/* dst = R10 + @imm */
static void mov_frame(struct rv_jit *rv, const struct mbpf_insn *insn, s32 imm)
{
	u8 rd = mbpf_rv_define(rv, insn->dst);

	emit_addi(rv, rd, RV_SP, rv->sub->stack + imm);
	mbpf_rv_set_upper(rv, insn->dst, is_wide(insn) ? 0 : RV_OPEN);
}

static void mov_imm(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	u8 rd = mbpf_rv_define(rv, insn->dst);
	u8 upper = mbpf_rv_imm_upper((s64)insn->imm);

	/* A negative one is made in its sign-extended form: that is cheap. */
	mbpf_rv_imm(rv, rd, (s64)insn->imm);
	if (!is_wide(insn) && insn->imm < 0)
		upper |= RV_OPEN;
	mbpf_rv_set_upper(rv, insn->dst, upper);
}

/* Sign-extending move, to 64 bits or to 32 with the upper half zero. */
static void movsx(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	bool same = insn->dst == insn->src;
	u8 rs = mbpf_rv_read32(rv, insn->src, RV_TMP2), rd;
	bool done = insn->off == 32 && rv->upper[insn->src] & RV_SX;

	rd = same ? mbpf_rv_reg(rv, insn->dst) : mbpf_rv_define(rv, insn->dst);
	if (done)
		emit_mv(rv, rd, rs);
	else
		emit_sext(rv, rd, rs, insn->off);
	mbpf_rv_set_upper(rv, insn->dst,
			  is_wide(insn) ? RV_SX : RV_SX | RV_OPEN);
}

static void mov_reg(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	u8 upper, rd, rs;

	if (insn->src == MBPF_REG_FP) {
		mov_frame(rv, insn, 0);
		return;
	}
	/* An open register's copy is open too. */
	upper = rv->upper[insn->src];
	if (!is_wide(insn) && !(upper & RV_ZX))
		upper |= RV_OPEN;
	if (insn->dst != insn->src) {
		rs = mbpf_rv_read32(rv, insn->src, RV_TMP2);
		rd = mbpf_rv_define(rv, insn->dst);
		emit_mv(rv, rd, rs);
	}
	mbpf_rv_set_upper(rv, insn->dst, upper);
}

/* True if the result is known to be a constant that is as cheap as any operation. */
static bool constant(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	u64 value = rv->aux->value;

	if (!mbpf_rv_imm_is_short(value))
		return false;
	mbpf_rv_imm(rv, mbpf_rv_define(rv, insn->dst), value);
	mbpf_rv_set_upper(rv, insn->dst, mbpf_rv_imm_upper(value));
	return true;
}

/*
 * A move; NULL if it is done, else the operation that it has been joined with,
 * whose left operand is the move's source.
 */
static const struct mbpf_insn *move(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	bool joined = MBPF_SRC(insn->code) == MBPF_X && !insn->off && join_mov(rv, insn);
	const struct mbpf_insn *next = &rv->code->insns[rv->i];

	if (joined && (insn->src != MBPF_REG_FP ||
		       next->code != (MBPF_ALU64 | MBPF_ADD | MBPF_K) ||
		       !fits_12(rv->sub->stack + (s64)next->imm)))
		return next;
	if (joined)
		mov_frame(rv, next, next->imm);
	else if (MBPF_SRC(insn->code) == MBPF_K)
		mov_imm(rv, insn);
	else if (insn->off)
		movsx(rv, insn);
	else
		mov_reg(rv, insn);
	return NULL;
}

void mbpf_rv_alu(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	const struct mbpf_insn *second = NULL;
	u32 first = insn->dst;

	if (unlikely(rv->aux->flags & MBPF_AUX_CONST) && constant(rv, insn))
		return;
	if (MBPF_OP(insn->code) == MBPF_MOV) {
		first = insn->src;
		insn = move(rv, insn);
		if (!insn)
			return;
	}
	if (insn->code == (MBPF_ALU64 | MBPF_LSH | MBPF_K) && insn->imm == 32)
		second = join_shifts(rv, insn);
	if (second)
		narrow(rv, insn->dst, first, MBPF_OP(second->code) == MBPF_ARSH,
		       second->imm - 32);
	else
		operate(rv, insn, first);
}
