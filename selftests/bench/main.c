// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench [-j] [-q] [-a] [-m MACHINE] [-r ROW,...]
 *
 *	-j	an object of JSON for each line
 *	-q	as few runs as possible: shows only that results are equal
 *	-a	also what takes minutes
 *	-m	riscv64, riscv64-nozb or x86_64: whose targets are shown
 *	-r	these rows only
 *
 * Both sides are compared with their JIT compilers on and without hardening
 * or statistics; this sets it so. The exit status is 1 if a result differs.
 */
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

static const struct {
	const char *row;
	void (*run)(const char *row);
} table[] = {
	{ "1", row_empty }, { "2", row_alu }, { "3", row_stack }, { "4", row_packet },
	{ "5", row_div }, { "6", row_calls }, { "7", row_array }, { "8", row_hash_lookup },
	{ "9", row_hash_update }, { "10", row_lru }, { "10", row_zipf },
	{ "11", row_ring }, { "12", row_probe },
	{ "13", row_fentry }, { "14", row_load }, { "15", row_calls_user },
	{ "P", row_real }, { "G", row_growth },
};

static void set(const char *name, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, 1) != 1)
		fprintf(stderr, "bench: cannot set %s to %s\n", path, value);
	if (fd >= 0)
		close(fd);
}

static void parse(int argc, char **argv)
{
	static struct utsname name;
	int option;

	uname(&name);
	options.machine = name.machine;
	while ((option = getopt(argc, argv, "jqam:r:")) != -1) {
		switch (option) {
		case 'j':
			options.json = true;
			break;
		case 'q':
			options.quick = true;
			break;
		case 'a':
			options.all = true;
			break;
		case 'm':
			options.machine = optarg;
			break;
		case 'r':
			options.rows = optarg;
			break;
		default:
			exit(2);
		}
	}
}

/*
 * In-tree keeps 2 MiB for machine code as long as there is any, which it fills anew for the
 * first program. A system has programs.
 */
static void keep_one(void)
{
	static const struct row_insn insns[] = { MOV(R0, 0), EXIT };
	int side;

	for (side = 0; side < NR_SIDES; side++)
		if (prog_load(side, BPF_PROG_TYPE_SOCKET_FILTER, insns, NR(insns), NULL) < 0)
			fprintf(stderr, "bench: %s loads no program\n", side_names[side]);
}

int main(int argc, char **argv)
{
	uint32_t i;

	parse(argc, argv);
	if (side_open()) {
		perror("bench: /dev/minibpf");
		return 1;
	}
	set("net/core/bpf_jit_enable", "1");
	set("net/core/bpf_jit_harden", "0");
	set("kernel/bpf_stats_enabled", "0");
	keep_one();
	/* What a kernel does first in the background would be counted too. */
	settle(2000);
	for (i = 0; i < NR(table); i++)
		if (row_wanted(table[i].row))
			table[i].run(table[i].row);
	return nr_different != 0;
}
