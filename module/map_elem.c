// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands on a map's elements. Keys and values are copied to and from
 * kernel buffers here, outside of any lock or RCU section; nothing is written
 * to user memory unless the command succeeds.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "map_object.h"

#define SMALL_KEY	64	/* bytes that need no allocation */
#define SMALL_VALUE	128

/**
 * struct access - one command under way on a map
 * @fd: the map's descriptor, which keeps it
 * @mo: the map
 * @map: likewise
 * @key: the key, copied in
 * @value: room for what goes in besides or comes out, or NULL
 * @value_size: bytes of a value in user memory
 * @writes: it is counted as a writer
 * @small_key: what @key points to if that is large enough
 * @small_value: the same for @value
 */
struct access {
	struct fd fd;
	struct mbpf_map_object *mo;
	struct mbpf_map *map;
	void *key;
	void *value;
	u64 value_size;
	bool writes;
	u64 small_key[SMALL_KEY / 8];
	u64 small_value[SMALL_VALUE / 8];
};

/* Silent when a value is too large for the memory there is. */
static void *get_buffer(u64 size, void *small, u64 small_size)
{
	return likely(size <= small_size) ? small : kvmalloc(size, GFP_USER | __GFP_NOWARN);
}

static void put_buffer(void *buffer, const void *small)
{
	if (unlikely(buffer != small))
		kvfree(buffer);
}

/*
 * Sizes that are one access take none of the checks that are made of others,
 * which cost more than the copy.
 */
static bool copy_in(void *to, u64 from, u64 size)
{
	if (size == 4 && !(from & 3))
		return !get_user(*(u32 *)to, (u32 __user *)u64_to_user_ptr(from));
	if (size == 8 && !(from & 7))
		return !get_user(*(u64 *)to, (u64 __user *)u64_to_user_ptr(from));
	return !copy_from_user(to, u64_to_user_ptr(from), size);
}

static int copy_out(u64 to, const void *from, u64 size)
{
	if (size == 4 && !(to & 3))
		return put_user(*(const u32 *)from, (u32 __user *)u64_to_user_ptr(to));
	if (size == 8 && !(to & 7))
		return put_user(*(const u64 *)from, (u64 __user *)u64_to_user_ptr(to));
	return copy_to_user(u64_to_user_ptr(to), from, size) ? -EFAULT : 0;
}

static int key_in(struct access *a, u64 from)
{
	u32 size = a->map->attr.key_size;

	/* Of a map without keys none may be given. */
	if (!size && from)
		return -EINVAL;
	a->key = get_buffer(size, a->small_key, SMALL_KEY);
	if (!a->key)
		return -ENOMEM;
	if (copy_in(a->key, from, size))
		return 0;
	put_buffer(a->key, a->small_key);
	return -EFAULT;
}

/*
 * Opens the map of the call for @mode and brings in its key; where @first_key,
 * a null pointer is a key too. access_end() ends it, unless this fails.
 */
static int access_begin(struct access *a, const struct mbpf_call *call, fmode_t mode,
			bool first_key)
{
	struct mbpf_object *obj;
	fmode_t allowed;
	int err;

	a->key = NULL;
	a->value = NULL;
	a->writes = false;
	obj = mbpf_object_borrow(call->attr.map_fd, MBPF_KIND_MAP, &allowed, &a->fd);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	a->mo = mbpf_map_object(obj);
	a->map = a->mo->map;
	a->value_size = mbpf_map_user_value_size(a->map);

	err = -EPERM;
	if (mode & ~allowed)
		goto err_map;
	if (mode & FMODE_WRITE) {
		err = mbpf_map_object_begin_write(a->mo);
		if (err)
			goto err_map;
		a->writes = true;
	}
	if (first_key && !call->attr.key)
		return 0;
	err = key_in(a, call->attr.key);
	if (!err)
		return 0;
	if (a->writes)
		mbpf_map_object_end_write(a->mo);
err_map:
	fdput(a->fd);
	return err;
}

static void access_end(struct access *a)
{
	put_buffer(a->value, a->small_value);
	put_buffer(a->key, a->small_key);
	if (a->writes)
		mbpf_map_object_end_write(a->mo);
	fdput(a->fd);
}

static int need_value(struct access *a, u64 size)
{
	a->value = get_buffer(size, a->small_value, SMALL_VALUE);
	return a->value ? 0 : -ENOMEM;
}

/* Begins a command that gives back a value, or else a key after one. */
static int access_begin_out(struct access *a, const struct mbpf_call *call, fmode_t mode,
			    bool value)
{
	int err = access_begin(a, call, mode, !value);

	if (err)
		return err;
	err = need_value(a, value ? a->value_size : a->map->attr.key_size);
	if (err)
		access_end(a);
	return err;
}

int mbpf_cmd_map_lookup_elem(struct mbpf_call *call)
{
	struct access a;
	int err;

	if (call->attr.flags)
		return -EINVAL;
	err = access_begin_out(&a, call, FMODE_READ, true);
	if (err)
		return err;
	if (mbpf_map_is_fd_array(a.map))
		err = mbpf_map_fd_lookup(a.map, *(u32 *)a.key, a.value);
	else
		err = mbpf_map_sys_lookup(a.map, a.key, a.value, 0);
	if (!err)
		err = copy_out(call->attr.value, a.value, a.value_size);
	access_end(&a);
	return err;
}

int mbpf_cmd_map_update_elem(struct mbpf_call *call)
{
	struct access a;
	int err;

	err = access_begin(&a, call, FMODE_WRITE, false);
	if (err)
		return err;
	err = need_value(&a, a.value_size);
	if (err)
		goto out;
	err = -EFAULT;
	if (!copy_in(a.value, call->attr.value, a.value_size))
		goto out;
	if (mbpf_map_is_fd_array(a.map))
		err = mbpf_map_fd_update(a.mo, *(u32 *)a.key, *(u32 *)a.value, call->attr.flags);
	else
		err = mbpf_map_sys_update(a.map, a.key, a.value, call->attr.flags);
out:
	access_end(&a);
	return err;
}

int mbpf_cmd_map_delete_elem(struct mbpf_call *call)
{
	struct access a;
	int err;

	err = access_begin(&a, call, FMODE_WRITE, false);
	if (err)
		return err;
	if (mbpf_map_is_fd_array(a.map))
		err = mbpf_map_fd_delete(a.map, *(u32 *)a.key);
	else
		err = mbpf_map_sys_delete(a.map, a.key);
	access_end(&a);
	return err;
}

int mbpf_cmd_map_get_next_key(struct mbpf_call *call)
{
	struct access a;
	int err;

	err = access_begin_out(&a, call, FMODE_READ, false);
	if (err)
		return err;
	err = mbpf_map_sys_next_key(a.map, a.key, a.value);
	if (!err)
		err = copy_out(call->attr.next_key, a.value, a.map->attr.key_size);
	access_end(&a);
	return err;
}

int mbpf_cmd_map_lookup_and_delete_elem(struct mbpf_call *call)
{
	struct access a;
	int err;

	if (call->attr.flags)
		return -EINVAL;
	err = access_begin_out(&a, call, FMODE_READ | FMODE_WRITE, true);
	if (err)
		return err;
	err = mbpf_map_sys_lookup_and_delete(a.map, a.key, a.value, 0);
	if (!err)
		err = copy_out(call->attr.value, a.value, a.value_size);
	access_end(&a);
	return err;
}

int mbpf_cmd_map_freeze(struct mbpf_call *call)
{
	struct mbpf_map_object *mo;
	fmode_t mode;
	int err;

	mo = mbpf_map_object_from_fd(call->attr.map_fd, &mode);
	if (IS_ERR(mo))
		return PTR_ERR(mo);
	err = mode & FMODE_WRITE ? mbpf_map_object_freeze(mo) : -EPERM;
	mbpf_object_put_user(&mo->obj);
	return err;
}
