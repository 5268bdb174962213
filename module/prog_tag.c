// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tag is in-tree's: the first bytes of the SHA-1 of the instructions,
 * where those that name a map by descriptor have 0 for it.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/sha1.h"
#include "prog_tag.h"

static int make(const struct mbpf_code *code, u64 *tag)
{
	size_t size = code->nr * sizeof(struct mbpf_insn);
	struct mbpf_insn *insns = kvmalloc(size, GFP_KERNEL);
	u8 digest[MBPF_SHA1_SIZE];
	u32 i;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, code->insns, size);
	for (i = 0; i + 1 < code->nr; i++) {
		if (!mbpf_insn_is_lddw(&insns[i]))
			continue;
		if (insns[i].src == MBPF_PSEUDO_MAP_FD || insns[i].src == MBPF_PSEUDO_MAP_VALUE) {
			insns[i].imm = 0;
			insns[i + 1].imm = 0;
		}
		i++;
	}
	mbpf_sha1((const u8 *)insns, size, digest);
	memcpy(tag, digest, sizeof(*tag));
	kvfree(insns);
	return 0;
}

int mbpf_prog_tag_get(struct mbpf_prog_object *po, u8 tag[MINIBPF_TAG_SIZE])
{
	u64 value = READ_ONCE(po->tag);
	int err;

	BUILD_BUG_ON(sizeof(value) != MINIBPF_TAG_SIZE);
	if (!value) {
		err = make(&po->prog.code, &value);
		if (err)
			return err;
		/* Whoever else is here has the same. */
		WRITE_ONCE(po->tag, value);
	}
	memcpy(tag, &value, sizeof(value));
	return 0;
}

void mbpf_prog_tag_show(struct mbpf_prog_object *po, struct seq_file *seq)
{
	u8 tag[MINIBPF_TAG_SIZE];

	if (!mbpf_prog_tag_get(po, tag))
		seq_printf(seq, "prog_tag:\t%*phN\n", MINIBPF_TAG_SIZE, tag);
}
