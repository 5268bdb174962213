// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer on what reads untrusted bytes: objects (anything that begins as
 * ELF files do) and programs (all else: a byte of options, then instructions).
 * What is accepted runs under state embedding. A program that
 * would take longer than a second in earnest is a failure.
 */
#include <time.h>

#include "elf.h"
#include "embed.h"
#include "random_bounds.h"

#define MAX_SLOTS	4096
#define MAX_SECONDS	10	/* sanitizers and recording make it ten times slower */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max);

static void open_object(const u8 *data, size_t size)
{
	struct mbpf_elf *elf = mbpf_elf_open(data, size, NULL);
	u32 i;

	if (IS_ERR(elf))
		return;
	for (i = 0; i < elf->nr_progs; i++)
		mbpf_elf_link(elf, i, NULL);
	mbpf_elf_close(elf);
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void load_program(const u8 *data, size_t size)
{
	static struct random_prog p;
	static u64 ctx[UNIT_CTX_SIZE / 8];
	struct timespec start, end;
	struct unit_row r;
	struct mbpf_log log;
	int err;

	random_bounds(&p, 1);
	p.row.nr = min_t(size_t, (size - 1) / 8, RANDOM_MAX_INSNS);
	memcpy(p.insns, data + 1, p.row.nr * 8);
	p.row.maps[1] = (struct row_map){ ROW_MAP_HASH, 4, 16, 8 };
	p.row.maps[2] = (struct row_map){ ROW_MAP_PROG_ARRAY, 4, 4, 4 };
	p.row.flags = data[0] & 1 ? ROW_PERFMON_OFF : 0;
	embed_record(p.row.nr, data[0] & 2);
	mbpf_log_init(&log, data[0] >> 2 & (MBPF_LOG_PATH | MBPF_LOG_STATS | MBPF_LOG_FIXED), 1 << (data[0] >> 4 & 15));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	err = unit_row_load(&r, &p.row, &log);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	must(err != -EFAULT, unit_log_text(&log));
	must(end.tv_sec - start.tv_sec <= MAX_SECONDS, "verification takes too long");
	if (!err)
		must(embed_run(&r, ctx), "accepted, and it should not be");
	unit_row_unload(&r);
	mbpf_log_deinit(&log);
	embed_forget();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (size > 4 && !memcmp(data, "\177ELF", 4))
		open_object(data, size);
	else if (size > 8 && size / 8 <= MAX_SLOTS)
		load_program(data, size);
	return 0;
}

/* Half of the time bytes change anywhere, else fields of instructions do. */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	static struct random_prog p;

	if (seed & 1 || (size > 4 && !memcmp(data, "\177ELF", 4)))
		return LLVMFuzzerMutate(data, size, max);
	if (seed & 6 && size > 8) {
		p.row.nr = min_t(size_t, (size - 1) / 8, RANDOM_MAX_INSNS);
		memcpy(p.insns, data + 1, p.row.nr * 8);
	} else {
		random_bounds(&p, seed);
	}
	random_mutate(&p, seed);
	if (1 + p.row.nr * 8 > max)
		p.row.nr = (max - 1) / 8;
	data[0] = seed >> 8;
	memcpy(data + 1, p.insns, p.row.nr * 8);
	return 1 + p.row.nr * 8;
}
