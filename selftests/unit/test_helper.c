// SPDX-License-Identifier: GPL-2.0-only
/* The table of helpers against Linux's numbers, and the helpers of the core. */
#include <linux/bpf.h>

#include "unit.h"
#include "helper_core.h"
#include "helper_os.h"
#include "map.h"

#define ADDR(p) ((u64)(unsigned long)(p))

/* Every helper there is; the ids are those of the system's own header. */
#define HELPERS(X)							\
	X(map_lookup_elem) X(map_update_elem) X(map_delete_elem) X(probe_read) X(ktime_get_ns) \
	X(trace_printk) X(get_prandom_u32) X(get_smp_processor_id) X(tail_call)	\
	X(get_current_pid_tgid) X(get_current_uid_gid) X(get_current_comm) X(get_current_task) \
	X(get_numa_node_id) X(probe_read_str) X(probe_read_user) X(probe_read_kernel)	\
	X(probe_read_user_str) X(probe_read_kernel_str) X(jiffies64) X(ktime_get_boot_ns)	\
	X(for_each_map_elem) X(snprintf) X(get_func_ip) X(get_attach_cookie) X(trace_vprintk)	\
	X(loop) X(strncmp) X(map_lookup_percpu_elem) X(perf_event_output)	\
	X(current_task_under_cgroup) X(get_current_cgroup_id) X(ringbuf_output)	\
	X(ringbuf_reserve) X(ringbuf_submit) X(ringbuf_discard) X(ringbuf_query)	\
	X(get_stackid) X(get_stack) X(send_signal) X(send_signal_thread) X(probe_write_user)

static const struct {
	u32 id;
	const char *name;
} known[] = {
#define ID(name) { BPF_FUNC_##name, #name },
	HELPERS(ID)
};

TEST(ids_are_linux)
{
	u32 i, id, nr = 0;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		const struct mbpf_helper *helper = mbpf_helper_find(known[i].id);

		ASSERT_NE(NULL, helper) TH_LOG("no helper %s", known[i].name);
		EXPECT_STREQ(known[i].name, helper->name);
		EXPECT_STREQ(known[i].name, mbpf_helper_name(known[i].id));
	}
	for (id = 0; id < 100000; id++)
		nr += !!mbpf_helper_find(id);
	EXPECT_EQ(ARRAY_SIZE(known), nr);
	EXPECT_EQ(NULL, mbpf_helper_find(0));
	EXPECT_EQ(NULL, mbpf_helper_find(U32_MAX));
	EXPECT_EQ(NULL, mbpf_helper_name(U32_MAX));
}

static bool is_mem(u8 arg)
{
	return arg == MBPF_ARG_MEM || arg == MBPF_ARG_MEM_NULL ||
	       arg == MBPF_ARG_MEM_UNINIT || arg == MBPF_ARG_MEM_UNINIT_NULL;
}

/* What the verifier takes for granted of each row. */
TEST(rows_are_consistent)
{
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		const struct mbpf_helper *helper = mbpf_helper_find(known[i].id);
		bool tail_call = helper->flags & MBPF_HELPER_TAIL_CALL;
		bool has_callback = false, has_map = false, ended = false;

		EXPECT_EQ(tail_call, !helper->fn) TH_LOG("%s", helper->name);
		for (n = 0; n < 5; n++) {
			u8 arg = helper->arg[n];

			EXPECT_FALSE(ended && arg != MBPF_ARG_NONE) TH_LOG("%s", helper->name);
			ended |= arg == MBPF_ARG_NONE;
			if (is_mem(arg)) {
				ASSERT_GT(4, n);
				EXPECT_TRUE(helper->arg[n + 1] == MBPF_ARG_SIZE ||
					    helper->arg[n + 1] == MBPF_ARG_SIZE_ZERO)
					TH_LOG("%s", helper->name);
			}
			if (arg == MBPF_ARG_SIZE || arg == MBPF_ARG_SIZE_ZERO) {
				ASSERT_LT(0, n);
				EXPECT_TRUE(is_mem(helper->arg[n - 1])) TH_LOG("%s", helper->name);
			}
			if (arg == MBPF_ARG_MAP_KEY || arg == MBPF_ARG_MAP_VALUE)
				EXPECT_TRUE(has_map) TH_LOG("%s", helper->name);
			has_map |= arg == MBPF_ARG_MAP;
			if (arg == MBPF_ARG_CALLBACK) {
				has_callback = true;
				EXPECT_EQ(n, helper->callback);
			}
		}
		EXPECT_EQ(has_callback, !!helper->iterate);
		if (helper->ret == MBPF_RET_MAP_VALUE_OR_NULL)
			EXPECT_EQ(MBPF_ARG_MAP, helper->arg[0]);
	}
}

/* Who may use what is Linux 6.12's. */
TEST(licences)
{
	static const char *const gpl[] = {
		"probe_read", "probe_read_str", "probe_read_user", "probe_read_user_str",
		"probe_read_kernel", "probe_read_kernel_str", "trace_printk", "trace_vprintk",
		"get_current_task", "snprintf", "get_func_ip", "perf_event_output",
		"get_stackid", "get_stack", "probe_write_user",
	};
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		const struct mbpf_helper *helper = mbpf_helper_find(known[i].id);
		bool is_gpl = false;

		for (n = 0; n < ARRAY_SIZE(gpl); n++)
			is_gpl |= !strcmp(gpl[n], helper->name);
		EXPECT_EQ(is_gpl, !!(helper->flags & MBPF_HELPER_GPL)) TH_LOG("%s", helper->name);
	}
}

struct counter {
	struct mbpf_callee callee;
	u64 calls;
	u64 stop_at;
	u64 sum;
	u64 ctx;
};

static u64 count_call(const struct mbpf_callee *callee, u64 r1, u64 r2, u64 r3, u64 r4)
{
	struct counter *counter = container_of(callee, struct counter, callee);

	counter->sum += r1;
	counter->ctx = r2;
	return ++counter->calls == counter->stop_at;
}

TEST(loop_rounds)
{
	struct counter counter = { .callee.call = count_call };
	const struct mbpf_callee *callee = &counter.callee;

	EXPECT_EQ(0, mbpf_helper_loop_iterate(callee, 0, 0, 0, 0));
	EXPECT_EQ(0, counter.calls);
	EXPECT_EQ(10, mbpf_helper_loop_iterate(callee, 10, 0, 77, 0));
	EXPECT_EQ(10, counter.calls);
	EXPECT_EQ(45, counter.sum);
	EXPECT_EQ(77, counter.ctx);

	counter = (struct counter){ .callee.call = count_call, .stop_at = 4 };
	EXPECT_EQ(4, mbpf_helper_loop_iterate(callee, 10, 0, 0, 0));
	EXPECT_EQ(4, counter.calls);

	/* Rounds are 32 bits wide, flags all 64. */
	counter = (struct counter){ .callee.call = count_call };
	EXPECT_EQ(3, mbpf_helper_loop_iterate(callee, 1ULL << 32 | 3, 0, 0, 0));
	EXPECT_EQ((u64)-EINVAL, mbpf_helper_loop_iterate(callee, 1, 0, 0, 1));
	EXPECT_EQ((u64)-EINVAL, mbpf_helper_loop_iterate(callee, 1, 0, 0, 1ULL << 32));
	EXPECT_EQ((u64)-E2BIG, mbpf_helper_loop_iterate(callee, MBPF_MAX_LOOPS + 1, 0, 0, 0));
	EXPECT_EQ((u64)-E2BIG, mbpf_helper_loop_iterate(callee, U32_MAX, 0, 0, 0));
	EXPECT_EQ(3, counter.calls);
	EXPECT_EQ(MBPF_MAX_LOOPS, mbpf_helper_loop_iterate(callee, MBPF_MAX_LOOPS, 0, 0, 0));
}

static u64 native_sum;

static u64 native_callback(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	native_sum += r1 + r2;
	return 0;
}

TEST(loop_by_address)
{
	EXPECT_EQ(5, mbpf_helper_loop(5, ADDR(native_callback), 100, 0, 0));
	EXPECT_EQ(510, native_sum);
}

TEST(strncmp_sign)
{
	EXPECT_EQ(0, mbpf_helper_strncmp(ADDR("abc"), 4, ADDR("abc"), 0, 0));
	EXPECT_EQ((u64)-1, mbpf_helper_strncmp(ADDR("abc"), 4, ADDR("abz"), 0, 0));
	EXPECT_EQ(1, mbpf_helper_strncmp(ADDR("abz"), 4, ADDR("abc"), 0, 0));
	EXPECT_EQ(0, mbpf_helper_strncmp(ADDR("abz"), 2, ADDR("abc"), 0, 0));
	EXPECT_EQ((u64)-1, mbpf_helper_strncmp(ADDR("ab"), 3, ADDR("abc"), 0, 0));
	EXPECT_EQ(1, mbpf_helper_strncmp(ADDR("\xff"), 2, ADDR("a"), 0, 0));
	/* Only the lower half of a size counts. */
	EXPECT_EQ(0, mbpf_helper_strncmp(ADDR("abz"), 1ULL << 32 | 2, ADDR("abc"), 0, 0));
}

TEST(snprintf_text)
{
	u64 args[13] = { 42, ADDR("text") };
	char buf[32] = "untouched";

	EXPECT_EQ(8, mbpf_helper_snprintf(ADDR(buf), sizeof(buf), ADDR("%d %s"), ADDR(args), 16));
	EXPECT_STREQ("42 text", buf);
	/* The size is the whole text's, cut or not. */
	EXPECT_EQ(8, mbpf_helper_snprintf(ADDR(buf), 4, ADDR("%d %s"), ADDR(args), 16));
	EXPECT_STREQ("42 ", buf);
	EXPECT_EQ(8, mbpf_helper_snprintf(0, 0, ADDR("%d %s"), ADDR(args), 16));
	EXPECT_EQ(4, mbpf_helper_snprintf(ADDR(buf), sizeof(buf), ADDR("abc"), 0, 0));

	strcpy(buf, "untouched");
	EXPECT_EQ((u64)-EINVAL, mbpf_helper_snprintf(ADDR(buf), 32, ADDR("x%d %d"), ADDR(args), 8));
	EXPECT_EQ((u64)-EINVAL, mbpf_helper_snprintf(ADDR(buf), 32, ADDR("x%d"), ADDR(args), 7));
	EXPECT_EQ((u64)-EINVAL, mbpf_helper_snprintf(ADDR(buf), 32, ADDR("x%d"), ADDR(args), 104));
	EXPECT_EQ((u64)-EINVAL, mbpf_helper_snprintf(ADDR(buf), 32, ADDR("x%d"), 0, 8));
	EXPECT_STREQ("untouched", buf);
	EXPECT_EQ(3, mbpf_helper_snprintf(ADDR(buf), 32, ADDR("%d"), ADDR(args), 96));
}

static struct mbpf_map *create(u32 type, u32 key_size, u32 value_size, u32 max_entries)
{
	struct mbpf_map_attr attr = {
		.type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = max_entries,
	};

	return mbpf_map_create(&attr);
}

TEST(map_helpers)
{
	struct mbpf_map *map = create(MBPF_MAP_HASH, 4, 8, 2);
	u32 key = 7, other = 8, third = 9;
	u64 value = 123;

	ASSERT_FALSE(IS_ERR(map));
	EXPECT_EQ(0, mbpf_helper_map_lookup_elem(ADDR(map), ADDR(&key), 0, 0, 0));
	EXPECT_EQ((u64)-ENOENT, mbpf_helper_map_delete_elem(ADDR(map), ADDR(&key), 0, 0, 0));
	EXPECT_EQ((u64)-ENOENT, mbpf_helper_map_update_elem(ADDR(map), ADDR(&key), ADDR(&value),
							    MBPF_EXIST, 0));
	EXPECT_EQ(0, mbpf_helper_map_update_elem(ADDR(map), ADDR(&key), ADDR(&value), 0, 0));
	EXPECT_EQ(123, *(u64 *)mbpf_helper_map_lookup_elem(ADDR(map), ADDR(&key), 0, 0, 0));
	EXPECT_EQ(0, mbpf_helper_map_update_elem(ADDR(map), ADDR(&other), ADDR(&value), 0, 0));
	EXPECT_EQ((u64)-E2BIG, mbpf_helper_map_update_elem(ADDR(map), ADDR(&third), ADDR(&value), 0, 0));
	EXPECT_EQ(0, mbpf_helper_map_lookup_percpu_elem(ADDR(map), ADDR(&key), 0, 0, 0));
	EXPECT_EQ(0, mbpf_helper_map_delete_elem(ADDR(map), ADDR(&key), 0, 0, 0));
	EXPECT_EQ(0, mbpf_helper_map_lookup_elem(ADDR(map), ADDR(&key), 0, 0, 0));
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

TEST(map_lookup_percpu_elem)
{
	struct mbpf_map *map = create(MBPF_MAP_PERCPU_ARRAY, 4, 8, 1);
	u32 key = 0, cpu;

	ASSERT_FALSE(IS_ERR(map));
	for (cpu = 0; cpu < OS_USER_NR_CPUS; cpu++) {
		os_user_cpu = cpu;
		*(u64 *)mbpf_helper_map_lookup_elem(ADDR(map), ADDR(&key), 0, 0, 0) = cpu + 10;
	}
	for (cpu = 0; cpu < OS_USER_NR_CPUS; cpu++)
		EXPECT_EQ(cpu + 10, *(u64 *)mbpf_helper_map_lookup_percpu_elem(ADDR(map), ADDR(&key),
									       cpu, 0, 0));
	EXPECT_EQ(0, mbpf_helper_map_lookup_percpu_elem(ADDR(map), ADDR(&key), cpu, 0, 0));
	EXPECT_EQ(0, mbpf_helper_map_lookup_percpu_elem(ADDR(map), ADDR(&key), U32_MAX, 0, 0));
	mbpf_map_destroy(map);
}

TEST(for_each_map_elem)
{
	struct counter counter = { .callee.call = count_call };
	struct mbpf_map *map = create(MBPF_MAP_ARRAY, 4, 8, 5);
	struct mbpf_map *progs = create(MBPF_MAP_PROG_ARRAY, 4, 4, 5);

	ASSERT_FALSE(IS_ERR(map));
	ASSERT_FALSE(IS_ERR(progs));
	EXPECT_EQ(5, mbpf_helper_for_each_map_elem_iterate(&counter.callee, ADDR(map), 0, 0, 0));
	EXPECT_EQ(5, counter.calls);
	EXPECT_EQ(5 * ADDR(map), counter.sum);
	EXPECT_EQ((u64)-EINVAL,
		  mbpf_helper_for_each_map_elem_iterate(&counter.callee, ADDR(map), 0, 0, 1));
	EXPECT_EQ((u64)-EINVAL,
		  mbpf_helper_for_each_map_elem_iterate(&counter.callee, ADDR(progs), 0, 0, 0));
	EXPECT_EQ(5, mbpf_helper_for_each_map_elem(ADDR(map), ADDR(native_callback), 0, 0, 0));
	EXPECT_LT(5 * ADDR(map), native_sum);
	mbpf_map_destroy(map);
	mbpf_map_destroy(progs);
}

TEST_HARNESS_MAIN
