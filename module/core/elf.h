/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BPF ELF objects as clang makes them: which programs and maps they hold, and
 * one program's instructions with everything resolved but the maps. Serves
 * PROG_LOAD_EX in the module and objects in the library.
 *
 * Order of calls:
 *
 *	elf = mbpf_elf_open(bytes, size, log);
 *	index = mbpf_elf_find_prog(elf, name or NULL, log);
 *	mbpf_elf_link(elf, index, log);
 *	  now elf->progs[index].insns/nr are the program, and elf->maps[i].used
 *	  says which maps it needs: create them (or take those that the caller
 *	  named; an is_extern one must be among these), write @data to key 0,
 *	  freeze when @frozen
 *	mbpf_code_init(code, insns, nr), which takes insns over;
 *	mbpf_code_resolve(code, source) with source->get(priv, i, true) giving
 *	  the map made for elf->maps[i]
 *	mbpf_elf_close(elf);
 *
 * Nothing in the bytes is trusted. Time and memory are linear in their number.
 */
#ifndef MBPF_ELF_H
#define MBPF_ELF_H

#include "isa.h"
#include "map.h"

struct mbpf_log;
struct mbpf_source_line;

#define MBPF_ELF_MAX_SIZE	(32u << 20)	/* bytes of an object */
#define MBPF_ELF_MAX_MAPS	256		/* maps of an object */
#define MBPF_ELF_MAX_NAME	128		/* of a map or program, NUL included */

/**
 * struct mbpf_elf_map - a map that an object defines or asks for
 * @name: symbol name, or section name of a data section (".rodata"); what
 *        callers match names against. @attr.name is its first 15 characters
 * @attr: what to create; all zero but the name where @is_extern
 * @data: initial value of key 0, attr.value_size bytes, or NULL (zeroes, or
 *        not a data section)
 * @frozen: freeze after @data was written (read-only data)
 * @is_extern: an undefined symbol: the caller must have been given a map of
 *             this name. LDDW of the symbol loads that map, as if it were
 *             defined here
 * @is_data: made of a data section (.rodata, .data, .bss and their .suffix forms)
 * @pin_by_name: the object asks for LIBBPF_PIN_BY_NAME; the module ignores it
 * @used: a program that was linked refers to it
 * @section: private: index of the section that defines it; 0 where extern
 * @offset: private: where in that section
 * @size: private: bytes of its symbol there
 * @sym: private: its symbol
 * @values: private: offset of the initial programs in the symbol, 0: none
 */
struct mbpf_elf_map {
	const char *name;
	struct mbpf_map_attr attr;
	const void *data;
	bool frozen;
	bool is_extern;
	bool is_data;
	bool pin_by_name;
	bool used;
	u32 section;
	u32 offset;
	u32 size;
	u32 sym;
	u32 values;
};

/**
 * struct mbpf_elf_slot - initial content of a PROG_ARRAY: a program
 * @map: index into mbpf_elf.maps
 * @slot: key
 * @prog: index into mbpf_elf.progs
 */
struct mbpf_elf_slot {
	u32 map;
	u32 slot;
	u32 prog;
};

/**
 * struct mbpf_elf_part - a function in a linked program
 * @name: of the function
 * @section: index of its section in the object
 * @start: its first instruction there
 * @pos: its first instruction in mbpf_elf_prog.insns
 * @nr: number of slots
 */
struct mbpf_elf_part {
	const char *name;
	u32 section;
	u32 start;
	u32 pos;
	u32 nr;
};

/**
 * struct mbpf_elf_prog - a program of an object
 * @section: name of its section: "kprobe/do_nanosleep", ".text"
 * @name: name of its function
 * @func: private
 * @insns: @nr slots after mbpf_elf_link(): the function, then those it calls,
 *         each once. LDDWs of maps have src MBPF_PSEUDO_MAP_IDX or
 *         MBPF_PSEUDO_MAP_IDX_VALUE and an index into mbpf_elf.maps in imm
 * @nr: number of slots; 0 before mbpf_elf_link()
 * @parts: the functions in @insns; [0] is the program's own
 * @nr_parts: number of functions
 */
struct mbpf_elf_prog {
	const char *section;
	const char *name;
	u32 func;
	struct mbpf_insn *insns;
	u32 nr;
	struct mbpf_elf_part *parts;
	u32 nr_parts;
};

struct mbpf_elf_section;
struct mbpf_elf_func;

/**
 * struct mbpf_elf - an opened object
 * @progs: @nr_progs programs: the global functions of all code sections but
 *         .text; those of .text where there is no other
 * @maps: @nr_maps maps; a MBPF_PSEUDO_MAP_IDX is an index into it
 * @slots: @nr_slots programs to put into PROG_ARRAYs; the module refuses
 *         programs that use such a map
 * @license: content of section "license"; "" without one
 *
 * The members above are for callers (who may not change them), all others are
 * private. Names and data point into the bytes given to mbpf_elf_open().
 */
struct mbpf_elf {
	struct mbpf_elf_prog *progs;
	u32 nr_progs;
	struct mbpf_elf_map *maps;
	u32 nr_maps;
	struct mbpf_elf_slot *slots;
	u32 nr_slots;
	const char *license;

	/* private, see elf_internal.h */
	const u8 *bytes;
	u32 size;
	struct mbpf_log *log;
	struct mbpf_elf_section *sections;
	u32 nr_sections;
	struct mbpf_elf_func *funcs;
	u32 nr_funcs;
	u32 symtab;
	u32 nr_syms;
};

/**
 * mbpf_elf_open - read an object
 * @bytes: the file; must stay as it is until mbpf_elf_close(). Any alignment
 * @size: number of bytes
 * @log: explains the first error (section and offset); may be NULL
 *
 * Return: the object, or ERR_PTR: -EINVAL (not an ELF64 little-endian
 * relocatable BPF object, or a malformed one), -E2BIG (larger than
 * MBPF_ELF_MAX_SIZE, more than MBPF_ELF_MAX_MAPS maps), -EOPNOTSUPP (a map
 * definition with something this loader does not know), -ENOMEM.
 */
struct mbpf_elf *mbpf_elf_open(const void *bytes, size_t size, struct mbpf_log *log);
void mbpf_elf_close(struct mbpf_elf *elf);

/**
 * mbpf_elf_find_prog - which program is meant
 * @elf: the object
 * @name: function name, or NULL or "" for the only program there is
 * @log: says which ones there are
 *
 * Return: index into @elf->progs, or -ENOENT (none of that name, none at
 * all), -EINVAL (several, and no name).
 */
int mbpf_elf_find_prog(const struct mbpf_elf *elf, const char *name, struct mbpf_log *log);

/* Index of the map called @name (the full name), or -ENOENT. */
int mbpf_elf_find_map(const struct mbpf_elf *elf, const char *name);

/**
 * mbpf_elf_link - produce a program's instructions
 * @elf: the object
 * @index: into @elf->progs; a second call for the same one does nothing
 * @log: explains the first error
 *
 * Fills insns, nr, parts and nr_parts of the program and sets used of the
 * maps it refers to. They live until mbpf_elf_close().
 *
 * Return: 0; -EINVAL (bad relocation, call to an undefined function),
 * -EOPNOTSUPP (CO-RE relocations), -E2BIG (more than MBPF_MAX_INSNS), -ENOMEM.
 */
int mbpf_elf_link(struct mbpf_elf *elf, u32 index, struct mbpf_log *log);

/**
 * mbpf_elf_find_line - where in its source an instruction comes from
 * @elf: the object
 * @prog: index into @elf->progs, after mbpf_elf_link()
 * @insn: index into the program's instructions
 * @line: to fill; its strings live as long as the object's bytes
 *
 * Looks it up in the object's .BTF.ext each time. Whatever is wrong with that
 * only means that nothing is found.
 */
bool mbpf_elf_find_line(const struct mbpf_elf *elf, u32 prog, u32 insn,
			struct mbpf_source_line *line);

#endif /* MBPF_ELF_H */
