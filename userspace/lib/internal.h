/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of the library share. */
#ifndef MINIBPF_INTERNAL_H
#define MINIBPF_INTERNAL_H

#include "minibpf.h"

#define BPFFS "/sys/fs/bpf"

/*
 * device.c: the call to the device, -errno. It stays open from the first call on; a program
 * that closes descriptors which it has not opened makes it open anew.
 */
int minibpf_device_call(int cmd, void *attr, unsigned int size);
void minibpf_device_close(void);

/* backend.c: bpf(2) itself, whatever the backend is; -errno */
int minibpf_sys_bpf(int cmd, void *attr, unsigned int size);

/* seed.c: what the kernel backend lacks; @attr is complete, missing fields zero */
int minibpf_emulate_load_ex(union minibpf_attr *attr);
int minibpf_emulate_attach(const union minibpf_attr *attr);
int minibpf_emulate_detach(const union minibpf_attr *attr);

/**
 * struct minibpf_btf - a program's types, for bpf(2), which wants them of callbacks
 * @fd: descriptor of the types, -1: none
 * @funcs: @nr pairs of instruction number and type number
 */
struct minibpf_btf {
	int fd;
	void *funcs;
	uint32_t nr;
};

/* call.c: minibpf_prog_load() with types */
int minibpf_load_program(const struct minibpf_prog_opts *opts, const struct minibpf_btf *btf);

/* btf.c */
struct mbpf_elf;
int minibpf_btf_load(const struct mbpf_elf *elf, uint32_t prog, struct minibpf_btf *btf);
void minibpf_btf_unload(struct minibpf_btf *btf);

/* object.c: creates only maps that a loaded program uses */
void minibpf_object_set_used_only(struct minibpf_object *obj);

/* log.c: text in front of what @log holds already; NULL and size 0 discard */
void minibpf_log_set(struct minibpf_log *log, const char *text);

/*
 * source.c: quotes the lines of source of the instruction that is rejected, and of those that
 * it is explained by, if the object knows them and the buffer has room
 */
void minibpf_log_quote(struct minibpf_log *log, const struct mbpf_elf *elf, uint32_t prog);

/* kprobe.c: what link.c needs of the kernel */

/**
 * struct minibpf_event - a probe of the kernel backend
 * @fd: a link or, where the kernel knows none of these, the perf event; -1: none
 * @is_link: which
 * @name: of the event in tracefs that must be removed in the end; "" if none
 */
struct minibpf_event {
	int fd;
	bool is_link;
	char name[48];
};

int minibpf_event_open(int prog_fd, const char *target, bool at_return,
		       struct minibpf_event *event);
void minibpf_event_close(struct minibpf_event *event);

/* trace.c: opens a file of tracefs; -errno */
int minibpf_tracefs_open(const char *name, int flags);

#endif /* MINIBPF_INTERNAL_H */
