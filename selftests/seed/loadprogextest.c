// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seed's test of loading and attaching: each open() prints every register.
 *
 * usage: loadprogextest [context.bpf.o]
 */
#include "common.h"

#if defined(__riscv)
#define NR_REGISTERS 32
#else
#define NR_REGISTERS 21
#endif

#define ROUNDS 2

int main(int argc, char **argv)
{
	static const char *const words[] = {
		"kprobe triggered", "addr = 0x", "cpu id: ", "registers:", " = 0x",
	};
	int counts[5], fd, ret, trace, i;
	uint32_t size, *elf;

	(void)argc;
	elf = read_object(argv, "context.bpf.o", &size);
	printf("ELF content: %x %x %x %x\n", elf[0], elf[1], elf[2], elf[3]);
	fd = load_object(elf, size, NULL, 0, "context");
	CHECK_OK(fd);
	printf("load ex: %x\n", fd);
	printf("target: %s len: %zu\n", TARGET, strlen(TARGET));
	trace = trace_start();
	ret = minibpf_prog_attach(TARGET, strlen(TARGET), fd);
	printf("attach: %d\n", ret);
	CHECK_OK(ret);
	for (i = 0; i < ROUNDS; i++)
		open_a_file();
	CHECK_OK(minibpf_prog_detach(fd));
	open_a_file();	/* nobody sees this one */
	trace_show(trace, words, counts, 5);
	for (i = 0; i < 4; i++)
		CHECK(counts[i] == ROUNDS);
	/* the address is printed like a register */
	CHECK(counts[4] == ROUNDS * (NR_REGISTERS + 1));
	printf("loadprogextest PASSED\n");
	return 0;
}
