# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts in ci/ share. They source it from the top of the tree.

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

kernel_names() {
	awk '!/^#/ && NF && $3 != "-" { print $1 }' ci/kernels.txt
}

# kernel_field NAME COLUMN: a column of ci/kernels.txt, "machine" to the end of the line.
kernel_field() {
	awk -v name="$1" -v column="$2" '
		BEGIN {
			n["arch"] = 2; n["suite"] = 3; n["kbuild"] = 4; n["image"] = 5; n["machine"] = 6
		}
		$1 == name {
			found = 1
			if (column != "machine") {
				print $n[column]
				exit
			}
			for (i = n[column]; i <= NF; i++)
				printf "%s%s", $i, i < NF ? OFS : ORS
		}
		END { exit !found }' ci/kernels.txt ||
		die "ci/kernels.txt has no kernel '$1'; it has: $(kernel_names | paste -sd' ')"
}

# The machine of a kernel's name as the kernel calls it, and the prefix of its compilers.
machine() {
	echo "${1%%-*}"
}

cross_compile() {
	[[ $(machine "$1") == "$(uname -m)" ]] || echo "$(machine "$1")-linux-gnu-"
}
