// SPDX-License-Identifier: GPL-2.0-only
/*
 * What verification costs per instruction, for programs of the same kind and
 * growing length: it must stay the same. Exits with 1 if the longest program
 * of a kind costs more than SLACK times as much per instruction as the
 * cheapest.
 */
#include "load.h"

#define MAX	70000
#define SLACK	5	/* states that no longer fit into caches cost more */
#define TRIES	5

static struct mbpf_insn prog[MAX];
static u32 nr;

static void put(u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	prog[nr++] = (struct mbpf_insn){ .code = code, .dst = dst, .src = src, .off = off, .imm = imm };
}

static void exit_program(void)
{
	put(0xb7, 0, 0, 0, 0);
	put(0x95, 0, 0, 0, 0);
}

static void known_numbers(u32 len)
{
	put(0xb7, 0, 0, 0, 1);
	while (nr + 2 < len)
		put(nr % 3 ? 0x07 : 0x67, 0, 0, 0, nr % 3 ? nr : 1);
	exit_program();
}

static void unknown_numbers(u32 len)
{
	static const u8 ops[] = { 0x07, 0x57, 0x0f, 0x67, 0x77, 0xaf, 0x04, 0x4f };

	put(0x79, 2, 1, 0, 0);
	put(0x79, 3, 1, 8, 0);
	while (nr + 2 < len) {
		u8 op = ops[nr % sizeof(ops)];

		put(op, 2, op & 8 ? 3 : 0, 0, op & 8 ? 0 : nr % 31);
	}
	exit_program();
}

static void stack_words(u32 len)
{
	put(0x79, 2, 1, 0, 0);
	while (nr + 2 < len) {
		put(0x7b, 10, 2, -8 * (int)(1 + nr / 2 % 64), 0);
		put(0x79, 2, 10, prog[nr - 1].off, 0);
	}
	exit_program();
}

/* *(u32 *)(r10 - 4) = key; if ((r0 = lookup(map, r10 - 4)) != 0) *r0 += 1 */
static void lookups(u32 len)
{
	while (nr + 11 < len) {
		put(0x62, 10, 0, -4, nr & 7);
		put(0xbf, 2, 10, 0, 0);
		put(0x07, 2, 0, 0, -4);
		put(0x18, 1, 1, 0, 0);
		put(0x00, 0, 0, 0, 0);
		put(0x85, 0, 0, 0, 1);
		put(0x15, 0, 0, 2, 0);
		put(0xb7, 1, 0, 0, 1);
		put(0xdb, 0, 1, 0, 0);
	}
	exit_program();
}

/* if (ctx->word & bit) r6 += 1, over and over */
static void diamonds(u32 len)
{
	put(0xbf, 7, 1, 0, 0);
	put(0xb7, 6, 0, 0, 0);
	while (nr + 5 < len) {
		put(0x79, 2, 7, 8 * (nr % 8), 0);
		put(0x45, 2, 0, 1, 1 << nr % 31);
		put(0x07, 6, 0, 0, 1);
	}
	exit_program();
}

/* if (ctx->word == n) return, over and over */
static void early_exits(u32 len)
{
	u32 i, n = 0;

	put(0x79, 2, 1, 0, 0);
	while (nr + 3 < len)
		put(0x15, 2, 0, 0, n++);
	exit_program();
	/* Jumps reach 32767: those further away go to a nearer exit. */
	for (i = 1; i < nr - 2; i++)
		prog[i].off = nr - 2 - (i + 1) < 32000 ? nr - 2 - (i + 1) : 31000;
}

/* for (i = 0; i < rounds; i++) r0 += i; processed is what grows */
static void bounded_loop(u32 len)
{
	put(0xb7, 0, 0, 0, 0);
	put(0xb7, 6, 0, 0, 0);
	put(0x0f, 0, 6, 0, 0);
	put(0x07, 6, 0, 0, 1);
	put(0xa5, 6, 0, -3, len / 3);
	exit_program();
}

/* the same with a branch that nobody can tell in each round */
static void branching_loop(u32 len)
{
	put(0xbf, 7, 1, 0, 0);
	put(0xb7, 0, 0, 0, 0);
	put(0xb7, 6, 0, 0, 0);
	put(0x79, 2, 7, 0, 0);
	put(0x15, 2, 0, 1, 5);
	put(0x07, 0, 0, 0, 3);
	put(0x07, 6, 0, 0, 1);
	put(0xa5, 6, 0, -5, len / 5);
	exit_program();
}

static void calls(u32 len)
{
	u32 i, end = len - 8;

	put(0xbf, 6, 1, 0, 0);
	while (nr + 2 < end) {
		put(0x79, 1, 6, 0, 0);
		put(0x85, 0, 1, 0, 0);
	}
	exit_program();
	for (i = 0; i < nr; i++)
		if (prog[i].code == 0x85)
			prog[i].imm = nr - (i + 1);
	put(0xb7, 0, 0, 0, 1);
	put(0x25, 1, 0, 1, 7);
	put(0xb7, 0, 0, 0, 2);
	put(0x95, 0, 0, 0, 0);
}

static const struct kind {
	const char *name;
	void (*make)(u32 len);
	u32 len[4];
} kinds[] = {
	{ "known numbers", known_numbers, { 64, 512, 4000, 60000 } },
	{ "unknown numbers", unknown_numbers, { 64, 512, 4000, 60000 } },
	{ "stack words", stack_words, { 64, 512, 4000, 60000 } },
	{ "map lookups", lookups, { 57, 507, 3990, 15996 } },
	{ "branches that meet", diamonds, { 64, 512, 4000, 60000 } },
	{ "early exits", early_exits, { 64, 512, 4000, 30000 } },
	{ "bounded loop", bounded_loop, { 64, 3000, 60000, 600000 } },
	{ "loop with a branch", branching_loop, { 64, 500, 5000, 100000 } },
	{ "calls", calls, { 64, 512, 4000, 30000 } },
};

static double measure(const struct kind *kind, u32 len, struct mbpf_map *map)
{
	struct mbpf_verify_stats stats;
	double best = 0, ns;
	u32 i;

	nr = 0;
	kind->make(len);
	for (i = 0; i < TRIES; i++) {
		struct load load = { .maps = &map, .nr_maps = 1 };
		struct mbpf_log log;
		int err;

		mbpf_log_init(&log, MBPF_LOG_PATH, 4096);
		err = load_verify(&load, prog, nr, &stats, &log);
		if (err) {
			printf("%s of %u: %d\n%s\n", kind->name, len, err, unit_log_text(&log));
			exit(1);
		}
		ns = (double)load.verify_ns / stats.processed;
		if (!i || ns < best)
			best = ns;
		load_free(&load);
		mbpf_log_deinit(&log);
	}
	printf("%-20s %7u insns %8llu processed %7u states %9llu bytes %8.0f ns/insn\n", kind->name,
	       nr, (unsigned long long)stats.processed, stats.states,
	       (unsigned long long)stats.peak_bytes, best);
	return best;
}

int main(void)
{
	struct mbpf_map_attr attr = {
		.type = MBPF_MAP_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 8,
	};
	struct mbpf_map *map = mbpf_map_create(&attr);
	int bad = 0;
	u32 k, i;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		double ns = 0, least = 0;

		for (i = 0; i < ARRAY_SIZE(kinds[k].len); i++) {
			ns = measure(&kinds[k], kinds[k].len[i], map);
			if (!i || ns < least)
				least = ns;
		}
		if (ns > SLACK * least) {
			printf("%s: not linear\n", kinds[k].name);
			bad = 1;
		}
	}
	mbpf_map_destroy(map);
	return bad;
}
