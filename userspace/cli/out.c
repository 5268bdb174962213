// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Lists, as tables for people or as JSON for programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define MAX_COLUMNS 16

bool out_json, out_pretty;

/* JSON: how deep we are, and whether a comma is due. */
static int depth;
static bool comma;

static void json_line(void)
{
	if (out_pretty)
		printf("\n%*s", depth * 4, "");
}

static void json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c == '\n')
			printf("\\n");
		else if (c == '\t')
			printf("\\t");
		else if (c < ' ' || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

/* What stands before a value. */
static void json_begin(const char *key)
{
	if (comma)
		putchar(',');
	if (depth)
		json_line();
	comma = true;
	if (key) {
		json_string(key);
		printf(out_pretty ? ": " : ":");
	}
}

void json_open(const char *key, char bracket)
{
	json_begin(key);
	putchar(bracket);
	depth++;
	comma = false;
}

void json_close(char bracket)
{
	depth--;
	if (comma)
		json_line();
	putchar(bracket);
	comma = true;
}

void json_text(const char *key, const char *value)
{
	json_begin(key);
	json_string(value);
}

void json_number(const char *key, unsigned long long value)
{
	json_begin(key);
	printf("%llu", value);
}

void json_bytes(const char *key, const void *data, uint32_t size)
{
	const uint8_t *bytes = data;
	uint32_t i;

	json_begin(key);
	putchar('[');
	for (i = 0; i < size; i++)
		printf("%s\"0x%02x\"", i ? "," : "", bytes[i]);
	putchar(']');
}

void json_finish(void)
{
	putchar('\n');
	comma = false;
}

/*
 * The table: cells in the order in which they came, and how wide each column
 * has to be.
 */
static struct {
	const char *titles[MAX_COLUMNS];
	bool right[MAX_COLUMNS];
	int width[MAX_COLUMNS];
	int nr_columns;
	char **cells;
	size_t nr;
	int column;
	int nr_rows;
} table;

static void add_cell(const char *title, const char *text, bool right)
{
	char **cells;
	int i = table.column++;

	if (table.nr_rows == 1 && i < MAX_COLUMNS) {
		table.titles[i] = title;
		table.right[i] = right;
		table.width[i] = strlen(title);
		table.nr_columns = i + 1;
	}
	if (i >= table.nr_columns)
		return;
	if ((int)strlen(text) > table.width[i])
		table.width[i] = strlen(text);
	cells = realloc(table.cells, (table.nr + 1) * sizeof(*cells));
	if (!cells)
		return;
	table.cells = cells;
	cells[table.nr] = strdup(text);
	table.nr += !!cells[table.nr];
}

static void print_row(char **cells)
{
	int i;

	for (i = 0; i < table.nr_columns; i++) {
		const char *text = cells ? cells[i] : table.titles[i];
		bool last = i == table.nr_columns - 1;

		if (table.right[i])
			printf("%*s%s", table.width[i], text, last ? "" : "  ");
		else
			printf("%-*s%s", last ? 0 : table.width[i], text, last ? "" : "  ");
	}
	putchar('\n');
}

void out_begin(void)
{
	memset(&table, 0, sizeof(table));
	if (out_json)
		json_open(NULL, '[');
}

void out_row(void)
{
	if (out_json && table.nr_rows)
		json_close('}');
	if (out_json)
		json_open(NULL, '{');
	table.nr_rows++;
	table.column = 0;
}

void out_end(void)
{
	size_t i;

	if (out_json) {
		if (table.nr_rows)
			json_close('}');
		json_close(']');
		json_finish();
		return;
	}
	if (table.nr_rows)
		print_row(NULL);
	for (i = 0; table.nr_columns && i + table.nr_columns <= table.nr; i += table.nr_columns)
		print_row(table.cells + i);
	while (table.nr)
		free(table.cells[--table.nr]);
	free(table.cells);
	table.cells = NULL;
}

void out_text(const char *key, const char *column, const char *value)
{
	if (out_json && key)
		json_text(key, value);
	if (!out_json && column)
		add_cell(column, value, false);
}

void out_number(const char *key, const char *column, unsigned long long value)
{
	char text[32];

	if (out_json && key)
		json_number(key, value);
	snprintf(text, sizeof(text), "%llu", value);
	if (!out_json && column)
		add_cell(column, text, true);
}

void out_bool(const char *key, const char *column, bool value)
{
	if (out_json && key) {
		json_begin(key);
		printf(value ? "true" : "false");
	}
	if (!out_json && column)
		add_cell(column, value ? "yes" : "no", false);
}

void out_numbers(const char *key, const char *column, const uint32_t *values, uint32_t nr)
{
	char text[256] = "";
	size_t len = 0;
	uint32_t i;

	if (out_json && key) {
		json_open(key, '[');
		for (i = 0; i < nr; i++)
			json_number(NULL, values[i]);
		json_close(']');
	}
	for (i = 0; i < nr && len < sizeof(text) - 16; i++)
		len += snprintf(text + len, sizeof(text) - len, "%s%u", i ? "," : "", values[i]);
	if (i < nr)
		snprintf(text + len, sizeof(text) - len, ",...");
	if (!out_json && column)
		add_cell(column, text, false);
}
