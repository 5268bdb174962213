/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The user-space side of os.h: the closed list of kernel names that the core
 * uses, for unit tests, fuzzers and the library's ELF files. Allocations can
 * be made to fail one by one (os_user_fail_nth) and are counted (os_user_live);
 * "this CPU" is the variable os_user_cpu; call_rcu() keeps what it is given
 * until rcu_barrier().
 */
#ifndef MBPF_OS_USER_H
#define MBPF_OS_USER_H

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif

#define U8_MAX UINT8_MAX
#define U16_MAX UINT16_MAX
#define U32_MAX UINT32_MAX
#define U64_MAX UINT64_MAX
#define S16_MIN INT16_MIN
#define S16_MAX INT16_MAX
#define S32_MIN INT32_MIN
#define S32_MAX INT32_MAX
#define S64_MIN INT64_MIN
#define S64_MAX INT64_MAX

#define __printf(fmt, first) __attribute__((format(printf, fmt, first)))
#define noinline __attribute__((noinline))
#define __aligned(n) __attribute__((aligned(n)))
#define fallthrough __attribute__((fallthrough))
#define __force
#define __cond_lock(lock, taken) (taken)
#define __release(lock)
#define __rcu
#define __percpu
#define __maybe_unused __attribute__((unused))
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), #cond)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define struct_size(p, member, n) \
	(offsetof(__typeof__(*(p)), member) + sizeof((p)->member[0]) * (size_t)(n))
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK_ULL(h, l) ((~0ULL << (l)) & (~0ULL >> (63 - (h))))
#define round_up(x, a) ((((x) - 1) | ((__typeof__(x))(a) - 1)) + 1)
#define round_down(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define PAGE_SIZE 4096UL
#define PAGE_ALIGN(x) round_up((x), PAGE_SIZE)
#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
#define min_t(t, a, b) min((t)(a), (t)(b))
#define max_t(t, a, b) max((t)(a), (t)(b))
#define swap(a, b) do { __typeof__(a) _t = (a); (a) = (b); (b) = _t; } while (0)
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define barrier() __asm__ __volatile__("" ::: "memory")
#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define check_add_overflow(a, b, d) __builtin_add_overflow((a), (b), (d))
#define check_sub_overflow(a, b, d) __builtin_sub_overflow((a), (b), (d))
#define check_mul_overflow(a, b, d) __builtin_mul_overflow((a), (b), (d))
#define cmpxchg(p, old, new) ({ \
	__typeof__(*(p)) _o = (old); \
	__atomic_compare_exchange_n((p), &_o, (new), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	_o; })
#define cmpxchg_relaxed(p, old, new) ({ \
	__typeof__(*(p)) _o = (old); \
	__atomic_compare_exchange_n((p), &_o, (new), 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED); \
	_o; })
#define xchg(p, v) __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)

/* A warning is a bug: tests die on it. */
#define WARN_ON_ONCE(cond) ({ \
	bool _w = (cond); \
	if (_w) { fprintf(stderr, "WARN %s:%d %s\n", __FILE__, __LINE__, #cond); abort(); } \
	_w; })

static inline u32 fls(u32 x) { return x ? 32 - __builtin_clz(x) : 0; }
static inline u32 fls64(u64 x) { return x ? 64 - __builtin_clzll(x) : 0; }
static inline u32 __ffs64(u64 x) { return __builtin_ctzll(x); }
static inline u32 hweight64(u64 x) { return __builtin_popcountll(x); }
static inline bool is_power_of_2(u64 x) { return x && !(x & (x - 1)); }
static inline u64 roundup_pow_of_two(u64 x) { return x < 2 ? 1 : 1ULL << fls64(x - 1); }
static inline u32 ilog2(u64 x) { return fls64(x) - 1; }
static inline u16 swab16(u16 x) { return __builtin_bswap16(x); }
static inline u32 swab32(u32 x) { return __builtin_bswap32(x); }
static inline u64 swab64(u64 x) { return __builtin_bswap64(x); }

#define MAX_ERRNO 4095
static inline void *ERR_PTR(long err) { return (void *)err; }
static inline long PTR_ERR(const void *p) { return (long)p; }
static inline bool IS_ERR(const void *p) { return (unsigned long)p >= (unsigned long)-MAX_ERRNO; }
static inline bool IS_ERR_OR_NULL(const void *p) { return !p || IS_ERR(p); }
static inline void *ERR_CAST(const void *p) { return (void *)p; }

/* Memory. The os_user_fail_nth'th allocation from now fails; 0: none does. */
typedef unsigned int gfp_t;
#define GFP_KERNEL 0u
#define GFP_KERNEL_ACCOUNT 0u
#define GFP_ATOMIC 0u
#define GFP_NOWAIT 0u
#define __GFP_NOWARN 0u
#define __GFP_ACCOUNT 0u
#define __GFP_ZERO 0u
#define __GFP_RETRY_MAYFAIL 0u
#define __GFP_NORETRY 0u
#define KMALLOC_MAX_SIZE (1UL << 22)
struct mem_cgroup;
#define get_mem_cgroup_from_mm(mm) ((struct mem_cgroup *)NULL)
static inline struct mem_cgroup *set_active_memcg(struct mem_cgroup *memcg) { return memcg; }
static inline void mem_cgroup_put(struct mem_cgroup *memcg) { (void)memcg; }
extern u32 os_user_fail_nth;
extern long os_user_live;	/* allocations not freed yet */
void *os_user_alloc(size_t n, size_t size);
void *os_user_alloc_dirty(size_t n, size_t size);	/* filled with 0xa5 */
void *os_user_realloc(void *p, size_t size);
void os_user_free(const void *p);
static inline void *kzalloc(size_t size, gfp_t gfp) { (void)gfp; return os_user_alloc(1, size); }
static inline void *kcalloc(size_t n, size_t size, gfp_t gfp) { (void)gfp; return os_user_alloc(n, size); }
static inline void kfree(const void *p) { os_user_free(p); }
#define kmalloc(size, gfp) os_user_alloc_dirty(1, size)
#define kmalloc_array(n, size, gfp) os_user_alloc_dirty(n, size)
#define kvzalloc kzalloc
#define kvcalloc kcalloc
#define kvmalloc kmalloc
#define kvmalloc_array kmalloc_array
#define kvfree kfree

/* Zeroed and page-aligned; what no machine would give is refused. */
void *os_user_vmalloc(size_t size);
#define __vmalloc(size, gfp) os_user_vmalloc(size)
#define vfree kfree

/* Pages, which can be mapped at several addresses. */
struct page;
struct page *os_user_alloc_page(void);
void __free_page(struct page *page);
void *os_user_vmap(struct page **pages, u32 nr);
void vunmap(const void *addr);
#define alloc_page(gfp) os_user_alloc_page()	/* zeroed */
#define vmap(pages, nr, flags, prot) os_user_vmap(pages, nr)

/* Per-CPU data: os_user_cpu says which CPU this is. Variables are per thread. */
#define OS_USER_NR_CPUS 4
extern __thread u32 os_user_cpu;
void *os_user_alloc_percpu(size_t size);
#define __alloc_percpu_gfp(size, align, gfp) os_user_alloc_percpu(size)
#define alloc_percpu_gfp(type, gfp) ((type *)os_user_alloc_percpu(sizeof(type)))
#define alloc_percpu(type) ((type *)os_user_alloc_percpu(sizeof(type)))
#define free_percpu(p) os_user_free(p)
#define OS_USER_PERCPU_STRIDE 65536
#define PCPU_MIN_UNIT_SIZE 32768
#define DECLARE_PER_CPU(type, name) extern __thread type name
#define DEFINE_PER_CPU(type, name) __thread type name
#define raw_cpu_ptr(var) (var)	/* of a variable */
#define per_cpu_ptr(p, cpu) ((__typeof__(p))((char *)(p) + (size_t)(cpu) * OS_USER_PERCPU_STRIDE))
#define this_cpu_ptr(p) per_cpu_ptr(p, os_user_cpu)
#define __my_cpu_offset ((size_t)os_user_cpu * OS_USER_PERCPU_STRIDE)
#define SHIFT_PERCPU_PTR(p, distance) ((__typeof__(p))((char *)(p) + (distance)))
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < OS_USER_NR_CPUS; (cpu)++)
#define num_possible_cpus() OS_USER_NR_CPUS
#define nr_cpu_ids OS_USER_NR_CPUS
static inline u32 smp_processor_id(void) { return os_user_cpu; }
static inline u32 raw_smp_processor_id(void) { return os_user_cpu; }
static inline bool cpu_possible(u32 cpu) { return cpu < OS_USER_NR_CPUS; }
#define preempt_disable() do { } while (0)
#define preempt_enable() do { } while (0)
#define local_irq_save(flags) ((flags) = 0)
#define local_irq_restore(flags) ((void)(flags))
extern __thread bool os_user_nmi;
static inline bool in_nmi(void) { return os_user_nmi; }
#define cpu_relax() do { } while (0)

/* Work: queued until os_user_run_work(), which first lets interrupts happen. */
struct irq_work { void (*func)(struct irq_work *work); struct irq_work *next; bool queued; };
struct work_struct { void (*func)(struct work_struct *work); struct work_struct *next; bool queued; };
#define init_irq_work(w, f) (*(w) = (struct irq_work){ .func = (f) })
#define INIT_WORK(w, f) (*(w) = (struct work_struct){ .func = (f) })
bool irq_work_queue(struct irq_work *work);
void irq_work_sync(struct irq_work *work);
bool schedule_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
void os_user_run_work(void);
u64 get_random_u64(void);

/* Locks. */
typedef struct { pthread_spinlock_t lock; } raw_spinlock_t;
#define raw_spin_lock_init(l) pthread_spin_init(&(l)->lock, 0)
/* Called with a lock just taken held, if set: what an NMI would do there. */
extern __thread void (*os_user_locked)(void);
static inline bool os_user_take(bool taken)
{
	if (taken && os_user_locked)
		os_user_locked();
	return taken;
}
#define raw_spin_lock(l) ((void)os_user_take(!pthread_spin_lock(&(l)->lock)))
#define raw_spin_unlock(l) pthread_spin_unlock(&(l)->lock)
#define raw_spin_trylock(l) os_user_take(!pthread_spin_trylock(&(l)->lock))
#define test_and_set_bit_lock(bit, word) \
	(!os_user_take(!(__atomic_fetch_or((word), BIT(bit), __ATOMIC_ACQUIRE) & BIT(bit))))
#define raw_spin_lock_irqsave(l, flags) ((flags) = 0, (void)pthread_spin_lock(&(l)->lock))
#define raw_spin_unlock_irqrestore(l, flags) ((void)(flags), (void)pthread_spin_unlock(&(l)->lock))

/* RCU. */
struct rcu_head { struct rcu_head *next; void (*func)(struct rcu_head *head); };
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void rcu_barrier(void);
#define synchronize_rcu() rcu_barrier()
/*
 * With no reader about, rcu_barrier() is a whole grace period. Threads that are
 * readers need another to call these two, and to see all of them outside of
 * their readings in between.
 */
void os_user_rcu_begin(void);
void os_user_rcu_end(void);
unsigned long get_state_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long state);
#define start_poll_synchronize_rcu() get_state_synchronize_rcu()
#define rcu_read_lock() do { } while (0)
#define rcu_read_unlock() do { } while (0)
#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_dereference_check(p, c) rcu_dereference(p)
#define rcu_dereference_raw(p) rcu_dereference(p)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, v) ((p) = (v))

/* Atomics. */
typedef struct { s32 counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;
#define ATOMIC_INIT(v) { (v) }
#define atomic_read(a) __atomic_load_n(&(a)->counter, __ATOMIC_RELAXED)
#define atomic_set(a, v) __atomic_store_n(&(a)->counter, (v), __ATOMIC_RELAXED)
#define atomic_inc(a) ((void)__atomic_fetch_add(&(a)->counter, 1, __ATOMIC_RELAXED))
#define atomic_dec(a) ((void)__atomic_fetch_sub(&(a)->counter, 1, __ATOMIC_RELAXED))
#define atomic_add(v, a) ((void)__atomic_fetch_add(&(a)->counter, (v), __ATOMIC_RELAXED))
#define atomic_sub(v, a) ((void)__atomic_fetch_sub(&(a)->counter, (v), __ATOMIC_RELAXED))
#define atomic_or(v, a) ((void)__atomic_fetch_or(&(a)->counter, (v), __ATOMIC_RELAXED))
#define atomic_and(v, a) ((void)__atomic_fetch_and(&(a)->counter, (v), __ATOMIC_RELAXED))
#define atomic_xor(v, a) ((void)__atomic_fetch_xor(&(a)->counter, (v), __ATOMIC_RELAXED))
#define atomic_fetch_add(v, a) __atomic_fetch_add(&(a)->counter, (v), __ATOMIC_SEQ_CST)
#define atomic_fetch_or(v, a) __atomic_fetch_or(&(a)->counter, (v), __ATOMIC_SEQ_CST)
#define atomic_fetch_and(v, a) __atomic_fetch_and(&(a)->counter, (v), __ATOMIC_SEQ_CST)
#define atomic_fetch_xor(v, a) __atomic_fetch_xor(&(a)->counter, (v), __ATOMIC_SEQ_CST)
#define atomic_xchg(a, v) __atomic_exchange_n(&(a)->counter, (v), __ATOMIC_SEQ_CST)
/*
 * gcc before 12.4 compares what lr.w loads, sign-extended, with a register that
 * need not be (PR 114130). The asm keeps it from dropping the extension.
 */
static inline s32 atomic_cmpxchg(atomic_t *a, s32 old, s32 new)
{
	long extended = old;

	asm("" : "+r" (extended));
	return cmpxchg(&a->counter, (s32)extended, new);
}
#define atomic_add_unless(a, v, u) ({ \
	s32 _c = atomic_read(a); \
	while (_c != (s32)(u) && !__atomic_compare_exchange_n(&(a)->counter, &_c, _c + (v), 1, \
							      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) \
		; \
	_c != (s32)(u); })
#define atomic_inc_return(a) (__atomic_fetch_add(&(a)->counter, 1, __ATOMIC_SEQ_CST) + 1)
#define atomic_dec_return(a) (__atomic_fetch_sub(&(a)->counter, 1, __ATOMIC_SEQ_CST) - 1)
#define atomic64_read atomic_read
#define atomic64_set atomic_set
#define atomic64_add atomic_add
#define atomic64_or atomic_or
#define atomic64_and atomic_and
#define atomic64_xor atomic_xor
#define atomic64_fetch_add atomic_fetch_add
#define atomic64_fetch_or atomic_fetch_or
#define atomic64_fetch_and atomic_fetch_and
#define atomic64_fetch_xor atomic_fetch_xor
#define atomic64_xchg atomic_xchg
#define atomic64_cmpxchg(a, o, n) cmpxchg(&(a)->counter, (s64)(o), (s64)(n))

/* Scheduling. */
#define cond_resched() do { } while (0)
extern bool os_user_fatal_signal;
#define current 0
static inline bool fatal_signal_pending(int task) { (void)task; return os_user_fatal_signal; }

static inline void sort(void *base, size_t n, size_t size,
			int (*cmp)(const void *a, const void *b), void *swap_fn)
{
	(void)swap_fn;
	qsort(base, n, size, cmp);
}

/* Unaligned access. */
#define get_unaligned(p) ({ \
	const struct { __typeof__(*(p)) v; } __attribute__((packed)) *_p = (const void *)(p); \
	_p->v; })
#define put_unaligned(val, p) ({ \
	struct { __typeof__(*(p)) v; } __attribute__((packed)) *_p = (void *)(p); \
	_p->v = (val); })
static inline u16 get_unaligned_le16(const void *p) { u16 v; memcpy(&v, p, 2); return le16toh(v); }
static inline u32 get_unaligned_le32(const void *p) { u32 v; memcpy(&v, p, 4); return le32toh(v); }
static inline u64 get_unaligned_le64(const void *p) { u64 v; memcpy(&v, p, 8); return le64toh(v); }

static inline int vscnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf, size, fmt, ap);

	return n < 0 ? 0 : (size_t)n >= size ? (int)size - 1 : n;
}

__printf(3, 4)
static inline int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vscnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

#endif /* MBPF_OS_USER_H */
