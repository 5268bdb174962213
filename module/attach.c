// SPDX-License-Identifier: GPL-2.0-only
/* PROG_ATTACH: the seed system's way to attach, by "type$symbol". */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "link_kprobe.h"
#include "prog_object.h"

/* Which kind of probe a program serves; it finds it in its attach cookie. */
static const char *const kinds[] = {
	[MINIBPF_ATTACH_KPROBE] = "kprobe",
	[MINIBPF_ATTACH_KRETPROBE_ENTRY] = "kretprobe@entry",
	[MINIBPF_ATTACH_KRETPROBE_EXIT] = "kretprobe@exit",
};

/* Splits "type$symbol". Returns the kind or -EINVAL. */
static int parse(char *target, char **symbol)
{
	char *dollar = strchr(target, '$');
	int i;

	if (!dollar)
		return -EINVAL;
	*dollar = '\0';
	*symbol = dollar + 1;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcasecmp(target, kinds[i]))
			return i;
	return -EINVAL;
}

/* Attaches, and enters the new link in the program's list, which is its user. */
static int attach(struct mbpf_prog_object *po, char *target)
{
	struct mbpf_kprobe_link *kl;
	char *symbol;
	int kind, err;

	kind = parse(target, &symbol);
	if (kind < 0)
		return kind;
	kl = mbpf_kprobe_link_create(po, 1, kind == MINIBPF_ATTACH_KRETPROBE_EXIT);
	if (IS_ERR(kl))
		return PTR_ERR(kl);
	err = mbpf_kprobe_link_attach(kl, 0, symbol, kind, true) ?:
	      mbpf_object_publish(&kl->link.obj);
	if (err) {
		mbpf_object_put_user(&kl->link.obj);
		return err;
	}
	mutex_lock(&mbpf_link_lock);
	list_add_tail(&kl->link.attached, &po->attached);
	mutex_unlock(&mbpf_link_lock);
	return 0;
}

int mbpf_cmd_prog_attach(struct mbpf_call *call)
{
	const union minibpf_attr *attr = &call->attr;
	struct mbpf_prog_object *po;
	char *target;
	int err;

	if (!attr->str_len || attr->str_len > MBPF_PLACE_LEN)
		return -EINVAL;
	po = mbpf_prog_object_to_run(attr->prog_fd);
	if (IS_ERR(po))
		return PTR_ERR(po);
	err = mbpf_kprobe_link_allowed();
	if (err)
		goto out;
	target = memdup_user_nul(u64_to_user_ptr(attr->target), attr->str_len);
	if (IS_ERR(target)) {
		err = PTR_ERR(target);
		goto out;
	}
	/* A NUL in the middle belongs to no name. */
	err = strlen(target) == attr->str_len ? attach(po, target) : -EINVAL;
	kfree(target);
out:
	mbpf_object_put_user(&po->obj);
	return err;
}
