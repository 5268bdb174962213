// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoding: from the instructions that user space passed to a struct mbpf_code
 * in which every LDDW and helper call knows the address it stands for.
 */
#include "helper.h"
#include "log.h"
#include "map.h"
#include "prog.h"

#define MAX_MAPS 64	/* as in-tree */

int mbpf_code_init(struct mbpf_code *code, struct mbpf_insn *insns, u32 nr)
{
	memset(code, 0, sizeof(*code));
	code->insns = insns;
	code->nr = nr;
	code->ctx_read = U64_MAX;
	code->aux = kvcalloc(nr, sizeof(*code->aux) + sizeof(*code->odd), GFP_KERNEL_ACCOUNT);
	if (!code->aux) {
		mbpf_code_deinit(code);
		return -ENOMEM;
	}
	code->odd = (u32 *)(code->aux + nr);
	return 0;
}

/**
 * mbpf_code_deinit - free what a program's code holds
 * @code: after mbpf_code_init(), whether it succeeded or not
 *
 * The references to @code->maps must have been put before.
 */
void mbpf_code_deinit(struct mbpf_code *code)
{
	kvfree(code->insns);
	kvfree(code->aux);
	kvfree(code->subs);
	kvfree(code->maps);
	kvfree(code->lookups);
	memset(code, 0, sizeof(*code));
}

/* Index of @map in code->maps, which takes over the caller's reference; or errno. */
static int add_map(struct mbpf_code *code, const struct mbpf_map_source *source,
		   struct mbpf_map *map)
{
	u32 i;

	for (i = 0; i < code->nr_maps; i++) {
		if (code->maps[i] == map) {
			source->put(source->priv, map);
			return i;
		}
	}
	if (!code->maps)
		code->maps = kvcalloc(MAX_MAPS, sizeof(*code->maps), GFP_KERNEL_ACCOUNT);
	if (!code->maps || i == MAX_MAPS) {
		source->put(source->priv, map);
		return code->maps ? -E2BIG : -ENOMEM;
	}
	code->maps[code->nr_maps++] = map;
	return i;
}

static int value_address(const struct mbpf_map *map, u32 i, u32 off, u64 *addr,
			 struct mbpf_log *log)
{
	int err = mbpf_map_value_addr(map, off, addr);

	if (err == -ENOTSUPP) {
		mbpf_log_printf(log, "insn %u: no direct value access: map '%s' must be an array of one element\n",
				i, map->attr.name);
		return -EINVAL;
	}
	if (err)
		mbpf_log_printf(log, "insn %u: invalid access to map value pointer, value_size=%u off=%u: the offset must lie inside the value\n",
				i, map->attr.value_size, off);
	return err;
}

static int resolve_map(struct mbpf_code *code, u32 i, const struct mbpf_map_source *source,
		       struct mbpf_log *log)
{
	const struct mbpf_insn *insn = &code->insns[i];
	struct mbpf_insn_aux *aux = &code->aux[i];
	bool is_index = insn->src == MBPF_PSEUDO_MAP_IDX ||
			insn->src == MBPF_PSEUDO_MAP_IDX_VALUE;
	struct mbpf_map *map = source ? source->get(source->priv, insn->imm, is_index) :
					ERR_PTR(-EBADF);
	int ref;

	if (IS_ERR(map)) {
		mbpf_log_printf(log, "insn %u: %s %d is not pointing to valid bpf_map\n",
				i, is_index ? "fd_array index" : "fd", insn->imm);
		return PTR_ERR(map);
	}
	ref = add_map(code, source, map);
	if (ref < 0) {
		if (ref == -E2BIG)
			mbpf_log_printf(log, "insn %u: the program refers to more than %u maps\n",
					i, MAX_MAPS);
		return ref;
	}
	aux->ref = ref;
	if (insn->src == MBPF_PSEUDO_MAP_FD || insn->src == MBPF_PSEUDO_MAP_IDX) {
		aux->value = (unsigned long)map;
		return 0;
	}
	return value_address(map, i, insn[1].imm, &aux->value, log);
}

/* Judges each instruction by itself and lists the odd ones. */
static int scan(struct mbpf_code *code, struct mbpf_log *log)
{
	const struct mbpf_insn *insn = code->insns;
	struct mbpf_insn_aux *aux = code->aux;
	const struct mbpf_isa_rule *rule;
	u32 i, used = 0;
	int err;

	for (i = 0; i < code->nr; i++, insn++, aux++) {
		rule = &mbpf_isa_rules[insn->code];
		if (!mbpf_isa_is_fine(insn, rule)) {
			err = mbpf_isa_check(insn, i, code->nr, log);
			if (err)
				return err;
		}
		aux->live = U16_MAX;
		if (!rule->odd) {
			used |= BIT(insn->dst) | BIT(insn->src);
			continue;
		}
		code->odd[code->nr_odd++] = i;
		if (mbpf_insn_is_lddw(insn)) {
			i++;
			insn++;
			aux++;
			aux->live = U16_MAX;
			aux->flags = MBPF_AUX_SECOND;
		}
	}
	code->plain_used = used;
	return 0;
}

int mbpf_code_resolve(struct mbpf_code *code, const struct mbpf_map_source *source,
		      struct mbpf_log *log)
{
	int err = scan(code, log);
	u32 k;

	for (k = 0; k < code->nr_odd && !err; k++) {
		u32 i = code->odd[k];
		const struct mbpf_insn *insn = &code->insns[i];

		if (mbpf_insn_is_helper_call(insn)) {
			const struct mbpf_helper *helper = mbpf_helper_find(insn->imm);

			code->aux[i].value = helper ? (unsigned long)helper->fn : 0;
		} else if (mbpf_insn_is_lddw(insn) && !insn->src) {
			code->aux[i].value = mbpf_insn_imm64(insn);
		} else if (mbpf_insn_is_lddw(insn) && insn->src != MBPF_PSEUDO_FUNC) {
			err = resolve_map(code, i, source, log);
		}
	}
	return err;
}
