// SPDX-License-Identifier: GPL-2.0-only
/*
 * Broken objects by the thousand: whatever is done to an object, loading ends,
 * touches nothing but the object's bytes, says why if it refuses, and what it
 * lets through refers to things that exist. The sanitizers watch.
 */
#include "unit.h"
#include "elf.h"
#include "elf_file.h"

/* What a linked program may refer to; false if it refers to something else. */
static bool refs_are_sane(const struct mbpf_elf *elf, const struct mbpf_elf_prog *p)
{
	u32 i;

	for (i = 0; i < p->nr; i += mbpf_insn_slots(&p->insns[i])) {
		const struct mbpf_insn *insn = &p->insns[i];
		s64 target = (s64)i + 1 + insn->imm;

		if (mbpf_insn_is_lddw(insn)) {
			if (i + 1 >= p->nr)
				return false;
			if (insn->src >= MBPF_PSEUDO_MAP_IDX &&
			    ((u32)insn->imm >= elf->nr_maps || !elf->maps[insn->imm].used))
				return false;
			if (insn->src == MBPF_PSEUDO_MAP_IDX_VALUE &&
			    (u32)insn[1].imm >= elf->maps[insn->imm].attr.value_size)
				return false;
			if (insn->src != MBPF_PSEUDO_FUNC)
				continue;
		} else if (!mbpf_insn_is_local_call(insn)) {
			continue;
		}
		if (target < 0 || target >= p->nr)
			return false;
	}
	return true;
}

/* Reads the lines of source of some instructions, which must be strings in the object. */
static bool lines_are_sane(const struct mbpf_elf *elf, u32 prog, const u8 *bytes, size_t size)
{
	const struct mbpf_elf_prog *p = &elf->progs[prog];
	const char *start = (const char *)bytes, *end = start + size;
	struct mbpf_source_line line;
	u32 i;

	for (i = 0; i < p->nr; i += 1 + p->nr / 4) {
		if (!mbpf_elf_find_line(elf, prog, i, &line))
			continue;
		if (line.file < start || line.file + strlen(line.file) >= end ||
		    line.text < start || line.text + strlen(line.text) >= end)
			return false;
	}
	return true;
}

/* NULL if all is well. */
static const char *load(const u8 *bytes, size_t size)
{
	const char *wrong = NULL;
	struct mbpf_elf *elf;
	struct mbpf_log log;
	u32 i;
	int ret;

	mbpf_log_init(&log, 1, 1024);
	elf = mbpf_elf_open(bytes, size, &log);
	ret = IS_ERR(elf) ? PTR_ERR(elf) : 0;
	for (i = 0; !IS_ERR(elf) && !wrong && i < elf->nr_progs; i++) {
		u64 before = log.total;

		ret = mbpf_elf_link(elf, i, &log);
		if (!ret && !refs_are_sane(elf, &elf->progs[i]))
			wrong = "a reference to nothing";
		if (!ret && !lines_are_sane(elf, i, bytes, size))
			wrong = "a line of source outside of the object";
		if (ret && log.total == before)
			wrong = "refused without a word";
	}
	if (ret && ret != -EINVAL && ret != -E2BIG && ret != -EOPNOTSUPP)
		wrong = "an errno of its own";
	if (IS_ERR(elf) && !log.total)
		wrong = "refused without a word";
	mbpf_elf_close(elf);
	mbpf_log_deinit(&log);
	return os_user_live ? "memory left behind" : wrong;
}

FIXTURE(mutate)
{
	struct elf_file file;
};

FIXTURE_VARIANT(mutate)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(mutate, many) { .name = "many" };
FIXTURE_VARIANT_ADD(mutate, legacy) { .name = "legacy" };
FIXTURE_VARIANT_ADD(mutate, core) { .name = "core" };
FIXTURE_VARIANT_ADD(mutate, tailcall) { .name = "tailcall" };

FIXTURE_SETUP(mutate)
{
	ASSERT_TRUE(elf_file_read(&self->file, variant->name));
}

FIXTURE_TEARDOWN(mutate)
{
	elf_file_free(&self->file);
}

/* The debug sections are most of an object, and nobody looks at them. */
static bool is_boring(const struct elf_file *file, size_t pos)
{
	static const char * const sections[] = {
		".debug_info", ".debug_str", ".debug_abbrev", ".debug_line", ".debug_loclists",
		".debug_str_offsets", ".debug_addr", ".debug_rnglists", ".rel.debug_info",
		".rel.debug_str_offsets", ".rel.debug_addr", ".rel.debug_line", ".debug_frame",
		".rel.debug_frame", ".rel.BTF.ext", ".debug_line_str",
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sections); i++) {
		u8 *s = elf_file_section(file, sections[i]);

		if (s && pos - get_unaligned_le64(s + 24) < get_unaligned_le64(s + 32))
			return true;
	}
	return false;
}

TEST_F_TIMEOUT(mutate, truncated, 120)
{
	size_t size;

	for (size = 0; size < self->file.size; size++) {
		u8 *copy = malloc(size);
		const char *wrong;

		memcpy(copy, self->file.bytes, size);
		wrong = load(copy, size);
		free(copy);
		ASSERT_EQ(NULL, wrong) TH_LOG("first %zu bytes: %s", size, wrong);
	}
}

TEST_F_TIMEOUT(mutate, bits, 120)
{
	size_t pos;
	u32 bit;

	for (pos = 0; pos < self->file.size; pos++) {
		if (is_boring(&self->file, pos))
			continue;
		for (bit = 0; bit < 8; bit++) {
			const char *wrong;

			self->file.bytes[pos] ^= 1 << bit;
			wrong = load(self->file.bytes, self->file.size);
			self->file.bytes[pos] ^= 1 << bit;
			ASSERT_EQ(NULL, wrong) TH_LOG("byte %zu bit %u: %s", pos, bit, wrong);
		}
	}
}

TEST_F_TIMEOUT(mutate, words, 120)
{
	const u32 words[] = { 0, U32_MAX, S32_MAX, 0x80000000, 1, (u32)self->file.size };
	size_t pos;
	u32 i;

	for (pos = 0; pos + 4 <= self->file.size; pos += 4) {
		u32 old = get_unaligned_le32(self->file.bytes + pos);

		if (is_boring(&self->file, pos))
			continue;
		for (i = 0; i < ARRAY_SIZE(words); i++) {
			const char *wrong;

			elf_put32(self->file.bytes + pos, words[i]);
			wrong = load(self->file.bytes, self->file.size);
			ASSERT_EQ(NULL, wrong) TH_LOG("%x at %zu: %s", words[i], pos, wrong);
		}
		elf_put32(self->file.bytes + pos, old);
	}
}

/* Several wounds at once reach what one alone makes the loader refuse before. */
TEST_F_TIMEOUT(mutate, several, 120)
{
	u8 *copy = malloc(self->file.size);
	u64 seed = 1, round;
	u32 i;

	for (round = 0; round < 5000; round++) {
		const char *wrong;

		memcpy(copy, self->file.bytes, self->file.size);
		for (i = 0; i < 2 + round % 5; i++)
			copy[unit_random(&seed) % self->file.size] = unit_random(&seed);
		wrong = load(copy, self->file.size);
		ASSERT_EQ(NULL, wrong) TH_LOG("round %llu: %s", (unsigned long long)round, wrong);
	}
	free(copy);
}

TEST_HARNESS_MAIN
