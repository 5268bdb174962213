// SPDX-License-Identifier: GPL-2.0-only
/* Row 15: maps as user space uses them, one system call or ioctl per operation or batch. */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <minibpf.h>

#include "bench.h"

/* Elements that are there and asked for. */
#define ENTRIES (options.quick ? 64 : 1024)

static const struct map_spec hash = { BPF_MAP_TYPE_HASH, 4, 8, 1024, 0 };
static const struct map_spec array = { BPF_MAP_TYPE_ARRAY, 4, 8, 1024, 0 };

/* What an operation left behind, which must be the same on both sides. */
struct outcome {
	double cost;
	uint64_t sum;
};

/**
 * struct op - an operation on a map that is full
 * @what: name of the line
 * @spec: the map
 * @run: does it, @nr times in all; 0 or -errno
 * @target: see struct result
 */
struct op {
	const char *what;
	const struct map_spec *spec;
	int (*run)(enum side side, int fd, uint32_t nr, uint64_t *sum);
	double target[NR_MACHINES];
};

static int run_lookup(enum side side, int fd, uint32_t nr, uint64_t *sum)
{
	uint64_t value = 0;
	uint32_t i;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		err = map_lookup(side, fd, &i, &value);
		*sum += value;
	}
	return err;
}

static int run_update(enum side side, int fd, uint32_t nr, uint64_t *sum)
{
	uint64_t value;
	uint32_t i;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		value = i + 1;
		err = map_update(side, fd, &i, &value, BPF_ANY);
	}
	return err;
}

static int run_next_key(enum side side, int fd, uint32_t nr, uint64_t *sum)
{
	uint32_t key = 0, i;
	union bpf_attr attr;
	int err = 0;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.next_key = ADDRESS(&key);
	for (i = 0; i < nr && !err; i++) {
		err = side_call(side, BPF_MAP_GET_NEXT_KEY, &attr);
		attr.key = ADDRESS(&key);
		*sum += key;
	}
	return err;
}

static uint32_t keys[2048];
static uint64_t values[2048];

/* One call for all; the end is told by -ENOENT. */
static int batch(enum side side, int cmd, int fd, uint32_t *nr)
{
	union bpf_attr attr;
	uint64_t out = 0;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = fd;
	attr.batch.keys = ADDRESS(keys);
	attr.batch.values = ADDRESS(values);
	attr.batch.out_batch = ADDRESS(&out);
	attr.batch.count = *nr;
	err = side_call(side, cmd, &attr);
	*nr = attr.batch.count;
	return err == -ENOENT ? 0 : err;
}

static int sum_batch(enum side side, int cmd, int fd, uint64_t *sum)
{
	uint32_t nr = NR(keys), i;
	int err = batch(side, cmd, fd, &nr);

	for (i = 0; i < nr && !err; i++)
		*sum += keys[i] * 3 + values[i];
	return err;
}

static int run_lookup_batch(enum side side, int fd, uint32_t nr, uint64_t *sum)
{
	return sum_batch(side, BPF_MAP_LOOKUP_BATCH, fd, sum);
}

static int run_lookup_delete_batch(enum side side, int fd, uint32_t nr, uint64_t *sum)
{
	return sum_batch(side, BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, sum);
}

static int write_batch(enum side side, int cmd, int fd, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++) {
		keys[i] = i;
		values[i] = i + 7;
	}
	return batch(side, cmd, fd, &nr);
}

static int run_update_batch(enum side side, int fd, uint32_t nr, uint64_t *sum)
{
	return write_batch(side, BPF_MAP_UPDATE_BATCH, fd, nr);
}

static int run_delete_batch(enum side side, int fd, uint32_t nr, uint64_t *sum)
{
	return write_batch(side, BPF_MAP_DELETE_BATCH, fd, nr);
}

static int measure(enum side side, int fd, const struct op *op, struct outcome *o)
{
	struct map_spec spec = *op->spec;
	uint32_t nr = ENTRIES, i;
	double start, t;
	uint64_t zero = 0;
	size_t size = 0;
	uint8_t *dump;
	int err;

	o->sum = 0;
	for (i = 0; i < nr; i++)
		map_update(side, fd, &i, &zero, BPF_ANY);
	start = now();
	err = op->run(side, fd, nr, &o->sum);
	t = (now() - start) / nr;
	if (err)
		return err;
	o->cost = t < o->cost ? t : o->cost;
	dump = map_dump(side, fd, &spec, &size);
	for (i = 0; i < size; i++)
		o->sum = o->sum * 31 + dump[i];
	free(dump);
	return 0;
}

static void op_run(const char *row, const struct op *op)
{
	struct outcome o[NR_SIDES] = { { .cost = INFINITY }, { .cost = INFINITY } };
	unsigned int round, side;
	int fds[NR_SIDES], err;
	struct result r;

	result_init(&r, row, op->what, strstr(op->what, "batch") ? "insns/element" : "insns/call");
	r.target = target_for(op->target);
	for (side = 0; side < NR_SIDES; side++)
		fds[side] = map_create(side, op->spec);
	for (round = 0; round < rounds(); round++) {
		for (side = 0; side < NR_SIDES; side++) {
			err = measure(side, fds[side], op, &o[side]);
			if (err)
				result_why(&r, side, "call", err);
			else
				r.value[side] = o[side].cost;
		}
	}
	if (isfinite(r.value[INTREE]) && isfinite(r.value[DEVICE]))
		r.same = o[INTREE].sum == o[DEVICE].sum;
	for (side = 0; side < NR_SIDES; side++)
		close(fds[side]);
	result_print(&r);
}

#define CREATES 16

static void create_run(const char *row, const char *what, const struct map_spec *spec,
		       double target)
{
	unsigned int round, side, i;
	struct result r;

	result_init(&r, row, what, "insns/map");
	r.target = target;
	for (round = 0; round < rounds(); round++) {
		for (side = 0; side < NR_SIDES; side++) {
			double start = now(), t;

			for (i = 0; i < CREATES; i++)
				close(map_create(side, spec));
			t = (now() - start) / CREATES;
			if (!(t >= r.value[side]))
				r.value[side] = t;
			settle(50);
		}
	}
	result_print(&r);
}

static void call_getppid(int fd)
{
	getppid();
}

/* The module says at once that it does not know it. */
static void call_ioctl(int fd)
{
	ioctl(fd, _IO('?', 0));
}

static void call_bpf(int fd)
{
	union bpf_attr attr;

	side_syscall(-1, &attr);
}

static void call_eventfd(int fd)
{
	close(eventfd(0, 0));
}

/* What the kernel takes before and after anything that this row measures. */
static void floors_run(const char *row)
{
	static const struct {
		const char *what, *note;
		void (*call)(int fd);
		enum side side;
	} floors[] = {
		{ "getppid, for comparison", "no system call is cheaper", call_getppid, INTREE },
		{ "unknown command, for comparison", "bpf(2), unknown to it", call_bpf, INTREE },
		{ "unknown command, for comparison", "ioctl(2), unknown to the module",
		  call_ioctl, DEVICE },
		{ "eventfd and close, for comparison", "no descriptor without a file is cheaper",
		  call_eventfd, INTREE },
	};
	int fd = open(MINIBPF_DEVICE, O_RDWR | O_CLOEXEC), i;
	struct result r;
	uint32_t nr;
	double start;

	for (nr = 0; nr < NR(floors); nr++) {
		result_init(&r, row, floors[nr].what, "insns/call");
		floors[nr].call(fd);
		start = now();
		for (i = 0; i < 1000; i++)
			floors[nr].call(fd);
		r.value[floors[nr].side] = (now() - start) / 1000;
		snprintf(r.note, sizeof(r.note), "%s", floors[nr].note);
		result_print(&r);
	}
	close(fd);
}

void row_calls_user(const char *row)
{
	static const struct op ops[] = {
		{ "look up, hash", &hash, run_lookup, { 3.5, 3.5, 3.5 } },
		{ "update, hash", &hash, run_update, { 3.5, 3.5, 3.5 } },
		{ "next key, hash", &hash, run_next_key, { 3.5, 3.5, 3.5 } },
		{ "look up, array", &array, run_lookup, { 3.5, 3.5, 3.5 } },
		{ "update, array", &array, run_update, { 3.5, 3.5, 3.5 } },
		{ "look up batch, hash", &hash, run_lookup_batch, { 9, 9, 9 } },
		{ "look up batch, array", &array, run_lookup_batch, { 9, 9, 9 } },
		{ "look up and delete batch, hash", &hash, run_lookup_delete_batch, { 9, 9, 9 } },
		{ "update batch, hash", &hash, run_update_batch, { 9, 9, 9 } },
		{ "delete batch, hash", &hash, run_delete_batch, { 9, 9, 9 } },
	};
	uint32_t i;

	floors_run(row);
	for (i = 0; i < NR(ops); i++)
		op_run(row, &ops[i]);
	create_run(row, "create and close, hash of 1,024", &hash, 4);
	create_run(row, "create and close, array of 1,024", &array, 4);
}
