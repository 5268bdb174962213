/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where probed functions return to. struct pt_regs keeps register xN at byte
 * 8 * N; tramp_riscv64.c asserts that.
 */
#include <linux/linkage.h>

#define REGS_SIZE	288
#define REGS_STATUS	256
#define INSTANCES	2048
#define INSTANCE_SHIFT	6

	.text
	.balign	64
	.globl	mbpf_return_thunks
mbpf_return_thunks:
	.option	push
	.option	norvc
	.rept	INSTANCES
	jal	t0, mbpf_return_common
	.endr
	.option	pop

SYM_CODE_START(mbpf_return_common)
	addi	sp, sp, -REGS_SIZE
	.irp n, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
		24, 25, 26, 27, 28, 29, 30, 31
	sd	x\n, 8 * \n(sp)
	.endr
	/* Which thunk was it: t0 is behind it. Thunks take 4 bytes. */
	lla	t1, mbpf_return_thunks + 4
	sub	t1, t0, t1
	slli	t1, t1, INSTANCE_SHIFT - 2
	lla	a0, mbpf_instances
	add	a0, a0, t1
	sd	zero, 8 * 5(sp)
	addi	t0, sp, REGS_SIZE
	sd	t0, 8 * 2(sp)
	csrr	t0, sstatus
	sd	t0, REGS_STATUS(sp)
	mv	a1, sp
	call	mbpf_return_hit
	mv	ra, a0
	ld	a0, 8 * 10(sp)
	ld	a1, 8 * 11(sp)
	addi	sp, sp, REGS_SIZE
	ret
SYM_CODE_END(mbpf_return_common)
