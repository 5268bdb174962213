// SPDX-License-Identifier: GPL-2.0-only
/* See verdict.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <minibpf.h>

#include "verdict.h"

#define MAX_SOURCES	32
#define MAX_REASONS	512
#define MAX_PERCENT	2
#define MAX_SECONDS	2	/* that in-tree gets for a program */
#define SLOW		1.0	/* seconds from which on a program is named */

enum outcome {
	BOTH_ACCEPT, BOTH_REJECT, ONLY_DEVICE, ONLY_INTREE, LACKS, NO_OBJECT, NO_TIME, SKIPPED,
	NR_OUTCOMES
};

static struct source {
	const char *name;
	bool corpus;
	uint32_t count[NR_OUTCOMES];
	double seconds;
	uint32_t limit;
} sources[MAX_SOURCES];

/* One way to differ. */
static struct reason {
	enum outcome outcome;
	const char *excuse;
	char text[160];
	char example[96];
	uint32_t count;
} reasons[MAX_REASONS];

static uint32_t nr_sources, nr_reasons;
static bool say_all;
static char log_text[VERDICT_LOG_SIZE];

void verdict_source(const char *source, bool corpus, uint32_t seconds)
{
	static struct source *to;
	uint32_t i;

	for (i = 0; i < nr_sources && strcmp(sources[i].name, source); i++)
		;
	if (i == MAX_SOURCES)
		exit(2);
	to = &sources[i];
	if (i == nr_sources) {
		nr_sources++;
		to->name = strdup(source);
		to->corpus = corpus;
		to->limit = seconds;
	}
	/* The present one is the last. */
	if (i != nr_sources - 1) {
		struct source last = sources[nr_sources - 1];

		sources[nr_sources - 1] = *to;
		*to = last;
	}
}

void verdict_say_all(void)
{
	say_all = true;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* In-tree's verifier stops at any signal, and says EAGAIN. */
static void set_alarm(unsigned int seconds)
{
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	alarm(seconds);
}

static int load_on(const struct verdict_prog *prog, enum minibpf_backend backend, char *log)
{
	int fd;

	minibpf_set_backend(backend);
	if (log)
		log[0] = 0;
	set_alarm(backend == MINIBPF_BACKEND_KERNEL ? MAX_SECONDS : 0);
	fd = prog->load(prog, log);
	set_alarm(0);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static void note(const struct verdict_prog *prog, enum outcome outcome)
{
	struct reason r = { .outcome = outcome };
	bool device = outcome != ONLY_DEVICE;
	uint32_t i;

	verdict_reason(log_text, device, r.text, sizeof(r.text));
	r.excuse = prog->why;
	if (!r.excuse && !device)
		r.excuse = verdict_excuse(log_text, prog->random);
	for (i = 0; i < nr_reasons; i++)
		if (reasons[i].outcome == outcome && reasons[i].excuse == r.excuse &&
		    !strcmp(reasons[i].text, r.text))
			break;
	if (i == MAX_REASONS)
		return;
	if (!r.excuse && (outcome == ONLY_DEVICE || outcome == ONLY_INTREE))
		printf("# only %s: %s: %s\n%s", device ? "in-tree" : "minibpf", prog->name, r.text,
		       say_all ? log_text : "");
	if (i == nr_reasons) {
		reasons[nr_reasons++] = r;
		snprintf(reasons[i].example, sizeof(reasons[i].example), "%s", prog->name);
	}
	reasons[i].count++;
}

void verdict_judge(const struct verdict_prog *prog)
{
	struct source *source = &sources[nr_sources - 1];
	double start = now(), took;
	enum outcome outcome;
	int device, intree;

	if (source->limit && source->seconds > source->limit) {
		source->count[SKIPPED]++;
		return;
	}
	if (say_all)
		printf("# %s\n", prog->name);
	device = load_on(prog, MINIBPF_BACKEND_DEVICE, NULL);
	took = now() - start;
	intree = load_on(prog, MINIBPF_BACKEND_KERNEL, NULL);
	outcome = device ? intree ? BOTH_REJECT : ONLY_INTREE : intree ? ONLY_DEVICE : BOTH_ACCEPT;

	if (intree == -EAGAIN) {
		outcome = NO_TIME;
		snprintf(log_text, sizeof(log_text), "minibpf's verdict: %d\n", device);
	} else if (outcome == ONLY_DEVICE) {
		load_on(prog, MINIBPF_BACKEND_KERNEL, log_text);
	} else if (device) {
		load_on(prog, MINIBPF_BACKEND_DEVICE, log_text);
		if (!log_text[0])
			snprintf(log_text, sizeof(log_text), "nothing: %s\n", strerror(-device));
		if (outcome == ONLY_INTREE && verdict_lacks(log_text))
			outcome = LACKS;
		else if (outcome == BOTH_REJECT && !verdict_verified(log_text))
			outcome = NO_OBJECT;
	}
	source->count[outcome]++;
	if (outcome != BOTH_ACCEPT && outcome != BOTH_REJECT)
		note(prog, outcome);
	source->seconds += now() - start;
	if (now() - start > SLOW)
		printf("# %s: %.2f s, %.2f of them minibpf's\n", prog->name, now() - start, took);
}

static void print_row(const struct source *s)
{
	uint32_t sum = 0, i;

	for (i = 0; i < NR_OUTCOMES; i++)
		sum += s->count[i];
	printf("%-28s %8u", s->name, sum);
	for (i = 0; i < NR_OUTCOMES; i++)
		printf(" %8u", s->count[i]);
	printf(" %8.1f\n", s->seconds);
}

/* The reasons of one outcome, the most frequent first; how many have no excuse. */
static uint32_t print_reasons(enum outcome outcome, const char *title)
{
	uint32_t open = 0, i, most;

	printf("\n%s\n", title);
	for (;;) {
		struct reason *r = NULL;

		for (i = 0, most = 0; i < nr_reasons; i++)
			if (reasons[i].outcome == outcome && reasons[i].count > most) {
				r = &reasons[i];
				most = r->count;
			}
		if (!r)
			return open;
		printf("%6u  %s\n        for instance %s%s%s\n", r->count, r->text, r->example,
		       r->excuse ? ": " : "", r->excuse ? r->excuse : "");
		open += r->excuse ? 0 : r->count;
		r->count = 0;
	}
}

int verdict_report(void)
{
	struct source corpus = { .name = "the corpus" };
	uint32_t i, k, unsafe, accepted, missed, failed = 0;

	printf("%-28s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n", "", "", "both", "both", "only", "only",
	       "lacking", "no", "no", "not");
	printf("%-28s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n", "source", "programs", "accept",
	       "reject", "minibpf", "in-tree", "in ours", "object", "time", "judged",
	       "seconds");
	for (i = 0; i < nr_sources; i++) {
		print_row(&sources[i]);
		for (k = 0; k < NR_OUTCOMES && sources[i].corpus; k++)
			corpus.count[k] += sources[i].count[k];
		corpus.seconds += sources[i].corpus ? sources[i].seconds : 0;
	}
	print_row(&corpus);
	unsafe = print_reasons(ONLY_DEVICE, "accepted by minibpf only; what in-tree says:");
	print_reasons(ONLY_INTREE, "accepted in-tree only; what minibpf says:");
	print_reasons(LACKS, "accepted in-tree only, because minibpf lacks something:");
	print_reasons(NO_OBJECT, "not loadable on either side; what minibpf's loader says:");
	print_reasons(NO_TIME, "not judged by in-tree within 2 s:");
	accepted = corpus.count[BOTH_ACCEPT] + corpus.count[ONLY_INTREE];
	missed = corpus.count[ONLY_INTREE];
	printf("\naccepted against in-tree's word and without a reason: %u\n", unsafe);
	failed += unsafe != 0;
	if (accepted) {
		printf("of the corpus, rejected by minibpf's verifier and accepted in-tree: %u of %u (%u.%u %%); with what needs helpers or maps that it lacks: %u of %u\n",
		       missed, accepted, 100 * missed / accepted, 1000 * missed / accepted % 10,
		       missed + corpus.count[LACKS], accepted + corpus.count[LACKS]);
		failed += 100 * missed > MAX_PERCENT * accepted;
	}
	return failed;
}
