/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links: a program attached to something. This is the part of a link that
 * does not depend on what that is; whoever attaches embeds it.
 */
#ifndef MBPF_LINK_H
#define MBPF_LINK_H

#include <linux/minibpf.h>
#include <linux/mutex.h>

#include "object.h"

struct mbpf_link;
struct mbpf_prog_object;

struct mbpf_fd_query;

/**
 * struct mbpf_link_ops - what kinds of links do; process context throughout
 * @detach: disarm. When it returns the program is not started through this link
 *          any more (it may still be running). Called once
 * @free: a grace period has passed since; frees the link. @detach has been
 *        called, and the link's program is put by the caller
 * @fill_info: the fields of @info behind @prog_id. @in is what the caller
 *             passed in (addresses and counts). 0 or errno
 * @show_fdinfo: lines behind the common ones; may be NULL
 * @query: for TASK_FD_QUERY: all but the program. 0 or errno; NULL: it does not tell of these
 */
struct mbpf_link_ops {
	void (*detach)(struct mbpf_link *link);
	void (*free)(struct mbpf_link *link);
	int (*fill_info)(struct mbpf_link *link, const struct minibpf_link_info *in,
			 struct minibpf_link_info *info);
	void (*show_fdinfo)(struct mbpf_link *link, struct seq_file *seq);
	int (*query)(struct mbpf_link *link, struct mbpf_fd_query *q);
};

/**
 * struct mbpf_link - the common head
 * @obj: references, number, descriptors
 * @ops: of its kind
 * @prog: what runs; the link has a reference
 * @type: MINIBPF_LINK_TYPE_*
 * @name: what fdinfo calls the type: "kprobe_multi"
 * @detach_lock: protects @detached
 * @detached: @ops->detach() was called
 * @attached: in @prog->attached, if PROG_ATTACH made it; protected by
 *            mbpf_link_lock
 */
struct mbpf_link {
	struct mbpf_object obj;
	const struct mbpf_link_ops *ops;
	struct mbpf_prog_object *prog;
	u32 type;
	const char *name;
	struct mutex detach_lock;
	bool detached;
	struct list_head attached;
};

/* Protects mbpf_prog_object.attached of all programs. */
extern struct mutex mbpf_link_lock;

/**
 * mbpf_link_init - begin a link's life with one user, the caller
 * @link: zeroed, but for the fields that its kind adds
 * @ops: of its kind
 * @type: MINIBPF_LINK_TYPE_*
 * @name: of the type
 * @prog: its program, of which the link takes a reference more
 *
 * The link is not armed yet: set @detached to false when it is. From here on
 * mbpf_object_put_user() is the way to get rid of it, which detaches first if
 * need be. mbpf_object_publish() makes it known.
 */
void mbpf_link_init(struct mbpf_link *link, const struct mbpf_link_ops *ops, u32 type,
		    const char *name, struct mbpf_prog_object *prog);

/* Detaches, unless that has been done. Process context. */
void mbpf_link_detach(struct mbpf_link *link);

/**
 * mbpf_link_detach_all - undo all that PROG_ATTACH did for a program
 * @po: the program; the caller has a reference
 *
 * Each link on @po->attached is detached and loses its user, which the list was.
 * Return: how many there were.
 */
u32 mbpf_link_detach_all(struct mbpf_prog_object *po);

/* The link of a descriptor, as mbpf_object_from_fd(). */
struct mbpf_link *mbpf_link_from_fd(u32 fd);

static inline struct mbpf_link *mbpf_link(struct mbpf_object *obj)
{
	return container_of(obj, struct mbpf_link, obj);
}

#endif /* MBPF_LINK_H */
