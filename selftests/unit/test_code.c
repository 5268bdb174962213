// SPDX-License-Identifier: GPL-2.0-only
/* Decoding: what LDDWs and calls are bound to, and who holds which map. */
#include "unit.h"
#include "helper.h"
#include "insn.h"
#include "map.h"
#include "prog.h"

#define NR_FDS 80

/* Descriptors 0 to 79; every reference that is taken must be given back. */
struct source {
	struct mbpf_map *maps[NR_FDS];
	int refs;
	int last_fd;
	bool last_index;
};

static struct mbpf_map *get(void *priv, int fd, bool is_index)
{
	struct source *source = priv;

	source->last_fd = fd;
	source->last_index = is_index;
	if (fd < 0 || fd >= NR_FDS || !source->maps[fd])
		return ERR_PTR(-EBADF);
	source->refs++;
	return source->maps[fd];
}

static void put(void *priv, struct mbpf_map *map)
{
	((struct source *)priv)->refs--;
}

static void fill(struct source *source, u32 nr)
{
	struct mbpf_map_attr attr = {
		.type = MBPF_MAP_ARRAY, .key_size = 4, .value_size = 16, .max_entries = 1,
		.name = "one",
	};
	u32 i;

	memset(source, 0, sizeof(*source));
	for (i = 0; i < nr; i++)
		source->maps[i] = mbpf_map_create(&attr);
}

static void empty(struct source *source)
{
	u32 i;

	for (i = 0; i < NR_FDS; i++)
		if (source->maps[i])
			mbpf_map_destroy(source->maps[i]);
}

static void release(struct mbpf_code *code, struct source *source)
{
	u32 i;

	for (i = 0; i < code->nr_maps; i++)
		put(source, code->maps[i]);
	mbpf_code_deinit(code);
}

static int resolve(struct mbpf_code *code, const struct row_insn *insns, u32 nr,
		   struct source *source, char *text)
{
	struct mbpf_map_source src = { .get = get, .put = put, .priv = source };
	struct mbpf_log log;
	int err;

	mbpf_log_init(&log, MBPF_LOG_PATH, 4096);
	err = unit_code_init(code, insns, nr);
	if (!err)
		err = mbpf_code_resolve(code, source ? &src : NULL, &log);
	if (text)
		scnprintf(text, 256, "%s", unit_log_text(&log));
	mbpf_log_deinit(&log);
	return err;
}

TEST(sizes)
{
	struct row_insn insn = EXIT;
	struct mbpf_code code;

	EXPECT_EQ(0, unit_code_init(&code, &insn, 1));
	EXPECT_EQ(U64_MAX, code.ctx_read);
	mbpf_code_deinit(&code);
	UNIT_EXPECT_NO_LEAKS();
}

TEST(values)
{
	static const struct row_insn insns[] = {
		LDDW(R1, 0x123456789abcdef0), LDMAP(R1, 1), LDVALUE(R2, 0, 4), LDVALUE(R2, 1, 15),
		RAW(0x18, R1, 5, 0, 2), RAW(0, 0, 0, 0, 0), RAW(0x18, R1, 6, 0, 0), RAW(0, 0, 0, 0, 8),
		CALL(FN_map_lookup_elem), CALL(FN_tail_call), CALL(99999), LDFUNC(R2, 0), EXIT,
	};
	struct source source;
	struct mbpf_code code;
	u64 addr;

	fill(&source, 3);
	ASSERT_EQ(0, resolve(&code, insns, ARRAY_SIZE(insns), &source, NULL));
	EXPECT_EQ(3, code.nr_maps);
	EXPECT_EQ(3, source.refs);
	EXPECT_EQ(0x123456789abcdef0, code.aux[0].value);
	EXPECT_EQ((unsigned long)source.maps[1], code.aux[2].value);
	EXPECT_EQ(source.maps[1], code.maps[code.aux[2].ref]);
	EXPECT_EQ(0, mbpf_map_value_addr(source.maps[0], 4, &addr));
	EXPECT_EQ(addr, code.aux[4].value);
	EXPECT_EQ(source.maps[0], code.maps[code.aux[4].ref]);
	EXPECT_EQ(source.maps[1], code.maps[code.aux[6].ref]);
	EXPECT_EQ((unsigned long)source.maps[2], code.aux[8].value);
	EXPECT_EQ(source.maps[0], code.maps[code.aux[10].ref]);
	EXPECT_EQ(addr + 4, code.aux[10].value);
	EXPECT_TRUE(source.last_index);
	EXPECT_EQ((unsigned long)mbpf_helper_find(1)->fn, code.aux[12].value);
	EXPECT_EQ(0, code.aux[13].value);
	EXPECT_EQ(0, code.aux[14].value);
	release(&code, &source);
	EXPECT_EQ(0, source.refs);
	empty(&source);
	UNIT_EXPECT_NO_LEAKS();
}

TEST(errors)
{
	static const struct {
		struct row_insn insns[3];
		int err;
		const char *text;
	} rows[] = {
		{ { LDMAP(R1, 7), EXIT }, -EBADF, "insn 0: fd 7 is not pointing to valid bpf_map" },
		{ { LDMAP(R1, -1), EXIT }, -EBADF, "insn 0: fd -1 is not pointing" },
		{ { RAW(0x18, R1, 5, 0, 9), RAW(0, 0, 0, 0, 0), EXIT }, -EBADF,
		  "insn 0: fd_array index 9 is not" },
		{ { LDVALUE(R1, 0, 16), EXIT }, -EINVAL,
		  "insn 0: invalid access to map value pointer, value_size=16 off=16" },
		{ { LDVALUE(R1, 0, -1), EXIT }, -EINVAL, "insn 0: invalid access to map value" },
		{ { LDVALUE(R1, 1, 0), EXIT }, -EINVAL, "insn 0: no direct value access: map 'two'" },
		{ { MOV(R10, 0), EXIT, EXIT }, -EACCES, "insn 0: opcode b7: frame pointer" },
	};
	struct mbpf_map_attr attr = {
		.type = MBPF_MAP_ARRAY, .key_size = 4, .value_size = 16, .max_entries = 2,
		.name = "two",
	};
	struct source source;
	u32 i;

	fill(&source, 1);
	source.maps[1] = mbpf_map_create(&attr);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mbpf_code code;
		char text[256];

		EXPECT_EQ(rows[i].err, resolve(&code, rows[i].insns, 3, &source, text));
		if (strncmp(text, rows[i].text, strlen(rows[i].text)))
			TH_LOG("'%s' does not begin with '%s'", text, rows[i].text);
		EXPECT_EQ(0, strncmp(text, rows[i].text, strlen(rows[i].text)));
		release(&code, &source);
		EXPECT_EQ(0, source.refs);
	}
	empty(&source);
	UNIT_EXPECT_NO_LEAKS();
}

TEST(no_source)
{
	static const struct row_insn insns[] = { LDMAP(R1, 0), EXIT };
	struct mbpf_code code;

	EXPECT_EQ(-EBADF, resolve(&code, insns, 3, NULL, NULL));
	mbpf_code_deinit(&code);
}

TEST(map_limit)
{
	struct row_insn insns[2 * 65 + 1];
	struct source source;
	struct mbpf_code code;
	char text[256];
	u32 i;

	fill(&source, 65);
	for (i = 0; i < 65; i++) {
		const struct row_insn lddw[] = { LDMAP(R1, i) };

		memcpy(&insns[2 * i], lddw, sizeof(lddw));
	}
	insns[130] = INSN(EXIT);
	EXPECT_EQ(-E2BIG, resolve(&code, insns, 131, &source, text));
	EXPECT_NE(NULL, strstr(text, "insn 128: the program refers to more than 64 maps\n"));
	EXPECT_EQ(64, code.nr_maps);
	EXPECT_EQ(64, source.refs);
	release(&code, &source);
	/* The last one again instead: 64 maps are allowed. */
	insns[128].imm = 0;
	EXPECT_EQ(0, resolve(&code, insns, 131, &source, NULL));
	EXPECT_EQ(64, source.refs);
	release(&code, &source);
	EXPECT_EQ(0, source.refs);
	empty(&source);
}

static int sweep(void *arg)
{
	static const struct row_insn insns[] = { LDMAP(R1, 0), LDVALUE(R1, 1, 0), EXIT };
	struct source *source = arg;
	struct mbpf_map_source src = { .get = get, .put = put, .priv = source };
	struct mbpf_code code;
	int err = unit_code_init(&code, insns, ARRAY_SIZE(insns));

	if (!err)
		err = mbpf_code_resolve(&code, &src, NULL);
	release(&code, source);
	return err;
}

TEST(out_of_memory)
{
	struct source source;

	fill(&source, 2);
	EXPECT_EQ(3, unit_fail_sweep(sweep, &source, false));
	EXPECT_EQ(0, source.refs);
	empty(&source);
}

/* More odd instructions than there is room for at first. */
static int sweep_odd(void *arg)
{
	struct row_insn insns[64];
	struct mbpf_code code;
	u32 i;
	int err;

	for (i = 0; i < ARRAY_SIZE(insns) - 1; i++)
		insns[i] = INSN(GOTO(0));
	insns[i] = INSN(EXIT);
	err = unit_code_init(&code, insns, ARRAY_SIZE(insns));
	if (!err)
		err = mbpf_code_resolve(&code, NULL, NULL);
	for (i = 0; !err && i < ARRAY_SIZE(insns); i++)
		if (code.odd[i] != i || code.nr_odd != ARRAY_SIZE(insns))
			err = -EFAULT;
	mbpf_code_deinit(&code);
	return err;
}

TEST(odd_instructions_only)
{
	EXPECT_EQ(0, sweep_odd(NULL));
	EXPECT_LE(2, unit_fail_sweep(sweep_odd, NULL, false));
}

TEST_HARNESS_MAIN
