// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ordinary program of libbpf's kind: a skeleton that bpftool made, loaded, attached and read
 * by libbpf. Sleeps seven times and prints what its BPF side saw, which is the same each time.
 *
 * usage: sleeps at_function | at_tracepoint	(where it looks)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "event.h"
#include "sleeps.skel.h"

#define SLEEPS	7
#define CHANGE	4	/* after so many, steps become larger */

static int print_event(void *ctx, void *data, size_t size)
{
	const struct event *event = data;

	if (size < sizeof(*event))
		return -EINVAL;
	printf("%u %.*s, %s process, %s parent\n", event->number, (int)sizeof(event->comm),
	       event->comm, event->tgid == getpid() ? "this" : "another",
	       event->parent == getppid() ? "its" : "another");
	return 0;
}

static void sleep_often(struct sleeps_bpf *skel)
{
	for (int i = 0; i < SLEEPS; i++) {
		if (i == CHANGE)
			skel->data->step = 1000;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ .tv_nsec = 1000 }, NULL);
	}
}

static int run(struct sleeps_bpf *skel)
{
	struct ring_buffer *ring = NULL;
	int err;

	skel->rodata->watched = getpid();
	err = sleeps_bpf__load(skel);
	if (!err)
		err = sleeps_bpf__attach(skel);
	if (err)
		return err;
	ring = ring_buffer__new(bpf_map__fd(skel->maps.events), print_event, NULL, NULL);
	if (!ring)
		return -errno;
	sleep_often(skel);
	err = ring_buffer__consume(ring);
	ring_buffer__free(ring);
	if (err >= 0)
		printf("%d events, %u lost, step %u, unknown %u\n", err, skel->bss->lost,
		       skel->data->step, skel->bss->unknown);
	return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
	struct bpf_program *prog, *wanted = NULL;
	struct sleeps_bpf *skel;
	int err;

	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	skel = sleeps_bpf__open();
	if (!skel) {
		perror("sleeps: skeleton");
		return 1;
	}
	bpf_object__for_each_program(prog, skel->obj) {
		if (argc == 2 && !strcmp(argv[1], bpf_program__name(prog)))
			wanted = prog;
		else
			bpf_program__set_autoload(prog, false);
	}
	if (wanted) {
		err = run(skel);
	} else {
		fprintf(stderr, "usage: sleeps at_function | at_tracepoint\n");
		err = -EINVAL;
	}
	if (err)
		fprintf(stderr, "sleeps: %s\n", strerror(-err));
	sleeps_bpf__destroy(skel);
	return err != 0;
}
