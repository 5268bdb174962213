// SPDX-License-Identifier: GPL-2.0-only
/* What os_user.h declares: allocation that can fail, deferred RCU callbacks. */
#include "os_user.h"

u32 os_user_fail_nth;
long os_user_live;
bool os_user_fatal_signal;
__thread u32 os_user_cpu;

static struct rcu_head *rcu_list;	/* protected by rcu_lock */
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

void os_user_free(const void *p)
{
	if (p)
		__atomic_fetch_sub(&os_user_live, 1, __ATOMIC_RELAXED);
	free((void *)p);
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
	for (; head; head = next) {
		next = head->next;
		head->func(head);
	}
}
