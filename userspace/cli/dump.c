// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf prog dump: a program's instructions, BPF's and the machine's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define MAX_FUNCS 256

#if defined(__riscv)
#define TRIPLE "riscv64 -mattr=+m,+a,+f,+d,+c,+zba,+zbb"
#else
#define TRIPLE "x86_64"
#endif

static void print_opcodes(const uint8_t *insn, int slots)
{
	int i;

	printf("\n      ");
	for (i = 0; i < slots * 8; i++)
		printf(" %02x", insn[i]);
}

static void dump_xlated(const uint8_t *insns, uint32_t nr, bool opcodes)
{
	char text[256];
	uint32_t i;
	int slots;

	if (out_json)
		json_open(NULL, '[');
	for (i = 0; i < nr; i += slots) {
		const uint8_t *insn = insns + (size_t)i * 8;

		slots = minibpf_disasm(insn, nr - i, text, sizeof(text));
		if (slots < 0)
			break;
		if (out_json) {
			json_open(NULL, '{');
			json_text("disasm", text);
			if (opcodes)
				json_bytes("opcodes", insn, slots * 8);
			json_close('}');
			continue;
		}
		printf("%4u: (%02x) %s", i, insn[0], text);
		if (opcodes)
			print_opcodes(insn, slots);
		putchar('\n');
	}
	if (out_json) {
		json_close(']');
		json_finish();
	}
}

/* RISC-V's say how long they are; of others a line has 16 bytes. */
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

static void dump_bytes(const uint8_t *code, uint32_t len)
{
	uint32_t at, n, i;

	for (at = 0; at < len; at += n) {
		n = line_length(code + at, len - at);
		printf("%6x:", at);
		for (i = 0; i < n; i++)
			printf(" %02x", code[at + i]);
		putchar('\n');
	}
}

/* Through llvm-mc, if it is here; false if not. */
static bool dump_assembler(const uint8_t *code, uint32_t len)
{
	char path[] = "/tmp/minibpf.XXXXXX", command[256], line[512];
	FILE *f, *p;
	uint32_t i;
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
	while (p && fgets(line, sizeof(line), p))
		if (!strstr(line, "\t.text"))
			fputs(line, stdout);
	ret = p ? pclose(p) : -1;
	unlink(path);
	return !ret;
}

static void dump_jited(const uint8_t *code, uint32_t len, const uint64_t *addrs,
		       const uint32_t *lens, uint32_t nr)
{
	uint32_t i, n, at = 0;

	if (out_json)
		json_open(NULL, '[');
	for (i = 0; i < nr && at < len; i++, at += n) {
		n = lens[i] < len - at ? lens[i] : len - at;
		if (out_json) {
			json_open(NULL, '{');
			json_number("address", addrs[i]);
			json_bytes("code", code + at, n);
			json_close('}');
			continue;
		}
		printf("function %u at 0x%llx, %u bytes:\n", i, (unsigned long long)addrs[i], n);
		if (!dump_assembler(code + at, n))
			dump_bytes(code + at, n);
	}
	if (out_json) {
		json_close(']');
		json_finish();
	}
}

static int write_file(const char *path, const void *data, uint32_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		return usage_error("cannot write %s: %s", path, strerror(errno));
	return 0;
}

/**
 * struct dump - a program as the system gives it
 * @bytes: @len bytes of the kind asked for; from malloc()
 * @addrs: of @nr functions, for machine code
 * @lens: of these
 */
struct dump {
	uint8_t *bytes;
	uint32_t len;
	uint64_t addrs[MAX_FUNCS];
	uint32_t lens[MAX_FUNCS];
	uint32_t nr;
};

static int get(int fd, bool jited, struct dump *d)
{
	struct minibpf_prog_info info;
	uint32_t len = sizeof(info);
	int ret;

	memset(&info, 0, sizeof(info));
	ret = minibpf_get_info(fd, &info, &len);
	if (ret)
		return fail(ret, "cannot get information of the program");
	d->len = jited ? info.jited_prog_len : info.xlated_prog_len;
	if (!d->len)
		return usage_error(jited ? "the program is not jited: the interpreter runs it" :
				   "the instructions are not shown: it takes CAP_PERFMON and no lockdown");
	d->bytes = calloc(1, d->len);
	if (!d->bytes)
		return fail(-ENOMEM, "dump");
	memset(&info, 0, sizeof(info));
	if (jited) {
		info.jited_prog_insns = (uintptr_t)d->bytes;
		info.jited_prog_len = d->len;
		info.jited_ksyms = (uintptr_t)d->addrs;
		info.jited_func_lens = (uintptr_t)d->lens;
		info.nr_jited_ksyms = info.nr_jited_func_lens = MAX_FUNCS;
	} else {
		info.xlated_prog_insns = (uintptr_t)d->bytes;
		info.xlated_prog_len = d->len;
	}
	len = sizeof(info);
	ret = minibpf_get_info(fd, &info, &len);
	if (ret)
		return fail(ret, "cannot get the instructions of the program");
	d->nr = info.nr_jited_func_lens < MAX_FUNCS ? info.nr_jited_func_lens : MAX_FUNCS;
	if (!d->nr || info.nr_jited_ksyms != info.nr_jited_func_lens) {
		d->nr = 1;
		d->lens[0] = d->len;
	}
	/* not there means not allowed to see it */
	if (jited ? !info.jited_prog_insns : !info.xlated_prog_insns)
		return usage_error("the instructions are not shown: it takes CAP_PERFMON and no lockdown");
	return 0;
}

int do_prog_dump(struct args *args)
{
	struct dump d = { .nr = 0 };
	const char *file = NULL;
	bool jited, opcodes;
	int fd, ret;

	jited = args_take(args, "jited");
	if (!jited && !args_take(args, "xlated"))
		return usage_error("dump 'xlated' or 'jited'?");
	fd = args_object(args, MINIBPF_PROG);
	if (fd < 0)
		return 1;
	ret = args_take(args, "file") && args_word(args, "the file", &file);
	opcodes = args_take(args, "opcodes");
	ret = ret || args_end(args) || get(fd, jited, &d);
	close(fd);
	if (!ret && file)
		ret = write_file(file, d.bytes, d.len);
	else if (!ret && jited)
		dump_jited(d.bytes, d.len, d.addrs, d.lens, d.nr);
	else if (!ret)
		dump_xlated(d.bytes, d.len / 8, opcodes);
	free(d.bytes);
	return ret;
}
