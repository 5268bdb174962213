/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What maps, programs and links have in common: references, a number for each
 * that user space can look up, and file descriptors.
 *
 * There are two counts. @refs keeps the object in memory: whoever has a
 * pointer has a reference, a program for its maps, a link for its program.
 * @users counts those references that user space can reach: descriptors, pins
 * and commands under way on a descriptor. When the last user goes, what the
 * object keeps alive on user space's behalf goes too (a PROG_ARRAY's slots,
 * the targets that a program was attached to by PROG_ATTACH), which also cuts
 * the circles that such references make.
 */
#ifndef MBPF_OBJECT_H
#define MBPF_OBJECT_H

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>

struct mbpf_object;
struct seq_file;
struct vm_area_struct;

enum mbpf_kind {
	MBPF_KIND_MAP,
	MBPF_KIND_PROG,
	MBPF_KIND_LINK,
	MBPF_KIND_EVENT,	/* has no numbers, cannot be pinned */
	MBPF_KIND_BTF,		/* likewise; btf.c numbers what it shows */
	MBPF_NR_KINDS,
};

/**
 * struct mbpf_object_ops - one kind of object; process context throughout
 * @kind: which
 * @file_name: of its anonymous inode
 * @abandon: the last user went; the caller still holds a reference. New users
 *           may come by number, and go again. May be NULL
 * @retire: the last reference went, nobody can find the object any more. May
 *          sleep and be NULL
 * @free: a grace period has passed since; frees the object
 * @show_fdinfo: the lines of /proc/PID/fdinfo/FD
 * @mmap: mmap(2) on a descriptor; may be NULL
 * @ioctl: ioctl(2) on a descriptor; may be NULL
 * @poll: poll(2) likewise; without it, it is an error
 */
struct mbpf_object_ops {
	enum mbpf_kind kind;
	const char *file_name;
	void (*abandon)(struct mbpf_object *obj);
	void (*retire)(struct mbpf_object *obj);
	void (*free)(struct mbpf_object *obj);
	void (*show_fdinfo)(struct mbpf_object *obj, struct seq_file *seq);
	int (*mmap)(struct mbpf_object *obj, struct vm_area_struct *vma);
	long (*ioctl)(struct mbpf_object *obj, unsigned int cmd, unsigned long arg);
	__poll_t (*poll)(struct mbpf_object *obj, struct file *file, poll_table *wait);
};

/**
 * struct mbpf_object - embedded in each kind's own
 * @ops: of its kind
 * @refs: references
 * @users: those of them that user space can reach
 * @id: its number, unique in its kind while it lives; 0 before it is published
 * @free_work: frees after a grace period
 */
struct mbpf_object {
	const struct mbpf_object_ops *ops;
	refcount_t refs;
	atomic_t users;
	u32 id;
	struct rcu_work free_work;
};

/*
 * Start and end of the module's life. _deinit waits until everything that was
 * let go of is freed.
 */
int mbpf_object_init_all(void);
void mbpf_object_deinit_all(void);

/**
 * mbpf_object_init - begin an object's life with one user, the caller
 * @obj: zeroed
 * @ops: of its kind
 *
 * From here on mbpf_object_put_user() is the way to get rid of it.
 */
void mbpf_object_init(struct mbpf_object *obj, const struct mbpf_object_ops *ops);

/**
 * mbpf_object_publish - give the object its number, by which others find it
 * @obj: complete in all its parts
 *
 * Return: 0, -ENOMEM, -ENOSPC.
 */
int mbpf_object_publish(struct mbpf_object *obj);

/* A reference more, one less. The last one less may sleep. */
static inline void mbpf_object_get(struct mbpf_object *obj)
{
	refcount_inc(&obj->refs);
}
void mbpf_object_put(struct mbpf_object *obj);

/* A user more (by who has one), one less; each is a reference too. */
void mbpf_object_get_user(struct mbpf_object *obj);
void mbpf_object_put_user(struct mbpf_object *obj);

/**
 * mbpf_object_from_fd - the object of a descriptor
 * @fd: descriptor
 * @kind: which kind it must be; MBPF_NR_KINDS for any
 * @mode: set to the descriptor's access mode (FMODE_READ, FMODE_WRITE); may be NULL
 *
 * Return: the object, of which the caller is a user now; or ERR_PTR: -EBADF
 * (no descriptor), -EINVAL (one of another kind).
 */
struct mbpf_object *mbpf_object_from_fd(u32 fd, enum mbpf_kind kind, fmode_t *mode);

/* The object of a file, for which no reference is taken; NULL if it is another's file. */
struct mbpf_object *mbpf_object_of_file(struct file *file);

/**
 * mbpf_object_borrow - the same for the length of a call, for less
 * @fd: descriptor
 * @kind: which kind it must be
 * @mode: as above
 * @borrowed: for fdput(), which ends it; nothing to end after an error
 *
 * The descriptor's file stays, and with it the object and a user of it.
 */
struct mbpf_object *mbpf_object_borrow(u32 fd, enum mbpf_kind kind, fmode_t *mode,
				       struct fd *borrowed);

/* As mbpf_object_from_fd() for a number, or ERR_PTR(-ENOENT). */
struct mbpf_object *mbpf_object_from_id(u32 id, enum mbpf_kind kind);

/* The smallest number above @id that @kind has, or 0. */
u32 mbpf_object_next_id(u32 id, enum mbpf_kind kind);

/**
 * mbpf_object_new_fd - a descriptor, closed on exec, for the current process
 * @obj: the caller is a user of it, which the descriptor takes over on success
 * @flags: O_RDONLY, O_WRONLY or O_RDWR
 *
 * Return: the descriptor, or an errno (-EMFILE, -ENFILE, -ENOMEM).
 */
int mbpf_object_new_fd(struct mbpf_object *obj, int flags);

/* Objects and pins there are: the module parameter "live". */
extern atomic_t mbpf_live;

#endif /* MBPF_OBJECT_H */
