// SPDX-License-Identifier: GPL-2.0-only
/*
 * PROG_LOAD_EX: a program from an ELF object. Maps that the caller names by
 * descriptor are taken, the others that the program needs are made; the
 * program alone keeps them.
 */
#include <linux/ctype.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "core/elf.h"
#include "load.h"
#include "map_object.h"

#define MAX_SIZE (16u << 20)	/* bytes of an object */

/* An object under way. */
struct load_ex {
	struct mbpf_elf *elf;
	struct mbpf_map_object **maps;	/* of elf->maps; users of them, or NULL */
	struct mbpf_log *log;
	u32 prog;			/* index into elf->progs */
};

static void *copy_object(const union minibpf_attr *attr)
{
	void *bytes;

	if (!attr->elf_size)
		return ERR_PTR(-EINVAL);
	if (attr->elf_size > MAX_SIZE)
		return ERR_PTR(-E2BIG);
	bytes = kvmalloc(attr->elf_size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!bytes)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(bytes, u64_to_user_ptr(attr->elf_prog), attr->elf_size)) {
		kvfree(bytes);
		return ERR_PTR(-EFAULT);
	}
	return bytes;
}

/* Takes the map that one entry of the caller's array names. */
static int take_map(struct load_ex *l, const struct minibpf_map_fd_entry *entry)
{
	struct mbpf_map_object *mo;
	char *name;
	int index;

	if (entry->pad)
		return -EINVAL;
	name = strndup_user(u64_to_user_ptr(entry->name), MBPF_ELF_MAX_NAME);
	if (IS_ERR(name))
		return PTR_ERR(name);
	index = mbpf_elf_find_map(l->elf, name);
	if (index < 0)
		mbpf_log_printf(l->log, "map_array: the object has no map %s\n", name);
	kfree(name);
	if (index < 0)
		return index;
	if (l->maps[index])
		return -EEXIST;
	mo = mbpf_map_object_from_fd(entry->fd, NULL);
	if (IS_ERR(mo)) {
		mbpf_log_printf(l->log, "map_array: descriptor %d of map %s is no map\n",
				entry->fd, l->elf->maps[index].name);
		return PTR_ERR(mo);
	}
	l->maps[index] = mo;
	return 0;
}

static int take_maps(struct load_ex *l, const union minibpf_attr *attr)
{
	const struct minibpf_map_fd_entry __user *entries = u64_to_user_ptr(attr->map_array);
	struct minibpf_map_fd_entry entry;
	u32 i;
	int err;

	if (attr->map_array_len > MBPF_ELF_MAX_MAPS)
		return -E2BIG;
	for (i = 0; i < attr->map_array_len; i++) {
		if (copy_from_user(&entry, &entries[i], sizeof(entry)))
			return -EFAULT;
		err = take_map(l, &entry);
		if (err)
			return err;
	}
	return 0;
}

static int make_map(struct load_ex *l, u32 index)
{
	const struct mbpf_elf_map *def = &l->elf->maps[index];
	struct mbpf_map_attr attr = def->attr;
	struct mbpf_map_object *mo;
	u32 key = 0;
	int err = 0;

	if (def->is_extern) {
		mbpf_log_printf(l->log,
				"map %s: only declared in the object: pass a descriptor for it in map_array\n",
				def->name);
		return -ENOENT;
	}
	/* As libbpf does: sources leave it to the loader. */
	if (attr.type == MBPF_MAP_PERF_EVENT_ARRAY && !attr.max_entries)
		attr.max_entries = num_possible_cpus();
	mo = mbpf_map_object_create(&attr);
	if (IS_ERR(mo)) {
		mbpf_log_printf(l->log, "map %s: type %u cannot be created (error %ld)\n",
				def->name, def->attr.type, -PTR_ERR(mo));
		return PTR_ERR(mo);
	}
	l->maps[index] = mo;
	if (def->data)
		err = mbpf_map_sys_update(mo->map, &key, def->data, MBPF_ANY);
	if (!err && def->frozen)
		err = mbpf_map_object_freeze(mo);
	return err;
}

static int make_maps(struct load_ex *l)
{
	u32 i;
	int err;

	for (i = 0; i < l->elf->nr_slots; i++) {
		const struct mbpf_elf_map *def = &l->elf->maps[l->elf->slots[i].map];

		if (def->used && !l->maps[l->elf->slots[i].map]) {
			mbpf_log_printf(l->log,
					"map %s: has initial programs, which only a loader in user space fills in\n",
					def->name);
			return -EOPNOTSUPP;
		}
	}
	for (i = 0; i < l->elf->nr_maps; i++) {
		if (!l->elf->maps[i].used || l->maps[i])
			continue;
		err = make_map(l, i);
		if (err)
			return err;
	}
	return 0;
}

/* mbpf_map_source.get: by index into the object's maps. */
static struct mbpf_map *get_map(void *priv, int index, bool is_index)
{
	struct load_ex *l = priv;

	if (!is_index || index < 0 || index >= l->elf->nr_maps || !l->maps[index])
		return ERR_PTR(-EINVAL);
	mbpf_object_get(&l->maps[index]->obj);
	return l->maps[index]->map;
}

/* mbpf_prog_source.find_line */
static bool find_line(void *priv, u32 insn, struct mbpf_source_line *line)
{
	struct load_ex *l = priv;

	return mbpf_elf_find_line(l->elf, l->prog, insn, line);
}

/* An ELF symbol as the name of a program: cut, and odd characters replaced. */
static void make_name(char *to, const char *symbol)
{
	u32 i;

	for (i = 0; i < MINIBPF_OBJ_NAME_LEN - 1 && symbol[i]; i++)
		to[i] = isascii(symbol[i]) && isalnum(symbol[i]) ? symbol[i] : '_';
}

static struct mbpf_prog_object *load_prog(struct load_ex *l, const union minibpf_attr *attr,
					  const char *name)
{
	struct mbpf_map_source maps = {
		.get = get_map,
		.put = mbpf_prog_put_map,
		.priv = l,
	};
	struct mbpf_prog_source src = {
		.type = MINIBPF_PROG_TYPE_KPROBE,
		.license = l->elf->license,
		.maps = &maps,
		.find_line = find_line,
		.line_priv = l,
	};
	struct mbpf_prog_object *po;
	int index, err;

	index = mbpf_elf_find_prog(l->elf, name, l->log);
	if (index < 0)
		return ERR_PTR(index);
	err = mbpf_elf_link(l->elf, index, l->log);
	if (!err)
		err = take_maps(l, attr);
	if (!err)
		err = make_maps(l);
	if (err)
		return ERR_PTR(err);
	l->prog = index;
	src.nr = l->elf->progs[index].nr;
	make_name(src.name, l->elf->progs[index].name);
	swap(src.insns, l->elf->progs[index].insns);
	po = mbpf_prog_object_create(&src, l->log);
	kvfree(src.insns);
	return po;
}

static struct mbpf_prog_object *load_object(const union minibpf_attr *attr, const void *bytes,
					    const char *name, struct mbpf_log *log)
{
	struct load_ex l = { .log = log };
	struct mbpf_prog_object *po;
	u32 i;

	l.elf = mbpf_elf_open(bytes, attr->elf_size, log);
	if (IS_ERR(l.elf))
		return ERR_CAST(l.elf);
	l.maps = kvcalloc(l.elf->nr_maps + 1, sizeof(*l.maps), GFP_KERNEL_ACCOUNT);
	po = l.maps ? load_prog(&l, attr, name) : ERR_PTR(-ENOMEM);
	for (i = 0; l.maps && i < l.elf->nr_maps; i++)
		if (l.maps[i])
			mbpf_object_put_user(&l.maps[i]->obj);
	kvfree(l.maps);
	mbpf_elf_close(l.elf);
	return po;
}

static struct mbpf_prog_object *load(const union minibpf_attr *attr, struct mbpf_log *log)
{
	struct mbpf_prog_object *po;
	char *name = NULL;
	void *bytes;

	if (attr->ex_prog_name) {
		name = strndup_user(u64_to_user_ptr(attr->ex_prog_name), MBPF_ELF_MAX_NAME);
		if (IS_ERR(name))
			return ERR_CAST(name);
	}
	bytes = copy_object(attr);
	po = IS_ERR(bytes) ? ERR_CAST(bytes) : load_object(attr, bytes, name, log);
	if (!IS_ERR(bytes))
		kvfree(bytes);
	kfree(name);
	return po;
}

int mbpf_cmd_prog_load_ex(struct mbpf_call *call)
{
	const union minibpf_attr *attr = &call->attr;
	struct mbpf_load_log log;
	int err;

	if (attr->ex_flags)
		return -EINVAL;
	err = mbpf_load_log_begin(&log, attr->ex_log_level, attr->ex_log_size, attr->ex_log_buf,
				  offsetof(union minibpf_attr, ex_log_true_size));
	if (err)
		return err;
	return mbpf_load_finish(call, &log, load(attr, &log.log));
}
