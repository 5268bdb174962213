// SPDX-License-Identifier: GPL-2.0-only
/*
 * The allocator of executable memory. Kernels export nothing that makes
 * memory executable, so pieces are cut from a block of the module's text,
 * which is written through a short-lived second mapping.
 */
#include <linux/bitmap.h>
#include <linux/cacheflush.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "arena.h"
#include "target.h"

#define ARENA_SIZE	(MINIBPF_ARENA_SIZE)
#define GRANULE		64u	/* a cache line: programs share none */
#define NR_GRANULES	(ARENA_SIZE / GRANULE)
#define FEW_PAGES	16	/* of most pieces */

/* In arena_text.S. */
extern u8 mbpf_arena_text[];

static DECLARE_BITMAP(taken, NR_GRANULES);	/* protected by arena_lock */
static unsigned int arena_used;			/* bytes, protected by arena_lock */
static unsigned int arena_total = ARENA_SIZE;
static DEFINE_MUTEX(arena_lock);

module_param(arena_total, uint, 0444);
MODULE_PARM_DESC(arena_total, "bytes that machine code of programs may take");
module_param(arena_used, uint, 0444);
MODULE_PARM_DESC(arena_used, "bytes that it takes");

void *mbpf_arena_alloc(u32 size)
{
	u32 nr = DIV_ROUND_UP(size, GRANULE);
	void *addr = NULL;
	unsigned long at;

	mutex_lock(&arena_lock);
	at = bitmap_find_next_zero_area(taken, NR_GRANULES, 0, nr, 0);
	if (at < NR_GRANULES) {
		bitmap_set(taken, at, nr);
		arena_used += nr * GRANULE;
		addr = mbpf_arena_text + at * GRANULE;
	}
	mutex_unlock(&arena_lock);
	return addr;
}

static void fill_traps(u8 *to, u32 size)
{
	const struct mbpf_jit_backend *be = mbpf_target_backend();
	u32 i;

	for (i = 0; i < size; i += be->fill_size)
		memcpy(to + i, be->fill, be->fill_size);
}

static u32 nr_pages(const u8 *addr, u32 size)
{
	return DIV_ROUND_UP(offset_in_page(addr) + size, PAGE_SIZE);
}

void *mbpf_arena_open(void *addr, u32 size)
{
	u32 nr = nr_pages(addr, size), i;
	struct page *few[FEW_PAGES], **pages = few;
	u8 *alias = NULL;

	if (nr > FEW_PAGES)
		pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	for (i = 0; i < nr; i++)
		pages[i] = vmalloc_to_page(addr - offset_in_page(addr) + i * PAGE_SIZE);
	alias = vm_map_ram(pages, nr, NUMA_NO_NODE);
	if (pages != few)
		kvfree(pages);
	return alias ? alias + offset_in_page(addr) : NULL;
}

void mbpf_arena_close(void *addr, void *alias, u32 size)
{
	vm_unmap_ram(alias - offset_in_page(alias), nr_pages(addr, size));
	flush_icache_range((unsigned long)addr, (unsigned long)addr + size);
	mbpf_target_sync_text();
}

int mbpf_arena_write(void *addr, const void *code, u32 size)
{
	void *alias = mbpf_arena_open(addr, size);

	if (!alias)
		return -ENOMEM;
	memcpy(alias, code, size);
	mbpf_arena_close(addr, alias, size);
	return 0;
}

void mbpf_arena_free(void *addr, u32 size)
{
	u32 nr = DIV_ROUND_UP(size, GRANULE);
	void *alias;

	if (!addr)
		return;
	/* A piece that cannot be made to trap again is not used again. */
	alias = mbpf_arena_open(addr, nr * GRANULE);
	if (!alias)
		return;
	fill_traps(alias, nr * GRANULE);
	mbpf_arena_close(addr, alias, nr * GRANULE);

	mutex_lock(&arena_lock);
	bitmap_clear(taken, ((u8 *)addr - mbpf_arena_text) / GRANULE, nr);
	arena_used -= nr * GRANULE;
	mutex_unlock(&arena_lock);
}

bool mbpf_arena_has(const void *addr)
{
	return (unsigned long)addr - (unsigned long)mbpf_arena_text < ARENA_SIZE;
}

void *mbpf_arena_base(void)
{
	return mbpf_arena_text;
}
