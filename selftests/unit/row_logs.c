// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what the log says of each row that is rejected, for the script
 * messages, which looks whether all messages are among it.
 */
#include "row_maps.h"

static int print_one(const struct row *row, void *arg)
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

int main(void)
{
	return rows_for_each(print_one, NULL);
}
