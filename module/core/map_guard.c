// SPDX-License-Identifier: GPL-2.0-only
/* Locks of maps that are held by someone. */
#include "map_guard.h"

#define LOCK_TRIES 128

DEFINE_PER_CPU(u32, mbpf_map_depth);

static bool may_wait(bool nested)
{
	return !nested && !in_nmi();
}

bool mbpf_map_guard_wait(bool nested, raw_spinlock_t *lock)
{
	u32 i;

	if (likely(may_wait(nested))) {
		raw_spin_lock(lock);
		__release(lock);
		return true;
	}
	for (i = 0; i < LOCK_TRIES; i++) {
		if (raw_spin_trylock(lock)) {
			__release(lock);
			return true;
		}
		cpu_relax();
	}
	return false;
}

bool mbpf_map_guard_wait_bit(bool nested, u32 bit, unsigned long *word)
{
	bool for_ever = may_wait(nested);
	u32 i;

	for (i = 0; for_ever || i < LOCK_TRIES; i++) {
		/* Looking does not take the line from who holds the lock. */
		if (!(READ_ONCE(*word) & BIT(bit)) && !test_and_set_bit_lock(bit, word))
			return true;
		cpu_relax();
	}
	return false;
}
