// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* One function for each command: an attr filled and a call. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "internal.h"

#define ADDRESS(p) ((uint64_t)(uintptr_t)(p))

static int call(int cmd, union minibpf_attr *attr)
{
	return minibpf_call(cmd, attr, sizeof(*attr));
}

static void copy_name(char *to, const char *from)
{
	if (from)
		strncpy(to, from, MINIBPF_OBJ_NAME_LEN - 1);
}

int minibpf_map_create(const struct minibpf_map_opts *opts)
{
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = opts->type;
	attr.key_size = opts->key_size;
	attr.value_size = opts->value_size;
	attr.max_entries = opts->max_entries;
	attr.map_flags = opts->flags;
	copy_name(attr.map_name, opts->name);
	return call(MINIBPF_MAP_CREATE, &attr);
}

int minibpf_create_map(uint32_t type, uint32_t key_size, uint32_t value_size,
		       uint32_t max_entries)
{
	struct minibpf_map_opts opts = {
		.type = type, .key_size = key_size, .value_size = value_size,
		.max_entries = max_entries,
	};

	return minibpf_map_create(&opts);
}

static int elem(int cmd, int fd, const void *key, const void *value, uint64_t flags)
{
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = ADDRESS(key);
	attr.value = ADDRESS(value);
	attr.flags = flags;
	return call(cmd, &attr);
}

int minibpf_lookup_elem(int fd, const void *key, void *value)
{
	return elem(MINIBPF_MAP_LOOKUP_ELEM, fd, key, value, 0);
}

int minibpf_update_elem(int fd, const void *key, const void *value, uint64_t flags)
{
	return elem(MINIBPF_MAP_UPDATE_ELEM, fd, key, value, flags);
}

int minibpf_delete_elem(int fd, const void *key)
{
	return elem(MINIBPF_MAP_DELETE_ELEM, fd, key, NULL, 0);
}

int minibpf_get_next_key(int fd, const void *key, void *next_key)
{
	return elem(MINIBPF_MAP_GET_NEXT_KEY, fd, key, next_key, 0);
}

int minibpf_lookup_and_delete_elem(int fd, const void *key, void *value)
{
	return elem(MINIBPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, key, value, 0);
}

int minibpf_map_freeze(int fd)
{
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	return call(MINIBPF_MAP_FREEZE, &attr);
}

/* Whether there is room for any text; empties it. */
static bool start_log(struct minibpf_log *log)
{
	if (!log)
		return false;
	log->true_size = 0;
	if (!log->buf || !log->size)
		return false;
	log->buf[0] = 0;
	return true;
}

static int load(const struct minibpf_prog_opts *opts, const struct minibpf_btf *btf,
		uint32_t level)
{
	struct minibpf_log *log = opts->log;
	union minibpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = MINIBPF_PROG_TYPE_KPROBE;
	attr.insn_cnt = opts->nr_insns;
	attr.insns = ADDRESS(opts->insns);
	attr.license = ADDRESS(opts->license ? opts->license : "");
	copy_name(attr.prog_name, opts->name);
	attr.fd_array = ADDRESS(opts->fd_array);
	if (btf && btf->fd >= 0) {
		attr.prog_btf_fd = btf->fd;
		attr.func_info = ADDRESS(btf->funcs);
		attr.func_info_cnt = btf->nr;
		attr.func_info_rec_size = 8;
	}
	if (level) {
		attr.log_level = level;
		attr.log_buf = ADDRESS(log->buf);
		attr.log_size = log->size;
	}
	ret = call(MINIBPF_PROG_LOAD, &attr);
	if (level)
		log->true_size = attr.log_true_size;
	return ret;
}

int minibpf_load_program(const struct minibpf_prog_opts *opts, const struct minibpf_btf *btf)
{
	struct minibpf_log *log = opts->log;
	bool can_log = start_log(log);
	int ret, again;

	ret = load(opts, btf, can_log ? log->level : 0);
	if (ret >= 0 || !can_log || log->level)
		return ret;
	/* The text is wanted only now. A text that does not fit is another failure (ENOSPC). */
	again = load(opts, btf, 1);
	return again >= 0 ? again : ret;
}

int minibpf_prog_load(const struct minibpf_prog_opts *opts)
{
	return minibpf_load_program(opts, NULL);
}

static int load_ex(const void *elf, uint32_t size, const struct minibpf_map_fd_entry *maps,
		   uint32_t nr_maps, const char *name, struct minibpf_log *log, uint32_t level)
{
	union minibpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.elf_prog = ADDRESS(elf);
	attr.elf_size = size;
	attr.map_array = ADDRESS(maps);
	attr.map_array_len = nr_maps;
	attr.ex_prog_name = ADDRESS(name);
	if (level) {
		attr.ex_log_level = level;
		attr.ex_log_buf = ADDRESS(log->buf);
		attr.ex_log_size = log->size;
	}
	ret = call(MINIBPF_PROG_LOAD_EX, &attr);
	if (level)
		log->true_size = attr.ex_log_true_size;
	return ret;
}

int minibpf_prog_load_elf(const void *elf, uint32_t size,
			  const struct minibpf_map_fd_entry *maps, uint32_t nr_maps,
			  const char *name, struct minibpf_log *log)
{
	bool can_log = start_log(log);
	int ret, again;

	ret = load_ex(elf, size, maps, nr_maps, name, log, can_log ? log->level : 0);
	if (ret >= 0 || !can_log || log->level)
		return ret;
	again = load_ex(elf, size, maps, nr_maps, name, log, 1);
	return again >= 0 ? again : ret;
}

int minibpf_prog_load_ex(const void *elf, uint32_t size,
			 const struct minibpf_map_fd_entry *maps, uint32_t nr_maps)
{
	return minibpf_prog_load_elf(elf, size, maps, nr_maps, NULL, NULL);
}

int minibpf_prog_attach(const char *target, uint32_t len, int prog_fd)
{
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target = ADDRESS(target);
	attr.str_len = len;
	attr.prog_fd = prog_fd;
	return call(MINIBPF_PROG_ATTACH, &attr);
}

int minibpf_prog_detach(int prog_fd)
{
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_fd = prog_fd;
	return call(MINIBPF_PROG_DETACH, &attr);
}

int minibpf_prog_test_run(int prog_fd, struct minibpf_test_opts *opts)
{
	union minibpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog_fd;
	attr.test.ctx_in = ADDRESS(opts->ctx);
	attr.test.ctx_size_in = opts->ctx_size;
	attr.test.repeat = opts->repeat;
	ret = call(MINIBPF_PROG_TEST_RUN, &attr);
	opts->retval = attr.test.retval;
	opts->duration = attr.test.duration;
	return ret;
}

int minibpf_get_info(int fd, void *info, uint32_t *len)
{
	union minibpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info = ADDRESS(info);
	attr.info.info_len = *len;
	ret = call(MINIBPF_OBJ_GET_INFO_BY_FD, &attr);
	if (!ret)
		*len = attr.info.info_len;
	return ret;
}

int minibpf_get_next_id(enum minibpf_kind kind, uint32_t id, uint32_t *next)
{
	static const int cmds[] = {
		MINIBPF_PROG_GET_NEXT_ID, MINIBPF_MAP_GET_NEXT_ID, MINIBPF_LINK_GET_NEXT_ID,
	};
	union minibpf_attr attr;
	int ret;

	if (kind > MINIBPF_LINK)
		return -EINVAL;
	memset(&attr, 0, sizeof(attr));
	attr.start_id = id;
	ret = call(cmds[kind], &attr);
	if (!ret)
		*next = attr.next_id;
	return ret;
}

int minibpf_get_fd_by_id(enum minibpf_kind kind, uint32_t id)
{
	static const int cmds[] = {
		MINIBPF_PROG_GET_FD_BY_ID, MINIBPF_MAP_GET_FD_BY_ID, MINIBPF_LINK_GET_FD_BY_ID,
	};
	union minibpf_attr attr;

	if (kind > MINIBPF_LINK)
		return -EINVAL;
	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return call(cmds[kind], &attr);
}

/* Makes the folders that @path is in; what cannot be made shows when it is used. */
static void make_folders(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0700);
		*slash = '/';
	}
}

/*
 * bpf(2) pins at paths. The device does where one leads into a file system of pins, else at
 * names, for which any text will do; only of paths can it say that something is not there.
 */
static int pin_call(int cmd, int fd, const char *name)
{
	bool kernel = minibpf_backend() == MINIBPF_BACKEND_KERNEL;
	union minibpf_attr attr;
	char *path;
	int ret;

	if (asprintf(&path, "%s%s", kernel && *name != '/' ? BPFFS "/" : "", name) < 0)
		return -ENOMEM;
	memset(&attr, 0, sizeof(attr));
	attr.pathname = ADDRESS(path);
	attr.bpf_fd = fd;
	ret = call(cmd, &attr);
	if (ret == -ENOENT && cmd == MINIBPF_OBJ_PIN && fd >= 0 && *path) {
		make_folders(path);
		ret = call(cmd, &attr);
	}
	free(path);
	return ret;
}

int minibpf_pin(int fd, const char *name)
{
	return fd < 0 ? -EBADF : pin_call(MINIBPF_OBJ_PIN, fd, name);
}

int minibpf_unpin(const char *name)
{
	return pin_call(MINIBPF_OBJ_PIN, -1, name);
}

int minibpf_get_pinned(const char *name)
{
	return pin_call(MINIBPF_OBJ_GET, 0, name);
}

int minibpf_link_detach(int link_fd)
{
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = link_fd;
	return call(MINIBPF_LINK_DETACH, &attr);
}

int minibpf_kernel_btf(const void *btf, uint32_t size)
{
	union minibpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.kernel_btf.btf = ADDRESS(btf);
	attr.kernel_btf.size = size;
	return call(MINIBPF_KERNEL_BTF, &attr);
}

static int batch(int cmd, int fd, const void *in, void *out, const void *keys, const void *values,
		 uint32_t *count, uint64_t flags)
{
	union minibpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.batch.in_batch = ADDRESS(in);
	attr.batch.out_batch = ADDRESS(out);
	attr.batch.keys = ADDRESS(keys);
	attr.batch.values = ADDRESS(values);
	attr.batch.count = *count;
	attr.batch.map_fd = fd;
	attr.batch.elem_flags = flags;
	ret = call(cmd, &attr);
	*count = attr.batch.count;
	return ret;
}

int minibpf_map_lookup_batch(int fd, const void *in, void *out, void *keys, void *values,
			     uint32_t *count, uint64_t flags)
{
	return batch(MINIBPF_MAP_LOOKUP_BATCH, fd, in, out, keys, values, count, flags);
}

int minibpf_map_lookup_and_delete_batch(int fd, const void *in, void *out, void *keys,
					void *values, uint32_t *count, uint64_t flags)
{
	return batch(MINIBPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, in, out, keys, values, count, flags);
}

int minibpf_map_update_batch(int fd, const void *keys, const void *values, uint32_t *count,
			     uint64_t flags)
{
	return batch(MINIBPF_MAP_UPDATE_BATCH, fd, NULL, NULL, keys, values, count, flags);
}

int minibpf_map_delete_batch(int fd, const void *keys, uint32_t *count, uint64_t flags)
{
	return batch(MINIBPF_MAP_DELETE_BATCH, fd, NULL, NULL, keys, NULL, count, flags);
}
