// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long loading takes of what the fuzzer found, without sanitizers and
 * recording:
 *
 *	fuzz_time FOLDER
 *
 * Exits with 1 if a program, of at most 4,096 instructions, takes over 1 s.
 */
#include <dirent.h>
#include <time.h>

#include "fuzz_prog.h"
#include "row_maps.h"

#define MAX_NS	1000000000ULL

static struct {
	u32 programs;
	u32 accepted;
	u64 longest;
	u32 longest_nr;
	char longest_name[256];
	u32 failed;
} now;

static u64 cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void time_one(const char *name, const u8 *data, size_t size)
{
	static struct fuzz_prog p;
	struct unit_row r;
	u64 start, ns;

	if (!fuzz_prog(&p, data, size))
		return;
	now.programs++;
	start = cpu_ns();
	now.accepted += !unit_row_load(&r, &p.row, NULL);
	ns = cpu_ns() - start;
	unit_row_unload(&r);
	if (ns > MAX_NS) {
		now.failed++;
		printf("%s: %u instructions take %llu ms\n", name, p.row.nr,
		       (unsigned long long)(ns / 1000000));
	}
	if (ns > now.longest) {
		now.longest = ns;
		now.longest_nr = p.row.nr;
		snprintf(now.longest_name, sizeof(now.longest_name), "%s", name);
	}
}

int main(int argc, char **argv)
{
	static u8 data[8 * FUZZ_MAX_INSNS + 2];
	struct dirent *entry;
	char path[4096];
	DIR *dir;

	if (argc != 2)
		return 2;
	dir = opendir(argv[1]);
	while (dir && (entry = readdir(dir))) {
		FILE *f;
		size_t size;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		f = fopen(path, "rb");
		if (!f)
			continue;
		size = fread(data, 1, sizeof(data), f);
		fclose(f);
		time_one(entry->d_name, data, size);
	}
	if (dir)
		closedir(dir);
	printf("%u programs of the fuzzer, %u accepted; the longest load took %llu us (%u instructions, %s)\n",
	       now.programs, now.accepted, (unsigned long long)(now.longest / 1000),
	       now.longest_nr, now.longest_name);
	return now.failed || !now.programs;
}
