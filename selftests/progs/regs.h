/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The context of a kprobe program: the probed machine's registers, in the
 * order of its kernel's struct pt_regs. REGISTERS(F) is F(field) for each.
 */
#ifndef REGS_H
#define REGS_H

#if defined(__TARGET_ARCH_riscv)

#define REGISTERS(F)							\
	F(pc) F(ra) F(sp) F(gp) F(tp) F(t0) F(t1) F(t2)			\
	F(s0) F(s1) F(a0) F(a1) F(a2) F(a3) F(a4) F(a5)			\
	F(a6) F(a7) F(s2) F(s3) F(s4) F(s5) F(s6) F(s7)			\
	F(s8) F(s9) F(s10) F(s11) F(t3) F(t4) F(t5) F(t6)

#define REG_ARG1(regs)	((regs)->a0)
#define REG_ARG2(regs)	((regs)->a1)
#define REG_RESULT(regs) ((regs)->a0)

#elif defined(__TARGET_ARCH_x86)

#define REGISTERS(F)							\
	F(r15) F(r14) F(r13) F(r12) F(bp) F(bx) F(r11) F(r10)		\
	F(r9) F(r8) F(ax) F(cx) F(dx) F(si) F(di)			\
	F(orig_ax) F(ip) F(cs) F(flags) F(sp) F(ss)

#define REG_ARG1(regs)	((regs)->di)
#define REG_ARG2(regs)	((regs)->si)
#define REG_RESULT(regs) ((regs)->ax)

#else
#error "define __TARGET_ARCH_riscv or __TARGET_ARCH_x86"
#endif

#define REGISTER_FIELD(name) unsigned long long name;

struct regs {
	REGISTERS(REGISTER_FIELD)
};

#endif /* REGS_H */
