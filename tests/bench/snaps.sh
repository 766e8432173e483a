#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# snaps.sh - what a writer notices of snapshots.
#
#   snaps.sh [BUILD_DIR]      default build-bench
#
# One client appends lines and makes each durable. Beside him BENCH_SNAPS (1000)
# snapshots of five million members and ten thousand files are taken, with
# changes in between, and dropped in an order by lot. Printed is how long he
# waited, before, meanwhile and afterwards, beside a bare file that is synced as
# often; and how many snapshots a second that were.

set -euo pipefail
export LC_ALL=C

build=$(cd "${1:-build-bench}" && pwd)
PATH=$build/fs:$build/tests/bench:$PATH
snaps=${BENCH_SNAPS:-1000}
work=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-snaps.XXXXXX")
mnt=$work/mnt
trap 'umount "$mnt"; rm -rf "$work"' EXIT

# beside NAME COMMAND... - the writer writes while it runs.
beside()
{
	local begin=$EPOCHREALTIME writer

	waits "$mnt/bitmaps/w" 600 "$1" &
	writer=$!
	"${@:2}"
	awk -v a="$begin" -v b="$EPOCHREALTIME" -v n="$snaps" \
		'BEGIN { printf "%.0f snapshots a second\n", n / (b - a) }'
	kill -TERM "$writer"
	wait "$writer"
}

take()
{
	local i

	for ((i = 0; i < snaps; i++)); do
		echo $((i * 7919)) >>"$mnt/bitmaps/big"
		echo "$i" >"$mnt/regions/d/f$((i * 37 % 10000))"
		mkdir "$mnt/snapshots/n$i"
	done
}

drop()
{
	local i

	for i in $(shuf -i "0-$((snaps - 1))" --random-source=/proc/self/exe); do
		rmdir "$mnt/snapshots/n$i"
	done
}

mkdir "$mnt"
roarfs create "$work/store"
roarfs mount "$work/store" "$mnt"
seq 1 77 385000000 >"$mnt/bitmaps/big"
mkdir "$mnt/regions/d"
(cd "$mnt/regions/d" && seq -f 'f%.0f' 0 9999 | xargs touch)
sync "$mnt/bitmaps/big"

waits "$work/bare" 10 'a bare file'
waits "$mnt/bitmaps/w" 10 'without snapshots'
beside 'while they are taken' take
beside 'while they are dropped' drop
waits "$mnt/bitmaps/w" 10 'afterwards'
waits "$work/bare" 10 'a bare file'
