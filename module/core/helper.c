// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of helper functions. Which are only for GPL-compatible programs,
 * and what each takes, is as in Linux 6.12.
 */
#include "helper.h"
#include "helper_core.h"
#include "helper_os.h"

#define GPL		MBPF_HELPER_GPL
#define READS_KERNEL	MBPF_HELPER_PERFMON
#define WRITES_USER	MBPF_HELPER_WRITES_USER
#define CTX_TOKEN	MBPF_HELPER_CTX_TOKEN

#define ANY		MBPF_ARG_ANY
#define ANY_UNINIT	MBPF_ARG_ANY_UNINIT
#define CALLBACK	MBPF_ARG_CALLBACK
#define CONST_STR	MBPF_ARG_CONST_STR
#define CONST_SIZE	MBPF_ARG_CONST_SIZE
#define CTX		MBPF_ARG_CTX
#define MAP		MBPF_ARG_MAP
#define MAP_KEY		MBPF_ARG_MAP_KEY
#define MAP_VALUE	MBPF_ARG_MAP_VALUE
#define MEM		MBPF_ARG_MEM
#define MEM_NULL	MBPF_ARG_MEM_NULL
#define MEM_UNINIT	MBPF_ARG_MEM_UNINIT
#define MEM_UNINIT_NULL	MBPF_ARG_MEM_UNINIT_NULL
#define RECORD		MBPF_ARG_RECORD
#define SIZE		MBPF_ARG_SIZE
#define SIZE_ZERO	MBPF_ARG_SIZE_ZERO
#define STACK_OR_NULL	MBPF_ARG_STACK_OR_NULL

#define ROW(id, _name, _ret, _flags, ...)	\
	[id] = {				\
		.name = #_name,			\
		.fn = mbpf_helper_##_name,	\
		.ret = MBPF_RET_##_ret,		\
		.flags = _flags,		\
		.arg = { __VA_ARGS__ },		\
	}

/* Without arguments, and often cheaper than a call. */
#define ROW_INLINE(id, _name, _as, _flags)	\
	[id] = {				\
		.name = #_name,			\
		.fn = mbpf_helper_##_name,	\
		.ret = MBPF_RET_SCALAR,		\
		.flags = _flags,		\
		.as = MBPF_HELPER_##_as,	\
	}

/* Its second argument is the function to call back. */
#define ROW_CALLBACK(id, _name, ...)				\
	[id] = {						\
		.name = #_name,					\
		.fn = mbpf_helper_##_name,			\
		.iterate = mbpf_helper_##_name##_iterate,	\
		.ret = MBPF_RET_SCALAR,				\
		.callback = 1,					\
		.arg = { __VA_ARGS__ },				\
	}

const struct mbpf_helper mbpf_helpers[MBPF_NR_HELPERS] = {
	ROW(1, map_lookup_elem, MAP_VALUE_OR_NULL, 0, MAP, MAP_KEY),
	ROW(2, map_update_elem, SCALAR, 0, MAP, MAP_KEY, MAP_VALUE, ANY),
	ROW(3, map_delete_elem, SCALAR, 0, MAP, MAP_KEY),
	ROW(4, probe_read, SCALAR, GPL | READS_KERNEL, MEM_UNINIT, SIZE_ZERO, ANY),
	ROW(5, ktime_get_ns, SCALAR, 0),
	ROW(6, trace_printk, SCALAR, GPL | READS_KERNEL, MEM, SIZE,
	    ANY_UNINIT, ANY_UNINIT, ANY_UNINIT),
	ROW(7, get_prandom_u32, SCALAR, 0),
	ROW_INLINE(8, get_smp_processor_id, CPU_ID, 0),
	[12] = {
		.name = "tail_call",
		.ret = MBPF_RET_VOID,
		.flags = MBPF_HELPER_TAIL_CALL,
		.arg = { CTX, MAP, ANY },
	},
	ROW_INLINE(14, get_current_pid_tgid, PID_TGID, 0),
	ROW(15, get_current_uid_gid, SCALAR, 0),
	ROW(16, get_current_comm, SCALAR, 0, MEM_UNINIT, SIZE),
	ROW(25, perf_event_output, SCALAR, GPL, CTX, MAP, ANY, MEM, SIZE_ZERO),
	ROW(27, get_stackid, SCALAR, GPL | READS_KERNEL, CTX, MAP, ANY),
	ROW_INLINE(35, get_current_task, TASK, GPL | READS_KERNEL),
	ROW(36, probe_write_user, SCALAR, GPL | WRITES_USER, ANY, MEM, SIZE),
	ROW(37, current_task_under_cgroup, SCALAR, 0, MAP, ANY),
	ROW(42, get_numa_node_id, SCALAR, 0),
	ROW(45, probe_read_str, SCALAR, GPL | READS_KERNEL, MEM_UNINIT, SIZE_ZERO, ANY),
	ROW(67, get_stack, SCALAR, GPL | READS_KERNEL, CTX, MEM_UNINIT, SIZE_ZERO, ANY),
	ROW(80, get_current_cgroup_id, SCALAR, 0),
	ROW(109, send_signal, SCALAR, 0, ANY),
	ROW(112, probe_read_user, SCALAR, GPL, MEM_UNINIT, SIZE_ZERO, ANY),
	ROW(113, probe_read_kernel, SCALAR, GPL | READS_KERNEL, MEM_UNINIT, SIZE_ZERO, ANY),
	ROW(114, probe_read_user_str, SCALAR, GPL, MEM_UNINIT, SIZE_ZERO, ANY),
	ROW(115, probe_read_kernel_str, SCALAR, GPL | READS_KERNEL, MEM_UNINIT, SIZE_ZERO, ANY),
	ROW(117, send_signal_thread, SCALAR, 0, ANY),
	ROW_INLINE(118, jiffies64, JIFFIES, 0),
	ROW(125, ktime_get_boot_ns, SCALAR, 0),
	ROW(130, ringbuf_output, SCALAR, 0, MAP, MEM, SIZE_ZERO, ANY),
	ROW(131, ringbuf_reserve, RECORD_OR_NULL, 0, MAP, CONST_SIZE, ANY),
	ROW(132, ringbuf_submit, VOID, 0, RECORD, ANY),
	ROW(133, ringbuf_discard, VOID, 0, RECORD, ANY),
	ROW(134, ringbuf_query, SCALAR, 0, MAP, ANY),
	ROW_CALLBACK(164, for_each_map_elem, MAP, CALLBACK, STACK_OR_NULL, ANY),
	ROW(165, snprintf, SCALAR, GPL | READS_KERNEL, MEM_UNINIT_NULL, SIZE_ZERO,
	    CONST_STR, MEM_NULL, SIZE_ZERO),
	ROW(173, get_func_ip, SCALAR, GPL | CTX_TOKEN, CTX),
	ROW(174, get_attach_cookie, SCALAR, CTX_TOKEN, CTX),
	ROW(177, trace_vprintk, SCALAR, GPL | READS_KERNEL, MEM, SIZE, MEM_NULL, SIZE_ZERO),
	ROW_CALLBACK(181, loop, ANY, CALLBACK, STACK_OR_NULL, ANY),
	ROW(182, strncmp, SCALAR, 0, MEM, SIZE, CONST_STR),
	ROW(195, map_lookup_percpu_elem, MAP_VALUE_OR_NULL, 0, MAP, MAP_KEY, ANY),
};

const char *mbpf_helper_name(u32 id)
{
	const struct mbpf_helper *helper = mbpf_helper_find(id);

	return helper ? helper->name : NULL;
}
