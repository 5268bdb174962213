/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions as text, for logs, dumps and failing tests. */
#ifndef MBPF_DISASM_H
#define MBPF_DISASM_H

#include "isa.h"

#define MBPF_DISASM_LEN 96	/* longest text without names, NUL included */

/**
 * struct mbpf_disasm_names - what the caller knows and an instruction does not
 * @helper: name of a helper, or NULL if there is none; may be NULL
 * @lddw: writes what an LDDW with a pseudo source loads to @buf, cut to @size
 *        bytes and NUL-terminated; may be NULL
 * @priv: for the callbacks
 */
struct mbpf_disasm_names {
	const char *(*helper)(void *priv, u32 id);
	void (*lddw)(void *priv, const struct mbpf_insn *insn, char *buf, size_t size);
	void *priv;
};

/**
 * mbpf_insn_disasm - the text of an instruction, as in-tree's logs have it
 * @buf: where it goes, cut to @size and NUL-terminated
 * @size: bytes at @buf, at least 1
 * @insn: an instruction that mbpf_isa_check() let pass, an LDDW with its second
 *        slot; others give "invalid" and their bytes
 * @names: may be NULL
 *
 * "r1 = *(u64 *)(r10 -8)", "if w1 s> 0x3 goto pc+2", "call map_lookup_elem#1".
 * Without the opcode in parentheses that logs put before it.
 *
 * Return: bytes at @buf, NUL not counted.
 */
int mbpf_insn_disasm(char *buf, size_t size, const struct mbpf_insn *insn,
		     const struct mbpf_disasm_names *names);

#endif /* MBPF_DISASM_H */
