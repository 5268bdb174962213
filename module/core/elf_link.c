// SPDX-License-Identifier: GPL-2.0-only
/*
 * One program out of an object: its function, the functions that it calls or
 * takes the address of, directly or not, each once, and every relocation
 * applied. Two passes over the instructions: where functions come to lie,
 * then what their instructions become.
 */
#include "elf_internal.h"

/**
 * struct link - a program being put together
 * @elf: its object
 * @id: 1 + its index; marks the functions that were placed
 * @nr: slots placed
 * @nr_funcs: functions placed
 * @last: 1 + index of the function placed last
 */
struct link {
	struct mbpf_elf *elf;
	u32 id;
	u32 nr;
	u32 nr_funcs;
	u32 last;
};

/* What an instruction refers to. */
enum target_kind { TARGET_NONE, TARGET_FUNC, TARGET_MAP, TARGET_VALUE };

struct target {
	enum target_kind kind;
	u32 index;	/* of the function or the map */
	u32 offset;	/* in the map's value */
};

static void read_insn(const struct mbpf_elf *elf, const struct mbpf_elf_func *f, u32 slot,
		      struct mbpf_insn *insn)
{
	memcpy(insn, elf->sections[f->section].data + (u64)slot * 8, sizeof(*insn));
}

static int func_target(struct mbpf_elf *elf, const struct mbpf_elf_func *f, u32 slot,
		       u32 section, s64 at, struct target *t)
{
	int func = mbpf_elf_func_at(elf, section, at);

	if (func < 0) {
		mbpf_elf_err(elf, f->section, (u64)slot * 8,
			     "no function begins at instruction %lld of section %u",
			     (long long)at, section);
		return -EINVAL;
	}
	t->kind = TARGET_FUNC;
	t->index = func;
	return 0;
}

static int call_target(struct mbpf_elf *elf, const struct mbpf_elf_func *f, u32 slot,
		       const struct mbpf_insn *insn, const struct mbpf_elf_note *note,
		       struct target *t)
{
	struct mbpf_elf_sym sym;

	if (!note->sym)
		return func_target(elf, f, slot, f->section, (s64)slot + 1 + insn->imm, t);
	mbpf_elf_get_sym(elf, note->sym, &sym);
	if (sym.section == SYM_UNDEF) {
		mbpf_elf_err(elf, f->section, (u64)slot * 8, "call of undefined function %.64s",
			     sym.name);
		return -EINVAL;
	}
	if (sym.value % 8 || sym.value > U32_MAX)
		return func_target(elf, f, slot, sym.section, -1, t);
	return func_target(elf, f, slot, sym.section, (s64)(sym.value / 8) + 1 + insn->imm, t);
}

static int data_target(struct mbpf_elf *elf, const struct mbpf_elf_func *f, u32 slot,
		       const struct mbpf_elf_sym *sym, u64 addend, struct target *t)
{
	const struct mbpf_elf_section *s;
	u64 at = sym->value + addend;
	int map;

	if (sym->section >= elf->nr_sections)
		goto unknown;
	s = &elf->sections[sym->section];
	if (s->map) {
		t->kind = TARGET_VALUE;
		t->index = s->map - 1;
		t->offset = at;
		if (at < s->size)
			return 0;
		mbpf_elf_err(elf, f->section, (u64)slot * 8, "address %llu of %.64s, which has %llu bytes",
			     (unsigned long long)at, s->name, (unsigned long long)s->size);
		return -EINVAL;
	}
	map = mbpf_elf_map_at(elf, sym->section, at);
	if (map >= 0) {
		t->kind = TARGET_MAP;
		t->index = map;
		return 0;
	}
unknown:
	mbpf_elf_err(elf, f->section, (u64)slot * 8,
		     "address of %.64s + %llu is neither a function, a map nor data", sym->name,
		     (unsigned long long)addend);
	return -EINVAL;
}

static int lddw_target(struct mbpf_elf *elf, const struct mbpf_elf_func *f, u32 slot,
		       const struct mbpf_insn *insn, const struct mbpf_elf_note *note,
		       struct target *t)
{
	u64 addend = mbpf_insn_imm64(insn);
	struct mbpf_elf_sym sym;
	int map;

	if (!note->sym) {
		if (insn->src == MBPF_PSEUDO_FUNC)
			return func_target(elf, f, slot, f->section, (s64)slot + 1 + insn->imm, t);
		if (!insn->src)
			return 0;
		mbpf_elf_err(elf, f->section, (u64)slot * 8, "LDDW of form %u without a relocation",
			     insn->src);
		return -EINVAL;
	}
	mbpf_elf_get_sym(elf, note->sym, &sym);
	if (sym.section == SYM_UNDEF) {
		map = mbpf_elf_map_of_extern(elf, note->sym);
		if (map < 0 || addend) {
			mbpf_elf_err(elf, f->section, (u64)slot * 8,
				     "%.64s + %llu: an extern map has no inside", sym.name,
				     (unsigned long long)addend);
			return -EINVAL;
		}
		t->kind = TARGET_MAP;
		t->index = map;
		return 0;
	}
	if (sym.section < elf->nr_sections && elf->sections[sym.section].code) {
		u64 at = sym.value + addend;

		return func_target(elf, f, slot, sym.section,
				   at % 8 || at > U32_MAX ? -1 : (s64)(at / 8), t);
	}
	return data_target(elf, f, slot, &sym, addend, t);
}

static int misplaced(struct mbpf_elf *elf, const struct mbpf_elf_func *f, u32 slot,
		     const char *what)
{
	mbpf_elf_err(elf, f->section, (u64)slot * 8, "%s", what);
	return -EINVAL;
}

/*
 * The instruction at @slot of @f (two slots at @insn if it is an LDDW) and
 * what it refers to.
 */
static int decode(struct mbpf_elf *elf, const struct mbpf_elf_func *f, u32 slot,
		  struct mbpf_insn *insn, struct target *t)
{
	const struct mbpf_elf_note *note = &elf->sections[f->section].notes[slot];

	t->kind = TARGET_NONE;
	read_insn(elf, f, slot, insn);
	if (note->core) {
		mbpf_elf_err(elf, f->section, (u64)slot * 8,
			     "CO-RE relocation in %.64s: not supported, access fields without preserve_access_index",
			     f->name);
		return -EOPNOTSUPP;
	}
	if (mbpf_insn_is_lddw(insn)) {
		if (slot + 1 == f->start + f->nr)
			return misplaced(elf, f, slot, "LDDW cut off by the function's end");
		if (note[1].sym || note[1].core)
			return misplaced(elf, f, slot + 1, "relocation of the second half of an LDDW");
		if (note->sym && note->reloc != RELOC_64_64)
			return misplaced(elf, f, slot, "LDDW with a relocation of another type than 1");
		read_insn(elf, f, slot + 1, insn + 1);
		return lddw_target(elf, f, slot, insn, note, t);
	}
	if (mbpf_insn_is_local_call(insn)) {
		if (note->sym && note->reloc != RELOC_64_32)
			return misplaced(elf, f, slot, "call with a relocation of another type than 10");
		return call_target(elf, f, slot, insn, note, t);
	}
	if (note->sym)
		return misplaced(elf, f, slot, "relocation of an instruction that is neither LDDW nor a call of a function");
	return 0;
}

static int place(struct link *l, u32 index)
{
	struct mbpf_elf_func *f = &l->elf->funcs[index];

	if (f->linked == l->id)
		return 0;
	if (f->nr > MBPF_MAX_INSNS - l->nr) {
		mbpf_elf_err(l->elf, f->section, (u64)f->start * 8,
			     "program grows beyond %u instructions", MBPF_MAX_INSNS);
		return -E2BIG;
	}
	f->linked = l->id;
	f->pos = l->nr;
	f->next = 0;
	if (l->last)
		l->elf->funcs[l->last - 1].next = index + 1;
	l->last = index + 1;
	l->nr += f->nr;
	l->nr_funcs++;
	return 0;
}

/* First pass: places @first and, as it walks them, whatever they refer to. */
static int place_all(struct link *l, u32 first)
{
	struct mbpf_insn insn[2];
	struct target t;
	u32 i, slot;
	int ret;

	ret = place(l, first);
	for (i = first + 1; !ret && i; i = l->elf->funcs[i - 1].next) {
		const struct mbpf_elf_func *f = &l->elf->funcs[i - 1];

		for (slot = f->start; slot < f->start + f->nr; slot += mbpf_insn_slots(insn)) {
			ret = decode(l->elf, f, slot, insn, &t);
			if (!ret && t.kind == TARGET_FUNC)
				ret = place(l, t.index);
			if (ret)
				return ret;
		}
	}
	return ret;
}

static void apply(struct mbpf_elf *elf, u32 pos, struct mbpf_insn *insn, const struct target *t)
{
	switch (t->kind) {
	case TARGET_NONE:
		return;
	case TARGET_FUNC:
		insn->imm = (s32)elf->funcs[t->index].pos - (s32)pos - 1;
		if (mbpf_insn_is_lddw(insn)) {
			insn->src = MBPF_PSEUDO_FUNC;
			insn[1].imm = 0;
		}
		return;
	case TARGET_MAP:
	case TARGET_VALUE:
		insn->src = t->kind == TARGET_MAP ? MBPF_PSEUDO_MAP_IDX : MBPF_PSEUDO_MAP_IDX_VALUE;
		insn->imm = t->index;
		insn[1].imm = t->kind == TARGET_MAP ? 0 : t->offset;
		elf->maps[t->index].used = true;
		return;
	}
}

/* Second pass. */
static int emit_func(struct link *l, struct mbpf_elf_prog *prog, const struct mbpf_elf_func *f)
{
	u32 slot, slots, pos = f->pos;
	struct mbpf_insn insn[2];
	struct target t;
	int ret;

	for (slot = f->start; slot < f->start + f->nr; slot += slots, pos += slots) {
		ret = decode(l->elf, f, slot, insn, &t);
		if (ret)
			return ret;
		slots = mbpf_insn_slots(insn);
		apply(l->elf, pos, insn, &t);
		memcpy(&prog->insns[pos], insn, slots * sizeof(*insn));
	}
	return 0;
}

int mbpf_elf_link(struct mbpf_elf *elf, u32 index, struct mbpf_log *log)
{
	struct link l = { .elf = elf, .id = index + 1 };
	struct mbpf_elf_prog *prog;
	u32 i, n = 0;
	int ret;

	if (index >= elf->nr_progs)
		return -EINVAL;
	prog = &elf->progs[index];
	if (prog->nr)
		return 0;
	elf->log = log;
	ret = place_all(&l, prog->func);
	if (ret)
		goto out;
	prog->insns = kvcalloc(l.nr, sizeof(*prog->insns), GFP_KERNEL_ACCOUNT);
	prog->parts = kvcalloc(l.nr_funcs, sizeof(*prog->parts), GFP_KERNEL_ACCOUNT);
	ret = prog->insns && prog->parts ? 0 : -ENOMEM;
	for (i = prog->func + 1; !ret && i; i = elf->funcs[i - 1].next) {
		const struct mbpf_elf_func *f = &elf->funcs[i - 1];

		prog->parts[n++] = (struct mbpf_elf_part){
			.name = f->name, .section = f->section, .start = f->start,
			.pos = f->pos, .nr = f->nr,
		};
		ret = emit_func(&l, prog, f);
	}
	if (ret) {
		kvfree(prog->insns);
		kvfree(prog->parts);
		prog->insns = NULL;
		prog->parts = NULL;
		goto out;
	}
	prog->nr = l.nr;
	prog->nr_parts = l.nr_funcs;
out:
	elf->log = NULL;
	return ret;
}
