// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a link: it holds its program, detaches once at the latest when
 * the last reference goes, and is freed after a grace period. Links made by
 * PROG_ATTACH have no descriptor; the program holds them in place of one.
 */
#include <linux/list.h>
#include <linux/seq_file.h>

#include "info.h"
#include "ioctl.h"
#include "link.h"
#include "prog_object.h"
#include "prog_tag.h"

DEFINE_MUTEX(mbpf_link_lock);

void mbpf_link_detach(struct mbpf_link *link)
{
	mutex_lock(&link->detach_lock);
	if (!link->detached)
		link->ops->detach(link);
	link->detached = true;
	mutex_unlock(&link->detach_lock);
}

static void link_retire(struct mbpf_object *obj)
{
	mbpf_link_detach(mbpf_link(obj));
}

static void link_free(struct mbpf_object *obj)
{
	struct mbpf_link *link = mbpf_link(obj);
	struct mbpf_prog_object *po = link->prog;

	link->ops->free(link);
	mbpf_object_put(&po->obj);
}

static void link_show_fdinfo(struct mbpf_object *obj, struct seq_file *seq)
{
	struct mbpf_link *link = mbpf_link(obj);

	seq_printf(seq, "link_type:\t%s\n", link->name);
	seq_printf(seq, "link_id:\t%u\n", obj->id);
	mbpf_prog_tag_show(link->prog, seq);
	seq_printf(seq, "prog_id:\t%u\n", link->prog->obj.id);
	if (link->ops->show_fdinfo)
		link->ops->show_fdinfo(link, seq);
}

static const struct mbpf_object_ops link_ops = {
	.kind = MBPF_KIND_LINK,
	.file_name = "bpf_link",
	.retire = link_retire,
	.free = link_free,
	.show_fdinfo = link_show_fdinfo,
};

void mbpf_link_init(struct mbpf_link *link, const struct mbpf_link_ops *ops, u32 type,
		    const char *name, struct mbpf_prog_object *prog)
{
	link->ops = ops;
	link->type = type;
	link->name = name;
	link->prog = prog;
	mbpf_object_get(&prog->obj);
	mutex_init(&link->detach_lock);
	link->detached = true;
	INIT_LIST_HEAD(&link->attached);
	mbpf_object_init(&link->obj, &link_ops);
}

u32 mbpf_link_detach_all(struct mbpf_prog_object *po)
{
	struct mbpf_link *link, *next;
	LIST_HEAD(links);
	u32 nr = 0;

	mutex_lock(&mbpf_link_lock);
	list_splice_init(&po->attached, &links);
	mutex_unlock(&mbpf_link_lock);
	list_for_each_entry_safe(link, next, &links, attached) {
		list_del_init(&link->attached);
		mbpf_link_detach(link);
		mbpf_object_put_user(&link->obj);
		nr++;
	}
	return nr;
}

struct mbpf_link *mbpf_link_from_fd(u32 fd)
{
	struct mbpf_object *obj = mbpf_object_from_fd(fd, MBPF_KIND_LINK, NULL);

	return IS_ERR(obj) ? ERR_CAST(obj) : mbpf_link(obj);
}

int mbpf_cmd_link_detach(struct mbpf_call *call)
{
	struct mbpf_link *link = mbpf_link_from_fd(call->attr.link_detach.link_fd);

	if (IS_ERR(link))
		return PTR_ERR(link);
	mbpf_link_detach(link);
	mbpf_object_put_user(&link->obj);
	return 0;
}

int mbpf_cmd_prog_detach(struct mbpf_call *call)
{
	struct mbpf_prog_object *po;
	u32 nr;

	po = mbpf_prog_object_from_fd(call->attr.prog_fd);
	if (IS_ERR(po))
		return PTR_ERR(po);
	nr = mbpf_link_detach_all(po);
	mbpf_object_put_user(&po->obj);
	return nr ? 0 : -ENOENT;
}
