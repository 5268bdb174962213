// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that take what programs put out with perf_event_output(), in a ring of memory as
 * perf_event_open(2) describes it. The kernel does not export its own. An event belongs to one
 * CPU, on which one program runs at a time, so a ring has one writer.
 */
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>

#include "compat/vm_flags.h"
#include "core/helper_os.h"
#include "core/map.h"
#include "event.h"

#define MAX_PAGES	8192	/* of data */
#define INDEX_MASK	0xffffffffULL
#define CURRENT_CPU	0xffffffffULL

/* PERF_RECORD_LOST as it is in the ring. */
struct lost_record {
	struct perf_event_header header;
	u64 id;
	u64 lost;
};

/**
 * struct ring - memory that is shared with the reader
 * @page: the first page, which the reader may overwrite; only data_tail is read here
 * @data: @size bytes behind it
 * @size: a power of two
 * @head: bytes ever written; what the reader sees of it may be anything
 * @signalled: @head when the reader was last woken for the amount
 * @watermark: bytes that wake the reader
 */
struct ring {
	struct perf_event_mmap_page *page;
	u8 *data;
	u64 size;
	u64 head;
	u64 signalled;
	u64 watermark;
};

/**
 * struct output_event - one CPU's output
 * @event: common head
 * @cpu: whose
 * @wakeup_events: samples that wake the reader; 0: only the amount does
 * @watermark: bytes that do; 0: half of the ring
 * @events: samples since it was woken
 * @lost: samples that found no room and are not told of yet. This and what is above it is
 *        the writer's
 * @ring_lock: protects making @ring
 * @ring: made by the first mmap(2); NULL before
 * @ready: EPOLLIN, once after each wakeup
 * @wait: readers in poll(2)
 * @work: wakes them, from any context
 */
struct output_event {
	struct mbpf_event event;
	int cpu;
	u32 wakeup_events;
	u32 watermark;
	u32 events;
	u64 lost;
	struct mutex ring_lock;
	struct ring *ring;
	atomic_t ready;
	wait_queue_head_t wait;
	struct irq_work work;
};

static struct output_event *output_event(struct mbpf_event *event)
{
	return container_of(event, struct output_event, event);
}

static void wake(struct irq_work *work)
{
	struct output_event *oe = container_of(work, struct output_event, work);

	wake_up_all(&oe->wait);
}

static void signal_reader(struct output_event *oe)
{
	atomic_set(&oe->ready, (__force int)EPOLLIN);
	irq_work_queue(&oe->work);
}

/* Copies to where @pos is in the ring, in two parts at its end. */
static void put(struct ring *ring, u64 pos, const void *from, u32 size)
{
	u32 at = pos & (ring->size - 1), part = min_t(u64, size, ring->size - at);

	memcpy(ring->data + at, from, part);
	memcpy(ring->data, from + part, size - part);
}

/*
 * A sample with raw data is its header, the size of the data and the data; that size counts
 * what is added to make the whole a multiple of 8, as the kernel has it.
 */
static void put_sample(struct ring *ring, u64 pos, const void *data, u32 size, u32 total)
{
	const struct perf_event_header header = {
		.type = PERF_RECORD_SAMPLE,
		.misc = PERF_RECORD_MISC_KERNEL,
		.size = total,
	};
	const u32 raw = total - sizeof(header) - sizeof(raw);
	const u64 zero = 0;

	put(ring, pos, &header, sizeof(header));
	pos += sizeof(header);
	put(ring, pos, &raw, sizeof(raw));
	pos += sizeof(raw);
	put(ring, pos, data, size);
	put(ring, pos + size, &zero, raw - size);
}

static int output(struct output_event *oe, struct ring *ring, const void *data, u32 size)
{
	u32 total = round_up(sizeof(struct perf_event_header) + sizeof(u32) + size, 8);
	struct lost_record lost = {
		.header = { .type = PERF_RECORD_LOST, .size = sizeof(lost) },
		.lost = oe->lost,
	};
	u64 used = ring->head - smp_load_acquire(&ring->page->data_tail);
	u32 need = total + (oe->lost ? sizeof(lost) : 0);

	/* A tail that is not within the ring counts as a ring without room. */
	if (used > ring->size || need > ring->size - used) {
		oe->lost++;
		return -ENOSPC;
	}
	if (oe->lost) {
		put(ring, ring->head, &lost, sizeof(lost));
		ring->head += sizeof(lost);
		oe->lost = 0;
	}
	put_sample(ring, ring->head, data, size, total);
	ring->head += total;
	smp_store_release(&ring->page->data_head, ring->head);

	if (oe->wakeup_events && ++oe->events >= oe->wakeup_events) {
		oe->events = 0;
		signal_reader(oe);
	} else if (ring->head - ring->signalled > ring->watermark) {
		ring->signalled = ring->head;
		signal_reader(oe);
	}
	return 0;
}

MBPF_HELPER_OS(perf_event_output)
{
	struct mbpf_map *map = (struct mbpf_map *)r2;
	u64 index = r3 & INDEX_MASK;
	struct output_event *oe;
	struct mbpf_event *event;
	struct ring *ring;

	if (r3 & ~INDEX_MASK)
		return -EINVAL;
	if (index == CURRENT_CPU)
		index = smp_processor_id();
	if (index >= map->attr.max_entries)
		return -E2BIG;
	event = mbpf_fd_array_get(map, index);
	if (!event)
		return -ENOENT;
	oe = output_event(event);
	if (oe->cpu != smp_processor_id())
		return -EOPNOTSUPP;
	/* A record's size has 16 bits. */
	if (r5 > U16_MAX - sizeof(struct perf_event_header) - sizeof(u32) - 8)
		return -E2BIG;
	ring = smp_load_acquire(&oe->ring);
	return ring ? output(oe, ring, (void *)r4, r5) : -ENOSPC;
}

static struct ring *ring_create(const struct output_event *oe, u32 pages)
{
	struct ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	u64 size = (u64)pages << PAGE_SHIFT;

	if (!ring)
		return NULL;
	ring->page = __vmalloc(PAGE_SIZE + size,
			       GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	if (!ring->page) {
		kfree(ring);
		return NULL;
	}
	ring->data = (u8 *)ring->page + PAGE_SIZE;
	ring->size = size;
	ring->watermark = oe->watermark ? min_t(u64, oe->watermark, size) : size / 2;
	ring->page->data_offset = PAGE_SIZE;
	ring->page->data_size = size;
	return ring;
}

static int map_ring(struct ring *ring, struct vm_area_struct *vma)
{
	unsigned long i;
	int err;

	for (i = 0; i < vma_pages(vma); i++) {
		err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
				     vmalloc_to_page((void *)ring->page + i * PAGE_SIZE));
		if (err)
			return err;
	}
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY);
	return 0;
}

/* The descriptor, which the mapping keeps open, keeps the ring. */
static int output_event_mmap(struct mbpf_event *event, struct vm_area_struct *vma)
{
	struct output_event *oe = output_event(event);
	unsigned long pages = vma_pages(vma) - 1;
	struct ring *ring;
	int err = 0;

	if (!(vma->vm_flags & VM_SHARED) || !(vma->vm_flags & VM_WRITE) || vma->vm_pgoff)
		return -EINVAL;
	if (!is_power_of_2(pages))
		return -EINVAL;
	if (pages > MAX_PAGES)
		return -ENOMEM;
	mutex_lock(&oe->ring_lock);
	ring = oe->ring;
	if (!ring) {
		ring = ring_create(oe, pages);
		if (!ring)
			err = -ENOMEM;
		else
			smp_store_release(&oe->ring, ring);
	} else if (ring->size != (u64)pages << PAGE_SHIFT) {
		err = -EINVAL;
	}
	mutex_unlock(&oe->ring_lock);
	return err ?: map_ring(ring, vma);
}

static __poll_t output_event_poll(struct mbpf_event *event, struct file *file,
				  struct poll_table_struct *wait)
{
	struct output_event *oe = output_event(event);

	poll_wait(file, &oe->wait, wait);
	return (__force __poll_t)atomic_xchg(&oe->ready, 0);
}

static void output_event_free(struct mbpf_event *event)
{
	struct output_event *oe = output_event(event);

	irq_work_sync(&oe->work);
	if (oe->ring)
		vfree(oe->ring->page);
	kfree(oe->ring);
	kfree(oe);
}

static const struct mbpf_event_ops output_event_ops = {
	.free = output_event_free,
	.mmap = output_event_mmap,
	.poll = output_event_poll,
};

bool mbpf_event_is_output(const struct mbpf_event *event)
{
	return event->ops == &output_event_ops;
}

struct mbpf_event *mbpf_event_output_create(const struct mbpf_event_request *request)
{
	const struct perf_event_attr *attr = &request->attr;
	struct output_event *oe;

	if (request->cpu < 0 || request->pid >= 0 || attr->sample_type != PERF_SAMPLE_RAW ||
	    attr->write_backward)
		return ERR_PTR(-EOPNOTSUPP);
	if (request->cpu >= nr_cpu_ids || !cpu_online(request->cpu))
		return ERR_PTR(-ENODEV);
	oe = kzalloc(sizeof(*oe), GFP_KERNEL_ACCOUNT);
	if (!oe)
		return ERR_PTR(-ENOMEM);
	oe->cpu = request->cpu;
	if (attr->watermark)
		oe->watermark = attr->wakeup_watermark;
	else
		oe->wakeup_events = attr->wakeup_events;
	mutex_init(&oe->ring_lock);
	init_waitqueue_head(&oe->wait);
	init_irq_work(&oe->work, wake);
	mbpf_event_init(&oe->event, &output_event_ops, 0);
	return &oe->event;
}
