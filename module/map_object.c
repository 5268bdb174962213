// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps as objects: creation, freezing, mmap(2), who may use a PROG_ARRAY. A
 * frozen map's values are constants to the verifier, so freezing excludes
 * every writer of the system call's side, mappings included.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat/vm_flags.h"
#include "core/map_ringbuf.h"
#include "ioctl.h"
#include "map_object.h"
#include "prog_object.h"

int mbpf_map_object_begin_write(struct mbpf_map_object *mo)
{
	return atomic_inc_unless_negative(&mo->writers) ? 0 : -EPERM;
}

void mbpf_map_object_end_write(struct mbpf_map_object *mo)
{
	atomic_dec(&mo->writers);
}

int mbpf_map_object_freeze(struct mbpf_map_object *mo)
{
	int writers = atomic_cmpxchg(&mo->writers, 0, MBPF_MAP_FROZEN);

	if (writers)
		return writers < 0 ? -EPERM : -EBUSY;
	WRITE_ONCE(mo->map->frozen, true);
	return 0;
}

int mbpf_map_object_claim(struct mbpf_map_object *mo, const struct mbpf_prog_object *prog)
{
	int err = 0;

	mutex_lock(&mo->owner_lock);
	if (!mo->owner_type) {
		mo->owner_type = prog->type;
		mo->owner_jited = mbpf_prog_jited(prog);
	} else if (mo->owner_type != prog->type || mo->owner_jited != mbpf_prog_jited(prog)) {
		err = -EINVAL;
	}
	mutex_unlock(&mo->owner_lock);
	return err;
}

int mbpf_map_access_mode(u32 flags)
{
	switch (flags & (MINIBPF_F_RDONLY | MINIBPF_F_WRONLY)) {
	case 0:
		return O_RDWR;
	case MINIBPF_F_RDONLY:
		return O_RDONLY;
	case MINIBPF_F_WRONLY:
		return O_WRONLY;
	default:
		return -EINVAL;
	}
}

static void mapping_open(struct vm_area_struct *vma)
{
	struct mbpf_map_object *mo = vma->vm_private_data;

	/* Copied from one that is counted, so the map is not frozen. */
	if (vma->vm_flags & VM_MAYWRITE)
		atomic_inc(&mo->writers);
}

static void mapping_close(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_MAYWRITE)
		mbpf_map_object_end_write(vma->vm_private_data);
}

/* The descriptor, which the mapping keeps open, keeps the map. */
static const struct vm_operations_struct mapping_ops = {
	.open = mapping_open,
	.close = mapping_close,
};

/* As remap_vmalloc_range(), for memory that vmalloc_user() has not made. */
static int map_pages(struct vm_area_struct *vma, void *area)
{
	unsigned long i;
	int err;

	for (i = 0; i < vma_pages(vma); i++) {
		err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
				     vmalloc_to_page(area + (vma->vm_pgoff + i) * PAGE_SIZE));
		if (err)
			return err;
	}
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

/*
 * What may be mapped how: an array's values; a ring buffer's first page, the
 * reader's, and read-only the rest.
 */
static int check_mapping(const struct mbpf_map *map, struct vm_area_struct *vma)
{
	switch (map->attr.type) {
	case MBPF_MAP_RINGBUF:
		if (vma->vm_flags & VM_WRITE && (vma->vm_pgoff || vma_pages(vma) != 1))
			return -EPERM;
		return 0;
	case MBPF_MAP_ARRAY:
		return 0;
	default:
		return -ENOTSUPP;
	}
}

static int map_mmap(struct mbpf_object *obj, struct vm_area_struct *vma)
{
	struct mbpf_map_object *mo = mbpf_map_object(obj);
	unsigned long pages = vma_pages(vma);
	bool write = vma->vm_flags & VM_WRITE;
	void *area;
	u64 size;
	int err;

	err = check_mapping(mo->map, vma);
	if (err)
		return err;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (write && READ_ONCE(mo->map->frozen))
		return -EPERM;
	/* Values that programs may not change are constants to them: no back door. */
	if (write && mo->map->attr.flags & MBPF_MAP_RDONLY_PROG)
		return -EACCES;
	area = mbpf_map_mmap_area(mo->map, &size);
	if (!area || vma->vm_pgoff > size >> PAGE_SHIFT ||
	    pages > (size >> PAGE_SHIFT) - vma->vm_pgoff)
		return -EINVAL;
	if (write) {
		err = mbpf_map_object_begin_write(mo);
		if (err)
			return err;
	}

	err = map_pages(vma, area);
	if (err) {
		if (write)
			mbpf_map_object_end_write(mo);
		return err;
	}
	/* mprotect() may not make of it what was not asked for here. */
	vm_flags_clear(vma, write ? VM_MAYEXEC : VM_MAYEXEC | VM_MAYWRITE);
	vma->vm_ops = &mapping_ops;
	vma->vm_private_data = mo;
	return 0;
}

static __poll_t map_poll(struct mbpf_object *obj, struct file *file, poll_table *wait)
{
	struct mbpf_map_object *mo = mbpf_map_object(obj);

	if (mo->map->attr.type != MBPF_MAP_RINGBUF)
		return EPOLLERR;
	poll_wait(file, &mo->readers, wait);
	return mbpf_ringbuf_available(mo->map) ? EPOLLIN | EPOLLRDNORM : 0;
}

void mbpf_os_ringbuf_wake(struct mbpf_map *map)
{
	wake_up_all(&mbpf_map_owner(map)->readers);
}

static void map_abandon(struct mbpf_object *obj)
{
	struct mbpf_map *map = mbpf_map_object(obj)->map;
	u32 i;

	for (i = 0; mbpf_map_is_fd_array(map) && i < map->attr.max_entries; i++) {
		mbpf_map_fd_delete(map, i);
		cond_resched();
	}
}

static void map_free(struct mbpf_object *obj)
{
	struct mbpf_map_object *mo = mbpf_map_object(obj);

	mbpf_map_destroy(mo->map);
	kfree(mo);
}

static void map_show_fdinfo(struct mbpf_object *obj, struct seq_file *seq)
{
	struct mbpf_map_object *mo = mbpf_map_object(obj);
	const struct mbpf_map_attr *attr = &mo->map->attr;

	seq_printf(seq, "map_type:\t%u\n", attr->type);
	seq_printf(seq, "key_size:\t%u\n", attr->key_size);
	seq_printf(seq, "value_size:\t%u\n", attr->value_size);
	seq_printf(seq, "max_entries:\t%u\n", attr->max_entries);
	seq_printf(seq, "map_flags:\t%#x\n", attr->flags);
	seq_puts(seq, "map_extra:\t0x0\n");
	seq_printf(seq, "memlock:\t%lld\n", (s64)atomic64_read(&mo->map->bytes));
	seq_printf(seq, "map_id:\t%u\n", obj->id);
	seq_printf(seq, "frozen:\t%u\n", READ_ONCE(mo->map->frozen));

	mutex_lock(&mo->owner_lock);
	if (mo->owner_type) {
		seq_printf(seq, "owner_prog_type:\t%u\n", mo->owner_type);
		seq_printf(seq, "owner_jited:\t%u\n", mo->owner_jited);
	}
	mutex_unlock(&mo->owner_lock);
}

static const struct mbpf_object_ops map_ops = {
	.kind = MBPF_KIND_MAP,
	.file_name = "bpf-map",
	.abandon = map_abandon,
	.free = map_free,
	.show_fdinfo = map_show_fdinfo,
	.mmap = map_mmap,
	.poll = map_poll,
};

struct mbpf_map_object *mbpf_map_object_create(const struct mbpf_map_attr *attr)
{
	struct mbpf_map_object *mo = kzalloc(sizeof(*mo), GFP_KERNEL_ACCOUNT);
	struct mbpf_map *map;
	int err;

	if (!mo)
		return ERR_PTR(-ENOMEM);
	map = mbpf_map_create(attr);
	if (IS_ERR(map)) {
		kfree(mo);
		return ERR_CAST(map);
	}
	mo->map = map;
	map->owner = mo;
	mutex_init(&mo->owner_lock);
	init_waitqueue_head(&mo->readers);
	mbpf_object_init(&mo->obj, &map_ops);
	err = mbpf_object_publish(&mo->obj);
	if (err) {
		mbpf_object_put_user(&mo->obj);
		return ERR_PTR(err);
	}
	return mo;
}

struct mbpf_map_object *mbpf_map_object_from_fd(u32 fd, fmode_t *mode)
{
	struct mbpf_object *obj = mbpf_object_from_fd(fd, MBPF_KIND_MAP, mode);

	return IS_ERR(obj) ? ERR_CAST(obj) : mbpf_map_object(obj);
}

int mbpf_cmd_map_create(struct mbpf_call *call)
{
	const union minibpf_attr *attr = &call->attr;
	struct mbpf_map_attr map_attr = {
		.type = attr->map_type,
		.key_size = attr->key_size,
		.value_size = attr->value_size,
		.max_entries = attr->max_entries,
		.flags = attr->map_flags,
	};
	struct mbpf_map_object *mo;
	int mode, fd, err;

	if (attr->inner_map_fd || attr->numa_node || attr->map_ifindex || attr->btf_fd ||
	    attr->btf_key_type_id || attr->btf_value_type_id)
		return -EINVAL;
	mode = mbpf_map_access_mode(attr->map_flags);
	if (mode < 0)
		return mode;
	err = mbpf_name_copy(map_attr.name, attr->map_name);
	if (err)
		return err;

	mo = mbpf_map_object_create(&map_attr);
	if (IS_ERR(mo))
		return PTR_ERR(mo);
	fd = mbpf_object_new_fd(&mo->obj, mode);
	if (fd < 0)
		mbpf_object_put_user(&mo->obj);
	return fd;
}
