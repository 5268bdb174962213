// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * PROG_LOAD_EX, PROG_ATTACH and PROG_DETACH on the kernel backend, where they
 * do not exist: the object is loaded here, and attachments are this process's.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "internal.h"

/* An attachment that PROG_ATTACH made. */
struct attached {
	struct attached *next;
	uint32_t prog_id;
	struct minibpf_link *link;
	char target[];
};

static struct attached *list;	/* protected by list_lock */
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

static int give_maps(struct minibpf_object *obj, const union minibpf_attr *attr)
{
	const struct minibpf_map_fd_entry *maps = (void *)(uintptr_t)attr->map_array;
	uint32_t i;
	int nr, ret;

	for (i = 0; i < attr->map_array_len; i++) {
		nr = minibpf_object_find_map(obj, (const char *)(uintptr_t)maps[i].name);
		ret = nr < 0 ? nr : minibpf_object_set_map(obj, nr, maps[i].fd);
		if (ret)
			return ret;
	}
	return 0;
}

/* Leaves only the program meant to be loaded, and returns its number. */
static int choose(struct minibpf_object *obj, const char *name, struct minibpf_log *log)
{
	int i, nr = minibpf_object_nr_programs(obj), chosen;

	if (name && *name)
		chosen = minibpf_object_find_program(obj, name);
	else
		chosen = nr == 1 ? 0 : nr ? -EINVAL : -ENOENT;
	if (chosen < 0)
		minibpf_log_set(log, chosen == -EINVAL ? "several programs: name one\n" :
				"no such program\n");
	for (i = 0; i < nr; i++)
		minibpf_object_set_autoload(obj, i, i == chosen);
	return chosen;
}

int minibpf_emulate_load_ex(union minibpf_attr *attr)
{
	struct minibpf_log log = {
		.buf = (char *)(uintptr_t)attr->ex_log_buf, .size = attr->ex_log_size,
		.level = attr->ex_log_level,
	};
	struct minibpf_log *to = attr->ex_log_level ? &log : NULL;
	struct minibpf_object_program program;
	struct minibpf_object *obj;
	int ret, nr;

	if (attr->ex_flags)
		return -EINVAL;
	ret = minibpf_object_open_mem((void *)(uintptr_t)attr->elf_prog, attr->elf_size, to, &obj);
	if (ret)
		return ret;
	nr = ret = choose(obj, (const char *)(uintptr_t)attr->ex_prog_name, to);
	if (ret >= 0)
		ret = give_maps(obj, attr);
	if (!ret) {
		minibpf_object_set_used_only(obj);
		ret = minibpf_object_load(obj, to);
	}
	if (!ret) {
		minibpf_object_program(obj, nr, &program);
		ret = fcntl(program.fd, F_DUPFD_CLOEXEC, 0);
		if (ret < 0)
			ret = -errno;
	}
	minibpf_object_close(obj);
	attr->ex_log_true_size = log.true_size;
	return ret;
}

static int prog_id(int fd, uint32_t *id)
{
	struct minibpf_prog_info info;
	uint32_t len = sizeof(info);
	int ret;

	memset(&info, 0, sizeof(info));
	ret = minibpf_get_info(fd, &info, &len);
	*id = info.id;
	return ret;
}

/* The symbol behind @target's "$", and whether it is for returns. */
static int parse_target(const char *target, const char **symbol, bool *at_return)
{
	static const struct {
		const char *name;
		bool at_return;
	} types[] = {
		{ "kprobe$", false }, { "kretprobe@entry$", false }, { "kretprobe@exit$", true },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t len = strlen(types[i].name);

		if (strncasecmp(target, types[i].name, len) || !target[len])
			continue;
		*symbol = target + len;
		*at_return = types[i].at_return;
		return 0;
	}
	return -EINVAL;
}

static int attach(struct attached *a, int prog_fd)
{
	const struct attached *b;
	const char *symbol;
	bool at_return;
	int ret;

	ret = parse_target(a->target, &symbol, &at_return);
	if (!ret)
		ret = prog_id(prog_fd, &a->prog_id);
	if (ret)
		return ret;
	for (b = list; b; b = b->next)
		if (b->prog_id == a->prog_id && !strcmp(b->target, a->target))
			return -EAGAIN;
	ret = minibpf_link_kprobe(prog_fd, &symbol, 1, at_return ? MINIBPF_RETURN : 0, &a->link);
	if (ret)
		return ret;
	a->next = list;
	list = a;
	return 0;
}

int minibpf_emulate_attach(const union minibpf_attr *attr)
{
	const char *target = (const char *)(uintptr_t)attr->target;
	struct attached *a;
	int ret;

	if (!target || memchr(target, 0, attr->str_len))
		return -EINVAL;
	a = calloc(1, sizeof(*a) + attr->str_len + 1);
	if (!a)
		return -ENOMEM;
	memcpy(a->target, target, attr->str_len);
	pthread_mutex_lock(&list_lock);
	ret = attach(a, attr->prog_fd);
	pthread_mutex_unlock(&list_lock);
	if (ret)
		free(a);
	return ret;
}

int minibpf_emulate_detach(const union minibpf_attr *attr)
{
	struct attached **at, *a;
	int ret, found = 0;
	uint32_t id;

	ret = prog_id(attr->prog_fd, &id);
	if (ret)
		return ret;
	pthread_mutex_lock(&list_lock);
	for (at = &list; (a = *at);) {
		if (a->prog_id != id) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		minibpf_link_close(a->link);
		free(a);
		found = 1;
	}
	pthread_mutex_unlock(&list_lock);
	return found ? 0 : -ENOENT;
}
