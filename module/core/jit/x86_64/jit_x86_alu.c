// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic but division. x86 has two operands where BPF has two, and its
 * 32-bit results clear the upper half as BPF's do; what is left to do is to
 * find shorter forms, and three-operand ones for a move and what follows it.
 */
#include "jit_x86.h"

/* Operand size: the upper half need not be computed where nothing reads it. */
static u32 op_size(const struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);

	if (MBPF_CLASS(insn->code) == MBPF_ALU)
		return 4;
	switch (MBPF_OP(insn->code)) {
	case MBPF_ADD:
	case MBPF_SUB:
	case MBPF_MUL:
	case MBPF_OR:
	case MBPF_AND:
	case MBPF_XOR:
	case MBPF_NEG:
		return x86_aux(x, i)->flags & MBPF_AUX_NO_ZEXT ? 4 : 8;
	default:
		return 8;
	}
}

/* An operation that changes nothing, but for the upper half of a 32-bit one. */
static void emit_unchanged(struct x86_jit *x, u32 i, u32 size, u8 dst)
{
	if (size == 4 && !(x86_aux(x, i)->flags & MBPF_AUX_NO_ZEXT) &&
	    !x86_is_zext(x, i, x86_insn(x, i)->dst))
		emit_zext(x->jit, dst);
}

static bool is_power(s32 imm)
{
	return imm > 0 && is_power_of_2(imm);
}

/* @src * 3, 5 or 9, which is an address. */
static bool emit_mul_lea(struct x86_jit *x, u32 size, u8 dst, u8 src, s32 imm)
{
	if (imm != 3 && imm != 5 && imm != 9)
		return false;
	emit(x->jit, x86_lea(size, dst, x86_mem_index(src, src, ilog2((u32)imm - 1), 0)));
	return true;
}

static void emit_mul_imm(struct x86_jit *x, u32 i, u32 size, u8 dst, s32 imm)
{
	if (!imm)
		mbpf_x86_emit_const(x->jit, dst, 0);
	else if (imm == 1)
		emit_unchanged(x, i, size, dst);
	else if (is_power(imm))
		mbpf_x86_emit_shift(x->jit, X86_SHL, size, dst, ilog2((u32)imm));
	else if (!emit_mul_lea(x, size, dst, dst, imm))
		mbpf_x86_emit_mul(x->jit, size, dst, dst, imm);
}

/* Number of the operation in x86's ALU group. */
static enum x86_alu alu_of(u8 op)
{
	switch (op) {
	case MBPF_ADD:
		return X86_ADD;
	case MBPF_SUB:
		return X86_SUB;
	case MBPF_OR:
		return X86_OR;
	case MBPF_AND:
		return X86_AND;
	default:
		return X86_XOR;
	}
}

static void emit_binary_imm(struct x86_jit *x, u32 i, u8 dst)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	u8 op = MBPF_OP(insn->code);
	u32 size = op_size(x, i);

	if (op == MBPF_AND && insn->imm != -1)
		mbpf_x86_emit_and(x->jit, size, dst, insn->imm);
	else if (op == MBPF_AND || !insn->imm)
		emit_unchanged(x, i, size, dst);
	else if (op == MBPF_XOR && insn->imm == -1)
		emit(x->jit, x86_not(size, dst));
	else
		mbpf_x86_emit_alu(x->jit, alu_of(op), size, dst, insn->imm);
}

static void emit_binary_reg(struct x86_jit *x, u32 i, u8 dst, u8 src)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	u8 op = MBPF_OP(insn->code);

	if (src == X86_NOREG)	/* dst += R10 */
		emit(x->jit, x86_lea(8, dst, x86_mem_index(X86_RSP, dst, 0, x->fn->fp)));
	else if (src == dst && (op == MBPF_XOR || op == MBPF_SUB))
		mbpf_x86_emit_const(x->jit, dst, 0);
	else
		emit(x->jit, x86_alu_rr(alu_of(op), op_size(x, i), dst, src));
}

static enum x86_shift shift_of(u8 op)
{
	switch (op) {
	case MBPF_LSH:
		return X86_SHL;
	case MBPF_RSH:
		return X86_SHR;
	default:
		return X86_SAR;
	}
}

/* Without BMI2 the count must be in cl. x86 masks it as BPF does. */
static void emit_shift_cl(struct x86_jit *x, u32 i, u32 size, u8 dst, u8 src)
{
	enum x86_shift shift = shift_of(MBPF_OP(x86_insn(x, i)->code));
	struct mbpf_jit *jit = x->jit;
	bool keep;

	if (src == X86_RCX) {
		emit(jit, x86_shift_rc(shift, size, dst));
		return;
	}
	keep = dst == X86_RCX || x86_holds(x, i, X86_RCX);
	if (keep)
		emit(jit, x86_mov_rr(8, SCRATCH, X86_RCX));
	emit(jit, x86_mov_rr(4, X86_RCX, src));
	emit(jit, x86_shift_rc(shift, size, dst == X86_RCX ? SCRATCH : dst));
	if (keep)
		emit(jit, x86_mov_rr(8, X86_RCX, SCRATCH));
}

/*
 * Left and right by the same number extends the lower bits, which is how
 * programs without 32-bit operations do it.
 */
static bool fuse_shifts(struct x86_jit *x, u32 i, u8 dst)
{
	const struct mbpf_insn *insn = x86_insn(x, i), *next = x86_follower(x, i + 1);
	u32 from = (64 - insn->imm) / 8;

	if (insn->code != (MBPF_ALU64 | MBPF_LSH | MBPF_K) || !next || next->dst != insn->dst ||
	    next->imm != insn->imm || (from != 1 && from != 2 && from != 4) || insn->imm % 8)
		return false;
	if (next->code == (MBPF_ALU64 | MBPF_ARSH | MBPF_K))
		emit(x->jit, x86_movsx_rr(8, dst, dst, from));
	else if (next->code != (MBPF_ALU64 | MBPF_RSH | MBPF_K))
		return false;
	else if (from == 4)
		emit_zext(x->jit, dst);
	else
		emit(x->jit, x86_movzx_rr(dst, dst, from));
	return true;
}

/* Returns the number of slots done. */
static u32 emit_shift(struct x86_jit *x, u32 i, u32 size, u8 dst, u8 src)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	enum x86_shift shift = shift_of(MBPF_OP(insn->code));
	u8 count = insn->imm & (size * 8 - 1);

	if (fuse_shifts(x, i, dst))
		return 2;
	if (MBPF_SRC(insn->code) == MBPF_X) {
		if (x->features & MBPF_CPU_BMI2)
			emit(x->jit, x86_shiftx(shift, size, dst, dst, src));
		else
			emit_shift_cl(x, i, size, dst, src);
	} else if (count) {
		mbpf_x86_emit_shift(x->jit, shift, size, dst, count);
	} else {
		emit_unchanged(x, i, size, dst);
	}
	return 1;
}

/* Byte order; x86 is little-endian. */
static void emit_end(struct x86_jit *x, u32 i, u8 dst)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	bool swap = MBPF_CLASS(insn->code) == MBPF_ALU64 || MBPF_SRC(insn->code) == MBPF_X;
	struct mbpf_jit *jit = x->jit;

	switch (insn->imm) {
	case 16:
		if (!swap) {
			emit(jit, x86_movzx_rr(dst, dst, 2));
			break;
		}
		emit(jit, x86_bswap(4, dst));
		mbpf_x86_emit_shift(jit, X86_SHR, 4, dst, 16);
		break;
	case 32:
		if (swap)
			emit(jit, x86_bswap(4, dst));
		else
			emit_unchanged(x, i, 4, dst);
		break;
	case 64:
		if (swap)
			emit(jit, x86_bswap(8, dst));
		break;
	default:
		x86_unknown(x);
	}
}

/*
 * dst = @src; dst += something: an address. Where the move's source is R10,
 * @src is X86_NOREG.
 */
static bool fuse_add_imm(struct x86_jit *x, u32 size, u8 dst, u8 src, s64 add)
{
	if (src == X86_NOREG) {
		src = X86_RSP;
		add += x->fn->fp;
	}
	if (!is_s32(add))
		return false;
	emit(x->jit, x86_lea(size, dst, x86_mem(src, add)));
	return true;
}

static bool fuse_add_reg(struct x86_jit *x, u32 size, u8 dst, u8 src, u8 add)
{
	struct x86_mem mem = x86_mem_index(src, add, 0, 0);

	if (add == X86_NOREG)
		return false;
	if (src == X86_NOREG) {
		mem.base = X86_RSP;
		mem.disp = x->fn->fp;
	}
	emit(x->jit, x86_lea(size, dst, mem));
	return true;
}

static bool fuse_shift(struct x86_jit *x, const struct mbpf_insn *insn, u32 size,
		       u8 dst, u8 src, u8 count)
{
	if (MBPF_SRC(insn->code) == MBPF_X) {
		if (!(x->features & MBPF_CPU_BMI2))
			return false;
		emit(x->jit, x86_shiftx(shift_of(MBPF_OP(insn->code)), size, dst, src, count));
		return true;
	}
	if (MBPF_OP(insn->code) != MBPF_LSH || insn->imm != 1)
		return false;
	emit(x->jit, x86_lea(size, dst, x86_mem_index(src, src, 0, 0)));
	return true;
}

/* The move at @i and the operation after it in one instruction, if there is one. */
static bool fuse_move(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *move = x86_insn(x, i), *next = x86_follower(x, i + 1);
	u8 dst = x->fn->reg[move->dst], src = x->fn->reg[move->src], other;
	u32 size;

	if (!next || next->dst != move->dst || MBPF_CLASS(next->code) != MBPF_CLASS(move->code))
		return false;
	/* After the move, dst is src. */
	other = next->src == next->dst ? src : x->fn->reg[next->src];
	size = op_size(x, i + 1);

	switch (MBPF_OP(next->code)) {
	case MBPF_ADD:
		if (MBPF_SRC(next->code) == MBPF_X)
			return fuse_add_reg(x, size, dst, src, other);
		return fuse_add_imm(x, size, dst, src, next->imm);
	case MBPF_SUB:
		return MBPF_SRC(next->code) == MBPF_K &&
		       fuse_add_imm(x, size, dst, src, -(s64)next->imm);
	case MBPF_MUL:
		if (MBPF_SRC(next->code) == MBPF_X || src == X86_NOREG || !next->imm ||
		    is_power(next->imm))
			return false;
		if (!emit_mul_lea(x, size, dst, src, next->imm))
			mbpf_x86_emit_mul(x->jit, size, dst, src, next->imm);
		return true;
	case MBPF_DIV:
		return src != X86_NOREG && mbpf_x86_div_move(x, i + 1, dst, src);
	case MBPF_LSH:
	case MBPF_RSH:
	case MBPF_ARSH:
		return src != X86_NOREG && other != X86_NOREG &&
		       fuse_shift(x, next, size, dst, src, other);
	default:
		return false;
	}
}

static u32 emit_move(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	bool is64 = MBPF_CLASS(insn->code) == MBPF_ALU64;
	bool short_enough = !is64 || x86_aux(x, i)->flags & MBPF_AUX_NO_ZEXT;
	u8 dst = x->fn->reg[insn->dst], src = x->fn->reg[insn->src];

	if (MBPF_SRC(insn->code) == MBPF_K)
		mbpf_x86_emit_const(x->jit, dst, short_enough ? (u32)insn->imm : (s64)insn->imm);
	else if (insn->off)
		emit(x->jit, x86_movsx_rr(is64 ? 8 : 4, dst, src, insn->off / 8));
	else if (fuse_move(x, i))
		return 2;
	else if (src == X86_NOREG)
		emit(x->jit, x86_lea(8, dst, x86_mem(X86_RSP, x->fn->fp)));
	else if (src != dst)
		emit(x->jit, x86_mov_rr(short_enough ? 4 : 8, dst, src));
	else if (!is64)
		emit_unchanged(x, i, 4, dst);
	return 1;
}

u32 mbpf_x86_alu(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	bool is_reg = MBPF_SRC(insn->code) == MBPF_X;
	u8 dst = x->fn->reg[insn->dst], src = x->fn->reg[insn->src];
	u32 size = op_size(x, i);

	switch (MBPF_OP(insn->code)) {
	case MBPF_MOV:
		return emit_move(x, i);
	case MBPF_END:
		emit_end(x, i, dst);
		break;
	case MBPF_NEG:
		emit(x->jit, x86_neg(size, dst));
		break;
	case MBPF_MUL:
		if (is_reg)
			emit(x->jit, x86_imul_rr(size, dst, src));
		else
			emit_mul_imm(x, i, size, dst, insn->imm);
		break;
	case MBPF_DIV:
	case MBPF_MOD:
		if (is_reg)
			mbpf_x86_div_reg(x, i, size, dst, src);
		else
			mbpf_x86_div_imm(x, i, size, dst, insn->imm);
		break;
	case MBPF_LSH:
	case MBPF_RSH:
	case MBPF_ARSH:
		return emit_shift(x, i, size, dst, src);
	case MBPF_ADD:
	case MBPF_SUB:
	case MBPF_OR:
	case MBPF_AND:
	case MBPF_XOR:
		if (is_reg)
			emit_binary_reg(x, i, dst, src);
		else
			emit_binary_imm(x, i, dst);
		break;
	default:
		x86_unknown(x);
	}
	return 1;
}
