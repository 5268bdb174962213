// SPDX-License-Identifier: GPL-2.0-only
/* Ring buffers and their reader, LRU maps, and commands on many elements. */
#include <poll.h>
#include <sys/epoll.h>

BACKEND_FIXTURE(ring)

static int ring_new(uint32_t size)
{
	struct minibpf_map_opts opts = {
		.type = MINIBPF_MAP_TYPE_RINGBUF, .max_entries = size, .name = "ring",
	};

	return minibpf_map_create(&opts);
}

TEST_F(ring, create_errors)
{
	static const struct {
		uint32_t key, value, entries, flags;
		int want;
	} rows[] = {
		{ 4, 0, 4096, 0, -EINVAL }, { 0, 4, 4096, 0, -EINVAL }, { 0, 0, 0, 0, -EINVAL },
		{ 0, 0, 4095, 0, -EINVAL }, { 0, 0, 12288, 0, -EINVAL },
		{ 0, 0, 4096, MINIBPF_F_NO_PREALLOC, -EINVAL },
	};
	uint64_t key = 0, value = 0;
	uint32_t i;
	int fd;

	for (i = 0; i < NR(rows); i++) {
		struct minibpf_map_opts opts = {
			.type = MINIBPF_MAP_TYPE_RINGBUF, .key_size = rows[i].key,
			.value_size = rows[i].value, .max_entries = rows[i].entries,
			.flags = rows[i].flags,
		};

		EXPECT_EQ(rows[i].want, minibpf_map_create(&opts)) TH_LOG("row %u", i);
	}
	fd = ring_new(4096);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, minibpf_lookup_elem(fd, &key, &value));
	EXPECT_EQ(-EINVAL, minibpf_update_elem(fd, &key, &value, 0));
	EXPECT_EQ(-EINVAL, minibpf_delete_elem(fd, &key));
	EXPECT_EQ(-524, minibpf_lookup_elem(fd, NULL, &value));
	EXPECT_EQ(-524, minibpf_update_elem(fd, NULL, &value, 0));
	EXPECT_EQ(-524, minibpf_delete_elem(fd, NULL));
	EXPECT_EQ(-524, minibpf_get_next_key(fd, NULL, &key));
	close(fd);
}

TEST_F(ring, mapping)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = ring_new(2 * page);
	void *p;

	ASSERT_LE(0, fd);
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, munmap(p, page));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, page));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 6 * page, PROT_READ, MAP_SHARED, fd, page));
	EXPECT_EQ(EINVAL, errno);
	p = mmap(NULL, 5 * page, PROT_READ, MAP_SHARED, fd, page);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(-1, mprotect(p, page, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	close(fd);
	/* The mapping keeps the memory. */
	EXPECT_EQ(0, *(volatile unsigned long *)p);
	EXPECT_EQ(0, munmap(p, 5 * page));
}

/* Sends *(u64 *)ctx times 8 bytes that count down from it; 0 if all had room. */
static int sender(int fd)
{
	return LOAD(LDX(DW, R6, R1, 0), STX(DW, R10, -8, R6), MOVR(R1, R6), LDFUNC(R2, 7),
		    MOVR(R3, R10), ALU64(ADD, R3, -8), MOV(R4, 0), CALL(FN_loop),
		    LDX(DW, R0, R10, -8), EXIT,
		    MOVR(R7, R2), LDX(DW, R6, R7, 0),
		    RAW(0x18, R1, 1, 0, fd), RAW(0, 0, 0, 0, 0), MOV(R2, 8), MOV(R3, 0),
		    CALL(FN_ringbuf_reserve), JMP(JNE, R0, 0, 2), MOV(R0, 1), EXIT,
		    STX(DW, R0, 0, R6), MOVR(R1, R0), MOV(R2, 0), CALL(FN_ringbuf_submit),
		    ALU64(SUB, R6, 1), STX(DW, R7, 0, R6), MOV(R0, 0), EXIT);
}

static int send_to(int prog, uint64_t nr)
{
	uint64_t ctx[64] = { nr };
	struct minibpf_test_opts opts = { .ctx = ctx, .ctx_size = sizeof(ctx) };

	return minibpf_prog_test_run(prog, &opts) ?: (int)opts.retval;
}

struct received {
	uint64_t expected;
	uint32_t nr;
	uint32_t wrong;
};

static int receive(void *arg, const void *data, uint32_t size)
{
	struct received *r = arg;

	r->wrong += size != 8 || *(const uint64_t *)data != r->expected--;
	r->nr++;
	return 0;
}

TEST_F(ring, records)
{
	struct received r = {};
	struct minibpf_ringbuf *rb;
	struct epoll_event event = { .events = EPOLLIN };
	int fd = ring_new(4096), prog, ep, round;

	ASSERT_LE(0, fd);
	prog = sender(fd);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, minibpf_ringbuf_open(fd, receive, &r, &rb));
	ep = epoll_create1(0);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	EXPECT_EQ(0, epoll_wait(ep, &event, 1, 0));
	EXPECT_EQ(0, minibpf_ringbuf_wait(rb, 0));
	for (round = 0; round < 100; round++) {
		r = (struct received){ .expected = 37 };
		ASSERT_EQ(0, send_to(prog, 37));
		EXPECT_EQ(1, epoll_wait(ep, &event, 1, 1000));
		EXPECT_EQ(37, minibpf_ringbuf_wait(rb, 1000));
		EXPECT_EQ(37, r.nr);
		EXPECT_EQ(0, r.wrong);
		EXPECT_EQ(0, epoll_wait(ep, &event, 1, 0));
	}
	/* Full: what does not fit is not sent. */
	EXPECT_LT(0, send_to(prog, 300));
	EXPECT_EQ(255, minibpf_ringbuf_read(rb));
	minibpf_ringbuf_close(rb);
	close(ep);
	close(prog);
	close(fd);
}

struct late {
	int prog;
};

static void *send_later(void *arg)
{
	/* The reader is asleep by then, or finds it: both wake. */
	send_to(((struct late *)arg)->prog, 5);
	return NULL;
}

TEST_F(ring, a_reader_that_sleeps_is_woken)
{
	struct received r = { .expected = 5 };
	struct minibpf_ringbuf *rb;
	int fd = ring_new(4096);
	struct late late;
	pthread_t thread;
	int got = 0;

	ASSERT_LE(0, fd);
	late.prog = sender(fd);
	ASSERT_LE(0, late.prog);
	ASSERT_EQ(0, minibpf_ringbuf_open(fd, receive, &r, &rb));
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_later, &late));
	while (got < 5) {
		int ret = minibpf_ringbuf_wait(rb, 20000);

		ASSERT_LT(0, ret);
		got += ret;
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.wrong);
	minibpf_ringbuf_close(rb);
	close(late.prog);
	close(fd);
}

BACKEND_FIXTURE(batch)

TEST_F(batch, every_family)
{
	static const uint32_t types[] = {
		MINIBPF_MAP_TYPE_HASH, MINIBPF_MAP_TYPE_LRU_HASH, MINIBPF_MAP_TYPE_PERCPU_HASH,
		MINIBPF_MAP_TYPE_ARRAY, MINIBPF_MAP_TYPE_PERCPU_ARRAY,
	};
	uint32_t keys[300], count, i, t, cpus = minibpf_nr_cpus(), bucket;
	uint64_t *values = calloc(300 * cpus, 8);

	for (t = 0; t < NR(types); t++) {
		bool percpu = types[t] == MINIBPF_MAP_TYPE_PERCPU_HASH ||
			      types[t] == MINIBPF_MAP_TYPE_PERCPU_ARRAY;
		bool array = types[t] == MINIBPF_MAP_TYPE_ARRAY ||
			     types[t] == MINIBPF_MAP_TYPE_PERCPU_ARRAY;
		uint32_t words = percpu ? cpus : 1, seen = 0;
		uint64_t sum = 0;
		/* In-tree evicts before it is full: free elements of one CPU are no other's. */
		int fd = map_new(types[t], 4, 8, types[t] == MINIBPF_MAP_TYPE_LRU_HASH ? 2000 : 200,
				 0), err;

		ASSERT_LE(0, fd);
		for (i = 0; i < 200; i++) {
			keys[i] = i;
			values[i * words] = i + 1;
		}
		count = 200;
		EXPECT_EQ(0, minibpf_map_update_batch(fd, keys, values, &count, 0));
		EXPECT_EQ(200, count);
		/* In parts, each going on where the last one ended. */
		count = 70;
		err = minibpf_map_lookup_batch(fd, NULL, &bucket, keys, values, &count, 0);
		while (!err || err == -ENOENT) {
			for (i = 0; i < count; i++)
				sum += values[i * words];
			seen += count;
			if (err)
				break;
			count = 70;
			err = minibpf_map_lookup_batch(fd, &bucket, &bucket, keys, values, &count, 0);
		}
		EXPECT_EQ(-ENOENT, err) TH_LOG("type %u", types[t]);
		EXPECT_EQ(200, seen);
		EXPECT_EQ(200 * 201 / 2, sum);
		count = 300;
		err = minibpf_map_lookup_and_delete_batch(fd, NULL, &bucket, keys, values, &count, 0);
		EXPECT_EQ(array ? -524 : -ENOENT, err);
		if (!array) {
			EXPECT_EQ(200, count);
			EXPECT_EQ(-ENOENT, minibpf_get_next_key(fd, NULL, &i));
			count = 200;
			EXPECT_EQ(0, minibpf_map_update_batch(fd, keys, values, &count, 0));
		}
		keys[100] = 1000;
		count = 200;
		EXPECT_EQ(array ? -524 : -ENOENT, minibpf_map_delete_batch(fd, keys, &count, 0));
		EXPECT_EQ(array ? 200 : 100, count);
		count = 3;
		EXPECT_EQ(-EINVAL, minibpf_map_update_batch(fd, keys, values, &count, 1));
		close(fd);
	}
	free(values);
}

TEST_F(batch, errors)
{
	uint32_t keys[4] = { 1, 2, 3, 4 }, count = 4, bucket = 1 << 30;
	uint64_t values[4] = {};
	int fd = map_new(HASH, 4, 8, 10, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, minibpf_map_update_batch(fd, keys, values, &count, 0));
	EXPECT_EQ(-ENOENT, minibpf_map_lookup_batch(fd, &bucket, &bucket, keys, values, &count, 0));
	EXPECT_EQ(0, count);
	count = 0;
	EXPECT_EQ(0, minibpf_map_lookup_batch(fd, NULL, &bucket, keys, values, &count, 0));
	count = 4;
	EXPECT_EQ(-EFAULT, minibpf_map_lookup_batch(fd, NULL, &bucket, NULL, values, &count, 0));
	count = 4;
	EXPECT_EQ(-EFAULT, minibpf_map_update_batch(fd, keys, NULL, &count, 0));
	EXPECT_EQ(0, count);
	EXPECT_EQ(0, minibpf_map_freeze(fd));
	count = 4;
	EXPECT_EQ(-EPERM, minibpf_map_update_batch(fd, keys, values, &count, 0));
	EXPECT_EQ(-EPERM, minibpf_map_delete_batch(fd, keys, &count, 0));
	close(fd);
}

BACKEND_FIXTURE(lru)

/* Keys of a skewed stream: how many are found in a map with room for one in twenty. */
TEST_F(lru, hit_rate)
{
	uint32_t i, hits = 0, key;
	uint64_t seed = 88172645463325252, value = 1;
	int fd = map_new(MINIBPF_MAP_TYPE_LRU_HASH, 4, 8, 1000, 0), err;

	ASSERT_LE(0, fd);
	for (i = 0; i < 30000; i++) {
		double u;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		u = (seed >> 11) * 0x1p-53;
		/* Density about 1 / key from 1 to 20,000. */
		for (key = 1, u *= 14.3; u > 1 && key < 16384; u--)
			key *= 2;
		key += (uint32_t)(seed >> 20) % key;
		err = minibpf_lookup_elem(fd, &key, &value);
		hits += !err;
		if (err || seed % 2)
			ASSERT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	}
	TH_LOG("%u of 30000 found", hits);
	EXPECT_LT(10000, hits);
	close(fd);
}
