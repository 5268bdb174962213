/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a probed function returns to. struct pt_regs keeps register xN at
 * byte 8 * N and the status word at 256; probe_return_riscv64.c asserts that.
 */
#include <linux/linkage.h>

#define REGS_SIZE	288
#define REGS_STATUS	256

	.macro each_reg op
	.irp n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, \
		20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op x\n, 8 * \n(sp)
	.endr
	.endm

SYM_CODE_START(mbpf_return_trampoline)
	addi	sp, sp, -REGS_SIZE
	each_reg sd
	addi	t0, sp, REGS_SIZE
	sd	t0, 8 * 2(sp)
	csrr	t0, sstatus
	sd	t0, REGS_STATUS(sp)
	/* A frame record, so that a stack trace through here goes on. */
	sd	zero, 0(sp)
	sd	zero, 8(sp)
	mv	a0, sp
	call	mbpf_return_hit
	mv	ra, a0
	each_reg ld
	addi	sp, sp, REGS_SIZE
	ret
SYM_CODE_END(mbpf_return_trampoline)
