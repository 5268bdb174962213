// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code of an object: which functions there are, which of them are
 * programs, and which relocation applies to which instruction. Each fact is
 * noted at the instruction itself, so nothing is searched for later.
 */
#include "elf_internal.h"

#define BTF_EXT_MAGIC	0xeb9f

static int add_func(struct mbpf_elf *elf, u32 index, const struct mbpf_elf_sym *sym)
{
	struct mbpf_elf_section *s = &elf->sections[sym->section];
	struct mbpf_elf_func *f = &elf->funcs[elf->nr_funcs];
	u32 i, first;

	if (sym->value % 8 || sym->size % 8 || !sym->size ||
	    !mbpf_elf_in_data(s, sym->value, sym->size)) {
		mbpf_elf_err(elf, sym->section, sym->value,
			     "function %.64s (symbol %u) of %llu bytes lies not inside the section's instructions",
			     sym->name, index, (unsigned long long)sym->size);
		return -EINVAL;
	}
	f->name = sym->name;
	f->section = sym->section;
	f->start = sym->value / 8;
	f->nr = sym->size / 8;
	f->global = sym->bind != SYM_LOCAL;
	elf->nr_funcs++;
	first = s->notes[f->start].func;
	if (first && elf->funcs[first - 1].start == f->start && elf->funcs[first - 1].nr == f->nr)
		return 0;	/* a second name of the same function */
	for (i = f->start; i < f->start + f->nr; i++) {
		if (s->notes[i].func) {
			mbpf_elf_err(elf, sym->section, (u64)i * 8,
				     "functions %.64s and %.64s overlap", f->name,
				     elf->funcs[s->notes[i].func - 1].name);
			return -EINVAL;
		}
		s->notes[i].func = elf->nr_funcs;
	}
	return 0;
}

static bool is_func(const struct mbpf_elf *elf, const struct mbpf_elf_sym *sym)
{
	return sym->type == SYM_FUNC && sym->section < elf->nr_sections &&
	       elf->sections[sym->section].code;
}

static int make_progs(struct mbpf_elf *elf, bool text)
{
	u32 i;

	for (i = 0; i < elf->nr_funcs; i++) {
		struct mbpf_elf_func *f = &elf->funcs[i];
		struct mbpf_elf_prog *p = &elf->progs[elf->nr_progs];
		const char *section = elf->sections[f->section].name;

		if (!f->global || !strcmp(section, ".text") != text)
			continue;
		if (strnlen(f->name, MBPF_ELF_MAX_NAME) == MBPF_ELF_MAX_NAME || !*f->name) {
			mbpf_elf_err(elf, f->section, (u64)f->start * 8,
				     "a program's name must be 1 to %u characters long",
				     MBPF_ELF_MAX_NAME - 1);
			return -EINVAL;
		}
		p->section = section;
		p->name = f->name;
		p->func = i;
		f->prog = ++elf->nr_progs;
	}
	return 0;
}

int mbpf_elf_read_funcs(struct mbpf_elf *elf)
{
	struct mbpf_elf_sym sym;
	u32 i, nr = 0;
	int ret;

	for (i = 1; i < elf->nr_sections; i++) {
		struct mbpf_elf_section *s = &elf->sections[i];

		if (!s->code)
			continue;
		s->notes = kvcalloc(s->size / 8, sizeof(*s->notes), GFP_KERNEL_ACCOUNT);
		if (!s->notes)
			return -ENOMEM;
	}
	for (i = 1; i < elf->nr_syms; i++) {
		mbpf_elf_get_sym(elf, i, &sym);
		nr += is_func(elf, &sym);
	}
	if (!nr)
		return 0;
	elf->funcs = kvcalloc(nr, sizeof(*elf->funcs), GFP_KERNEL_ACCOUNT);
	elf->progs = kvcalloc(nr, sizeof(*elf->progs), GFP_KERNEL_ACCOUNT);
	if (!elf->funcs || !elf->progs)
		return -ENOMEM;
	for (i = 1; i < elf->nr_syms; i++) {
		mbpf_elf_get_sym(elf, i, &sym);
		if (!is_func(elf, &sym))
			continue;
		ret = add_func(elf, i, &sym);
		if (ret)
			return ret;
	}
	ret = make_progs(elf, false);
	return ret || elf->nr_progs ? ret : make_progs(elf, true);
}

/* The function that begins at @slot of section @section, or -EINVAL. */
int mbpf_elf_func_at(const struct mbpf_elf *elf, u32 section, s64 slot)
{
	const struct mbpf_elf_section *s;
	u32 func;

	if (section >= elf->nr_sections)
		return -EINVAL;
	s = &elf->sections[section];
	if (!s->code || slot < 0 || slot >= (s64)(s->size / 8))
		return -EINVAL;
	func = s->notes[slot].func;
	if (!func || elf->funcs[func - 1].start != slot)
		return -EINVAL;
	return func - 1;
}

static int note_reloc(struct mbpf_elf *elf, u32 target, u32 from, u32 index,
		      const struct mbpf_elf_reloc *r)
{
	struct mbpf_elf_section *s = &elf->sections[target];
	struct mbpf_elf_note *note;
	struct mbpf_elf_sym sym;
	u64 at = (u64)index * ENTRY_REL;

	if (!r->type)
		return 0;
	if (r->offset % 8 || r->offset >= s->size || !r->sym) {
		mbpf_elf_err(elf, from, at, "offset 0x%llx, symbol %u: no instruction or no symbol",
			     (unsigned long long)r->offset, r->sym);
		return -EINVAL;
	}
	if (r->type != RELOC_64_64 && r->type != RELOC_64_32) {
		mbpf_elf_err(elf, from, at, "type %u for code: only 1 (R_BPF_64_64) and 10 (R_BPF_64_32) are known",
			     r->type);
		return -EINVAL;
	}
	note = &s->notes[r->offset / 8];
	if (note->sym) {
		mbpf_elf_err(elf, target, r->offset, "two relocations of one instruction");
		return -EINVAL;
	}
	note->sym = r->sym;
	note->reloc = r->type;
	mbpf_elf_get_sym(elf, r->sym, &sym);
	if (sym.section != SYM_UNDEF || r->type != RELOC_64_64)
		return 0;
	return mbpf_elf_add_extern(elf, r->sym);
}

/* Relocations of data are not applied (as in libbpf), but those of .maps. */
int mbpf_elf_read_relocs(struct mbpf_elf *elf)
{
	struct mbpf_elf_reloc r;
	u32 i, k;
	int ret;

	for (i = 1; i < elf->nr_sections; i++) {
		const struct mbpf_elf_section *s = &elf->sections[i];

		if (s->type != SECTION_REL && s->type != SECTION_RELA)
			continue;
		if (s->info >= elf->nr_sections) {
			mbpf_elf_err(elf, i, 0, "relocates section %u of %u", s->info,
				     elf->nr_sections);
			return -EINVAL;
		}
		if (!elf->sections[s->info].code)
			continue;
		if (s->type == SECTION_RELA) {
			mbpf_elf_err(elf, i, 0, "relocations of code must be REL, not RELA");
			return -EINVAL;
		}
		for (k = 0; !(ret = mbpf_elf_get_reloc(elf, i, k, &r)); k++) {
			ret = note_reloc(elf, s->info, i, k, &r);
			if (ret)
				return ret;
		}
		if (ret < 0)
			return ret;
	}
	return 0;
}

struct core_block {
	u32 section;	/* of .BTF.ext */
	u64 pos;	/* of the first record */
	u64 nr;
	u32 rec_size;
};

static int mark_core(struct mbpf_elf *elf, const char *name, const struct core_block *b)
{
	const u8 *recs = elf->sections[b->section].data + b->pos;
	u32 i, off;
	u64 k;

	for (i = 1; i < elf->nr_sections; i++) {
		struct mbpf_elf_section *s = &elf->sections[i];

		if (!s->code || s->core || strcmp(s->name, name))
			continue;
		s->core = true;
		for (k = 0; k < b->nr; k++) {
			off = get_unaligned_le32(recs + k * b->rec_size);
			if (off % 8 || off >= s->size) {
				mbpf_elf_err(elf, b->section, b->pos + k * b->rec_size,
					     "CO-RE relocation of no instruction (0x%x in %.64s)",
					     off, name);
				return -EINVAL;
			}
			s->notes[off / 8].core = true;
		}
		return 0;
	}
	mbpf_elf_err(elf, b->section, b->pos, "CO-RE relocations of %.64s, which is no section of code or was seen before", name);
	return -EINVAL;
}

/* The .BTF string at @off, or NULL. */
const char *mbpf_elf_btf_string(const struct mbpf_elf *elf, u32 btf, u32 off)
{
	const struct mbpf_elf_section *s = &elf->sections[btf];
	u64 start, len;

	if (!btf || s->size < 24)
		return NULL;
	start = (u64)get_unaligned_le32(s->data + 4) + get_unaligned_le32(s->data + 16);
	len = get_unaligned_le32(s->data + 20);
	if (!mbpf_elf_in_data(s, start, len))
		return NULL;
	return mbpf_elf_get_string(s->data + start, len, off);
}

static int read_core_blocks(struct mbpf_elf *elf, u32 ext, u64 pos, u64 end)
{
	const u8 *d = elf->sections[ext].data;
	struct core_block b = { .section = ext };
	const char *name;
	u32 btf;
	int ret;

	ret = mbpf_elf_find_section(elf, ".BTF", &btf);
	if (ret)
		return ret;
	b.rec_size = get_unaligned_le32(d + pos);
	if (b.rec_size < 16 || b.rec_size % 4)
		goto malformed;
	for (pos += 4; pos < end; pos = b.pos + b.nr * b.rec_size) {
		if (end - pos < 8)
			goto malformed;
		b.pos = pos + 8;
		b.nr = get_unaligned_le32(d + pos + 4);
		name = mbpf_elf_btf_string(elf, btf, get_unaligned_le32(d + pos));
		if (!b.nr || b.nr > (end - b.pos) / b.rec_size || !name)
			goto malformed;
		ret = mark_core(elf, name, &b);
		if (ret)
			return ret;
	}
	return 0;
malformed:
	mbpf_elf_err(elf, ext, pos, "malformed CO-RE relocations");
	return -EINVAL;
}

/* CO-RE relocations are not done; a program that has one must not be run. */
int mbpf_elf_read_core(struct mbpf_elf *elf)
{
	const struct mbpf_elf_section *s;
	u64 start, len, hdr;
	u32 ext;
	int ret;

	ret = mbpf_elf_find_section(elf, ".BTF.ext", &ext);
	if (ret || !ext)
		return ret;
	s = &elf->sections[ext];
	if (s->size < 24 || get_unaligned_le16(s->data) != BTF_EXT_MAGIC || s->data[2] != 1) {
		mbpf_elf_err(elf, ext, 0, "not version 1 of BTF.ext");
		return -EINVAL;
	}
	hdr = get_unaligned_le32(s->data + 4);
	if (hdr < 32)
		return 0;	/* older than CO-RE */
	if (hdr > s->size)
		goto malformed;
	start = hdr + get_unaligned_le32(s->data + 24);
	len = get_unaligned_le32(s->data + 28);
	if (!len)
		return 0;
	if (len < 4 || !mbpf_elf_in_data(s, start, len))
		goto malformed;
	return read_core_blocks(elf, ext, start, start + len);
malformed:
	mbpf_elf_err(elf, ext, 4, "header lengths pass the end of the section");
	return -EINVAL;
}
