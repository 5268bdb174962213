// SPDX-License-Identifier: GPL-2.0-only
/*
 * Atomic operations. x86 has all of them but the ones that return what AND, OR
 * and XOR found; for these there is cmpxchg in a loop. Every locked instruction
 * is a full barrier.
 */
#include "jit_x86.h"

static enum x86_alu alu_of(s32 imm)
{
	switch (imm & ~MBPF_FETCH) {
	case MBPF_ADD:
		return X86_ADD;
	case MBPF_OR:
		return X86_OR;
	case MBPF_AND:
		return X86_AND;
	default:
		return X86_XOR;
	}
}

/*
 * src = [mem]; [mem] = src alu [mem]. cmpxchg compares with rax, which is R0:
 * unless R0 is the result it is saved in SCRATCH2, where it is also found if it
 * is one of the operands.
 */
static void emit_fetch_loop(struct x86_jit *x, u32 i, u32 size, struct x86_mem mem, u8 src)
{
	enum x86_alu alu = alu_of(x86_insn(x, i)->imm);
	u8 operand = src == X86_RAX ? SCRATCH2 : src;
	struct mbpf_jit *jit = x->jit;
	s32 retry;

	emit(jit, x86_mov_rr(8, SCRATCH2, X86_RAX));
	if (mem.base == X86_RAX)
		mem.base = SCRATCH2;
	emit(jit, x86_mov_rm(size, X86_RAX, mem));
	retry = jit->pos;
	emit(jit, x86_mov_rr(size, SCRATCH, X86_RAX));
	emit(jit, x86_alu_rr(alu, size, SCRATCH, operand));
	emit(jit, mbpf_x86_lock(x86_cmpxchg_mr(size, mem, SCRATCH)));
	emit(jit, x86_jcc8(X86_CC_NE, retry - (s32)(jit->pos + 2)));
	if (src == X86_RAX) {
		/* cmpxchg clears the upper half only where it fails. */
		if (size == 4)
			emit_zext(jit, X86_RAX);
		return;
	}
	emit(jit, x86_mov_rr(size, src, X86_RAX));
	emit(jit, x86_mov_rr(8, X86_RAX, SCRATCH2));
}

u32 mbpf_x86_atomic(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	struct x86_mem mem = x86_at(x, insn->dst, insn->off);
	u32 size = mbpf_size_bytes(insn->code);
	u8 src = x->fn->reg[insn->src];

	if (size < 4) {
		x86_unknown(x);
		return 1;
	}
	switch (insn->imm) {
	case MBPF_ADD:
	case MBPF_OR:
	case MBPF_AND:
	case MBPF_XOR:
		emit(x->jit, mbpf_x86_lock(x86_alu_mr(alu_of(insn->imm), size, mem, src)));
		break;
	case MBPF_ADD | MBPF_FETCH:
		emit(x->jit, mbpf_x86_lock(x86_xadd_mr(size, mem, src)));
		break;
	case MBPF_XCHG:
		emit(x->jit, x86_xchg_mr(size, mem, src));
		break;
	case MBPF_CMPXCHG:
		emit(x->jit, mbpf_x86_lock(x86_cmpxchg_mr(size, mem, src)));
		/* Where it succeeds, R0 has not been written. */
		if (size == 4)
			emit_zext(x->jit, X86_RAX);
		break;
	case MBPF_OR | MBPF_FETCH:
	case MBPF_AND | MBPF_FETCH:
	case MBPF_XOR | MBPF_FETCH:
		emit_fetch_loop(x, i, size, mem, src);
		break;
	default:
		x86_unknown(x);
	}
	return 1;
}
