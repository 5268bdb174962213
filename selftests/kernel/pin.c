// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins that are files: a file system of pins of each backend, mounted for one test where nobody
 * else sees it.
 */
#include <dirent.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#define PINS "/tmp/pins"

/* Beside the kernel's own, the module's has a name of its own. */
static int mount_pins(bool device, const char *dir, const char *options)
{
	if (device && !mount("pins", dir, "minibpffs", 0, options))
		return 0;
	if (device && errno != ENODEV)
		return -errno;
	return mount("pins", dir, "bpf", 0, options) ? -errno : 0;
}

FIXTURE(pin) { bool device; int map; };
FIXTURE_VARIANT(pin) { enum minibpf_backend backend; };
FIXTURE_VARIANT_ADD(pin, device) { .backend = MINIBPF_BACKEND_DEVICE };
FIXTURE_VARIANT_ADD(pin, kernel) { .backend = MINIBPF_BACKEND_KERNEL };
FIXTURE_SETUP(pin)
{
	char reason[128];

	self->device = variant->backend == MINIBPF_BACKEND_DEVICE;
	ASSERT_EQ(0, minibpf_set_backend(variant->backend));
	if (denied("pin", self->device, _metadata->name, reason))
		SKIP(return, "%s", reason);
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	mkdir(PINS, 0700);
	ASSERT_EQ(0, mount_pins(self->device, PINS, NULL));
	umask(022);
	self->map = map_new(HASH, 4, 8, 4, 0);
	ASSERT_LE(0, self->map);
}
FIXTURE_TEARDOWN(pin)
{
	umount2(PINS, MNT_DETACH);
}

/* The calls themselves: the library makes folders as needed. */
static int pin_at(int fd, const char *path)
{
	union minibpf_attr attr = { .pathname = (uintptr_t)path, .bpf_fd = fd };

	return minibpf_call(MINIBPF_OBJ_PIN, &attr, sizeof(attr));
}

static int get_at(const char *path, uint32_t flags)
{
	union minibpf_attr attr = { .pathname = (uintptr_t)path, .file_flags = flags };

	return minibpf_call(MINIBPF_OBJ_GET, &attr, sizeof(attr));
}

/* Whether there is a map of that number at @path. */
static bool is_at(const char *path, uint32_t id)
{
	int fd = get_at(path, 0);
	bool same = fd >= 0 && map_number(fd) == id;

	if (fd >= 0)
		close(fd);
	return same;
}

TEST_F(pin, is_a_file)
{
	uint32_t id = map_number(self->map), key = 1;
	uint64_t value = 7;
	struct statfs fs;
	struct stat st;
	int fd;

	ASSERT_EQ(0, statfs(PINS, &fs));
	EXPECT_EQ(BPF_FS_MAGIC, fs.f_type);
	EXPECT_EQ(-ENOENT, get_at(PINS "/m", 0));
	ASSERT_EQ(0, pin_at(self->map, PINS "/m"));
	EXPECT_EQ(-EEXIST, pin_at(self->map, PINS "/m"));
	ASSERT_EQ(0, stat(PINS "/m", &st));
	EXPECT_EQ(S_IFREG | 0600, st.st_mode);
	EXPECT_EQ(1, st.st_nlink);
	/* There is nothing to read. */
	EXPECT_EQ(-1, open(PINS "/m", O_RDONLY));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, open(PINS "/new", O_RDWR | O_CREAT, 0600));

	EXPECT_EQ(0, minibpf_update_elem(self->map, &key, &value, MINIBPF_ANY));
	close(self->map);
	value = 0;
	fd = get_at(PINS "/m", 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(id, map_number(fd));
	EXPECT_EQ(0, minibpf_lookup_elem(fd, &key, &value));
	EXPECT_EQ(7, value);
	close(fd);
	EXPECT_TRUE(walk_finds(MINIBPF_MAP, id));
	EXPECT_EQ(0, unlink(PINS "/m"));
	EXPECT_EQ(-ENOENT, get_at(PINS "/m", 0));
	EXPECT_TRUE(gone(MINIBPF_MAP, id));
}

TEST_F(pin, every_kind)
{
	int prog = LOAD(MOV(R0, 0), EXIT), fd;
	const char *name = place_name(0);
	struct minibpf_link *link;
	uint32_t id = prog_number(prog);

	ASSERT_LE(0, prog);
	ASSERT_EQ(0, pin_at(prog, PINS "/p"));
	for (int i = 0; i < 2; i++) {
		fd = get_at(PINS "/p", i ? MINIBPF_F_RDONLY : 0);
		EXPECT_EQ(id, prog_number(fd));
		close(fd);
	}
	if (self->device) {
		ASSERT_EQ(0, minibpf_link_kprobe(prog, &name, 1, 0, &link));
		ASSERT_EQ(0, pin_at(minibpf_link_fd(link), PINS "/l"));
		minibpf_link_close(link);
		/* A link cannot be had for less than everything. */
		EXPECT_EQ(-EINVAL, get_at(PINS "/l", MINIBPF_F_RDONLY));
	}
	close(prog);
	EXPECT_EQ(0, unlink(PINS "/p"));
	if (self->device) {
		EXPECT_TRUE(walk_finds(MINIBPF_PROG, id));
		EXPECT_EQ(0, unlink(PINS "/l"));
	}
	EXPECT_TRUE(gone(MINIBPF_PROG, id));
	/* No object, and none of these. */
	EXPECT_EQ(-EINVAL, pin_at(99, PINS "/x"));
	EXPECT_EQ(-EINVAL, pin_at(0, PINS "/x"));
	EXPECT_EQ(-ENOENT, get_at(PINS "/x", 0));
}

TEST_F(pin, folders)
{
	uint32_t id = map_number(self->map);
	char target[16] = "";
	struct dirent *entry;
	int nr = 0;
	DIR *dir;

	/* A folder that is not there makes no name of it. */
	EXPECT_EQ(-ENOENT, pin_at(self->map, PINS "/d/m"));
	EXPECT_EQ(-ENOENT, pin_at(self->map, PINS "/d/e/m"));
	EXPECT_EQ(0, mkdir(PINS "/d", 0700));
	EXPECT_EQ(-ENOENT, get_at(PINS "/d/m", 0));
	ASSERT_EQ(0, pin_at(self->map, PINS "/d/m"));
	EXPECT_EQ(-1, rmdir(PINS "/d"));
	EXPECT_EQ(ENOTEMPTY, errno);
	EXPECT_EQ(-EACCES, get_at(PINS "/d", 0));
	EXPECT_EQ(-ENOTDIR, get_at(PINS "/d/m/x", 0));
	EXPECT_EQ(-ENOTDIR, pin_at(self->map, PINS "/d/m/x"));
	EXPECT_EQ(-EEXIST, pin_at(self->map, PINS "/d/"));
	EXPECT_EQ(-EEXIST, pin_at(self->map, PINS));

	EXPECT_EQ(0, symlink("d/m", PINS "/s"));
	EXPECT_EQ(3, readlink(PINS "/s", target, sizeof(target) - 1));
	EXPECT_STREQ("d/m", target);
	EXPECT_TRUE(is_at(PINS "/s", id));
	EXPECT_EQ(-EEXIST, pin_at(self->map, PINS "/s"));
	EXPECT_EQ(0, symlink(PINS "/d/m", "/tmp/to_pin"));
	EXPECT_TRUE(is_at("/tmp/to_pin", id));
	unlink("/tmp/to_pin");

	EXPECT_EQ(0, link(PINS "/d/m", PINS "/h"));
	EXPECT_EQ(0, rename(PINS "/d/m", PINS "/r"));
	EXPECT_EQ(-ENOENT, get_at(PINS "/s", 0));
	EXPECT_TRUE(is_at(PINS "/r", id));
	EXPECT_EQ(0, rmdir(PINS "/d"));
	EXPECT_EQ(0, unlink(PINS "/r"));
	EXPECT_TRUE(is_at(PINS "/h", id));
	ASSERT_EQ(0, chdir(PINS));
	EXPECT_TRUE(is_at("h", id));
	EXPECT_EQ(0, pin_at(self->map, "here"));
	EXPECT_TRUE(is_at(PINS "/here", id));
	EXPECT_EQ(0, chdir("/"));

	dir = opendir(PINS);
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir)))
		nr += *entry->d_name != '.';
	closedir(dir);
	EXPECT_EQ(3, nr);	/* s, h, here */
}

TEST_F(pin, names_of_files)
{
	uint32_t id = map_number(self->map);
	char path[600];

	/* Dots are for files that a file system may make itself. */
	EXPECT_EQ(-EPERM, pin_at(self->map, PINS "/a.b"));
	EXPECT_EQ(-1, mkdir(PINS "/.d", 0700));
	EXPECT_EQ(EPERM, errno);
	memset(path, 'n', sizeof(path));
	memcpy(path, PINS "/", strlen(PINS "/"));
	path[strlen(PINS "/") + 256] = 0;
	EXPECT_EQ(-ENAMETOOLONG, pin_at(self->map, path));
	EXPECT_EQ(-ENAMETOOLONG, get_at(path, 0));
	path[strlen(PINS "/") + 255] = 0;
	EXPECT_EQ(0, pin_at(self->map, path));
	EXPECT_TRUE(is_at(path, id));
}

/* Who may is what the files say, once the rights of root are off. */
TEST_F(pin, rights)
{
	uint32_t id = map_number(self->map), key = 1;
	uint64_t value = 3;
	int fd;

	ASSERT_EQ(0, mkdir(PINS "/closed", 0700));
	ASSERT_EQ(0, mkdir(PINS "/closed/in", 0755));
	ASSERT_EQ(0, mkdir(PINS "/fixed", 0755));
	ASSERT_EQ(0, pin_at(self->map, PINS "/closed/m"));
	ASSERT_EQ(0, pin_at(self->map, PINS "/m"));
	ASSERT_EQ(0, pin_at(self->map, PINS "/r"));
	ASSERT_EQ(0, chmod(PINS "/r", 0444));
	ASSERT_EQ(0, pin_at(self->map, PINS "/w"));
	ASSERT_EQ(0, chmod(PINS "/w", 0222));
	ASSERT_EQ(0, seteuid(1000));
	EXPECT_EQ(-EACCES, get_at(PINS "/m", 0));
	EXPECT_EQ(-EACCES, get_at(PINS "/closed/m", 0));
	EXPECT_EQ(-EACCES, pin_at(self->map, PINS "/closed/x"));
	EXPECT_EQ(-EACCES, pin_at(self->map, PINS "/closed/in/x"));
	EXPECT_EQ(-EACCES, pin_at(self->map, PINS "/fixed/x"));
	EXPECT_EQ(-EACCES, get_at(PINS "/r", 0));
	EXPECT_EQ(-EACCES, get_at(PINS "/r", MINIBPF_F_WRONLY));
	EXPECT_EQ(-EACCES, get_at(PINS "/w", MINIBPF_F_RDONLY));
	EXPECT_EQ(-EINVAL, get_at(PINS "/r", MINIBPF_F_RDONLY | MINIBPF_F_WRONLY));
	/* The root folder is everybody's, with the sticky bit. */
	EXPECT_EQ(-1, unlink(PINS "/r"));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(0, pin_at(self->map, PINS "/mine"));
	EXPECT_TRUE(is_at(PINS "/mine", id));
	EXPECT_EQ(0, unlink(PINS "/mine"));

	fd = get_at(PINS "/r", MINIBPF_F_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EPERM, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	EXPECT_EQ(-ENOENT, minibpf_lookup_elem(fd, &key, &value));
	close(fd);
	fd = get_at(PINS "/w", MINIBPF_F_WRONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, minibpf_update_elem(fd, &key, &value, MINIBPF_ANY));
	EXPECT_EQ(-EPERM, minibpf_lookup_elem(fd, &key, &value));
	close(fd);
	ASSERT_EQ(0, seteuid(0));
	EXPECT_EQ(0, mount(NULL, PINS, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	EXPECT_EQ(-EROFS, pin_at(self->map, PINS "/x"));
	EXPECT_EQ(-EROFS, get_at(PINS "/r", 0));
	fd = get_at(PINS "/r", MINIBPF_F_RDONLY);
	EXPECT_EQ(id, map_number(fd));
	close(fd);
}

/* Each mount is a file system, and unmounting it lets go of what is pinned there. */
TEST_F(pin, mounts)
{
	uint32_t id = map_number(self->map);
	struct stat st;

	mkdir(PINS "2", 0700);
	ASSERT_EQ(0, mount_pins(self->device, PINS "2", "mode=0750"));
	ASSERT_EQ(0, stat(PINS "2", &st));
	EXPECT_EQ(S_IFDIR | S_ISVTX | 0750, st.st_mode);
	ASSERT_EQ(0, stat(PINS, &st));
	EXPECT_EQ(S_IFDIR | S_ISVTX | 0777, st.st_mode);
	ASSERT_EQ(0, pin_at(self->map, PINS "2/m"));
	EXPECT_EQ(-ENOENT, get_at(PINS "/m", 0));
	EXPECT_EQ(-1, rename(PINS "2/m", PINS "/m"));
	EXPECT_EQ(EXDEV, errno);
	close(self->map);
	EXPECT_TRUE(is_at(PINS "2/m", id));
	EXPECT_EQ(0, umount(PINS "2"));
	EXPECT_TRUE(gone(MINIBPF_MAP, id));
	EXPECT_EQ(-EINVAL, mount_pins(self->device, PINS "2", "mode=9"));
}

/* The device's names that are no files of its own: any text, other file systems' paths too. */
TEST_F(pin, names)
{
	uint32_t id = map_number(self->map);
	static const char * const names[] = {
		"no path", "/tmp/file", "/tmp/none/x", "a/b", "/", "..", "/tmp/pins.x/y",
	};

	ASSERT_EQ(0, chdir("/tmp"));
	close(open("/tmp/file", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < NR(names); i++) {
		EXPECT_EQ(-ENOENT, get_at(names[i], 0)) TH_LOG("%s", names[i]);
		ASSERT_EQ(0, pin_at(self->map, names[i])) TH_LOG("%s", names[i]);
		EXPECT_EQ(-EEXIST, pin_at(self->map, names[i])) TH_LOG("%s", names[i]);
		EXPECT_TRUE(is_at(names[i], id)) TH_LOG("%s", names[i]);
		EXPECT_EQ(0, pin_at(-1, names[i])) TH_LOG("%s", names[i]);
		EXPECT_EQ(-ENOENT, pin_at(-1, names[i])) TH_LOG("%s", names[i]);
	}
	unlink("/tmp/file");
	/* A mount hides a name that is one of its paths, as it would a file. */
	ASSERT_EQ(0, umount(PINS));
	ASSERT_EQ(0, pin_at(self->map, PINS "/m"));
	ASSERT_EQ(0, mount_pins(true, PINS, NULL));
	EXPECT_EQ(-ENOENT, get_at(PINS "/m", 0));
	EXPECT_EQ(-ENOENT, pin_at(-1, PINS "/m"));
	ASSERT_EQ(0, pin_at(self->map, PINS "/m"));
	EXPECT_EQ(0, pin_at(-1, PINS "/m"));
	EXPECT_EQ(-EBUSY, pin_at(-1, PINS));
	ASSERT_EQ(0, umount(PINS));
	EXPECT_TRUE(is_at(PINS "/m", id));
	EXPECT_EQ(0, pin_at(-1, PINS "/m"));
}

/* The library makes the folders of a path, on either backend. */
TEST_F(pin, library)
{
	uint32_t id = map_number(self->map);

	ASSERT_EQ(0, minibpf_pin(self->map, PINS "/a/b/m"));
	EXPECT_TRUE(is_at(PINS "/a/b/m", id));
	EXPECT_EQ(0, minibpf_unpin(PINS "/a/b/m"));
	EXPECT_EQ(-ENOENT, minibpf_get_pinned(PINS "/a/b/m"));
	EXPECT_EQ(0, rmdir(PINS "/a/b"));
}

/* Who pins, looks up, renames and removes at the same time finds the map or nothing. */
struct pin_race {
	int map;
	uint32_t id;
	_Atomic bool stop;
	_Atomic int found, wrong;
};

static void *pin_racer(void *arg)
{
	struct pin_race *race = arg;

	while (!atomic_load(&race->stop)) {
		int fd = get_at(PINS "/race", 0);

		if (fd < 0 && fd != -ENOENT)
			atomic_fetch_add(&race->wrong, 1);
		if (fd < 0)
			continue;
		atomic_fetch_add(map_number(fd) == race->id ? &race->found : &race->wrong, 1);
		close(fd);
	}
	return NULL;
}

TEST_F(pin, race)
{
	struct pin_race race = { .map = self->map, .id = map_number(self->map) };
	pthread_t racer;
	int i, failed = 0;

	ASSERT_EQ(0, pthread_create(&racer, NULL, pin_racer, &race));
	for (i = 0; i < 200 || (!atomic_load(&race.found) && i < 100000); i++) {
		failed += pin_at(self->map, PINS "/race") != 0;
		failed += rename(PINS "/race", PINS "/raced") != 0;
		failed += rename(PINS "/raced", PINS "/race") != 0;
		failed += unlink(PINS "/race") != 0;
	}
	atomic_store(&race.stop, true);
	pthread_join(racer, NULL);
	EXPECT_EQ(0, failed);
	EXPECT_EQ(0, atomic_load(&race.wrong));
	EXPECT_LT(0, atomic_load(&race.found));
}
