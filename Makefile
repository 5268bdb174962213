# SPDX-License-Identifier: GPL-2.0-only
#
# Everything is built in build/. The kernels are those of ci/kernels.txt; KERNEL=NAME picks
# one. What a target does is in a script of ci/ that can be called by hand.
#
# A folder that is built in user space has a Makefile of its own, which is called as
#
#	make -C FOLDER O=... ARCH=... CROSS_COMPILE=... KSELFTEST=... [TARGET]
#
# userspace		for this machine and for guests
# selftests/progs	for guests, with ARCH as the BPF programs' idea of the machine
# selftests/skel	for guests, with ROOT as the folder that has their libbpf
# selftests/kernel	for guests; leaves O/guest/selftests/run, the script that tests there
# selftests/bench	for guests
# selftests/unit	for this machine, with the target "check"; COVERAGE=1 adds --coverage
#
# O (absolute) is build/host for this machine and build/ARCH for guests, where ARCH is
# riscv64 or x86_64. What is left in O/guest/{bin,progs,selftests} is in every guest of that
# ARCH, in the same folders of its root. KSELFTEST has kselftest_harness.h.

KERNELS := $(shell awk '!/^#/ && NF && $$3 != "-" { print $$1 }' ci/kernels.txt)
KERNEL ?= $(KERNELS)
export ARENA_KB ?= 4096

MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help

## help: list the targets
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | awk -F': ' '{ printf "make %-22s %s\n", $$1, $$2 }'

## demo: run C programs in a stock Debian riscv64 kernel, beside its own BPF
demo:
	@ci/demo

## test [KERNEL=]: the checks, the user-space tests, the tests in a guest of each kernel (x86_64-nobpf only if named)
test:
	@ci/test $(KERNEL)

## test-unit: the tests in user space only, no guest
test-unit:
	@ci/provision host kselftest
	@$(MAKE) -s -C selftests/unit O=$(CURDIR)/build/host KSELFTEST=$(CURDIR)/build/kselftest check
	@$(MAKE) -s -C selftests/fuzz O=$(CURDIR)/build/host N=50000 SEED=1 fast-soundness

## soundness [N=] [SEED=]: run N random programs (1000000) within the verifier's states
soundness:
	@ci/provision host
	@$(MAKE) -s -C selftests/fuzz O=$(CURDIR)/build/host N=$(or $(N),1000000) SEED=$(or $(SEED),1) fast-soundness

## prove: that the verifier's arithmetic loses no result, for all sets, with z3
prove:
	@ci/provision host
	@$(MAKE) -s -C selftests/prove

## fuzz [SECONDS=]: libFuzzer on the object loader and the verifier
fuzz:
	@ci/provision host
	@$(MAKE) -s -C selftests/fuzz O=$(CURDIR)/build/host fuzz

## cost: what verification costs per instruction, which must not grow with the program
cost:
	@ci/provision host
	@$(MAKE) -s -C selftests/fuzz O=$(CURDIR)/build/host cost

## bench [KERNEL=] [ROWS=]: minibpf and in-tree BPF side by side, in guests (such as ROWS=8,9)
bench:
	@ci/bench $(if $(ROWS),-r $(ROWS)) $(if $(ALL),-a) $(if $(filter file,$(origin KERNEL)),,$(KERNEL))

## verdicts [KERNEL=] [N=] [SEED=]: minibpf's and in-tree's verifier on rows, N random programs and real ones
verdicts: $(KERNEL:%=verdicts-%)
verdicts-%: guest-%
	@ci/provision corpus
	@ci/verdicts $* -n $(or $(N),2000) -s $(or $(SEED),1)

## bench-host [ROWS=]: real time on this machine: compiled code in user space, in-tree by PROG_TEST_RUN
bench-host:
	@ci/bench -H $(if $(ROWS),-r $(ROWS))

## check [KERNEL=]: include rules, sizes, names, sparse, W=1, shellcheck, man pages, what tests compiles
check:
	@ci/provision host $(KERNEL) kselftest
	@ci/check $(KERNEL)

## provision: fetch host packages, kernels, headers and guest packages
provision:
	@ci/provision

## module [KERNEL=]: build build/NAME/minibpf.ko (ARENA_KB= sizes the arena, KDIR= another kernel)
module: $(KERNEL:%=module-%)
module-%:
	@$(if $(KDIR),,ci/provision host $*)
	@ci/module $*

## guest [KERNEL=]: build the module, and the library, the tools and the tests of the guests
guest: $(KERNEL:%=guest-%)
guest-%: module-%
	@ci/provision kselftest
	@ci/tools $*

## tools [KERNEL=]: bpftool, bpftrace, ply, libbpf-tools: natively and on minibpf, as a table
tools: $(KERNEL:%=tools-%)
tools-%:
	@ci/compat $*

## btf KERNEL=: a kernel's types from its headers alone, build/NAME/vmlinux.btf, with pahole
btf: $(KERNEL:%=btf-%)
btf-%:
	@ci/provision host $*
	@ci/btf $*

## shell KERNEL=: a shell in the guest, module loaded, tools in PATH
shell: guest-$(firstword $(KERNEL))
	@ci/vm -s $(firstword $(KERNEL))

## debug: build a kernel with KASAN, lockdep, kmemleak and fault injection; run the tests in it
debug:
	@ci/provision host x86_64-debug kselftest
	@ci/module x86_64-debug
	@ci/tools x86_64-debug
	@ci/vm -t 3600 x86_64-debug -- /selftests/run

## coverage: which lines of the core the user-space tests run
coverage:
	@ci/provision host kselftest
	@ci/coverage

## install [DESTDIR=] [PREFIX=]: the library, the command, the man pages and the udev rule
install:
	@ci/provision host
	@ci/tools host
	@$(MAKE) -s -C userspace O=$(CURDIR)/build/host ARCH=$(shell uname -m) install

## clean: remove what was built, keep what was fetched
clean:
	rm -rf build/host build/coverage build/test build/riscv64 build/x86_64
	rm -rf build/*/src build/*/src-check build/*/minibpf.ko build/*/guest build/*/base.cpio

.PHONY: bench bench-host btf demo test debug test-unit check provision module guest tools shell coverage install clean soundness prove fuzz cost verdicts
