/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * libminibpf: eBPF through /dev/minibpf or bpf(2).
 *
 * Every function returns a descriptor, 0 or a count, or a negative errno, and
 * says nothing and leaves errno alone. Descriptors are the caller's and are
 * closed with close(2). Functions may be called from several threads; an
 * object is used by one at a time. libminibpf(3) is the manual.
 */
#ifndef MINIBPF_H
#define MINIBPF_H

#include <linux/minibpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Everything else in the library is hidden. */
#pragma GCC visibility push(default)

union bpf_attr;

/*
 * Where calls go.
 */

enum minibpf_backend {
	MINIBPF_BACKEND_AUTO,	/* see minibpf_backend() */
	MINIBPF_BACKEND_DEVICE,	/* /dev/minibpf */
	MINIBPF_BACKEND_KERNEL,	/* bpf(2) */
};

/**
 * minibpf_set_backend - choose where the calls of this process go
 * @backend: AUTO undoes an earlier choice
 *
 * Descriptors of one backend mean nothing to the other.
 *
 * Return: 0, -EINVAL.
 */
int minibpf_set_backend(enum minibpf_backend backend);

/**
 * minibpf_backend - where calls go
 *
 * What minibpf_set_backend() chose; else what $MINIBPF_BACKEND says ("device",
 * "kernel"); else the device if there is one, else the kernel. Never AUTO.
 */
enum minibpf_backend minibpf_backend(void);

/**
 * minibpf_call - the one function through which all others go
 * @cmd: enum minibpf_cmd
 * @attr: its arguments
 * @size: bytes at @attr
 *
 * On the kernel backend MINIBPF_PROG_LOAD_EX, MINIBPF_PROG_ATTACH and
 * MINIBPF_PROG_DETACH are done here in user space: what was attached so is
 * detached when the process ends. MINIBPF_OBJ_PIN of descriptor -1 removes a
 * pin on both.
 *
 * Return: what the command returns, or -errno; -ENOENT or -ENXIO if there is
 * no device, -ENOSYS if there is no bpf(2).
 */
int minibpf_call(int cmd, union minibpf_attr *attr, unsigned int size);

/* The same with bpf(2)'s types, for bindings made for libbpf; returns -errno. */
int bpf(int cmd, union bpf_attr *attr, unsigned int size);

/**
 * struct minibpf_log - where the text that explains a load goes
 * @buf: NUL-terminated text afterwards; whatever of the end fits
 * @size: bytes at @buf
 * @level: 0: text only if the load fails; else bpf(2)'s log_level, for every load
 * @true_size: set to the bytes that all of it would have taken, 0 if unknown
 *
 * Functions that take one also take NULL. Those that load a program out of an
 * object quote the lines of source of what is rejected, if the object has them.
 */
struct minibpf_log {
	char *buf;
	uint32_t size;
	uint32_t level;
	uint32_t true_size;
};

/*
 * The calls of the rCore eBPF system.
 */

int minibpf_create_map(uint32_t type, uint32_t key_size, uint32_t value_size,
		       uint32_t max_entries);
int minibpf_lookup_elem(int fd, const void *key, void *value);
int minibpf_update_elem(int fd, const void *key, const void *value, uint64_t flags);
int minibpf_delete_elem(int fd, const void *key);

/* @key of NULL, or one that is not there, gives the first key; -ENOENT: no more. */
int minibpf_get_next_key(int fd, const void *key, void *next_key);

/**
 * minibpf_prog_load_ex - load the only program of an ELF object
 * @elf: the object's bytes
 * @size: number of bytes
 * @maps: descriptors for extern symbols and maps of the object
 * @nr_maps: number of @maps
 *
 * Return: a descriptor of the program, -EINVAL, -ENOENT, -EACCES, ...
 */
int minibpf_prog_load_ex(const void *elf, uint32_t size,
			 const struct minibpf_map_fd_entry *maps, uint32_t nr_maps);

/* The same; @name is the program's, and @log explains. Both may be NULL. */
int minibpf_prog_load_elf(const void *elf, uint32_t size,
			  const struct minibpf_map_fd_entry *maps, uint32_t nr_maps,
			  const char *name, struct minibpf_log *log);

/**
 * minibpf_prog_attach - attach a program to a probe
 * @target: "kprobe$SYM", "kretprobe@entry$SYM" or "kretprobe@exit$SYM"; SYM is
 *          symbol, symbol+offset, module:symbol or 0xaddress
 * @len: bytes at @target
 * @prog_fd: the program
 *
 * Return: 0; -EAGAIN if it is attached there already, -ENOENT, -EINVAL.
 */
int minibpf_prog_attach(const char *target, uint32_t len, int prog_fd);

/* Detaches it from all that minibpf_prog_attach() attached it to; -ENOENT: nothing. */
int minibpf_prog_detach(int prog_fd);

/*
 * Maps.
 */

/**
 * struct minibpf_map_opts - what map to create
 * @type: enum minibpf_map_type
 * @key_size: bytes
 * @value_size: bytes
 * @max_entries: elements
 * @flags: MINIBPF_F_*
 * @name: up to 15 of [A-Za-z0-9_.], or NULL
 */
struct minibpf_map_opts {
	uint32_t type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t flags;
	const char *name;
};

int minibpf_map_create(const struct minibpf_map_opts *opts);
int minibpf_map_freeze(int fd);

/*
 * Has the device show @size bytes of BTF as /sys/kernel/btf/vmlinux, which the kernel must not
 * have (-EEXIST); @size 0 takes it away. What else may fail: KERNEL_BTF in <linux/minibpf.h>.
 */
int minibpf_kernel_btf(const void *btf, uint32_t size);
int minibpf_lookup_and_delete_elem(int fd, const void *key, void *value);

/*
 * Many elements at a time: @count is how many there are at @keys and @values, or
 * room for, and how many were done afterwards, also on failure. Lookups go on
 * where the one ended that filled @in, 4 bytes; NULL begins. -ENOENT: the end.
 * @flags: none yet.
 */
int minibpf_map_lookup_batch(int fd, const void *in, void *out, void *keys, void *values,
			     uint32_t *count, uint64_t flags);
int minibpf_map_lookup_and_delete_batch(int fd, const void *in, void *out, void *keys,
					void *values, uint32_t *count, uint64_t flags);
int minibpf_map_update_batch(int fd, const void *keys, const void *values, uint32_t *count,
			     uint64_t flags);
int minibpf_map_delete_batch(int fd, const void *keys, uint32_t *count, uint64_t flags);

/*
 * Ring buffers.
 */

struct minibpf_ringbuf;

/* Given each record; @data is valid until it returns. A negative result ends the reading. */
typedef int (*minibpf_ringbuf_fn)(void *arg, const void *data, uint32_t size);

/**
 * minibpf_ringbuf_open - become the reader of a ring buffer, of which there is one
 * @map_fd: of a map of type RINGBUF; a copy is kept
 * @fn: is given the records
 * @arg: for @fn
 * @ringbuf: set to the reader
 *
 * Return: 0, -EINVAL (another type), -ENOMEM, -errno of mmap(2).
 */
int minibpf_ringbuf_open(int map_fd, minibpf_ringbuf_fn fn, void *arg,
			 struct minibpf_ringbuf **ringbuf);
/* NULL does nothing. */
void minibpf_ringbuf_close(struct minibpf_ringbuf *rb);
/* Reads what is there: how many records, or what @fn returned to end it. */
int minibpf_ringbuf_read(struct minibpf_ringbuf *rb);
/* The same, after poll(2) of @timeout_ms (-1: for ever) for a first one. */
int minibpf_ringbuf_wait(struct minibpf_ringbuf *rb, int timeout_ms);

/* Possible CPUs: a per-CPU map's value is this many values, each rounded up to 8 bytes. */
int minibpf_nr_cpus(void);

/*
 * Programs.
 */

/**
 * struct minibpf_prog_opts - what program to load
 * @insns: 8-byte slots
 * @nr_insns: number of slots
 * @license: text, for instance "GPL"
 * @name: up to 15 characters, or NULL
 * @fd_array: descriptors that LDDWs with an index refer to, or NULL
 * @log: explains, or NULL
 */
struct minibpf_prog_opts {
	const void *insns;
	uint32_t nr_insns;
	const char *license;
	const char *name;
	const int *fd_array;
	struct minibpf_log *log;
};

/* Loads a program of type KPROBE. */
int minibpf_prog_load(const struct minibpf_prog_opts *opts);

/**
 * struct minibpf_test_opts - a run of a program
 * @ctx: its context, @ctx_size bytes, a struct pt_regs; may be NULL
 * @repeat: number of runs, 0 means 1
 * @retval: set to R0 of the last run
 * @duration: set to the mean time of a run in ns
 */
struct minibpf_test_opts {
	const void *ctx;
	uint32_t ctx_size;
	uint32_t repeat;
	uint32_t retval;
	uint32_t duration;
};

int minibpf_prog_test_run(int prog_fd, struct minibpf_test_opts *opts);

/*
 * Objects of the system: information, numbers, pins.
 */

enum minibpf_kind {
	MINIBPF_PROG,
	MINIBPF_MAP,
	MINIBPF_LINK,
};

/* @info: struct minibpf_prog_info, minibpf_map_info or minibpf_link_info; @len in and out. */
int minibpf_get_info(int fd, void *info, uint32_t *len);

/* The smallest number above @id into @next; -ENOENT at the end. */
int minibpf_get_next_id(enum minibpf_kind kind, uint32_t id, uint32_t *next);
int minibpf_get_fd_by_id(enum minibpf_kind kind, uint32_t id);

/*
 * @name: on the device a path in a file system of pins, or any other text; on the kernel
 * backend a path in a bpffs, from /sys/fs/bpf if it begins without a slash. The folders of a
 * path are made as needed.
 */
int minibpf_pin(int fd, const char *name);
int minibpf_unpin(const char *name);
int minibpf_get_pinned(const char *name);

/*
 * Links.
 */

struct minibpf_link;

#define MINIBPF_RETURN	(1U << 0)	/* at the function's return */

/**
 * minibpf_link_kprobe - attach a program to probes
 * @prog_fd: the program
 * @targets: @nr of symbol, symbol+offset, module:symbol, 0xaddress
 * @nr: at least 1
 * @flags: MINIBPF_RETURN
 * @link: set to the link
 *
 * On the device one link has all targets; on the kernel backend each is a
 * perf event. The link detaches when it is closed, when the process ends, or,
 * pinned, when the pin goes.
 *
 * Return: 0; -ENOENT (no such symbol), -EINVAL (cannot be probed), ...
 */
int minibpf_link_kprobe(int prog_fd, const char *const *targets, uint32_t nr, uint32_t flags,
			struct minibpf_link **link);

/*
 * Descriptor of the link, which it keeps. -EOPNOTSUPP if there is not exactly
 * one, -EINVAL if it is a perf event (kernels before 5.15).
 */
int minibpf_link_fd(const struct minibpf_link *link);

/* Closes the link; NULL does nothing. */
void minibpf_link_close(struct minibpf_link *link);

/* Detaches whatever the link of this descriptor attached; the descriptor stays valid. */
int minibpf_link_detach(int link_fd);

/*
 * ELF objects made by clang -target bpf.
 */

struct minibpf_object;

/**
 * minibpf_object_open - read an object
 * @path: the file
 * @log: explains, or NULL
 * @obj: set to the object, for minibpf_object_close()
 *
 * Return: 0, -errno of open(2) and read(2), -EINVAL, -E2BIG, -EOPNOTSUPP.
 */
int minibpf_object_open(const char *path, struct minibpf_log *log, struct minibpf_object **obj);

/* The same from memory, which is copied. */
int minibpf_object_open_mem(const void *bytes, size_t size, struct minibpf_log *log,
			    struct minibpf_object **obj);

/* Closes everything that it opened; links detach. NULL does nothing. */
void minibpf_object_close(struct minibpf_object *obj);

/**
 * minibpf_object_load - create its maps and load its programs
 * @obj: opened, not loaded
 * @log: explains; may be NULL
 *
 * Return: 0, or the first error; then nothing of it stays.
 */
int minibpf_object_load(struct minibpf_object *obj, struct minibpf_log *log);

/**
 * minibpf_object_attach - attach each loaded program as its section says
 * @obj: loaded
 *
 * "kprobe/TARGET" and "kretprobe/TARGET"; programs of other sections stay as
 * they are.
 *
 * Return: how many were attached; or the first error, then none is.
 */
int minibpf_object_attach(struct minibpf_object *obj);

/* Programs and maps by their number, from 0; or their names. Negative: -ENOENT. */
int minibpf_object_nr_programs(const struct minibpf_object *obj);
int minibpf_object_nr_maps(const struct minibpf_object *obj);
int minibpf_object_find_program(const struct minibpf_object *obj, const char *name);
int minibpf_object_find_map(const struct minibpf_object *obj, const char *name);

/**
 * struct minibpf_object_program - a program of an object
 * @name: of its function
 * @section: it is in
 * @fd: descriptor, which the object keeps; -1 if not loaded
 * @link: what minibpf_object_attach() made of it, which the object keeps, or NULL
 */
struct minibpf_object_program {
	const char *name;
	const char *section;
	int fd;
	const struct minibpf_link *link;
};

/**
 * struct minibpf_object_map - a map of an object
 * @name: full; data sections are called like the section, ".rodata"
 * @opts: as it will be created; type 0 for an extern one
 * @fd: descriptor, which the object keeps; -1 if there is none
 */
struct minibpf_object_map {
	const char *name;
	struct minibpf_map_opts opts;
	int fd;
};

/* 0, or -ENOENT for a number too large. */
int minibpf_object_program(const struct minibpf_object *obj, int nr,
			   struct minibpf_object_program *program);
int minibpf_object_map(const struct minibpf_object *obj, int nr, struct minibpf_object_map *map);

/*
 * Leaves the program out of minibpf_object_load(), or in, which is the default but for
 * sections that begin with a question mark.
 */
int minibpf_object_set_autoload(struct minibpf_object *obj, int nr, bool on);

/*
 * Uses this map (a copy of @fd is kept) instead of creating one. Extern maps must be given
 * one before the object is loaded, which fails with -ENOENT otherwise.
 */
int minibpf_object_set_map(struct minibpf_object *obj, int nr, int fd);

/*
 * Address and size of what a data map will hold first, to be changed before the
 * object is loaded; -EINVAL for other maps.
 */
int minibpf_object_data(struct minibpf_object *obj, int nr, void **data, uint32_t *size);

/*
 * Text.
 */

/**
 * minibpf_trace_open - follow what programs print
 * @flags: of open(2): O_NONBLOCK
 *
 * The device's programs print into a trace instance of their own, the kernel's
 * into the one that all share. Lines that are read are gone.
 *
 * Return: a descriptor to read(2) lines from, -ENOENT if there is no tracefs, ...
 */
int minibpf_trace_open(int flags);

/**
 * minibpf_disasm - an instruction as text
 * @insn: address of its slot, with the second one behind it if it has two
 * @nr: slots at @insn
 * @buf: cut to @size bytes and NUL-terminated
 * @size: bytes at @buf
 *
 * Return: slots that the instruction takes, 1 or 2; -EINVAL if it has two and
 * @nr is 1.
 */
int minibpf_disasm(const void *insn, uint32_t nr, char *buf, size_t size);

/* Name of a helper function, "map_lookup_elem"; NULL from the first unknown @id on, and for 0. */
const char *minibpf_helper_name(uint32_t id);

/* Version of the library, "0.1.0". */
const char *minibpf_version(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* MINIBPF_H */
