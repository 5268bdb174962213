// SPDX-License-Identifier: GPL-2.0-only
/* The strategy that works at (nearly) any instruction: register_kprobe(). */
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/uaccess.h>

#include <linux/minibpf.h>

#include "probe_return.h"

#ifdef CONFIG_RISCV
/* The probe may sit behind the patch area, and one of the return before it: show the entry. */
static __always_inline void run_at(struct mbpf_target *target, struct pt_regs *regs)
{
	unsigned long pc = instruction_pointer(regs), ra = regs->ra;

	instruction_pointer_set(regs, target->addr);
	if (unlikely(mbpf_return_is_thunk(ra)))
		regs->ra = mbpf_return_real(ra);
	mbpf_target_run(target, regs);
	regs->ra = ra;
	instruction_pointer_set(regs, pc);
}
#else
static __always_inline void run_at(struct mbpf_target *target, struct pt_regs *regs)
{
	mbpf_target_run(target, regs);
}
#endif

static int kprobe_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct mbpf_target *target = container_of(kp, struct mbpf_target, kp);

	if (likely(READ_ONCE(target->strategy) == &mbpf_strategy_kprobe))
		run_at(target, regs);
	return 0;
}
NOKPROBE_SYMBOL(kprobe_hit);

/*
 * Entry of the function that @addr lies in, and whether that is a module's. Only
 * sprint_symbol() is exported: "name+0x12/0x34 [module]".
 */
static unsigned long function_entry(unsigned long addr, bool *in_module)
{
	char text[KSYM_SYMBOL_LEN], *plus;
	unsigned long off;

	sprint_symbol(text, addr);
	plus = strrchr(text, '+');
	if (!plus || sscanf(plus, "+0x%lx/", &off) != 1)
		return 0;
	*in_module = strchr(plus, '[');
	return addr - off;
}

#ifdef CONFIG_RISCV
#define C_NOP	0x0001
#define NOP	0x00000013

/*
 * Whether the MCOUNT_INSN_SIZE bytes at @addr are what the compiler left for
 * ftrace, in use or not: nops of two or four bytes, or auipc and jalr by t0
 * (ra for a function that is called through it).
 */
static bool is_patch_area(unsigned long addr)
{
	u32 insn[MCOUNT_INSN_SIZE / sizeof(u32)];

	if (copy_from_kernel_nofault(insn, (void *)addr, sizeof(insn)))
		return false;
	if (insn[0] == (C_NOP << 16 | C_NOP))
		return insn[1] == insn[0];
	if (insn[0] == NOP)
		return insn[1] == NOP;
	return ((insn[0] & 0xfff) == AUIPC_T0 && (insn[1] & 0xfffff) == JALR_T0) ||
	       ((insn[0] & 0xfff) == AUIPC_RA && (insn[1] & 0xfffff) == JALR_RA);
}

static int register_behind_patch_area(struct kprobe *kp, unsigned long entry)
{
	if (!is_patch_area(entry))
		return -EINVAL;
	kp->symbol_name = NULL;
	kp->offset = 0;
	kp->addr = (kprobe_opcode_t *)(entry + MCOUNT_INSN_SIZE);
	return register_kprobe(kp);
}
#else
static int register_behind_patch_area(struct kprobe *kp, unsigned long entry)
{
	return -EINVAL;
}
#endif

int mbpf_target_place(struct mbpf_target *target, const struct mbpf_probe_spec *spec)
{
	struct kprobe *kp = &target->kp;
	unsigned long addr, entry;
	bool in_module = true, is_site;
	int ret;

	kp->symbol_name = spec->symbol;
	kp->offset = spec->offset;
	kp->addr = (kprobe_opcode_t *)spec->addr;
	kp->flags = KPROBE_FLAG_DISABLED;
	kp->pre_handler = kprobe_hit;
	ret = register_kprobe(kp);
	addr = (unsigned long)kp->addr;
	if (!addr)
		return ret ? ret : -ENOENT;

	entry = spec->offset ? 0 : function_entry(addr, &in_module);
	if (!spec->symbol && entry != spec->addr)
		entry = 0;
	is_site = kprobe_ftrace(kp);
	if (ret == -EINVAL && entry && entry == addr) {
		ret = register_behind_patch_area(kp, addr);
		is_site = true;
	}
	if (ret)
		return ret;
	/* The name belongs to the caller and is not needed any more. */
	kp->symbol_name = NULL;
	target->addr = entry ? entry : addr;
	target->ip = entry;
	if (entry && is_site && !in_module)
		target->site = addr;
	return 0;
}

static int kprobe_arm(struct mbpf_target *target)
{
	return enable_kprobe(&target->kp);
}

/* The kprobe itself goes with its target. */
static void kprobe_disarm(struct mbpf_target **targets, u32 n)
{
	while (n--)
		disable_kprobe(&(*targets++)->kp);
}

static u64 kprobe_missed(const struct mbpf_target *target)
{
	return target->kp.nmissed;
}

const struct mbpf_strategy mbpf_strategy_kprobe = {
	.id = MINIBPF_STRATEGY_KPROBE,
	.arm = kprobe_arm,
	.disarm = kprobe_disarm,
	.missed = kprobe_missed,
};
