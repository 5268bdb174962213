// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * Objects: what clang made of a C file, on its way into the system. Reading
 * them is module/core/elf*.c, the same files that the module uses.
 */
#include "../../module/core/elf.h"
#include "../../module/core/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/**
 * struct map - a map of an object
 * @fd: descriptor, or -1
 * @data: what it will hold first, or NULL
 */
struct map {
	int fd;
	void *data;
};

struct program {
	int fd;
	bool autoload;
	struct minibpf_link *link;
};

/**
 * struct minibpf_object - an object
 * @bytes: of the file
 * @elf: what was found in them
 * @maps: one for each of @elf's
 * @programs: one for each of @elf's
 * @loaded: minibpf_object_load() was successful
 * @used_only: maps that no program uses are not created
 */
struct minibpf_object {
	void *bytes;
	struct mbpf_elf *elf;
	struct map *maps;
	struct program *programs;
	bool loaded;
	bool used_only;
};

/* Text of the loader, on its way to the user. */
static void give_text(struct mbpf_log *from, struct minibpf_log *to)
{
	const char *text;
	uint32_t len;

	if (to && to->buf && to->size && !mbpf_log_finish(from, &text, &len) && len) {
		to->buf[0] = 0;
		to->true_size = 0;
		minibpf_log_set(to, text);
	}
	mbpf_log_deinit(from);
}

static void start_text(struct mbpf_log *log)
{
	mbpf_log_init(log, 1, 65536);
}

/* Takes @bytes, also if it fails. */
static int open_bytes(void *bytes, size_t size, struct minibpf_log *log,
		      struct minibpf_object **result)
{
	struct minibpf_object *obj;
	struct mbpf_log text;
	int ret = -ENOMEM;
	uint32_t i;

	obj = calloc(1, sizeof(*obj));
	if (!obj) {
		free(bytes);
		return -ENOMEM;
	}
	obj->bytes = bytes;
	start_text(&text);
	obj->elf = mbpf_elf_open(bytes, size, &text);
	give_text(&text, log);
	if (IS_ERR(obj->elf)) {
		ret = PTR_ERR(obj->elf);
		obj->elf = NULL;
		goto err;
	}
	obj->maps = calloc(obj->elf->nr_maps + 1, sizeof(*obj->maps));
	obj->programs = calloc(obj->elf->nr_progs + 1, sizeof(*obj->programs));
	if (!obj->maps || !obj->programs)
		goto err;
	for (i = 0; i < obj->elf->nr_maps; i++)
		obj->maps[i].fd = -1;
	for (i = 0; i < obj->elf->nr_progs; i++) {
		obj->programs[i].fd = -1;
		/* as libbpf has it: SEC("?kprobe/x") is loaded only on demand */
		obj->programs[i].autoload = obj->elf->progs[i].section[0] != '?';
	}
	for (i = 0; i < obj->elf->nr_maps; i++) {
		const struct mbpf_elf_map *m = &obj->elf->maps[i];

		if (!m->is_data)
			continue;
		obj->maps[i].data = calloc(1, m->attr.value_size);
		if (!obj->maps[i].data)
			goto err;
		if (m->data)
			memcpy(obj->maps[i].data, m->data, m->attr.value_size);
	}
	*result = obj;
	return 0;
err:
	minibpf_object_close(obj);
	return ret;
}

int minibpf_object_open_mem(const void *bytes, size_t size, struct minibpf_log *log,
			    struct minibpf_object **obj)
{
	void *copy = malloc(size ? size : 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, size);
	return open_bytes(copy, size, log, obj);
}

static int read_all(int fd, void **bytes, size_t *size)
{
	struct stat st;
	ssize_t n;
	size_t at;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > MBPF_ELF_MAX_SIZE)
		return -E2BIG;
	*size = st.st_size;
	*bytes = malloc(*size + 1);
	if (!*bytes)
		return -ENOMEM;
	for (at = 0; at < *size; at += n) {
		n = read(fd, (char *)*bytes + at, *size - at);
		if (n <= 0) {
			n = n ? -errno : -EIO;
			free(*bytes);
			return n;
		}
	}
	return 0;
}

int minibpf_object_open(const char *path, struct minibpf_log *log, struct minibpf_object **obj)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	void *bytes = NULL;
	size_t size = 0;

	if (fd < 0)
		return -errno;
	ret = read_all(fd, &bytes, &size);
	close(fd);
	return ret ? ret : open_bytes(bytes, size, log, obj);
}

static void unload(struct minibpf_object *obj)
{
	uint32_t i;

	for (i = 0; obj->programs && i < obj->elf->nr_progs; i++) {
		minibpf_link_close(obj->programs[i].link);
		obj->programs[i].link = NULL;
		if (obj->programs[i].fd >= 0)
			close(obj->programs[i].fd);
		obj->programs[i].fd = -1;
	}
	for (i = 0; obj->maps && i < obj->elf->nr_maps; i++) {
		if (obj->maps[i].fd >= 0)
			close(obj->maps[i].fd);
		obj->maps[i].fd = -1;
	}
}

void minibpf_object_close(struct minibpf_object *obj)
{
	uint32_t i;

	if (!obj)
		return;
	if (obj->elf) {
		unload(obj);
		for (i = 0; obj->maps && i < obj->elf->nr_maps; i++)
			free(obj->maps[i].data);
	}
	mbpf_elf_close(obj->elf);
	free(obj->maps);
	free(obj->programs);
	free(obj->bytes);
	free(obj);
}

static void map_opts(const struct mbpf_elf_map *m, struct minibpf_map_opts *opts)
{
	*opts = (struct minibpf_map_opts){
		.type = m->attr.type, .key_size = m->attr.key_size,
		.value_size = m->attr.value_size, .max_entries = m->attr.max_entries,
		.flags = m->attr.flags, .name = m->attr.name,
	};
	/* As libbpf does: sources leave it to the loader. */
	if (opts->type == MINIBPF_MAP_TYPE_PERF_EVENT_ARRAY && !opts->max_entries)
		opts->max_entries = minibpf_nr_cpus();
}

/* A pinned map that is what @opts says, or -errno. */
static int reuse_pinned(const char *name, const struct minibpf_map_opts *opts)
{
	struct minibpf_map_info info;
	uint32_t len = sizeof(info);
	int fd = minibpf_get_pinned(name), ret;

	if (fd < 0)
		return fd;
	memset(&info, 0, sizeof(info));
	ret = minibpf_get_info(fd, &info, &len);
	if (!ret && (info.type != opts->type || info.key_size != opts->key_size ||
		     info.value_size != opts->value_size ||
		     info.max_entries != opts->max_entries || info.map_flags != opts->flags))
		ret = -EEXIST;
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int create_map(struct minibpf_object *obj, uint32_t i)
{
	const struct mbpf_elf_map *m = &obj->elf->maps[i];
	struct minibpf_map_opts opts;
	uint32_t zero = 0;
	int fd, ret = 0;

	map_opts(m, &opts);
	if (m->pin_by_name) {
		fd = reuse_pinned(m->name, &opts);
		if (fd != -ENOENT)
			return obj->maps[i].fd = fd;
	}
	fd = minibpf_map_create(&opts);
	if (fd < 0)
		return fd;
	if (m->is_data)
		ret = minibpf_update_elem(fd, &zero, obj->maps[i].data, 0);
	if (!ret && m->frozen)
		ret = minibpf_map_freeze(fd);
	if (!ret && m->pin_by_name)
		ret = minibpf_pin(fd, m->name);
	if (ret) {
		close(fd);
		return ret;
	}
	obj->maps[i].fd = fd;
	return 0;
}

static int create_maps(struct minibpf_object *obj, struct mbpf_log *log)
{
	uint32_t i;
	int ret;

	for (i = 0; i < obj->elf->nr_maps; i++) {
		const struct mbpf_elf_map *m = &obj->elf->maps[i];
		bool declared = !m->is_data && !m->is_extern && !obj->used_only;

		if (obj->maps[i].fd >= 0 || (!m->used && !declared))
			continue;
		if (m->is_extern) {
			mbpf_log_printf(log, "map %s is extern: it must be given a descriptor\n",
					m->name);
			return -ENOENT;
		}
		ret = create_map(obj, i);
		if (ret < 0) {
			mbpf_log_printf(log, "map %s cannot be created: %s\n", m->name,
					strerror(-ret));
			return ret;
		}
	}
	return 0;
}

/* A copy of the program in which maps are descriptors. */
static struct mbpf_insn *resolve(const struct minibpf_object *obj,
				 const struct mbpf_elf_prog *prog, bool *callbacks)
{
	struct mbpf_insn *insns = malloc(prog->nr * sizeof(*insns));
	uint32_t i;

	*callbacks = false;
	if (!insns)
		return NULL;
	memcpy(insns, prog->insns, prog->nr * sizeof(*insns));
	for (i = 0; i < prog->nr; i += mbpf_insn_slots(&insns[i])) {
		if (!mbpf_insn_is_lddw(&insns[i]))
			continue;
		if (insns[i].src == MBPF_PSEUDO_MAP_IDX)
			insns[i].src = MBPF_PSEUDO_MAP_FD;
		else if (insns[i].src == MBPF_PSEUDO_MAP_IDX_VALUE)
			insns[i].src = MBPF_PSEUDO_MAP_VALUE;
		else if (insns[i].src == MBPF_PSEUDO_FUNC)
			*callbacks = true;
		else
			continue;
		if (insns[i].src != MBPF_PSEUDO_FUNC)
			insns[i].imm = obj->maps[insns[i].imm].fd;
	}
	return insns;
}

static void name_of(const char *from, char *to)
{
	int i;

	for (i = 0; i < MBPF_NAME_LEN - 1 && from[i]; i++) {
		char c = from[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '_' || c == '.';

		to[i] = ok ? c : '_';
	}
	to[i] = 0;
}

static int load_program(struct minibpf_object *obj, uint32_t i, struct minibpf_log *log)
{
	const struct mbpf_elf_prog *prog = &obj->elf->progs[i];
	struct minibpf_btf btf = { .fd = -1 };
	char name[MBPF_NAME_LEN], text[256];
	struct minibpf_prog_opts opts = {
		.nr_insns = prog->nr, .license = obj->elf->license, .name = name, .log = log,
	};
	struct mbpf_insn *insns;
	bool callbacks;
	int fd;

	insns = resolve(obj, prog, &callbacks);
	if (!insns)
		return -ENOMEM;
	name_of(prog->name, name);
	opts.insns = insns;
	/* bpf(2) wants to know the types of callbacks; without them it says so */
	if (callbacks && minibpf_backend() == MINIBPF_BACKEND_KERNEL)
		minibpf_btf_load(obj->elf, i, &btf);
	fd = minibpf_load_program(&opts, &btf);
	minibpf_btf_unload(&btf);
	free(insns);
	if (fd < 0) {
		minibpf_log_quote(log, obj->elf, i);
		snprintf(text, sizeof(text), "program %.128s: %s\n", prog->name, strerror(-fd));
		minibpf_log_set(log, text);
		return fd;
	}
	obj->programs[i].fd = fd;
	return 0;
}

static int fill_slots(struct minibpf_object *obj)
{
	uint32_t i;
	int ret;

	for (i = 0; i < obj->elf->nr_slots; i++) {
		const struct mbpf_elf_slot *s = &obj->elf->slots[i];

		if (obj->programs[s->prog].fd < 0 || obj->maps[s->map].fd < 0)
			continue;
		ret = minibpf_update_elem(obj->maps[s->map].fd, &s->slot,
					  &obj->programs[s->prog].fd, 0);
		if (ret)
			return ret;
	}
	return 0;
}

int minibpf_object_load(struct minibpf_object *obj, struct minibpf_log *log)
{
	struct mbpf_log text;
	uint32_t i;
	int ret = 0;

	if (obj->loaded)
		return -EBUSY;
	start_text(&text);
	for (i = 0; !ret && i < obj->elf->nr_progs; i++)
		if (obj->programs[i].autoload)
			ret = mbpf_elf_link(obj->elf, i, &text);
	if (!ret)
		ret = create_maps(obj, &text);
	give_text(&text, log);
	for (i = 0; !ret && i < obj->elf->nr_progs; i++)
		if (obj->programs[i].autoload)
			ret = load_program(obj, i, log);
	if (!ret)
		ret = fill_slots(obj);
	if (ret)
		unload(obj);
	obj->loaded = !ret;
	return ret;
}

static int attach_program(struct minibpf_object *obj, uint32_t i)
{
	static const struct {
		const char *prefix;
		uint32_t flags;
	} kinds[] = {
		{ "kprobe/", 0 }, { "kretprobe/", MINIBPF_RETURN },
	};
	const char *section = obj->elf->progs[i].section, *target;
	struct program *p = &obj->programs[i];
	uint32_t k;
	int ret;

	section += *section == '?';
	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		size_t len = strlen(kinds[k].prefix);

		if (p->fd < 0 || p->link || strncmp(section, kinds[k].prefix, len))
			continue;
		target = section + len;
		ret = minibpf_link_kprobe(p->fd, &target, 1, kinds[k].flags, &p->link);
		return ret ? ret : 1;
	}
	return 0;
}

int minibpf_object_attach(struct minibpf_object *obj)
{
	int ret = 0, nr = 0;
	uint32_t i;

	if (!obj->loaded)
		return -EINVAL;
	for (i = 0; i < obj->elf->nr_progs && ret >= 0; i++) {
		ret = attach_program(obj, i);
		nr += ret > 0;
	}
	if (ret >= 0)
		return nr;
	for (i = 0; i < obj->elf->nr_progs; i++) {
		minibpf_link_close(obj->programs[i].link);
		obj->programs[i].link = NULL;
	}
	return ret;
}

int minibpf_object_nr_programs(const struct minibpf_object *obj)
{
	return obj->elf->nr_progs;
}

int minibpf_object_nr_maps(const struct minibpf_object *obj)
{
	return obj->elf->nr_maps;
}

int minibpf_object_find_program(const struct minibpf_object *obj, const char *name)
{
	return name && *name ? mbpf_elf_find_prog(obj->elf, name, NULL) : -ENOENT;
}

int minibpf_object_find_map(const struct minibpf_object *obj, const char *name)
{
	return name ? mbpf_elf_find_map(obj->elf, name) : -ENOENT;
}

int minibpf_object_program(const struct minibpf_object *obj, int nr,
			   struct minibpf_object_program *program)
{
	if (nr < 0 || (uint32_t)nr >= obj->elf->nr_progs)
		return -ENOENT;
	*program = (struct minibpf_object_program){
		.name = obj->elf->progs[nr].name, .section = obj->elf->progs[nr].section,
		.fd = obj->programs[nr].fd, .link = obj->programs[nr].link,
	};
	return 0;
}

int minibpf_object_map(const struct minibpf_object *obj, int nr, struct minibpf_object_map *map)
{
	if (nr < 0 || (uint32_t)nr >= obj->elf->nr_maps)
		return -ENOENT;
	map->name = obj->elf->maps[nr].name;
	map->fd = obj->maps[nr].fd;
	map_opts(&obj->elf->maps[nr], &map->opts);
	return 0;
}

int minibpf_object_set_autoload(struct minibpf_object *obj, int nr, bool on)
{
	if (nr < 0 || (uint32_t)nr >= obj->elf->nr_progs)
		return -ENOENT;
	obj->programs[nr].autoload = on;
	return 0;
}

void minibpf_object_set_used_only(struct minibpf_object *obj)
{
	obj->used_only = true;
}

int minibpf_object_set_map(struct minibpf_object *obj, int nr, int fd)
{
	int copy;

	if (nr < 0 || (uint32_t)nr >= obj->elf->nr_maps)
		return -ENOENT;
	if (obj->loaded)
		return -EBUSY;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return -errno;
	if (obj->maps[nr].fd >= 0)
		close(obj->maps[nr].fd);
	obj->maps[nr].fd = copy;
	return 0;
}

int minibpf_object_data(struct minibpf_object *obj, int nr, void **data, uint32_t *size)
{
	if (nr < 0 || (uint32_t)nr >= obj->elf->nr_maps)
		return -ENOENT;
	if (!obj->maps[nr].data)
		return -EINVAL;
	*data = obj->maps[nr].data;
	*size = obj->elf->maps[nr].attr.value_size;
	return 0;
}
