// SPDX-License-Identifier: GPL-2.0-only
/* What common.h declares, but for the helpers' operating system. */
#include "common.h"
#include "map.h"
#include "prog.h"

#define MAX_SWEEP 100000

int unit_code_init(struct mbpf_code *code, const void *insns, u32 nr)
{
	struct mbpf_insn *copy = kvmalloc_array(nr, sizeof(*copy), GFP_KERNEL);

	memset(code, 0, sizeof(*code));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, insns, nr * sizeof(*copy));
	return mbpf_code_init(code, copy, nr);
}

int unit_fail_sweep(int (*run)(void *arg), void *arg, bool may_survive)
{
	long live = os_user_live;
	u32 nth;
	int err;

	for (nth = 1; nth < MAX_SWEEP; nth++) {
		bool reached;

		os_user_fail_nth = nth;
		err = run(arg);
		reached = !os_user_fail_nth;
		os_user_fail_nth = 0;
		rcu_barrier();
		if (os_user_live != live) {
			fprintf(stderr, "allocation %u failed: %ld allocations leaked\n",
				nth, os_user_live - live);
			return -1;
		}
		if (!reached && err) {
			fprintf(stderr, "no allocation failed, but the result is %d\n", err);
			return -1;
		}
		if (!reached)
			return nth - 1;
		if (err != -ENOMEM && !(may_survive && !err)) {
			fprintf(stderr, "allocation %u failed, but the result is %d\n", nth, err);
			return -1;
		}
	}
	fprintf(stderr, "more than %u allocations\n", MAX_SWEEP);
	return -1;
}

const char *unit_log_text(struct mbpf_log *log)
{
	const char *text;
	u32 len;

	mbpf_log_finish(log, &text, &len);
	return text ? text : "";
}

/* Vigna's splitmix64. */
u64 unit_random(u64 *seed)
{
	u64 z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

struct mbpf_map *unit_map(u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags)
{
	struct mbpf_map_attr attr = {
		.type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = max_entries,
		.flags = flags,
		.name = "test",
	};

	return mbpf_map_create(&attr);
}
