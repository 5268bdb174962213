// SPDX-License-Identifier: GPL-2.0-only
/* Programs out of objects, one at a time and by name; with machine code and without. */

BACKEND_FIXTURE(load_ex)

/* An object of /progs, and what its loader has to give it. */
struct ex_object {
	struct minibpf_object *obj;		/* for its names only */
	void *bytes;
	uint32_t size;
	struct minibpf_map_fd_entry maps[4];	/* of the extern symbols */
	uint32_t nr_maps;
	char array[64];				/* its array of programs, if it has one */
};

static bool ex_open(struct ex_object *ex, const char *file)
{
	struct minibpf_object_map map;
	char path[300];
	FILE *f;
	int nr;

	memset(ex, 0, sizeof(*ex));
	snprintf(path, sizeof(path), "/progs/%s", file);
	f = fopen(path, "r");
	if (!f)
		return false;
	ex->bytes = malloc(1 << 20);
	ex->size = fread(ex->bytes, 1, 1 << 20, f);
	fclose(f);
	if (minibpf_object_open_mem(ex->bytes, ex->size, NULL, &ex->obj))
		return false;
	for (nr = 0; !minibpf_object_map(ex->obj, nr, &map); nr++) {
		if (map.opts.type == MINIBPF_MAP_TYPE_PROG_ARRAY)
			snprintf(ex->array, sizeof(ex->array), "%s", map.name);
		if (map.opts.type)
			continue;
		ex->maps[ex->nr_maps].name = (uintptr_t)map.name;
		ex->maps[ex->nr_maps++].fd = map_new(ARRAY, 4, 4, 2, 0);
	}
	return true;
}

static void ex_close(struct ex_object *ex)
{
	while (ex->nr_maps)
		close(ex->maps[--ex->nr_maps].fd);
	minibpf_object_close(ex->obj);
	free(ex->bytes);
}

/* An array that comes filled cannot be made in the kernel: each program gets an empty one. */
static int ex_load(const struct ex_object *ex, const char *name, struct minibpf_log *log)
{
	struct minibpf_map_fd_entry maps[NR(ex->maps) + 1];
	uint32_t nr = ex->nr_maps;
	int fd;

	memcpy(maps, ex->maps, sizeof(ex->maps));
	if (ex->array[0]) {
		maps[nr].name = (uintptr_t)ex->array;
		maps[nr++].fd = map_new(MINIBPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0);
	}
	fd = minibpf_prog_load_elf(ex->bytes, ex->size, maps, nr, name, log);
	if (ex->array[0])
		close(maps[ex->nr_maps].fd);
	return fd;
}

/* Calls @each for every program of every object that this backend takes; returns how many. */
static int ex_for_each(struct __test_metadata *_metadata, bool device,
		       void (*each)(struct __test_metadata *_metadata, const struct ex_object *ex,
				    const char *name))
{
	struct minibpf_object_program program;
	DIR *dir = opendir("/progs");
	struct dirent *entry;
	struct ex_object ex;
	int nr, n = 0;

	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		/* The one object that in-tree of riscv64 does not take. */
		if (!strstr(entry->d_name, ".bpf.o") || (!device && !strcmp(entry->d_name, MANY)) ||
		    !strcmp(entry->d_name, REJECTED))
			continue;
		ASSERT_TRUE(ex_open(&ex, entry->d_name)) TH_LOG("%s", entry->d_name);
		for (nr = 0; !minibpf_object_program(ex.obj, nr, &program); nr++) {
			if (!strcmp(program.name, "relocated"))
				continue;	/* only CO-RE can load it */
			each(_metadata, &ex, program.name);
			n++;
		}
		ex_close(&ex);
	}
	closedir(dir);
	return n;
}

static void load_one(struct __test_metadata *_metadata, const struct ex_object *ex,
		     const char *name)
{
	static char text[65536];
	struct minibpf_log log = { .buf = text, .size = sizeof(text) };
	struct minibpf_prog_info info = {};
	uint32_t len = sizeof(info);
	char want[MINIBPF_OBJ_NAME_LEN];
	int fd;

	text[0] = 0;
	fd = ex_load(ex, name, &log);
	ASSERT_LE(0, fd) TH_LOG("%s: %s", name, text);
	ASSERT_EQ(0, minibpf_get_info(fd, &info, &len));
	snprintf(want, sizeof(want), "%s", name);
	EXPECT_STREQ(want, info.name);
	EXPECT_EQ(MINIBPF_PROG_TYPE_KPROBE, info.type);
	close(fd);
}

TEST_F_TIMEOUT(load_ex, each_by_name, 90)
{
	EXPECT_LE(12, ex_for_each(_metadata, self->device, load_one));
}

TEST_F(load_ex, errors)
{
	static char text[4096];
	struct minibpf_log log = { .buf = text, .size = sizeof(text) };
	struct ex_object ex;
	int fd;

	ASSERT_TRUE(ex_open(&ex, "tailcall.bpf.o"));
	EXPECT_EQ(-EINVAL, ex_load(&ex, NULL, &log));		/* which one? */
	EXPECT_NE(0, text[0]);
	EXPECT_EQ(-EINVAL, ex_load(&ex, "", NULL));
	text[0] = 0;
	EXPECT_EQ(-ENOENT, ex_load(&ex, "nothing", &log));
	EXPECT_NE(0, text[0]);
	EXPECT_EQ(-ENOENT, ex_load(&ex, "stages", NULL));	/* a map */
	ex.maps[0].name = (uintptr_t)"nothing";
	ex.maps[0].fd = -1;
	ex.nr_maps = 1;
	ex.array[0] = 0;
	EXPECT_EQ(-ENOENT, ex_load(&ex, "tail_first", NULL));
	ex.nr_maps = 0;
	ex_close(&ex);

	ASSERT_TRUE(ex_open(&ex, "map.bpf.o"));
	fd = ex_load(&ex, NULL, NULL);		/* it has only one */
	EXPECT_LE(0, fd);
	close(fd);
	close(ex.maps[0].fd);
	ex.maps[0].fd = 1000;
	EXPECT_EQ(-EBADF, ex_load(&ex, NULL, NULL));
	ex.nr_maps = 0;
	EXPECT_EQ(-ENOENT, ex_load(&ex, NULL, NULL));
	ex_close(&ex);
}

#define QUOTE "; return values[at]; @ rejected.bpf.c:"

/* What the library says of the object that must not load, in a log of so many bytes. */
static int rejected_log(char *text, uint32_t size, uint32_t level)
{
	struct minibpf_log log = { .buf = text, .size = size, .level = level };
	struct minibpf_object *obj;
	int ret;

	ret = minibpf_object_open("/progs/" REJECTED, NULL, &obj);
	if (ret)
		return ret;
	ret = minibpf_object_load(obj, &log);
	minibpf_object_close(obj);
	return ret;
}

/* Descriptors to one loader are indices to the other. */
static void forget_maps(char *text)
{
	while ((text = strstr(text, "map[")))
		memmove(text, text + strcspn(text, "]"), strlen(text + strcspn(text, "]")) + 1);
}

TEST_F(load_ex, rejection_quotes_its_source)
{
	static char text[65536], ex_text[65536];
	struct minibpf_log log = { .buf = ex_text, .size = sizeof(ex_text) };
	struct ex_object ex;
	char *at;

	ASSERT_TRUE(ex_open(&ex, REJECTED));
	for (log.level = 0; log.level < 2; log.level++) {
		EXPECT_EQ(-EACCES, rejected_log(text, sizeof(text), log.level));
		at = strstr(text, QUOTE);
		ASSERT_NE(NULL, at) TH_LOG("%s", text);
		EXPECT_EQ(-EACCES, ex_load(&ex, NULL, &log));
		ASSERT_NE(NULL, strstr(ex_text, QUOTE)) TH_LOG("%s", ex_text);
		if (!self->device)
			continue;
		/* One loader has the lines, the other sees only instructions. */
		at = strchr(text, '\n');
		ASSERT_NE(NULL, at);
		forget_maps(at + 1);
		forget_maps(ex_text);
		EXPECT_STREQ(ex_text, at + 1);
	}
	ex_close(&ex);
}

/* Where the lines do not fit, the reason is kept, and nothing is written behind the text. */
TEST_F(load_ex, rejection_in_little_room)
{
	static char text[8192];
	uint32_t size, with_quote = 0;

	for (size = 128; size < 4096 && !with_quote; size += 7) {
		memset(text, 'x', sizeof(text));
		EXPECT_GT(0, rejected_log(text, size, 0));
		EXPECT_NE(NULL, memchr(text, 0, size));
		EXPECT_EQ('x', text[size]);
		if (strstr(text, QUOTE))
			with_quote = size;
	}
	EXPECT_LT(128, with_quote);
}

/* Another array of programs for it: what it continues in is up to the caller. */
TEST_F(load_ex, maps_of_the_object)
{
	int stages = map_new(MINIBPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0), prog, counter;
	int map = map_new(ARRAY, 4, 8, 1, 0);
	const char *place = place_name(0);
	struct minibpf_link *link;
	struct ex_object ex;
	uint32_t key = 2;

	ASSERT_LE(0, map);
	ASSERT_LE(0, stages);
	counter = load_counter(map);
	ASSERT_LE(0, counter);
	ASSERT_EQ(0, minibpf_update_elem(stages, &key, &counter, MINIBPF_ANY));
	ASSERT_TRUE(ex_open(&ex, "tailcall.bpf.o"));
	ex.maps[0].name = (uintptr_t)"stages";
	ex.maps[0].fd = stages;
	ex.nr_maps = 1;
	ex.array[0] = 0;
	prog = ex_load(&ex, "tail_first", NULL);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, &place, 1, 0, &link));
	open_missing(7);
	EXPECT_EQ(7, count(map));
	minibpf_link_close(link);
	close(prog);
	ex_close(&ex);
	close(counter);
	close(map);
}

/* What a run with these registers returns, or a negative errno; sets whether it is jited. */
static int64_t run_once(int prog, bool *jited)
{
	uint64_t regs[36];
	struct minibpf_test_opts opts = { .ctx = regs, .ctx_size = 64 };
	struct minibpf_prog_info info = {};
	uint32_t len = sizeof(info);
	int err;

	for (int i = 0; i < NR(regs); i++)
		regs[i] = 0x1000 * i;
	err = minibpf_get_info(prog, &info, &len);
	*jited = info.jited_prog_len;
	err = err ?: minibpf_prog_test_run(prog, &opts);
	return err ?: opts.retval;
}

static void run_both(struct __test_metadata *_metadata, const struct ex_object *ex,
		     const char *name)
{
	bool jited[2];
	int64_t got[2];
	int fd;

	for (int on = 0; on < 2; on++) {
		rows_set_jit(on);
		fd = ex_load(ex, name, NULL);
		ASSERT_LE(0, fd) TH_LOG("%s", name);
		got[on] = run_once(fd, &jited[on]);
		close(fd);
	}
	EXPECT_FALSE(jited[0]);
	EXPECT_TRUE(jited[1]);
	EXPECT_LE(0, got[0]) TH_LOG("%s", name);
	EXPECT_EQ(got[0], got[1]) TH_LOG("%s", name);
}

TEST_F_TIMEOUT(load_ex, without_machine_code, 90)
{
	if (!self->device)
		SKIP(return, "in-tree has no switch from one program to the next");
	EXPECT_LE(14, ex_for_each(_metadata, true, run_both));
}

/* The whole of it without machine code: attached, with callbacks, functions and tail calls. */
TEST_F_TIMEOUT(load_ex, attached_without_machine_code, 90)
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;
	struct minibpf_link *link[NR(places)];
	int i;

	if (!self->device)
		SKIP(return, "in-tree has no switch from one program to the next");
	rows_set_jit(false);
	check_object(_metadata, MANY, true);
	check_object(_metadata, "callbacks.bpf.o", true);
	prog = load_counter(map);
	rows_set_jit(true);
	ASSERT_LE(0, prog);
	for (i = 0; i < NR(places); i++) {
		const char *name = place_name(i);

		ASSERT_EQ(0, minibpf_link_kprobe(prog, &name, 1, places[i].flags, &link[i]));
	}
	open_missing(10);
	for (i = 0; i < NR(places); i++)
		minibpf_link_close(link[i]);
	EXPECT_EQ(10 * NR(places), count(map));
	close(prog);
	close(map);
}

/* Machine code cannot go on in the interpreter, nor it in machine code. */
TEST_F(load_ex, engines_do_not_mix)
{
	int progs, prog, other;
	uint32_t key = 0;

	if (!self->device)
		SKIP(return, "in-tree has no switch from one program to the next");
	for (int on = 0; on < 2; on++) {
		progs = map_new(MINIBPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
		ASSERT_LE(0, progs);
		rows_set_jit(on);
		prog = LOAD(MOV(R0, 0), EXIT);
		rows_set_jit(!on);
		other = LOAD(MOV(R0, 0), EXIT);
		EXPECT_EQ(0, minibpf_update_elem(progs, &key, &prog, MINIBPF_ANY));
		EXPECT_EQ(-EINVAL, minibpf_update_elem(progs, &key, &other, MINIBPF_ANY));
		EXPECT_EQ(-EINVAL, LOAD(LDMAP(R2, progs), MOV(R3, 0), CALL(FN_tail_call),
					MOV(R0, 0), EXIT));
		close(prog);
		close(other);
		close(progs);
	}
	rows_set_jit(true);
}
