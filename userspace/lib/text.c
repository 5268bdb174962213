// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Instructions as text, and the library's own version. */
#include "../../module/core/disasm.h"

#include <linux/bpf.h>

#include "minibpf.h"

#define HELPER_NAME(name) #name

static const char *const helpers[] = { __BPF_FUNC_MAPPER(HELPER_NAME) };

const char *minibpf_helper_name(uint32_t id)
{
	return id && id < ARRAY_SIZE(helpers) ? helpers[id] : NULL;
}

static const char *helper_name(void *priv, uint32_t id)
{
	(void)priv;
	return minibpf_helper_name(id);
}

int minibpf_disasm(const void *insn, uint32_t nr, char *buf, size_t size)
{
	const struct mbpf_disasm_names names = { .helper = helper_name };
	struct mbpf_insn slots[2];
	uint32_t n;

	if (!nr || !size)
		return -EINVAL;
	memcpy(slots, insn, sizeof(slots[0]));
	n = mbpf_insn_slots(&slots[0]);
	if (n > nr)
		return -EINVAL;
	memcpy(slots, insn, n * sizeof(slots[0]));
	mbpf_insn_disasm(buf, size, slots, &names);
	return n;
}

const char *minibpf_version(void)
{
	return MINIBPF_VERSION;
}
