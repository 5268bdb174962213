// SPDX-License-Identifier: GPL-2.0-only
/* See load.h. */
#include <time.h>

#include "load.h"

static struct mbpf_map *get_map(void *priv, int fd, bool is_index)
{
	const struct load *load = priv;

	if (fd < 0 || (u32)fd >= load->nr_maps || !load->maps[fd])
		return ERR_PTR(-EBADF);
	return load->maps[fd];
}

static void put_map(void *priv, struct mbpf_map *map)
{
}

static u64 cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

int load_verify(struct load *load, const struct mbpf_insn *insns, u32 nr,
		struct mbpf_verify_stats *stats, struct mbpf_log *log)
{
	const struct mbpf_map_source source = { .get = get_map, .put = put_map, .priv = load };
	int err;

	err = unit_code_init(&load->code, insns, nr);
	if (!err)
		err = mbpf_code_resolve(&load->code, &source, log);
	if (!err)
		err = mbpf_cfg_build(&load->code, log);
	if (!err) {
		u64 start = cpu_ns();

		err = mbpf_verify(&load->code, &unit_rules, log, stats);
		load->verify_ns = cpu_ns() - start;
	}
	return err;
}

void load_free(struct load *load)
{
	mbpf_code_deinit(&load->code);
}
