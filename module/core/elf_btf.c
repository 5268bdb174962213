// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps of ".maps": their definitions are types, not data. Each map is a
 * variable of a structure whose members' types say what it is: __uint(f, n)
 * is a pointer to an array of n elements, __type(f, t) a pointer to t.
 */
#include "elf_internal.h"

#define BTF_MAGIC	0xeb9f
#define BTF_HEADER	24

#define KIND_INT	1
#define KIND_PTR	2
#define KIND_ARRAY	3
#define KIND_STRUCT	4
#define KIND_UNION	5
#define KIND_ENUM	6
#define KIND_FWD	7
#define KIND_TYPEDEF	8
#define KIND_VOLATILE	9
#define KIND_CONST	10
#define KIND_RESTRICT	11
#define KIND_FUNC	12
#define KIND_FUNC_PROTO	13
#define KIND_VAR	14
#define KIND_DATASEC	15
#define KIND_FLOAT	16
#define KIND_DECL_TAG	17
#define KIND_TYPE_TAG	18
#define KIND_ENUM64	19

#define MAX_DEPTH	32	/* of typedefs and arrays */
#define MAX_MEMBERS	64	/* of a map's structure */

/* Bytes of a type whose second word is @info; 0 if its kind is unknown. */
u32 mbpf_elf_btf_type_size(u32 info)
{
	u32 vlen = info & 0xffff;

	switch (info >> 24 & 0x1f) {
	case KIND_PTR:
	case KIND_FWD:
	case KIND_TYPEDEF:
	case KIND_VOLATILE:
	case KIND_CONST:
	case KIND_RESTRICT:
	case KIND_FUNC:
	case KIND_FLOAT:
	case KIND_TYPE_TAG:
		return 12;
	case KIND_INT:
	case KIND_VAR:
	case KIND_DECL_TAG:
		return 12 + 4;
	case KIND_ARRAY:
		return 12 + 12;
	case KIND_ENUM:
	case KIND_FUNC_PROTO:
		return 12 + 8 * vlen;
	case KIND_STRUCT:
	case KIND_UNION:
	case KIND_DATASEC:
	case KIND_ENUM64:
		return 12 + 12 * vlen;
	default:
		return 0;
	}
}

/* Whether the third word of a type is its size. */
static bool is_sized(u32 kind)
{
	return kind == KIND_INT || kind == KIND_STRUCT || kind == KIND_UNION ||
	       kind == KIND_ENUM || kind == KIND_FLOAT || kind == KIND_ENUM64;
}

/**
 * struct btf - the type section of an object
 * @elf: the object
 * @section: which of its sections
 * @types: the types
 * @len: of @types in bytes
 * @strings: their names
 * @strings_len: of @strings in bytes
 * @offset: of type i in @types; [0], void, is not used
 * @nr: number of types, void included
 */
struct btf {
	struct mbpf_elf *elf;
	u32 section;
	const u8 *types;
	u32 len;
	const u8 *strings;
	u32 strings_len;
	u32 *offset;
	u32 nr;
};

static int fail(const struct btf *btf, const void *at, const char *what)
{
	mbpf_elf_err(btf->elf, btf->section,
		     at ? (const u8 *)at - btf->elf->sections[btf->section].data : 0, "%s", what);
	return -EINVAL;
}

static u32 kind_of(const u8 *type)
{
	return get_unaligned_le32(type + 4) >> 24 & 0x1f;
}

static u32 vlen_of(const u8 *type)
{
	return get_unaligned_le16(type + 4);
}

static u32 ref_of(const u8 *type)
{
	return get_unaligned_le32(type + 8);
}

/* Type @id, or NULL for void and ids out of range. */
static const u8 *type_of(const struct btf *btf, u32 id)
{
	return id && id < btf->nr ? btf->types + btf->offset[id] : NULL;
}

/* Type @id behind its typedefs and qualifiers. */
static const u8 *resolve(const struct btf *btf, u32 id)
{
	u32 depth;

	for (depth = 0; depth < MAX_DEPTH; depth++) {
		const u8 *t = type_of(btf, id);
		u32 kind = t ? kind_of(t) : 0;

		if (kind != KIND_TYPE_TAG && (kind < KIND_TYPEDEF || kind > KIND_RESTRICT))
			return t;
		id = ref_of(t);
	}
	return NULL;
}

static const char *name_of(const struct btf *btf, u32 off)
{
	return mbpf_elf_get_string(btf->strings, btf->strings_len, off);
}

/* Bytes of the type at @pos; 0, with a log line, if it is malformed. */
static u32 type_size(const struct btf *btf, u32 pos)
{
	const u8 *t = btf->types + pos;
	u32 size;

	if (btf->len - pos < 12) {
		fail(btf, t, "truncated type");
		return 0;
	}
	size = mbpf_elf_btf_type_size(get_unaligned_le32(t + 4));
	if (!size) {
		fail(btf, t, "unknown kind of type");
		return 0;
	}
	if (size > btf->len - pos) {
		fail(btf, t, "type passes the end of the types");
		return 0;
	}
	return size;
}

static int index_types(struct btf *btf)
{
	u32 pos, size, i;

	btf->nr = 1;
	for (pos = 0; pos < btf->len; pos += size) {
		size = type_size(btf, pos);
		if (!size)
			return -EINVAL;
		btf->nr++;
	}
	btf->offset = kvcalloc(btf->nr, sizeof(u32), GFP_KERNEL);
	if (!btf->offset)
		return -ENOMEM;
	for (i = 1, pos = 0; i < btf->nr; i++) {
		btf->offset[i] = pos;
		pos += type_size(btf, pos);
	}
	return 0;
}

static int open_btf(struct btf *btf, struct mbpf_elf *elf)
{
	const struct mbpf_elf_section *s;
	u64 hdr, types, strings;
	int ret;

	memset(btf, 0, sizeof(*btf));
	btf->elf = elf;
	ret = mbpf_elf_find_section(elf, ".BTF", &btf->section);
	if (ret)
		return ret;
	if (!btf->section) {
		mbpf_log_printf(elf->log, "elf: maps in .maps, but no types: compile with -g\n");
		return -EINVAL;
	}
	s = &elf->sections[btf->section];
	if (s->size < BTF_HEADER || get_unaligned_le16(s->data) != BTF_MAGIC || s->data[2] != 1)
		return fail(btf, NULL, "not version 1 of BTF");
	hdr = get_unaligned_le32(s->data + 4);
	types = hdr + get_unaligned_le32(s->data + 8);
	btf->len = get_unaligned_le32(s->data + 12);
	strings = hdr + get_unaligned_le32(s->data + 16);
	btf->strings_len = get_unaligned_le32(s->data + 20);
	if (hdr < BTF_HEADER || !mbpf_elf_in_data(s, types, btf->len) ||
	    !mbpf_elf_in_data(s, strings, btf->strings_len) || !btf->strings_len)
		return fail(btf, NULL, "header's lengths pass the end of the section");
	btf->types = s->data + types;
	btf->strings = s->data + strings;
	if (btf->strings[btf->strings_len - 1])
		return fail(btf, btf->strings, "strings do not end in a NUL");
	return index_types(btf);
}

/* Size of a type in bytes; -EINVAL where it has none or more than a map can hold. */
static int size_of(const struct btf *btf, u32 id, u32 *size)
{
	u64 nr = 1;
	u32 depth;

	for (depth = 0; depth < MAX_DEPTH; depth++) {
		const u8 *t = resolve(btf, id);
		u32 kind = t ? kind_of(t) : 0;

		if (kind == KIND_ARRAY) {
			nr *= get_unaligned_le32(t + 20);
			id = get_unaligned_le32(t + 12);
		} else if (kind == KIND_PTR || is_sized(kind)) {
			nr *= kind == KIND_PTR ? 8 : get_unaligned_le32(t + 8);
			if (nr > S32_MAX)
				return -EINVAL;
			*size = nr;
			return 0;
		} else {
			return -EINVAL;
		}
		if (nr > S32_MAX)
			return -EINVAL;
	}
	return -EINVAL;
}

/* The number that __uint() made of @value. */
static int uint_of(const struct btf *btf, u32 id, u32 *value)
{
	const u8 *t = resolve(btf, id);

	if (!t || kind_of(t) != KIND_PTR)
		return -EINVAL;
	t = resolve(btf, ref_of(t));
	if (!t || kind_of(t) != KIND_ARRAY)
		return -EINVAL;
	*value = get_unaligned_le32(t + 20);
	return 0;
}

static int set_size(const struct btf *btf, u32 id, bool is_type, u32 *size)
{
	const u8 *t = resolve(btf, id);
	u32 value;
	int ret;

	if (!is_type)
		ret = uint_of(btf, id, &value);
	else if (t && kind_of(t) == KIND_PTR)
		ret = size_of(btf, ref_of(t), &value);
	else
		ret = -EINVAL;
	if (!ret && *size && *size != value)
		return -EINVAL;
	if (!ret)
		*size = value;
	return ret;
}

/* One member of a map's structure: 0, -EINVAL malformed, -EOPNOTSUPP unknown. */
static int read_member(const struct btf *btf, struct mbpf_elf_map *map, const char *name,
		       u32 type, u32 bits)
{
	const u8 *t;
	u32 value;
	int ret;

	if (!strcmp(name, "type"))
		return uint_of(btf, type, &map->attr.type);
	if (!strcmp(name, "max_entries"))
		return uint_of(btf, type, &map->attr.max_entries);
	if (!strcmp(name, "map_flags"))
		return uint_of(btf, type, &map->attr.flags);
	if (!strcmp(name, "key_size") || !strcmp(name, "key"))
		return set_size(btf, type, !name[3], &map->attr.key_size);
	if (!strcmp(name, "value_size") || !strcmp(name, "value"))
		return set_size(btf, type, !name[5], &map->attr.value_size);
	if (!strcmp(name, "pinning")) {
		ret = uint_of(btf, type, &value);
		map->pin_by_name = value == 1;
		return ret ? ret : value > 1 ? -EOPNOTSUPP : 0;
	}
	if (!strcmp(name, "values")) {
		t = resolve(btf, type);
		if (!t || kind_of(t) != KIND_ARRAY || bits % 64 || !bits || bits / 8 > map->size)
			return -EINVAL;
		t = resolve(btf, get_unaligned_le32(t + 12));
		if (!t || kind_of(t) != KIND_PTR)
			return -EINVAL;
		t = resolve(btf, ref_of(t));
		map->values = bits / 8;
		if (!map->attr.value_size)
			map->attr.value_size = 4;
		/* a map of maps has a structure here */
		return t && kind_of(t) == KIND_STRUCT ? -EOPNOTSUPP : 0;
	}
	/* numa_node, map_extra and what is still to come: only with a meaning */
	return uint_of(btf, type, &value) || value ? -EOPNOTSUPP : 0;
}

static int read_map(const struct btf *btf, struct mbpf_elf_map *map, u32 id)
{
	const u8 *t = resolve(btf, id), *m;
	u32 i, nr;
	int ret;

	nr = t && kind_of(t) == KIND_STRUCT ? vlen_of(t) : 0;
	if (!nr || nr > MAX_MEMBERS) {
		mbpf_elf_err(btf->elf, map->section, map->offset,
			     "map %.64s: its type is no structure of up to %u members", map->name,
			     MAX_MEMBERS);
		return -EINVAL;
	}
	for (i = 0, m = t + 12; i < nr; i++, m += 12) {
		const char *name = name_of(btf, get_unaligned_le32(m));

		ret = name ? read_member(btf, map, name, get_unaligned_le32(m + 4),
					 get_unaligned_le32(m + 8)) : -EINVAL;
		if (ret) {
			mbpf_elf_err(btf->elf, map->section, map->offset,
				     "map %.64s: %s member %.64s", map->name,
				     ret == -EOPNOTSUPP ? "unsupported" : "malformed or contradicting",
				     name ? name : "without a name");
			return ret;
		}
	}
	if (map->values && map->attr.type != MBPF_MAP_PROG_ARRAY) {
		mbpf_elf_err(btf->elf, map->section, map->offset,
			     "map %.64s: only a PROG_ARRAY has values", map->name);
		return -EOPNOTSUPP;
	}
	if (!map->attr.type) {
		mbpf_elf_err(btf->elf, map->section, map->offset, "map %.64s: no type", map->name);
		return -EINVAL;
	}
	return 0;
}

/* @var: a variable of the section's DATASEC */
static int read_var(const struct btf *btf, u32 section, const u8 *var)
{
	const u8 *t = type_of(btf, get_unaligned_le32(var));
	struct mbpf_elf_map *map;
	const char *name;
	int i;

	name = t && kind_of(t) == KIND_VAR ? name_of(btf, get_unaligned_le32(t)) : NULL;
	if (!name)
		return fail(btf, var, "an element of .maps is no variable");
	i = mbpf_elf_find_map(btf->elf, name);
	map = i < 0 ? NULL : &btf->elf->maps[i];
	if (!map || map->section != section || map->is_data || map->is_extern || map->attr.type)
		return fail(btf, var, "a variable of .maps has no symbol there, or is there twice");
	return read_map(btf, map, ref_of(t));
}

static const u8 *find_datasec(const struct btf *btf, const char *name)
{
	u32 i;

	for (i = 1; i < btf->nr; i++) {
		const u8 *t = type_of(btf, i);
		const char *n = kind_of(t) == KIND_DATASEC ?
				name_of(btf, get_unaligned_le32(t)) : NULL;

		if (n && !strcmp(n, name))
			return t;
	}
	return NULL;
}

/* Reads the definitions of the maps that @section's symbols announced. */
int mbpf_elf_read_btf_maps(struct mbpf_elf *elf, u32 section)
{
	const u8 *t;
	struct btf btf;
	u32 i, nr;
	int ret;

	ret = open_btf(&btf, elf);
	if (ret)
		goto out;
	t = find_datasec(&btf, ".maps");
	nr = t ? vlen_of(t) : 0;
	/* more would repeat one, which fails anyway, but only after a while */
	for (i = 0; !ret && i < nr; i++)
		ret = read_var(&btf, section, t + 12 + i * 12);
	for (i = 0; !ret && i < elf->nr_maps; i++) {
		const struct mbpf_elf_map *map = &elf->maps[i];

		if (map->section == section && !map->is_data && !map->is_extern && !map->attr.type) {
			mbpf_elf_err(elf, section, map->offset, "map %.64s: .BTF does not describe it",
				     map->name);
			ret = -EINVAL;
		}
	}
out:
	kvfree(btf.offset);
	return ret;
}
