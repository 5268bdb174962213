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

/* Bytes that a load takes of scratch memory if nothing about the program is unusual. */
#define WORK_FIXED	6144
#define WORK_EACH	96	/* for each instruction */

int mbpf_code_init(struct mbpf_code *code, struct mbpf_insn *insns, u32 nr)
{
	memset(code, 0, sizeof(*code));
	code->insns = insns;
	code->nr = nr;
	code->ctx_read = U64_MAX;
	/* In nearly all programs, that is room for all odd ones. */
	code->cap_odd = nr / 2 + 8;
	code->scratch.want = WORK_FIXED + (size_t)nr * WORK_EACH;
	code->aux = mbpf_scratch_alloc(&code->scratch, nr * sizeof(*code->aux) +
						       code->cap_odd * sizeof(*code->odd));
	if (!code->aux) {
		mbpf_code_deinit(code);
		return -ENOMEM;
	}
	code->odd = (u32 *)(code->aux + nr);
	return 0;
}

int mbpf_code_settle(struct mbpf_code *code, bool with_aux)
{
	static const struct mbpf_scratch none;
	size_t size = code->nr * sizeof(*code->aux);

	if (with_aux) {
		code->kept = kvmalloc(size, GFP_KERNEL_ACCOUNT);
		if (!code->kept)
			return -ENOMEM;
		memcpy(code->kept, code->aux, size);
	}
	mbpf_scratch_reset(&code->scratch, &none);
	code->aux = code->kept;
	code->odd = NULL;
	code->nr_odd = 0;
	code->lookups = NULL;
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
	mbpf_code_settle(code, false);
	kvfree(code->kept);
	kvfree(code->insns);
	if (code->subs != &code->only)
		kvfree(code->subs);
	kvfree(code->maps);
	memset(code, 0, sizeof(*code));
}

u32 mbpf_code_sub_at(const struct mbpf_code *code, u32 start)
{
	u32 low = 0, high = code->nr_subs - 1, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (code->subs[mid].start < start)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
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

/* What decoding needs. */
struct decode {
	struct mbpf_code *code;
	const struct mbpf_map_source *source;
	struct mbpf_log *log;
	u32 last;	/* the latest LDDW that names a map, if one does */
};

/* Index of the map that the LDDW at @i names, or errno. */
static int find_map(struct decode *d, u32 i)
{
	const struct mbpf_map_source *source = d->source;
	const struct mbpf_insn *insn = &d->code->insns[i];
	bool is_index = insn->src == MBPF_PSEUDO_MAP_IDX ||
			insn->src == MBPF_PSEUDO_MAP_IDX_VALUE;
	struct mbpf_map *map = source ? source->get(source->priv, insn->imm, is_index) :
					ERR_PTR(-EBADF);
	int ref;

	if (IS_ERR(map)) {
		mbpf_log_printf(d->log, "insn %u: %s %d is not pointing to valid bpf_map\n",
				i, is_index ? "fd_array index" : "fd", insn->imm);
		return PTR_ERR(map);
	}
	ref = add_map(d->code, source, map);
	if (ref == -E2BIG)
		mbpf_log_printf(d->log, "insn %u: the program refers to more than %u maps\n",
				i, MAX_MAPS);
	return ref;
}

/* A map that was named before is likely to be named again. */
static int resolve_map(struct decode *d, u32 i)
{
	struct mbpf_code *code = d->code;
	const struct mbpf_insn *insn = &code->insns[i], *before = &code->insns[d->last];
	struct mbpf_insn_aux *aux = &code->aux[i];
	bool same = code->nr_maps && before->src == insn->src && before->imm == insn->imm;
	int ref = same ? code->aux[d->last].ref : find_map(d, i);

	if (ref < 0)
		return ref;
	d->last = i;
	aux->ref = ref;
	if (insn->src == MBPF_PSEUDO_MAP_FD || insn->src == MBPF_PSEUDO_MAP_IDX) {
		aux->value = (unsigned long)code->maps[ref];
		return 0;
	}
	return value_address(code->maps[ref], i, insn[1].imm, &aux->value, d->log);
}

static int resolve_lddw(struct decode *d, u32 i)
{
	const struct mbpf_insn *insn = &d->code->insns[i];

	switch (insn->src) {
	case 0:
		d->code->aux[i].value = mbpf_insn_imm64(insn);
		return 0;
	case MBPF_PSEUDO_FUNC:
		d->code->has_functions = true;
		return 0;
	default:
		return resolve_map(d, i);
	}
}

/* Room for all instructions: there are no more odd ones. */
static noinline int grow_odd(struct mbpf_code *code)
{
	u32 *odd = mbpf_scratch_alloc(&code->scratch, code->nr * sizeof(*odd));

	if (!odd)
		return -ENOMEM;
	memcpy(odd, code->odd, code->nr_odd * sizeof(*odd));
	code->odd = odd;
	code->cap_odd = code->nr;
	return 0;
}

static __always_inline void init_aux(struct mbpf_insn_aux *aux)
{
	*aux = (struct mbpf_insn_aux){ .live = U16_MAX };
}

/* What is not plain at a glance. Returns how many slots it has, or errno. */
static noinline int scan_other(struct decode *d, u32 i)
{
	struct mbpf_code *code = d->code;
	const struct mbpf_insn *insn = &code->insns[i];
	struct mbpf_insn_aux *aux = &code->aux[i];
	int err = 0;

	if (!mbpf_isa_is_fine(insn, &mbpf_isa_rules[insn->code], 0))
		err = mbpf_isa_check(insn, i, code->nr, d->log);
	if (!err && code->nr_odd == code->cap_odd)
		err = grow_odd(code);
	if (err)
		return err;
	init_aux(aux);
	if (!mbpf_insn_is_odd(insn)) {
		code->plain_used |= BIT(insn->dst) | BIT(insn->src);
		return 1;
	}
	code->odd[code->nr_odd++] = i;
	if (mbpf_insn_is_lddw(insn)) {
		init_aux(&aux[1]);
		aux[1].flags = MBPF_AUX_SECOND;
		return resolve_lddw(d, i) ?: 2;
	}
	if (mbpf_insn_is_local_call(insn))
		code->has_functions = true;
	else if (mbpf_insn_is_helper_call(insn) && (u32)insn->imm < MBPF_NR_HELPERS)
		aux->value = (unsigned long)mbpf_helpers[insn->imm].fn;
	return 1;
}

int mbpf_code_resolve(struct mbpf_code *code, const struct mbpf_map_source *source,
		      struct mbpf_log *log)
{
	struct decode d = { .code = code, .source = source, .log = log };
	const struct mbpf_insn *insn = code->insns, *end = insn + code->nr;
	struct mbpf_insn_aux *aux = code->aux;
	u32 used = 0;
	int slots;

	while (insn < end) {
		if (mbpf_isa_is_fine(insn, &mbpf_isa_rules[insn->code], 0xff)) {
			used |= 1u << insn->dst | 1u << insn->src;
			init_aux(aux);
			insn++;
			aux++;
			continue;
		}
		slots = scan_other(&d, insn - code->insns);
		if (slots < 0)
			return slots;
		insn += slots;
		aux += slots;
	}
	code->plain_used |= used;
	return 0;
}
