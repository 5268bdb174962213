/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * System calls as instructions: libc's syscall() is the one that is replaced, and the versions
 * of other symbols would tie the library to the libc that it was built with.
 */
#ifndef PRELOAD_RAW_H
#define PRELOAD_RAW_H

/* Return: what the kernel returns, errors as negative numbers. */
static inline long raw_call(long nr, const long a[6])
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__riscv) && __riscv_xlen == 64
	register long a0 __asm__("a0") = a[0];
	register long a1 __asm__("a1") = a[1];
	register long a2 __asm__("a2") = a[2];
	register long a3 __asm__("a3") = a[3];
	register long a4 __asm__("a4") = a[4];
	register long a5 __asm__("a5") = a[5];
	register long a7 __asm__("a7") = nr;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
			 : "memory");
	return a0;
#else
#error "how does this machine make system calls?"
#endif
}

#endif /* PRELOAD_RAW_H */
