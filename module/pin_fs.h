/* SPDX-License-Identifier: GPL-2.0-only */
/* The file system of pins. */
#ifndef MBPF_PIN_FS_H
#define MBPF_PIN_FS_H

#include <linux/types.h>

struct dentry;
struct inode;
struct mbpf_object;

/*
 * Makes the mount point and registers the type: the last step of the module's start, since
 * from here on there may be mounts. A kernel that will not have it goes without (and says so).
 * _deinit is for when nothing is mounted any more, which the type's owner sees to.
 */
void mbpf_pin_fs_init(void);
void mbpf_pin_fs_deinit(void);

/* Whether a file or folder is in one of these. */
bool mbpf_pin_fs_owns(const struct inode *inode);

/* The object of a pin, which stays as long as the inode; NULL for folders and links. */
struct mbpf_object *mbpf_pin_fs_object(const struct inode *inode);

/**
 * mbpf_pin_fs_add - make a pin, for vfs_mkobj()
 * @dentry: where there is nothing yet, in a folder that mbpf_pin_fs_owns(), which is locked
 * @mode: of the file
 * @obj: &struct mbpf_object; the caller is a user of it, which the file takes over on success
 *
 * Return: 0, or -ENOMEM.
 */
int mbpf_pin_fs_add(struct dentry *dentry, umode_t mode, void *obj);

#endif /* MBPF_PIN_FS_H */
