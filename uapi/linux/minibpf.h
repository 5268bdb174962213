/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/minibpf: the ABI and its manual.
 *
 * Every call is
 *
 *	ioctl(fd, MINIBPF_IOC(cmd, size), attr)
 *
 * where cmd, size and attr are what bpf(2) takes. The layouts are those of
 * <linux/bpf.h>, so a bpf(2) call becomes an ioctl by rewriting registers.
 * The result is bpf(2)'s too: a descriptor, 0, or -1 with errno.
 *
 * Rules that hold for every command:
 *
 * - attr may be shorter than the kernel's idea of it: what is missing counts
 *   as zero. It may be longer if the rest is zero (E2BIG if not). Fields past
 *   the last one of a command must be zero (EINVAL).
 * - The device opens for CAP_BPF or CAP_SYS_ADMIN (EPERM). Loading programs
 *   that read kernel memory and attaching them needs CAP_PERFMON or
 *   CAP_SYS_ADMIN too; kernel lockdown is obeyed (EPERM).
 * - Objects are descriptors with O_CLOEXEC. The last reference frees: a
 *   program holds its maps, a link holds its program, a pin holds its object.
 *
 * Errors common to all: EFAULT (attr or a pointer in it), EINVAL (unknown
 * command, bad field), E2BIG (unknown tail), EPERM, ENOMEM, EBADF (not a
 * descriptor), EINVAL (a descriptor of another kind).
 */
#ifndef _UAPI_LINUX_MINIBPF_H
#define _UAPI_LINUX_MINIBPF_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MINIBPF_DEVICE "/dev/minibpf"
#define MINIBPF_MAGIC 0xBF
#define MINIBPF_IOC(cmd, size) \
	_IOC(_IOC_READ | _IOC_WRITE, MINIBPF_MAGIC, (cmd) & 0xff, size)

/**
 * enum minibpf_cmd - commands; numbers are bpf(2)'s
 *
 * PROG_ATTACH, PROG_DETACH and PROG_LOAD_EX have the layouts of the rCore eBPF
 * system that minibpf starts from. EVENT_OPEN and KERNEL_BTF are no commands
 * of bpf(2). All others are Linux's.
 */
enum minibpf_cmd {
	MINIBPF_MAP_CREATE = 0,
	MINIBPF_MAP_LOOKUP_ELEM = 1,
	MINIBPF_MAP_UPDATE_ELEM = 2,
	MINIBPF_MAP_DELETE_ELEM = 3,
	MINIBPF_MAP_GET_NEXT_KEY = 4,
	MINIBPF_PROG_LOAD = 5,
	MINIBPF_OBJ_PIN = 6,
	MINIBPF_OBJ_GET = 7,
	MINIBPF_PROG_ATTACH = 8,
	MINIBPF_PROG_DETACH = 9,
	MINIBPF_PROG_TEST_RUN = 10,
	MINIBPF_PROG_GET_NEXT_ID = 11,
	MINIBPF_MAP_GET_NEXT_ID = 12,
	MINIBPF_PROG_GET_FD_BY_ID = 13,
	MINIBPF_MAP_GET_FD_BY_ID = 14,
	MINIBPF_OBJ_GET_INFO_BY_FD = 15,
	MINIBPF_RAW_TRACEPOINT_OPEN = 17,
	MINIBPF_BTF_GET_FD_BY_ID = 19,
	MINIBPF_TASK_FD_QUERY = 20,
	MINIBPF_MAP_LOOKUP_AND_DELETE_ELEM = 21,
	MINIBPF_MAP_FREEZE = 22,
	MINIBPF_BTF_GET_NEXT_ID = 23,
	MINIBPF_MAP_LOOKUP_BATCH = 24,
	MINIBPF_MAP_LOOKUP_AND_DELETE_BATCH = 25,
	MINIBPF_MAP_UPDATE_BATCH = 26,
	MINIBPF_MAP_DELETE_BATCH = 27,
	MINIBPF_LINK_CREATE = 28,
	MINIBPF_LINK_GET_FD_BY_ID = 30,
	MINIBPF_LINK_GET_NEXT_ID = 31,
	MINIBPF_ENABLE_STATS = 32,
	MINIBPF_LINK_DETACH = 34,
	MINIBPF_EVENT_OPEN = 200,	/* perf_event_open(2) */
	MINIBPF_KERNEL_BTF = 201,	/* /sys/kernel/btf/vmlinux */
	MINIBPF_PROG_LOAD_EX = 1000,	/* 0xe8 in the ioctl number */
};

enum minibpf_map_type {
	MINIBPF_MAP_TYPE_HASH = 1,
	MINIBPF_MAP_TYPE_ARRAY = 2,
	MINIBPF_MAP_TYPE_PROG_ARRAY = 3,
	MINIBPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
	MINIBPF_MAP_TYPE_PERCPU_HASH = 5,
	MINIBPF_MAP_TYPE_PERCPU_ARRAY = 6,
	MINIBPF_MAP_TYPE_STACK_TRACE = 7,
	MINIBPF_MAP_TYPE_CGROUP_ARRAY = 8,
	MINIBPF_MAP_TYPE_LRU_HASH = 9,
	MINIBPF_MAP_TYPE_LRU_PERCPU_HASH = 10,
	MINIBPF_MAP_TYPE_RINGBUF = 27,
};

/*
 * A SOCKET_FILTER cannot be attached here and sees nothing of its context. It
 * loads because libraries load one to find out what a kernel has.
 */
enum minibpf_prog_type {
	MINIBPF_PROG_TYPE_SOCKET_FILTER = 1,
	MINIBPF_PROG_TYPE_KPROBE = 2,
	MINIBPF_PROG_TYPE_TRACEPOINT = 5,
	MINIBPF_PROG_TYPE_PERF_EVENT = 7,
	MINIBPF_PROG_TYPE_RAW_TRACEPOINT = 17,
};

/* minibpf_attr.map_flags */
#define MINIBPF_F_NO_PREALLOC	(1U << 0)
#define MINIBPF_F_NO_COMMON_LRU	(1U << 1)	/* has no effect */
#define MINIBPF_F_RDONLY	(1U << 3)
#define MINIBPF_F_WRONLY	(1U << 4)
#define MINIBPF_F_ZERO_SEED	(1U << 6)
#define MINIBPF_F_RDONLY_PROG	(1U << 7)
#define MINIBPF_F_WRONLY_PROG	(1U << 8)
#define MINIBPF_F_MMAPABLE	(1U << 10)

/* minibpf_attr.flags of MAP_UPDATE_ELEM */
#define MINIBPF_ANY	0
#define MINIBPF_NOEXIST	1
#define MINIBPF_EXIST	2

/* minibpf_attr.link_create.attach_type */
#define MINIBPF_PERF_EVENT		41
#define MINIBPF_TRACE_KPROBE_MULTI	42

/* minibpf_attr.link_create.kprobe_multi.flags */
#define MINIBPF_F_KPROBE_MULTI_RETURN	(1U << 0)

/*
 * What get_attach_cookie() tells a program that PROG_ATTACH attached: the kind
 * of its target.
 */
enum minibpf_attach_kind {
	MINIBPF_ATTACH_KPROBE,
	MINIBPF_ATTACH_KRETPROBE_ENTRY,
	MINIBPF_ATTACH_KRETPROBE_EXIT,
};

/* minibpf_attr.enable_stats.type */
enum minibpf_stats_type {
	MINIBPF_STATS_RUN_TIME = 0,	/* run_cnt and run_time_ns of programs */
};

#define MINIBPF_OBJ_NAME_LEN 16U
#define MINIBPF_TAG_SIZE 8

/**
 * struct minibpf_map_fd_entry - PROG_LOAD_EX: which map a symbol means
 * @name: pointer to a NUL-terminated symbol or map name
 * @fd: map descriptor
 * @pad: zero
 */
struct minibpf_map_fd_entry {
	__aligned_u64 name;
	__u32 fd;
	__u32 pad;
};

/**
 * union minibpf_attr - arguments of a command
 *
 * MAP_CREATE (first struct): returns a descriptor.
 *   EINVAL: unknown type, zero or unsuitable sizes, unknown flags, bad name
 *   (at most 15 of [A-Za-z0-9_.]); E2BIG: sizes multiply to too much; ENOMEM.
 *
 * MAP_*_ELEM, MAP_GET_NEXT_KEY (second struct): @key, @value and @next_key are
 *   addresses of key_size and value_size bytes; values of per-CPU maps are
 *   rounded up to 8 bytes each and there is one for each possible CPU.
 *   Nothing is written to user memory on failure.
 *   ENOENT: no such element (or no further key); EEXIST: NOEXIST on an existing
 *   one; E2BIG: the map is full or the index out of range; EBUSY: the element's
 *   bucket is being changed by whom this call interrupted; EPERM: the map or
 *   the descriptor is read-only, write-only or frozen; EINVAL: bad flags,
 *   deletion from an array. ENOMEM: a large hash map (which grows in steps ahead
 *   of use) was filled by probes faster than it could grow.
 *
 * MAP_*_BATCH: as many of @batch.count elements at @batch.keys and @batch.values
 *   as can be; @batch.count is set to how many were done, also on failure. The
 *   lookups begin where the call ended that filled @batch.in_batch (null: at the
 *   beginning), and fill @batch.out_batch, both of 4 bytes.
 *   ENOENT: a lookup came to the map's end, or a key to be deleted is not there;
 *   ENOSPC: a hash's next bucket has more elements than there is room for;
 *   ENOTSUPP (524): not for this type of map, nor deletion from an array; EINVAL:
 *   @batch.flags or @batch.elem_flags not 0.
 *
 * PROG_LOAD (third struct): returns a descriptor. EINVAL, EACCES, EPERM:
 *   the program was rejected, the log says why; ENOSPC: the log did not fit.
 *
 * PROG_LOAD_EX: @elf_prog is an ELF object made by clang. Returns a descriptor
 *   of the program named @ex_prog_name, or of the only one. @map_array names
 *   maps by descriptor: extern symbols and maps of the object that shall not
 *   be created anew. Fields after @map_array may be left out (the seed
 *   system's layout ends there). ENOEXEC is never used: EINVAL for an object
 *   that is none; ENOENT: no such program, a name in @map_array that the
 *   object does not mention, or an extern map that is not there; EEXIST: a name
 *   twice; EOPNOTSUPP: something that only a loader in user space can do (CO-RE
 *   relocations, a PROG_ARRAY with initial programs).
 *
 * PROG_ATTACH: @target, @str_len bytes and not NUL-terminated, is
 *   "kprobe$SYM", "kretprobe@entry$SYM" or "kretprobe@exit$SYM" (type in any
 *   case); SYM is symbol, symbol+offset, module:symbol or 0xaddress. Returns 0.
 *   EAGAIN: the program is already attached there; ENOENT: no such symbol;
 *   EINVAL: malformed, or an address that cannot be probed.
 * PROG_DETACH: detaches @prog_fd from everything PROG_ATTACH attached it to.
 *   ENOENT: it is attached to nothing. The descriptor stays valid.
 *
 * LINK_CREATE: returns a descriptor whose close detaches. @attach_type is
 *   TRACE_KPROBE_MULTI with @kprobe_multi.cnt targets, by name (@syms, an array of pointers
 *   to SYM strings as above) or by address (@addrs); or PERF_EVENT with the
 *   event @target_fd, which must have no program yet (EEXIST) and be one for
 *   programs of that type (EINVAL). EBADF: @prog_fd or @target_fd.
 *
 * RAW_TRACEPOINT_OPEN: attaches a program of type RAW_TRACEPOINT to the tracepoint
 *   @name of the kernel (not of a module: ENOENT). Returns a link's descriptor. The context is
 *   twelve words, of which the tracepoint fills as many as it has arguments;
 *   of those narrower than 64 bits the rest is undefined.
 *
 * EVENT_OPEN: perf_event_open(2) with its five arguments. Returns a descriptor
 *   that knows perf's ioctls PERF_EVENT_IOC_SET_BPF (with a program's descriptor), _ENABLE,
 *   _DISABLE (both with PERF_IOC_FLAG_GROUP) and _RESET. @kprobe_type and @uprobe_type
 *   are the numbers in /sys/bus/event_source/devices/{kprobe,uprobe}/type, 0
 *   where there is none. Events of the kprobe type are probes of the module;
 *   events of the uprobe type, tracepoints and software events that sample are
 *   counters of the kernel's perf; PERF_COUNT_SW_BPF_OUTPUT, one for each CPU, is a ring that mmap(2)
 *   shows as perf_event_open(2) describes it and that a PERF_EVENT_ARRAY
 *   takes. EOPNOTSUPP: all others, which the kernel may know. Errors of the
 *   first two kinds are those of probes and of perf_event_open(2).
 *
 * KERNEL_BTF: shows @size bytes at @btf, the kernel's types in BTF, as
 *   /sys/kernel/btf/vmlinux where the kernel does not have that file, until the
 *   module is removed; with @size 0, takes it away. Needs CAP_SYS_ADMIN (EPERM).
 *   E2BIG: more than 32 MB; EINVAL: no BTF; EEXIST: the file is there already;
 *   ENOENT: there is nothing to take away. While it is shown it has a number of BTF
 *   and is called "vmlinux"; a descriptor of it outlives that.
 *
 * PROG_TEST_RUN: runs @prog_fd @repeat times (0 means 1) on @ctx_in (a struct
 *   pt_regs; zeroes where shorter or absent). @retval is R0 of the last run,
 *   @duration the mean in ns. The context, which programs cannot write, comes
 *   back at @ctx_out (ENOSPC if there is no room for all of it). EINTR: a signal
 *   came before the last run.
 *
 * OBJ_PIN, OBJ_GET: @pathname is a path or a name. It is a path if the last thing on
 *   it that can be found (from the caller's root and working folder, with its
 *   rights) is in a file system of the module: of type bpf, for /sys/fs/bpf, where
 *   the kernel has no BPF, else minibpffs, for /sys/fs/minibpf. The pin is a file
 *   there then, and errors are those of creating and finding files: EEXIST, ENOENT,
 *   ENOTDIR, EACCES (OBJ_GET: the file's mode, or it is no pin), EPERM (a name with a
 *   dot), EROFS. All else (any text without a NUL, "/sys/fs/bpf/x" included where
 *   that is not mounted) is a name in the module's own namespace: ENOENT, EEXIST.
 *   EINVAL: @bpf_fd is nothing that can be pinned; MINIBPF_F_RDONLY or _WRONLY for a
 *   link (for a program they only say which right is asked of the file). OBJ_PIN with
 *   @bpf_fd of -1 removes the pin. A pin keeps the module loaded; what names there are
 *   is told by /proc/PID/fdinfo/FD of the device's descriptor, as lines of "pin:", a
 *   tab, kind, number and name.
 *
 * *_GET_NEXT_ID: the smallest id above @start_id into @next_id; ENOENT at the
 *   end. *_GET_FD_BY_ID: ENOENT. Of BTF there is what KERNEL_BTF shows, or nothing.
 *
 * OBJ_GET_INFO_BY_FD: fills at most @info_len bytes at @info with struct
 *   minibpf_{prog,map,link,btf}_info and sets @info_len to how many it filled.
 *   EBADFD: @bpf_fd is no descriptor (as in-tree has it). Addresses and machine
 *   code are given to those who see them in /proc/kallsyms.
 *
 * ENABLE_STATS: returns a descriptor; while it, or another, or the module's parameter
 *   "stats" holds them on, the runs of all programs are counted and timed. Counts
 *   stay when statistics go off. EPERM: CAP_SYS_ADMIN is missing; EINVAL: @type;
 *   ENOMEM, ENOSPC: no room for probes that count.
 */
union minibpf_attr {
	struct {	/* MAP_CREATE */
		__u32 map_type;
		__u32 key_size;
		__u32 value_size;
		__u32 max_entries;
		__u32 map_flags;
		__u32 inner_map_fd;	/* must be 0 */
		__u32 numa_node;	/* must be 0 */
		char map_name[MINIBPF_OBJ_NAME_LEN];
		__u32 map_ifindex;	/* must be 0 */
		__u32 btf_fd;		/* BTF is not used: ids are accepted only as 0 */
		__u32 btf_key_type_id;
		__u32 btf_value_type_id;
	};
	struct {	/* MAP_*_ELEM, MAP_GET_NEXT_KEY, MAP_FREEZE (fd alone) */
		__u32 map_fd;
		__aligned_u64 key;
		union {
			__aligned_u64 value;
			__aligned_u64 next_key;
		};
		__u64 flags;
	};
	struct {	/* MAP_*_BATCH */
		__aligned_u64 in_batch;
		__aligned_u64 out_batch;
		__aligned_u64 keys;
		__aligned_u64 values;
		__u32 count;	/* in and out */
		__u32 map_fd;
		__aligned_u64 elem_flags;
		__aligned_u64 flags;
	} batch;
	struct {	/* PROG_LOAD */
		__u32 prog_type;
		__u32 insn_cnt;
		__aligned_u64 insns;
		__aligned_u64 license;
		__u32 log_level;
		__u32 log_size;
		__aligned_u64 log_buf;
		__u32 kern_version;	/* ignored */
		__u32 prog_flags;
		char prog_name[MINIBPF_OBJ_NAME_LEN];
		__u32 prog_ifindex;	/* must be 0 */
		__u32 expected_attach_type;
		__u32 prog_btf_fd;	/* must be 0, as the BTF fields up to @fd_array */
		__u32 func_info_rec_size;
		__aligned_u64 func_info;
		__u32 func_info_cnt;
		__u32 line_info_rec_size;
		__aligned_u64 line_info;
		__u32 line_info_cnt;
		__u32 attach_btf_id;
		__u32 attach_prog_fd;
		__u32 core_relo_cnt;
		__aligned_u64 fd_array;	/* of MAP_IDX forms: __u32 descriptors */
		__aligned_u64 core_relos;
		__u32 core_relo_rec_size;
		__u32 log_true_size;	/* out: bytes that the whole log takes */
	};
	struct {	/* PROG_LOAD_EX */
		__aligned_u64 elf_prog;
		__u32 elf_size;
		__u32 map_array_len;
		__aligned_u64 map_array;	/* struct minibpf_map_fd_entry[] */
		__aligned_u64 ex_prog_name;	/* NUL-terminated, or 0 */
		__u32 ex_log_level;
		__u32 ex_log_size;
		__aligned_u64 ex_log_buf;
		__u32 ex_log_true_size;	/* out */
		__u32 ex_flags;		/* must be 0 */
	};
	struct {	/* PROG_ATTACH, PROG_DETACH */
		__aligned_u64 target;
		__u32 str_len;
		__u32 prog_fd;
	};
	struct {	/* OBJ_PIN, OBJ_GET */
		__aligned_u64 pathname;
		__u32 bpf_fd;
		__u32 file_flags;
	};
	struct {	/* PROG_TEST_RUN */
		__u32 prog_fd;
		__u32 retval;
		__u32 data_size_in;	/* must be 0, as the other data fields */
		__u32 data_size_out;
		__aligned_u64 data_in;
		__aligned_u64 data_out;
		__u32 repeat;
		__u32 duration;
		__u32 ctx_size_in;
		__u32 ctx_size_out;
		__aligned_u64 ctx_in;
		__aligned_u64 ctx_out;
		__u32 flags;
		__u32 cpu;
		__u32 batch_size;
	} test;
	struct {	/* *_GET_NEXT_ID, *_GET_FD_BY_ID */
		union {
			__u32 start_id;
			__u32 prog_id;
			__u32 map_id;
			__u32 link_id;
		};
		__u32 next_id;
		__u32 open_flags;
	};
	struct {	/* OBJ_GET_INFO_BY_FD */
		__u32 bpf_fd;
		__u32 info_len;
		__aligned_u64 info;
	} info;
	struct {	/* LINK_CREATE */
		__u32 prog_fd;
		__u32 target_fd;	/* PERF_EVENT: the event; else must be 0 */
		__u32 attach_type;
		__u32 flags;
		union {
			struct {
				__u64 bpf_cookie;
			} perf_event;
			struct {
				__u32 flags;
				__u32 cnt;
				__aligned_u64 syms;
				__aligned_u64 addrs;
				__aligned_u64 cookies;
			} kprobe_multi;
		};
	} link_create;
	struct {	/* RAW_TRACEPOINT_OPEN */
		__aligned_u64 name;
		__u32 prog_fd;
		__u32 pad;		/* must be 0 */
		__aligned_u64 cookie;
	} raw_tracepoint;
	struct {	/* EVENT_OPEN */
		__aligned_u64 attr;	/* struct perf_event_attr */
		__s32 pid;
		__s32 cpu;
		__s32 group_fd;
		__u32 kprobe_type;
		__u32 uprobe_type;
		__u32 pad;		/* must be 0 */
		__u64 flags;		/* PERF_FLAG_FD_CLOEXEC */
	} event_open;
	struct {	/* TASK_FD_QUERY */
		__u32 pid;
		__u32 fd;
		__u32 flags;		/* must be 0 */
		__u32 buf_len;		/* room for the name; becomes its length */
		__aligned_u64 buf;	/* the name is cut to fit (ENOSPC); may be NULL */
		__u32 prog_id;		/* these are results */
		__u32 fd_type;		/* enum minibpf_task_fd_type */
		__u64 probe_offset;
		__u64 probe_addr;
	} task_fd_query;
	struct {	/* KERNEL_BTF */
		__aligned_u64 btf;
		__u32 size;
		__u32 pad;		/* must be 0 */
	} kernel_btf;
	struct {	/* LINK_DETACH */
		__u32 link_fd;
	} link_detach;
	struct {	/* ENABLE_STATS */
		__u32 type;		/* enum minibpf_stats_type */
	} enable_stats;
} __attribute__((aligned(8)));

/**
 * struct minibpf_prog_info - OBJ_GET_INFO_BY_FD of a program; Linux's layout
 *
 * @jited_prog_insns and @xlated_prog_insns are addresses to be filled when
 * the lengths passed in are not zero; the lengths come back as they are.
 * @jited_prog_len is 0 where the interpreter runs the program.
 * @jited_line_info gets @nr_jited_line_info addresses: where the machine code
 * of each instruction begins (of both slots of a 64-bit constant; what needs no
 * code is where the next one is).
 * @run_cnt and @run_time_ns count runs and nanoseconds while statistics were
 * on (ENABLE_STATS); what a tail call leads to is part of the run that made it.
 */
struct minibpf_prog_info {
	__u32 type;
	__u32 id;
	__u8 tag[MINIBPF_TAG_SIZE];
	__u32 jited_prog_len;
	__u32 xlated_prog_len;
	__aligned_u64 jited_prog_insns;
	__aligned_u64 xlated_prog_insns;
	__u64 load_time;
	__u32 created_by_uid;
	__u32 nr_map_ids;
	__aligned_u64 map_ids;
	char name[MINIBPF_OBJ_NAME_LEN];
	__u32 ifindex;
	__u32 gpl_compatible : 1;
	__u32 : 31;
	__u64 netns_dev;
	__u64 netns_ino;
	__u32 nr_jited_ksyms;
	__u32 nr_jited_func_lens;
	__aligned_u64 jited_ksyms;
	__aligned_u64 jited_func_lens;
	__u32 btf_id;
	__u32 func_info_rec_size;
	__aligned_u64 func_info;
	__u32 nr_func_info;
	__u32 nr_line_info;
	__aligned_u64 line_info;
	__aligned_u64 jited_line_info;
	__u32 nr_jited_line_info;
	__u32 line_info_rec_size;
	__u32 jited_line_info_rec_size;
	__u32 nr_prog_tags;
	__aligned_u64 prog_tags;
	__u64 run_time_ns;
	__u64 run_cnt;
	__u64 recursion_misses;
	__u32 verified_insns;
	__u32 attach_btf_obj_id;
	__u32 attach_btf_id;
	__u32 : 32;
};

/* struct minibpf_map_info - OBJ_GET_INFO_BY_FD of a map; Linux's layout */
struct minibpf_map_info {
	__u32 type;
	__u32 id;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 map_flags;
	char name[MINIBPF_OBJ_NAME_LEN];
	__u32 ifindex;
	__u32 btf_vmlinux_value_type_id;
	__u64 netns_dev;
	__u64 netns_ino;
	__u32 btf_id;
	__u32 btf_key_type_id;
	__u32 btf_value_type_id;
	__u32 : 32;
	__u64 map_extra;
};

/**
 * struct minibpf_btf_info - OBJ_GET_INFO_BY_FD of BTF; Linux's layout
 * @btf: address for the types themselves, of which at most @btf_size bytes are given
 * @btf_size: all of them
 * @id: its number
 * @name: address for its name, cut to fit (ENOSPC); 0 with @name_len 0
 * @name_len: of the name, without its NUL
 * @kernel_btf: 1
 */
struct minibpf_btf_info {
	__aligned_u64 btf;
	__u32 btf_size;
	__u32 id;
	__aligned_u64 name;
	__u32 name_len;
	__u32 kernel_btf;
};

#define MINIBPF_LINK_TYPE_RAW_TRACEPOINT	1
#define MINIBPF_LINK_TYPE_PERF_EVENT	7
#define MINIBPF_LINK_TYPE_KPROBE_MULTI	8

/* Link strategies, cheapest first, as struct minibpf_link_info reports them. */
enum minibpf_strategy {
	MINIBPF_STRATEGY_NONE,		/* detached */
	MINIBPF_STRATEGY_DIRECT,	/* direct ftrace trampoline */
	MINIBPF_STRATEGY_FTRACE,	/* ftrace_ops */
	MINIBPF_STRATEGY_KPROBE,	/* register_kprobe() */
	MINIBPF_STRATEGY_KRETPROBE,	/* register_kretprobe() */
	MINIBPF_STRATEGY_RETURN,	/* own return trampoline */
};

/* What TASK_FD_QUERY says a descriptor is: Linux's numbers. */
enum minibpf_task_fd_type {
	MINIBPF_FD_TYPE_RAW_TRACEPOINT = 0,
	MINIBPF_FD_TYPE_TRACEPOINT = 1,
	MINIBPF_FD_TYPE_KPROBE = 2,
	MINIBPF_FD_TYPE_KRETPROBE = 3,
	MINIBPF_FD_TYPE_UPROBE = 4,
	MINIBPF_FD_TYPE_URETPROBE = 5,
};

/* What a link of type PERF_EVENT is attached to; UNSPEC: a probe that was made in tracefs. */
enum minibpf_perf_event_type {
	MINIBPF_PERF_EVENT_UNSPEC = 0,
	MINIBPF_PERF_EVENT_UPROBE = 1,
	MINIBPF_PERF_EVENT_URETPROBE = 2,
	MINIBPF_PERF_EVENT_KPROBE = 3,
	MINIBPF_PERF_EVENT_KRETPROBE = 4,
	MINIBPF_PERF_EVENT_TRACEPOINT = 5,
	MINIBPF_PERF_EVENT_EVENT = 6,
};

/**
 * struct minibpf_link_info - OBJ_GET_INFO_BY_FD of a link
 * @type: MINIBPF_LINK_TYPE_*
 * @id: of the link
 * @prog_id: of its program
 * @kprobe_multi: Linux's layout: @addrs is filled with @count addresses when
 *   the count passed in is not smaller (ENOSPC otherwise); @missed counts hits
 *   lost to recursion or to a lack of return instances
 * @raw_tracepoint: Linux's layout; @tp_name is filled as @perf_event.name
 * @perf_event: Linux's layout; @type is enum minibpf_perf_event_type, and @name is filled
 *   with the symbol, the tracepoint's name or the uprobe's file if there is room for
 *   @name_len bytes (ENOSPC: cut). What is at @addr for kprobes is the cookie for uprobes and
 *   tracepoints; @event is of those that sample, and has no name
 * @strategy: enum minibpf_strategy of the first target (minibpf's own field,
 *   behind Linux's)
 * @hits: times the program was run
 */
struct minibpf_link_info {
	__u32 type;
	__u32 id;
	__u32 prog_id;
	union {
		struct {
			__aligned_u64 tp_name;
			__u32 tp_name_len;
		} raw_tracepoint;
		struct {
			__aligned_u64 addrs;
			__u32 count;
			__u32 flags;
			__u64 missed;
			__aligned_u64 cookies;
		} kprobe_multi;
		struct {
			__u32 type;
			__u32 : 32;
			union {
				struct {
					__aligned_u64 name;
					__u32 name_len;
					__u32 offset;
					union {
						__u64 addr;
						__u64 place_cookie;
					};
					__u64 missed;
					__u64 cookie;
				};
				struct {
					__u64 config;
					__u32 type;
					__u32 : 32;
					__u64 cookie;
				} event;
			};
		} perf_event;
	};
	__u32 strategy;
	__u32 pad;
	__u64 hits;
};

#endif /* _UAPI_LINUX_MINIBPF_H */
