// SPDX-License-Identifier: GPL-2.0-only
/* Races between those who use objects and those who close them, or die holding them. */

static int create_round(void *arg)
{
	uint64_t value = 1;
	uint32_t key = 0;
	int map, prog;

	map = map_new(HASH, 4, 8, 4, 0);
	if (map < 0)
		return map;
	prog = load_counter(map);
	minibpf_update_elem(map, &key, &value, MINIBPF_ANY);
	close(map);
	if (prog < 0)
		return prog;
	close(prog);
	return 0;
}

/* Takes whatever another thread made, by number, while that thread drops it. */
static int steal_round(void *arg)
{
	uint32_t id;
	int fd;

	for (int kind = MINIBPF_PROG; kind <= MINIBPF_LINK; kind++) {
		for (id = 0; !minibpf_get_next_id(kind, id, &id);) {
			fd = minibpf_get_fd_by_id(kind, id);
			if (fd >= 0)
				close(fd);
			else if (fd != -ENOENT)
				return fd;
		}
	}
	return 0;
}

TEST_F_TIMEOUT(stress, create_and_close, 100)
{
	struct worker worker[2];

	worker_start(&worker[0], 0, create_round, NULL);
	worker_start(&worker[1], 1, steal_round, NULL);
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(0, create_round(NULL));
	EXPECT_EQ(0, worker_stop(&worker[0]));
	EXPECT_EQ(0, worker_stop(&worker[1]));
}

static int link_create(int prog, uint64_t sym)
{
	union minibpf_attr attr = {};

	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = MINIBPF_TRACE_KPROBE_MULTI;
	attr.link_create.kprobe_multi.cnt = 1;
	attr.link_create.kprobe_multi.syms = sym;
	return minibpf_call(MINIBPF_LINK_CREATE, &attr, sizeof(attr));
}

/* Whoever takes the descriptor first closes it. */
static int close_round(void *arg)
{
	int fd = atomic_exchange((atomic_int *)arg, -1);

	if (fd >= 0)
		close(fd);
	return 0;
}

static int detach_round(void *arg)
{
	int fd = atomic_load((atomic_int *)arg);

	/* It may be closed by now, or another link's: any answer will do. */
	if (fd >= 0)
		minibpf_link_detach(fd);
	return 0;
}

static void close_while_hot(struct __test_metadata *_metadata, int (*round)(void *arg))
{
	int map = map_new(ARRAY, 4, 8, 1, 0), prog, link;
	const char *name = place_name(0);
	uint64_t sym = (uintptr_t)name;
	struct worker hot, closer;
	atomic_int shared = -1;

	ASSERT_LE(0, map);
	prog = load_counter(map);
	ASSERT_LE(0, prog);
	worker_start(&hot, 0, open_round, NULL);
	worker_start(&closer, 1, round, &shared);
	for (int i = 0; i < 40; i++) {
		link = link_create(prog, (uintptr_t)&sym);
		ASSERT_LE(0, link);
		open_missing(1);
		shared = link;
		minibpf_link_detach(link);
		link = atomic_exchange(&shared, -1);
		if (link >= 0)
			close(link);
	}
	worker_stop(&hot);
	worker_stop(&closer);
	EXPECT_LE(40, count(map));
	close(prog);
	close(map);
}

TEST_F_TIMEOUT(stress, close_link_while_hit, 100)
{
	close_while_hot(_metadata, close_round);
}

TEST_F_TIMEOUT(stress, detach_link_while_hit, 100)
{
	close_while_hot(_metadata, detach_round);
}

/* PROG_ATTACH and PROG_DETACH of one program by two threads. */
static int attach_round(void *arg)
{
	char target[64];
	int prog = *(int *)arg, err;

	snprintf(target, sizeof(target), "kprobe$%s", place_name(0));
	err = minibpf_prog_attach(target, strlen(target), prog);
	if (err && err != -EAGAIN)
		return err;
	err = minibpf_prog_detach(prog);
	return err == -ENOENT ? 0 : err;
}

TEST_F_TIMEOUT(stress, attach_by_two, 100)
{
	struct worker worker[2];
	int prog = load_return(0);

	ASSERT_LE(0, prog);
	worker_start(&worker[0], 0, open_round, NULL);
	worker_start(&worker[1], 1, attach_round, &prog);
	for (int i = 0; i < 30; i++)
		ASSERT_EQ(0, attach_round(&prog));
	EXPECT_EQ(0, worker_stop(&worker[0]));
	EXPECT_EQ(0, worker_stop(&worker[1]));
	minibpf_prog_detach(prog);
	close(prog);
}

/* What the victim does until it is killed: links held, links that come and go. */
static void victim(int out)
{
	int map = map_new(HASH, 4, 8, 4, 0), prog = load_updater(map), own = prog;
	const char *name;
	struct minibpf_link *link;
	struct worker hot;
	int i;

	for (i = 0; i < NR(places); i++) {
		name = place_name(i);
		if (minibpf_link_kprobe(prog, &name, 1, places[i].flags, &link))
			_exit(1);
	}
	if (attach_round(&own))
		_exit(2);
	worker_start(&hot, 1, open_round, NULL);
	for (i = 0;; i = (i + 1) % NR(places)) {
		name = place_name(i);
		if (minibpf_link_kprobe(prog, &name, 1, places[i].flags, &link))
			_exit(3);
		write(out, "", 1);
		minibpf_link_close(link);
		create_round(NULL);
	}
}

TEST_F_TIMEOUT(stress, owner_killed, 150)
{
	int pipes[2], status, i, n;
	pid_t pid;
	char c;

	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, pipe(pipes));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			victim(pipes[1]);
		close(pipes[1]);
		for (n = 0; n <= i; n++)
			EXPECT_EQ(1, read(pipes[0], &c, 1));
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status)) TH_LOG("exit status %x", status);
		close(pipes[0]);
		ASSERT_EQ(self->probes, armed_probes());
		ASSERT_EQ(self->objects[MINIBPF_LINK], count_objects(MINIBPF_LINK));
	}
	open_missing(100);
}
