// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins: names that keep objects when no process does. Those that are paths
 * into the file system of pins are files there. All others live in a table of
 * the module, whatever text they are. Each holds the module too, which can
 * only be removed when all are gone.
 */
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringhash.h>

#include "ioctl.h"
#include "map_object.h"
#include "object.h"
#include "pin.h"
#include "pin_path.h"

struct pin {
	struct hlist_node node;
	struct mbpf_object *obj;	/* the pin is a user of it */
	char name[];
};

static DEFINE_HASHTABLE(pins, 6);	/* protected by pins_lock */
static DEFINE_MUTEX(pins_lock);

static u32 hash(const char *name)
{
	return full_name_hash(NULL, name, strlen(name));
}

static struct pin *find(const char *name)
{
	struct pin *pin;

	lockdep_assert_held(&pins_lock);
	hash_for_each_possible(pins, pin, node, hash(name))
		if (!strcmp(pin->name, name))
			return pin;
	return NULL;
}

static char *copy_name(const union minibpf_attr *attr)
{
	char *name = strndup_user(u64_to_user_ptr(attr->pathname), PATH_MAX);

	if (IS_ERR(name))
		return name == ERR_PTR(-EINVAL) ? ERR_PTR(-ENAMETOOLONG) : name;
	if (*name)
		return name;
	kfree(name);
	return ERR_PTR(-ENOENT);
}

/* Takes over @obj on success. */
static int add(const char *name, struct mbpf_object *obj)
{
	size_t size = strlen(name) + 1;
	struct pin *pin = kzalloc(struct_size(pin, name, size), GFP_KERNEL_ACCOUNT);
	int err = 0;

	if (!pin)
		return -ENOMEM;
	memcpy(pin->name, name, size);
	pin->obj = obj;
	mutex_lock(&pins_lock);
	if (find(name))
		err = -EEXIST;
	else
		hash_add(pins, &pin->node, hash(name));
	mutex_unlock(&pins_lock);
	if (err) {
		kfree(pin);
		return err;
	}
	/* The caller came through a descriptor that holds the module. */
	__module_get(THIS_MODULE);
	atomic_inc(&mbpf_live);
	return 0;
}

static int remove(const char *name)
{
	struct pin *pin;

	mutex_lock(&pins_lock);
	pin = find(name);
	if (pin)
		hash_del(&pin->node);
	mutex_unlock(&pins_lock);
	if (!pin)
		return -ENOENT;
	mbpf_object_put_user(pin->obj);
	kfree(pin);
	atomic_dec(&mbpf_live);
	module_put(THIS_MODULE);
	return 0;
}

static int pin_fd(u32 fd, const char *name, bool is_file)
{
	struct mbpf_object *obj = mbpf_object_from_fd(fd, MBPF_NR_KINDS, NULL);
	int err;

	if (IS_ERR(obj))
		return -EINVAL;		/* as in-tree, for what is no descriptor, too */
	if (obj->ops->kind == MBPF_KIND_EVENT || obj->ops->kind == MBPF_KIND_BTF)
		err = -EINVAL;
	else if (is_file)
		err = mbpf_pin_path_add(name, obj);
	else
		err = add(name, obj);
	if (err)
		mbpf_object_put_user(obj);
	return err;
}

int mbpf_cmd_obj_pin(struct mbpf_call *call)
{
	char *name;
	int ret;

	if (call->attr.file_flags)
		return -EINVAL;
	name = copy_name(&call->attr);
	if (IS_ERR(name))
		return PTR_ERR(name);
	ret = mbpf_pin_path_leads_in(name);
	if (ret >= 0 && call->attr.bpf_fd != U32_MAX)
		ret = pin_fd(call->attr.bpf_fd, name, ret);
	else if (ret >= 0)
		ret = ret ? mbpf_pin_path_remove(name) : remove(name);
	kfree(name);
	return ret;
}

static struct mbpf_object *get(const char *name, int mode)
{
	struct mbpf_object *obj = mbpf_pin_path_get(name, mode);
	struct pin *pin;

	if (obj)
		return obj;
	mutex_lock(&pins_lock);
	pin = find(name);
	if (pin) {
		obj = pin->obj;
		mbpf_object_get_user(obj);
	}
	mutex_unlock(&pins_lock);
	return obj ? obj : ERR_PTR(-ENOENT);
}

int mbpf_cmd_obj_get(struct mbpf_call *call)
{
	struct mbpf_object *obj;
	char *name;
	int mode, fd;

	if (call->attr.bpf_fd ||
	    call->attr.file_flags & ~(MINIBPF_F_RDONLY | MINIBPF_F_WRONLY))
		return -EINVAL;
	mode = mbpf_map_access_mode(call->attr.file_flags);
	if (mode < 0)
		return mode;
	name = copy_name(&call->attr);
	if (IS_ERR(name))
		return PTR_ERR(name);
	obj = get(name, mode);
	kfree(name);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	/* As in-tree: only maps can be used for less than everything, links not even be had. */
	if (obj->ops->kind == MBPF_KIND_PROG)
		mode = O_RDWR;
	fd = mode != O_RDWR && obj->ops->kind == MBPF_KIND_LINK ? -EINVAL :
								  mbpf_object_new_fd(obj, mode);
	if (fd < 0)
		mbpf_object_put_user(obj);
	return fd;
}

void mbpf_pin_show(struct seq_file *seq)
{
	static const char * const kinds[] = {
		[MBPF_KIND_MAP] = "map", [MBPF_KIND_PROG] = "prog", [MBPF_KIND_LINK] = "link",
	};
	struct pin *pin;
	int bucket;

	mutex_lock(&pins_lock);
	hash_for_each(pins, bucket, pin, node) {
		seq_printf(seq, "pin:\t%s %u ", kinds[pin->obj->ops->kind], pin->obj->id);
		seq_escape(seq, pin->name, "\\\n");
		seq_putc(seq, '\n');
	}
	mutex_unlock(&pins_lock);
}
