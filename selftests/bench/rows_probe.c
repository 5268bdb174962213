// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows 12 and 13: what a probe adds to each call of the probed function, which
 * is getppid(2)'s. Only one program is attached at any time.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include <minibpf.h>

#include "bench.h"

#define CALLS 2000

/* How a program is attached. */
enum way { WAY_PROBE, WAY_FENTRY, WAY_FEXIT, WAY_MULTI };

/**
 * struct probe - a line: the same program on both sides
 * @what: name of the line
 * @row: number of the row
 * @target: where the device attaches
 * @intree: where in-tree does, if elsewhere
 * @note: why elsewhere
 * @way: in-tree's
 * @at_return: of the function
 * @counts: the program counts its runs in an array; else it is empty
 * @aim: see struct result
 */
struct probe {
	const char *what, *row, *target, *intree, *note;
	enum way way;
	bool at_return, counts;
	double aim[NR_MACHINES];
};

static const struct map_spec counter_spec = { BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0 };

double getppid_cost(uint32_t calls)
{
	double start = now();
	uint32_t i;

	for (i = 0; i < calls; i++)
		syscall(SYS_getppid);
	return (now() - start) / calls;
}

static void build(struct code *c, const struct probe *p)
{
	c->nr = 0;
	if (p->counts)
		PUT(c, ST(W, R10, -4, 0), LDMAP(R1, 0), MOVR(R2, R10), ALU64(ADD, R2, -4),
		    CALL(FN_map_lookup_elem), JMP(JEQ, R0, 0, 3), LDX(DW, R1, R0, 0),
		    ALU64(ADD, R1, 1), STX(DW, R0, 0, R1));
	PUT(c, MOV(R0, 0), EXIT);
}

/* In-tree's fentry and fexit: types of programs of their own. */
static int load_tracing(const struct code *c, const int *map, enum way way)
{
	struct row_insn copy[32];
	union bpf_attr attr;
	uint32_t i;
	int id = function_type(PROBED_TYPED);

	if (id < 0)
		return id;
	memcpy(copy, c->insn, c->nr * sizeof(*copy));
	for (i = 0; i < c->nr; i++)
		if (copy[i].code == 0x18)
			copy[i++].imm = *map;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = way == WAY_FENTRY ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT;
	attr.attach_btf_id = id;
	attr.insns = ADDRESS(copy);
	attr.insn_cnt = c->nr;
	attr.license = ADDRESS("GPL");
	return side_call(INTREE, BPF_PROG_LOAD, &attr);
}

static int load_multi(const struct code *c, const int *map)
{
	struct row_insn copy[32];
	union bpf_attr attr;
	uint32_t i;

	memcpy(copy, c->insn, c->nr * sizeof(*copy));
	for (i = 0; i < c->nr; i++)
		if (copy[i].code == 0x18)
			copy[i++].imm = *map;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_KPROBE;
	attr.expected_attach_type = BPF_TRACE_KPROBE_MULTI;
	attr.insns = ADDRESS(copy);
	attr.insn_cnt = c->nr;
	attr.license = ADDRESS("GPL");
	return side_call(INTREE, BPF_PROG_LOAD, &attr);
}

static int load(enum side side, const struct code *c, const int *map, enum way way)
{
	if (side == INTREE && (way == WAY_FENTRY || way == WAY_FEXIT))
		return load_tracing(c, map, way);
	if (side == INTREE && way == WAY_MULTI)
		return load_multi(c, map);
	return prog_load(side, BPF_PROG_TYPE_KPROBE, c->insn, c->nr, map);
}

/**
 * struct attached - a program at its place
 * @link: by libminibpf, or NULL
 * @fd: else a descriptor
 */
struct attached {
	struct minibpf_link *link;
	int fd;
};

static int attach(enum side side, const struct probe *p, int prog, struct attached *a)
{
	const char *target = side == INTREE && p->intree ? p->intree : p->target;
	uint64_t symbol = ADDRESS(target);
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(a, 0, sizeof(*a));
	if (side == DEVICE || p->way == WAY_PROBE) {
		int flags = p->at_return ? MINIBPF_RETURN : 0, err;

		side_use(side);
		err = minibpf_link_kprobe(prog, &target, 1, flags, &a->link);
		if (err != -EILSEQ)
			return err;
		target = PROBED_INSIDE2;
		return minibpf_link_kprobe(prog, &target, 1, flags, &a->link);
	}
	if (p->way == WAY_MULTI) {
		attr.link_create.prog_fd = prog;
		attr.link_create.attach_type = BPF_TRACE_KPROBE_MULTI;
		attr.link_create.kprobe_multi.flags = p->at_return ? BPF_F_KPROBE_MULTI_RETURN : 0;
		attr.link_create.kprobe_multi.cnt = 1;
		attr.link_create.kprobe_multi.syms = ADDRESS(&symbol);
		a->fd = side_call(INTREE, BPF_LINK_CREATE, &attr);
	} else {
		attr.raw_tracepoint.prog_fd = prog;
		a->fd = side_call(INTREE, BPF_RAW_TRACEPOINT_OPEN, &attr);
	}
	return a->fd < 0 ? a->fd : 0;
}

static void detach(struct attached *a)
{
	if (a->link)
		minibpf_link_close(a->link);
	else
		close(a->fd);
}

const char *strategy_name(const struct minibpf_link *link)
{
	static const char * const names[] = {
		"none", "direct trampoline", "ftrace_ops", "kprobe", "kretprobe", "return trampoline",
	};
	struct minibpf_link_info info = {};
	uint32_t len = sizeof(info);

	side_use(DEVICE);
	if (minibpf_get_info(minibpf_link_fd(link), &info, &len) || info.strategy >= NR(names))
		return "";
	return names[info.strategy];
}

static int measure(enum side side, const struct probe *p, int prog, double *best, char *note)
{
	struct attached a;
	double t;
	int err;

	err = attach(side, p, prog, &a);
	if (err)
		return err;
	/* Probes become faster some time after they were armed. */
	settle(300);
	t = getppid_cost(times(CALLS));
	if (side == DEVICE && !*note)
		snprintf(note, 96, "%s%s%s", strategy_name(a.link), p->note ? "; " : "", p->note ?: "");
	detach(&a);
	settle(100);
	*best = t < *best ? t : *best;
	return 0;
}

/* Attaches, measures and detaches one side after the other, bare in between. */
static void measure_all(const struct probe *p, const int *progs, struct result *r)
{
	double bare = INFINITY, best[NR_SIDES] = { INFINITY, INFINITY }, t;
	unsigned int round, side;
	int err;

	for (round = 0; round < (options.quick ? 1 : 3); round++) {
		t = getppid_cost(times(CALLS));
		bare = t < bare ? t : bare;
		for (side = 0; side < NR_SIDES; side++) {
			if (progs[side] < 0)
				continue;
			err = measure(side, p, progs[side], &best[side], r->note);
			if (err)
				result_why(r, side, "attach", err);
		}
	}
	for (side = 0; side < NR_SIDES; side++)
		if (isfinite(best[side]))
			r->value[side] = best[side] - bare;
}

static void probe_run(const struct probe *p)
{
	uint64_t counts[NR_SIDES] = {};
	int maps[NR_SIDES], progs[NR_SIDES];
	static struct code c;
	struct result r;
	unsigned int side;
	uint32_t key = 0;

	result_init(&r, p->row, p->what, "insns/hit");
	r.target = target_for(p->aim);
	build(&c, p);
	for (side = 0; side < NR_SIDES; side++) {
		maps[side] = map_create(side, &counter_spec);
		progs[side] = load(side, &c, &maps[side], p->way);
		if (progs[side] < 0)
			result_why(&r, side, "load", progs[side]);
	}
	measure_all(p, progs, &r);
	for (side = 0; side < NR_SIDES; side++) {
		map_lookup(side, maps[side], &key, &counts[side]);
		close(maps[side]);
		if (progs[side] >= 0)
			close(progs[side]);
	}
	if (p->counts && isfinite(r.value[INTREE]) && isfinite(r.value[DEVICE]))
		r.same = counts[INTREE] && counts[INTREE] == counts[DEVICE];
	else if (p->counts && isfinite(r.value[DEVICE]) && !counts[DEVICE])
		r.same = 0;
	result_print(&r);
}

#ifdef __riscv
#define ENTRY_INTREE .intree = PROBED_INTREE, .note = "in-tree 8 bytes in: it cannot at the entry"
#else
#define ENTRY_INTREE .intree = NULL
#endif

void row_probe(const char *row)
{
	static const struct probe probes[] = {
		{ "inside a function, empty", "12", PROBED_INSIDE, .aim = { 2, 2, 2 } },
		{ "inside a function, counts", "12", PROBED_INSIDE, .counts = true, .aim = { 2, 2, 2 } },
		{ "entry, empty", "12", PROBED, ENTRY_INTREE, .aim = { 15, 15, 8 } },
		{ "entry, counts", "12", PROBED, ENTRY_INTREE, .counts = true,
		  .aim = { 15, 15, 8 } },
		{ "return, empty", "12", PROBED, .at_return = true, .aim = { 0, 0, 5 } },
		{ "return, counts", "12", PROBED, .at_return = true, .counts = true,
		  .aim = { 0, 0, 5 } },
		{ "entry, in-tree kprobe.multi, empty", "12", PROBED, .way = WAY_MULTI },
		{ "return, in-tree kprobe.multi, empty", "12", PROBED, .way = WAY_MULTI,
		  .at_return = true },
	};
	uint32_t i;

	for (i = 0; i < NR(probes); i++)
		probe_run(&probes[i]);
}

void row_fentry(const char *row)
{
	static const struct probe probes[] = {
		{ "entry, in-tree fentry, empty", "13", PROBED, .way = WAY_FENTRY,
		  .aim = { 3, 3, 3 } },
		{ "entry, in-tree fentry, counts", "13", PROBED, .way = WAY_FENTRY,
		  .counts = true, .aim = { 3, 3, 3 } },
		{ "return, in-tree fexit, empty", "13", PROBED, .way = WAY_FEXIT,
		  .at_return = true },
	};
	uint32_t i;

	for (i = 0; i < NR(probes); i++)
		probe_run(&probes[i]);
}
