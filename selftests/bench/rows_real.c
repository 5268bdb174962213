// SPDX-License-Identifier: GPL-2.0-only
/*
 * Row P: three small programs end to end, as an added cost of each call of the
 * function that they watch, getppid(2)'s: system calls by process, latency as a
 * histogram, and a stream of events that user space reads.
 */
#include <unistd.h>

#include <minibpf.h>

#include "bench.h"

#define CALLS (options.quick ? 256 : 2048)

/* User space reads so often; each time all there is. */
#define DRAIN_EVERY 256
#define RING_SIZE (1U << 16)

/**
 * struct tool - one of the three, running
 * @obj: its object, or NULL
 * @links: what is attached
 * @fds: a map and a program if it has no object
 * @ring: of the event stream
 */
struct tool {
	struct minibpf_object *obj;
	struct minibpf_link *links[2];
	int fds[2];
	struct ring ring;
};

/**
 * struct tool_kind - which of the three
 * @what: name of the line
 * @path: the object; NULL: the event stream
 * @entry: program for the entry
 * @exit: program for the return, or NULL
 * @map: whose values, summed up, are the result
 */
struct tool_kind {
	const char *what, *path, *entry, *exit, *map;
	double target[NR_MACHINES];
};

static int link_to(struct minibpf_link **link, enum side side, int prog, bool at_return)
{
	const char *target = side == INTREE && !at_return ? PROBED_INTREE : PROBED;

	return minibpf_link_kprobe(prog, &target, 1, at_return ? MINIBPF_RETURN : 0, link);
}

static int link_program(struct tool *t, int i, enum side side, const char *name)
{
	struct minibpf_object_program program;
	int nr = minibpf_object_find_program(t->obj, name);

	if (nr < 0)
		return nr;
	minibpf_object_program(t->obj, nr, &program);
	return link_to(&t->links[i], side, program.fd, i);
}

static int start_object(struct tool *t, enum side side, const struct tool_kind *kind)
{
	int err = minibpf_object_open(kind->path, NULL, &t->obj);

	if (!err)
		err = minibpf_object_load(t->obj, NULL);
	if (!err && kind->exit)
		err = link_program(t, 1, side, kind->exit);
	if (!err)
		err = link_program(t, 0, side, kind->entry);
	return err;
}

/* Each call is an event of 16 bytes: who, and when. */
static int start_stream(struct tool *t, enum side side)
{
	static const struct row_insn insns[] = {
		LDMAP(R1, 0), MOV(R2, 16), MOV(R3, 0), CALL(FN_ringbuf_reserve), JMP(JEQ, R0, 0, 8),
		MOVR(R6, R0), CALL(FN_get_current_pid_tgid), STX(DW, R6, 0, R0),
		CALL(FN_ktime_get_ns), STX(DW, R6, 8, R0), MOVR(R1, R6), MOV(R2, 0), CALL(FN_ringbuf_submit),
		MOV(R0, 0), EXIT,
	};
	static const struct map_spec spec = { BPF_MAP_TYPE_RINGBUF, 0, 0, RING_SIZE, 0 };
	int err;

	t->fds[0] = map_create(side, &spec);
	if (t->fds[0] < 0)
		return t->fds[0];
	t->fds[1] = prog_load(side, BPF_PROG_TYPE_KPROBE, insns, NR(insns), t->fds);
	if (t->fds[1] < 0)
		return t->fds[1];
	err = ring_map(&t->ring, t->fds[0], RING_SIZE);
	return err ?: link_to(&t->links[0], side, t->fds[1], false);
}

static void stop(struct tool *t)
{
	int i;

	for (i = 0; i < 2; i++) {
		minibpf_link_close(t->links[i]);
		if (t->fds[i] >= 0)
			close(t->fds[i]);
	}
	if (t->ring.data)
		ring_unmap(&t->ring);
	minibpf_object_close(t->obj);
}

/* Sum of all the values of the tool's map, which have 8 bytes, for each CPU. */
static uint64_t sum_of(const struct tool *t, enum side side, const char *name)
{
	struct minibpf_object_map map;
	struct map_spec spec;
	uint64_t sum = 0, value;
	size_t size = 0, at, cpus, cpu;
	uint8_t *all;

	if (minibpf_object_map(t->obj, minibpf_object_find_map(t->obj, name), &map))
		return 0;
	spec = (struct map_spec){ map.opts.type, map.opts.key_size, map.opts.value_size,
				  map.opts.max_entries, 0 };
	cpus = spec.type == BPF_MAP_TYPE_PERCPU_ARRAY ? minibpf_nr_cpus() : 1;
	all = map_dump(side, map.fd, &spec, &size);
	for (at = 0; all && at < size; at += spec.key_size + 8 * cpus) {
		for (cpu = 0; cpu < cpus; cpu++) {
			memcpy(&value, all + at + spec.key_size + 8 * cpu, 8);
			sum += value;
		}
	}
	free(all);
	return sum;
}

static double run_stream(struct tool *t, uint32_t calls, uint64_t *got)
{
	double start = now();
	uint32_t i;

	for (i = 0; i < calls; i += DRAIN_EVERY) {
		getppid_cost(DRAIN_EVERY);
		*got += ring_drain(&t->ring, NULL);
	}
	return (now() - start) / calls;
}

/* The cost of a call with the tool running; @result: what the tool found. */
static int measure(enum side side, const struct tool_kind *kind, double *best, uint64_t *result)
{
	struct tool t = { .fds = { -1, -1 } };
	double cost = 0;
	int err;

	side_use(side);
	*result = 0;
	err = kind->path ? start_object(&t, side, kind) : start_stream(&t, side);
	if (!err) {
		settle(300);
		cost = kind->path ? getppid_cost(CALLS) : run_stream(&t, CALLS, result);
	}
	if (!err && kind->path)
		*result = sum_of(&t, side, kind->map);
	stop(&t);
	settle(100);
	if (!err && cost < *best)
		*best = cost;
	return err;
}

static void tool_run(const char *row, const struct tool_kind *kind)
{
	double bare = INFINITY, best[NR_SIDES] = { INFINITY, INFINITY }, t;
	unsigned int round, side;
	uint64_t results[NR_SIDES];
	struct result r;
	int err;

	result_init(&r, row, kind->what, "insns/event");
	r.target = target_for(kind->target);
	for (round = 0; round < (options.quick ? 1 : 3); round++) {
		t = getppid_cost(CALLS);
		bare = t < bare ? t : bare;
		for (side = 0; side < NR_SIDES; side++) {
			err = measure(side, kind, &best[side], &results[side]);
			if (err)
				result_why(&r, side, "start", err);
			else
				r.value[side] = best[side] - bare;
		}
	}
	for (side = 0; side < NR_SIDES; side++)
		if (isfinite(r.value[side]) && results[side] != CALLS)
			r.same = 0;
	if (r.same && isfinite(r.value[INTREE]) && isfinite(r.value[DEVICE]))
		r.same = 1;
	if (strcmp(PROBED_INTREE, PROBED))
		snprintf(r.note, sizeof(r.note), "in-tree probes 8 bytes behind the entry");
	result_print(&r);
}

void row_real(const char *row)
{
	static const struct tool_kind kinds[] = {
		{ "system calls by process", "/progs/syscount.bpf.o", "count_open", NULL,
		  "by_process", { 10, 10, 5 } },
		{ "latency as a histogram", "/progs/latency.bpf.o", "latency_entry",
		  "latency_exit", "slots", { 0, 0, 4 } },
		{ "stream of events", NULL, NULL, NULL, NULL, { 5, 5, 4 } },
	};
	uint32_t i;

	for (i = 0; i < NR(kinds); i++)
		tool_run(row, &kinds[i]);
}
