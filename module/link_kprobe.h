/* SPDX-License-Identifier: GPL-2.0-only */
/* Links to places in the kernel's text. */
#ifndef MBPF_LINK_KPROBE_H
#define MBPF_LINK_KPROBE_H

#include <linux/kallsyms.h>
#include <linux/module.h>

#include "link.h"
#include "probe.h"

/* "module:symbol+0x12345678" and its NUL */
#define MBPF_PLACE_LEN (MODULE_NAME_LEN + KSYM_NAME_LEN + 16)

/**
 * struct mbpf_kprobe_link - one program on @nr places
 * @link: common head; its detach_lock protects what detaching changes
 * @is_return: the places are function returns
 * @nr: probes
 * @probes: attached, or not (yet, any more)
 */
struct mbpf_kprobe_link {
	struct mbpf_link link;
	bool is_return;
	u32 nr;
	struct mbpf_probe probes[];
};

/* Who may attach at all: 0, or -EPERM. */
int mbpf_kprobe_link_allowed(void);

/**
 * mbpf_kprobe_link_create - a link without places yet
 * @po: its program
 * @nr: places there will be
 * @is_return: function returns
 *
 * Return: the link, of which the caller is the user, or ERR_PTR(-ENOMEM).
 */
struct mbpf_kprobe_link *mbpf_kprobe_link_create(struct mbpf_prog_object *po,
						 u32 nr, bool is_return);

/**
 * mbpf_kprobe_link_attach - attach at one place
 * @kl: a link that nobody else knows yet
 * @i: which of its probes
 * @place: text as mbpf_probe_spec_parse() takes it; modified
 * @cookie: for get_attach_cookie()
 * @once: refuse if the program is there already
 *
 * Return: as mbpf_probe_attach() and mbpf_probe_spec_parse().
 */
int mbpf_kprobe_link_attach(struct mbpf_kprobe_link *kl, u32 i, char *place,
			    u64 cookie, bool once);

#endif /* MBPF_LINK_KPROBE_H */
