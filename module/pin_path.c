// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins by path. What the path walk and the rights of the caller have to say is said by the
 * kernel's own functions for creating, finding and removing files.
 */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/inode.h"
#include "object.h"
#include "pin_fs.h"
#include "pin_path.h"

/* "a/b/" becomes "a", "/a" becomes "/", "a" becomes "."; false where there is nothing to cut. */
static bool cut_last(char *path)
{
	char *end = path + strlen(path);

	while (end > path + 1 && end[-1] == '/')
		end--;
	while (end > path && end[-1] != '/')
		end--;
	while (end > path + 1 && end[-1] == '/')
		end--;
	if (end == path) {
		if (!strcmp(path, "."))
			return false;
		strcpy(path, ".");
		return true;
	}
	if (!*end)
		return false;
	*end = 0;
	return true;
}

int mbpf_pin_path_leads_in(const char *name)
{
	char *part = kstrdup(name, GFP_KERNEL_ACCOUNT);
	struct path path;
	int err;

	if (!part)
		return -ENOMEM;
	do {
		err = kern_path(part, LOOKUP_FOLLOW, &path);
	} while (err && err != -ENOMEM && cut_last(part));
	kfree(part);
	if (err)
		return err == -ENOMEM ? err : 0;
	err = mbpf_pin_fs_owns(d_inode(path.dentry));
	path_put(&path);
	return err;
}

int mbpf_pin_path_add(const char *name, struct mbpf_object *obj)
{
	umode_t mode = S_IFREG | (0600 & ~current_umask());
	struct path folder;
	struct dentry *dentry = kern_path_create(AT_FDCWD, name, &folder, 0);
	int err = -EPERM;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	/* Others may have moved things since it was found to lead in. */
	if (mbpf_pin_fs_owns(d_inode(folder.dentry)))
		err = security_path_mknod(&folder, dentry, mode, 0);
	if (!err)
		err = vfs_mkobj(dentry, mode, mbpf_pin_fs_add, obj);
	done_path_create(&folder, dentry);
	return err;
}

struct mbpf_object *mbpf_pin_path_get(const char *name, int mode)
{
	struct mbpf_object *obj = NULL;
	struct path path;
	int err = kern_path(name, LOOKUP_FOLLOW, &path);

	if (err) {
		int in = mbpf_pin_path_leads_in(name);

		return in ? ERR_PTR(in < 0 ? in : err) : NULL;
	}
	if (mbpf_pin_fs_owns(d_inode(path.dentry))) {
		err = path_permission(&path, ACC_MODE(mode));
		obj = mbpf_pin_fs_object(d_inode(path.dentry));
		if (!err && !obj)
			err = -EACCES;
		if (!err) {
			mbpf_object_get_user(obj);
			touch_atime(&path);
		} else {
			obj = ERR_PTR(err);
		}
	}
	path_put(&path);
	return obj;
}

int mbpf_pin_path_remove(const char *name)
{
	struct dentry *parent;
	struct path path;
	int err = kern_path(name, 0, &path);

	if (err)
		return err;
	/* What is mounted is unmounted, not removed. */
	err = path.dentry == path.mnt->mnt_root ? -EBUSY : mnt_want_write(path.mnt);
	if (err)
		goto out;
	parent = dget_parent(path.dentry);
	inode_lock_nested(d_inode(parent), I_MUTEX_PARENT);
	if (path.dentry->d_parent != parent || d_unhashed(path.dentry))
		err = -ENOENT;		/* it went meanwhile */
	else if (!mbpf_pin_fs_owns(d_inode(parent)))
		err = -EPERM;
	else
		err = vfs_unlink(MBPF_MNT_IDMAP(path.mnt), d_inode(parent), path.dentry, NULL);
	inode_unlock(d_inode(parent));
	dput(parent);
	mnt_drop_write(path.mnt);
out:
	path_put(&path);
	return err;
}
