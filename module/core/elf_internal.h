/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the object loader share; nobody else includes it. */
#ifndef MBPF_ELF_INTERNAL_H
#define MBPF_ELF_INTERNAL_H

#include "elf.h"
#include "log.h"

#define MBPF_ELF_MAX_SECTIONS	4096

#define SECTION_PROGBITS	1
#define SECTION_SYMTAB		2
#define SECTION_STRTAB		3
#define SECTION_RELA		4
#define SECTION_NOBITS		8
#define SECTION_REL		9

#define SECTION_WRITE		0x1
#define SECTION_ALLOC		0x2
#define SECTION_EXEC		0x4

#define SYM_OBJECT		1	/* types */
#define SYM_FUNC		2
#define SYM_SECTION		3
#define SYM_LOCAL		0	/* bindings */
#define SYM_UNDEF		0	/* section indexes */
#define SYM_RESERVED		0xff00	/* from here on: absolute, common, ... */

#define RELOC_64_64		1	/* LDDW */
#define RELOC_64_ABS64		2	/* 8 bytes of data */
#define RELOC_64_32		10	/* call */

#define ENTRY_SECTION		64	/* sizes of table entries */
#define ENTRY_SYM		24
#define ENTRY_REL		16

/**
 * struct mbpf_elf_note - what the tables say about one instruction
 * @sym: symbol of its relocation; 0: it has none
 * @func: 1 + index of the function it belongs to; 0: none
 * @reloc: RELOC_64_64 or RELOC_64_32, with @sym
 * @core: a CO-RE relocation applies
 */
struct mbpf_elf_note {
	u32 sym;
	u32 func;
	u8 reloc;
	bool core;
};

/**
 * struct mbpf_elf_section - one row of the section table
 * @name: never NULL
 * @data: its bytes; NULL if it has none in the file
 * @offset: of @data in the file
 * @notes: code sections: one per slot
 * @map: data sections: 1 + index of the map made of it
 * @code: holds instructions
 * @core: its CO-RE relocations were noted
 */
struct mbpf_elf_section {
	const char *name;
	const u8 *data;
	u64 size;
	u64 flags;
	u64 entsize;
	u64 align;
	u64 offset;
	u32 type;
	u32 link;
	u32 info;
	u32 map;
	bool code;
	bool core;
	struct mbpf_elf_note *notes;
};

/**
 * struct mbpf_elf_func - a function, as its symbol describes it
 * @name: of its symbol
 * @section: where it is
 * @start: first slot there
 * @nr: number of slots
 * @prog: 1 + index of the program it is; 0: none
 * @linked: 1 + index of the program being linked, once placed in it
 * @pos: then its first slot there
 * @next: then 1 + index of the function placed behind it
 * @global: visible outside the object
 */
struct mbpf_elf_func {
	const char *name;
	u32 section;
	u32 start;
	u32 nr;
	u32 prog;
	u32 linked;
	u32 pos;
	u32 next;
	bool global;
};

/* A symbol, decoded. */
struct mbpf_elf_sym {
	const char *name;
	u64 value;
	u64 size;
	u32 section;
	u8 type;
	u8 bind;
};

/* A relocation, decoded. */
struct mbpf_elf_reloc {
	u64 offset;
	u32 sym;
	u32 type;
};

/* One log line about byte @off of section @sec; the loader's only kind of message. */
#define mbpf_elf_err(elf, sec, off, fmt, ...)					\
	mbpf_log_printf((elf)->log, "elf: section %u (%.64s) at 0x%llx: " fmt "\n",	\
			(sec), (elf)->sections[sec].name,			\
			(unsigned long long)(off), ##__VA_ARGS__)

static inline bool mbpf_elf_in_data(const struct mbpf_elf_section *s, u64 off, u64 len)
{
	return s->data && off <= s->size && len <= s->size - off;
}

/* elf_section.c: header, sections, symbols, relocation entries */
int mbpf_elf_read_sections(struct mbpf_elf *elf);
int mbpf_elf_read_symtab(struct mbpf_elf *elf);
void mbpf_elf_get_sym(const struct mbpf_elf *elf, u32 index, struct mbpf_elf_sym *sym);
int mbpf_elf_get_reloc(const struct mbpf_elf *elf, u32 section, u32 index,
		       struct mbpf_elf_reloc *reloc);
int mbpf_elf_find_section(const struct mbpf_elf *elf, const char *name, u32 *index);
/* NULL: @off out of range, or strings that do not end in a NUL */
const char *mbpf_elf_get_string(const u8 *strings, u64 size, u64 off);

/* elf_func.c: functions, programs and relocations of code */
int mbpf_elf_read_funcs(struct mbpf_elf *elf);
int mbpf_elf_read_relocs(struct mbpf_elf *elf);
int mbpf_elf_read_core(struct mbpf_elf *elf);
const char *mbpf_elf_btf_string(const struct mbpf_elf *elf, u32 btf, u32 off);
int mbpf_elf_func_at(const struct mbpf_elf *elf, u32 section, s64 slot);

/* elf_map.c, elf_btf.c: maps */
int mbpf_elf_read_maps(struct mbpf_elf *elf);
int mbpf_elf_read_slots(struct mbpf_elf *elf);
int mbpf_elf_add_extern(struct mbpf_elf *elf, u32 sym);
struct mbpf_elf_map *mbpf_elf_add_map(struct mbpf_elf *elf, const char *name);
int mbpf_elf_map_at(const struct mbpf_elf *elf, u32 section, u64 offset);
int mbpf_elf_map_of_extern(const struct mbpf_elf *elf, u32 sym);
int mbpf_elf_read_btf_maps(struct mbpf_elf *elf, u32 section);
u32 mbpf_elf_btf_type_size(u32 info);

#endif /* MBPF_ELF_INTERNAL_H */
