// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening an object, finding a program in it, and giving it back. The work is
 * done in elf_section.c (the container), elf_func.c (code), elf_map.c and
 * elf_btf.c (maps) and elf_link.c (a program).
 */
#include "elf_internal.h"

static int read_license(struct mbpf_elf *elf)
{
	const char *text;
	u32 section;
	int ret;

	elf->license = "";
	ret = mbpf_elf_find_section(elf, "license", &section);
	if (ret || !section)
		return ret;
	text = mbpf_elf_get_string(elf->sections[section].data, elf->sections[section].size, 0);
	if (!text) {
		mbpf_elf_err(elf, section, 0, "does not end in a NUL");
		return -EINVAL;
	}
	elf->license = text;
	return 0;
}

/* Whether there is code for a newer loader: it would be left out silently. */
static int check_reserved(struct mbpf_elf *elf)
{
	u32 i;

	for (i = 1; i < elf->nr_sections; i++) {
		if (elf->sections[i].code && !strncmp(elf->sections[i].name, ".struct_ops", 11)) {
			mbpf_elf_err(elf, i, 0, "struct_ops are not supported");
			return -EOPNOTSUPP;
		}
	}
	return 0;
}

static int read_object(struct mbpf_elf *elf)
{
	int ret;

	ret = mbpf_elf_read_sections(elf);
	ret = ret ? ret : mbpf_elf_read_symtab(elf);
	ret = ret ? ret : check_reserved(elf);
	ret = ret ? ret : read_license(elf);
	ret = ret ? ret : mbpf_elf_read_funcs(elf);
	ret = ret ? ret : mbpf_elf_read_maps(elf);
	ret = ret ? ret : mbpf_elf_read_relocs(elf);
	ret = ret ? ret : mbpf_elf_read_core(elf);
	ret = ret ? ret : mbpf_elf_read_slots(elf);
	return ret;
}

struct mbpf_elf *mbpf_elf_open(const void *bytes, size_t size, struct mbpf_log *log)
{
	struct mbpf_elf *elf;
	int ret = -ENOMEM;

	if (size > MBPF_ELF_MAX_SIZE) {
		mbpf_log_printf(log, "elf: %llu bytes: an object may have %u\n",
				(unsigned long long)size, MBPF_ELF_MAX_SIZE);
		return ERR_PTR(-E2BIG);
	}
	elf = kvzalloc(sizeof(*elf), GFP_KERNEL_ACCOUNT);
	if (!elf)
		return ERR_PTR(-ENOMEM);
	elf->bytes = bytes;
	elf->size = size;
	elf->log = log;
	elf->maps = kvcalloc(MBPF_ELF_MAX_MAPS, sizeof(*elf->maps), GFP_KERNEL_ACCOUNT);
	if (elf->maps)
		ret = read_object(elf);
	elf->log = NULL;
	if (ret) {
		mbpf_elf_close(elf);
		return ERR_PTR(ret);
	}
	return elf;
}

void mbpf_elf_close(struct mbpf_elf *elf)
{
	u32 i;

	if (IS_ERR_OR_NULL(elf))
		return;
	for (i = 0; elf->sections && i < elf->nr_sections; i++)
		kvfree(elf->sections[i].notes);
	for (i = 0; i < elf->nr_progs; i++) {
		kvfree(elf->progs[i].insns);
		kvfree(elf->progs[i].parts);
	}
	kvfree(elf->sections);
	kvfree(elf->funcs);
	kvfree(elf->progs);
	kvfree(elf->maps);
	kvfree(elf->slots);
	kvfree(elf);
}

static void list_progs(const struct mbpf_elf *elf, struct mbpf_log *log)
{
	u32 i;

	for (i = 0; i < elf->nr_progs && i < 32; i++)
		mbpf_log_printf(log, "elf:   %.64s in section %.64s\n", elf->progs[i].name,
				elf->progs[i].section);
}

int mbpf_elf_find_prog(const struct mbpf_elf *elf, const char *name, struct mbpf_log *log)
{
	int found = -ENOENT;
	u32 i;

	if (!elf->nr_progs) {
		mbpf_log_printf(log, "elf: no global function in any section of code\n");
		return -ENOENT;
	}
	if (!name || !*name) {
		if (elf->nr_progs == 1)
			return 0;
		mbpf_log_printf(log, "elf: %u programs: name one of\n", elf->nr_progs);
		list_progs(elf, log);
		return -EINVAL;
	}
	for (i = 0; i < elf->nr_progs; i++) {
		if (strcmp(elf->progs[i].name, name))
			continue;
		if (found >= 0) {
			mbpf_log_printf(log, "elf: two programs are called %.64s\n", name);
			return -EINVAL;
		}
		found = i;
	}
	if (found < 0) {
		mbpf_log_printf(log, "elf: no program %.64s, there are\n", name);
		list_progs(elf, log);
	}
	return found;
}
