// SPDX-License-Identifier: GPL-2.0-only
/* Finding things in an object that is known to be well-formed, to break them. */
#include <unistd.h>

#include "elf_file.h"

/* The tests are in O/unit*, the objects in O/guest/progs. */
static bool object_path(char *path, size_t size, const char *name)
{
	ssize_t len = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (len < 0)
		return false;
	path[len] = 0;
	slash = strrchr(path, '/');
	return slash && (size_t)snprintf(slash, size - (slash - path), "/../guest/progs/%s.bpf.o",
					 name) < size - (slash - path);
}

bool elf_file_read(struct elf_file *file, const char *name)
{
	char path[4096];
	FILE *f = NULL;
	long size = -1;

	file->bytes = NULL;
	if (object_path(path, sizeof(path), name))
		f = fopen(path, "r");
	if (f && !fseek(f, 0, SEEK_END))
		size = ftell(f);
	if (size > 0) {
		rewind(f);
		file->size = size;
		file->bytes = malloc(size);
		if (file->bytes && fread(file->bytes, 1, size, f) != file->size)
			elf_file_free(file);
	}
	if (f)
		fclose(f);
	if (!file->bytes)
		fprintf(stderr, "cannot read %s: run make in selftests/progs\n", path);
	return file->bytes;
}

void elf_file_free(struct elf_file *file)
{
	free(file->bytes);
	file->bytes = NULL;
}

u8 *elf_file_section(const struct elf_file *file, const char *name)
{
	u8 *table = file->bytes + get_unaligned_le64(file->bytes + 40);
	u32 i, nr = get_unaligned_le16(file->bytes + 60);
	u8 *names = table + get_unaligned_le16(file->bytes + 62) * 64;

	for (i = 1; i < nr; i++) {
		u8 *s = table + i * 64;

		if (!strcmp((char *)file->bytes + get_unaligned_le64(names + 24) +
			    get_unaligned_le32(s), name))
			return s;
	}
	return NULL;
}

u8 *elf_file_data(const struct elf_file *file, const char *name)
{
	u8 *s = elf_file_section(file, name);

	return s ? file->bytes + get_unaligned_le64(s + 24) : NULL;
}

u8 *elf_file_symbol(const struct elf_file *file, const char *name)
{
	u8 *s = elf_file_section(file, ".symtab"), *sym;
	const char *names = (char *)elf_file_data(file, ".strtab");
	u64 off;

	for (off = 0; off < get_unaligned_le64(s + 32); off += 24) {
		sym = file->bytes + get_unaligned_le64(s + 24) + off;
		if (!strcmp(names + get_unaligned_le32(sym), name))
			return sym;
	}
	return NULL;
}
