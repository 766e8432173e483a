# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# lib.sh - for the scripts of tests/bench.

# clean_up DIR - remove it, and what a benchmark that failed left mounted there.
clean_up()
{
	local mnt

	while read -r _ mnt _; do
		case $mnt in
		"$1"/*) umount -l "$mnt" ;;
		esac
	done <<<"$(</proc/mounts)" # read at once: it moves below an umount
	rm -rf "$1"
}
