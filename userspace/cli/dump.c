// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf prog dump: a program's instructions, BPF's and the machine's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "dump.h"

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

static int write_file(const char *path, const void *data, uint32_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		return usage_error("cannot write %s: %s", path, strerror(errno));
	return 0;
}

/* Info of the program with room for what @info asks for; 0 or 1, and a message. */
static int get_info(int fd, struct minibpf_prog_info *info)
{
	uint32_t len = sizeof(*info);
	int ret = minibpf_get_info(fd, info, &len);

	return ret ? fail(ret, "cannot get information of the program") : 0;
}

static int no_permission(void)
{
	return usage_error("the instructions are not shown: it takes CAP_PERFMON and no lockdown");
}

static int get_xlated(int fd, struct dump *d)
{
	struct minibpf_prog_info info = { .type = 0 };

	if (get_info(fd, &info))
		return 1;
	if (!info.xlated_prog_len)
		return no_permission();
	d->nr_insns = info.xlated_prog_len / 8;
	d->insns = calloc(d->nr_insns, 8);
	if (!d->insns)
		return fail(-ENOMEM, "dump");
	memset(&info, 0, sizeof(info));
	info.xlated_prog_insns = (uintptr_t)d->insns;
	info.xlated_prog_len = d->nr_insns * 8;
	if (get_info(fd, &info))
		return 1;
	/* not there means not allowed to see it */
	return info.xlated_prog_insns ? 0 : no_permission();
}

static int get_jited(int fd, struct dump *d)
{
	struct minibpf_prog_info info = { .type = 0 };

	if (get_info(fd, &info))
		return 1;
	if (!info.jited_prog_len)
		return usage_error("the program is not jited: the interpreter runs it");
	d->len = info.jited_prog_len;
	d->code = calloc(1, d->len);
	d->nr_lines = info.nr_jited_line_info;
	d->lines = calloc(d->nr_lines + 1, sizeof(*d->lines));
	if (!d->code || !d->lines)
		return fail(-ENOMEM, "dump");
	memset(&info, 0, sizeof(info));
	info.jited_prog_insns = (uintptr_t)d->code;
	info.jited_prog_len = d->len;
	info.jited_ksyms = (uintptr_t)d->addrs;
	info.jited_func_lens = (uintptr_t)d->lens;
	info.nr_jited_ksyms = info.nr_jited_func_lens = DUMP_MAX_FUNCS;
	info.jited_line_info = (uintptr_t)d->lines;
	info.nr_jited_line_info = d->nr_lines;
	if (get_info(fd, &info))
		return 1;
	/* Lines of source are something else. */
	if (!info.jited_line_info || info.nr_line_info || d->nr_lines != d->nr_insns)
		d->nr_lines = 0;
	d->nr = info.nr_jited_func_lens < DUMP_MAX_FUNCS ? info.nr_jited_func_lens : DUMP_MAX_FUNCS;
	if (!d->nr || info.nr_jited_ksyms != info.nr_jited_func_lens) {
		d->nr = 1;
		d->lens[0] = d->len;
	}
	return info.jited_prog_insns ? 0 : no_permission();
}

int do_prog_dump(struct args *args)
{
	static struct dump d;
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
	ret = ret || args_end(args) || get_xlated(fd, &d) || (jited && get_jited(fd, &d));
	close(fd);
	if (!ret && file)
		ret = write_file(file, jited ? d.code : d.insns, jited ? d.len : d.nr_insns * 8);
	else if (!ret && jited)
		dump_jited(&d);
	else if (!ret)
		dump_xlated(d.insns, d.nr_insns, opcodes);
	free(d.insns);
	free(d.code);
	free(d.lines);
	return ret;
}
