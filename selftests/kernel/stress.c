// SPDX-License-Identifier: GPL-2.0-only
/*
 * Races on two CPUs, each bounded by a count: what one thread takes away
 * another is using. The kernel's complaints fail the run; so does what stays.
 */

#include <linux/membarrier.h>

FIXTURE(stress) {
	uint32_t probes;			/* armed before the test */
	uint32_t objects[MINIBPF_LINK + 1];	/* numbers in use before it */
};

static const char *const kind_names[] = {
	[MINIBPF_PROG] = "programs", [MINIBPF_MAP] = "maps", [MINIBPF_LINK] = "links",
};

static uint32_t count_objects(enum minibpf_kind kind)
{
	uint32_t id = 0, n = 0;

	while (n < 1000 && !minibpf_get_next_id(kind, id, &id))
		n++;
	return n;
}

/* A program lets go of its maps some grace periods after its last user; a barrier waits for one. */
static uint32_t settled_objects(enum minibpf_kind kind, uint32_t want)
{
	for (int i = 0; i < 200 && count_objects(kind) != want; i++)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	return count_objects(kind);
}

/* What the test before this one used may still be on its way out; it must not count as here. */
FIXTURE_SETUP(stress)
{
	ASSERT_EQ(0, minibpf_set_backend(MINIBPF_BACKEND_DEVICE));
	self->probes = armed_probes();
	for (int kind = 0; kind <= MINIBPF_LINK; kind++)
		self->objects[kind] = settled_objects(kind, 0);
}

/* Whatever a test did, nothing of it is left. */
FIXTURE_TEARDOWN(stress)
{
	EXPECT_EQ(self->probes, armed_probes());
	for (int kind = 0; kind <= MINIBPF_LINK; kind++) {
		EXPECT_EQ(self->objects[kind], settled_objects(kind, self->objects[kind]))
			TH_LOG("%s stay", kind_names[kind]);
	}
}

/**
 * struct worker - a thread on a CPU of its own that repeats until told to stop
 * @round: what it repeats; returns 0 or an error, which ends it
 * @arg: of round()
 * @rounds: done so far
 * @error: what ended it
 */
struct worker {
	int (*round)(void *arg);
	void *arg;
	int cpu;
	pthread_t thread;
	atomic_bool stop;
	atomic_ulong rounds;
	int error;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(worker->cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	while (!worker->stop && !worker->error) {
		worker->error = worker->round(worker->arg);
		worker->rounds++;
	}
	return NULL;
}

static void worker_start(struct worker *worker, int cpu, int (*round)(void *arg), void *arg)
{
	*worker = (struct worker){ .cpu = cpu, .round = round, .arg = arg };
	pthread_create(&worker->thread, NULL, work, worker);
	while (!worker->rounds)
		sched_yield();
}

static int worker_stop(struct worker *worker)
{
	worker->stop = true;
	pthread_join(worker->thread, NULL);
	return worker->error;
}

static int open_round(void *arg)
{
	open_missing(10);
	return 0;
}

static int load_return(int value)
{
	return LOAD(MOV(R0, value), EXIT);
}

/* A round takes several grace periods of tasks, which two busy CPUs make long. */
#define ATTACH_ROUNDS 30

/* Program and link come and go where two CPUs run through them. */
static void attach_while_hot(struct __test_metadata *_metadata, int place, int rounds)
{
	const char *name = place_name(place);
	int map = map_new(ARRAY, 4, 8, 1, 0), prog;
	struct worker hot[2];
	struct minibpf_link *link;
	uint64_t last = 0;

	ASSERT_LE(0, map);
	worker_start(&hot[0], 0, open_round, NULL);
	worker_start(&hot[1], 1, open_round, NULL);
	while (rounds--) {
		prog = load_counter(map);
		ASSERT_LE(0, prog);
		ASSERT_EQ(0, minibpf_link_kprobe(prog, &name, 1, places[place].flags, &link));
		close(prog);
		open_missing(1);
		EXPECT_LT(last, count(map));
		last = count(map);
		minibpf_link_close(link);
	}
	worker_stop(&hot[0]);
	worker_stop(&hot[1]);
	last = count(map);
	open_missing(10);
	EXPECT_EQ(last, count(map));
	close(map);
}

TEST_F_TIMEOUT(stress, attach_inside, 150)
{
	attach_while_hot(_metadata, 0, ATTACH_ROUNDS);
}

TEST_F_TIMEOUT(stress, attach_entry, 150)
{
	attach_while_hot(_metadata, 1, ATTACH_ROUNDS);
}

TEST_F_TIMEOUT(stress, attach_return, 150)
{
	attach_while_hot(_metadata, 2, ATTACH_ROUNDS);
}

/* Adds key (random & 7) and deletes key ((random >> 8) & 7) of a hash, on every run. */
static int load_updater(int map)
{
	return LOAD(CALL(FN_get_current_pid_tgid), ALU64(RSH, R0, 32), JMP(JEQ, R0, getpid(), 2),
		    MOV(R0, 0), EXIT,
		    CALL(FN_get_prandom_u32), MOVR(R6, R0),
		    MOVR(R1, R0), ALU64(AND, R1, 7), STX(W, R10, -4, R1),
		    ST(DW, R10, -16, 1),
		    LDMAP(R1, map), MOVR(R2, R10), ALU64(ADD, R2, -4),
		    MOVR(R3, R10), ALU64(ADD, R3, -16), MOV(R4, 0), CALL(FN_map_update_elem),
		    ALU64(RSH, R6, 8), ALU64(AND, R6, 7), STX(W, R10, -4, R6),
		    LDMAP(R1, map), MOVR(R2, R10), ALU64(ADD, R2, -4),
		    CALL(FN_map_delete_elem), MOV(R0, 0), EXIT);
}

/* Errors that two writers of one hash may see. */
static int allowed(int err)
{
	return err == -ENOENT || err == -EEXIST || err == -EBUSY || err == -E2BIG ||
	       err == -ENOMEM ? 0 : err;
}

static int map_round(void *arg)
{
	static const uint64_t flags[] = { MINIBPF_ANY, MINIBPF_NOEXIST, MINIBPF_EXIST };
	uint64_t values[64] = { 7 };
	uint32_t key, next, i;
	int map = *(int *)arg, err = 0;

	for (i = 0; i < 24 && !err; i++) {
		key = i & 7;
		err = allowed(minibpf_update_elem(map, &key, values, flags[i % 3]));
		err = err ?: allowed(minibpf_lookup_elem(map, &key, values));
		err = err ?: allowed(minibpf_get_next_key(map, &key, &next));
		if (!err && i & 1)
			err = allowed(minibpf_delete_elem(map, &key));
		if (!err && i % 5 == 0)
			err = allowed(minibpf_lookup_and_delete_elem(map, &key, values));
	}
	open_missing(2);
	return err;
}

/* A hash of 4 elements of which 8 want to be, from two CPUs and a probe. */
static void update_everywhere(struct __test_metadata *_metadata, uint32_t type, uint32_t flags,
			      const char *const *targets, uint32_t nr, int rounds)
{
	int map = map_new(type, 4, 8, 4, flags), prog;
	struct minibpf_link *link;
	struct worker worker[2];
	uint32_t key, n = 0;
	uint64_t values[64];

	ASSERT_LE(0, map);
	ASSERT_GE(64, minibpf_nr_cpus());
	prog = load_updater(map);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_link_kprobe(prog, targets, nr, 0, &link)) TH_LOG("%s", targets[0]);
	worker_start(&worker[0], 0, map_round, &map);
	worker_start(&worker[1], 1, map_round, &map);
	while (rounds-- && !worker[0].error && !worker[1].error)
		EXPECT_EQ(0, map_round(&map));
	EXPECT_EQ(0, worker_stop(&worker[0]));
	EXPECT_EQ(0, worker_stop(&worker[1]));
	minibpf_link_close(link);
	close(prog);

	/* Whoever lost, no element did: it takes as many as it should. */
	while (!minibpf_get_next_key(map, NULL, &key) && n++ < 8)
		EXPECT_EQ(0, minibpf_delete_elem(map, &key));
	EXPECT_GE(4, n);
	memset(values, 0, sizeof(values));
	for (key = 0; key < 4; key++)
		EXPECT_EQ(0, minibpf_update_elem(map, &key, values, MINIBPF_NOEXIST));
	EXPECT_EQ(-E2BIG, minibpf_update_elem(map, &key, values, MINIBPF_ANY));
	close(map);
}

TEST_F_TIMEOUT(stress, map_updates, 150)
{
	static const struct {
		uint32_t type, flags;
	} rows[] = {
		{ HASH, 0 }, { HASH, MINIBPF_F_NO_PREALLOC },
		{ PERCPU_HASH, 0 }, { PERCPU_HASH, MINIBPF_F_NO_PREALLOC },
	};
	const char *name = place_name(0);

	for (uint32_t i = 0; i < NR(rows); i++)
		update_everywhere(_metadata, rows[i].type, rows[i].flags, &name, 1, 100);
}

/* Functions that a map update by ioctl runs through, on one kernel or another. */
static const char *const own_path[] = {
	"_copy_from_user", "__asm_copy_from_user", "_copy_to_user", "__asm_copy_to_user",
	"__check_object_size", "fdget", "__fdget", "memdup_user", "vmemdup_user", "__kmalloc",
	"__kmalloc_noprof", "__kmalloc_node_noprof", "kfree", "kvfree", "call_rcu", "fput",
	"_raw_spin_lock", "_raw_spin_lock_irqsave", "_raw_spin_unlock_irqrestore",
	"irq_work_queue", "queue_work_on", "kmem_cache_free",
};

TEST_F_TIMEOUT(stress, probes_on_the_own_path, 200)
{
	struct minibpf_link *link;
	const char *found[NR(own_path)];
	uint32_t i, nr = 0;
	int prog = load_return(0);

	ASSERT_LE(0, prog);
	for (i = 0; i < NR(own_path); i++) {
		if (minibpf_link_kprobe(prog, &own_path[i], 1, 0, &link))
			continue;	/* not of this kernel, or not to be probed */
		minibpf_link_close(link);
		found[nr++] = own_path[i];
	}
	close(prog);
	ASSERT_LT(3, nr);
	for (i = 0; i < nr; i++)
		update_everywhere(_metadata, HASH, i & 1 ? MINIBPF_F_NO_PREALLOC : 0, &found[i], 1,
				  20);
	update_everywhere(_metadata, HASH, 0, found, nr, 50);
	update_everywhere(_metadata, HASH, MINIBPF_F_NO_PREALLOC, found, nr, 50);
}
