// SPDX-License-Identifier: GPL-2.0-only
/* A ring buffer as user space reads it: two positions and the data, mapped. */
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define BUSY	(1U << 31)
#define DISCARD	(1U << 30)

int ring_map(struct ring *ring, int fd, uint32_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *consumer, *producer;

	consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	producer = mmap(NULL, page + 2 * (size_t)size, PROT_READ, MAP_SHARED, fd, page);
	if (producer == MAP_FAILED) {
		munmap(consumer, page);
		return -errno;
	}
	ring->consumer = consumer;
	ring->producer = producer;
	ring->data = (uint8_t *)producer + page;
	ring->size = size;
	return 0;
}

void ring_unmap(struct ring *ring)
{
	size_t page = sysconf(_SC_PAGESIZE);

	munmap(ring->consumer, page);
	munmap(ring->producer, page + 2 * (size_t)ring->size);
}

uint32_t ring_drain(struct ring *ring, uint64_t *digest)
{
	unsigned long at = *ring->consumer, end;
	uint32_t nr = 0, len, i;

	end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
	while (at < end) {
		const uint8_t *record = ring->data + (at & (ring->size - 1));

		len = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
		if (len & BUSY)
			break;
		for (i = 0; digest && i < (len & ~DISCARD); i += 8)
			*digest = (*digest ^ *(const uint64_t *)(record + 8 + i)) * 0x100000001b3;
		at += (8 + (len & ~DISCARD) + 7) & ~7UL;
		nr += !(len & DISCARD);
	}
	__atomic_store_n(ring->consumer, at, __ATOMIC_RELEASE);
	return nr;
}
