/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing maps from any context. A probe may fire, or an NMI come, while this
 * CPU holds a lock of some map: whoever finds a change under way on its own
 * CPU, or runs in an NMI, must not wait for a lock. Waiting for another CPU's
 * is no better then, as that CPU may wait for this one's in the same way.
 */
#ifndef MBPF_MAP_GUARD_H
#define MBPF_MAP_GUARD_H

#include "os.h"

/* Changes of maps under way on this CPU, one inside the other. */
DECLARE_PER_CPU(u32, mbpf_map_depth);

#ifdef OS_PERCPU_OPERAND
/**
 * struct mbpf_map_guard - one change under way; interrupts are off
 * @flags: interrupt state to return to
 *
 * Who interrupts leaves the count as it was, so it needs no atomics.
 */
struct mbpf_map_guard {
	unsigned long flags;
};

static __always_inline void mbpf_map_guard_enter(struct mbpf_map_guard *guard)
{
	local_irq_save(guard->flags);
	raw_cpu_inc(mbpf_map_depth);
	barrier();
}

static __always_inline void mbpf_map_guard_exit(struct mbpf_map_guard *guard)
{
	barrier();
	raw_cpu_dec(mbpf_map_depth);
	local_irq_restore(guard->flags);
}

/* Goes on with a guard of which only the interrupt state was passed on. */
static __always_inline void mbpf_map_guard_resume(struct mbpf_map_guard *guard, unsigned long flags)
{
	guard->flags = flags;
}

/* Whether it interrupted another change on this CPU. */
static __always_inline bool mbpf_map_guard_is_nested(const struct mbpf_map_guard *guard)
{
	return raw_cpu_read(mbpf_map_depth) > 1;
}

/* What is this CPU's of @p, a per-CPU pointer. */
#define mbpf_map_guard_ptr(guard, p) raw_cpu_ptr(p)
#else
/**
 * struct mbpf_map_guard - as above, where per-CPU addresses take several instructions
 * @flags: interrupt state to return to
 * @distance: from a per-CPU address to that of this CPU
 * @depth: this CPU's count
 * @nested: it interrupted another change on this CPU. As wide as the rest: compilers that zero
 *          what is on the stack keep a struct with a gap in memory
 */
struct mbpf_map_guard {
	unsigned long flags;
	unsigned long distance;
	u32 *depth;
	unsigned long nested;
};

static __always_inline void mbpf_map_guard_enter(struct mbpf_map_guard *guard)
{
	local_irq_save(guard->flags);
	guard->distance = __my_cpu_offset;
	guard->depth = raw_cpu_ptr(&mbpf_map_depth);
	guard->nested = (*guard->depth)++;
	barrier();
}

static __always_inline void mbpf_map_guard_exit(struct mbpf_map_guard *guard)
{
	barrier();
	--*guard->depth;
	local_irq_restore(guard->flags);
}

static __always_inline void mbpf_map_guard_resume(struct mbpf_map_guard *guard, unsigned long flags)
{
	guard->flags = flags;
	guard->distance = __my_cpu_offset;
	guard->depth = raw_cpu_ptr(&mbpf_map_depth);
	guard->nested = *guard->depth > 1;
}

static __always_inline bool mbpf_map_guard_is_nested(const struct mbpf_map_guard *guard)
{
	return guard->nested;
}

#define mbpf_map_guard_ptr(guard, p) SHIFT_PERCPU_PTR(p, (guard)->distance)
#endif /* OS_PERCPU_OPERAND */

/*
 * The two below where the lock is held by someone: waits, or returns false if that could be
 * for ever. What sparse counts as taken is left to the caller.
 */
bool mbpf_map_guard_wait(bool nested, raw_spinlock_t *lock);
bool mbpf_map_guard_wait_bit(bool nested, u32 bit, unsigned long *word);

/* Takes a lock, or returns false where that could be for ever. */
static __always_inline bool mbpf_map_guard_lock(const struct mbpf_map_guard *guard,
						raw_spinlock_t *lock)
{
	return likely(raw_spin_trylock(lock)) ||
	       __cond_lock(lock, mbpf_map_guard_wait(mbpf_map_guard_is_nested(guard), lock));
}

/* The same for a bit that is a lock: whoever sets it holds it. */
static __always_inline bool mbpf_map_guard_lock_bit(const struct mbpf_map_guard *guard, u32 bit,
						    unsigned long *word)
{
	return likely(!test_and_set_bit_lock(bit, word)) ||
	       mbpf_map_guard_wait_bit(mbpf_map_guard_is_nested(guard), bit, word);
}

#endif /* MBPF_MAP_GUARD_H */
