// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of source, from .BTF.ext: what a rejection quotes. They are looked up
 * when one is written, so a load that is accepted does not pay for them, and
 * nothing that is wrong with them makes a load fail.
 */
#include "elf_internal.h"

#define BTF_EXT_MAGIC	0xeb9f
#define LINE_RECORD	16	/* bytes of a record that are known */

/* Records of one section, and the section of type information with the strings. */
struct lines {
	const u8 *rec;
	u32 nr;
	u32 rec_size;
	u32 btf;
};

static bool find_only(const struct mbpf_elf *elf, const char *name, u32 *index)
{
	u32 i;

	*index = 0;
	for (i = 1; i < elf->nr_sections; i++) {
		const struct mbpf_elf_section *s = &elf->sections[i];

		if (!s->data || s->type != SECTION_PROGBITS || strcmp(s->name, name))
			continue;
		if (*index)
			return false;
		*index = i;
	}
	return *index;
}

/* Goes to the block of @name between @pos and @end of .BTF.ext. */
static bool find_block(const struct mbpf_elf *elf, const u8 *data, u64 pos, u64 end,
		       const char *name, struct lines *lines)
{
	const char *block;
	u64 nr;

	lines->rec_size = get_unaligned_le32(data + pos);
	if (lines->rec_size < LINE_RECORD || lines->rec_size > end - pos)
		return false;
	for (pos += 4; end - pos >= 8; pos += nr * lines->rec_size) {
		block = mbpf_elf_btf_string(elf, lines->btf, get_unaligned_le32(data + pos));
		nr = get_unaligned_le32(data + pos + 4);
		pos += 8;
		if (!block || !nr || nr > (end - pos) / lines->rec_size)
			return false;
		if (strcmp(block, name))
			continue;
		lines->rec = data + pos;
		lines->nr = nr;
		return true;
	}
	return false;
}

static bool find_lines(const struct mbpf_elf *elf, const char *name, struct lines *lines)
{
	const struct mbpf_elf_section *s;
	u64 start, len;
	u32 ext;

	if (!find_only(elf, ".BTF", &lines->btf) || !find_only(elf, ".BTF.ext", &ext))
		return false;
	s = &elf->sections[ext];
	if (s->size < 24 || get_unaligned_le16(s->data) != BTF_EXT_MAGIC || s->data[2] != 1)
		return false;
	start = (u64)get_unaligned_le32(s->data + 4) + get_unaligned_le32(s->data + 16);
	len = get_unaligned_le32(s->data + 20);
	if (len < 4 || !mbpf_elf_in_data(s, start, len))
		return false;
	return find_block(elf, s->data, start, start + len, name, lines);
}

/* The last record that is not behind @offset and not before @first. */
static const u8 *find_record(const struct lines *lines, u32 first, u32 offset)
{
	const u8 *rec = lines->rec, *found = NULL;
	u32 i, at, best = 0;

	for (i = 0; i < lines->nr; i++, rec += lines->rec_size) {
		at = get_unaligned_le32(rec);
		if (at < first || at > offset || (found && at < best))
			continue;
		found = rec;
		best = at;
	}
	return found;
}

static const char *last_part(const char *path)
{
	const char *part = path;

	for (; *path; path++)
		if (*path == '/')
			part = path + 1;
	return part;
}

bool mbpf_elf_find_line(const struct mbpf_elf *elf, u32 prog, u32 insn,
			struct mbpf_source_line *line)
{
	const struct mbpf_elf_prog *p = &elf->progs[prog];
	const struct mbpf_elf_part *part = NULL;
	struct lines lines;
	const u8 *rec;
	u32 i;

	for (i = 0; i < p->nr_parts && !part; i++)
		if (insn >= p->parts[i].pos && insn - p->parts[i].pos < p->parts[i].nr)
			part = &p->parts[i];
	if (!part || !find_lines(elf, elf->sections[part->section].name, &lines))
		return false;
	rec = find_record(&lines, part->start * sizeof(struct mbpf_insn),
			  (part->start + insn - part->pos) * sizeof(struct mbpf_insn));
	if (!rec)
		return false;
	line->file = mbpf_elf_btf_string(elf, lines.btf, get_unaligned_le32(rec + 4));
	line->text = mbpf_elf_btf_string(elf, lines.btf, get_unaligned_le32(rec + 8));
	line->line = get_unaligned_le32(rec + 12) >> 10;
	if (!line->file || !line->text)
		return false;
	line->file = last_part(line->file);
	while (*line->text == ' ' || *line->text == '\t')
		line->text++;
	return true;
}
