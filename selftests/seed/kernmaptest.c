// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seed's test of a map shared with a program: each open() counts in it.
 *
 * usage: kernmaptest [map.bpf.o]
 */
#include <errno.h>

#include "common.h"

#define MAX_ENTRIES 256

static int map_with(int key0, int key1)
{
	int fd, key = 0;

	fd = minibpf_create_map(MINIBPF_MAP_TYPE_ARRAY, sizeof(int), sizeof(int), MAX_ENTRIES);
	CHECK_OK(fd);
	CHECK_OK(minibpf_update_elem(fd, &key, &key0, MINIBPF_ANY));
	key = 1;
	CHECK_OK(minibpf_update_elem(fd, &key, &key1, MINIBPF_ANY));
	return fd;
}

static void expect(int map, int wanted)
{
	int key = 0, value;

	CHECK_OK(minibpf_lookup_elem(map, &key, &value));
	printf("key 0: %d\n", value);
	CHECK(value == wanted);
}

int main(int argc, char **argv)
{
	static const char *const words[] = {
		"map program triggered", "inc value from 12345 to 12346",
		"inc value from 12346 to 12347",
	};
	struct minibpf_map_fd_entry entry = { .name = (uintptr_t)"map_fd" };
	int map, prog, trace, counts[3], ret;
	uint32_t size;
	void *elf;

	(void)argc;
	map = map_with(12345, getpid());	/* counts this process alone */
	elf = read_object(argv, "map.bpf.o", &size);
	CHECK(minibpf_prog_load_ex(elf, size, NULL, 0) == -ENOENT);
	entry.fd = map;
	prog = load_object(elf, size, &entry, 1, NULL);
	CHECK_OK(prog);
	printf("load ex: %x\n", prog);
	trace = trace_start();
	ret = minibpf_prog_attach(TARGET, strlen(TARGET), prog);
	printf("attach: %d\n", ret);
	CHECK_OK(ret);
	CHECK(minibpf_prog_attach(TARGET, strlen(TARGET), prog) == -EAGAIN);
	expect(map, 12345);
	open_a_file();
	expect(map, 12346);
	open_a_file();
	expect(map, 12347);
	printf("detach\n");
	CHECK_OK(minibpf_prog_detach(prog));
	CHECK(minibpf_prog_detach(prog) == -ENOENT);
	open_a_file();
	expect(map, 12347);
	trace_show(trace, words, counts, 3);
	CHECK(counts[0] == 2 && counts[1] == 1 && counts[2] == 1);
	printf("kernmaptest PASSED\n");
	return 0;
}
