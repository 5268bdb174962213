// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tail calls to a slot that is known, of a map that is: the slot's address is
 * a constant, there is no index to check, and what only made the arguments is
 * dropped.
 *
 * Cost: one walk over what is no plain instruction, and at each call what
 * opt_line.c looks at. test_opt.c shows the effect.
 */
#include "map.h"
#include "opt.h"
#include "opt_line.h"

#define ID_TAIL_CALL 12

static bool is_const(const struct mbpf_insn *insn)
{
	return insn->code == (MBPF_ALU64 | MBPF_MOV | MBPF_K) ||
	       insn->code == (MBPF_ALU | MBPF_MOV | MBPF_K);
}

/* The map that the LDDW at @i loads, if it is one for tail calls. */
static struct mbpf_fd_array *array_at(const struct mbpf_code *code, u32 i)
{
	const struct mbpf_insn *insn = &code->insns[i];
	struct mbpf_map *map;

	if (!mbpf_insn_is_lddw(insn) ||
	    (insn->src != MBPF_PSEUDO_MAP_FD && insn->src != MBPF_PSEUDO_MAP_IDX))
		return NULL;
	map = code->maps[code->aux[i].ref];
	return map->attr.type == MBPF_MAP_PROG_ARRAY ?
	       container_of(map, struct mbpf_fd_array, map) : NULL;
}

static void try_tail_call(struct mbpf_code *code, u32 call)
{
	u32 begin = mbpf_opt_line_begin(code, call);
	u32 map = mbpf_opt_find_def(code, begin, call, 2, call);
	u32 index = mbpf_opt_find_def(code, begin, call, 3, call);
	struct mbpf_fd_array *array;

	if (map == call || index == call || !is_const(&code->insns[index]))
		return;
	array = array_at(code, map);
	if (!array || (u32)code->insns[index].imm >= array->max_entries)
		return;
	code->aux[call].value = (unsigned long)&array->slots[code->insns[index].imm];
	code->aux[call].flags |= MBPF_AUX_SLOT;
	if (!mbpf_opt_is_read(code, 2, map + 1, call))
		mbpf_opt_drop(code, map);
	if (!mbpf_opt_is_read(code, 3, index + 1, call))
		mbpf_opt_drop(code, index);
}

void mbpf_opt_tail(struct mbpf_code *code)
{
	u32 k, i;

	for (k = 0; k < code->nr_odd && code->tail_call; k++) {
		i = code->odd[k];
		if (mbpf_insn_is_helper_call(&code->insns[i]) &&
		    code->insns[i].imm == ID_TAIL_CALL && !mbpf_opt_is_skipped(code, i) &&
		    !(code->aux[i].flags & MBPF_AUX_SLOT))
			try_tail_call(code, i);
	}
}
