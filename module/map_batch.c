// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on many elements of a map at a time. Elements are gathered in a
 * kernel buffer, a part at a time, and copied as one piece each of keys and of
 * values.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "map_object.h"

#define PART_BYTES	4096	/* of a buffer, if it holds a bucket */

/**
 * struct batch - one command under way
 * @call: the command
 * @mo: its map
 * @map: likewise
 * @key_size: bytes of a key
 * @value_size: bytes of a value in user memory
 * @count: elements that user space has room for, or gives
 * @done: elements that are done with
 * @part: elements in a part
 * @keys: a part's keys
 * @values: a part's values, in the same allocation
 */
struct batch {
	struct mbpf_call *call;
	struct mbpf_map_object *mo;
	struct mbpf_map *map;
	u32 key_size;
	u64 value_size;
	u32 count;
	u32 done;
	u32 part;
	void *keys;
	void *values;
};

static int alloc_part(struct batch *b, u32 part)
{
	u64 keys = round_up((u64)part * b->key_size, 8);

	kvfree(b->keys);
	b->part = part;
	b->keys = kvmalloc(keys + part * b->value_size, GFP_USER | __GFP_NOWARN);
	b->values = b->keys + keys;
	return b->keys ? 0 : -ENOMEM;
}

static int batch_begin(struct batch *b, struct mbpf_call *call, fmode_t mode)
{
	fmode_t allowed;
	int err;

	memset(b, 0, sizeof(*b));
	b->call = call;
	b->mo = mbpf_map_object_from_fd(call->attr.batch.map_fd, &allowed);
	if (IS_ERR(b->mo))
		return PTR_ERR(b->mo);
	b->map = b->mo->map;
	b->key_size = b->map->attr.key_size;
	b->value_size = mbpf_map_user_value_size(b->map);
	b->count = call->attr.batch.count;
	err = mode & ~allowed ? -EPERM : 0;
	if (!err && mode & FMODE_WRITE)
		err = mbpf_map_object_begin_write(b->mo);
	if (err)
		mbpf_object_put_user(&b->mo->obj);
	return err;
}

static void batch_end(struct batch *b, fmode_t mode)
{
	kvfree(b->keys);
	if (mode & FMODE_WRITE)
		mbpf_map_object_end_write(b->mo);
	mbpf_object_put_user(&b->mo->obj);
}

/* No map here has locks in its values, so no flag fits. */
static int check_flags(const struct batch *b)
{
	return b->call->attr.batch.elem_flags || b->call->attr.batch.flags ? -EINVAL : 0;
}

static int first_part(struct batch *b)
{
	u32 fit = PART_BYTES / (b->key_size + b->value_size);

	return alloc_part(b, clamp_t(u32, fit, 1, b->count));
}

static int tell_count(const struct batch *b)
{
	return put_user(b->done, &b->call->uattr->batch.count);
}

static void __user *at(u64 user, u64 offset)
{
	return u64_to_user_ptr(user) + offset;
}

static int part_out(struct batch *b, u32 nr)
{
	const union minibpf_attr *attr = &b->call->attr;

	if (copy_to_user(at(attr->batch.keys, (u64)b->done * b->key_size), b->keys,
			 (u64)nr * b->key_size) ||
	    copy_to_user(at(attr->batch.values, b->done * b->value_size), b->values,
			 nr * b->value_size))
		return -EFAULT;
	b->done += nr;
	return 0;
}

/* Until there are no more elements, or no more room. */
static int read_parts(struct batch *b, u32 *cursor, bool take)
{
	int err, ret;

	do {
		struct mbpf_batch part = {
			.keys = b->keys,
			.values = b->values,
			.room = min(b->part, b->count - b->done),
			.take = take,
		};
		bool last = part.room == b->count - b->done;

		err = b->map->ops->batch(b->map, cursor, &part);
		ret = part_out(b, part.nr);
		if (ret)
			return ret;
		if (err == -ENOSPC && last)
			return b->done ? 0 : -ENOSPC;
		if (err == -ENOSPC && !part.nr)
			err = alloc_part(b, min_t(u64, 2ULL * b->part, b->count));
		else if (err == -ENOSPC)
			err = 0;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	} while (!err && b->done < b->count);
	return err;
}

/* Where an earlier call ended: a number of the map's own, or an array's last key. */
static int cursor_in(const struct batch *b, u32 *cursor)
{
	u64 from = b->call->attr.batch.in_batch;

	*cursor = 0;
	if (!from)
		return 0;
	if (get_user(*cursor, (u32 __user *)u64_to_user_ptr(from)))
		return -EFAULT;
	return b->map->ops->batch_begin(b->map, cursor);
}

static int cursor_out(const struct batch *b, u32 cursor)
{
	bool array = b->map->attr.type == MBPF_MAP_ARRAY ||
		     b->map->attr.type == MBPF_MAP_PERCPU_ARRAY;
	u32 __user *to = u64_to_user_ptr(b->call->attr.batch.out_batch);

	if (array && !b->done)
		return 0;
	return put_user(cursor - array, to);
}

static int read_batch(struct batch *b, bool take)
{
	u32 cursor;
	int err;

	if (!b->map->ops->batch || (take && !b->map->ops->lookup_and_delete))
		return -ENOTSUPP;
	err = check_flags(b);
	if (err || !b->count)
		return err;
	if (tell_count(b))
		return -EFAULT;
	err = cursor_in(b, &cursor);
	if (!err)
		err = first_part(b);
	if (err)
		return err;
	err = read_parts(b, &cursor, take);
	if (err == -EFAULT)
		return err;
	return cursor_out(b, cursor) || tell_count(b) ? -EFAULT : err;
}

/* Elements of which all of the key, and of the value if @values, could be read. */
static u32 part_in(struct batch *b, u32 nr, bool values)
{
	const union minibpf_attr *attr = &b->call->attr;
	u64 bytes = (u64)nr * b->key_size;

	bytes -= copy_from_user(b->keys, at(attr->batch.keys, (u64)b->done * b->key_size), bytes);
	nr = bytes / b->key_size;
	if (!values)
		return nr;
	bytes = nr * b->value_size;
	bytes -= copy_from_user(b->values, at(attr->batch.values, b->done * b->value_size), bytes);
	return div64_u64(bytes, b->value_size);
}

static int write_parts(struct batch *b, bool delete)
{
	u32 want, got;
	int err;

	while (b->done < b->count) {
		want = min(b->part, b->count - b->done);
		got = part_in(b, want, !delete);
		if (delete)
			err = mbpf_map_sys_delete_many(b->map, b->keys, &got);
		else
			err = mbpf_map_sys_update_many(b->map, b->keys, b->values, &got);
		b->done += got;
		if (err)
			return err;
		if (got < want)
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int write_batch(struct batch *b, bool delete)
{
	int err;

	/* Of an array nothing can be deleted. */
	if (!b->map->ops->batch || (delete && !b->map->ops->lookup_and_delete))
		return -ENOTSUPP;
	err = check_flags(b);
	if (err || !b->count)
		return err;
	err = first_part(b);
	if (err)
		return err;
	err = write_parts(b, delete);
	return tell_count(b) ? -EFAULT : err;
}

int mbpf_cmd_map_lookup_batch(struct mbpf_call *call)
{
	struct batch b;
	int err = batch_begin(&b, call, FMODE_READ);

	if (err)
		return err;
	err = read_batch(&b, false);
	batch_end(&b, FMODE_READ);
	return err;
}

int mbpf_cmd_map_lookup_and_delete_batch(struct mbpf_call *call)
{
	struct batch b;
	int err = batch_begin(&b, call, FMODE_READ | FMODE_WRITE);

	if (err)
		return err;
	err = read_batch(&b, true);
	batch_end(&b, FMODE_READ | FMODE_WRITE);
	return err;
}

int mbpf_cmd_map_update_batch(struct mbpf_call *call)
{
	struct batch b;
	int err = batch_begin(&b, call, FMODE_WRITE);

	if (err)
		return err;
	err = write_batch(&b, false);
	batch_end(&b, FMODE_WRITE);
	return err;
}

int mbpf_cmd_map_delete_batch(struct mbpf_call *call)
{
	struct batch b;
	int err = batch_begin(&b, call, FMODE_WRITE);

	if (err)
		return err;
	err = write_batch(&b, true);
	batch_end(&b, FMODE_WRITE);
	return err;
}
