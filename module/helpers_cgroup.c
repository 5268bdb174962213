// SPDX-License-Identifier: GPL-2.0-only
/* The helpers that ask for the current task's place in the hierarchy of cgroups. */
#include <linux/cgroup.h>
#include <linux/sched.h>

#include "core/helper_os.h"
#include "core/map.h"

#ifdef CONFIG_CGROUPS
MBPF_HELPER_OS(current_task_under_cgroup)
{
	struct mbpf_map *map = (struct mbpf_map *)r1;
	struct cgroup *cgroup;
	u32 index = r2;

	if (index >= map->attr.max_entries)
		return -E2BIG;
	cgroup = mbpf_fd_array_get(map, index);
	if (!cgroup)
		return -EAGAIN;
	return task_under_cgroup_hierarchy(current, cgroup);
}

MBPF_HELPER_OS(get_current_cgroup_id)
{
	return cgroup_id(task_dfl_cgroup(current));
}
#else
MBPF_HELPER_OS(current_task_under_cgroup)
{
	return -EAGAIN;
}

MBPF_HELPER_OS(get_current_cgroup_id)
{
	return 0;
}
#endif
