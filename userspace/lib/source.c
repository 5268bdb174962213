// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * Lines of source in what the verifier says of an object's program. PROG_LOAD
 * gets the instructions only, so it cannot quote any; the library has the object.
 */
#include "../../module/core/elf.h"
#include "../../module/core/log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define REJECTED "rejected at insn "

/* Whose log it is, and the last line that was quoted. */
struct quotes {
	struct minibpf_log *log;
	const struct mbpf_elf *elf;
	uint32_t prog;
	uint32_t last;
};

/* "NUMBER: (OPCODE) ...", as both verifiers write an instruction. */
static bool is_insn(const char *line, uint32_t *insn)
{
	char *end;

	if (!isdigit((unsigned char)*line))
		return false;
	*insn = strtoul(line, &end, 10);
	return !strncmp(end, ": (", 3) && isxdigit((unsigned char)end[3]) &&
	       isxdigit((unsigned char)end[4]) && end[5] == ')';
}

/* Puts the source of @insn in front of the text @at; returns where that is then. */
static char *quote(struct quotes *q, char *at, const char *indent, uint32_t insn)
{
	struct minibpf_log *log = q->log;
	struct mbpf_source_line line;
	char text[256];
	size_t len, rest;

	if (!mbpf_elf_find_line(q->elf, q->prog, insn, &line) || line.line == q->last)
		return at;
	q->last = line.line;
	len = snprintf(text, sizeof(text), MBPF_SOURCE_LINE, indent, line.text, line.file, line.line);
	if (log->true_size)
		log->true_size += len;
	rest = strlen(at) + 1;
	if ((at - log->buf) + rest + len > log->size)
		return at;	/* the reason is worth more */
	memmove(at + len, at, rest);
	memcpy(at, text, len);
	return at + len;
}

static char *next_line(char *at)
{
	at += strcspn(at, "\n");
	return *at ? at + 1 : at;
}

/* The last line that begins with @start, or with an instruction if that is "". */
static char *find_last(char *text, const char *start, uint32_t *insn)
{
	char *at, *found = NULL;
	uint32_t nr;

	for (at = text; *at; at = next_line(at))
		if (!strncmp(at, start, strlen(start)) && is_insn(at + strlen(start), &nr)) {
			found = at;
			*insn = nr;
		}
	return found;
}

void minibpf_log_quote(struct minibpf_log *log, const struct mbpf_elf *elf, uint32_t prog)
{
	struct quotes q = { .log = log, .elf = elf, .prog = prog };
	uint32_t insn;
	char *at;

	if (!log || !log->buf || !log->size)
		return;
	at = find_last(log->buf, REJECTED, &insn);
	if (!at) {
		at = find_last(log->buf, "", &insn);	/* bpf(2) */
		if (at)
			quote(&q, at, "", insn);
		return;
	}
	at = quote(&q, at, "", insn);
	/* What the register came from is indented. */
	for (q.last = 0; *at; at = next_line(at))
		if (!strncmp(at, "  ", 2) && is_insn(at + 2, &insn))
			at = quote(&q, at, "  ", insn);
}
