// SPDX-License-Identifier: GPL-2.0-only
/*
 * Row 1: how many instructions an empty program takes. PROG_TEST_RUN has a
 * cost of its own on each side, so they are counted in the machine code, which
 * runs straight through.
 */
#include <unistd.h>

#include "bench.h"

#ifdef __riscv

static int insn_size(const uint8_t *code)
{
	return (code[0] & 3) == 3 ? 4 : 2;
}

#else

/* What is found in prologues and epilogues. */
static int insn_size(const uint8_t *code)
{
	static const struct { uint8_t bytes[4], nr, size; } forms[] = {
		{ { 0xf3, 0x0f, 0x1e, 0xfa }, 4, 4 },	/* endbr64 */
		{ { 0x66, 0x0f, 0x1f, 0x00 }, 4, 4 },	/* nops */
		{ { 0x0f, 0x1f, 0x44, 0x00 }, 4, 5 },
		{ { 0x0f, 0x1f, 0x40 }, 3, 4 },
		{ { 0x0f, 0x1f, 0x00 }, 3, 3 },
		{ { 0x66, 0x90 }, 2, 2 },
		{ { 0x90 }, 1, 1 },
		{ { 0x31 }, 1, 2 },			/* xor r32, r32 */
		{ { 0x48, 0x31 }, 2, 3 },
		{ { 0x48, 0x89 }, 2, 3 },		/* mov rbp, rsp */
		{ { 0x48, 0xc7, 0xc0 }, 3, 7 },		/* mov rax, imm32 */
		{ { 0xb8 }, 1, 5 },			/* mov eax, imm32 */
		{ { 0x55 }, 1, 1 }, { { 0x5d }, 1, 1 },	/* push, pop rbp */
		{ { 0xc9 }, 1, 1 },			/* leave */
		{ { 0xc3 }, 1, 1 },			/* ret */
		{ { 0xe9 }, 1, 5 },			/* jmp to a return thunk */
	};
	uint32_t i;

	for (i = 0; i < NR(forms); i++)
		if (!memcmp(code, forms[i].bytes, forms[i].nr))
			return forms[i].size;
	return 0;
}

#endif

/* Whether nothing behind this one is run. */
static bool is_last(const uint8_t *code)
{
#ifdef __riscv
	uint32_t insn;

	memcpy(&insn, code, sizeof(insn));
	return (uint16_t)insn == 0x8082 || insn == 0x00008067;	/* ret */
#else
	return code[0] == 0xc3 || code[0] == 0xe9;
#endif
}

static double count(enum side side, char *note, size_t size)
{
	static const struct row_insn insns[] = { MOV(R0, 0), EXIT };
	int prog = prog_load(side, BPF_PROG_TYPE_SOCKET_FILTER, insns, NR(insns), NULL);
	struct bpf_prog_info info = {};
	uint8_t code[256] = {};
	union bpf_attr attr;
	uint32_t at, nr;
	int err;

	if (prog < 0)
		return prog;
	info.jited_prog_insns = ADDRESS(code);
	info.jited_prog_len = sizeof(code) - 8;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = prog;
	attr.info.info_len = sizeof(info);
	attr.info.info = ADDRESS(&info);
	err = side_call(side, BPF_OBJ_GET_INFO_BY_FD, &attr);
	close(prog);
	if (err)
		return err;
	for (at = nr = 0; at < info.jited_prog_len; at += insn_size(code + at)) {
		nr++;
		if (is_last(code + at))
			return nr;
		if (!insn_size(code + at)) {
			snprintf(note, size, "unknown form at %u: %02x %02x %02x", at, code[at],
				 code[at + 1], code[at + 2]);
			break;
		}
	}
	return -ENOEXEC;
}

void row_empty(const char *row)
{
	static const double targets[] = { 4, 4, 4 };
	struct result r;
	int side;

	result_init(&r, row, "empty program, its machine code", "insns");
	r.target = target_for(targets);
	for (side = 0; side < NR_SIDES; side++) {
		r.value[side] = count(side, r.note, sizeof(r.note));
		if (r.value[side] < 0)
			result_why(&r, side, "machine code", r.value[side]);
	}
	result_print(&r);
}
