#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# busy.sh - appends while other programs want all CPUs.
#
#   busy.sh [BUILD_DIR]      default build-bench
#
# Two busy loops for each CPU run in the daemon's own session, where nothing
# sets it apart (fs/ring_class.h). Prints what one append takes with nobody
# else on the machine and with them, through the mount and to a plain file.

set -euo pipefail
export LC_ALL=C

build=$(cd "${1:-build-bench}" && pwd)
PATH=$build/fs:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-busy.XXXXXX")
loops=()
trap 'kill "${loops[@]}" 2>/dev/null; umount "$work/mnt"; wait
	rm -rf "$work"' EXIT

# appends FILE - microseconds for each of some.
appends()
{
	local begin=$EPOCHREALTIME n=${BENCH_APPENDS:-400} i

	for ((i = 0; i < n; i++)); do echo "$i" >>"$1"; done
	awk -v a="$begin" -v b="$EPOCHREALTIME" -v n="$n" \
		'BEGIN { printf "%.0f", (b - a) * 1e6 / n }'
}

row()
{
	printf '%-24s %10s us %10s us a plain file\n' "$1" \
		"$(appends "$work/mnt/bitmaps/a")" "$(appends "$work/plain")"
}

mkdir "$work/mnt"
roarfs create "$work/store"
roarfs mount -f "$work/store" "$work/mnt" &
for ((i = 0; i < 50; i++)); do
	mountpoint -q "$work/mnt" && break
	sleep 0.1
done
row 'append, alone'
for ((i = 0; i < 2 * $(nproc); i++)); do
	while :; do :; done &
	loops+=($!)
done
sleep 1
row 'append, CPUs are busy'
row 'append, still'
