// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ELF container: header, section table, symbols and relocation entries.
 * After this file every offset, link, string and index that the others follow
 * is known to be inside the bytes.
 */
#include "elf_internal.h"

#define EHDR_SIZE	64
#define EM_BPF		247
#define ET_REL		1

/* Names are compared with names from elsewhere in the file: none may be costly. */
#define MAX_SECTION_NAME	256

static int fail(struct mbpf_elf *elf, const char *what, u64 value)
{
	mbpf_log_printf(elf->log, "elf: header: %s (found %llu)\n", what,
			(unsigned long long)value);
	return -EINVAL;
}

static int read_header(struct mbpf_elf *elf, u64 *table, u32 *names)
{
	static const u8 magic[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	const u8 *h = elf->bytes;
	u16 nr;

	if (elf->size < EHDR_SIZE)
		return fail(elf, "file is shorter than an ELF header", elf->size);
	if (memcmp(h, magic, 4))
		return fail(elf, "not an ELF file", get_unaligned_le32(h));
	if (memcmp(h, magic, sizeof(magic)))
		return fail(elf, "not 64-bit little-endian, version 1", h[4]);
	if (get_unaligned_le16(h + 16) != ET_REL)
		return fail(elf, "not a relocatable object: type must be 1",
			    get_unaligned_le16(h + 16));
	if (get_unaligned_le16(h + 18) != EM_BPF)
		return fail(elf, "not for BPF: machine must be 247, use clang -target bpf",
			    get_unaligned_le16(h + 18));
	if (get_unaligned_le32(h + 20) != 1)
		return fail(elf, "version must be 1", get_unaligned_le32(h + 20));
	if (get_unaligned_le16(h + 58) != ENTRY_SECTION)
		return fail(elf, "size of a section header must be 64", get_unaligned_le16(h + 58));
	*table = get_unaligned_le64(h + 40);
	nr = get_unaligned_le16(h + 60);
	*names = get_unaligned_le16(h + 62);
	if (!nr)
		return fail(elf, "no section table", nr);
	if (nr > MBPF_ELF_MAX_SECTIONS) {
		fail(elf, "too many sections", nr);
		return -E2BIG;
	}
	if (*table % 8 || *table < EHDR_SIZE || *table > elf->size ||
	    (u64)nr * ENTRY_SECTION > elf->size - *table)
		return fail(elf, "section table misplaced", *table);
	if (*names >= nr)
		return fail(elf, "index of the section names out of range", *names);
	elf->nr_sections = nr;
	return 0;
}

static void read_section(struct mbpf_elf_section *s, const u8 *h)
{
	s->type = get_unaligned_le32(h + 4);
	s->flags = get_unaligned_le64(h + 8);
	s->offset = get_unaligned_le64(h + 24);
	s->size = get_unaligned_le64(h + 32);
	s->link = get_unaligned_le32(h + 40);
	s->info = get_unaligned_le32(h + 44);
	s->align = get_unaligned_le64(h + 48);
	s->entsize = get_unaligned_le64(h + 56);
	if (!s->type)
		s->size = 0;
}

/* Sets the section's data, if it may have any. */
static int check_section(struct mbpf_elf *elf, u32 i)
{
	struct mbpf_elf_section *s = &elf->sections[i];

	if (!s->type)
		return 0;
	if (s->link >= elf->nr_sections) {
		mbpf_elf_err(elf, i, 0, "link to section %u of %u", s->link, elf->nr_sections);
		return -EINVAL;
	}
	if (s->align && !is_power_of_2(s->align)) {
		mbpf_elf_err(elf, i, 0, "alignment %llu is no power of two",
			     (unsigned long long)s->align);
		return -EINVAL;
	}
	if (s->type == SECTION_NOBITS)
		return 0;
	if (s->offset > elf->size || s->size > elf->size - s->offset) {
		mbpf_elf_err(elf, i, s->offset, "%llu bytes pass the end of the file (%u)",
			     (unsigned long long)s->size, elf->size);
		return -EINVAL;
	}
	if (s->align && s->offset & (s->align - 1)) {
		mbpf_elf_err(elf, i, s->offset, "not aligned to %llu",
			     (unsigned long long)s->align);
		return -EINVAL;
	}
	s->data = elf->bytes + s->offset;
	return 0;
}

const char *mbpf_elf_get_string(const u8 *strings, u64 size, u64 off)
{
	if (off >= size || strings[size - 1])
		return NULL;
	return (const char *)strings + off;
}

static bool is_strtab(const struct mbpf_elf *elf, u32 i)
{
	const struct mbpf_elf_section *s = &elf->sections[i];

	return s->type == SECTION_STRTAB && s->size && !s->data[s->size - 1];
}

/* Also decides what holds code. */
static int read_names(struct mbpf_elf *elf, u64 table, u32 names)
{
	const struct mbpf_elf_section *strtab = &elf->sections[names];
	u32 i, off;
	int ret;

	ret = check_section(elf, names);
	if (ret)
		return ret;
	if (!is_strtab(elf, names)) {
		mbpf_elf_err(elf, names, 0, "section names: not a string table");
		return -EINVAL;
	}
	for (i = 1; i < elf->nr_sections; i++) {
		struct mbpf_elf_section *s = &elf->sections[i];

		off = get_unaligned_le32(elf->bytes + table + (u64)i * ENTRY_SECTION);
		if (off >= strtab->size) {
			mbpf_elf_err(elf, i, 0, "name at %u of %llu", off,
				     (unsigned long long)strtab->size);
			return -EINVAL;
		}
		s->name = (const char *)strtab->data + off;
		if (strnlen(s->name, MAX_SECTION_NAME) == MAX_SECTION_NAME) {
			mbpf_elf_err(elf, i, 0, "name is longer than %u", MAX_SECTION_NAME - 1);
			return -EINVAL;
		}
		s->code = s->type == SECTION_PROGBITS && s->flags & SECTION_EXEC && s->size;
		if (s->code && (s->size % sizeof(struct mbpf_insn) || s->align % 8)) {
			mbpf_elf_err(elf, i, 0, "code of %llu bytes, aligned to %llu: must be multiples of 8",
				     (unsigned long long)s->size, (unsigned long long)s->align);
			return -EINVAL;
		}
	}
	return 0;
}

struct span {
	u64 offset;
	u64 end;
	u32 section;
};

static int span_cmp(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* No two sections, nor the section table, share bytes of the file. */
static int check_overlap(struct mbpf_elf *elf, u64 table)
{
	struct span *spans;
	u32 i, nr = 0;
	int ret = 0;

	spans = kvcalloc(elf->nr_sections + 1, sizeof(*spans), GFP_KERNEL);
	if (!spans)
		return -ENOMEM;
	for (i = 1; i < elf->nr_sections; i++) {
		const struct mbpf_elf_section *s = &elf->sections[i];

		if (s->data && s->size)
			spans[nr++] = (struct span){ s->offset, s->offset + s->size, i };
	}
	spans[nr++] = (struct span){ table, table + (u64)elf->nr_sections * ENTRY_SECTION, 0 };
	sort(spans, nr, sizeof(*spans), span_cmp, NULL);
	for (i = 1; i < nr; i++) {
		if (spans[i].offset < spans[i - 1].end) {
			mbpf_elf_err(elf, spans[i].section, spans[i].offset,
				     "overlaps section %u (0 is the section table)",
				     spans[i - 1].section);
			ret = -EINVAL;
			break;
		}
	}
	kvfree(spans);
	return ret;
}

int mbpf_elf_read_sections(struct mbpf_elf *elf)
{
	u32 i, names;
	u64 table;
	int ret;

	ret = read_header(elf, &table, &names);
	if (ret)
		return ret;
	elf->sections = kvcalloc(elf->nr_sections, sizeof(*elf->sections), GFP_KERNEL_ACCOUNT);
	if (!elf->sections)
		return -ENOMEM;
	elf->sections[0].name = "";
	for (i = 1; i < elf->nr_sections; i++) {
		elf->sections[i].name = "";
		read_section(&elf->sections[i], elf->bytes + table + (u64)i * ENTRY_SECTION);
	}
	ret = read_names(elf, table, names);
	for (i = 1; !ret && i < elf->nr_sections; i++)
		ret = check_section(elf, i);
	return ret ? ret : check_overlap(elf, table);
}

static int check_sym(struct mbpf_elf *elf, u32 i, u64 names)
{
	const u8 *p = elf->sections[elf->symtab].data + (u64)i * ENTRY_SYM;
	u16 section = get_unaligned_le16(p + 6);
	u64 off = (u64)i * ENTRY_SYM;

	if (get_unaligned_le32(p) >= names) {
		mbpf_elf_err(elf, elf->symtab, off, "symbol %u: name out of range", i);
		return -EINVAL;
	}
	if (section >= elf->nr_sections && section < SYM_RESERVED) {
		mbpf_elf_err(elf, elf->symtab, off, "symbol %u: section %u of %u", i, section,
			     elf->nr_sections);
		return -EINVAL;
	}
	return 0;
}

int mbpf_elf_read_symtab(struct mbpf_elf *elf)
{
	const struct mbpf_elf_section *s;
	u32 i;
	int ret;

	for (i = 1; i < elf->nr_sections; i++) {
		if (elf->sections[i].type != SECTION_SYMTAB)
			continue;
		if (elf->symtab) {
			mbpf_elf_err(elf, i, 0, "a second symbol table");
			return -EINVAL;
		}
		elf->symtab = i;
	}
	if (!elf->symtab) {
		mbpf_log_printf(elf->log, "elf: no symbol table: the object was stripped\n");
		return -EINVAL;
	}
	s = &elf->sections[elf->symtab];
	if (s->entsize != ENTRY_SYM || s->size % ENTRY_SYM || !s->size) {
		mbpf_elf_err(elf, elf->symtab, 0, "symbol table of %llu bytes, %llu each: must be 24 each",
			     (unsigned long long)s->size, (unsigned long long)s->entsize);
		return -EINVAL;
	}
	if (!is_strtab(elf, s->link)) {
		mbpf_elf_err(elf, elf->symtab, 0, "linked to section %u, not a string table",
			     s->link);
		return -EINVAL;
	}
	elf->nr_syms = s->size / ENTRY_SYM;
	for (i = 0; i < elf->nr_syms; i++) {
		ret = check_sym(elf, i, elf->sections[s->link].size);
		if (ret)
			return ret;
	}
	return 0;
}

void mbpf_elf_get_sym(const struct mbpf_elf *elf, u32 index, struct mbpf_elf_sym *sym)
{
	const struct mbpf_elf_section *s = &elf->sections[elf->symtab];
	const u8 *p = s->data + (u64)index * ENTRY_SYM;

	sym->name = (const char *)elf->sections[s->link].data + get_unaligned_le32(p);
	sym->type = p[4] & 0xf;
	sym->bind = p[4] >> 4;
	sym->section = get_unaligned_le16(p + 6);
	sym->value = get_unaligned_le64(p + 8);
	sym->size = get_unaligned_le64(p + 16);
	if (sym->type == SYM_SECTION && sym->section < elf->nr_sections)
		sym->name = elf->sections[sym->section].name;
}

/* Entry @index of the relocation section @section; 1 past the last one. */
int mbpf_elf_get_reloc(const struct mbpf_elf *elf, u32 section, u32 index,
		       struct mbpf_elf_reloc *reloc)
{
	const struct mbpf_elf_section *s = &elf->sections[section];
	u64 off = (u64)index * ENTRY_REL;

	if (s->entsize != ENTRY_REL || s->size % ENTRY_REL || s->link != elf->symtab) {
		mbpf_elf_err(elf, section, 0, "malformed relocations: entries must be of 16 bytes, linked to section %u",
			     elf->symtab);
		return -EINVAL;
	}
	if (off >= s->size)
		return 1;
	if (!(index % 4096))
		cond_resched();
	reloc->offset = get_unaligned_le64(s->data + off);
	reloc->type = get_unaligned_le32(s->data + off + 8);
	reloc->sym = get_unaligned_le32(s->data + off + 12);
	if (reloc->sym >= elf->nr_syms) {
		mbpf_elf_err(elf, section, off, "symbol %u of %u", reloc->sym, elf->nr_syms);
		return -EINVAL;
	}
	return 0;
}

/*
 * The section called @name that has contents: 0 and @index, where 0 means that
 * there is none; -EINVAL if there are two.
 */
int mbpf_elf_find_section(const struct mbpf_elf *elf, const char *name, u32 *index)
{
	u32 i;

	*index = 0;
	for (i = 1; i < elf->nr_sections; i++) {
		const struct mbpf_elf_section *s = &elf->sections[i];

		if (!s->data || !s->size || s->type != SECTION_PROGBITS || strcmp(s->name, name))
			continue;
		if (*index) {
			mbpf_elf_err(elf, i, 0, "there are two of this name");
			return -EINVAL;
		}
		*index = i;
	}
	return 0;
}
