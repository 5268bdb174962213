/* SPDX-License-Identifier: GPL-2.0-only */
/* What is told apart in inodes: see compat/probe/mnt_idmap.c and compat/probe/inode_ts.c. */
#ifndef MBPF_COMPAT_INODE_H
#define MBPF_COMPAT_INODE_H

#include <linux/fs.h>
#include <linux/mount.h>

/* What a mount makes of owners, of which older kernels pass on its user namespace. */
#ifdef COMPAT_HAVE_MNT_IDMAP
typedef struct mnt_idmap mbpf_idmap;
#define MBPF_NO_IDMAP (&nop_mnt_idmap)
#define MBPF_MNT_IDMAP(mnt) mnt_idmap(mnt)
#else
#include <linux/user_namespace.h>

typedef struct user_namespace mbpf_idmap;
#define MBPF_NO_IDMAP (&init_user_ns)
#define MBPF_MNT_IDMAP(mnt) mnt_user_ns(mnt)
#endif

#ifndef COMPAT_HAVE_INODE_TS
static inline void simple_inode_init_ts(struct inode *inode)
{
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
}

static inline void compat_inode_changed(struct inode *inode)
{
	inode->i_mtime = inode->i_ctime = current_time(inode);
}
#else
static inline void compat_inode_changed(struct inode *inode)
{
	inode_set_mtime_to_ts(inode, inode_set_ctime_current(inode));
}
#endif

#endif /* MBPF_COMPAT_INODE_H */
