// SPDX-License-Identifier: GPL-2.0-only
/* Objects from files, files to open, and the trace. */
#include <fcntl.h>

#include "common.h"

#define MAX_OBJECT (1 << 20)

void *read_object(char **argv, const char *name, uint32_t *size)
{
	char path[256], *bytes = malloc(MAX_OBJECT);
	FILE *f;

	snprintf(path, sizeof(path), "/progs/%s", name);
	f = fopen(argv[1] ? argv[1] : path, "r");
	if (!f || !bytes) {
		printf("FAILED: cannot open %s: give the object's path\n", argv[1] ? argv[1] : path);
		exit(1);
	}
	*size = fread(bytes, 1, MAX_OBJECT, f);
	fclose(f);
	return bytes;
}

int load_object(const void *elf, uint32_t size, const struct minibpf_map_fd_entry *maps,
		uint32_t nr_maps, const char *name)
{
	static char text[65536];
	struct minibpf_log log = { .buf = text, .size = sizeof(text) };
	int fd = minibpf_prog_load_elf(elf, size, maps, nr_maps, name, &log);

	if (fd < 0)
		printf("%s", text);
	return fd;
}

const char *seed_target(void)
{
	const char *target = getenv("SEED_TARGET");

	return target ? target : "kprobe$do_sys_openat2";
}

void open_a_file(void)
{
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	close(fd);
}

int trace_start(void)
{
	char old[4096];
	int fd = minibpf_trace_open(O_NONBLOCK);

	CHECK_OK(fd);
	while (read(fd, old, sizeof(old)) > 0)
		;
	return fd;
}

/* "   COMMAND-PID   [CPU] ..." */
static int is_ours(const char *line)
{
	char mine[32];
	const char *at = strchr(line, '[');

	snprintf(mine, sizeof(mine), "-%d ", getpid());
	line = strstr(line, mine);
	return line && at && line < at;
}

void trace_show(int fd, const char *const *words, int *counts, int nr)
{
	static char text[1 << 20];
	size_t len = 0;
	ssize_t n;
	char *line, *save;
	int i;

	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	text[len] = 0;
	memset(counts, 0, nr * sizeof(*counts));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!is_ours(line))
			continue;
		puts(line);
		for (i = 0; i < nr; i++)
			counts[i] += !!strstr(line, words[i]);
	}
}
