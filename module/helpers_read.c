// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helpers that read memory which may not be there. The kernel exports its
 * fault-tolerant copies but not its string forms, which are made of them here.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "core/helper_os.h"

/*
 * Strings are fetched in blocks that end at a multiple of this, so no block
 * crosses into a page that the string does not touch.
 */
#define BLOCK 32u

static long read_user(void *dst, u32 size, u64 from)
{
	return copy_from_user_nofault(dst, u64_to_user_ptr(from), size);
}

static long read_kernel(void *dst, u32 size, u64 from)
{
	return copy_from_kernel_nofault(dst, (void *)from, size);
}

static bool is_user(u64 address)
{
	return address < TASK_SIZE;
}

static u64 read(void *dst, u32 size, u64 from, bool user)
{
	long err;

	if (!size)
		return 0;
	err = user ? read_user(dst, size, from) : read_kernel(dst, size, from);
	if (err)
		memset(dst, 0, size);
	return err;
}

/* Bytes behind the NUL stay as they are. */
static u64 read_str(char *dst, u32 size, u64 from, bool user)
{
	char block[BLOCK];
	u32 done, part, len;
	long err;

	for (done = 0; done < size; done += part) {
		part = min_t(u32, size - done, BLOCK - ((from + done) & (BLOCK - 1)));
		err = user ? read_user(block, part, from + done) :
			     read_kernel(block, part, from + done);
		if (err) {
			memset(dst, 0, size);
			return err;
		}
		len = strnlen(block, part);
		memcpy(dst + done, block, len);
		if (len < part) {
			dst[done + len] = 0;
			return done + len + 1;
		}
	}
	if (size)
		dst[size - 1] = 0;
	return size;
}

MBPF_HELPER_OS(probe_read)
{
	return read((void *)r1, r2, r3, is_user(r3));
}

MBPF_HELPER_OS(probe_read_user)
{
	return read((void *)r1, r2, r3, true);
}

MBPF_HELPER_OS(probe_read_kernel)
{
	return read((void *)r1, r2, r3, false);
}

MBPF_HELPER_OS(probe_read_str)
{
	return read_str((void *)r1, r2, r3, is_user(r3));
}

MBPF_HELPER_OS(probe_read_user_str)
{
	return read_str((void *)r1, r2, r3, true);
}

MBPF_HELPER_OS(probe_read_kernel_str)
{
	return read_str((void *)r1, r2, r3, false);
}
