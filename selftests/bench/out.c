// SPDX-License-Identifier: GPL-2.0-only
/* What comes out: a line for a person or, with -j, an object of JSON. */
#include "bench.h"

struct options options;
int nr_different;

bool row_wanted(const char *row)
{
	const char *at = options.rows;
	size_t len;

	if (!at)
		return true;
	for (; *at; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		if (len == strlen(row) && !strncmp(at, row, len))
			return true;
	}
	return false;
}

unsigned int rounds(void)
{
	return options.quick ? 1 : 4;
}

unsigned int times(unsigned int n)
{
	return options.quick && n > 2 ? 2 : n;
}

double target_for(const double targets[NR_MACHINES])
{
	int i = !strcmp(options.machine, "x86_64") ? X86 :
		!strcmp(options.machine, "riscv64-nozb") ? RISCV_NO_ZB : RISCV;

	return i == RISCV_NO_ZB && !targets[i] ? targets[RISCV] : targets[i];
}

void result_init(struct result *r, const char *row, const char *what, const char *unit)
{
	memset(r, 0, sizeof(*r));
	r->row = row;
	snprintf(r->what, sizeof(r->what), "%s", what);
	r->unit = unit;
	r->value[INTREE] = r->value[DEVICE] = NAN;
	r->same = -1;
}

void result_why(struct result *r, enum side side, const char *what, int err)
{
	r->value[side] = NAN;
	if (err)
		snprintf(r->why[side], sizeof(r->why[side]), "%s: %s", what, strerror(-err));
	else
		snprintf(r->why[side], sizeof(r->why[side]), "%s", what);
}

static void print_number(const char *name, double value)
{
	if (isfinite(value))
		printf(", \"%s\": %.2f", name, value);
	else
		printf(", \"%s\": null", name);
}

static void print_json(const struct result *r, double ratio)
{
	static const char * const same[] = { "null", "false", "true" };

	printf("{\"machine\": \"%s\", \"row\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\"",
	       options.machine, r->row, r->what, r->unit);
	print_number("intree", r->value[INTREE]);
	print_number("minibpf", r->value[DEVICE]);
	print_number("ratio", ratio);
	print_number("target", r->target ? r->target : NAN);
	printf(", \"same\": %s, \"why_intree\": \"%s\", \"why_minibpf\": \"%s\", \"note\": \"%s\"}\n",
	       same[r->same + 1], r->why[INTREE], r->why[DEVICE], r->note);
}

static void print_cell(double value, int width, int digits)
{
	if (isfinite(value))
		printf(" %*.*f", width, fabs(value) < 1000 ? digits : 0, value);
	else
		printf(" %*s", width, "-");
}

static void print_text(const struct result *r, double ratio)
{
	static const char * const same[] = { "-", "NO", "yes" };
	int side;

	printf("%-4s %-38s %-14s", r->row, r->what, r->unit);
	print_cell(r->value[INTREE], 11, 1);
	print_cell(r->value[DEVICE], 11, 1);
	print_cell(ratio, 8, 2);
	print_cell(r->target ? r->target : NAN, 7, 1);
	printf(" %-4s", same[r->same + 1]);
	for (side = 0; side < NR_SIDES; side++)
		if (r->why[side][0])
			printf(" (%s: %s)", side_names[side], r->why[side]);
	printf(" %s\n", r->note);
}

void result_print(const struct result *r)
{
	double ratio = r->value[INTREE] / r->value[DEVICE];

	/* Of what cannot be told from nothing, there is no ratio. */
	if (!isfinite(ratio) || r->value[INTREE] < 0.1 || r->value[DEVICE] < 0.1)
		ratio = NAN;
	if (!r->same)
		nr_different++;
	if (options.json)
		print_json(r, ratio);
	else
		print_text(r, ratio);
	fflush(stdout);
}
