// SPDX-License-Identifier: GPL-2.0-only
/*
 * The maps of an object: its data sections, what is defined in "maps" and
 * ".maps", and the undefined symbols that programs take for maps.
 */
#include "elf_internal.h"

struct mbpf_elf_map *mbpf_elf_add_map(struct mbpf_elf *elf, const char *name)
{
	struct mbpf_elf_map *map;
	u32 i;

	if (elf->nr_maps == MBPF_ELF_MAX_MAPS) {
		mbpf_log_printf(elf->log, "elf: more than %u maps\n", MBPF_ELF_MAX_MAPS);
		return ERR_PTR(-E2BIG);
	}
	if (!*name || strnlen(name, MBPF_ELF_MAX_NAME) == MBPF_ELF_MAX_NAME) {
		mbpf_log_printf(elf->log, "elf: map %.64s: a name must be 1 to %u characters long\n",
				name, MBPF_ELF_MAX_NAME - 1);
		return ERR_PTR(-EINVAL);
	}
	if (mbpf_elf_find_map(elf, name) >= 0) {
		mbpf_log_printf(elf->log, "elf: two maps are called %.64s\n", name);
		return ERR_PTR(-EINVAL);
	}
	map = &elf->maps[elf->nr_maps++];
	map->name = name;
	for (i = 0; i < MBPF_NAME_LEN - 1 && name[i]; i++) {
		char c = name[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '.' || c == '_';

		map->attr.name[i] = ok ? c : '_';
	}
	return map;
}

int mbpf_elf_find_map(const struct mbpf_elf *elf, const char *name)
{
	u32 i;

	for (i = 0; i < elf->nr_maps; i++)
		if (!strcmp(elf->maps[i].name, name))
			return i;
	return -ENOENT;
}

/* The map defined at byte @offset of section @section, or -EINVAL. */
int mbpf_elf_map_at(const struct mbpf_elf *elf, u32 section, u64 offset)
{
	u32 i;

	for (i = 0; i < elf->nr_maps; i++) {
		const struct mbpf_elf_map *map = &elf->maps[i];

		if (!map->is_extern && !map->is_data && map->section == section &&
		    map->offset == offset)
			return i;
	}
	return -EINVAL;
}

int mbpf_elf_map_of_extern(const struct mbpf_elf *elf, u32 sym)
{
	u32 i;

	for (i = 0; i < elf->nr_maps; i++)
		if (elf->maps[i].is_extern && elf->maps[i].sym == sym)
			return i;
	return -ENOENT;
}

int mbpf_elf_add_extern(struct mbpf_elf *elf, u32 sym)
{
	struct mbpf_elf_map *map;
	struct mbpf_elf_sym s;

	if (mbpf_elf_map_of_extern(elf, sym) >= 0)
		return 0;
	mbpf_elf_get_sym(elf, sym, &s);
	map = mbpf_elf_add_map(elf, s.name);
	if (IS_ERR(map))
		return PTR_ERR(map);
	map->is_extern = true;
	map->sym = sym;
	return 0;
}

static bool has_name(const char *name, const char *kind)
{
	size_t len = strlen(kind);

	return !strncmp(name, kind, len) && (!name[len] || name[len] == '.');
}

static int add_data_map(struct mbpf_elf *elf, u32 index)
{
	struct mbpf_elf_section *s = &elf->sections[index];
	bool bss = has_name(s->name, ".bss"), rodata = has_name(s->name, ".rodata");
	struct mbpf_elf_map *map;

	if (!(s->flags & SECTION_ALLOC) || !s->size || (!bss && !rodata && !has_name(s->name, ".data")))
		return 0;
	if (s->type != (bss ? SECTION_NOBITS : SECTION_PROGBITS) || s->code) {
		mbpf_elf_err(elf, index, 0, "type %u does not suit the name", s->type);
		return -EINVAL;
	}
	if (s->size > S32_MAX) {
		mbpf_elf_err(elf, index, 0, "%llu bytes are too many for a map",
			     (unsigned long long)s->size);
		return -E2BIG;
	}
	map = mbpf_elf_add_map(elf, s->name);
	if (IS_ERR(map))
		return PTR_ERR(map);
	map->attr.type = MBPF_MAP_ARRAY;
	map->attr.key_size = 4;
	map->attr.value_size = s->size;
	map->attr.max_entries = 1;
	map->attr.flags = rodata ? MBPF_MAP_RDONLY_PROG : MBPF_MAP_MMAPABLE;
	map->data = s->data;
	map->frozen = rodata;
	map->is_data = true;
	map->section = index;
	s->map = elf->nr_maps;
	return 0;
}

/* One map for each object symbol of @section; what they are is read later. */
static int add_symbols(struct mbpf_elf *elf, u32 section, u32 *first)
{
	struct mbpf_elf_map *map;
	struct mbpf_elf_sym sym;
	u32 i, k;

	*first = elf->nr_maps;
	for (i = 1; i < elf->nr_syms; i++) {
		mbpf_elf_get_sym(elf, i, &sym);
		if (sym.section != section || sym.type != SYM_OBJECT)
			continue;
		if (!sym.size || !mbpf_elf_in_data(&elf->sections[section], sym.value, sym.size)) {
			mbpf_elf_err(elf, section, sym.value, "map %.64s of %llu bytes passes the end",
				     sym.name, (unsigned long long)sym.size);
			return -EINVAL;
		}
		for (k = *first; k < elf->nr_maps; k++) {
			map = &elf->maps[k];
			if (sym.value < (u64)map->offset + map->size &&
			    map->offset < sym.value + sym.size) {
				mbpf_elf_err(elf, section, sym.value, "maps %.64s and %.64s overlap",
					     sym.name, map->name);
				return -EINVAL;
			}
		}
		map = mbpf_elf_add_map(elf, sym.name);
		if (IS_ERR(map))
			return PTR_ERR(map);
		map->section = section;
		map->offset = sym.value;
		map->size = sym.size;
		map->sym = i;
	}
	return 0;
}

/* struct bpf_map_def: type, key_size, value_size, max_entries, map_flags, rest zero */
static int read_legacy_maps(struct mbpf_elf *elf, u32 section)
{
	const struct mbpf_elf_section *s = &elf->sections[section];
	u32 i, k, first;
	int ret;

	ret = add_symbols(elf, section, &first);
	for (i = first; !ret && i < elf->nr_maps; i++) {
		struct mbpf_elf_map *map = &elf->maps[i];
		const u8 *d = s->data + map->offset;

		if (map->size < 16) {
			mbpf_elf_err(elf, section, map->offset,
				     "map %.64s: a definition of %u bytes, must be 16 or more",
				     map->name, map->size);
			return -EINVAL;
		}
		map->attr.type = get_unaligned_le32(d);
		map->attr.key_size = get_unaligned_le32(d + 4);
		map->attr.value_size = get_unaligned_le32(d + 8);
		map->attr.max_entries = get_unaligned_le32(d + 12);
		if (map->size >= 20)
			map->attr.flags = get_unaligned_le32(d + 16);
		for (k = 20; k < map->size; k++) {
			if (d[k]) {
				mbpf_elf_err(elf, section, map->offset + k,
					     "map %.64s: unknown field is not zero", map->name);
				return -EOPNOTSUPP;
			}
		}
	}
	return ret;
}

int mbpf_elf_read_maps(struct mbpf_elf *elf)
{
	u32 i, section, first;
	int ret;

	for (i = 1; i < elf->nr_sections; i++) {
		ret = add_data_map(elf, i);
		if (ret)
			return ret;
	}
	ret = mbpf_elf_find_section(elf, "maps", &section);
	if (!ret && section)
		ret = read_legacy_maps(elf, section);
	if (!ret)
		ret = mbpf_elf_find_section(elf, ".maps", &section);
	if (ret || !section)
		return ret;
	ret = add_symbols(elf, section, &first);
	return ret ? ret : mbpf_elf_read_btf_maps(elf, section);
}

static int add_slot(struct mbpf_elf *elf, u32 from, u32 index, const struct mbpf_elf_reloc *r)
{
	u32 section = elf->sections[from].info, map, func;
	struct mbpf_elf_sym sym;
	u64 slot, addend;
	int i;

	for (map = 0; map < elf->nr_maps; map++) {
		const struct mbpf_elf_map *m = &elf->maps[map];

		if (!m->is_extern && m->section == section && m->values &&
		    r->offset >= (u64)m->offset + m->values && r->offset < (u64)m->offset + m->size)
			break;
	}
	if (map == elf->nr_maps || r->type != RELOC_64_ABS64 ||
	    !mbpf_elf_in_data(&elf->sections[section], r->offset, 8)) {
		mbpf_elf_err(elf, from, (u64)index * ENTRY_REL,
			     "offset 0x%llx, type %u: not an initial value of a PROG_ARRAY",
			     (unsigned long long)r->offset, r->type);
		return -EINVAL;
	}
	slot = r->offset - elf->maps[map].offset - elf->maps[map].values;
	mbpf_elf_get_sym(elf, r->sym, &sym);
	addend = get_unaligned_le64(elf->sections[section].data + r->offset);
	i = (sym.value + addend) % 8 || (sym.value + addend) / 8 > S32_MAX ? -EINVAL :
	    mbpf_elf_func_at(elf, sym.section, (sym.value + addend) / 8);
	func = i;
	if (i < 0 || !elf->funcs[func].prog || slot % 8 ||
	    slot / 8 >= elf->maps[map].attr.max_entries) {
		mbpf_elf_err(elf, section, r->offset, "slot of %.64s: %.64s is no program, or the slot does not exist",
			     elf->maps[map].name, sym.name);
		return -EINVAL;
	}
	elf->slots[elf->nr_slots++] = (struct mbpf_elf_slot){
		.map = map, .slot = slot / 8, .prog = elf->funcs[func].prog - 1,
	};
	return 0;
}

/* Programs that a PROG_ARRAY in .maps begins with: .values = { [1] = &prog } */
int mbpf_elf_read_slots(struct mbpf_elf *elf)
{
	struct mbpf_elf_reloc r;
	u32 section, i, k;
	int ret;

	ret = mbpf_elf_find_section(elf, ".maps", &section);
	if (ret || !section)
		return ret;
	for (i = 1; i < elf->nr_sections; i++) {
		const struct mbpf_elf_section *s = &elf->sections[i];

		if (s->type != SECTION_REL || s->info != section || !s->size)
			continue;
		if (elf->slots) {
			mbpf_elf_err(elf, i, 0, "relocates .maps a second time");
			return -EINVAL;
		}
		elf->slots = kvcalloc(s->size / ENTRY_REL + 1, sizeof(*elf->slots),
				      GFP_KERNEL_ACCOUNT);
		if (!elf->slots)
			return -ENOMEM;
		for (k = 0; !(ret = mbpf_elf_get_reloc(elf, i, k, &r)); k++) {
			ret = add_slot(elf, i, k, &r);
			if (ret)
				return ret;
		}
		if (ret < 0)
			return ret;
	}
	return 0;
}
