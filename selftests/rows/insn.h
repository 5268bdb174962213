/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BPF programs in C initialisers, by RFC 9669. Needs libc only; the layout is
 * that of <linux/bpf.h>'s struct bpf_insn.
 *
 *	ALU64(ADD, R1, 5)	r1 += 5		ALU64R(ADD, R1, R2)	r1 += r2
 *	ALU32(...)		w1 += 5		JMP(JEQ, R1, 5, +2)	if r1 == 5 goto +2
 *	LDX(DW, R1, R2, -8)	r1 = *(u64 *)(r2 - 8)
 *	STX(DW, R2, -8, R1)	*(u64 *)(r2 - 8) = r1
 */
#ifndef ROWS_INSN_H
#define ROWS_INSN_H

#include <stdint.h>

struct row_insn {
	uint8_t code;
	uint8_t dst : 4;
	uint8_t src : 4;
	int16_t off;
	int32_t imm;
};

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

/* Operations, sizes and classes; the macros below paste the prefix. */
enum {
	INSN_ADD = 0x00, INSN_SUB = 0x10, INSN_MUL = 0x20, INSN_DIV = 0x30, INSN_OR = 0x40,
	INSN_AND = 0x50, INSN_LSH = 0x60, INSN_RSH = 0x70, INSN_NEG = 0x80, INSN_MOD = 0x90,
	INSN_XOR = 0xa0, INSN_MOV = 0xb0, INSN_ARSH = 0xc0, INSN_END = 0xd0,

	INSN_JA = 0x00, INSN_JEQ = 0x10, INSN_JGT = 0x20, INSN_JGE = 0x30, INSN_JSET = 0x40,
	INSN_JNE = 0x50, INSN_JSGT = 0x60, INSN_JSGE = 0x70, INSN_CALL = 0x80, INSN_EXIT = 0x90,
	INSN_JLT = 0xa0, INSN_JLE = 0xb0, INSN_JSLT = 0xc0, INSN_JSLE = 0xd0,

	INSN_W = 0x00, INSN_H = 0x08, INSN_B = 0x10, INSN_DW = 0x18,

	INSN_LD = 0, INSN_LDX = 1, INSN_ST = 2, INSN_STX = 3, INSN_ALU32 = 4, INSN_JMP = 5,
	INSN_JMP32 = 6, INSN_ALU64 = 7,
	INSN_X = 8,		/* second operand is a register */
	INSN_MEM = 0x60, INSN_MEMSX = 0x80, INSN_ATOMIC = 0xc0,

	/* imm of an atomic */
	INSN_FETCH = 1, INSN_XCHG = 0xe1, INSN_CMPXCHG = 0xf1,
};

/* An initialiser; INSN() makes an expression of it. */
#define RAW(_code, _dst, _src, _off, _imm) \
	{ .code = (_code), .dst = (_dst), .src = (_src), .off = (_off), .imm = (int32_t)(_imm) }
#define INSN(...) ((struct row_insn)__VA_ARGS__)

#define ALU64(op, dst, imm)	RAW(INSN_ALU64 | INSN_##op, dst, 0, 0, imm)
#define ALU64R(op, dst, src)	RAW(INSN_ALU64 | INSN_X | INSN_##op, dst, src, 0, 0)
#define ALU32(op, dst, imm)	RAW(INSN_ALU32 | INSN_##op, dst, 0, 0, imm)
#define ALU32R(op, dst, src)	RAW(INSN_ALU32 | INSN_X | INSN_##op, dst, src, 0, 0)
#define MOV(dst, imm)		ALU64(MOV, dst, imm)
#define MOVR(dst, src)		ALU64R(MOV, dst, src)
#define MOV32(dst, imm)		ALU32(MOV, dst, imm)
#define MOV32R(dst, src)	ALU32R(MOV, dst, src)
#define MOVSX(dst, src, bits)	RAW(INSN_ALU64 | INSN_X | INSN_MOV, dst, src, bits, 0)
#define MOVSX32(dst, src, bits)	RAW(INSN_ALU32 | INSN_X | INSN_MOV, dst, src, bits, 0)
/* Signed division and remainder: SDIV64R(DIV, R1, R2), SDIV64(MOD, R1, 5) */
#define SDIV64(op, dst, imm)	RAW(INSN_ALU64 | INSN_##op, dst, 0, 1, imm)
#define SDIV64R(op, dst, src)	RAW(INSN_ALU64 | INSN_X | INSN_##op, dst, src, 1, 0)
#define SDIV32(op, dst, imm)	RAW(INSN_ALU32 | INSN_##op, dst, 0, 1, imm)
#define SDIV32R(op, dst, src)	RAW(INSN_ALU32 | INSN_X | INSN_##op, dst, src, 1, 0)
#define NEG64(dst)		RAW(INSN_ALU64 | INSN_NEG, dst, 0, 0, 0)
#define NEG32(dst)		RAW(INSN_ALU32 | INSN_NEG, dst, 0, 0, 0)
#define LE(dst, bits)		RAW(INSN_ALU32 | INSN_END, dst, 0, 0, bits)
#define BE(dst, bits)		RAW(INSN_ALU32 | INSN_X | INSN_END, dst, 0, 0, bits)
#define BSWAP(dst, bits)	RAW(INSN_ALU64 | INSN_END, dst, 0, 0, bits)

#define LDX(size, dst, src, off)	RAW(INSN_LDX | INSN_MEM | INSN_##size, dst, src, off, 0)
#define LDXS(size, dst, src, off)	RAW(INSN_LDX | INSN_MEMSX | INSN_##size, dst, src, off, 0)
#define STX(size, dst, off, src)	RAW(INSN_STX | INSN_MEM | INSN_##size, dst, src, off, 0)
#define ST(size, dst, off, imm)		RAW(INSN_ST | INSN_MEM | INSN_##size, dst, 0, off, imm)
/* ATOMIC(DW, INSN_ADD | INSN_FETCH, R1, -8, R2) */
#define ATOMIC(size, op, dst, off, src) \
	RAW(INSN_STX | INSN_ATOMIC | INSN_##size, dst, src, off, op)

/* Two slots each. A map is named by its index in the row. */
#define LDDW(dst, imm64) \
	RAW(0x18, dst, 0, 0, (uint64_t)(imm64)), RAW(0, 0, 0, 0, (uint64_t)(imm64) >> 32)
#define LDMAP(dst, map)		RAW(0x18, dst, 1, 0, map), RAW(0, 0, 0, 0, 0)
#define LDVALUE(dst, map, off)	RAW(0x18, dst, 2, 0, map), RAW(0, 0, 0, 0, off)
#define LDFUNC(dst, distance)	RAW(0x18, dst, 4, 0, distance), RAW(0, 0, 0, 0, 0)

#define JMP(op, dst, imm, off)		RAW(INSN_JMP | INSN_##op, dst, 0, off, imm)
#define JMPR(op, dst, src, off)		RAW(INSN_JMP | INSN_X | INSN_##op, dst, src, off, 0)
#define JMP32(op, dst, imm, off)	RAW(INSN_JMP32 | INSN_##op, dst, 0, off, imm)
#define JMP32R(op, dst, src, off)	RAW(INSN_JMP32 | INSN_X | INSN_##op, dst, src, off, 0)
#define GOTO(off)		RAW(INSN_JMP | INSN_JA, 0, 0, off, 0)
#define GOTOL(distance)		RAW(INSN_JMP32 | INSN_JA, 0, 0, 0, distance)
#define CALL(helper)		RAW(INSN_JMP | INSN_CALL, 0, 0, 0, helper)
#define CALLF(distance)		RAW(INSN_JMP | INSN_CALL, 0, 1, 0, distance)
#define EXIT			RAW(INSN_JMP | INSN_EXIT, 0, 0, 0, 0)

/* Helper ids, Linux's. */
enum {
	FN_map_lookup_elem = 1, FN_map_update_elem = 2, FN_map_delete_elem = 3,
	FN_probe_read = 4, FN_ktime_get_ns = 5, FN_trace_printk = 6,
	FN_get_prandom_u32 = 7, FN_get_smp_processor_id = 8, FN_tail_call = 12,
	FN_get_current_pid_tgid = 14, FN_get_current_comm = 16, FN_perf_event_output = 25,
	FN_get_stackid = 27, FN_probe_write_user = 36, FN_get_stack = 67,
	FN_send_signal = 109, FN_probe_read_user = 112, FN_send_signal_thread = 117,
	FN_ringbuf_output = 130, FN_ringbuf_reserve = 131, FN_ringbuf_submit = 132,
	FN_ringbuf_discard = 133, FN_ringbuf_query = 134,
	FN_for_each_map_elem = 164, FN_loop = 181, FN_strncmp = 182,
};

#endif /* ROWS_INSN_H */
