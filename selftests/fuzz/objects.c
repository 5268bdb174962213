// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verifies the programs of BPF objects in user space and prints what that took:
 *
 *	objects [-l LEVEL] [-q] OBJECT...
 *
 * -l sets the log level, whose text is printed; -q prints rejections and the
 * last line only. Exits with 1 if a program was rejected. Objects that the
 * loader does not take (CO-RE, map types it has not) are counted apart.
 */
#include <getopt.h>
#include <time.h>

#include "load.h"
#include "elf.h"

static struct {
	u32 level;
	bool quiet;
	u32 accepted;
	u32 rejected;
	u32 skipped;
} now;

static void *read_file(const char *name, size_t *size)
{
	FILE *f = fopen(name, "rb");
	u8 *bytes = NULL;
	long end = 0;

	if (f && !fseek(f, 0, SEEK_END) && (end = ftell(f)) > 0) {
		rewind(f);
		bytes = malloc(end);
		if (fread(bytes, 1, end, f) != (size_t)end) {
			free(bytes);
			bytes = NULL;
		}
	}
	if (f)
		fclose(f);
	*size = end;
	return bytes;
}

static struct mbpf_map *make_map(const struct mbpf_elf_map *spec)
{
	struct mbpf_map_attr attr = spec->attr;
	struct mbpf_map *map;
	u32 key = 0;

	/* What matters is the shape. */
	if (spec->is_extern)
		attr = (struct mbpf_map_attr){
			.type = MBPF_MAP_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 16,
		};
	map = mbpf_map_create(&attr);
	if (IS_ERR(map))
		return map;
	if (spec->data)
		mbpf_map_sys_update(map, &key, spec->data, MBPF_ANY);
	map->frozen = spec->frozen;
	return map;
}

static int verify_prog(struct mbpf_elf *elf, u32 index, const char *file)
{
	struct mbpf_map *maps[MBPF_ELF_MAX_MAPS] = { NULL };
	struct mbpf_verify_stats stats = { 0 };
	const struct mbpf_elf_prog *prog = &elf->progs[index];
	struct load load = { .maps = maps, .nr_maps = elf->nr_maps };
	struct mbpf_log log;
	u32 i;
	int err;

	mbpf_log_init(&log, now.level | MBPF_LOG_PATH, 1 << 20);
	err = mbpf_elf_link(elf, index, &log);
	for (i = 0; !err && i < elf->nr_maps; i++) {
		if (!elf->maps[i].used)
			continue;
		maps[i] = make_map(&elf->maps[i]);
		if (IS_ERR(maps[i])) {
			err = -EOPNOTSUPP;
			maps[i] = NULL;
		}
	}
	if (err) {
		now.skipped++;
		if (!now.quiet)
			printf("%-60s skipped: %d %s\n", file, err, unit_log_text(&log));
	} else {
		prog = &elf->progs[index];
		err = load_verify(&load, prog->insns, prog->nr, &stats, &log);
		*(err ? &now.rejected : &now.accepted) += 1;
		if (err || !now.quiet)
			printf("%-40s %-24s %5d %7u insns %8llu processed %6u states %9llu bytes %8.0f ns/insn\n",
			       file, prog->name, err, prog->nr, (unsigned long long)stats.processed,
			       stats.states, (unsigned long long)stats.peak_bytes,
			       (double)load.verify_ns / (stats.processed ? stats.processed : 1));
		if (err || now.level)
			printf("%s\n", unit_log_text(&log));
		load_free(&load);
	}
	for (i = 0; i < elf->nr_maps; i++)
		if (maps[i])
			mbpf_map_destroy(maps[i]);
	mbpf_log_deinit(&log);
	return err;
}

static void verify_object(const char *name)
{
	size_t size;
	void *bytes = read_file(name, &size);
	const char *file = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	struct mbpf_elf *elf;
	u32 i;

	elf = bytes ? mbpf_elf_open(bytes, size, NULL) : ERR_PTR(-ENOENT);
	if (IS_ERR(elf)) {
		now.skipped++;
		if (!now.quiet)
			printf("%-60s skipped: %ld\n", file, PTR_ERR(elf));
	} else {
		for (i = 0; i < elf->nr_progs; i++)
			verify_prog(elf, i, file);
		mbpf_elf_close(elf);
	}
	free(bytes);
}

int main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "l:q")) != -1) {
		if (opt == 'l')
			now.level = atoi(optarg);
		else if (opt == 'q')
			now.quiet = true;
		else
			return 2;
	}
	for (; optind < argc; optind++)
		verify_object(argv[optind]);
	printf("%u accepted, %u rejected, %u not loadable\n", now.accepted, now.rejected,
	       now.skipped);
	return now.rejected ? 1 : 0;
}
