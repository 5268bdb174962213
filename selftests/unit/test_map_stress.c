// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hashes under threads, one for each CPU, while another lets grace periods
 * pass: nothing torn, missed, lost or beyond the limit.
 */
#include <pthread.h>

#include "unit.h"
#include "map_hash.h"

#define NR_THREADS	OS_USER_NR_CPUS
#define ROUNDS		20000
#define WORDS		8

static struct mbpf_map *map;
static u32 nr_running;
static u32 nr_faults;	/* what a thread found wrong */

/* Readings that each thread has ended; the top bit: it has ended for good. */
static u64 quiescent[NR_THREADS];

static void fault(const char *what, u64 a, u64 b)
{
	if (__atomic_fetch_add(&nr_faults, 1, __ATOMIC_RELAXED) < 5)
		fprintf(stderr, "# %s: %llx %llx\n", what, (unsigned long long)a,
			(unsigned long long)b);
}

static void end_reading(u32 cpu)
{
	__atomic_fetch_add(&quiescent[cpu], 1, __ATOMIC_SEQ_CST);
}

/* One grace period after the other: each waits for every thread to have ended a reading. */
static void *run_grace_periods(void *arg)
{
	u64 before[NR_THREADS];
	u32 i;

	while (__atomic_load_n(&nr_running, __ATOMIC_SEQ_CST)) {
		os_user_rcu_begin();
		for (i = 0; i < NR_THREADS; i++)
			before[i] = __atomic_load_n(&quiescent[i], __ATOMIC_SEQ_CST);
		for (i = 0; i < NR_THREADS; i++)
			while (!(before[i] >> 63) &&
			       __atomic_load_n(&quiescent[i], __ATOMIC_SEQ_CST) == before[i])
				sched_yield();
		os_user_rcu_end();
		os_user_run_work();
	}
	return NULL;
}

struct thread {
	pthread_t id;
	u32 cpu;
	void (*run)(u32 cpu, u64 *seed);
};

static void *run_thread(void *arg)
{
	struct thread *thread = arg;
	u64 seed = thread->cpu + 1;

	os_user_cpu = thread->cpu;
	thread->run(thread->cpu, &seed);
	__atomic_fetch_or(&quiescent[thread->cpu], 1ULL << 63, __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&nr_running, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Runs one thread for each CPU to their ends; returns the number of faults. */
static u32 run(void (*even)(u32 cpu, u64 *seed), void (*odd)(u32 cpu, u64 *seed))
{
	struct thread threads[NR_THREADS];
	pthread_t grace;
	u32 i;

	memset(quiescent, 0, sizeof(quiescent));
	nr_running = NR_THREADS;
	nr_faults = 0;
	pthread_create(&grace, NULL, run_grace_periods, NULL);
	for (i = 0; i < NR_THREADS; i++) {
		threads[i].cpu = i;
		threads[i].run = i % 2 ? odd : even;
		pthread_create(&threads[i].id, NULL, run_thread, &threads[i]);
	}
	for (i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i].id, NULL);
	pthread_join(grace, NULL);
	return nr_faults;
}

static struct mbpf_map *create(u32 type, u32 value_size, u32 max_entries)
{
	struct mbpf_map_attr attr = {
		.type = type,
		.key_size = 8,
		.value_size = value_size,
		.max_entries = max_entries,
	};

	return mbpf_map_create(&attr);
}

/* Values of which each word tells the key, and all the same version of it. */
static int update(u64 key, u64 version, u64 flags)
{
	u64 value[WORDS];
	u32 i;

	for (i = 0; i < WORDS; i++)
		value[i] = version << 32 | key << 8 | i;
	return map->ops->update(map, &key, value, flags);
}

static bool is_whole(const u64 *value, u64 key, u32 words)
{
	u64 first = READ_ONCE(value[0]);
	u32 i;

	if ((first & 0xffffffff) != key << 8)
		return false;
	for (i = 1; i < words; i++)
		if (READ_ONCE(value[i]) != first + i)
			return false;
	return true;
}

static u32 nr_elements(void)
{
	u64 key, *last = NULL;
	u32 nr = 0;

	for (; !map->ops->next_key(map, last, &key); last = &key)
		nr++;
	return nr;
}

#define HOT_KEYS 4

/* Changes few keys, at most as often in a grace period as there are elements in reserve. */
static void write_hot(u32 cpu, u64 *seed)
{
	u64 period = 0, done = 0, i;
	int err;

	for (i = 0; i < ROUNDS; i++) {
		err = update(unit_random(seed) % HOT_KEYS, i, MBPF_ANY);
		if (err)
			fault("update", i, err);
		end_reading(cpu);
		if (++done < 64)
			continue;
		period = get_state_synchronize_rcu();
		while (!poll_state_synchronize_rcu(period)) {
			end_reading(cpu);
			sched_yield();
		}
		done = 0;
	}
}

static void read_hot(u32 cpu, u64 *seed)
{
	u64 key, i, *value;

	for (i = 0; i < ROUNDS * 4; i++) {
		key = unit_random(seed) % HOT_KEYS;
		value = map->ops->lookup(map, &key);
		if (!value)
			fault("missed", key, 0);
		else if (!is_whole(value, key, WORDS) || !is_whole(value, key, WORDS))
			fault("torn", key, value[0]);
		end_reading(cpu);
	}
}

/* A value that is found is whole, and stays so for as long as the reader looks. */
TEST(values_are_never_torn)
{
	u64 key;

	map = create(MBPF_MAP_HASH, 8 * WORDS, 1000);
	ASSERT_FALSE(IS_ERR(map));
	for (key = 0; key < HOT_KEYS; key++)
		ASSERT_EQ(0, update(key, 0, MBPF_ANY));
	EXPECT_EQ(0, run(write_hot, read_hot));
	EXPECT_EQ(HOT_KEYS, nr_elements());
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

#define LASTING_KEYS	8
#define FLEETING_KEYS	64

/* Adds and deletes faster than any grace period, and changes the keys that last. */
static void churn(u32 cpu, u64 *seed)
{
	u64 key, i;
	int err;

	for (i = 0; i < ROUNDS; i++) {
		key = LASTING_KEYS + unit_random(seed) % FLEETING_KEYS;
		err = unit_random(seed) & 1 ? update(key, i, MBPF_ANY) :
					      map->ops->delete(map, &key);
		if (err && err != -E2BIG && err != -ENOENT)
			fault("change", key, err);
		key = unit_random(seed) % LASTING_KEYS;
		err = update(key, i, MBPF_EXIST);
		if (err)
			fault("lasting key cannot be changed", key, err);
		end_reading(cpu);
	}
}

static void look_for_lasting(u32 cpu, u64 *seed)
{
	u64 key, i, *value;

	for (i = 0; i < ROUNDS * 4; i++) {
		key = unit_random(seed) % LASTING_KEYS;
		value = map->ops->lookup(map, &key);
		if (!value)
			fault("missed", key, 0);
		end_reading(cpu);
	}
}

/* What is there all the time is found at any time, whatever moves around it. */
TEST(lasting_keys_are_never_missed)
{
	u64 key;

	map = create(MBPF_MAP_HASH, 8 * WORDS, LASTING_KEYS + 8);
	ASSERT_FALSE(IS_ERR(map));
	for (key = 0; key < LASTING_KEYS; key++)
		ASSERT_EQ(0, update(key, 0, MBPF_ANY));
	EXPECT_EQ(0, run(churn, look_for_lasting));
	for (key = 0; key < LASTING_KEYS; key++)
		EXPECT_TRUE(is_whole(map->ops->lookup(map, &key), key, WORDS));
	EXPECT_EQ(nr_elements(), atomic_read(&container_of(map, struct mbpf_hash, map)->count));
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

#define OWN_KEYS 40

/* Each thread has keys of its own, of which it knows at any time what they hold. */
static void keep_own(u32 cpu, u64 *seed)
{
	struct mbpf_hash *hash = container_of(map, struct mbpf_hash, map);
	u64 version[OWN_KEYS] = {}, i, n, key, *value;
	int err;

	for (i = 1; i <= ROUNDS; i++) {
		n = unit_random(seed) % OWN_KEYS;
		key = cpu * OWN_KEYS + n;
		if (unit_random(seed) % 3) {
			err = update(key, i, MBPF_ANY);
			if (!err)
				version[n] = i;
			else if (err != -E2BIG || version[n])
				fault("update", key, err);
		} else {
			err = map->ops->delete(map, &key);
			if (err != (version[n] ? 0 : -ENOENT))
				fault("delete", key, err);
			version[n] = 0;
		}
		n = unit_random(seed) % OWN_KEYS;
		key = cpu * OWN_KEYS + n;
		value = map->ops->lookup(map, &key);
		if (!value != !version[n])
			fault("found or not", key, version[n]);
		else if (value && (!is_whole(value, key, WORDS) || value[0] >> 32 != version[n]))
			fault("lost update", value[0], version[n]);
		if (atomic_read(&hash->count) > (s32)map->attr.max_entries)
			fault("too many", atomic_read(&hash->count), 0);
		end_reading(cpu);
	}
	for (n = 0; n < OWN_KEYS; n++) {
		key = cpu * OWN_KEYS + n;
		if (map->ops->delete(map, &key) != (version[n] ? 0 : -ENOENT))
			fault("last delete", key, version[n]);
	}
}

TEST(no_update_is_lost)
{
	u64 key;

	/* Room for half of the keys. */
	map = create(MBPF_MAP_HASH, 8 * WORDS, OWN_KEYS * NR_THREADS / 2);
	ASSERT_FALSE(IS_ERR(map));
	EXPECT_EQ(0, run(keep_own, keep_own));
	EXPECT_EQ(0, nr_elements());
	/* Everything that the threads used is there to be used again, from one CPU. */
	for (key = 0; key < map->attr.max_entries; key++)
		EXPECT_EQ(0, update(key, 1, MBPF_NOEXIST));
	EXPECT_EQ(-E2BIG, update(key, 1, MBPF_NOEXIST));
	EXPECT_EQ(map->attr.max_entries, nr_elements());
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

#define COUNTERS 16

static void count(u32 cpu, u64 *seed)
{
	u64 zero = 0, key, i, *value;
	int err;

	for (i = 0; i < ROUNDS; i++) {
		key = unit_random(seed) % COUNTERS;
		err = map->ops->update(map, &key, &zero, MBPF_NOEXIST);
		if (err && err != -EEXIST)
			fault("update", key, err);
		value = map->ops->lookup(map, &key);
		if (value)
			++*value;
		else
			fault("missed", key, 0);
		end_reading(cpu);
	}
}

/* Whoever adds a per-CPU element zeroes all CPUs' values before others can see it. */
TEST(per_cpu_counters_add_up)
{
	u64 values[NR_THREADS], key, sum = 0;
	u32 i;

	map = create(MBPF_MAP_PERCPU_HASH, 8, COUNTERS);
	ASSERT_FALSE(IS_ERR(map));
	EXPECT_EQ(0, run(count, count));
	for (key = 0; key < COUNTERS; key++) {
		ASSERT_EQ(0, mbpf_map_sys_lookup(map, &key, values, 0));
		for (i = 0; i < NR_THREADS; i++)
			sum += values[i];
	}
	/* An element that one CPU adds while others have just found it missing is zeroed once. */
	EXPECT_EQ(NR_THREADS * ROUNDS, sum);
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

static void fill(u32 cpu, u64 *seed)
{
	u64 key = cpu, tries = 0;
	int err;

	/* Until the map is full; what it lacks in between, it gets. */
	for (;;) {
		err = update(key, 1, MBPF_NOEXIST);
		end_reading(cpu);
		if (err == -E2BIG)
			return;
		if (err == -ENOMEM) {
			if (++tries > 100000000)
				fault("starved", key, 0);
			sched_yield();
			continue;
		}
		if (err)
			fault("update", key, err);
		key += NR_THREADS;
	}
}

TEST(large_map_is_filled_to_the_last)
{
	map = create(MBPF_MAP_HASH, 8 * WORDS, 30000);
	ASSERT_FALSE(IS_ERR(map));
	EXPECT_EQ(0, run(fill, fill));
	EXPECT_EQ(30000, nr_elements());
	mbpf_map_destroy(map);
	UNIT_EXPECT_NO_LEAKS();
}

TEST_HARNESS_MAIN
