// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that no library can be preloaded into, for `minibpf run --static`: built statically
 * twice, with system calls by libc's syscall() and, as in Go, by instructions of its own. It
 * makes calls of bpf(2) and perf_event_open(2) in all situations that a program can be in.
 *
 * usage: client			runs the tests
 *	  client child MAP VALUE	sets the element of a map, for a test
 *	  client without-seccomp PROGRAM [ARGUMENT...]
 *					runs a program in a kernel that seems to have none
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

#define KPROBE	"/sys/bus/event_source/devices/kprobe/type"

#define ADDRESS(p) ((uint64_t)(uintptr_t)(p))

static long call(long nr, long a, long b, long c, long d, long e)
{
#ifdef RAW
	return raw_call(nr, (long [6]){ a, b, c, d, e });
#else
	long ret = syscall(nr, a, b, c, d, e);

	return ret < 0 ? -errno : ret;
#endif
}

static long bpf(long cmd, union bpf_attr *attr, size_t size)
{
	return call(__NR_bpf, cmd, (long)attr, size, 0, 0);
}

static long event_open(struct perf_event_attr *attr, int pid, int cpu)
{
	return call(__NR_perf_event_open, (long)attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static long map_create(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1,
	};

	return bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static long elem(long cmd, int map, uint64_t *value)
{
	uint32_t key = 0;
	union bpf_attr attr = { .map_fd = map, .key = ADDRESS(&key), .value = ADDRESS(value) };

	return bpf(cmd, &attr, sizeof(attr));
}

static uint64_t lookup(int map)
{
	uint64_t value = -1;

	return elem(BPF_MAP_LOOKUP_ELEM, map, &value) ? (uint64_t)-1 : value;
}

static long number_in(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	close(fd);
	return len > 0 ? strtol(text, NULL, 10) : -1;
}

static int nr, failed;

__attribute__((format(printf, 2, 3)))
static void report(bool good, const char *format, ...)
{
	va_list ap;

	nr++;
	failed += !good;
	printf("%sok %d - ", good ? "" : "not ", nr);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

static void test_map(void)
{
	long fd = map_create(), again;
	uint64_t value = 42;
	char path[32], name[64] = "";

	report(fd >= 0 && !elem(BPF_MAP_UPDATE_ELEM, fd, &value) && lookup(fd) == 42,
	       "a map keeps a value: %ld", fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%ld", fd);
	report(readlink(path, name, sizeof(name) - 1) > 0 && !strcmp(name, "anon_inode:bpf-map"),
	       "its descriptor is a real one: %s", name);
	close(fd);
	/* Once the device is open, a call opens nothing else. */
	again = map_create();
	report(again == fd, "a number again: %ld, %ld", fd, again);
	close(again);
}

/* An error is told as it is. */
static void expect(long want, long is, const char *what)
{
	report(is == want, "%s: %ld", what, is);
}

static void test_errors(void)
{
	static char large[32768];
	union bpf_attr attr = { .link_create.prog_fd = -1 };

	expect(-EINVAL, bpf(-1, &attr, sizeof(attr)), "no command");
	expect(-EINVAL, bpf(BPF_PROG_ATTACH, &attr, sizeof(attr)), "another one of the device");
	expect(-EBADF, bpf(BPF_LINK_CREATE, &attr, sizeof(attr)), "no program");
	expect(-E2BIG, bpf(BPF_MAP_CREATE, (void *)large, sizeof(large)), "too large");
	expect(-EFAULT, bpf(BPF_MAP_CREATE, (void *)8, sizeof(attr)), "a bad address");
	expect(-EFAULT, event_open((void *)8, 0, -1), "a bad address of an event");
}

/* Registers that a system call leaves alone: what is in them before is in them afterwards. */
static void test_registers(void)
{
#if defined(RAW) && defined(__x86_64__)
	long in[11], out[11], *from = in, i;
	bool same = true;

	for (i = 0; i < 11; i++)
		in[i] = 0x0101010101010101 * (i + 1);
	in[0] = -1;	/* no command */
	__asm__ volatile("push %%rbp\n"
			 "mov 0(%0), %%rdi\n mov 8(%0), %%rsi\n mov 16(%0), %%rdx\n"
			 "mov 24(%0), %%r10\n mov 32(%0), %%r8\n mov 40(%0), %%r9\n"
			 "mov 48(%0), %%r12\n mov 56(%0), %%r13\n mov 64(%0), %%r14\n"
			 "mov 72(%0), %%r15\n mov 80(%0), %%rbp\n"
			 "push %1\n mov %2, %%rax\n syscall\n pop %1\n"
			 "mov %%rdi, 0(%1)\n mov %%rsi, 8(%1)\n mov %%rdx, 16(%1)\n"
			 "mov %%r10, 24(%1)\n mov %%r8, 32(%1)\n mov %%r9, 40(%1)\n"
			 "mov %%r12, 48(%1)\n mov %%r13, 56(%1)\n mov %%r14, 64(%1)\n"
			 "mov %%r15, 72(%1)\n mov %%rbp, 80(%1)\n pop %%rbp\n"
			 : "+a"(from) : "b"(out), "i"(__NR_bpf)
			 : "rdi", "rsi", "rdx", "r10", "r8", "r9", "r12", "r13", "r14", "r15", "rcx",
			   "r11", "memory");
	for (i = 0; i < 11; i++)
		same &= in[i] == out[i];
	report(same, "no other register has changed");
#elif defined(RAW)
	register long a0 __asm__("a0") = -1;
	register long a1 __asm__("a1") = 0x1111, a2 __asm__("a2") = 0x2222;
	register long a3 __asm__("a3") = 0x3333, a4 __asm__("a4") = 0x4444;
	register long a5 __asm__("a5") = 0x5555, a6 __asm__("a6") = 0x6666;
	register long a7 __asm__("a7") = __NR_bpf, t0 __asm__("t0") = 0x7777;
	register long s2 __asm__("s2") = 0x8888, t6 __asm__("t6") = 0x9999;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5),
			 "+r"(a6), "+r"(a7), "+r"(t0), "+r"(s2), "+r"(t6) : : "memory");
	report(a0 == -EINVAL && a1 == 0x1111 && a2 == 0x2222 && a3 == 0x3333 && a4 == 0x4444 &&
	       a5 == 0x5555 && a6 == 0x6666 && a7 == __NR_bpf && t0 == 0x7777 && s2 == 0x8888 &&
	       t6 == 0x9999, "no other register has changed");
#endif
}

/* r0 = the element of @map; if it is there, one more in it */
static long load_counter(int map)
{
	struct bpf_insn insns[] = {
		{ BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0 },
		{ BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0 },
		{ BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4 },
		{ BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map }, { 0 },
		{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem },
		{ BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0 },
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1 },
		{ BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD },
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0 },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_KPROBE, .insns = ADDRESS(insns),
		.insn_cnt = sizeof(insns) / sizeof(insns[0]), .license = ADDRESS("GPL"),
	};

	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* The device runs what bpf(2) does not: ENOTSUPP. */
static void test_run(void)
{
	long map = map_create(), prog = load_counter(map);
	union bpf_attr attr = { .test.prog_fd = prog, .test.repeat = 3 };
	long ret = bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));

	report(prog >= 0 && !ret && lookup(map) == 3, "a program runs: %ld", ret);
	close(prog);
	close(map);
}

static void sleep_briefly(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
}

static void test_events(void)
{
	struct perf_event_attr clock = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(clock), .config = PERF_COUNT_SW_TASK_CLOCK,
	};
	struct perf_event_attr probe = {
		.type = number_in(KPROBE), .size = sizeof(probe), .config1 = ADDRESS("do_nanosleep"),
		.sample_period = 1,
	};
	long event = event_open(&clock, 0, -1), map, prog;
	uint64_t count = 0;
	int i;

	report(event >= 0 && read(event, &count, 8) == 8 && count, "an event of the kernel's: %ld",
	       event);
	close(event);
	clock.config = -1;
	expect(-ENOENT, event_open(&clock, 0, -1), "none of the kernel's");

	map = map_create();
	prog = load_counter(map);
	event = event_open(&probe, -1, 0);
	report(prog >= 0 && event >= 0 && !ioctl(event, PERF_EVENT_IOC_SET_BPF, prog) &&
	       !ioctl(event, PERF_EVENT_IOC_ENABLE, 0), "a probe: %ld, %ld", prog, event);
	for (i = 0; i < 5; i++)
		sleep_briefly();
	close(event);
	count = lookup(map);
	report(count >= 5 && count < 1000, "which counts: %ld", (long)count);
	close(prog);
	close(map);
}

#define THREADS	3
#define SIGNALS	12

static _Atomic int handled, handler_failed;
static _Atomic bool enough;
static int handlers_map;

static void on_signal(int signal)
{
	int err = errno;

	(void)signal;
	if (lookup(handlers_map) != 7)
		handler_failed++;
	handled++;
	errno = err;
}

static void *work(void *arg)
{
	uint64_t value = (long)arg;
	long bad = 0, map;

	while (!enough) {
		value += THREADS;
		map = map_create();
		bad += map < 0 || elem(BPF_MAP_UPDATE_ELEM, map, &value) || lookup(map) != value;
		close(map);
	}
	return (void *)bad;
}

/* Threads with little room, interrupted again and again, as a runtime that preempts by signals. */
static void test_threads(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t threads[THREADS];
	pthread_attr_t attr;
	uint64_t seven = 7;
	long bad = 0;
	void *result;
	int i;

	handlers_map = map_create();
	elem(BPF_MAP_UPDATE_ELEM, handlers_map, &seven);
	sigaction(SIGURG, &action, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384 * 2);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], &attr, work, (void *)(long)i);
	for (i = 0; i < SIGNALS; i++) {
		pthread_kill(threads[i % THREADS], SIGURG);
		while (handled <= i)
			sleep_briefly();
	}
	enough = true;
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		bad += (long)result;
	}
	report(!bad, "calls of %d threads at once: %ld failed", THREADS, bad);
	report(!handler_failed, "calls in %d signal handlers: %d failed", handled, handler_failed);
	close(handlers_map);
	signal(SIGURG, SIG_DFL);
}

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

static void execute_child(int map, const char *value)
{
	char text[16];

	fcntl(map, F_SETFD, 0);
	snprintf(text, sizeof(text), "%d", map);
	execl("/proc/self/exe", "client", "child", text, value, NULL);
	_exit(99);
}

static void *execute_in_thread(void *map)
{
	execute_child((long)map, "3");
	return NULL;
}

static void test_processes(void)
{
	long map = map_create();
	uint64_t value = 1;
	pthread_t thread;
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(elem(BPF_MAP_UPDATE_ELEM, map, &value) != 0);
	report(!status_of(pid) && lookup(map) == 1, "calls of a child");

	pid = vfork();
	if (!pid)
		execute_child(map, "2");
	report(!status_of(pid) && lookup(map) == 2, "calls of another program");

	pid = fork();
	if (!pid) {
		pthread_create(&thread, NULL, execute_in_thread, (void *)map);
		for (;;)
			pause();
	}
	report(!status_of(pid) && lookup(map) == 3, "calls of a program that a thread started");

	value = 4;
	pid = fork();
	if (!pid) {
		raise(SIGSTOP);
		_exit(elem(BPF_MAP_UPDATE_ELEM, map, &value) != 0);
	}
	waitpid(pid, &status, WUNTRACED);
	report(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "a child that has stopped");
	kill(pid, SIGCONT);
	report(!status_of(pid) && lookup(map) == 4, "and goes on");
	close(map);
}

static void test_descriptors(void)
{
	long map = map_create();
	uint64_t value = 5;
	int file = open("/dev/null", O_RDWR | O_CLOEXEC), fd, taken = 0;

	/* What the program has not opened is the device. */
	for (fd = 3; fd < 1024; fd++)
		if (fd != map && fd != file && fcntl(fd, F_GETFD) >= 0)
			taken += dup2(file, fd) == fd;
	report(taken && !elem(BPF_MAP_UPDATE_ELEM, map, &value) && lookup(map) == 5,
	       "a program with other ideas of its descriptors: %d", taken);
	for (fd = 3; fd < 1024; fd++)
		if (fd != map)
			close(fd);
	report(lookup(map) == 5, "one that closes what it has not opened");
	close(map);
}

static int run_without_seccomp(char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_prctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	/* Where the kernel has none indeed, nothing needs to be done. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) && errno != EINVAL) {
		perror("client: no filter");
		return 1;
	}
	execvp(argv[0], argv);
	perror(argv[0]);
	return 1;
}

int main(int argc, char **argv)
{
	uint64_t value;

	if (argc > 2 && !strcmp(argv[1], "without-seccomp"))
		return run_without_seccomp(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "child")) {
		value = atoi(argv[3]);
		return elem(BPF_MAP_UPDATE_ELEM, atoi(argv[2]), &value) != 0;
	}
	test_map();
	test_errors();
	test_registers();
	test_run();
	test_events();
	test_threads();
	test_processes();
	test_descriptors();
	return failed != 0;
}
