/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects for the tests of the ELF loader: clang's, from files, and patched. */
#ifndef UNIT_ELF_FILE_H
#define UNIT_ELF_FILE_H

#include "common.h"

/**
 * struct elf_file - the bytes of an object, as long as its allocation
 * @bytes: @size bytes, from malloc()
 */
struct elf_file {
	u8 *bytes;
	size_t size;
};

/* Reads NAME.bpf.o of selftests/progs; false with a message if it cannot. */
bool elf_file_read(struct elf_file *file, const char *name);
void elf_file_free(struct elf_file *file);

/* Header of the section called @name, for reading and writing, or NULL. */
u8 *elf_file_section(const struct elf_file *file, const char *name);

/* Contents of that section, or NULL. */
u8 *elf_file_data(const struct elf_file *file, const char *name);

/* Entry of the symbol called @name, or NULL. */
u8 *elf_file_symbol(const struct elf_file *file, const char *name);

static inline void elf_put16(u8 *p, u16 v) { memcpy(p, &v, 2); }
static inline void elf_put32(u8 *p, u32 v) { memcpy(p, &v, 4); }
static inline void elf_put64(u8 *p, u64 v) { memcpy(p, &v, 8); }

#endif /* UNIT_ELF_FILE_H */
