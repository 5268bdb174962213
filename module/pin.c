// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins: names that keep objects when no process does. They live in a table of
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

struct pin {
	struct hlist_node node;
	struct mbpf_object *obj;	/* the pin is a user of it */
	char *name;
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

/* Takes over @name and @obj on success. */
static int add(char *name, struct mbpf_object *obj)
{
	struct pin *pin = kzalloc(sizeof(*pin), GFP_KERNEL_ACCOUNT);
	int err = 0;

	if (!pin)
		return -ENOMEM;
	pin->name = name;
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
	kfree(pin->name);
	kfree(pin);
	atomic_dec(&mbpf_live);
	module_put(THIS_MODULE);
	return 0;
}

int mbpf_cmd_obj_pin(struct mbpf_call *call)
{
	struct mbpf_object *obj;
	char *name;
	int err;

	if (call->attr.file_flags)
		return -EINVAL;
	name = copy_name(&call->attr);
	if (IS_ERR(name))
		return PTR_ERR(name);
	if (call->attr.bpf_fd == U32_MAX) {
		err = remove(name);
		kfree(name);
		return err;
	}
	obj = mbpf_object_from_fd(call->attr.bpf_fd, MBPF_NR_KINDS, NULL);
	err = PTR_ERR_OR_ZERO(obj);
	if (!err) {
		err = obj->ops->kind == MBPF_KIND_EVENT ? -EINVAL : add(name, obj);
		if (err)
			mbpf_object_put_user(obj);
	}
	if (err)
		kfree(name);
	return err;
}

int mbpf_cmd_obj_get(struct mbpf_call *call)
{
	struct mbpf_object *obj = NULL;
	struct pin *pin;
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
	mutex_lock(&pins_lock);
	pin = find(name);
	if (pin) {
		obj = pin->obj;
		mbpf_object_get_user(obj);
	}
	mutex_unlock(&pins_lock);
	kfree(name);
	if (!obj)
		return -ENOENT;

	/* Only maps can be opened for less than everything. */
	fd = mode != O_RDWR && obj->ops->kind != MBPF_KIND_MAP ? -EINVAL :
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
