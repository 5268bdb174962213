// SPDX-License-Identifier: GPL-2.0-only
/* RISC-V: extensions that all harts have, from the kernel's own list. */
#include <asm/cpufeature.h>
#include <asm/hwcap.h>

#include "target.h"

const struct mbpf_jit_backend *mbpf_target_backend(void)
{
	return &mbpf_jit_riscv64;
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
}

/* flush_icache_range() has made every hart execute a FENCE.I. */
void mbpf_target_sync_text(void)
{
}
