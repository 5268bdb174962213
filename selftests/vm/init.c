// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first process of a test guest. It loads the module, runs /command, and tells the host
 * over a virtio-serial port how that went: the command's exit status, and everything that
 * the kernel complained about since the module was loaded. Then it powers off.
 *
 * Ports, in the order in which ci/vm adds them: the command's output, the verdict.
 * Environment, from the kernel's command line: vm_load=0 leaves the module out, vm_tty=1
 * runs the command on the console instead of the output port, vm_trace=1 lets the kernel show
 * how it got somewhere, as it does at each process that it ends for want of memory; what it
 * does so for is in lines of their own.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_PORT	"/dev/vport0p1"
#define VERDICT_PORT	"/dev/vport0p2"
#define MODULE		"/minibpf.ko"
#define MODULE_DIR	"/sys/module/minibpf"
#define LIVE_OBJECTS	MODULE_DIR "/parameters/live"

/* klogctl(2): what is shown on the console. */
#define SYSLOG_ACTION_CONSOLE_LEVEL 8

/* Kernels for debugging find memory that was lost; not before it is so many seconds old. */
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"
#define KMEMLEAK_AGE	6

/* How long things may take that are only waited for, in steps of 10 ms. */
#define PATIENCE	1000

static int verdict = STDERR_FILENO;
static int kmsg = -1;

/* Lines of the kernel's log that no test may cause. */
static const char * const complaints[] = {
	"BUG:", "BUG at", "WARNING:", "Oops", "Kernel panic", "Call Trace:",
	"nable to handle", "general protection fault", "invalid opcode:", "double fault",
	"KASAN", "UBSAN", "KFENCE", "KMSAN", "KCSAN", "kmemleak:",
	"possible circular locking", "possible recursive locking", "inconsistent lock state",
	"possible irq lock inversion", "suspicious RCU usage", "lockdep", "DEADLOCK",
	"soft lockup", "hard LOCKUP", "detected stall", "self-detected stall",
	"blocked for more than", "scheduling while atomic", "sleeping function called",
	"refcount_t:", "list_add corruption", "list_del corruption", "Bad page state",
	"ODEBUG:", "stack guard page", "unregister_netdevice:",
};

static void report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vdprintf(verdict, format, args);
	va_end(args);
}

static void pause_briefly(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
}

static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	/* The host's timeout ends what is left. */
	for (;;)
		pause();
}

static void fail(const char *what)
{
	report("problem: %s: %s\n", what, strerror(errno));
	power_off();
}

static void mount_filesystems(void)
{
	static const struct {
		const char *type, *dir;
	} mounts[] = {
		{ "devtmpfs", "/dev" }, { "proc", "/proc" }, { "sysfs", "/sys" },
		{ "tmpfs", "/tmp" }, { "tmpfs", "/run" },
		{ "debugfs", "/sys/kernel/debug" }, { "tracefs", "/sys/kernel/tracing" },
		{ "devpts", "/dev/pts" }, { "tmpfs", "/dev/shm" }, { "bpf", "/sys/fs/bpf" },
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		mkdir(mounts[i].dir, 0755);
		/* A kernel without one of the optional ones is tested all the same. */
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0, NULL) && i < 3)
			fail(mounts[i].dir);
	}
}

static int insmod(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return ret;
}

/* The modules that the ports need on kernels that do not have them built in. */
static void load_boot_modules(void)
{
	struct dirent **names;
	char path[512];
	int n = scandir("/boot-modules", &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/boot-modules/%s", names[i]->d_name);
		if (insmod(path) && errno != EEXIST)
			fail(path);
	}
}

/* Ports appear some time after their driver. */
static int open_port(const char *path)
{
	int fd;

	for (int i = 0; i < PATIENCE; i++) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		pause_briefly();
	}
	fail(path);
	return -1;
}

/* Judge one record of /dev/kmsg: "priority,sequence,time,flags;text\n...". */
static void judge_record(const char *record)
{
	static const char unloaded[] = "minibpf: unloaded, ";
	const char *text = strchr(record, ';');
	int length;

	/* Priorities of 8 and more were written by programs. */
	if (!text || strtoul(record, NULL, 10) >= 8)
		return;
	text++;
	length = strcspn(text, "\n");
	for (size_t i = 0; i < sizeof(complaints) / sizeof(*complaints); i++) {
		if (!strcmp(complaints[i], "Call Trace:") && getenv("vm_trace"))
			continue;
		if (memmem(text, length, complaints[i], strlen(complaints[i]))) {
			report("problem: the kernel says: %.*s\n", length, text);
			return;
		}
	}
	text = strstr(text, unloaded);
	if (text && strtol(text + strlen(unloaded), NULL, 10) != 0)
		report("problem: objects left at unload: %.*s\n", (int)strcspn(text, "\n"), text);
}

static void judge_log(void)
{
	char record[8192];
	ssize_t n;

	for (;;) {
		n = read(kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE) {
			report("problem: the kernel's log overran, what it said is not known\n");
			continue;
		}
		if (n <= 0)
			return;
		record[n] = 0;
		judge_record(record);
	}
}

static void child_died(int signal)
{
	(void)signal;
}

/* Run a program to its end while watching the log; returns its status as a shell would. */
static int run(char *const argv[], int output)
{
	struct pollfd log = { .fd = kmsg, .events = POLLIN };
	sigset_t block, old;
	int status = 0;
	pid_t pid, dead;

	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &old);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		setsid();
		if (output >= 0) {
			dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
			dup2(output, STDOUT_FILENO);
			dup2(output, STDERR_FILENO);
		} else {
			ioctl(STDIN_FILENO, TIOCSCTTY, 1);
		}
		execv(argv[0], argv);
		dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	for (;;) {
		while ((dead = waitpid(-1, &status, WNOHANG)) > 0) {
			if (dead == pid) {
				sigprocmask(SIG_SETMASK, &old, NULL);
				return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
							     WEXITSTATUS(status);
			}
		}
		/* An interrupt by SIGCHLD and a record in the log are all the same here. */
		ppoll(&log, kmsg >= 0, NULL, &old);
		judge_log();
	}
}

static void load_module(void)
{
	/* From here on, the log is judged. */
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		fail("/dev/kmsg");
	lseek(kmsg, 0, SEEK_END);
	if (getenv("vm_load") && !strcmp(getenv("vm_load"), "0"))
		return;
	if (insmod(MODULE)) {
		report("problem: cannot load the module: %s\n", strerror(errno));
		judge_log();
		power_off();
	}
}

static long live_objects(void)
{
	char text[32] = "";
	int fd = open(LIVE_OBJECTS, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		strcpy(text, "-1");
	close(fd);
	return strtol(text, NULL, 10);
}

/* Unmounts the module's file systems, wherever they are: they hold it. */
static void unmount_pins(void)
{
	char type[64], dir[256];
	bool any = true;
	FILE *mounts;

	while (any) {
		any = false;
		mounts = fopen("/proc/mounts", "r");
		while (mounts && !any && fscanf(mounts, "%*s %255s %63s %*[^\n]", dir, type) == 2)
			any = (!strcmp(type, "bpf") || !strcmp(type, "minibpffs")) &&
			      !umount2(dir, MNT_DETACH);
		if (mounts)
			fclose(mounts);
	}
}

/*
 * Nothing may be left once all processes are gone. What is freed after a grace period gets
 * some time for it.
 */
static void unload_module(void)
{
	int i;

	while (kill(-1, SIGKILL) == 0 || errno != ESRCH) {
		if (waitpid(-1, NULL, 0) < 0)
			break;
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (access(MODULE_DIR, F_OK))
		return;
	unmount_pins();
	for (i = 0; i < PATIENCE && live_objects(); i++)
		pause_briefly();
	if (live_objects())
		report("problem: %ld objects live after all processes are gone\n", live_objects());
	for (i = 0; i < PATIENCE; i++) {
		if (!syscall(SYS_delete_module, "minibpf", O_NONBLOCK))
			return;
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EBUSY)
			break;
		pause_briefly();
	}
	report("problem: the module cannot be removed: %s\n", strerror(errno));
}

/*
 * What nobody points to any more. Only what is some seconds old counts, and a pointer may be on
 * its way in the first scan; the kernel says what it found in its log.
 */
static void scan_for_leaks(void)
{
	int fd = open(KMEMLEAK, O_RDWR | O_CLOEXEC), i;
	char text[4096];
	ssize_t n;

	if (fd < 0)
		return;
	for (i = 0; i < 2; i++) {
		sleep(KMEMLEAK_AGE);
		if (write(fd, "scan", 4) < 0)
			break;
	}
	while ((n = read(fd, text, sizeof(text))) > 0)
		write(STDERR_FILENO, text, n);
	close(fd);
}

int main(void)
{
	static char *const install[] = { "/bin/busybox", "--install", "-s", "/usr/bin", NULL };
	static char *const command[] = { "/bin/sh", "/command", NULL };
	bool tty = getenv("vm_tty");
	int output = -1, status;

	signal(SIGCHLD, child_died);
	setenv("PATH", "/bin:/sbin:/selftests:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/", 1);
	setenv("TERM", "linux", 1);
	mount_filesystems();
	load_boot_modules();
	verdict = open_port(VERDICT_PORT);
	if (!tty)
		output = open_port(OUTPUT_PORT);
	run(install, -1);
	/* Warnings belong on the console, which is the host's log of this boot. */
	klogctl(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, 5);
	load_module();
	status = run(command, output);
	unload_module();
	scan_for_leaks();
	judge_log();
	report("exit %d\n", status);
	power_off();
}
