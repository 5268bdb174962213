// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operating system behind the helpers, for tests: everything a program can
 * see is the same in each run. Memory is this process's; what cannot be read
 * gives -EFAULT, as in the kernel.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"
#include "format.h"
#include "helper_os.h"
#include "map_ringbuf.h"
#include "stack.h"

#define STEP_NS 1000
#define MAX_TRACE 65536

static u64 now_ns, random_seed;
static char trace[MAX_TRACE];
static u32 trace_len;

void unit_os_reset(void)
{
	now_ns = 0;
	random_seed = 1;
	trace_len = 0;
	trace[0] = 0;
}

const char *unit_os_trace(void)
{
	return trace;
}

/*
 * Copies through a pipe, whose write() finds out what can be read. By
 * syscall(), so that no sanitizer looks: programs may read what they like.
 */
static bool copy_nofault(void *dst, u64 addr, size_t size)
{
	static int ends[2] = { -1, -1 };
	size_t part;

	if (ends[0] < 0 && pipe(ends))
		return false;
	for (; size; size -= part, addr += part, dst = (char *)dst + part) {
		ssize_t n;

		part = min_t(size_t, size, 4096);
		n = syscall(SYS_write, ends[1], addr, part);
		if (n <= 0)
			return false;
		if (read(ends[0], dst, n) != n || (size_t)n != part)
			return false;
	}
	return true;
}

MBPF_HELPER_OS(probe_read)
{
	void *dst = (void *)r1;

	if (copy_nofault(dst, r3, (u32)r2))
		return 0;
	memset(dst, 0, (u32)r2);
	return -EFAULT;
}

MBPF_HELPER_OS(probe_read_user)
{
	return mbpf_helper_probe_read(r1, r2, r3, r4, r5);
}

MBPF_HELPER_OS(probe_read_kernel)
{
	return mbpf_helper_probe_read(r1, r2, r3, r4, r5);
}

MBPF_HELPER_OS(probe_read_str)
{
	char *dst = (char *)r1;
	u32 size = r2, pos = 0;

	if (!size)
		return 0;
	while (pos < size) {
		u32 part = min_t(u64, size - pos, PAGE_SIZE - (r3 + pos) % PAGE_SIZE);
		u32 len;

		if (!copy_nofault(dst + pos, r3 + pos, part)) {
			memset(dst, 0, size);
			return -EFAULT;
		}
		len = strnlen(dst + pos, part);
		if (len < part)
			return pos + len + 1;
		pos += part;
	}
	dst[size - 1] = 0;
	return size;
}

MBPF_HELPER_OS(probe_read_user_str)
{
	return mbpf_helper_probe_read_str(r1, r2, r3, r4, r5);
}

MBPF_HELPER_OS(probe_read_kernel_str)
{
	return mbpf_helper_probe_read_str(r1, r2, r3, r4, r5);
}

MBPF_HELPER_OS(ktime_get_ns)
{
	return now_ns += STEP_NS;
}

MBPF_HELPER_OS(ktime_get_boot_ns)
{
	return now_ns += STEP_NS;
}

MBPF_HELPER_OS(jiffies64)
{
	return UNIT_OS_JIFFIES;
}

MBPF_HELPER_OS(get_prandom_u32)
{
	return (u32)unit_random(&random_seed);
}

MBPF_HELPER_OS(get_smp_processor_id)
{
	return smp_processor_id();
}

MBPF_HELPER_OS(get_numa_node_id)
{
	return 0;
}

static u64 trace_line(const char *fmt, u32 fmt_size, const u64 *args, u32 nr_args)
{
	char line[MBPF_FORMAT_MAX_TEXT];
	int len = mbpf_format(line, sizeof(line), fmt, fmt_size, args, nr_args);

	if (len < 0)
		return len;
	if (trace_len + strlen(line) + 2 <= sizeof(trace))
		trace_len += sprintf(trace + trace_len, "%s\n", line);
	return len;
}

MBPF_HELPER_OS(trace_printk)
{
	u64 args[3] = { r3, r4, r5 };

	return trace_line((const char *)r1, r2, args, 3);
}

MBPF_HELPER_OS(trace_vprintk)
{
	u64 args[MBPF_FORMAT_MAX_ARGS];

	if (r4 % 8 || r4 > sizeof(args))
		return -EINVAL;
	if (r4)
		memcpy(args, (void *)r3, r4);
	return trace_line((const char *)r1, r2, args, r4 / 8);
}

MBPF_HELPER_OS(get_current_pid_tgid)
{
	return UNIT_OS_PID_TGID;
}

MBPF_HELPER_OS(get_current_uid_gid)
{
	return UNIT_OS_UID_GID;
}

MBPF_HELPER_OS(get_current_comm)
{
	memset((void *)r1, 0, (u32)r2);
	memcpy((void *)r1, UNIT_OS_COMM, min_t(u32, r2 - 1, strlen(UNIT_OS_COMM)));
	return 0;
}

MBPF_HELPER_OS(get_current_task)
{
	return UNIT_OS_TASK;
}

/* There are no rings here. */
MBPF_HELPER_OS(perf_event_output)
{
	return (u64)(s64)-ENOENT;
}

/* Nor cgroups. */
MBPF_HELPER_OS(current_task_under_cgroup)
{
	return (u64)(s64)-EAGAIN;
}

MBPF_HELPER_OS(get_current_cgroup_id)
{
	return 1;
}

/* Nor may anything be done to who runs the tests. */
MBPF_HELPER_OS(send_signal)
{
	return (u64)(s64)-EPERM;
}

MBPF_HELPER_OS(send_signal_thread)
{
	return (u64)(s64)-EPERM;
}

MBPF_HELPER_OS(probe_write_user)
{
	return (u64)(s64)-EPERM;
}

MBPF_HELPER_OS(get_func_ip)
{
	return UNIT_OS_FUNC_IP;
}

MBPF_HELPER_OS(get_attach_cookie)
{
	return UNIT_OS_COOKIE;
}

/* As if %p did not hash and there were no symbols. */
void mbpf_os_pointer_text(char *buf, u32 size, char kind, u64 value)
{
	scnprintf(buf, size, kind == 'p' || kind == 'K' ? "%016llx" : "0x%llx",
		  (unsigned long long)value);
}

u32 unit_os_wakes;

void mbpf_os_ringbuf_wake(struct mbpf_map *map)
{
	unit_os_wakes++;
}

u64 unit_os_stack_first;
u32 unit_os_stack_nr;

bool mbpf_os_stack(struct mbpf_stack *stack, u64 ctx, bool user)
{
	u64 ip = unit_os_stack_first + (user ? UNIT_OS_USER_STACK : 0);
	u32 i;

	for (i = 0; i < unit_os_stack_nr && mbpf_stack_add(stack, ip + i); i++)
		;
	return true;
}
