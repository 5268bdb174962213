// SPDX-License-Identifier: GPL-2.0-only
/* Loads, stores and constants of 64 bits. */
#include "jit_x86.h"

/* An operation that both operand orders of x86's ALU group have, or the product. */
static bool alu_of(const struct mbpf_insn *insn, enum x86_alu *alu)
{
	switch (MBPF_OP(insn->code)) {
	case MBPF_ADD:
		*alu = X86_ADD;
		return true;
	case MBPF_SUB:
		*alu = X86_SUB;
		return true;
	case MBPF_OR:
		*alu = X86_OR;
		return true;
	case MBPF_AND:
		*alu = X86_AND;
		return true;
	case MBPF_XOR:
		*alu = X86_XOR;
		return true;
	default:
		return false;
	}
}

/* Whether the operation is as wide as a load or store of @bytes. */
static bool is_as_wide(const struct mbpf_insn *alu, u32 bytes)
{
	u8 class = MBPF_CLASS(alu->code);

	return (class == MBPF_ALU64 && bytes == 8) || (class == MBPF_ALU && bytes == 4);
}

/* Load, operation, store back to where it came from, and the register is done with. */
static bool fuse_update(struct x86_jit *x, u32 i, u32 bytes, struct x86_mem mem)
{
	const struct mbpf_insn *load = x86_insn(x, i), *next = load + 1;
	const struct mbpf_insn *store = x86_follower(x, i + 2);
	bool is_reg = MBPF_SRC(next->code) == MBPF_X;
	enum x86_alu alu;

	if (!store || !is_as_wide(next, bytes) || !alu_of(next, &alu))
		return false;
	if (is_reg && (next->src == load->dst || x->fn->reg[next->src] == X86_NOREG))
		return false;
	if (store->code != (MBPF_STX | MBPF_MEM | MBPF_SIZE(load->code)) ||
	    store->src != load->dst || store->dst != load->src || store->off != load->off ||
	    load->src == load->dst || x86_is_live(x, i + 2, load->dst))
		return false;
	if (is_reg)
		emit(x->jit, x86_alu_mr(alu, bytes, mem, x->fn->reg[next->src]));
	else
		mbpf_x86_emit_alu_mem(x->jit, alu, bytes, mem, next->imm);
	return true;
}

/* Load and operation with another register, and the register is done with. */
static bool fuse_operand(struct x86_jit *x, u32 i, u32 bytes, struct x86_mem mem)
{
	const struct mbpf_insn *load = x86_insn(x, i), *next = load + 1;
	enum x86_alu alu;

	if (!is_as_wide(next, bytes) || MBPF_SRC(next->code) != MBPF_X ||
	    next->src != load->dst || x86_is_live(x, i + 1, load->dst))
		return false;
	if (alu_of(next, &alu))
		emit(x->jit, x86_alu_rm(alu, bytes, x->fn->reg[next->dst], mem));
	else if (MBPF_OP(next->code) == MBPF_MUL)
		emit(x->jit, x86_imul_rm(bytes, x->fn->reg[next->dst], mem));
	else
		return false;
	return true;
}

/* Load and conditional jump, and the register is done with. */
static bool fuse_jump(struct x86_jit *x, u32 i, u32 bytes, struct x86_mem mem)
{
	const struct mbpf_insn *load = x86_insn(x, i), *next = load + 1;

	return mbpf_insn_is_jump(next) && !mbpf_insn_is_goto(next) &&
	       !x86_is_live(x, i + 1, load->dst) &&
	       (MBPF_SRC(next->code) == MBPF_K ||
		(next->src != load->dst && x->fn->reg[next->src] != X86_NOREG)) &&
	       mbpf_x86_jump_mem(x, i + 1, bytes, mem);
}

/* Load, and the bytes swapped. */
static bool fuse_swap(struct x86_jit *x, u32 i, u32 bytes, struct x86_mem mem)
{
	const struct mbpf_insn *next = x86_insn(x, i + 1);
	u8 dst = x->fn->reg[next->dst];

	if (!(x->features & MBPF_CPU_MOVBE) || bytes == 1 || next->imm != (s32)bytes * 8 ||
	    (next->code != (MBPF_ALU64 | MBPF_END) &&
	     next->code != (MBPF_ALU | MBPF_END | MBPF_X)))
		return false;
	emit(x->jit, x86_movbe_rm(bytes, dst, mem));
	if (bytes == 2)	/* left the rest of the register as it was */
		emit(x->jit, x86_movzx_rr(dst, dst, 2));
	return true;
}

/* Load @i and what follows, if they make one instruction. Returns how many slots, or 0. */
static u32 fuse(struct x86_jit *x, u32 i, u32 bytes, struct x86_mem mem)
{
	const struct mbpf_insn *next = x86_follower(x, i + 1);

	if (!next)
		return 0;
	if (next->dst != x86_insn(x, i)->dst)
		return fuse_operand(x, i, bytes, mem) ? 2 : 0;
	if (fuse_update(x, i, bytes, mem))
		return 3;
	return fuse_jump(x, i, bytes, mem) || fuse_swap(x, i, bytes, mem) ? 2 : 0;
}

u32 mbpf_x86_load(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	struct x86_mem mem = x86_at(x, insn->src, insn->off);
	u32 bytes = mbpf_size_bytes(insn->code), fused;
	u8 dst = x->fn->reg[insn->dst];

	if (MBPF_MODE(insn->code) == MBPF_MEMSX && bytes < 8) {
		emit(x->jit, x86_movsx_rm(8, dst, mem, bytes));
		return 1;
	}
	if (MBPF_MODE(insn->code) != MBPF_MEM) {
		x86_unknown(x);
		return 1;
	}
	fused = fuse(x, i, bytes, mem);
	if (fused)
		return fused;
	if (bytes < 4)
		emit(x->jit, x86_movzx_rm(dst, mem, bytes));
	else
		emit(x->jit, x86_mov_rm(bytes, dst, mem));
	return 1;
}

u32 mbpf_x86_store(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	struct x86_mem mem = x86_at(x, insn->dst, insn->off);
	u32 bytes = mbpf_size_bytes(insn->code);

	if (MBPF_MODE(insn->code) != MBPF_MEM)
		x86_unknown(x);
	else if (MBPF_CLASS(insn->code) == MBPF_ST)
		emit(x->jit, x86_mov_mi(bytes, mem, insn->imm));
	else
		emit(x->jit, x86_mov_mr(bytes, mem, x->fn->reg[insn->src]));
	return 1;
}
