// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trampolines on riscv64. ftrace jumps here with the way into the function in
 * t0, the caller's return address in ra, and t1 its own; everything else is
 * the function's. The kernel does not preempt itself where this is used.
 */
#include <linux/ptrace.h>
#include <linux/sched.h>

#include "core/jit/riscv64/rv_encode.h"
#include "probe_return.h"
#include "prog_object.h"
#include "run.h"
#include "stats.h"
#include "tramp.h"

#define FRAME	sizeof(struct pt_regs)
#define REG(r)	(8 * (r))		/* struct pt_regs has xN at word N, pc at word 0 */

/* Kept across the programs; t0 has its place in struct pt_regs, but is not read there. */
#define KEPT	(1u << RV_RA | 1u << RV_T0 | 0xffu << RV_A0)

/* All but t0 to t6, which ftrace uses, and what is no general register. */
const u64 mbpf_tramp_words = BIT_ULL(0) | (0xffffffffull & ~(0x7ull << RV_T0 | 0xfull << RV_T3));
const u64 mbpf_return_words = U64_MAX;

/* Where each CPU's struct mbpf_run is. */
static struct mbpf_run *run_of[NR_CPUS] __ro_after_init;

void __init mbpf_tramp_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		run_of[cpu] = per_cpu_ptr(&mbpf_run_now, cpu);
}

bool mbpf_tramp_possible(void)
{
	BUILD_BUG_ON(offsetof(struct pt_regs, epc) || offsetof(struct pt_regs, t6) != REG(RV_T6) ||
		     sizeof(struct pt_regs) != 288);
	BUILD_BUG_ON(offsetof(struct pt_regs, status) != 256 ||
		     offsetof(struct task_struct, usage) > 2047);
	/* Where it counts preemption, or does it, a trampoline would have to. */
	return !IS_ENABLED(CONFIG_PREEMPT_COUNT) && !IS_ENABLED(CONFIG_PREEMPTION);
}

static void emit(struct mbpf_tramp_code *code, u32 insn)
{
	mbpf_tramp_put(code, &insn, sizeof(insn));
}

static void put_literal(struct mbpf_tramp_code *code, u64 value)
{
	mbpf_tramp_put(code, &value, sizeof(value));
}

/* A branch forward on @reg, compared to zero; its distance is filled in when it is known. */
static u32 emit_branch(struct mbpf_tramp_code *code, u32 cond, u8 reg)
{
	emit(code, rv_bcc(cond, reg, RV_ZERO, 0));
	return code->pos - 4;
}

static void land(struct mbpf_tramp_code *code, u32 branch)
{
	if (code->buf && !code->err)
		*(u32 *)(code->buf + branch) |= rv_bcc(0, 0, 0, code->pos - branch);
}

static u64 here(const struct mbpf_tramp_code *code)
{
	return code->addr + code->pos;
}

/* Distances up to 2 GB in two parts: auipc, and the low 12 bits, signed. */
static s32 high(s64 dist)
{
	return (dist + 0x800) >> 12;
}

static s32 low(s64 dist)
{
	return (s32)((u32)dist << 20) >> 20;
}

static void emit_address(struct mbpf_tramp_code *code, u8 rd, u64 addr)
{
	s64 dist = addr - here(code);

	emit(code, rv_auipc(rd, high(dist)));
	emit(code, rv_addi(rd, rd, low(dist)));
}

static void emit_call(struct mbpf_tramp_code *code, u64 addr)
{
	s64 dist = addr - here(code);

	emit(code, rv_auipc(RV_RA, high(dist)));
	emit(code, rv_jalr(RV_RA, RV_RA, low(dist)));
}

/* Jumps by way of t1. */
static void emit_jump(struct mbpf_tramp_code *code, u64 addr)
{
	s64 dist = addr - here(code);

	emit(code, rv_auipc(RV_T1, high(dist)));
	emit(code, rv_jalr(RV_ZERO, RV_T1, low(dist)));
}

/*
 * What an instruction can compute only with difficulty stands before the code: first
 * the target, or where a return's is found.
 */
enum { LIT_TARGET, LIT_FIRST_SLOT };
enum { LIT_HITS, LIT_COOKIE, LIT_PROG, LITS_PER_SLOT };

static u32 slot_literal(u32 slot, u32 which)
{
	return LIT_FIRST_SLOT + LITS_PER_SLOT * slot + which;
}

/*
 * Per-CPU addresses are as far from each other on every CPU, so that of the
 * counter is found from that of struct mbpf_run.
 */
static void put_literals(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
			 const struct mbpf_target *target)
{
	u32 i;

	put_literal(code, tramp->ret ? (u64)tramp->ret : (u64)target);
	for (i = 0; i < tramp->nr; i++) {
		const struct mbpf_probe *probe = tramp->probe[i];

		put_literal(code, (__force u64)probe->hits - (__force u64)&mbpf_run_now);
		put_literal(code, probe->cookie);
		put_literal(code, (u64)&probe->prog->prog);
	}
}

static void emit_literal(struct mbpf_tramp_code *code, u8 rd, u32 lit)
{
	s64 dist = 8 * lit - (s64)code->pos;

	emit(code, rv_auipc(rd, high(dist)));
	emit(code, rv_load(RV_LD, rd, low(dist), rd));
}

static void emit_frame(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
		       const struct mbpf_target *target)
{
	u32 save = KEPT | (tramp->words & mbpf_tramp_words & ~(BIT(0) | BIT(RV_SP))), r;

	emit(code, rv_addi(RV_SP, RV_SP, -(s32)FRAME));
	for (r = 1; r < 32; r++)
		if (save & 1u << r)
			emit(code, rv_store(RV_SD, r, REG(r), RV_SP));
	if (tramp->words & BIT(0)) {
		emit_address(code, RV_T1, target->addr);
		emit(code, rv_store(RV_SD, RV_T1, 0, RV_SP));
	}
	if (tramp->words & BIT(RV_SP)) {
		emit(code, rv_addi(RV_T1, RV_SP, FRAME));
		emit(code, rv_store(RV_SD, RV_T1, REG(RV_SP), RV_SP));
	}
}

/* This CPU's struct mbpf_run, into t1. */
static void emit_run(struct mbpf_tramp_code *code)
{
	s64 dist;

	emit(code, rv_load(RV_LWU, RV_T1, offsetof(struct task_struct, thread_info.cpu), RV_TP));
	dist = (u64)run_of - here(code);
	emit(code, rv_auipc(RV_T2, high(dist)));
	if (code->machine->features & MBPF_CPU_ZBA) {
		emit(code, rv_sh3add(RV_T2, RV_T1, RV_T2));
	} else {
		emit(code, rv_slli(RV_T1, RV_T1, 3));
		emit(code, rv_add(RV_T2, RV_T2, RV_T1));
	}
	emit(code, rv_load(RV_LD, RV_T1, low(dist), RV_T2));
}

static void emit_slot(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
		      const struct mbpf_target *target, u32 slot)
{
	const struct mbpf_probe *probe = tramp->probe[slot];

	if (slot)
		emit(code, rv_load(RV_LD, RV_T1, REG(RV_T6), RV_SP));
	emit_literal(code, RV_T2, slot_literal(slot, LIT_HITS));
	emit(code, rv_add(RV_T2, RV_T2, RV_T1));
	emit(code, rv_load(RV_LD, RV_T3, 0, RV_T2));
	emit(code, rv_addi(RV_T3, RV_T3, 1));
	emit(code, rv_store(RV_SD, RV_T3, 0, RV_T2));
	if (mbpf_tramp_asks(probe, MBPF_HELPER_FUNC_IP)) {
		emit_address(code, RV_T2, target->ip);
		emit(code, rv_store(RV_SD, RV_T2, offsetof(struct mbpf_run, func_ip), RV_T1));
	}
	if (mbpf_tramp_asks(probe, MBPF_HELPER_COOKIE)) {
		emit_literal(code, RV_T2, slot_literal(slot, LIT_COOKIE));
		emit(code, rv_store(RV_SD, RV_T2, offsetof(struct mbpf_run, cookie), RV_T1));
	}
	if (tramp->counts || !mbpf_prog_jited(probe->prog))
		emit_literal(code, RV_A1, slot_literal(slot, LIT_PROG));
	emit(code, rv_addi(RV_A0, RV_SP, 0));
	emit_call(code, (u64)(tramp->counts ? mbpf_stats_run : probe->prog->prog.run));
}

/* On into the function, or where else it goes, with everything as it was. */
static void emit_back(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp)
{
	u32 r;

	for (r = 1; r < 32; r++)
		if (KEPT & 1u << r)
			emit(code, rv_load(RV_LD, r, REG(r), RV_SP));
	emit(code, rv_addi(RV_SP, RV_SP, FRAME));
	if (tramp->next)
		emit_jump(code, tramp->next);
	else
		emit(code, rv_jalr(RV_ZERO, RV_T0, 0));
}

/* The same in C, with everything saved; the target is in t5. */
static void emit_return_slow(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
			     const struct mbpf_target *target)
{
	emit_frame(code, tramp, target);
	emit(code, rv_addi(RV_A0, RV_T5, 0));
	emit(code, rv_addi(RV_A1, RV_RA, 0));
	emit_call(code, (u64)mbpf_return_enter);
	emit(code, rv_store(RV_SD, RV_A0, REG(RV_RA), RV_SP));
	emit_back(code, tramp);
}

/*
 * A return's: takes an instance off this CPU's list and makes the function
 * return to its thunk, in t1 to t6 alone; if it cannot, C does.
 */
static void emit_return(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
			const struct mbpf_target *target)
{
	u32 gone, held, empty;

	emit_literal(code, RV_T5, LIT_TARGET);
	emit(code, rv_load(RV_LD, RV_T5, 0, RV_T5));
	gone = emit_branch(code, RV_BEQ, RV_T5);
	emit_run(code);
	emit(code, rv_load(RV_LW, RV_T2, offsetof(struct mbpf_run, active), RV_T1));
	emit(code, rv_addi(RV_T3, RV_ZERO, 1));
	held = emit_branch(code, RV_BNE, RV_T2);
	emit(code, rv_store(RV_SW, RV_T3, offsetof(struct mbpf_run, active), RV_T1));
	emit(code, rv_load(RV_LD, RV_T2, offsetof(struct mbpf_run, free), RV_T1));
	emit(code, rv_load(RV_LD, RV_T4, offsetof(struct mbpf_instance, next), RV_T2));
	empty = emit_branch(code, RV_BEQ, RV_T4);
	emit(code, rv_store(RV_SD, RV_T4, offsetof(struct mbpf_run, free), RV_T1));
	emit(code, rv_store(RV_SW, RV_ZERO, offsetof(struct mbpf_run, active), RV_T1));
	emit(code, rv_store(RV_SD, RV_RA, offsetof(struct mbpf_instance, ret_addr), RV_T2));
	emit(code, rv_store(RV_SD, RV_T5, offsetof(struct mbpf_instance, target), RV_T2));
	emit(code, rv_store(RV_SD, RV_TP, offsetof(struct mbpf_instance, task), RV_T2));
	emit(code, rv_addi(RV_T4, RV_TP, offsetof(struct task_struct, usage)));
	emit(code, rv_amoop(RV_AMOADD, false, 0, RV_ZERO, RV_T3, RV_T4));
	emit(code, rv_load(RV_LD, RV_RA, offsetof(struct mbpf_instance, thunk), RV_T2));
	land(code, gone);
	emit(code, rv_jalr(RV_ZERO, RV_T0, 0));

	land(code, empty);
	emit(code, rv_store(RV_SW, RV_ZERO, offsetof(struct mbpf_run, active), RV_T1));
	land(code, held);
	emit_return_slow(code, tramp, target);
}

static void emit_entry(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
		       const struct mbpf_target *target)
{
	u32 i, free;

	emit_frame(code, tramp, target);
	emit_run(code);
	emit(code, rv_load(RV_LW, RV_T2, offsetof(struct mbpf_run, active), RV_T1));
	free = emit_branch(code, RV_BEQ, RV_T2);
	emit_literal(code, RV_A0, LIT_TARGET);
	emit_call(code, (u64)mbpf_target_missed);
	emit_back(code, tramp);

	land(code, free);
	emit(code, rv_addi(RV_T2, RV_ZERO, 1));
	emit(code, rv_store(RV_SW, RV_T2, offsetof(struct mbpf_run, active), RV_T1));
	emit(code, rv_store(RV_SD, RV_T1, REG(RV_T6), RV_SP));
	for (i = 0; i < tramp->nr; i++)
		emit_slot(code, tramp, target, i);
	emit(code, rv_load(RV_LD, RV_T1, REG(RV_T6), RV_SP));
	emit(code, rv_store(RV_SW, RV_ZERO, offsetof(struct mbpf_run, active), RV_T1));
	emit_back(code, tramp);
}

void mbpf_tramp_emit(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
		     const struct mbpf_target *target)
{
	put_literals(code, tramp, target);
	code->entry = code->pos;
	if (tramp->ret)
		emit_return(code, tramp, target);
	else
		emit_entry(code, tramp, target);
}
