// SPDX-License-Identifier: GPL-2.0-only
/* What os_user.h declares: allocation that can fail, deferred RCU callbacks. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os_user.h"
#include "scratch.h"

u32 os_user_fail_nth;
long os_user_live;
bool os_user_fatal_signal;
__thread u32 os_user_cpu;
__thread bool os_user_nmi;
__thread void (*os_user_locked)(void);

#define MAX_VMALLOC (1UL << 30)

static struct rcu_head *rcu_list;	/* protected by rcu_lock */
static unsigned long rcu_seq;	/* odd: a grace period is under way */
static pthread_mutex_t rcu_lock = PTHREAD_MUTEX_INITIALIZER;

static bool must_fail(void)
{
	return os_user_fail_nth && !--os_user_fail_nth;
}

static void *count(void *p)
{
	if (p)
		__atomic_fetch_add(&os_user_live, 1, __ATOMIC_RELAXED);
	return p;
}

void *os_user_alloc(size_t n, size_t size)
{
	return must_fail() ? NULL : count(calloc(n, size));
}

void *os_user_alloc_dirty(size_t n, size_t size)
{
	void *p = os_user_alloc(n, size);

	return p ? memset(p, 0xa5, n * size) : NULL;
}

void *os_user_realloc(void *p, size_t size)
{
	if (must_fail())
		return NULL;
	return p ? realloc(p, size) : count(realloc(p, size));
}

void *mbpf_os_scratch_take(size_t *size, size_t want, bool *zero)
{
	(void)want;
	*zero = false;
	return os_user_alloc_dirty(1, *size);
}

void mbpf_os_scratch_give(void *memory, size_t size)
{
	(void)size;
	os_user_free(memory);
}

void os_user_free(const void *p)
{
	if (p)
		__atomic_fetch_sub(&os_user_live, 1, __ATOMIC_RELAXED);
	free((void *)p);
}

void *os_user_vmalloc(size_t size)
{
	void *p;

	if (must_fail() || size > MAX_VMALLOC)
		return NULL;
	size = PAGE_ALIGN(size);
	p = count(aligned_alloc(PAGE_SIZE, size));
	return p ? memset(p, 0, size) : NULL;
}

/* A page is a piece of one file; vmap() keeps its size in front of what it returns. */
struct page {
	off_t offset;
};

static int page_file = -1;	/* protected by page_lock, as is page_end */
static off_t page_end;
static pthread_mutex_t page_lock = PTHREAD_MUTEX_INITIALIZER;

struct page *os_user_alloc_page(void)
{
	struct page *page = os_user_alloc(1, sizeof(*page));

	if (!page)
		return NULL;
	pthread_mutex_lock(&page_lock);
	if (page_file < 0)
		page_file = memfd_create("pages", 0);
	page->offset = page_end;
	page_end += PAGE_SIZE;
	if (ftruncate(page_file, page_end))
		abort();
	pthread_mutex_unlock(&page_lock);
	return page;
}

void __free_page(struct page *page)
{
	fallocate(page_file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, page->offset, PAGE_SIZE);
	os_user_free(page);
}

void *os_user_vmap(struct page **pages, u32 nr)
{
	size_t size = (nr + 1) * PAGE_SIZE;
	u8 *area;
	u32 i;

	if (must_fail())
		return NULL;
	area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return NULL;
	for (i = 0; i < nr; i++)
		if (mmap(area + (i + 1) * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, page_file, pages[i]->offset) == MAP_FAILED)
			abort();
	*(size_t *)area = size;
	return count(area + PAGE_SIZE);
}

void vunmap(const void *addr)
{
	u8 *area = (u8 *)addr - PAGE_SIZE;

	__atomic_fetch_sub(&os_user_live, 1, __ATOMIC_RELAXED);
	munmap(area, *(size_t *)area);
}

void *os_user_alloc_percpu(size_t size)
{
	if (size > OS_USER_PERCPU_STRIDE)
		return NULL;
	return os_user_alloc(OS_USER_NR_CPUS, OS_USER_PERCPU_STRIDE);
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	pthread_mutex_lock(&rcu_lock);
	head->func = func;
	head->next = rcu_list;
	rcu_list = head;
	pthread_mutex_unlock(&rcu_lock);
}

void rcu_barrier(void)
{
	struct rcu_head *head, *next;

	pthread_mutex_lock(&rcu_lock);
	head = rcu_list;
	rcu_list = NULL;
	pthread_mutex_unlock(&rcu_lock);
	__atomic_fetch_add(&rcu_seq, 2, __ATOMIC_SEQ_CST);
	for (; head; head = next) {
		next = head->next;
		head->func(head);
	}
}

void os_user_rcu_begin(void)
{
	__atomic_fetch_add(&rcu_seq, 1, __ATOMIC_SEQ_CST);
}

void os_user_rcu_end(void)
{
	__atomic_fetch_add(&rcu_seq, 1, __ATOMIC_SEQ_CST);
}

/* The end of the next period that begins from now on. */
unsigned long get_state_synchronize_rcu(void)
{
	return (__atomic_load_n(&rcu_seq, __ATOMIC_SEQ_CST) + 3) & ~1UL;
}

bool poll_state_synchronize_rcu(unsigned long state)
{
	return (long)(__atomic_load_n(&rcu_seq, __ATOMIC_SEQ_CST) - state) >= 0;
}

/* Both lists are protected by work_lock. */
static struct irq_work *irq_works;
static struct work_struct *works;
static pthread_mutex_t work_lock = PTHREAD_MUTEX_INITIALIZER;

/* Defines how an item is queued, taken out again, and taken to be run. */
#define WORK_LIST(type, list)						\
static bool list##_queue(type *work)					\
{									\
	bool fresh;							\
									\
	pthread_mutex_lock(&work_lock);					\
	fresh = !work->queued;						\
	if (fresh) {							\
		work->queued = true;					\
		work->next = list;					\
		list = work;						\
	}								\
	pthread_mutex_unlock(&work_lock);				\
	return fresh;							\
}									\
									\
static bool list##_remove(type *work)					\
{									\
	type **link;							\
									\
	pthread_mutex_lock(&work_lock);					\
	for (link = &list; *link && *link != work; link = &(*link)->next) \
		;							\
	if (*link) {							\
		*link = work->next;					\
		work->queued = false;					\
	} else {							\
		work = NULL;						\
	}								\
	pthread_mutex_unlock(&work_lock);				\
	return work;							\
}									\
									\
static void list##_run(void)						\
{									\
	type *work;							\
									\
	while ((work = READ_ONCE(list)))				\
		if (list##_remove(work))				\
			work->func(work);				\
}

WORK_LIST(struct irq_work, irq_works)
WORK_LIST(struct work_struct, works)

bool irq_work_queue(struct irq_work *work)
{
	return irq_works_queue(work);
}

void irq_work_sync(struct irq_work *work)
{
	if (irq_works_remove(work))
		work->func(work);
}

bool schedule_work(struct work_struct *work)
{
	return works_queue(work);
}

bool cancel_work_sync(struct work_struct *work)
{
	return works_remove(work);
}

void os_user_run_work(void)
{
	irq_works_run();
	works_run();
}

/* Marsaglia's xorshift: the same in every run. */
u64 get_random_u64(void)
{
	static u64 x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}
