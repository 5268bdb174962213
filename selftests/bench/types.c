// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own types: the number of a function's, which fentry is attached by. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/btf.h>

#include "bench.h"

/* Words behind a type's first three, by its kind. */
static size_t extra_words(uint32_t info)
{
	uint32_t n = BTF_INFO_VLEN(info);

	switch (BTF_INFO_KIND(info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 1;
	case BTF_KIND_ARRAY:
		return 3;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		return 3 * n;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return 2 * n;
	default:
		return 0;
	}
}

static int find(const uint8_t *btf, size_t size, const char *name)
{
	const struct btf_header *head = (const void *)btf;
	const char *strings = (const char *)btf + head->hdr_len + head->str_off;
	const uint32_t *at = (const void *)(btf + head->hdr_len + head->type_off);
	const uint32_t *end = at + head->type_len / 4;
	int id;

	for (id = 1; at < end; id++, at += 3 + extra_words(at[1]))
		if (BTF_INFO_KIND(at[1]) == BTF_KIND_FUNC && !strcmp(strings + at[0], name))
			return id;
	return -ENOENT;
}

int function_type(const char *name)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY), id = -EIO;
	struct stat st;
	uint8_t *btf;
	size_t got = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	fstat(fd, &st);
	btf = malloc(st.st_size);
	while (btf && (n = read(fd, btf + got, st.st_size - got)) > 0)
		got += n;
	if (btf && got > sizeof(struct btf_header))
		id = find(btf, got, name);
	free(btf);
	close(fd);
	return id;
}
