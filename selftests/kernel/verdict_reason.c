// SPDX-License-Identifier: GPL-2.0-only
/* Reading what verifiers say: which line is the reason, and what kind of reason it is. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "verdict.h"

/*
 * Rejections by in-tree that do not say that a program is unsafe, and those that
 * do although it is safe.
 */
static const struct {
	const char *text;
	const char *why;
} excuses[] = {
	{ "unknown opcode", "an instruction that this kernel does not know" },
	{ "uses reserved fields", "an instruction that this kernel does not know" },
	{ "invalid func unknown", "a helper that this kernel does not have" },
	{ "unknown func", "a helper that this kernel does not have for kprobes" },
	{ "program of this type cannot use helper", "a helper that this kernel does not have for kprobes" },
	{ "BPF program is too large", "in-tree gives up: a million instructions processed" },
	{ "is too complex", "in-tree gives up: too many branches wait" },
	{ "missing btf func_info", "in-tree wants BTF of callbacks" },
	{ "subprogs without BTF", "in-tree wants BTF of functions with tail calls" },
	{ "not allowed in non-JITed programs", "this kernel's JIT lacks it" },
	{ "not supported by", "this kernel's JIT lacks it" },
	{ "misaligned value access", "minibpf lets values be accessed at any offset" },
	{ "subtraction from stack pointer prohibited",
	  "in-tree subtracts from no stack pointer; minibpf judges where it then points" },
};

/*
 * What in-tree says where it knows less of a number than minibpf: it has no
 * bounds of quotients and remainders, judges distances below zero as unsigned, and goes both
 * ways of a register's comparison with itself. Of programs made at random this is expected; `make prove` shows that minibpf's bounds hold
 * for each operation, and `make soundness` that they do in just these programs.
 */
static const char * const less_known[] = {
	"unbounded min value", "unbounded max value", "unbounded memory access",
	"outside of the allowed memory range", "min value is negative", "invalid access to map value",
	"invalid variable-offset", "invalid unbounded variable-offset", "pointer be out of bounds",
	"invalid read from stack", "invalid write to stack", "!read_ok", "misaligned stack access",
	"ctx is not allowed",
};

/* Texts of in-tree before 6.12, whose verdicts on the same rows are minibpf's. */
static const char * const older[] = {
	"unbounded min value", "max value is outside", "invalid indirect read from stack",
	"invalid read from stack",
};

unsigned int verdict_kernel(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	return major * 100 + minor;
}

const char *verdict_excuse(const char *log, bool random)
{
	char last[256];
	size_t i;

	for (i = 0; i < sizeof(excuses) / sizeof(excuses[0]); i++)
		if (strstr(log, excuses[i].text))
			return excuses[i].why;
	verdict_reason(log, false, last, sizeof(last));
	for (i = 0; random && i < sizeof(less_known) / sizeof(less_known[0]); i++)
		if (strstr(last, less_known[i]))
			return "in-tree knows less of the number";
	for (i = 0; verdict_kernel() < 612 && i < sizeof(older) / sizeof(older[0]); i++)
		if (strstr(last, older[i]))
			return "an older verifier: 6.12's accepts it";
	return NULL;
}

/* The loader's complaints are of sections and maps, all others are verdicts. */
bool verdict_verified(const char *log)
{
	return strstr(log, "rejected at insn") || strstr(log, "processed ") || !strncmp(log, "insn ", 5);
}

bool verdict_lacks(const char *log)
{
	return !verdict_verified(log) || strstr(log, "invalid func unknown#") ||
	       strstr(log, "unknown func ");
}

/* The in-tree verifier speaks last of the reason, but for its statistics. */
static const char *last_line(const char *log, size_t *len)
{
	const char *end = log + strlen(log), *start;

	while (end > log) {
		while (end > log && end[-1] == '\n')
			end--;
		for (start = end; start > log && start[-1] != '\n'; start--)
			;
		if (strncmp(start, "processed ", 10) && strncmp(start, "verification time", 17) &&
		    strncmp(start, "stack depth", 11) && strncmp(start, "program ", 8)) {
			*len = end - start;
			return start;
		}
		end = start;
	}
	*len = 0;
	return log;
}

/* Ours says it in the line after the instruction. */
static const char *device_line(const char *log, size_t *len)
{
	const char *at = strstr(log, "rejected at insn");

	at = at ? strchr(at, '\n') : NULL;
	if (!at)
		return last_line(log, len);
	*len = strcspn(at + 1, "\n");
	return at + 1;
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !memcmp(text + len - n, end, n);
}

void verdict_reason(const char *log, bool device, char *reason, size_t size)
{
	const char *line, *end;
	size_t len, n = 0;
	bool named = false;

	line = device ? device_line(log, &len) : last_line(log, &len);
	for (end = line + len; line < end && n + 1 < size; line++) {
		bool digit = isdigit((unsigned char)*line);

		/* but for those that name something */
		named = digit && (named || ends_with(reason, n, " unknown#") || ends_with(reason, n, " type "));
		if (digit && !named && n && reason[n - 1] == '#')
			continue;
		reason[n++] = digit && !named ? '#' : *line;
	}
	reason[n] = 0;
}
