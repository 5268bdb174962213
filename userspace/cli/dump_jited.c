// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * minibpf prog dump jited: machine code, each BPF instruction followed by what
 * became of it: as assembler where llvm-mc is at hand, else as bytes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "dump.h"

#if defined(__riscv)
#define TRIPLE "riscv64 -mattr=+m,+a,+f,+d,+c,+zba,+zbb,+zbs"
#else
#define TRIPLE "x86_64 --output-asm-variant=1"
#endif

/**
 * struct place - how far the output of a function is
 * @d: the program
 * @start: address of the function
 * @line: next instruction whose text is to be printed
 */
struct place {
	const struct dump *d;
	uint64_t start;
	uint32_t line;
};

/* The BPF instructions whose code begins @at bytes into the function, or before. */
static void print_lines(struct place *place, uint32_t at)
{
	const struct dump *d = place->d;
	char text[256];
	int slots;

	for (; place->line < d->nr_lines && place->line < d->nr_insns; place->line += slots) {
		const uint8_t *insn = d->insns + (size_t)place->line * 8;

		if (d->lines[place->line] > place->start + at)
			break;
		slots = minibpf_disasm(insn, d->nr_insns - place->line, text, sizeof(text));
		if (slots < 0)
			return;
		printf("; %4u: (%02x) %s\n", place->line, insn[0], text);
	}
}

/* Bytes to the next BPF instruction's code, or @len. */
static uint32_t to_next_line(const struct place *place, uint32_t at, uint32_t len)
{
	const struct dump *d = place->d;
	uint64_t next;

	if (place->line >= d->nr_lines)
		return len;
	next = d->lines[place->line] - (place->start + at);
	return next && next < len ? next : len;
}

/* RISC-V's say how long they are; of others a line has at most 16 bytes. */
static uint32_t line_length(const uint8_t *code, uint32_t len)
{
	uint32_t n = 16;

#if defined(__riscv)
	n = (code[0] & 3) == 3 ? 4 : 2;
#else
	(void)code;
#endif
	return n < len ? n : len;
}

static void dump_bytes(struct place *place, const uint8_t *code, uint32_t len)
{
	uint32_t at, n, i;

	for (at = 0; at < len; at += n) {
		print_lines(place, at);
		n = line_length(code + at, to_next_line(place, at, len - at));
		printf("%6x:", at);
		for (i = 0; i < n; i++)
			printf(" %02x", code[at + i]);
		putchar('\n');
	}
}

/* llvm-mc ends a line with "encoding: [0x90,0x90]". */
static uint32_t encoded_bytes(const char *line)
{
	const char *p = strstr(line, "encoding: [");
	uint32_t n;

	if (!p)
		return 0;
	for (n = 1; *p && *p != ']'; p++)
		n += *p == ',';
	return n;
}

/* Prints @line without the encoding, which was for counting. */
static void print_assembler(char *line, uint32_t at)
{
	char *end = strpbrk(line, "#");

	if (end)
		*end = 0;
	printf("%6x:", at);
	fputs(line, stdout);
	putchar('\n');
}

/* Through llvm-mc, if it is here; false if not. */
static bool dump_assembler(struct place *place, const uint8_t *code, uint32_t len)
{
	char path[] = "/tmp/minibpf.XXXXXX", command[256], line[512];
	uint32_t i, n, at = 0;
	FILE *f, *p;
	int fd, ret;

	if (system("llvm-mc --version >/dev/null 2>&1"))
		return false;
	fd = mkstemp(path);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return false;
	for (i = 0; i < len; i++)
		fprintf(f, "0x%02x%c", code[i], i % 16 == 15 ? '\n' : ' ');
	fclose(f);
	snprintf(command, sizeof(command),
		 "llvm-mc --disassemble --triple=" TRIPLE " --show-encoding %s 2>/dev/null", path);
	p = popen(command, "r");
	while (p && fgets(line, sizeof(line), p)) {
		n = encoded_bytes(line);
		if (!n)
			continue;
		print_lines(place, at);
		print_assembler(line, at);
		at += n;
	}
	ret = p ? pclose(p) : -1;
	unlink(path);
	return !ret;
}

void dump_jited(const struct dump *d)
{
	struct place place = { .d = d };
	uint32_t i, n, at = d->len;

	/* What comes before the first function leads to it. */
	for (i = 0; i < d->nr; i++)
		at -= d->lens[i] < at ? d->lens[i] : at;
	if (out_json)
		json_open(NULL, '[');
	for (i = 0; i < d->nr && at < d->len; i++, at += n) {
		n = d->lens[i] < d->len - at ? d->lens[i] : d->len - at;
		if (out_json) {
			json_open(NULL, '{');
			json_number("address", d->addrs[i]);
			json_bytes("code", d->code + at, n);
			json_close('}');
			continue;
		}
		printf("function %u at 0x%llx, %u bytes:\n", i, (unsigned long long)d->addrs[i], n);
		place.start = d->addrs[i];
		if (!dump_assembler(&place, d->code + at, n))
			dump_bytes(&place, d->code + at, n);
	}
	if (out_json) {
		json_close(']');
		json_finish();
	}
}
