// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file system whose files are pins: its type is bpf and its place /sys/fs/bpf where the kernel
 * has no BPF that could have taken both, else minibpffs and /sys/fs/minibpf. Each mount is a file
 * system of its own, and an object is let go of with the last name of its file.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/kobject.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "compat/inode.h"
#include "object.h"
#include "pin_fs.h"

#ifdef CONFIG_BPF_SYSCALL
#define TYPE_NAME	"minibpffs"
#define MOUNT_POINT	"minibpf"
#else
#define TYPE_NAME	"bpf"
#define MOUNT_POINT	"bpf"
#endif

/* As in-tree, the root folder has the sticky bit besides. */
#define DEFAULT_MODE	0777

static const struct inode_operations folder_iops;
static const struct inode_operations pin_iops = {};

/* What there is to be seen of an object is in /proc/PID/fdinfo of its descriptors. */
static int pin_open(struct inode *inode, struct file *file)
{
	return -EIO;
}

static const struct file_operations pin_fops = {
	.owner = THIS_MODULE,
	.open = pin_open,
	.llseek = noop_llseek,
};

static struct inode *new_file(struct super_block *sb, const struct inode *dir, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode_init_owner(MBPF_NO_IDMAP, inode, dir, mode);
	simple_inode_init_ts(inode);
	if (S_ISDIR(mode)) {
		inode->i_op = &folder_iops;
		inode->i_fop = &simple_dir_operations;
		inc_nlink(inode);
	}
	return inode;
}

/* The name stays, without anybody who uses it, until it is removed. */
static void put_into(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	d_instantiate(dentry, inode);
	dget(dentry);
	compat_inode_changed(dir);
}

int mbpf_pin_fs_add(struct dentry *dentry, umode_t mode, void *obj)
{
	struct inode *dir = d_inode(dentry->d_parent);
	struct inode *inode = new_file(dir->i_sb, dir, mode);

	if (!inode)
		return -ENOMEM;
	inode->i_op = &pin_iops;
	inode->i_fop = &pin_fops;
	inode->i_private = obj;
	atomic_inc(&mbpf_live);
	put_into(dir, dentry, inode);
	return 0;
}

bool mbpf_pin_fs_owns(const struct inode *inode)
{
	return inode->i_sb->s_type->owner == THIS_MODULE;
}

struct mbpf_object *mbpf_pin_fs_object(const struct inode *inode)
{
	return inode->i_op == &pin_iops ? inode->i_private : NULL;
}

/* As in-tree: names with a dot are kept for files that the file system itself may make. */
static struct dentry *folder_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return strchr(dentry->d_name.name, '.') ? ERR_PTR(-EPERM) : simple_lookup(dir, dentry, flags);
}

static int folder_mkdir(mbpf_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode = new_file(dir->i_sb, dir, mode | S_IFDIR);

	if (!inode)
		return -ENOMEM;
	inc_nlink(dir);
	put_into(dir, dentry, inode);
	return 0;
}

static int folder_symlink(mbpf_idmap *idmap, struct inode *dir, struct dentry *dentry,
			  const char *target)
{
	struct inode *inode = new_file(dir->i_sb, dir, S_IFLNK | 0777);

	if (!inode)
		return -ENOMEM;
	inode->i_link = kstrdup(target, GFP_KERNEL_ACCOUNT);
	if (!inode->i_link) {
		iput(inode);
		return -ENOMEM;
	}
	inode->i_op = &simple_symlink_inode_operations;
	inode->i_size = strlen(target);
	put_into(dir, dentry, inode);
	return 0;
}

static const struct inode_operations folder_iops = {
	.lookup = folder_lookup,
	.mkdir = folder_mkdir,
	.symlink = folder_symlink,
	.link = simple_link,
	.rename = simple_rename,
	.unlink = simple_unlink,
	.rmdir = simple_rmdir,
};

/* The last name and the last who looks at the file are gone; letting go of an object may sleep. */
static void fs_evict_inode(struct inode *inode)
{
	struct mbpf_object *obj = mbpf_pin_fs_object(inode);

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	if (obj) {
		mbpf_object_put_user(obj);
		atomic_dec(&mbpf_live);
	}
}

/* After a grace period: whoever follows a link takes no reference. */
static void fs_free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
	free_inode_nonrcu(inode);
}

static int fs_show_options(struct seq_file *seq, struct dentry *root)
{
	const struct inode *inode = d_inode(root);
	umode_t mode = inode->i_mode & S_IALLUGO & ~S_ISVTX;

	if (!uid_eq(inode->i_uid, GLOBAL_ROOT_UID))
		seq_printf(seq, ",uid=%u", from_kuid_munged(&init_user_ns, inode->i_uid));
	if (!gid_eq(inode->i_gid, GLOBAL_ROOT_GID))
		seq_printf(seq, ",gid=%u", from_kgid_munged(&init_user_ns, inode->i_gid));
	if (mode != DEFAULT_MODE)
		seq_printf(seq, ",mode=%o", mode);
	return 0;
}

static const struct super_operations fs_ops = {
	.statfs = simple_statfs,
	.drop_inode = generic_delete_inode,
	.evict_inode = fs_evict_inode,
	.free_inode = fs_free_inode,
	.show_options = fs_show_options,
};

/* Of the root folder. */
struct options {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
};

enum { OPTION_UID, OPTION_GID, OPTION_MODE };

static const struct fs_parameter_spec fs_parameters[] = {
	fsparam_u32("uid", OPTION_UID),
	fsparam_u32("gid", OPTION_GID),
	fsparam_u32oct("mode", OPTION_MODE),
	{}
};

/* As in-tree, what is not known is ignored: a later kernel may know it. */
static int fs_parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct options *options = fc->fs_private;
	struct fs_parse_result result;
	int option = fs_parse(fc, fs_parameters, param, &result);

	switch (option) {
	case -ENOPARAM:
		option = vfs_parse_fs_param_source(fc, param);
		return option == -ENOPARAM ? 0 : option;
	case OPTION_UID:
		options->uid = make_kuid(fc->user_ns, result.uint_32);
		return uid_valid(options->uid) ? 0 : -EINVAL;
	case OPTION_GID:
		options->gid = make_kgid(fc->user_ns, result.uint_32);
		return gid_valid(options->gid) ? 0 : -EINVAL;
	case OPTION_MODE:
		options->mode = result.uint_32 & S_IALLUGO;
		return 0;
	default:
		return option;
	}
}

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	const struct options *options = fc->fs_private;
	struct inode *root;

	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = BPF_FS_MAGIC;
	sb->s_op = &fs_ops;
	sb->s_time_gran = 1;
	root = new_file(sb, NULL, S_IFDIR | S_ISVTX | options->mode);
	if (!root)
		return -ENOMEM;
	root->i_uid = options->uid;
	root->i_gid = options->gid;
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int fs_get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, fill_super);
}

static void fs_free(struct fs_context *fc)
{
	kfree(fc->fs_private);
}

static const struct fs_context_operations context_ops = {
	.parse_param = fs_parse_param,
	.get_tree = fs_get_tree,
	.free = fs_free,
};

static int fs_init_context(struct fs_context *fc)
{
	struct options *options = kzalloc(sizeof(*options), GFP_KERNEL);

	if (!options)
		return -ENOMEM;
	options->uid = GLOBAL_ROOT_UID;
	options->gid = GLOBAL_ROOT_GID;
	options->mode = DEFAULT_MODE;
	fc->fs_private = options;
	fc->ops = &context_ops;
	return 0;
}

/* Only whoever is root of the whole machine may mount it, as with the device. */
static struct file_system_type fs_type = {
	.owner = THIS_MODULE,
	.name = TYPE_NAME,
	.init_fs_context = fs_init_context,
	.parameters = fs_parameters,
	.kill_sb = kill_litter_super,
};

static bool has_mount_point;

void mbpf_pin_fs_init(void)
{
	int err = sysfs_create_mount_point(fs_kobj, MOUNT_POINT);

	has_mount_point = !err;
	if (!err)
		err = register_filesystem(&fs_type);
	if (err)
		pr_warn("no file system of type %s at /sys/fs/%s: %d\n", TYPE_NAME, MOUNT_POINT, err);
}

void mbpf_pin_fs_deinit(void)
{
	unregister_filesystem(&fs_type);
	if (has_mount_point)
		sysfs_remove_mount_point(fs_kobj, MOUNT_POINT);
	/* For fs_free_inode(). */
	rcu_barrier();
}
