// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts of minibpf's verifier and of in-tree's on the same programs, all
 * loaded as kprobe programs, none run:
 *
 *	verdicts [-n PROGRAMS] [-s SEED] [-e EVERY] [-t SECONDS] [-o SOURCE] [-v] [FOLDER]
 *
 * All rows of selftests/rows (of generated ones each 64th), random programs
 * of four kinds, and the programs of the objects FOLDER/SOURCE/NAME.o, or of
 * each EVERYth object; of each source as many as SECONDS allow. -o
 * takes only sources that have SOURCE in their name; -v names each program, and shows
 * the log where verdicts differ. Exits with 1 if minibpf accepts what in-tree rejects for
 * safety, or rejects over 2 % of the objects' programs that in-tree accepts.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "random_bounds.h"
#include "row_run.h"
#include "verdict.h"

#define ROW_STEP 64

static uint32_t every = 1;	/* of the objects */
static uint32_t limit;		/* seconds for each source */
static const char *only = "";

static int load_row(const struct verdict_prog *prog, char *log)
{
	static struct loaded_row l;
	int fd;

	l.explain = log;
	l.explain_size = VERDICT_LOG_SIZE;
	row_load(&l, prog->arg, PROG_TYPE_KPROBE);
	fd = l.prog < 0 ? l.prog : dup(l.prog);
	row_unload(&l);
	return fd;
}

static int judge_row(const struct row *row, void *arg)
{
	uint32_t *seen = arg;
	struct row copy = *row;
	struct verdict_prog prog = {
		.name = row->name, .load = load_row, .arg = &copy, .why = row->why,
	};

	/* The log is asked for where verdicts differ. */
	copy.log = NULL;
	if (!(row->flags & ROW_SWEEP) || !(++*seen % ROW_STEP))
		verdict_judge(&prog);
	return 0;
}

static void judge_rows(void)
{
	uint32_t seen = 0;

	if (!strstr("selftests/rows", only))
		return;
	verdict_source("selftests/rows", false, limit);
	rows_for_each(judge_row, &seen);
}

/* What the kernel has of RFC 9669's later instructions it has from 6.6 on. */
static uint32_t random_flags(void)
{
	/* Callbacks need BTF in-tree. */
	return RANDOM_ALL & ~RANDOM_CALLBACKS & ~(verdict_kernel() < 606 ? RANDOM_V4 : 0);
}

static void judge_random(uint64_t first, uint32_t n)
{
	static const char * const kinds[] = {
		"random: typed", "random: typed, mutated", "random: bounds",
		"random: bounds, mutated",
	};
	static struct random_prog p;
	uint32_t flags = random_flags(), i;
	char name[64];

	if (!n || !strstr("random", only))
		return;
	printf("random programs: seeds %llu to %llu\n", (unsigned long long)first,
	       (unsigned long long)(first + n - 1));
	for (i = 0; i < n; i++) {
		uint32_t kind = i % 4;
		uint64_t seed = first + i;
		struct verdict_prog prog = {
			.name = name, .load = load_row, .arg = &p.row, .random = true,
		};

		if (kind < 2)
			random_prog(&p, seed, flags);
		else
			random_bounds(&p, seed);
		if (kind & 1)
			random_mutate(&p, seed);
		snprintf(name, sizeof(name), "%s, seed %llu", kinds[kind] + 8,
			 (unsigned long long)seed);
		verdict_source(kinds[kind], false, limit);
		verdict_judge(&prog);
	}
}

/* A program of an object. */
struct in_object {
	const char *function;
	void *bytes;
	uint32_t size;
	struct minibpf_object *obj;	/* for its names */
};

#define MAX_GIVEN 16

/* Maps that are the loader's to make: those declared only, and what is filled with programs. */
static uint32_t make_maps(const struct minibpf_object *obj, struct minibpf_map_fd_entry *maps)
{
	struct minibpf_object_map map;
	uint32_t n = 0, i;

	for (i = 0; n < MAX_GIVEN && !minibpf_object_map(obj, i, &map); i++) {
		struct minibpf_map_opts any = {
			.type = MINIBPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 2,
		};

		if (map.opts.type == MINIBPF_MAP_TYPE_PROG_ARRAY)
			any = map.opts;
		else if (map.opts.type)
			continue;
		maps[n++] = (struct minibpf_map_fd_entry){
			.name = (uintptr_t)map.name, .fd = minibpf_map_create(&any),
		};
	}
	return n;
}

static int load_in_object(const struct verdict_prog *prog, char *text)
{
	const struct in_object *in = prog->arg;
	struct minibpf_log log = { .buf = text, .size = text ? VERDICT_LOG_SIZE : 0 };
	struct minibpf_map_fd_entry maps[MAX_GIVEN];
	uint32_t nr = make_maps(in->obj, maps), i;
	int fd;

	fd = minibpf_prog_load_elf(in->bytes, in->size, maps, nr, in->function, text ? &log : NULL);
	for (i = 0; i < nr; i++)
		close(maps[i].fd);
	return fd;
}

static void *read_object(const char *path, uint32_t *size)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	void *bytes;

	if (!f || fstat(fileno(f), &st))
		return NULL;
	bytes = malloc(st.st_size);
	*size = fread(bytes, 1, st.st_size, f);
	fclose(f);
	return bytes;
}

/* Programs whose acceptance is right for a reason that in-tree's log does not tell. */
static const char *reason_of(const char *program)
{
	static const char * const reasons[][2] = {
		{ "fill_of_different_pointers_ldx",
		  "it compares the context with 0, and minibpf knows that it is not" },
	};
	size_t i;

	for (i = 0; i < NR(reasons); i++)
		if (!strcmp(program, reasons[i][0]))
			return reasons[i][1];
	return NULL;
}

static void judge_object(const char *path, const char *file)
{
	struct minibpf_object_program program;
	struct minibpf_object *obj;
	struct in_object in;
	char name[256];
	int i;

	in.bytes = read_object(path, &in.size);
	minibpf_set_backend(MINIBPF_BACKEND_DEVICE);
	if (!in.bytes || minibpf_object_open_mem(in.bytes, in.size, NULL, &obj)) {
		printf("# %s cannot be opened\n", path);
		free(in.bytes);
		return;
	}
	in.obj = obj;
	for (i = 0; !minibpf_object_program(obj, i, &program); i++) {
		struct verdict_prog prog = { .name = name, .load = load_in_object, .arg = &in };

		in.function = program.name;
		prog.why = reason_of(program.name);
		snprintf(name, sizeof(name), "%s: %s", file, program.name);
		verdict_judge(&prog);
	}
	minibpf_object_close(obj);
	free(in.bytes);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Calls @fn with the names in a folder that do not begin with a dot, in order. */
static void in_folder(const char *folder, void (*fn)(const char *path, const char *name))
{
	char *names[20000], path[4096];
	struct dirent *entry;
	uint32_t nr = 0, i;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir)) && nr < NR(names))
		if (entry->d_name[0] != '.')
			names[nr++] = strdup(entry->d_name);
	if (dir)
		closedir(dir);
	qsort(names, nr, sizeof(names[0]), compare_names);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		fn(path, names[i]);
		free(names[i]);
	}
}

static void judge_each(const char *path, const char *name)
{
	static uint32_t seen;

	if (seen++ % every == 0)
		judge_object(path, name);
}

static void judge_source(const char *path, const char *name)
{
	if (!strstr(name, only))
		return;
	verdict_source(name, true, limit);
	in_folder(path, judge_each);
}

int main(int argc, char **argv)
{
	uint32_t n = 400;
	uint64_t seed = 1;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:e:t:o:v")) != -1) {
		if (opt == 'n')
			n = strtoul(optarg, NULL, 0);
		else if (opt == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (opt == 'e')
			every = strtoul(optarg, NULL, 0);
		else if (opt == 't')
			limit = strtoul(optarg, NULL, 0);
		else if (opt == 'o')
			only = optarg;
		else if (opt == 'v')
			verdict_say_all();
		else
			return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	judge_rows();
	judge_random(seed, n);
	if (optind < argc)
		in_folder(argv[optind], judge_source);
	opt = verdict_report();
	printf("verdicts: %d passed, %d failed\n", !opt, opt);
	return opt != 0;
}
