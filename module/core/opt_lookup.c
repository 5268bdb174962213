// SPDX-License-Identifier: GPL-2.0-only
/*
 * Map operations without the helper. Where a call always has the same map, the
 * helper's dispatch is skipped: the map's own function is called. A lookup in
 * an array becomes an address computation: its index is the register or number
 * that was stored as the key, the instructions that only made the arguments
 * are dropped, and the check for NULL that follows is left out where the range
 * check knows the answer. That is left out, too, where the verifier or the
 * instruction that made the index says that it is in range.
 *
 * Cost: one walk over what is no plain instruction, and at each lookup what opt_line.c looks at.
 * test_opt.c shows what becomes of a lookup.
 */
#include "map.h"
#include "opt.h"
#include "opt_line.h"

#define ID_LOOKUP	1
#define ID_UPDATE	2
#define ID_DELETE	3

/**
 * struct site - a lookup's call
 * @code: the program
 * @call: the call's index
 * @begin: instructions from here to the call are executed one after the other
 * @map_at: where R1 becomes the map, and nothing reads it but the call; or 0
 * @key_at: the same for "R2 = R10"; or 0
 * @add_at: the same for "R2 += @off"; or 0
 * @store_end: behind the last store in line before the call; @begin if there is none
 * @off: the key's offset from R10
 * @has_off: the key is at R10 + @off
 *
 * 0 serves as none: a lookup has two arguments, and the second is never made
 * by the program's first instruction alone.
 */
struct site {
	struct mbpf_code *code;
	u32 call;
	u32 begin;
	u32 map_at;
	u32 key_at;
	u32 add_at;
	u32 store_end;
	s32 off;
	bool has_off;
};

/* Where the call's R@reg is made; the call's own index if that is not in line. */
static u32 find_def(const struct site *site, u32 before, u32 reg)
{
	return mbpf_opt_find_def(site->code, site->begin, before, reg, site->call);
}

static bool is_store(const struct mbpf_insn *insn)
{
	u8 class = MBPF_CLASS(insn->code);

	return class == MBPF_ST || class == MBPF_STX;
}

/* Instruction @i, which makes R1; @is_read: it is read before the call. */
static void note_map(struct site *site, u32 i, bool is_read)
{
	const struct mbpf_insn *insn = &site->code->insns[i];

	if (!is_read &&
	    (mbpf_insn_is_lddw(insn) || insn->code == (MBPF_ALU64 | MBPF_MOV | MBPF_X)))
		site->map_at = i;
}

/*
 * The same for R2, a key on the stack: R2 = R10; R2 += off, of which the addition is
 * met first. Returns whether the other is still to come.
 */
static bool note_key(struct site *site, u32 i, bool is_read)
{
	const struct mbpf_insn *insn = &site->code->insns[i];

	if (!site->off) {
		site->off = insn->imm;
		site->add_at = is_read ? 0 : i;
		return insn->code == (MBPF_ALU64 | MBPF_ADD | MBPF_K) && insn->imm;
	}
	site->has_off = insn->code == (MBPF_ALU64 | MBPF_MOV | MBPF_X) &&
			insn->src == MBPF_REG_FP && !insn->off &&
			site->off >= -MBPF_STACK_SIZE && site->off <= -4;
	if (site->has_off && site->add_at && !is_read)
		site->key_at = i;
	return false;
}

/* @insn, at @i, which names R1 or R2 of @wanted. @read: what is read behind it, before the call. */
static void note_argument(struct site *site, const struct mbpf_insn *insn, u32 i, u16 *wanted,
			  u16 *read)
{
	u16 defs = mbpf_insn_defs(insn) & *wanted, uses = mbpf_insn_uses(insn);

	if (defs & BIT(1)) {
		note_map(site, i, *read & BIT(1));
		*wanted &= ~BIT(1);
	}
	if (defs & BIT(2) && !note_key(site, i, *read & BIT(2)))
		*wanted &= ~BIT(2);
	*read = (*read | uses) & ~defs;
}

/* Looks back for who makes the arguments, and for a store, which may be the key's. */
static void look_back(struct site *site)
{
	const struct mbpf_insn *insn = &site->code->insns[site->call];
	const struct mbpf_insn_aux *aux = &site->code->aux[site->call];
	u32 least = mbpf_opt_line_least(site->call), i = site->call;
	u16 wanted = BIT(1) | BIT(2), read = 0;

	for (; i > least && !(aux->flags & MBPF_AUX_TARGET); i--) {
		insn--;
		aux--;
		if (aux->flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND))
			continue;
		/* Calls, which write others than they name, end the line, too. */
		if (mbpf_opt_ends_line(insn) || (!wanted && site->store_end))
			break;
		if ((BIT(insn->dst) | BIT(insn->src)) & wanted)
			note_argument(site, insn, i - 1, &wanted, &read);
		if (!site->store_end && is_store(insn))
			site->store_end = i;
	}
	site->begin = i;
	if (!site->key_at)
		site->add_at = 0;
}

/* Whether a store touches the key; through another pointer it may always. */
static bool touches_key(const struct site *site, const struct mbpf_insn *insn)
{
	return insn->dst != MBPF_REG_FP ||
	       (insn->off < site->off + 4 &&
		insn->off + (s32)mbpf_size_bytes(insn->code) > site->off);
}

static void fix_index(struct mbpf_lookup *lookup, u32 key)
{
	lookup->base += (u64)key * lookup->stride;
	lookup->index = MBPF_LOOKUP_FIXED;
	lookup->max_entries = 0;
}

/* Whether it makes the key, all of it. */
static bool makes_key(const struct site *site, const struct mbpf_insn *store)
{
	return store->dst == MBPF_REG_FP && store->off == site->off &&
	       MBPF_MODE(store->code) == MBPF_MEM && MBPF_SIZE(store->code) == MBPF_W;
}

/* The store that makes the key; the call's own index if that is not in line. */
static u32 find_store(struct site *site)
{
	const struct mbpf_insn *insn;
	u32 i = site->store_end;

	for (; i > site->begin; i--) {
		insn = &site->code->insns[i - 1];
		if (is_store(insn) && touches_key(site, insn) &&
		    !mbpf_opt_is_skipped(site->code, i - 1))
			return makes_key(site, insn) ? i - 1 : site->call;
	}
	return site->call;
}

/*
 * Whether no instruction from @from to the call writes R@reg, but for those
 * that make arguments and will be dropped.
 */
static bool is_kept(const struct site *site, u32 reg, u32 from)
{
	u32 i;

	for (i = from; i < site->call; i++)
		if (!mbpf_opt_is_skipped(site->code, i) && i != site->map_at && i != site->key_at &&
		    i != site->add_at &&
		    mbpf_insn_defs(&site->code->insns[i]) & BIT(reg))
			return false;
	return true;
}

/* An upper bound of R@reg's lower half before instruction @at, by what made it. */
static u32 find_bound(const struct site *site, u32 reg, u32 at)
{
	u32 i = find_def(site, at, reg);
	const struct mbpf_insn *insn = &site->code->insns[i];
	u8 class = MBPF_CLASS(insn->code), op = MBPF_OP(insn->code);
	bool imm = MBPF_SRC(insn->code) == MBPF_K;

	if (i == site->call)
		return U32_MAX;
	if (class == MBPF_LDX && MBPF_MODE(insn->code) == MBPF_MEM)
		return MBPF_SIZE(insn->code) == MBPF_B ? U8_MAX :
		       MBPF_SIZE(insn->code) == MBPF_H ? U16_MAX : U32_MAX;
	if ((class != MBPF_ALU && class != MBPF_ALU64) || !imm)
		return U32_MAX;
	if (op == MBPF_AND || op == MBPF_MOV)
		return insn->imm;
	if (op == MBPF_MOD && insn->imm > 0 && !insn->off)
		return insn->imm - 1;
	if (op == MBPF_RSH && class == MBPF_ALU)
		return U32_MAX >> (insn->imm & 31);
	return U32_MAX;
}

/* Whether what made R@reg before instruction @at left an upper half of 0. */
static bool is_zext(const struct site *site, u32 reg, u32 at)
{
	u32 i = find_def(site, at, reg);
	const struct mbpf_insn *insn = &site->code->insns[i];

	if (i == site->call)
		return false;
	if (MBPF_CLASS(insn->code) == MBPF_LDX)
		return MBPF_MODE(insn->code) == MBPF_MEM && MBPF_SIZE(insn->code) != MBPF_DW;
	return insn->imm >= 0 && (insn->code == (MBPF_ALU64 | MBPF_AND | MBPF_K) ||
				  insn->code == (MBPF_ALU | MBPF_AND | MBPF_K));
}

/*
 * From what the index is computed: a number that was stored as the key, the
 * register that was and still is what it was, which lives until the call from
 * now on, or the stack.
 */
static void find_index(struct site *site, struct mbpf_lookup *lookup)
{
	struct mbpf_code *code = site->code;
	u32 i = find_store(site);
	const struct mbpf_insn *store;

	/* All of the line, unless the first look back was enough. */
	if (i == site->call || MBPF_CLASS(code->insns[i].code) != MBPF_ST) {
		site->begin = mbpf_opt_line_begin(code, site->call);
		i = find_store(site);
	}
	store = &code->insns[i];
	lookup->off = site->off;
	lookup->index = MBPF_LOOKUP_STACK;
	if (i == site->call)
		return;
	if (MBPF_CLASS(store->code) == MBPF_ST) {
		if ((u32)store->imm < lookup->max_entries)
			fix_index(lookup, store->imm);
		return;
	}
	if (find_bound(site, store->src, i) < lookup->max_entries)
		lookup->max_entries = 0;
	if (store->src == MBPF_REG_FP || !is_kept(site, store->src, i))
		return;
	lookup->index = store->src;
	lookup->zext = is_zext(site, store->src, i);
	for (; i < site->call; i++)
		code->aux[i].live |= BIT(lookup->index);
}

static void drop_arguments(struct site *site, bool key)
{
	if (site->map_at)
		mbpf_opt_drop(site->code, site->map_at);
	if (key && site->key_at) {
		mbpf_opt_drop(site->code, site->key_at);
		mbpf_opt_drop(site->code, site->add_at);
	}
}

/* Whether R0 may be read from instruction @i on. */
static bool is_r0_live(const struct mbpf_code *code, u32 i)
{
	const struct mbpf_insn *insn = &code->insns[i];

	return mbpf_insn_uses(insn) & BIT(0) ||
	       (code->aux[i].live & BIT(0) && !(mbpf_insn_defs(insn) & BIT(0)));
}

/* The check for NULL that follows the call, decided or made part of the range check. */
static void join_check(struct mbpf_code *code, u32 call, struct mbpf_lookup *lookup)
{
	const struct mbpf_insn *insn = &code->insns[call + 1];
	struct mbpf_insn_aux *aux = &code->aux[call + 1];
	u32 next = call + 2;

	if (insn->dst != 0 || insn->imm || !aux->target || aux->target == next ||
	    aux->flags & (MBPF_AUX_TARGET | MBPF_AUX_DEAD | MBPF_AUX_TAKEN | MBPF_AUX_NOT_TAKEN))
		return;
	if (insn->code == (MBPF_JMP | MBPF_JNE | MBPF_K)) {
		lookup->null_to = next;
		lookup->found_to = aux->target;
		code->aux[next].flags |= MBPF_AUX_TARGET;
	} else if (insn->code == (MBPF_JMP | MBPF_JEQ | MBPF_K)) {
		lookup->null_to = aux->target;
	} else {
		return;
	}
	lookup->zero = is_r0_live(code, lookup->null_to);
	mbpf_opt_drop(code, call + 1);
}

static void describe_lookup(struct mbpf_code *code, u32 call, const struct mbpf_inline *in,
			    struct mbpf_lookup *lookup)
{
	struct mbpf_insn_aux *aux = &code->aux[call];
	struct site site = { .code = code, .call = call };

	*lookup = (struct mbpf_lookup){
		.base = in->base,
		.stride = in->stride,
		.max_entries = in->max_entries,
		.percpu = in->kind == MBPF_INLINE_PERCPU_ARRAY,
		.index = MBPF_LOOKUP_POINTER,
	};
	look_back(&site);
	if (site.has_off)
		find_index(&site, lookup);
	if (aux->flags & MBPF_AUX_KEY_CONST && lookup->index != MBPF_LOOKUP_FIXED)
		fix_index(lookup, aux->key);
	if (aux->flags & MBPF_AUX_KEY)
		lookup->max_entries = 0;
	drop_arguments(&site, lookup->index != MBPF_LOOKUP_POINTER);
	join_check(code, call, lookup);
}

/* Whether the map of call @i is an array whose elements machine code may compute. */
static bool is_computable(const struct mbpf_inline *in, bool percpu)
{
	return (in->kind == MBPF_INLINE_ARRAY ||
		(in->kind == MBPF_INLINE_PERCPU_ARRAY && percpu)) &&
	       in->max_entries <= 1U << 31;
}

/* R10 is a multiple of 8. */
static bool is_key_aligned(struct mbpf_code *code, u32 call, u32 align)
{
	struct site site = { .code = code, .call = call };

	look_back(&site);
	return site.has_off && !(site.off & (align - 1));
}

static void bind(struct mbpf_code *code, u32 call, const struct mbpf_inline *in)
{
	u32 id = code->insns[call].imm;
	u64 function = id == ID_LOOKUP ? in->lookup : id == ID_UPDATE ? in->update : in->delete;

	if (id == ID_LOOKUP && in->lookup_aligned && is_key_aligned(code, call, in->key_align))
		function = in->lookup_aligned;
	if (function)
		code->aux[call].value = function;
}

/* A call of a map operation on one map that is known. */
static bool is_map_call(const struct mbpf_code *code, u32 i)
{
	const struct mbpf_insn *insn = &code->insns[i];

	return mbpf_insn_is_helper_call(insn) && insn->imm >= ID_LOOKUP &&
	       insn->imm <= ID_DELETE && code->aux[i].ref && !mbpf_opt_is_skipped(code, i);
}

/* Whether lookup @i is one for machine code; else the call is one of the map's own function. */
static bool describe_call(struct mbpf_code *code, u32 i, const struct mbpf_inline *in, bool percpu,
			  struct mbpf_lookup *lookup)
{
	if (code->insns[i].imm != ID_LOOKUP || !is_computable(in, percpu)) {
		bind(code, i, in);
		return false;
	}
	describe_lookup(code, i, in, lookup);
	return true;
}

int mbpf_opt_lookup(struct mbpf_code *code, bool percpu)
{
	u32 k, i, nr = 0, n = 0, first = 0, *next = &first;
	const struct mbpf_map *map = NULL;
	struct mbpf_inline in;

	if (code->lookups)
		return 0;
	/* Each has the index of the next in its @target; none is the program's first. */
	for (k = 0; k < code->nr_odd && code->nr_maps; k++) {
		i = code->odd[k];
		if (is_map_call(code, i)) {
			*next = i;
			next = &code->aux[i].target;
			nr++;
		}
	}
	if (!nr)
		return 0;
	*next = 0;
	code->lookups = mbpf_scratch_alloc(&code->scratch, nr * sizeof(*code->lookups));
	if (!code->lookups)
		return -ENOMEM;
	for (i = first; i; i = k) {
		struct mbpf_insn_aux *aux = &code->aux[i];

		k = aux->target;
		aux->target = 0;
		/* Most have the map that the one before had. */
		if (map != code->maps[aux->ref - 1]) {
			map = code->maps[aux->ref - 1];
			mbpf_map_describe(map, &in);
		}
		if (describe_call(code, i, &in, percpu, &code->lookups[n])) {
			aux->target = n++;
			aux->flags |= MBPF_AUX_LOOKUP;
		}
	}
	return 0;
}
