// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * Types for bpf(2), which verifies callbacks only of programs whose functions'
 * types it knows. Of an object's .BTF only functions matter: what a linker
 * would have to fill in (variables and their sections) is made harmless.
 */
#include "../../module/core/elf_internal.h"

#include <unistd.h>

#include "internal.h"

#define CMD_BTF_LOAD	18

#define KIND_INT	1
#define KIND_STRUCT	4
#define KIND_FUNC	12
#define KIND_VAR	14
#define KIND_DATASEC	15
#define KIND_DECL_TAG	17

static void put(uint8_t *at, uint32_t value)
{
	put_unaligned(value, (uint32_t *)at);
}

/* An integer of one byte; the type has a word behind its three. */
static void make_int(uint8_t *t)
{
	put(t + 4, KIND_INT << 24);
	put(t + 8, 1);
	put(t + 12, 8);
}

static void tame_type(uint8_t *t)
{
	uint32_t info = get_unaligned_le32(t + 4), i;

	switch (info >> 24 & 0x1f) {
	case KIND_VAR:
		make_int(t);
		break;
	case KIND_DECL_TAG:
		put(t, 0);
		make_int(t);
		break;
	case KIND_FUNC:
		/* global ones would be verified apart from their callers */
		put(t + 4, KIND_FUNC << 24);
		break;
	case KIND_DATASEC:
		put(t, 0);
		put(t + 4, KIND_STRUCT << 24 | (info & 0xffff));
		put(t + 8, 1);
		for (i = 0; i < (info & 0xffff); i++) {
			uint8_t *member = t + 12 + i * 12;

			put(member + 4, get_unaligned_le32(member));
			put(member, 0);
			put(member + 8, 0);
		}
		break;
	}
}

static int tame(uint8_t *btf, uint32_t size)
{
	uint64_t at, end;
	uint32_t len;

	if (size < 24)
		return -EINVAL;
	at = (uint64_t)get_unaligned_le32(btf + 4) + get_unaligned_le32(btf + 8);
	end = at + get_unaligned_le32(btf + 12);
	if (end > size)
		return -EINVAL;
	for (; at < end; at += len) {
		if (end - at < 12)
			return -EINVAL;
		len = mbpf_elf_btf_type_size(get_unaligned_le32(btf + at + 4));
		if (!len || len > end - at)
			return -EINVAL;
		tame_type(btf + at);
	}
	return 0;
}

static int load_types(const struct mbpf_elf *elf)
{
	struct {
		uint64_t btf;
		uint64_t log_buf;
		uint32_t size;
		uint32_t log_size;
		uint32_t log_level;
	} attr;
	const struct mbpf_elf_section *s;
	uint8_t *copy;
	uint32_t i;
	int ret;

	ret = mbpf_elf_find_section(elf, ".BTF", &i);
	if (ret || !i)
		return -ENOENT;
	s = &elf->sections[i];
	copy = malloc(s->size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, s->data, s->size);
	ret = tame(copy, s->size);
	if (!ret) {
		memset(&attr, 0, sizeof(attr));
		attr.btf = (uintptr_t)copy;
		attr.size = s->size;
		ret = minibpf_sys_bpf(CMD_BTF_LOAD, &attr, sizeof(attr));
	}
	free(copy);
	return ret;
}

/* A table of .BTF.ext: @at the next block, @end behind the last. */
struct table {
	const struct mbpf_elf_section *s;
	uint64_t at;
	uint64_t end;
	uint32_t rec_size;
};

static int open_table(const struct mbpf_elf *elf, struct table *t)
{
	uint64_t start, len;
	uint32_t i;
	int ret;

	ret = mbpf_elf_find_section(elf, ".BTF.ext", &i);
	if (ret || !i)
		return -ENOENT;
	t->s = &elf->sections[i];
	if (t->s->size < 16)
		return -EINVAL;
	start = (uint64_t)get_unaligned_le32(t->s->data + 4) + get_unaligned_le32(t->s->data + 8);
	len = get_unaligned_le32(t->s->data + 12);
	if (len < 4 || !mbpf_elf_in_data(t->s, start, len))
		return -EINVAL;
	t->rec_size = get_unaligned_le32(t->s->data + start);
	t->at = start + 4;
	t->end = start + len;
	return t->rec_size < 8 ? -EINVAL : 0;
}

static const char *section_name(const struct mbpf_elf *elf, uint32_t off)
{
	const struct mbpf_elf_section *s;
	uint64_t start, len;
	uint32_t i;

	if (mbpf_elf_find_section(elf, ".BTF", &i) || !i)
		return "";
	s = &elf->sections[i];
	if (s->size < 24)
		return "";
	start = (uint64_t)get_unaligned_le32(s->data + 4) + get_unaligned_le32(s->data + 16);
	len = get_unaligned_le32(s->data + 20);
	if (!mbpf_elf_in_data(s, start, len))
		return "";
	return mbpf_elf_get_string(s->data + start, len, off) ?: "";
}

/* The type of the function at slot @start of the section called @name, or 0. */
static uint32_t find_func(const struct mbpf_elf *elf, struct table t, const char *name,
			  uint32_t start)
{
	uint32_t nr, i;

	while (t.end - t.at >= 8) {
		const uint8_t *block = t.s->data + t.at;

		nr = get_unaligned_le32(block + 4);
		t.at += 8;
		if (nr > (t.end - t.at) / t.rec_size)
			return 0;
		t.at += (uint64_t)nr * t.rec_size;
		if (strcmp(section_name(elf, get_unaligned_le32(block)), name))
			continue;
		for (i = 0; i < nr; i++) {
			const uint8_t *rec = block + 8 + (uint64_t)i * t.rec_size;

			if (get_unaligned_le32(rec) == start * 8)
				return get_unaligned_le32(rec + 4);
		}
	}
	return 0;
}

/* Nothing is loaded unless all is there: @btf stays without a descriptor. */
int minibpf_btf_load(const struct mbpf_elf *elf, uint32_t index, struct minibpf_btf *btf)
{
	const struct mbpf_elf_prog *prog = &elf->progs[index];
	struct table table;
	uint32_t *funcs, i;
	int ret;

	ret = open_table(elf, &table);
	if (ret)
		return ret;
	funcs = calloc(prog->nr_parts, 8);
	if (!funcs)
		return -ENOMEM;
	for (i = 0; i < prog->nr_parts; i++) {
		const struct mbpf_elf_part *part = &prog->parts[i];

		funcs[2 * i] = part->pos;
		funcs[2 * i + 1] = find_func(elf, table, elf->sections[part->section].name,
					     part->start);
		if (!funcs[2 * i + 1]) {
			free(funcs);
			return -ENOENT;
		}
	}
	ret = load_types(elf);
	if (ret < 0) {
		free(funcs);
		return ret;
	}
	btf->fd = ret;
	btf->funcs = funcs;
	btf->nr = prog->nr_parts;
	return 0;
}

void minibpf_btf_unload(struct minibpf_btf *btf)
{
	if (btf->fd < 0)
		return;
	close(btf->fd);
	free(btf->funcs);
	btf->fd = -1;
}
