// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/*
 * Reading a ring buffer: the records lie in memory that is shared with the
 * kernel, behind each other; this side says how far it has read.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

#define BUSY	(1U << 31)	/* of a record's length: not written yet */
#define DISCARD	(1U << 30)	/* of no interest */
#define HEADER	8

struct minibpf_ringbuf {
	int fd;
	size_t page;
	uint64_t size;
	minibpf_ringbuf_fn fn;
	void *arg;
	unsigned long *consumer;
	unsigned long *producer;	/* the data follows a page later, twice */
};

static int map_ring(struct minibpf_ringbuf *rb)
{
	void *p;

	p = mmap(NULL, rb->page, PROT_READ | PROT_WRITE, MAP_SHARED, rb->fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	rb->consumer = p;
	p = mmap(NULL, rb->page + 2 * rb->size, PROT_READ, MAP_SHARED, rb->fd, rb->page);
	if (p == MAP_FAILED)
		return -errno;
	rb->producer = p;
	return 0;
}

int minibpf_ringbuf_open(int map_fd, minibpf_ringbuf_fn fn, void *arg,
			 struct minibpf_ringbuf **ringbuf)
{
	struct minibpf_map_info info;
	uint32_t len = sizeof(info);
	struct minibpf_ringbuf *rb;
	int err;

	memset(&info, 0, sizeof(info));
	err = minibpf_get_info(map_fd, &info, &len);
	if (err)
		return err;
	if (info.type != MINIBPF_MAP_TYPE_RINGBUF)
		return -EINVAL;
	rb = calloc(1, sizeof(*rb));
	if (!rb)
		return -ENOMEM;
	rb->page = sysconf(_SC_PAGESIZE);
	rb->size = info.max_entries;
	rb->fn = fn;
	rb->arg = arg;
	rb->fd = dup(map_fd);
	err = rb->fd < 0 ? -errno : map_ring(rb);
	if (err) {
		minibpf_ringbuf_close(rb);
		return err;
	}
	*ringbuf = rb;
	return 0;
}

void minibpf_ringbuf_close(struct minibpf_ringbuf *rb)
{
	if (!rb)
		return;
	if (rb->consumer)
		munmap(rb->consumer, rb->page);
	if (rb->producer)
		munmap(rb->producer, rb->page + 2 * rb->size);
	if (rb->fd >= 0)
		close(rb->fd);
	free(rb);
}

/* Bytes of the record at @pos; 0 if it is not there yet. */
static uint64_t read_record(const struct minibpf_ringbuf *rb, unsigned long pos, int *err)
{
	const char *at = (const char *)rb->producer + rb->page + (pos & (rb->size - 1));
	uint32_t len = __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE);

	if (len & BUSY)
		return 0;
	*err = len & DISCARD ? 0 : rb->fn(rb->arg, at + HEADER, len);
	if (!(len & DISCARD) && *err >= 0)
		*err = 1;
	return ((len & ~DISCARD) + HEADER + 7ULL) / 8 * 8;
}

int minibpf_ringbuf_read(struct minibpf_ringbuf *rb)
{
	unsigned long pos = __atomic_load_n(rb->consumer, __ATOMIC_ACQUIRE);
	int nr = 0, ret;
	uint64_t bytes;

	while (pos < __atomic_load_n(rb->producer, __ATOMIC_ACQUIRE)) {
		bytes = read_record(rb, pos, &ret);
		if (!bytes)
			break;
		pos += bytes;
		__atomic_store_n(rb->consumer, pos, __ATOMIC_SEQ_CST);
		if (ret < 0)
			return ret;
		nr += ret;
	}
	return nr;
}

int minibpf_ringbuf_wait(struct minibpf_ringbuf *rb, int timeout_ms)
{
	struct pollfd ready = { .fd = rb->fd, .events = POLLIN };
	int ret = poll(&ready, 1, timeout_ms);

	if (ret < 0)
		return -errno;
	return ret ? minibpf_ringbuf_read(rb) : 0;
}
