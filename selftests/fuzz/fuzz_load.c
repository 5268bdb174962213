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
#include "fuzz_prog.h"
#include "random_bounds.h"

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
	static struct fuzz_prog p;
	static u64 ctx[UNIT_CTX_SIZE / 8];
	struct timespec start, end;
	struct unit_row r;
	struct mbpf_log log;
	int err;

	if (!fuzz_prog(&p, data, size))
		return;
	embed_record(p.row.nr, data[0] & FUZZ_EXACT);
	mbpf_log_init(&log, FUZZ_LOG(data[0]) & (MBPF_LOG_PATH | MBPF_LOG_STATS | MBPF_LOG_FIXED),
		      FUZZ_LOG_SIZE(data[0]));
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
	else
		load_program(data, size);
	return 0;
}

/* A program of bounds behind what is there, in place of the last exit. */
static size_t append(u8 *data, size_t size, size_t max, unsigned int seed)
{
	static struct random_prog p;
	size_t room;

	if (size < 17)
		size = 9;
	random_bounds(&p, seed);
	size = 1 + (size - 1) / 8 * 8 - 8;
	room = (max - size) / 8;
	if (p.row.nr > room)
		return size + 8;
	memcpy(data + size, p.insns, p.row.nr * 8);
	return size + p.row.nr * 8;
}

/* Half of the time bytes change anywhere, else fields of instructions do. */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	static struct random_prog p;
	size_t bytes;

	if (seed & 1 || (size > 4 && !memcmp(data, "\177ELF", 4)))
		return LLVMFuzzerMutate(data, size, max);
	if ((seed & 6) == 2)
		return append(data, size, max, seed);
	if (seed & 6 && size > 8) {
		p.row.nr = min_t(size_t, (size - 1) / 8, RANDOM_MAX_INSNS);
		memcpy(p.insns, data + 1, p.row.nr * 8);
	} else {
		random_bounds(&p, seed);
		size = 0;
	}
	random_mutate(&p, seed);
	bytes = 1 + p.row.nr * 8;
	if (bytes > max)
		bytes = 1 + (max - 1) / 8 * 8;
	data[0] = seed >> 8;
	memcpy(data + 1, p.insns, bytes - 1);
	return max_t(size_t, bytes, size);
}
