// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* The words of the command line: numbers, objects, bytes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

const char *args_peek(const struct args *args)
{
	return args->nr ? args->words[0] : NULL;
}

const char *args_next(struct args *args)
{
	if (!args->nr)
		return NULL;
	args->nr--;
	return *args->words++;
}

bool args_take(struct args *args, const char *word)
{
	if (!args->nr || !is_prefix(args->words[0], word))
		return false;
	args_next(args);
	return true;
}

int args_word(struct args *args, const char *what, const char **word)
{
	*word = args_next(args);
	return *word ? 0 : usage_error("%s is missing", what);
}

static int parse_number(const char *word, int base, unsigned long long max,
			unsigned long long *value)
{
	char *end;

	errno = 0;
	*value = strtoull(word, &end, base);
	return errno || end == word || *end || *word == '-' || *value > max ? -1 : 0;
}

int args_number(struct args *args, const char *what, uint32_t *value)
{
	unsigned long long n;
	const char *word;

	if (args_word(args, what, &word))
		return 1;
	if (parse_number(word, 0, UINT32_MAX, &n))
		return usage_error("%s: '%s' is not a number of 32 bits", what, word);
	*value = n;
	return 0;
}

int args_end(const struct args *args)
{
	return args->nr ? usage_error("'%s' is one word too many", args->words[0]) : 0;
}

static const char *const kind_names[] = { "program", "map", "link" };
static const char *const nouns[] = { "prog", "map", "link" };

/* Name of an object; "" for a link. */
static int name_of(enum minibpf_kind kind, int fd, char *name)
{
	union {
		struct minibpf_prog_info prog;
		struct minibpf_map_info map;
	} info;
	uint32_t len = kind == MINIBPF_PROG ? sizeof(info.prog) : sizeof(info.map);
	int ret;

	memset(&info, 0, sizeof(info));
	ret = minibpf_get_info(fd, &info, &len);
	memcpy(name, kind == MINIBPF_PROG ? info.prog.name : info.map.name, MINIBPF_OBJ_NAME_LEN);
	return ret;
}

static int find_name(enum minibpf_kind kind, const char *name)
{
	char other[MINIBPF_OBJ_NAME_LEN];
	int found = -1, fd, ret;
	uint32_t id = 0;

	while (!(ret = minibpf_get_next_id(kind, id, &id))) {
		fd = minibpf_get_fd_by_id(kind, id);
		if (fd < 0)
			continue;	/* it went while we looked */
		if (name_of(kind, fd, other) || strncmp(name, other, MINIBPF_OBJ_NAME_LEN - 1)) {
			close(fd);
			continue;
		}
		if (found >= 0) {
			close(found);
			close(fd);
			usage_error("several %ss are called '%s': use id, see minibpf %s show",
				    kind_names[kind], name, nouns[kind]);
			return -1;
		}
		found = fd;
	}
	if (ret != -ENOENT || found < 0) {
		if (ret != -ENOENT)
			fail(ret, "cannot list %ss", kind_names[kind]);
		else if (!fail_without_backend(ret))
			usage_error("no %s is called '%s': see minibpf %s show", kind_names[kind],
				    name, nouns[kind]);
		if (found >= 0)
			close(found);
		return -1;
	}
	return found;
}

int args_object(struct args *args, enum minibpf_kind kind)
{
	const char *word;
	uint32_t id;
	int fd;

	if (args_take(args, "id")) {
		if (args_number(args, "id", &id))
			return -1;
		fd = minibpf_get_fd_by_id(kind, id);
		if (fd == -ENOENT)
			usage_error("there is no %s %u: see minibpf %s show", kind_names[kind], id,
				    nouns[kind]);
		else if (fd < 0)
			fail(fd, "%s %u", kind_names[kind], id);
		return fd < 0 ? -1 : fd;
	}
	if (kind != MINIBPF_LINK && args_take(args, "name"))
		return args_word(args, "name", &word) ? -1 : find_name(kind, word);
	if (args_take(args, "pinned")) {
		if (args_word(args, "name of the pin", &word))
			return -1;
		fd = minibpf_get_pinned(word);
		if (fd < 0)
			fail(fd, "pin '%s'", word);
		return fd < 0 ? -1 : fd;
	}
	usage_error("a %s is 'id NUMBER', %s'pinned NAME'; found '%s'", kind_names[kind],
		    kind == MINIBPF_LINK ? "" : "'name NAME', ",
		    args_peek(args) ? args_peek(args) : "nothing");
	return -1;
}

static bool is_stop(const char *word, const char *const *stops)
{
	for (; *stops; stops++)
		if (is_prefix(word, *stops))
			return true;
	return false;
}

int args_data(struct args *args, const char *what, const char *const *stops, void *data,
	      uint32_t size)
{
	unsigned long long value;
	uint8_t *bytes = data;
	uint32_t nr = 0;
	int base = 0;

	if (args_take(args, "hex"))
		base = 16;
	/* one number, where one byte would not do anyway */
	if (!base && (size == 2 || size == 4 || size == 8) && args->nr &&
	    (args->nr == 1 || is_stop(args->words[1], stops))) {
		const char *word = args_next(args);

		if (parse_number(word, 0, size == 8 ? UINT64_MAX : (1ULL << size * 8) - 1, &value))
			return usage_error("%s: '%s' is not a number of %u bytes", what, word, size);
		for (nr = 0; nr < size; nr++)
			bytes[nr] = value >> nr * 8;
		return 0;
	}
	for (; args->nr && !is_stop(args->words[0], stops); nr++) {
		const char *word = args_next(args);

		if (nr == size || parse_number(word, base, 255, &value))
			return usage_error("%s: '%s' is not one of %u bytes", what, word, size);
		bytes[nr] = value;
	}
	if (nr != size)
		return usage_error("%s has %u bytes, not %u", what, size, nr);
	return 0;
}
