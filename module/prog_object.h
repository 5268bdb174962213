/* SPDX-License-Identifier: GPL-2.0-only */
/* A program as an object of the system: the core's program and its book-keeping. */
#ifndef MBPF_PROG_OBJECT_H
#define MBPF_PROG_OBJECT_H

#include <linux/minibpf.h>
#include <linux/ptrace.h>
#include <linux/uidgid.h>

#include "core/log.h"
#include "core/prog.h"
#include "object.h"

/**
 * struct mbpf_prog_stats - what happened to a program on one CPU, or on all
 * @missed: times that it was not run since a program was running on the CPU
 * @runs: times that it was run while statistics were on
 * @run_ns: how long these took, in ns
 */
struct mbpf_prog_stats {
	u64 missed;
	u64 runs;
	u64 run_ns;
};

/**
 * struct mbpf_prog_object - a program that can be run
 * @obj: references, number, descriptors
 * @prog: the core's part, which engines read; immutable once published. Its
 *        code has no aux where there is machine code
 * @stats: one for each CPU; NULL until mbpf_prog_object_to_run()
 * @text: its machine code in the arena, or NULL if the interpreter runs it
 * @text_size: bytes at @text
 * @sub_off: offset in @text of each function, @prog.code.nr_subs of them; NULL
 *           without @text. In @insn_off's memory
 * @insn_off: the same of each instruction, @prog.code.nr of them
 * @type: enum minibpf_prog_type
 * @attach_type: expected_attach_type it was loaded with
 * @gpl: the licence is GPL-compatible
 * @name: NUL-padded
 * @tag: see prog_tag.h; 0: nobody has asked for it
 * @uid: who loaded it
 * @load_time: when, in ns since boot
 * @verified: instructions that the verifier simulated
 * @attached: links that PROG_ATTACH made; they go with the last user. Each
 *            holds a reference to the program. Protected by link.c's lock
 */
struct mbpf_prog_object {
	struct mbpf_object obj;
	struct mbpf_prog prog;
	struct mbpf_prog_stats __percpu *stats;
	void *text;
	u32 text_size;
	u32 *sub_off;
	u32 *insn_off;
	u32 type;
	u32 attach_type;
	bool gpl;
	char name[MINIBPF_OBJ_NAME_LEN];
	u64 tag;
	kuid_t uid;
	u64 load_time;
	u32 verified;
	struct list_head attached;
};

static inline struct mbpf_prog_object *mbpf_prog_object(struct mbpf_object *obj)
{
	return container_of(obj, struct mbpf_prog_object, obj);
}

static inline struct mbpf_prog_object *mbpf_prog_object_of(const struct mbpf_prog *prog)
{
	return container_of(prog, struct mbpf_prog_object, prog);
}

static inline bool mbpf_prog_jited(const struct mbpf_prog_object *po)
{
	return po->text;
}

/**
 * struct mbpf_prog_source - what a program is made from
 * @type: enum minibpf_prog_type
 * @attach_type: expected_attach_type
 * @name: NUL-padded, checked
 * @license: text of the licence
 * @insns: @nr instructions, from kvmalloc(); NULL when the program has taken them over
 * @nr: how many, 1 to MBPF_MAX_INSNS
 * @find_line: source of an instruction, see struct mbpf_verify_rules; may be NULL
 * @line_priv: for @find_line
 * @maps: how they find their maps; get() returns maps with a reference of
 *        their object, which the program takes over
 */
struct mbpf_prog_source {
	u32 type;
	u32 attach_type;
	char name[MINIBPF_OBJ_NAME_LEN];
	const char *license;
	struct mbpf_insn *insns;
	u32 nr;
	bool (*find_line)(void *priv, u32 insn, struct mbpf_source_line *line);
	void *line_priv;
	const struct mbpf_map_source *maps;
};

/* When the module is loaded: finds out what machine code is made for. */
void mbpf_prog_object_init(void);

/**
 * mbpf_prog_object_create - decode, verify and compile a program
 * @src: what from
 * @log: explains a rejection
 *
 * Return: the program, published, of which the caller is the user; or
 * ERR_PTR: -EINVAL, -EACCES, -E2BIG (rejected), -EPERM (not allowed to), what
 * @src->maps returned, -EINTR, -ENOMEM, -ENOSPC.
 */
struct mbpf_prog_object *mbpf_prog_object_create(struct mbpf_prog_source *src,
						 struct mbpf_log *log);

/* The program of a descriptor, as mbpf_object_from_fd(). */
struct mbpf_prog_object *mbpf_prog_object_from_fd(u32 fd);

/**
 * mbpf_prog_object_to_run - the program of a descriptor, to be run or attached
 * @fd: the descriptor
 *
 * What counts its runs is made now, the first time: many programs are loaded
 * and never run themselves. Process context; may sleep.
 *
 * Return: as mbpf_prog_object_from_fd(), or -ENOMEM.
 */
struct mbpf_prog_object *mbpf_prog_object_to_run(u32 fd);

/*
 * Whether an instruction of a published program loads a map or a value of one:
 * @imm is then the index of the map, @src one of the two forms with a descriptor.
 */
static inline bool mbpf_prog_names_map(const struct mbpf_insn *insn)
{
	return mbpf_insn_is_lddw(insn) &&
	       (insn->src == MBPF_PSEUDO_MAP_FD || insn->src == MBPF_PSEUDO_MAP_VALUE);
}

/* On all CPUs. */
struct mbpf_prog_stats mbpf_prog_object_stats(const struct mbpf_prog_object *po);

/*
 * mbpf_map_source.put of whoever's get() returns maps of objects; also what
 * the program does with its own.
 */
void mbpf_prog_put_map(void *priv, struct mbpf_map *map);

/*
 * What a TRACEPOINT program may read of its context, a record of perf's. Perf's buffers for
 * records have that many bytes at least (PERF_MAX_TRACE_SIZE), so reading behind a short one
 * gives old bytes and nothing worse.
 */
#define MBPF_RECORD_SIZE 2048

/* What a RAW_TRACEPOINT program may read: twelve arguments, the most that there can be. */
#define MBPF_RAW_ARGS_SIZE 96

/* What a PERF_EVENT program sees: Linux's struct bpf_perf_event_data. */
struct mbpf_sample {
#ifdef CONFIG_RISCV
	struct user_regs_struct regs;
#else
	struct pt_regs regs;
#endif
	u64 period;
	u64 addr;
};

/* Module parameter: new programs become machine code. */
extern bool mbpf_jit_on;

#endif /* MBPF_PROG_OBJECT_H */
