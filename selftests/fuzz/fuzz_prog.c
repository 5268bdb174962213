// SPDX-License-Identifier: GPL-2.0-only
/* See fuzz_prog.h. */
#include <string.h>

#include "fuzz_prog.h"
#include "random_bounds.h"

int fuzz_prog(struct fuzz_prog *p, const uint8_t *data, size_t size)
{
	uint32_t nr = size ? (size - 1) / 8 : 0;

	if (!nr || nr > FUZZ_MAX_INSNS || (size > 4 && !memcmp(data, "\177ELF", 4)))
		return 0;
	random_bounds(&p->model, 1);
	p->row = p->model.row;
	p->row.insns = p->insns;
	p->row.nr = nr;
	memcpy(p->insns, data + 1, nr * 8);
	p->row.maps[1] = (struct row_map){ ROW_MAP_HASH, 4, 16, 8 };
	p->row.maps[2] = (struct row_map){ ROW_MAP_PROG_ARRAY, 4, 4, 4 };
	p->row.flags = data[0] & FUZZ_PERFMON_OFF ? ROW_PERFMON_OFF : 0;
	return 1;
}
