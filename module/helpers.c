// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helpers that ask the kernel something: time, chance, who runs where.
 * What they promise is in core/helper_os.h.
 */
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <linux/user_namespace.h>

#include "core/helper_os.h"
#include "helpers.h"
#include "run.h"

/* One program runs on a CPU at a time, so a state has one user. */
static DEFINE_PER_CPU(struct rnd_state, chance);

void mbpf_helpers_init(void)
{
	prandom_seed_full_state(&chance);
}

MBPF_HELPER_OS(ktime_get_ns)
{
	return ktime_get_mono_fast_ns();
}

MBPF_HELPER_OS(ktime_get_boot_ns)
{
	return ktime_get_boot_fast_ns();
}

MBPF_HELPER_OS(jiffies64)
{
	return get_jiffies_64();
}

MBPF_HELPER_OS(get_prandom_u32)
{
	return prandom_u32_state(this_cpu_ptr(&chance));
}

MBPF_HELPER_OS(get_smp_processor_id)
{
	return smp_processor_id();
}

MBPF_HELPER_OS(get_numa_node_id)
{
	return numa_node_id();
}

MBPF_HELPER_OS(get_current_pid_tgid)
{
	return (u64)current->tgid << 32 | current->pid;
}

MBPF_HELPER_OS(get_current_uid_gid)
{
	kuid_t uid;
	kgid_t gid;

	current_uid_gid(&uid, &gid);
	return (u64)from_kgid(&init_user_ns, gid) << 32 | from_kuid(&init_user_ns, uid);
}

MBPF_HELPER_OS(get_current_comm)
{
	strscpy_pad((char *)r1, current->comm, r2);
	return 0;
}

MBPF_HELPER_OS(get_current_task)
{
	return (u64)current;
}

MBPF_HELPER_OS(get_func_ip)
{
	return this_cpu_read(mbpf_run_now.func_ip);
}

MBPF_HELPER_OS(get_attach_cookie)
{
	return this_cpu_read(mbpf_run_now.cookie);
}

void mbpf_os_pointer_text(char *buf, u32 size, char kind, u64 value)
{
	void *p = (void *)value;

	switch (kind) {
	case 'K':
		snprintf(buf, size, "%pK", p);
		break;
	case 's':
		snprintf(buf, size, "%ps", p);
		break;
	case 'S':
		snprintf(buf, size, "%pS", p);
		break;
	case 'B':
		snprintf(buf, size, "%pB", p);
		break;
	default:
		snprintf(buf, size, "%p", p);
		break;
	}
}
