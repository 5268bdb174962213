// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Names of kernel addresses. /proc/kallsyms is long, so it is read once for all of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct symbol {
	uint64_t addr;
	char *name;
};

static int compare(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

void symbols_want(struct symbols *symbols, uint64_t addr)
{
	struct symbol *list = realloc(symbols->list, (symbols->nr + 1) * sizeof(*list));

	if (!list)
		return;
	list[symbols->nr++] = (struct symbol){ .addr = addr };
	symbols->list = list;
}

static struct symbol *find(const struct symbols *symbols, uint64_t addr)
{
	struct symbol key = { .addr = addr };

	if (!symbols->nr)
		return NULL;
	return bsearch(&key, symbols->list, symbols->nr, sizeof(key), compare);
}

void symbols_read(struct symbols *symbols)
{
	struct symbol *s, *end = symbols->list + symbols->nr;
	char line[512], name[SYMBOL_LEN];
	unsigned long long addr;
	FILE *f;

	if (!symbols->nr)
		return;
	qsort(symbols->list, symbols->nr, sizeof(*symbols->list), compare);
	f = fopen("/proc/kallsyms", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %*c %255s", &addr, name) != 2 || !addr)
			continue;
		s = find(symbols, addr);
		/* one address may have been wanted several times */
		while (s && s > symbols->list && s[-1].addr == addr)
			s--;
		for (; s && s < end && s->addr == addr; s++)
			if (!s->name)
				s->name = strdup(name);
	}
	if (f)
		fclose(f);
}

void symbols_free(struct symbols *symbols)
{
	while (symbols->nr)
		free(symbols->list[--symbols->nr].name);
	free(symbols->list);
}

const char *symbol_name(const struct symbols *symbols, uint64_t addr, char *name)
{
	const struct symbol *s = find(symbols, addr);

	if (s && s->name)
		snprintf(name, SYMBOL_LEN, "%s", s->name);
	else
		snprintf(name, SYMBOL_LEN, "0x%llx", (unsigned long long)addr);
	return name;
}
