// SPDX-License-Identifier: GPL-2.0-only
/* RISC-V: extensions that all harts have, from the kernel's own list; where it has its data. */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/hwcap.h>

#include "target.h"

const struct mbpf_jit_backend *mbpf_target_backend(void)
{
	return &mbpf_jit_riscv64;
}

/* tp is the current task. */
static void detect_kernel(struct mbpf_jit_target *target)
{
	BUILD_BUG_ON(offsetof(struct task_struct, tgid) !=
		     offsetof(struct task_struct, pid) + sizeof(pid_t));
	target->has = MBPF_JIT_HAS_TASK | MBPF_JIT_HAS_JIFFIES;
	target->task_pid = offsetof(struct task_struct, pid);
	target->jiffies = (u64)&jiffies_64;
#ifdef CONFIG_SMP
	target->has |= MBPF_JIT_HAS_CPU;
	target->cpu_id = offsetof(struct task_struct, thread_info.cpu);
	target->cpu_offset = (u64)__per_cpu_offset;
#endif
}

void mbpf_target_detect(struct mbpf_jit_target *target)
{
	if (riscv_isa_extension_available(NULL, ZBA))
		target->features |= MBPF_CPU_ZBA;
	if (riscv_isa_extension_available(NULL, ZBB))
		target->features |= MBPF_CPU_ZBB;
	if (riscv_isa_extension_available(NULL, ZBS))
		target->features |= MBPF_CPU_ZBS;
	if (riscv_isa_extension_available(NULL, ZACAS))
		target->features |= MBPF_CPU_ZACAS;
	detect_kernel(target);
}

/* flush_icache_range() has made every hart execute a FENCE.I. */
void mbpf_target_sync_text(void)
{
}

bool mbpf_target_has_user_memory(void)
{
	struct mm_struct *mm = current->mm;

	return mm && (csr_read(CSR_SATP) & SATP_PPN) == virt_to_pfn(mm->pgd);
}
