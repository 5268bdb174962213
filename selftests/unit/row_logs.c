// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the rows for the scripts that judge them: what the log says of each that
 * is rejected (for messages), or with -i the instructions of each, as "name|1 if it is
 * rejected|hexadecimal words" (for neighbours).
 */
#include <string.h>

#include "row_maps.h"

#define MAX_NEIGHBOUR	128	/* slots; a row that is rejected is shorter */

static int print_log(const struct row *row, void *arg)
{
	struct mbpf_log log;
	struct unit_row r;

	if (!row->err || row->flags & ROW_SWEEP)
		return 0;
	mbpf_log_init(&log, MBPF_LOG_PATH, 1 << 20);
	if (unit_row_load(&r, row, &log))
		printf("%s\n", unit_log_text(&log));
	unit_row_unload(&r);
	mbpf_log_deinit(&log);
	return 0;
}

static int print_insns(const struct row *row, void *arg)
{
	uint64_t word;
	uint32_t i;

	if (row->err ? row->flags & ROW_SWEEP : row->nr > MAX_NEIGHBOUR)
		return 0;
	printf("%s|%d|", row->name, !!row->err);
	for (i = 0; i < row->nr; i++) {
		memcpy(&word, &row->insns[i], sizeof(word));
		printf("%llx ", (unsigned long long)word);
	}
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	return rows_for_each(argc > 1 ? print_insns : print_log, NULL);
}
