#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# peers.sh - roarfs beside LMDB, SQLite, Redis and a roaring blob.
#
#   peers.sh [BUILD_DIR]     a release build; default build-bench
#
# BENCH_SCALE=1 is the size of the goals; the default is a tenth of it.

set -euo pipefail
build=$(cd "${1:-build-bench}" && pwd)
PATH=$build/fs:$build/tests/bench:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-peers.XXXXXX")

# What a peer that failed left mounted.
finish()
{
	local mnt

	while read -r _ mnt _; do
		case $mnt in
		"$work"/*) umount -l "$mnt" ;;
		esac
	done </proc/mounts
	rm -rf "$work"
}
trap finish EXIT

"$build/tests/bench/peers/peers_bench" "$work"
