# SPDX-License-Identifier: GPL-2.0-only
#
# Everything is built in build/. The kernels are those of ci/kernels.txt; KERNEL=NAME picks
# one. What a target does is in a script of ci/ that can be called by hand.
#
# Every folder that is built in user space has a Makefile of its own, which is called as
#
#	make -C FOLDER O=... ARCH=... CROSS_COMPILE=... KSELFTEST=... [TARGET]
#
# O is build/host for programs of this machine and build/ARCH (riscv64, x86_64) for guest
# programs. What it leaves in O/guest/{bin,progs,selftests} is in every guest of that ARCH,
# in the same folders of its root. KSELFTEST is the folder that has kselftest_harness.h.

KERNELS := $(shell awk '!/^#/ && NF { print $$1 }' ci/kernels.txt)
KERNEL ?= $(KERNELS)
export ARENA_KB ?= 4096

MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help

##@ help		list the targets
help:
	@sed -n 's/^##@ //p' $(MAKEFILE_LIST) | expand -t 24

##@ provision		fetch host packages, kernels, headers and guest packages
provision:
	@ci/provision

##@ module [KERNEL=]	build build/NAME/minibpf.ko for one kernel or all (ARENA_KB=, KDIR=)
module: $(KERNEL:%=module-%)

module-%:
	@ci/provision host $*
	@ci/module $*

##@ clean		remove what was built, keep what was fetched
clean:
	rm -rf build/host build/riscv64 build/x86_64 build/*/src* build/*/minibpf.ko

.PHONY: help provision module clean
