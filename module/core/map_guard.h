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

#define MBPF_MAP_LOCK_TRIES 128

/* Changes of maps under way on this CPU, one inside the other. */
DECLARE_PER_CPU(u32, mbpf_map_depth);

/**
 * struct mbpf_map_guard - one change under way; interrupts are off
 * @flags: interrupt state to return to
 * @nested: it interrupted another change on this CPU
 * @may_wait: locks may be waited for
 */
struct mbpf_map_guard {
	unsigned long flags;
	bool nested;
	bool may_wait;
};

static __always_inline void mbpf_map_guard_enter(struct mbpf_map_guard *guard)
{
	local_irq_save(guard->flags);
	guard->nested = this_cpu_inc_return(mbpf_map_depth) > 1;
	guard->may_wait = !guard->nested && !in_nmi();
	barrier();
}

static __always_inline void mbpf_map_guard_exit(struct mbpf_map_guard *guard)
{
	barrier();
	this_cpu_dec(mbpf_map_depth);
	local_irq_restore(guard->flags);
}

/* Takes a lock, or returns false where that could be for ever. */
static __always_inline bool mbpf_map_guard_lock(const struct mbpf_map_guard *guard,
						raw_spinlock_t *lock)
{
	u32 i;

	if (likely(guard->may_wait)) {
		raw_spin_lock(lock);
		return true;
	}
	for (i = 0; i < MBPF_MAP_LOCK_TRIES; i++) {
		if (raw_spin_trylock(lock))
			return true;
		cpu_relax();
	}
	return false;
}

#endif /* MBPF_MAP_GUARD_H */
