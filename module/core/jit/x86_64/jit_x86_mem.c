// SPDX-License-Identifier: GPL-2.0-only
/* Loads, stores and constants of 64 bits. */
#include "jit_x86.h"

/* Whether the instruction after @i swaps the @bytes that @i loaded. */
static bool is_swapped(const struct x86_jit *x, u32 i, u32 bytes)
{
	const struct mbpf_insn *load = x86_insn(x, i), *next = x86_follower(x, i + 1);

	return next && next->dst == load->dst && next->imm == (s32)bytes * 8 &&
	       (next->code == (MBPF_ALU64 | MBPF_END) ||
		next->code == (MBPF_ALU | MBPF_END | MBPF_X));
}

u32 mbpf_x86_load(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	struct x86_mem mem = x86_at(x, insn->src, insn->off);
	u32 bytes = mbpf_size_bytes(insn->code);
	u8 dst = x->reg[insn->dst];

	if (MBPF_MODE(insn->code) == MBPF_MEMSX) {
		emit(x->jit, x86_movsx_rm(8, dst, mem, bytes));
	} else if (x->features & MBPF_CPU_MOVBE && bytes > 1 && is_swapped(x, i, bytes)) {
		emit(x->jit, x86_movbe_rm(bytes, dst, mem));
		if (bytes == 2)	/* left the rest of the register as it was */
			emit(x->jit, x86_movzx_rr(dst, dst, 2));
		return 2;
	} else if (bytes < 4) {
		emit(x->jit, x86_movzx_rm(dst, mem, bytes));
	} else {
		emit(x->jit, x86_mov_rm(bytes, dst, mem));
	}
	return 1;
}

u32 mbpf_x86_store(struct x86_jit *x, u32 i)
{
	const struct mbpf_insn *insn = x86_insn(x, i);
	struct x86_mem mem = x86_at(x, insn->dst, insn->off);
	u32 bytes = mbpf_size_bytes(insn->code);

	if (MBPF_CLASS(insn->code) == MBPF_ST)
		emit(x->jit, x86_mov_mi(bytes, mem, insn->imm));
	else
		emit(x->jit, x86_mov_mr(bytes, mem, x->reg[insn->src]));
	return 1;
}
