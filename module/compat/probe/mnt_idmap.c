// SPDX-License-Identifier: GPL-2.0-only
/* c54bd91e9eab "fs: port ->mkdir() to pass mnt_idmap" (v6.3). */
#include <linux/fs.h>

int probe(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry);
int probe(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry)
{
	return dir->i_op->mkdir(idmap, dir, dentry, 0);
}
