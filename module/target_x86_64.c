// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86-64: CPU features, and how this kernel wants indirect jumps and returns
 * to be done. The kernel exports the mitigations' names, not its choice among
 * them; but it patches its choice into every module's jumps, so the samples in
 * target_x86_64_text.S are read back.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/unaligned.h>
#include <asm/cpufeature.h>
#include <asm/nospec-branch.h>
#include <asm/processor.h>
#include <asm/sync_core.h>

#include "compat/pcpu_hot.h"
#include "target.h"

/* In target_x86_64_text.S. */
extern const u8 mbpf_target_sample_jump[];
extern const u8 mbpf_target_sample_return[];

const struct mbpf_jit_backend *mbpf_target_backend(void)
{
	return &mbpf_jit_x86_64;
}

/* Where the direct jump at @text goes; 0 if it is none. */
static u64 jump_target(const u8 *text)
{
	while (*text == 0x2e)	/* CS prefix, for padding */
		text++;
	if (*text == 0xeb)
		return (u64)text + 2 + (s8)text[1];
	if (*text == 0xe9)
		return (u64)text + 5 + (s32)get_unaligned_le32(text + 1);
	return 0;
}

static u64 indirect_thunk(void)
{
	u64 target = jump_target(mbpf_target_sample_jump);

#if defined(CONFIG_RETPOLINE) || defined(CONFIG_MITIGATION_RETPOLINE)
	/* The choice is made inside the thunk, where a fence comes first. */
	if (!target && boot_cpu_has(X86_FEATURE_RETPOLINE_LFENCE))
		target = (u64)__x86_indirect_thunk_rax;
#endif
	return target;
}

/* Per-CPU variables are at small distances from the base of gs. */
static bool is_percpu_near(u64 addr)
{
	return addr < S32_MAX;
}

static void detect_kernel(struct mbpf_jit_target *target)
{
	BUILD_BUG_ON(offsetof(struct task_struct, tgid) !=
		     offsetof(struct task_struct, pid) + sizeof(pid_t));
	target->has = MBPF_JIT_HAS_JIFFIES;
	target->jiffies = (u64)&jiffies_64;
#ifdef CONFIG_SMP
	target->cpu_offset = (__force u64)&this_cpu_off;
	target->cpu_id = (__force u64)MBPF_CPU_NUMBER;
	target->task = (__force u64)MBPF_CURRENT_TASK;
	target->task_pid = offsetof(struct task_struct, pid);
	if (is_percpu_near(target->cpu_offset) && is_percpu_near((__force u64)MBPF_CPU_NUMBER))
		target->has |= MBPF_JIT_HAS_CPU;
	if (is_percpu_near((__force u64)MBPF_CURRENT_TASK))
		target->has |= MBPF_JIT_HAS_TASK;
#endif
}

void mbpf_target_detect(struct mbpf_jit_target *target)
{
	detect_kernel(target);
	if (boot_cpu_has(X86_FEATURE_BMI2))
		target->features |= MBPF_CPU_BMI2;
	if (boot_cpu_has(X86_FEATURE_MOVBE))
		target->features |= MBPF_CPU_MOVBE;
	if (IS_ENABLED(CONFIG_X86_KERNEL_IBT))
		target->features |= MBPF_CPU_IBT;
	target->thunk = indirect_thunk();
	if (target->thunk)
		target->features |= MBPF_CPU_RETPOLINE;
	target->return_thunk = jump_target(mbpf_target_sample_return);
	if (target->return_thunk)
		target->features |= MBPF_CPU_RETHUNK;
}

static void sync_this_core(void *unused)
{
	sync_core();
}

/*
 * Caches are coherent, but a CPU that ran what was here before must serialise
 * before it runs what is here now (Intel SDM, cross-modifying code).
 */
void mbpf_target_sync_text(void)
{
	on_each_cpu(sync_this_core, NULL, 1);
}

bool mbpf_target_has_user_memory(void)
{
	struct mm_struct *mm = current->mm;

	return mm && native_read_cr3_pa() == __pa(mm->pgd);
}
