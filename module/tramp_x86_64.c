// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trampolines on x86-64. The function's first instruction calls here: the way
 * into the function is at the top of the stack, the caller's return address
 * above it, and all registers are the function's but rax, r10 and r11, which
 * hold nothing at a function's beginning.
 */
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/unaligned.h>

#include "compat/pcpu_hot.h"
#include "core/jit/x86_64/x86_encode.h"
#include "probe_return.h"
#include "prog_object.h"
#include "run.h"
#include "stats.h"
#include "tramp.h"

/* Entered and called at multiples of 16. */
#define FRAME		round_up(sizeof(struct pt_regs), 16)
#define WORD(reg)	BIT_ULL(offsetof(struct pt_regs, reg) / 8)

/* Where each register is in struct pt_regs, and whether programs may change it. */
static const struct {
	u8 reg;
	bool kept;
	u16 off;
} places[] = {
	{ X86_RDI, true, offsetof(struct pt_regs, di) },
	{ X86_RSI, true, offsetof(struct pt_regs, si) },
	{ X86_RDX, true, offsetof(struct pt_regs, dx) },
	{ X86_RCX, true, offsetof(struct pt_regs, cx) },
	{ X86_R8, true, offsetof(struct pt_regs, r8) },
	{ X86_R9, true, offsetof(struct pt_regs, r9) },
	{ X86_RAX, false, offsetof(struct pt_regs, ax) },
	{ X86_RBX, false, offsetof(struct pt_regs, bx) },
	{ X86_RBP, false, offsetof(struct pt_regs, bp) },
	{ X86_R12, false, offsetof(struct pt_regs, r12) },
	{ X86_R13, false, offsetof(struct pt_regs, r13) },
	{ X86_R14, false, offsetof(struct pt_regs, r14) },
	{ X86_R15, false, offsetof(struct pt_regs, r15) },
};

const u64 mbpf_tramp_words = WORD(di) | WORD(si) | WORD(dx) | WORD(cx) | WORD(r8) | WORD(r9) |
			     WORD(ax) | WORD(bx) | WORD(bp) | WORD(r12) | WORD(r13) | WORD(r14) |
			     WORD(r15) | WORD(ip) | WORD(sp);
const u64 mbpf_return_words = WORD(ax) | WORD(dx) | WORD(bx) | WORD(bp) | WORD(r12) | WORD(r13) |
			      WORD(r14) | WORD(r15) | WORD(ip) | WORD(sp);

#ifdef COMPAT_HAVE_PCPU_HOT
#define PREEMPT_COUNT	((__force u64)&pcpu_hot.preempt_count)
#else
#define PREEMPT_COUNT	((__force u64)&__preempt_count)
#endif

#define RUN(member)	((__force u64)&mbpf_run_now.member)

bool mbpf_tramp_possible(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_COUNT) && IS_ENABLED(CONFIG_SMP);
}

static void emit(struct mbpf_tramp_code *code, struct x86_code insn)
{
	/* Little-endian, as the machine is. */
	mbpf_tramp_put(code, &insn.head, insn.len);
	mbpf_tramp_put(code, &insn.tail, insn.tail_len);
}

/* To @addr from the end of the next @len bytes. */
static s32 relative(struct mbpf_tramp_code *code, u64 addr, u32 len)
{
	s64 dist = addr - (code->addr + code->pos + len);

	if (dist != (s32)dist)
		code->err = -EFAULT;
	return dist;
}

/* All that is called is in the module, the arena included. */
static void emit_call(struct mbpf_tramp_code *code, u64 addr)
{
	emit(code, x86_call(relative(code, addr, 5)));
}

/* @insn, made with percpu() as its operand, on the variable at @addr. */
static void emit_percpu(struct mbpf_tramp_code *code, struct x86_code insn, u64 addr)
{
	static const u8 gs = 0x65;	/* where what is to be added is */

	mbpf_tramp_put(code, &gs, 1);
	/* The displacement comes first in the tail. */
	insn.tail |= (u32)relative(code, addr, insn.len + insn.tail_len);
	emit(code, insn);
}

static struct x86_mem percpu(void)
{
	return x86_mem(X86_RIP, 0);
}

/* inc or dec of 4 bytes: group 5, or its first two operations */
static void emit_count(struct mbpf_tramp_code *code, u32 operation, u64 addr)
{
	emit_percpu(code, mbpf_x86_rm(0xff, 4, operation, percpu()), addr);
}

static void emit_set(struct mbpf_tramp_code *code, u32 value, u64 addr)
{
	emit_percpu(code, x86_mov_mi(4, percpu(), value), addr);
}

/* Jumps forward whose distances are filled in when they are known. */
static u32 emit_branch(struct mbpf_tramp_code *code, enum x86_cc cc)
{
	emit(code, x86_jcc32(cc, 0));
	return code->pos;
}

static void land(struct mbpf_tramp_code *code, u32 branch)
{
	u32 dist = code->pos - branch;

	if (code->buf && !code->err)
		put_unaligned_le32(dist, code->buf + branch - 4);
}

static void emit_goto_pos(struct mbpf_tramp_code *code, u32 pos)
{
	emit(code, x86_jmp32(pos - (code->pos + 5)));
}

static void emit_frame(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
		       const struct mbpf_target *target)
{
	u32 i;

	emit(code, x86_alu_ri32(X86_SUB, 8, X86_RSP, FRAME));
	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].kept || tramp->words & BIT_ULL(places[i].off / 8))
			emit(code, x86_mov_mr(8, x86_mem(X86_RSP, places[i].off), places[i].reg));
	if (tramp->words & WORD(ip)) {
		emit(code, x86_mov_ri64(X86_RAX, target->site + 1));
		emit(code, x86_mov_mr(8, x86_mem(X86_RSP, offsetof(struct pt_regs, ip)), X86_RAX));
	}
	if (tramp->words & WORD(sp)) {
		emit(code, x86_lea(8, X86_RAX, x86_mem(X86_RSP, FRAME + 8)));
		emit(code, x86_mov_mr(8, x86_mem(X86_RSP, offsetof(struct pt_regs, sp)), X86_RAX));
	}
}

static void emit_slot(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
		      const struct mbpf_target *target, const struct mbpf_probe *probe)
{
	static const u8 inc_gs_rax[] = { 0x65, 0x48, 0xff, 0x00 };

	emit(code, x86_mov_ri64(X86_RAX, (__force u64)probe->hits));
	mbpf_tramp_put(code, inc_gs_rax, sizeof(inc_gs_rax));
	if (mbpf_tramp_asks(probe, MBPF_HELPER_FUNC_IP)) {
		emit(code, x86_mov_ri64(X86_RAX, target->ip));
		emit_percpu(code, x86_mov_mr(8, percpu(), X86_RAX), RUN(func_ip));
	}
	if (mbpf_tramp_asks(probe, MBPF_HELPER_COOKIE)) {
		emit(code, x86_mov_ri64(X86_RAX, probe->cookie));
		emit_percpu(code, x86_mov_mr(8, percpu(), X86_RAX), RUN(cookie));
	}
	emit(code, x86_mov_rr(8, X86_RDI, X86_RSP));
	if (tramp->counts || !mbpf_prog_jited(probe->prog))
		emit(code, x86_mov_ri64(X86_RSI, (u64)&probe->prog->prog));
	emit_call(code, (u64)(tramp->counts ? mbpf_stats_run : probe->prog->prog.run));
}

static void emit_ret(struct mbpf_tramp_code *code)
{
	if (code->machine->features & MBPF_CPU_RETHUNK)
		emit(code, x86_jmp32(relative(code, code->machine->return_thunk, 5)));
	else
		emit(code, x86_ret());
}

/* On into the function, or where else it goes, with everything as it was. */
static void emit_back(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].kept)
			emit(code, x86_mov_rm(8, places[i].reg, x86_mem(X86_RSP, places[i].off)));
	emit(code, x86_alu_ri32(X86_ADD, 8, X86_RSP, FRAME));
	if (tramp->next)
		emit(code, x86_jmp32(relative(code, tramp->next, 5)));
	else
		emit_ret(code);
}

/* The same in C, with everything saved; the target is in r11. */
static void emit_return_slow(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
			     const struct mbpf_target *target)
{
	struct x86_mem ret_addr = x86_mem(X86_RSP, FRAME + 8);

	emit_frame(code, tramp, target);
	emit(code, x86_mov_rr(8, X86_RDI, X86_R11));
	emit(code, x86_mov_rm(8, X86_RSI, ret_addr));
	emit_call(code, (u64)mbpf_return_enter);
	emit(code, x86_mov_mr(8, ret_addr, X86_RAX));
	emit_back(code, tramp);
}

#define INSTANCE(member) x86_mem(X86_RAX, offsetof(struct mbpf_instance, member))

/* The instance in rax becomes this call's; the target is in r11. */
static void emit_instance(struct mbpf_tramp_code *code)
{
	struct x86_mem ret_addr = x86_mem(X86_RSP, 8);
	struct x86_mem usage = x86_mem(X86_R10, offsetof(struct task_struct, usage));

	emit(code, x86_mov_rm(8, X86_R10, ret_addr));
	emit(code, x86_mov_mr(8, INSTANCE(ret_addr), X86_R10));
	emit(code, x86_mov_mr(8, INSTANCE(target), X86_R11));
	emit_percpu(code, x86_mov_rm(8, X86_R10, percpu()), (__force u64)MBPF_CURRENT_TASK);
	emit(code, x86_mov_mr(8, INSTANCE(task), X86_R10));
	emit(code, mbpf_x86_lock(mbpf_x86_rm(0xff, 4, 0, usage)));
	emit(code, x86_mov_rm(8, X86_R10, INSTANCE(thunk)));
	emit(code, x86_mov_mr(8, ret_addr, X86_R10));
}

/*
 * A return's: takes an instance off this CPU's list and makes the function
 * return to its thunk, in rax, r10 and r11 alone; if it cannot, C does.
 */
static void emit_return(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
			const struct mbpf_target *target)
{
	u32 gone, held, empty, resched;

	emit(code, x86_mov_ri64(X86_RAX, (u64)tramp->ret));
	emit(code, x86_mov_rm(8, X86_R11, x86_mem(X86_RAX, 0)));
	emit(code, x86_test_rr(8, X86_R11, X86_R11));
	gone = emit_branch(code, X86_CC_E);
	emit_count(code, 0, PREEMPT_COUNT);
	emit_percpu(code, x86_alu_mi8(X86_CMP, 4, percpu(), 0), RUN(active));
	held = emit_branch(code, X86_CC_NE);
	emit_set(code, 1, RUN(active));
	emit_percpu(code, x86_mov_rm(8, X86_RAX, percpu()), RUN(free));
	emit(code, x86_mov_rm(8, X86_R10, INSTANCE(next)));
	emit(code, x86_test_rr(8, X86_R10, X86_R10));
	empty = emit_branch(code, X86_CC_E);
	emit_percpu(code, x86_mov_mr(8, percpu(), X86_R10), RUN(free));
	emit_set(code, 0, RUN(active));
	emit_instance(code);
	emit_count(code, 1, PREEMPT_COUNT);
	resched = emit_branch(code, X86_CC_E);
	land(code, gone);
	emit_ret(code);

	land(code, resched);
	emit_frame(code, tramp, target);
	emit_call(code, (u64)mbpf_tramp_resched);
	emit_back(code, tramp);

	/* C asks for the scheduler at its end. */
	land(code, empty);
	emit_set(code, 0, RUN(active));
	land(code, held);
	emit_count(code, 1, PREEMPT_COUNT);
	emit_return_slow(code, tramp, target);
}

static void emit_entry(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
		       const struct mbpf_target *target)
{
	u32 missed, resched, leave, back, i;

	emit_frame(code, tramp, target);
	emit_count(code, 0, PREEMPT_COUNT);
	emit_percpu(code, x86_alu_mi8(X86_CMP, 4, percpu(), 0), RUN(active));
	missed = emit_branch(code, X86_CC_NE);
	emit_set(code, 1, RUN(active));
	for (i = 0; i < tramp->nr; i++)
		emit_slot(code, tramp, target, tramp->probe[i]);
	emit_set(code, 0, RUN(active));
	leave = code->pos;
	/* Zero means: not held up by anybody, and the scheduler wants to run. */
	emit_count(code, 1, PREEMPT_COUNT);
	resched = emit_branch(code, X86_CC_E);
	back = code->pos;
	emit_back(code, tramp);

	land(code, resched);
	emit_call(code, (u64)mbpf_tramp_resched);
	emit_goto_pos(code, back);
	land(code, missed);
	emit(code, x86_mov_ri64(X86_RDI, (u64)target));
	emit_call(code, (u64)mbpf_target_missed);
	emit_goto_pos(code, leave);
}

void mbpf_tramp_emit(struct mbpf_tramp_code *code, const struct mbpf_tramp *tramp,
		     const struct mbpf_target *target)
{
	code->entry = code->pos;
	if (tramp->ret)
		emit_return(code, tramp, target);
	else
		emit_entry(code, tramp, target);
}
