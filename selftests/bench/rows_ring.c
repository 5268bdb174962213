// SPDX-License-Identifier: GPL-2.0-only
/* Row 11: ring buffers, filled by programs and drained by user space. */
#include "bench.h"

#define RING_SIZE	(1U << 20)

/* Nobody waits: what waking costs is in the row of the event stream. */
#define NO_WAKEUP 1

static void build_reserve(struct code *c, const struct micro *m, bool base)
{
	uint32_t loop = code_begin(c);

	if (!base)
		PUT(c, LDMAP(R1, 1), MOV(R2, m->arg), MOV(R3, 0), CALL(FN_ringbuf_reserve),
		    JMP(JEQ, R0, 0, 4), STX(DW, R0, 0, R6), MOVR(R1, R0), MOV(R2, NO_WAKEUP),
		    CALL(FN_ringbuf_submit));
	code_end(c, loop, LOOPS);
}

static void build_output(struct code *c, const struct micro *m, bool base)
{
	uint32_t loop;
	int at;

	for (at = 8; at < m->arg; at += 8)
		PUT(c, ST(DW, R10, -(int)m->arg + at, at));
	loop = code_begin(c);
	PUT(c, STX(DW, R10, -(int)m->arg, R6));
	if (!base)
		PUT(c, LDMAP(R1, 1), MOVR(R2, R10), ALU64(ADD, R2, -m->arg), MOV(R3, m->arg),
		    MOV(R4, NO_WAKEUP), CALL(FN_ringbuf_output), ALU64R(ADD, R7, R0));
	code_end(c, loop, LOOPS);
}

static void drain(enum side side, const int *fds, const struct micro *m)
{
	struct ring ring;

	if (ring_map(&ring, fds[1], RING_SIZE))
		return;
	ring_drain(&ring, NULL);
	ring_unmap(&ring);
}

/* How many records the last run left, and what they say. */
static uint64_t digest(enum side side, const int *fds)
{
	uint64_t sum = 0xcbf29ce484222325;
	struct ring ring;

	if (ring_map(&ring, fds[1], RING_SIZE))
		return side + 1;
	sum = ring_drain(&ring, &sum) * 0x9e3779b97f4a7c15 + sum;
	ring_unmap(&ring);
	return sum;
}

#define RING { BPF_MAP_TYPE_RINGBUF, 0, 0, RING_SIZE, 0 }

void row_ring(const char *row)
{
	MICRO(.row = row, .what = "ring buffer reserve + submit, 8 bytes", .build = build_reserve,
	      .arg = 8, .before = drain, .digest = digest, .maps = { RING },
	      .target = { 4, 4, 4 });
	MICRO(.row = row, .what = "ring buffer output, 8 bytes", .build = build_output,
	      .arg = 8, .before = drain, .digest = digest, .maps = { RING },
	      .target = { 4, 4, 4 });
	MICRO(.row = row, .what = "ring buffer output, 64 bytes", .build = build_output,
	      .arg = 64, .before = drain, .digest = digest, .maps = { RING },
	      .target = { 4, 4, 4 });
}
