#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What `make demo` runs in the guest: C programs, compiled to BPF by clang, in a stock kernel
# through /dev/minibpf; then the same objects through the kernel's own BPF, side by side.

cd /tmp || exit
failed=0
say() { printf '\n=== %s\n' "$*"; }

# Runs a command on a backend; its text is left in the file BACKEND. Lines of advice are indented.
on() {
	backend=$1
	shift
	MINIBPF_BACKEND=$backend "$@" >"$backend" 2>&1
}

# compare WHAT PATTERN COMMAND...: on both backends. Where both succeed, the lines that match
# PATTERN must be the same ones.
rows=
compare() {
	what=$1
	pattern=$2
	shift 2
	if on device "$@"; then device=yes; else device="no: $(grep -v '^  ' device | tail -n 1)"; failed=1; fi
	if on kernel "$@"; then kernel=yes; else kernel="no: $(grep -v '^  ' kernel | tail -n 1 | sed 's/.*: //')"; fi
	same=-
	if [ "$device$kernel" = yesyes ]; then
		grep -E "$pattern" device >device.lines
		grep -E "$pattern" kernel >kernel.lines
		if [ -s device.lines ] && cmp -s device.lines kernel.lines; then
			same=yes
		else
			same=NO
			failed=1
		fi
	fi
	rows="$rows$(printf '%-46s %-9s %-34s %s' "$what" "$device" "$kernel" "$same")
"
}

# attaches FUNCTION [KIND]: load a program and attach it there
# shellcheck disable=SC2317 # called by name
attaches() {
	minibpf prog load /progs/syscount.bpf.o name count_open pin demo_attach >/dev/null &&
		minibpf prog attach pinned demo_attach "${2-kprobe}" "$1" pin demo_link
	status=$?
	[ "$status" = 0 ] && echo "Attached to $1"
	minibpf prog unpin demo_link 2>/dev/null
	minibpf prog unpin demo_attach
	return "$status"
}

say "$(uname -srm), stock Debian; $(minibpf version | head -n 1)"
say 'registers of an openat(2): context.bpf.c through /dev/minibpf'
on device loadprogextest || failed=1
cat device

say 'a counter in a map: map.bpf.c, and what user space reads back'
on device kernmaptest || failed=1
cat device

say 'what is loaded while a program is pinned'
minibpf prog load /progs/syscount.bpf.o name count_open pin demo || failed=1
minibpf prog show
minibpf prog unpin demo

# Stock riscv64 boots with the JIT of its own BPF switched off.
mount -t bpf bpf /sys/fs/bpf 2>/dev/null
sysctl -q -w net.core.bpf_jit_enable=1
compare 'seed: naivetest' PASSED naivetest
compare 'seed: maptest' 'PASSED|OK|keys' maptest
compare 'seed: loadprogextest (function entry)' PASSED loadprogextest
compare 'seed: kernmaptest (function entry)' '^key' kernmaptest
# shellcheck disable=SC2016 # the $ is the target's own
inside='kprobe$do_sys_openat2+8'
compare 'loadprogextest, 8 bytes into the function' PASSED env SEED_TARGET="$inside" loadprogextest
compare 'kernmaptest, 8 bytes into the function' '^key' env SEED_TARGET="$inside" kernmaptest
compare 'kprobe inside a function: do_sys_openat2+8' Attached attaches do_sys_openat2+8
compare 'kprobe at a function entry: do_sys_openat2' Attached attaches do_sys_openat2
compare 'function return: kretprobe do_sys_openat2' Attached attaches do_sys_openat2 kretprobe
say 'the same objects on minibpf and on the BPF of this kernel'
printf '%-46s %-9s %-34s %s\n' what minibpf in-tree 'same result'
printf '%s' "$rows"
[ $failed = 0 ] && echo 'demo: all of it as it should be'
exit $failed
