// SPDX-License-Identifier: GPL-2.0-only
/* The ELF loader: what it makes of clang's objects, and what it says of broken ones. */
#include "unit.h"
#include "elf.h"
#include "elf_file.h"

FIXTURE(object)
{
	struct elf_file file;
	struct mbpf_log log;
	struct mbpf_elf *elf;
};

FIXTURE_SETUP(object)
{
	self->elf = NULL;
	ASSERT_EQ(0, mbpf_log_init(&self->log, 1, 4096));
	ASSERT_TRUE(elf_file_read(&self->file, "many"));
}

FIXTURE_TEARDOWN(object)
{
	mbpf_elf_close(self->elf);
	mbpf_log_deinit(&self->log);
	elf_file_free(&self->file);
	UNIT_EXPECT_NO_LEAKS();
}

/* Reads another object than "many" and opens it. */
#define OPEN(name) do {								\
	elf_file_free(&self->file);						\
	ASSERT_TRUE(elf_file_read(&self->file, name));				\
	self->elf = mbpf_elf_open(self->file.bytes, self->file.size, &self->log);	\
	ASSERT_FALSE(IS_ERR(self->elf)) TH_LOG("%s", unit_log_text(&self->log));	\
} while (0)

/* Opening what self->file has become must fail so, with a text that has @words. */
#define EXPECT_REFUSED(err, words) do {						\
	self->elf = mbpf_elf_open(self->file.bytes, self->file.size, &self->log);	\
	ASSERT_TRUE(IS_ERR(self->elf));						\
	EXPECT_EQ(err, PTR_ERR(self->elf));					\
	self->elf = NULL;							\
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), words)) {		\
		TH_LOG("log: %s", unit_log_text(&self->log));			\
	}									\
} while (0)

static const struct mbpf_elf_map *map_of(const struct mbpf_elf *elf, const char *name)
{
	int i = mbpf_elf_find_map(elf, name);

	return i < 0 ? NULL : &elf->maps[i];
}

static int link_named(struct mbpf_elf *elf, const char *name, struct mbpf_log *log)
{
	int i = mbpf_elf_find_prog(elf, name, log);

	return i < 0 ? i : mbpf_elf_link(elf, i, log);
}

TEST_F(object, programs_are_the_global_functions_of_sections)
{
	OPEN("many");
	ASSERT_EQ(2, self->elf->nr_progs);
	EXPECT_EQ(0, mbpf_elf_find_prog(self->elf, "many_second", NULL));
	EXPECT_EQ(1, mbpf_elf_find_prog(self->elf, "many", NULL));
	EXPECT_STREQ("kprobe/do_nanosleep", self->elf->progs[1].section);
	EXPECT_STREQ("kretprobe/do_nanosleep", self->elf->progs[0].section);
	EXPECT_STREQ("Dual BSD/GPL", self->elf->license);
	EXPECT_EQ(-ENOENT, mbpf_elf_find_prog(self->elf, "middle", &self->log));
	EXPECT_EQ(-EINVAL, mbpf_elf_find_prog(self->elf, NULL, &self->log));
	EXPECT_EQ(-EINVAL, mbpf_elf_find_prog(self->elf, "", &self->log));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "2 programs: name one"));
}

TEST_F(object, only_program_needs_no_name)
{
	OPEN("map");
	ASSERT_EQ(1, self->elf->nr_progs);
	EXPECT_EQ(0, mbpf_elf_find_prog(self->elf, NULL, NULL));
	EXPECT_EQ(0, mbpf_elf_find_prog(self->elf, "", NULL));
	EXPECT_STREQ(".text", self->elf->progs[0].section);
}

/* The first instruction of linked function @name that calls helper @id, or -1. */
static int call_in(const struct mbpf_elf_prog *p, const char *name, s32 id)
{
	u32 i, k;

	for (i = 0; i < p->nr_parts; i++)
		for (k = p->parts[i].pos; k < p->parts[i].pos + p->parts[i].nr; k++)
			if (!strcmp(p->parts[i].name, name) &&
			    (mbpf_insn_is_helper_call(&p->insns[k]) ? p->insns[k].imm == id :
			     !id && mbpf_insn_is_exit(&p->insns[k])))
				return k;
	return -1;
}

TEST_F(object, lines_of_source)
{
	static const struct {
		const char *function, *text;
		s32 helper;	/* 0: where the function returns */
	} rows[] = {
		{ "many", "value = bpf_map_lookup_elem(&given, &key);", 1 },
		{ "many", "bpf_loop(10, back, (void *)0, 0);", 181 },
		{ "middle", "return deep(x) + data_global;", 0 },
		{ "deep", "return x + read_only;", 0 },
	};
	const struct mbpf_elf_prog *p;
	struct mbpf_source_line line;
	u32 i;
	int prog, insn;

	OPEN("many");
	prog = mbpf_elf_find_prog(self->elf, "many", NULL);
	ASSERT_EQ(0, mbpf_elf_link(self->elf, prog, &self->log));
	p = &self->elf->progs[prog];
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		insn = call_in(p, rows[i].function, rows[i].helper);
		ASSERT_LE(0, insn);
		ASSERT_TRUE(mbpf_elf_find_line(self->elf, prog, insn, &line)) TH_LOG("row %u", i);
		EXPECT_STREQ(rows[i].text, line.text);
		EXPECT_STREQ("many.bpf.c", line.file);
		EXPECT_LT(0, line.line);
	}
	EXPECT_FALSE(mbpf_elf_find_line(self->elf, prog, p->nr, &line));
}

TEST_F(object, lines_are_not_known_without_btf)
{
	struct mbpf_source_line line;

	OPEN("legacy");
	ASSERT_EQ(0, mbpf_elf_link(self->elf, 0, &self->log));
	EXPECT_FALSE(mbpf_elf_find_line(self->elf, 0, 0, &line));
}

TEST_F(object, maps_of_btf)
{
	const struct mbpf_elf_map *m;

	OPEN("many");
	m = map_of(self->elf, "table");
	ASSERT_NE(NULL, m);
	EXPECT_EQ(MBPF_MAP_HASH, m->attr.type);
	EXPECT_EQ(4, m->attr.key_size);
	EXPECT_EQ(32, m->attr.value_size);
	EXPECT_EQ(10, m->attr.max_entries);
	EXPECT_EQ(MBPF_MAP_NO_PREALLOC, m->attr.flags);
	EXPECT_STREQ("table", m->attr.name);
	EXPECT_FALSE(m->is_extern || m->is_data || m->frozen || m->data);
	m = map_of(self->elf, "hidden");
	ASSERT_NE(NULL, m);
	EXPECT_EQ(MBPF_MAP_ARRAY, m->attr.type);
	EXPECT_EQ(24, m->attr.value_size);
	EXPECT_EQ(11, m->attr.max_entries);
	m = map_of(self->elf, "stages");
	ASSERT_NE(NULL, m);
	EXPECT_EQ(MBPF_MAP_PROG_ARRAY, m->attr.type);
	EXPECT_EQ(4, m->attr.value_size);
	m = map_of(self->elf, "given");
	ASSERT_NE(NULL, m);
	EXPECT_TRUE(m->is_extern);
	EXPECT_EQ(0, m->attr.type);
	EXPECT_EQ(NULL, map_of(self->elf, "nothing"));
}

TEST_F(object, maps_of_data)
{
	const struct mbpf_elf_map *m;

	OPEN("many");
	m = map_of(self->elf, ".rodata");
	ASSERT_NE(NULL, m);
	EXPECT_TRUE(m->frozen && m->is_data);
	EXPECT_EQ(MBPF_MAP_ARRAY, m->attr.type);
	EXPECT_EQ(1, m->attr.max_entries);
	EXPECT_EQ(MBPF_MAP_RDONLY_PROG, m->attr.flags);
	EXPECT_EQ(5, get_unaligned_le32(m->data));
	m = map_of(self->elf, ".data");
	ASSERT_NE(NULL, m);
	EXPECT_FALSE(m->frozen);
	EXPECT_EQ(8, m->attr.value_size);
	EXPECT_EQ(3 + 7, get_unaligned_le32(m->data) + get_unaligned_le32(m->data + 4));
	m = map_of(self->elf, ".bss");
	ASSERT_NE(NULL, m);
	EXPECT_EQ(16, m->attr.value_size);
	EXPECT_EQ(NULL, m->data);
	m = map_of(self->elf, ".rodata.own");
	ASSERT_NE(NULL, m);
	EXPECT_EQ(0, memcmp(m->data, "own", 4));
}

TEST_F(object, maps_of_legacy_sections)
{
	const struct mbpf_elf_map *m;

	OPEN("legacy");
	EXPECT_EQ(NULL, elf_file_section(&self->file, ".BTF"));
	m = map_of(self->elf, "first");
	ASSERT_NE(NULL, m);
	EXPECT_EQ(MBPF_MAP_ARRAY, m->attr.type);
	EXPECT_EQ(8, m->attr.value_size);
	m = map_of(self->elf, "second");
	ASSERT_NE(NULL, m);
	EXPECT_EQ(MBPF_MAP_HASH, m->attr.type);
	EXPECT_EQ(8, m->attr.key_size);
	EXPECT_EQ(4, m->attr.value_size);
	EXPECT_EQ(32, m->attr.max_entries);
	EXPECT_EQ(MBPF_MAP_NO_PREALLOC, m->attr.flags);
	EXPECT_EQ(0, link_named(self->elf, "legacy", &self->log));
	EXPECT_TRUE(m->used);
}

TEST_F(object, slots_of_prog_arrays)
{
	OPEN("tailcall");
	ASSERT_EQ(2, self->elf->nr_slots);
	EXPECT_STREQ("stages", self->elf->maps[self->elf->slots[0].map].name);
	EXPECT_EQ(2, self->elf->slots[0].slot);
	EXPECT_STREQ("tail_second", self->elf->progs[self->elf->slots[0].prog].name);
	EXPECT_EQ(3, self->elf->slots[1].slot);
	EXPECT_STREQ("tail_third", self->elf->progs[self->elf->slots[1].prog].name);
}

static const struct mbpf_elf_part *part_of(const struct mbpf_elf_prog *prog, const char *name)
{
	u32 i;

	for (i = 0; i < prog->nr_parts; i++)
		if (!strcmp(prog->parts[i].name, name))
			return &prog->parts[i];
	return NULL;
}

/* Instructions of @prog with @code and @src, and what the last one refers to. */
static u32 count_refs(const struct mbpf_elf_prog *prog, u8 code, u8 src, u32 target)
{
	u32 i, n = 0;

	for (i = 0; i < prog->nr; i += mbpf_insn_slots(&prog->insns[i]))
		n += prog->insns[i].code == code && prog->insns[i].src == src &&
		     i + 1 + prog->insns[i].imm == target;
	return n;
}

TEST_F(object, callees_come_along_once)
{
	const struct mbpf_elf_prog *p;
	u8 call = MBPF_JMP | MBPF_CALL;

	OPEN("many");
	ASSERT_EQ(0, link_named(self->elf, "many", &self->log));
	p = &self->elf->progs[1];
	ASSERT_EQ(4, p->nr_parts);
	EXPECT_STREQ("many", p->parts[0].name);
	EXPECT_EQ(0, p->parts[0].pos);
	ASSERT_NE(NULL, part_of(p, "deep"));
	ASSERT_NE(NULL, part_of(p, "middle"));
	ASSERT_NE(NULL, part_of(p, "back"));
	/* from many and from middle */
	EXPECT_EQ(2, count_refs(p, call, MBPF_PSEUDO_CALL, part_of(p, "deep")->pos));
	EXPECT_EQ(1, count_refs(p, call, MBPF_PSEUDO_CALL, part_of(p, "middle")->pos));
	EXPECT_EQ(1, count_refs(p, MBPF_LDDW, MBPF_PSEUDO_FUNC, part_of(p, "back")->pos));
	/* a second program has its own copy of what both call */
	ASSERT_EQ(0, link_named(self->elf, "many_second", &self->log));
	p = &self->elf->progs[0];
	ASSERT_EQ(2, p->nr_parts);
	EXPECT_EQ(1, count_refs(p, call, MBPF_PSEUDO_CALL, part_of(p, "deep")->pos));
	EXPECT_EQ(p->parts[0].nr + p->parts[1].nr, p->nr);
}

TEST_F(object, maps_become_indexes)
{
	const struct mbpf_elf_prog *p;
	u32 i, seen = 0, own, data;

	OPEN("many");
	ASSERT_EQ(0, link_named(self->elf, "many", &self->log));
	p = &self->elf->progs[1];
	own = mbpf_elf_find_map(self->elf, ".rodata.own");
	data = mbpf_elf_find_map(self->elf, ".data");
	for (i = 0; i < p->nr; i += mbpf_insn_slots(&p->insns[i])) {
		const struct mbpf_insn *insn = &p->insns[i];

		if (!mbpf_insn_is_lddw(insn) || insn->src < MBPF_PSEUDO_MAP_IDX)
			continue;
		ASSERT_LT(insn->imm, (s32)self->elf->nr_maps);
		EXPECT_TRUE(self->elf->maps[insn->imm].used);
		EXPECT_EQ(self->elf->maps[insn->imm].is_data ? MBPF_PSEUDO_MAP_IDX_VALUE :
			  MBPF_PSEUDO_MAP_IDX, (u8)insn->src);
		if (insn->imm == (s32)own)
			EXPECT_GE(1, insn[1].imm);
		if (insn->imm == (s32)data)
			EXPECT_TRUE(insn[1].imm == 0 || insn[1].imm == 4);
		seen |= 1u << insn->imm;
	}
	EXPECT_EQ((1u << self->elf->nr_maps) - 1, seen);
}

TEST_F(object, only_what_is_linked_is_used)
{
	OPEN("many");
	ASSERT_EQ(0, link_named(self->elf, "many_second", &self->log));
	EXPECT_TRUE(map_of(self->elf, ".bss")->used);
	EXPECT_FALSE(map_of(self->elf, "table")->used);
	EXPECT_FALSE(map_of(self->elf, "given")->used);
}

TEST_F(object, core_relocations_are_refused_where_they_are)
{
	OPEN("core");
	EXPECT_EQ(-EOPNOTSUPP, link_named(self->elf, "relocated", &self->log));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "CO-RE relocation in relocated"));
	EXPECT_EQ(0, link_named(self->elf, "plain", &self->log));
	EXPECT_EQ(-EOPNOTSUPP, link_named(self->elf, "relocated", &self->log));
}

TEST_F(object, unaligned_bytes_do)
{
	u8 *copy = malloc(self->file.size + 1);

	memcpy(copy + 1, self->file.bytes, self->file.size);
	self->elf = mbpf_elf_open(copy + 1, self->file.size, &self->log);
	ASSERT_FALSE(IS_ERR(self->elf));
	EXPECT_EQ(0, mbpf_elf_link(self->elf, 0, &self->log));
	mbpf_elf_close(self->elf);
	self->elf = NULL;
	free(copy);
}

static int open_and_link(void *arg)
{
	struct elf_file *file = arg;
	struct mbpf_elf *elf = mbpf_elf_open(file->bytes, file->size, NULL);
	int ret;

	if (IS_ERR(elf))
		return PTR_ERR(elf);
	ret = mbpf_elf_link(elf, 0, NULL);
	ret = ret ? ret : mbpf_elf_link(elf, 1, NULL);
	mbpf_elf_close(elf);
	return ret;
}

TEST_F(object, every_allocation_may_fail)
{
	EXPECT_LT(8, unit_fail_sweep(open_and_link, &self->file, false));
}

TEST_F(object, refuses_other_files)
{
	self->file.size = 63;
	EXPECT_REFUSED(-EINVAL, "shorter than an ELF header");
	self->file.size = (size_t)MBPF_ELF_MAX_SIZE + 1;
	EXPECT_REFUSED(-E2BIG, "an object may have");
}

TEST_F(object, refuses_machine)
{
	elf_put16(self->file.bytes + 18, 62);
	EXPECT_REFUSED(-EINVAL, "machine must be 247");
}

TEST_F(object, refuses_linked_file)
{
	elf_put16(self->file.bytes + 16, 2);
	EXPECT_REFUSED(-EINVAL, "relocatable");
}

TEST_F(object, refuses_big_endian)
{
	self->file.bytes[5] = 2;
	EXPECT_REFUSED(-EINVAL, "little-endian");
}

TEST_F(object, refuses_section_past_the_end)
{
	elf_put64(elf_file_section(&self->file, ".data") + 32, self->file.size);
	EXPECT_REFUSED(-EINVAL, "(.data) at 0x");
}

TEST_F(object, refuses_overlapping_sections)
{
	u8 *data = elf_file_section(&self->file, ".data");
	u64 off = get_unaligned_le64(elf_file_section(&self->file, ".rodata") + 24);

	elf_put64(data + 24, off & ~7ULL);
	EXPECT_REFUSED(-EINVAL, "overlaps section");
}

TEST_F(object, refuses_misaligned_section)
{
	elf_put64(elf_file_section(&self->file, ".data") + 48, 3);
	EXPECT_REFUSED(-EINVAL, "no power of two");
}

TEST_F(object, refuses_code_of_odd_size)
{
	elf_put64(elf_file_section(&self->file, ".text") + 32, 9);
	EXPECT_REFUSED(-EINVAL, "multiples of 8");
}

TEST_F(object, refuses_symbol_without_name)
{
	elf_put32(elf_file_symbol(&self->file, "many"), 0x7fffffff);
	EXPECT_REFUSED(-EINVAL, "name out of range");
}

TEST_F(object, refuses_symbol_of_no_section)
{
	elf_put16(elf_file_symbol(&self->file, "many") + 6, 0xfe00);
	EXPECT_REFUSED(-EINVAL, "(.symtab) at 0x");
}

TEST_F(object, refuses_function_past_its_section)
{
	elf_put64(elf_file_symbol(&self->file, "deep") + 16, 1 << 20);
	EXPECT_REFUSED(-EINVAL, "function deep");
}

TEST_F(object, refuses_overlapping_functions)
{
	u8 *deep = elf_file_symbol(&self->file, "deep");

	elf_put64(deep + 8, get_unaligned_le64(deep + 8) - 8);
	EXPECT_REFUSED(-EINVAL, "overlap");
}

TEST_F(object, refuses_stripped_object)
{
	elf_put32(elf_file_section(&self->file, ".symtab") + 4, 1);
	EXPECT_REFUSED(-EINVAL, "no symbol table");
}

TEST_F(object, refuses_relocation_outside_the_code)
{
	elf_put64(elf_file_data(&self->file, ".relkprobe/do_nanosleep"), 1 << 20);
	EXPECT_REFUSED(-EINVAL, "(.relkprobe/do_nanosleep) at 0x0: offset 0x100000");
}

TEST_F(object, refuses_relocation_of_no_symbol)
{
	elf_put32(elf_file_data(&self->file, ".relkprobe/do_nanosleep") + 12, 100000);
	EXPECT_REFUSED(-EINVAL, "symbol 100000 of");
}

TEST_F(object, refuses_unknown_relocation)
{
	elf_put32(elf_file_data(&self->file, ".relkprobe/do_nanosleep") + 16 + 8, 7);
	EXPECT_REFUSED(-EINVAL, "(.relkprobe/do_nanosleep) at 0x10: type 7");
}

TEST_F(object, refuses_two_relocations_of_one_instruction)
{
	u8 *rel = elf_file_data(&self->file, ".relkprobe/do_nanosleep");

	memcpy(rel + 16, rel, 8);
	EXPECT_REFUSED(-EINVAL, "two relocations");
}

TEST_F(object, refuses_map_without_type)
{
	u8 *btf = elf_file_data(&self->file, ".BTF");

	elf_put32(btf + 12, 0);
	EXPECT_REFUSED(-EINVAL, ".BTF does not describe it");
}

TEST_F(object, refuses_truncated_btf)
{
	u8 *btf = elf_file_data(&self->file, ".BTF");

	elf_put32(btf + 12, get_unaligned_le32(btf + 12) - 4);
	EXPECT_REFUSED(-EINVAL, "passes the end of the types");
}

TEST_F(object, refuses_unterminated_license)
{
	memset(elf_file_data(&self->file, "license"), 'x', strlen("Dual BSD/GPL") + 1);
	EXPECT_REFUSED(-EINVAL, "(license) at 0x0: does not end in a NUL");
}

/* Of "many", whose first relocation is that of &given at instruction 5. */
static int link_patched(struct elf_file *file, struct mbpf_log *log)
{
	struct mbpf_elf *elf = mbpf_elf_open(file->bytes, file->size, log);
	int ret;

	if (IS_ERR(elf))
		return PTR_ERR(elf) - 1000;
	ret = link_named(elf, "many", log);
	mbpf_elf_close(elf);
	return ret;
}

TEST_F(object, refuses_relocation_of_another_instruction)
{
	u8 *rel = elf_file_data(&self->file, ".relkprobe/do_nanosleep");

	elf_put64(rel, get_unaligned_le64(rel) + 8);
	EXPECT_EQ(-EINVAL, link_patched(&self->file, &self->log));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "second half of an LDDW"));
}

TEST_F(object, refuses_address_inside_extern_map)
{
	u8 *code = elf_file_data(&self->file, "kprobe/do_nanosleep");
	u64 off = get_unaligned_le64(elf_file_data(&self->file, ".relkprobe/do_nanosleep"));

	elf_put32(code + off + 4, 8);
	EXPECT_EQ(-EINVAL, link_patched(&self->file, &self->log));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "extern map has no inside"));
}

TEST_F(object, refuses_undefined_function)
{
	elf_put16(elf_file_symbol(&self->file, "middle") + 6, 0);
	EXPECT_EQ(-EINVAL, link_patched(&self->file, &self->log));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "undefined function middle"));
}

TEST_F(object, refuses_address_past_data)
{
	elf_put64(elf_file_symbol(&self->file, "zero_global") + 8, 16);
	EXPECT_EQ(-EINVAL, link_patched(&self->file, &self->log));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), ".bss, which has 16 bytes"));
}

TEST_F(object, refuses_raw_map_reference)
{
	u8 *code;
	u64 off;

	elf_file_free(&self->file);
	ASSERT_TRUE(elf_file_read(&self->file, "globals"));
	off = get_unaligned_le64(elf_file_data(&self->file, ".relkprobe/do_nanosleep"));
	elf_put32(elf_file_data(&self->file, ".relkprobe/do_nanosleep") + 8, 0);
	code = elf_file_data(&self->file, "kprobe/do_nanosleep") + off;
	ASSERT_EQ(MBPF_LDDW, code[0]);
	code[1] = MBPF_PSEUDO_MAP_IDX << 4 | 1;
	self->elf = mbpf_elf_open(self->file.bytes, self->file.size, &self->log);
	ASSERT_FALSE(IS_ERR(self->elf));
	EXPECT_EQ(-EINVAL, mbpf_elf_link(self->elf, 0, &self->log));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "form 5 without a relocation"));
}

/*
 * An object of @nr functions, each of which calls the next one: a section table
 * of five, the code, symbols with one name for all but the first, no relocation.
 */
static void make_chain(struct elf_file *file, u32 nr)
{
	static const char names[] = "\0.text\0.symtab\0.strtab\0main\0f";
	u64 code = 64, syms = code + nr * 16ULL, strs = syms + (nr + 1) * 24ULL;
	u64 table = round_up(strs + sizeof(names), 8ULL);
	u8 *p;
	u32 i;

	file->size = table + 4 * 64;
	file->bytes = p = calloc(1, file->size);
	memcpy(p, "\177ELF\2\1\1", 7);
	elf_put16(p + 16, 1);
	elf_put16(p + 18, 247);
	elf_put32(p + 20, 1);
	elf_put64(p + 40, table);
	elf_put16(p + 58, 64);
	elf_put16(p + 60, 4);
	elf_put16(p + 62, 3);
	for (i = 0; i < nr; i++) {
		struct mbpf_insn insns[] = {
			{ .code = MBPF_JMP | MBPF_CALL, .src = MBPF_PSEUDO_CALL, .imm = 1 },
			{ .code = MBPF_JMP | MBPF_EXIT },
		};
		u8 *sym = p + syms + (i + 1) * 24ULL;

		if (i == nr - 1)
			insns[0] = (struct mbpf_insn){ .code = MBPF_ALU64 | MBPF_MOV };
		memcpy(p + code + i * 16ULL, insns, 16);
		elf_put32(sym, i ? 28 : 23);
		sym[4] = (i ? 0 : 1) << 4 | 2;
		elf_put16(sym + 6, 1);
		elf_put64(sym + 8, i * 16ULL);
		elf_put64(sym + 16, 16);
	}
	memcpy(p + strs, names, sizeof(names));
#define SECTION(i, name, type, flags, off, size, link, entsize) do {	\
	u8 *s = p + table + (i) * 64;					\
	elf_put32(s, name);						\
	elf_put32(s + 4, type);						\
	elf_put64(s + 8, flags);					\
	elf_put64(s + 24, off);						\
	elf_put64(s + 32, size);					\
	elf_put32(s + 40, link);					\
	elf_put64(s + 48, 8);						\
	elf_put64(s + 56, entsize);					\
} while (0)
	SECTION(1, 1, 1, 6, code, nr * 16ULL, 0, 0);
	SECTION(2, 7, 2, 0, syms, (nr + 1) * 24ULL, 3, 24);
	SECTION(3, 15, 3, 0, strs, sizeof(names), 0, 0);
#undef SECTION
	elf_put64(p + table + 3 * 64 + 48, 1);
}

/* A quadratic loader would not end before the harness loses patience. */
TEST_F(object, many_functions_take_no_longer_each)
{
	const u32 nr = 400000;

	elf_file_free(&self->file);
	make_chain(&self->file, nr);
	self->elf = mbpf_elf_open(self->file.bytes, self->file.size, &self->log);
	ASSERT_FALSE(IS_ERR(self->elf)) TH_LOG("%s", unit_log_text(&self->log));
	ASSERT_EQ(1, self->elf->nr_progs);
	ASSERT_EQ(0, mbpf_elf_link(self->elf, 0, &self->log));
	EXPECT_EQ(nr, self->elf->progs[0].nr_parts);
	EXPECT_EQ(2 * nr, self->elf->progs[0].nr);
}

TEST_F(object, refuses_program_that_grows_too_long)
{
	elf_file_free(&self->file);
	make_chain(&self->file, MBPF_MAX_INSNS / 2 + 1);
	self->elf = mbpf_elf_open(self->file.bytes, self->file.size, &self->log);
	ASSERT_FALSE(IS_ERR(self->elf)) TH_LOG("%s", unit_log_text(&self->log));
	EXPECT_EQ(-E2BIG, mbpf_elf_link(self->elf, 0, &self->log));
	EXPECT_NE(NULL, strstr(unit_log_text(&self->log), "grows beyond"));
}

TEST_HARNESS_MAIN
