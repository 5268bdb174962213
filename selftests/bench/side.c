// SPDX-License-Identifier: GPL-2.0-only
/* What both sides do alike: programs put together, maps, loading, running. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

const char * const side_names[NR_SIDES] = { "in-tree", "minibpf" };

int side_syscall(int cmd, union bpf_attr *attr)
{
	int ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

void settle(int ms)
{
	if (!options.quick)
		nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

void code_put(struct code *c, const struct row_insn *insns, uint32_t nr)
{
	if (c->nr + nr > MAX_CODE)
		abort();
	memcpy(c->insn + c->nr, insns, nr * sizeof(*insns));
	c->nr += nr;
}

uint32_t code_begin(struct code *c)
{
	PUT(c, LDVALUE(R8, 0, 0), LDX(DW, R7, R8, 8), MOV(R6, 0));
	return c->nr;
}

void code_end(struct code *c, uint32_t loop, uint32_t count)
{
	PUT(c, ALU64(ADD, R6, 1));
	PUT(c, JMP(JLT, R6, count, (int)(loop - c->nr - 1)));
	PUT(c, STX(DW, R8, 0, R7), MOVR(R0, R7), EXIT);
}

int map_create(enum side side, const struct map_spec *spec)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = spec->type;
	attr.key_size = spec->key_size;
	attr.value_size = spec->value_size;
	attr.max_entries = spec->max_entries;
	attr.map_flags = spec->flags;
	return side_call(side, BPF_MAP_CREATE, &attr);
}

int map_elem(enum side side, int cmd, int fd, const void *key, const void *value, uint64_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = ADDRESS(key);
	attr.value = ADDRESS(value);
	attr.flags = flags;
	return side_call(side, cmd, &attr);
}

int map_update(enum side side, int fd, const void *key, const void *value, uint64_t flags)
{
	return map_elem(side, BPF_MAP_UPDATE_ELEM, fd, key, value, flags);
}

int map_lookup(enum side side, int fd, const void *key, void *value)
{
	return map_elem(side, BPF_MAP_LOOKUP_ELEM, fd, key, value, 0);
}

/* Types of a program all of whose functions are "static long f(long, void *)". */
static int load_types(void)
{
	static const char strings[] = "\0f\0p\0q\0long";
	static struct {
		struct { uint16_t magic; uint8_t version, flags; uint32_t len, off[4]; } head;
		uint32_t integer[4], pointer[3], proto[3 + 4], function[3];
		char text[sizeof(strings)];
	} types = {
		.head = { 0xeb9f, 1, 0, 24,
			  { 0, 17 * 4, 17 * 4, sizeof(strings) } },
		.integer = { 7, 1 << 24, 8, 1 << 24 | 64 },
		.pointer = { 0, 2 << 24, 0 },
		.proto = { 0, 13 << 24 | 2, 1, 3, 1, 5, 2 },
		.function = { 1, 12 << 24, 3 },
	};
	union bpf_attr attr;

	memcpy(types.text, strings, sizeof(strings));
	memset(&attr, 0, sizeof(attr));
	attr.btf = ADDRESS(&types);
	attr.btf_size = sizeof(types.head) + 17 * 4 + sizeof(strings);
	return side_call(INTREE, BPF_BTF_LOAD, &attr);
}

/* In-tree wants the types of functions that helpers call. Returns a descriptor or -errno. */
static int add_types(union bpf_attr *attr, const struct row_insn *insns, uint32_t nr,
		     uint32_t infos[][2])
{
	uint32_t i, n = 0;
	bool wanted = false;

	infos[n][0] = 0;
	infos[n++][1] = 4;
	for (i = 0; i < nr; i++) {
		if (insns[i].code != 0x18 || insns[i].src != 4)
			continue;
		wanted = true;
		infos[n][0] = i + 1 + insns[i].imm;
		infos[n++][1] = 4;
	}
	if (!wanted)
		return 0;
	attr->prog_btf_fd = load_types();
	attr->func_info = ADDRESS(infos);
	attr->func_info_cnt = n;
	attr->func_info_rec_size = 8;
	return attr->prog_btf_fd;
}

int prog_load(enum side side, uint32_t type, const struct row_insn *insns, uint32_t nr,
	      const int *maps)
{
	struct row_insn *copy = malloc(nr * sizeof(*copy));
	uint32_t i, infos[4][2];
	union bpf_attr attr;
	int fd, types = 0;

	memcpy(copy, insns, nr * sizeof(*copy));
	for (i = 0; i < nr; i++) {
		if (copy[i].code != 0x18)
			continue;
		if (maps && (copy[i].src == 1 || copy[i].src == 2))
			copy[i].imm = maps[copy[i].imm];
		i++;
	}
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = ADDRESS(copy);
	attr.insn_cnt = nr;
	attr.license = ADDRESS("GPL");
	if (side == INTREE)
		types = add_types(&attr, insns, nr, infos);
	fd = types < 0 ? types : side_call(side, BPF_PROG_LOAD, &attr);
	if (types > 0)
		close(types);
	free(copy);
	return fd;
}

double prog_run(enum side side, int fd, uint32_t repeat, uint32_t *retval)
{
	static const uint8_t packet[64];
	union bpf_attr attr;
	double start;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.repeat = repeat;
	if (side == INTREE) {	/* a socket filter runs on a packet there */
		attr.test.data_in = ADDRESS(packet);
		attr.test.data_size_in = sizeof(packet);
	}
	start = now();
	err = side_call(side, BPF_PROG_TEST_RUN, &attr);
	if (err)
		return err;
	if (retval)
		*retval = attr.test.retval;
	return now() - start;
}
