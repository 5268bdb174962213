// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic: on constants exactly, on scalars by ranges, and the little of it
 * that pointers allow.
 */
#include "verifier_state.h"

static bool is_wide(const struct mbpf_insn *insn)
{
	return MBPF_CLASS(insn->code) == MBPF_ALU64;
}

static u64 divide(u64 a, u64 b, bool is_signed)
{
	if (!b)
		return 0;
	if (!is_signed)
		return a / b;
	/* The lowest number by minus one wraps around to itself. */
	if ((s64)b == -1)
		return 0 - a;
	return (u64)((s64)a / (s64)b);
}

static u64 modulo(u64 a, u64 b, bool is_signed)
{
	if (!b)
		return a;
	if (!is_signed)
		return a % b;
	return (s64)b == -1 ? 0 : (u64)((s64)a % (s64)b);
}

u64 mbpf_alu_compute(const struct mbpf_insn *insn, u64 a, u64 b)
{
	bool wide = is_wide(insn), is_signed = insn->off == 1;
	u8 op = MBPF_OP(insn->code);
	u32 n = b & (wide ? 63 : 31);
	u64 r;

	if (!wide) {
		bool extend = op == MBPF_ARSH ||
			      (is_signed && (op == MBPF_DIV || op == MBPF_MOD));

		a = extend ? (u64)(s64)(s32)a : (u32)a;
		b = extend ? (u64)(s64)(s32)b : (u32)b;
	}
	switch (op) {
	case MBPF_ADD:
		r = a + b;
		break;
	case MBPF_SUB:
		r = a - b;
		break;
	case MBPF_MUL:
		r = a * b;
		break;
	case MBPF_DIV:
		r = divide(a, b, is_signed);
		break;
	case MBPF_MOD:
		r = modulo(a, b, is_signed);
		break;
	case MBPF_OR:
		r = a | b;
		break;
	case MBPF_AND:
		r = a & b;
		break;
	case MBPF_XOR:
		r = a ^ b;
		break;
	case MBPF_LSH:
		r = a << n;
		break;
	case MBPF_RSH:
		r = a >> n;
		break;
	default:
		r = (u64)((s64)a >> n);
	}
	return wide ? r : (u32)r;
}

/* A 64-bit operation on ranges. */
static void do_range(const struct mbpf_insn *insn, struct mbpf_range *a,
		     const struct mbpf_range *b, u32 width)
{
	bool is_signed = insn->off == 1;

	switch (MBPF_OP(insn->code)) {
	case MBPF_ADD:
		mbpf_range_add(a, b);
		break;
	case MBPF_SUB:
		mbpf_range_sub(a, b);
		break;
	case MBPF_MUL:
		mbpf_range_mul(a, b);
		break;
	case MBPF_DIV:
		if (is_signed)
			mbpf_range_sdiv(a, b);
		else
			mbpf_range_udiv(a, b);
		break;
	case MBPF_MOD:
		if (is_signed)
			mbpf_range_smod(a, b);
		else
			mbpf_range_umod(a, b);
		break;
	case MBPF_OR:
		mbpf_range_or(a, b);
		break;
	case MBPF_AND:
		mbpf_range_and(a, b);
		break;
	case MBPF_XOR:
		mbpf_range_xor(a, b);
		break;
	case MBPF_LSH:
		mbpf_range_lsh(a, b, width);
		break;
	case MBPF_RSH:
		mbpf_range_rsh(a, b, width);
		break;
	default:
		mbpf_range_arsh(a, b, width);
	}
}

/*
 * A 32-bit operation is the 64-bit one on extended operands, cut to 32 bits.
 * For what is arithmetic modulo 2^32 either extension will do, and each keeps
 * bounds that the other loses.
 */
static void do_range32(const struct mbpf_insn *insn, struct mbpf_range *a,
		       const struct mbpf_range *b)
{
	struct mbpf_range zero = *a, zero_b = *b, sign = *a, sign_b = *b;
	u8 op = MBPF_OP(insn->code);
	bool by_sign = op == MBPF_ARSH ||
		       (insn->off == 1 && (op == MBPF_DIV || op == MBPF_MOD));
	bool by_both = op == MBPF_ADD || op == MBPF_SUB || op == MBPF_MUL;

	if (by_sign || by_both) {
		mbpf_range_sext(&sign, 32);
		mbpf_range_sext(&sign_b, 32);
		do_range(insn, &sign, &sign_b, 32);
		mbpf_range_zext(&sign, 32);
		*a = sign;
	}
	if (!by_sign) {
		mbpf_range_zext(&zero, 32);
		mbpf_range_zext(&zero_b, 32);
		do_range(insn, &zero, &zero_b, 32);
		mbpf_range_zext(&zero, 32);
		*a = zero;
	}
	/* Both hold all results, so that they have some in common. */
	if (by_both && !mbpf_range_meet(a, &sign))
		*a = zero;
}

static void do_scalars(const struct mbpf_insn *insn, struct mbpf_reg *dst,
		       const struct mbpf_range *src)
{
	u8 op = MBPF_OP(insn->code);

	dst->id = 0;
	if (mbpf_range_is_const(&dst->range) && mbpf_range_is_const(src))
		mbpf_range_set_const(&dst->range,
				     mbpf_alu_compute(insn, dst->range.bits.value, src->bits.value));
	else if (MBPF_SRC(insn->code) && insn->dst == insn->src &&
		 (op == MBPF_XOR || op == MBPF_SUB))
		mbpf_range_set_const(&dst->range, 0);
	else if (is_wide(insn))
		do_range(insn, &dst->range, src, 64);
	else
		do_range32(insn, &dst->range, src);
}

static int need_init(struct mbpf_verifier *v, u32 nr)
{
	if (mbpf_verifier_reg(v, nr)->type != MBPF_TYPE_NONE)
		return 0;
	mbpf_advise(v, "give r%u a value on every path that leads here", nr);
	return mbpf_reject(v, -EACCES, nr, "R%u !read_ok", nr);
}

static const char *type_name(const struct mbpf_reg *reg)
{
	static const char * const names[] = {
		[MBPF_TYPE_NONE] = "?",
		[MBPF_TYPE_SCALAR] = "scalar",
		[MBPF_TYPE_CTX] = "ctx",
		[MBPF_TYPE_STACK] = "fp",
		[MBPF_TYPE_MAP] = "map_ptr",
		[MBPF_TYPE_VALUE] = "map_value",
		[MBPF_TYPE_VALUE_OR_NULL] = "map_value_or_null",
		[MBPF_TYPE_KEY] = "map_key",
		[MBPF_TYPE_FUNC] = "func",
		[MBPF_TYPE_RECORD] = "ringbuf_mem",
		[MBPF_TYPE_RECORD_OR_NULL] = "ringbuf_mem_or_null",
	};

	return names[reg->type];
}

/* Whether pointers of this type may be moved at all. */
static int may_move(struct mbpf_verifier *v, const struct mbpf_insn *insn,
		    const struct mbpf_reg *ptr)
{
	u8 op = MBPF_OP(insn->code);

	if (op != MBPF_ADD && op != MBPF_SUB) {
		mbpf_advise(v, "only add to or subtract from pointers");
		return mbpf_reject(v, -EACCES, insn->dst,
				   "R%u pointer arithmetic with this operator prohibited", insn->dst);
	}
	if (ptr->type == MBPF_TYPE_VALUE_OR_NULL || ptr->type == MBPF_TYPE_RECORD_OR_NULL) {
		mbpf_advise(v, "compare r%u with 0 and leave if it is, before moving it", insn->dst);
		return mbpf_reject(v, -EACCES, insn->dst,
				   "R%u pointer arithmetic on %s prohibited, null-check it first",
				   insn->dst, type_name(ptr));
	}
	if (ptr->type == MBPF_TYPE_MAP || ptr->type == MBPF_TYPE_FUNC) {
		mbpf_advise(v, "pass it to helpers as it was loaded");
		return mbpf_reject(v, -EACCES, insn->dst, "R%u pointer arithmetic on %s prohibited",
				   insn->dst, type_name(ptr));
	}
	return 0;
}

static int reject_distance(struct mbpf_verifier *v, const struct mbpf_reg *ptr, u32 by_reg,
			   const char *which)
{
	mbpf_advise(v, "check r%u against the object's size, from below and above, before this", by_reg);
	return mbpf_reject(v, -EACCES, by_reg,
			   "math between %s pointer and register with unbounded %s value is not allowed",
			   type_name(ptr), which);
}

/* The pointer's off and range become these, as long as they stay within reason. */
static int check_moved(struct mbpf_verifier *v, const struct mbpf_insn *insn,
		       const struct mbpf_reg *ptr, s64 off, const struct mbpf_range *range)
{
	s64 low = off + range->smin, high = off + range->smax;

	if (off > -MBPF_PTR_LIMIT && off < MBPF_PTR_LIMIT &&
	    range->smin > -MBPF_PTR_LIMIT && range->smax < MBPF_PTR_LIMIT &&
	    low > -MBPF_PTR_LIMIT && high < MBPF_PTR_LIMIT)
		return 0;
	mbpf_advise(v, "keep the pointer within its object");
	return mbpf_reject(v, -EACCES, insn->dst, "value %lld makes %s pointer be out of bounds",
			   (long long)(low <= -MBPF_PTR_LIMIT ? low : high), type_name(ptr));
}

/* dst = ptr + number. @by_reg: what to name if that is too far. */
static int move_by(struct mbpf_verifier *v, const struct mbpf_insn *insn,
		   const struct mbpf_reg *ptr, s64 by, u32 by_reg)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst);
	int err;

	if (by <= -MBPF_PTR_LIMIT || by >= MBPF_PTR_LIMIT)
		return reject_distance(v, ptr, by_reg, by < 0 ? "min" : "max");
	err = check_moved(v, insn, ptr, ptr->off + by, &ptr->range);
	if (err)
		return err;
	if (dst != ptr)
		*dst = *ptr;
	dst->off += by;
	return 0;
}

/* dst = ptr +- scalar */
static int move_pointer(struct mbpf_verifier *v, const struct mbpf_insn *insn,
			const struct mbpf_reg *ptr, const struct mbpf_range *by, u32 by_reg)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst);
	bool sub = MBPF_OP(insn->code) == MBPF_SUB;
	struct mbpf_range range;
	int err;

	if (by->smin <= -MBPF_PTR_LIMIT || by->smax >= MBPF_PTR_LIMIT)
		return reject_distance(v, ptr, by_reg,
				       by->smin <= -MBPF_PTR_LIMIT ? "min" : "max");
	if (mbpf_range_is_const(by))
		return move_by(v, insn, ptr, sub ? -by->smin : by->smin, by_reg);
	range = ptr->range;
	if (sub)
		mbpf_range_sub(&range, by);
	else
		mbpf_range_add(&range, by);
	err = check_moved(v, insn, ptr, ptr->off, &range);
	if (err)
		return err;
	if (dst != ptr)
		*dst = *ptr;
	dst->range = range;
	return 0;
}

/* Both operands are pointers: only their distance can be meant. */
static int two_pointers(struct mbpf_verifier *v, const struct mbpf_insn *insn,
			struct mbpf_reg *dst, const struct mbpf_reg *src)
{
	if (MBPF_OP(insn->code) == MBPF_SUB && v->rules->perfmon) {
		mbpf_facts_leak(v, dst);
		mbpf_facts_leak(v, src);
		mbpf_reg_set_unknown(dst);
		if (!is_wide(insn))
			mbpf_range_zext(&dst->range, 32);
		return 0;
	}
	mbpf_advise(v, "combine pointers with numbers only");
	return mbpf_reject(v, -EACCES, insn->dst, "R%u pointer operation with a pointer prohibited",
			   insn->dst);
}

/* The lower half of a pointer, or with one; @src may be NULL: a constant. */
static int with_half(struct mbpf_verifier *v, const struct mbpf_insn *insn,
		     const struct mbpf_reg *src)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst);

	if (MBPF_OP(insn->code) == MBPF_SUB && v->rules->perfmon) {
		mbpf_facts_leak(v, dst);
		if (src)
			mbpf_facts_leak(v, src);
		mbpf_reg_set_bytes(dst, 4);
		return 0;
	}
	mbpf_advise(v, "use 64-bit operations on pointers");
	return mbpf_reject(v, -EACCES, insn->dst, "R%u 32-bit pointer arithmetic prohibited",
			   insn->dst);
}

static int with_pointer(struct mbpf_verifier *v, const struct mbpf_insn *insn,
			const struct mbpf_reg *src)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst);
	u8 op = MBPF_OP(insn->code);
	int err;

	if (mbpf_reg_is_pointer(dst) && mbpf_reg_is_pointer(src))
		return two_pointers(v, insn, dst, src);
	if (!is_wide(insn))
		return with_half(v, insn, src);
	err = may_move(v, insn, mbpf_reg_is_pointer(dst) ? dst : src);
	if (err)
		return err;
	if (mbpf_reg_is_pointer(dst)) {
		mbpf_need_reg(v, v->cur->pc, insn->src);
		return move_pointer(v, insn, dst, &src->range, insn->src);
	}
	if (op == MBPF_SUB) {
		mbpf_advise(v, "subtract the number from the pointer instead");
		return mbpf_reject(v, -EACCES, insn->dst, "R%u tried to subtract pointer from scalar",
				   insn->dst);
	}
	mbpf_need_reg(v, v->cur->pc, insn->dst);
	return move_pointer(v, insn, src, &dst->range, insn->dst);
}

/* A constant is added to or subtracted from a pointer. */
static int with_constant(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst);
	s64 by = insn->imm;
	int err;

	if (!is_wide(insn))
		return with_half(v, insn, NULL);
	err = may_move(v, insn, dst);
	if (err)
		return err;
	return move_by(v, insn, dst, MBPF_OP(insn->code) == MBPF_SUB ? -by : by, insn->dst);
}

/* A move that does not take all of the register, or extends its sign. */
static int move_part(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst);
	const struct mbpf_reg *src = mbpf_verifier_reg(v, insn->src);
	bool keeps;

	if (mbpf_reg_is_pointer(src)) {
		if (!v->rules->perfmon) {
			mbpf_advise(v, "move pointers as a whole, with a 64-bit mov");
			return mbpf_reject(v, -EACCES, insn->src, "R%u partial copy of pointer",
					   insn->src);
		}
		mbpf_facts_leak(v, src);
		mbpf_reg_set_unknown(dst);
		if (!is_wide(insn))
			mbpf_range_zext(&dst->range, 32);
		return 0;
	}
	keeps = !insn->off && src->range.umax <= U32_MAX;
	if (dst != src)
		*dst = *src;
	if (insn->off)
		mbpf_range_sext(&dst->range, insn->off);
	if (!is_wide(insn))
		mbpf_range_zext(&dst->range, 32);
	if (!keeps)
		dst->id = 0;
	return 0;
}

static int do_mov(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst), *src;
	int err;

	if (!MBPF_SRC(insn->code)) {
		mbpf_reg_set_const(dst, is_wide(insn) ? (u64)(s64)insn->imm : (u32)insn->imm);
		return 0;
	}
	err = need_init(v, insn->src);
	if (err)
		return err;
	src = mbpf_verifier_reg(v, insn->src);
	/* From now on, what is learnt of one holds for the other. */
	if (mbpf_reg_is_scalar(src) && !src->id && !mbpf_range_is_const(&src->range))
		src->id = ++v->ids;
	if (!is_wide(insn) || insn->off)
		return move_part(v, insn);
	*dst = *src;
	return 0;
}

/* NEG and byte swaps. */
static int do_unary(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst);
	u64 c = dst->range.bits.value;
	bool known, swap_bytes;

	if (mbpf_reg_is_pointer(dst)) {
		if (!v->rules->perfmon) {
			mbpf_advise(v, "only add to or subtract from pointers");
			return mbpf_reject(v, -EACCES, insn->dst,
					   "R%u pointer arithmetic prohibited", insn->dst);
		}
		mbpf_facts_leak(v, dst);
		mbpf_reg_set_unknown(dst);
	}
	dst->id = 0;
	known = mbpf_range_is_const(&dst->range);
	if (MBPF_OP(insn->code) == MBPF_NEG) {
		struct mbpf_insn sub = { .code = MBPF_CLASS(insn->code) | MBPF_SUB };
		struct mbpf_range from = dst->range;

		mbpf_range_set_const(&dst->range, 0);
		do_scalars(&sub, dst, &from);
		return 0;
	}
	swap_bytes = MBPF_CLASS(insn->code) == MBPF_ALU64 || MBPF_SRC(insn->code);
	if (!swap_bytes) {
		if (insn->imm < 64)
			mbpf_range_zext(&dst->range, insn->imm);
	} else if (known) {
		mbpf_range_set_const(&dst->range, insn->imm == 16 ? swab16(c) :
				     insn->imm == 32 ? swab32(c) : swab64(c));
	} else {
		mbpf_range_set_bytes(&dst->range, insn->imm / 8);
	}
	return 0;
}

static int do_binary(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst), *src;
	struct mbpf_range by __uninit;
	int err;

	if (MBPF_SRC(insn->code)) {
		err = need_init(v, insn->src);
		if (err)
			return err;
		src = mbpf_verifier_reg(v, insn->src);
		if (mbpf_reg_is_pointer(dst) || mbpf_reg_is_pointer(src))
			return with_pointer(v, insn, src);
		by = src->range;
	} else {
		if (mbpf_reg_is_pointer(dst))
			return with_constant(v, insn);
		mbpf_range_set_const(&by, (u64)(s64)insn->imm);
	}
	do_scalars(insn, dst, &by);
	return 0;
}

int mbpf_verify_alu(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	struct mbpf_reg *regs = mbpf_verifier_frame(v)->regs;
	u8 op = MBPF_OP(insn->code);
	int err = 0;

	if (op == MBPF_MOV) {
		err = do_mov(v, insn);
	} else {
		err = need_init(v, insn->dst);
		if (!err)
			err = op == MBPF_NEG || op == MBPF_END ? do_unary(v, insn) :
								 do_binary(v, insn);
	}
	if (err)
		return err;
	regs[insn->dst].set_at = v->cur->pc;
	return 0;
}
