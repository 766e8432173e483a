#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# many.sh - many small sets through the mount: made, and listed.
#
#   many.sh [BUILD_DIR]     a release build; default build-bench
#
# BENCH_SETS (50,000) sets of 1 to 100 members come out of a tar, once in each
# # format. The same tar goes into nullfs, which takes the bytes and keeps none:
# as it is served fastest, and with the requests that a set takes ("asked",
# nullfs -s); into a plain directory beside the store; and into one in memory.

set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build-bench}" && pwd)
PATH=$build/fs:$build/tests/bench:$PATH
sets=${BENCH_SETS:-50000}
formats=${BENCH_FORMATS:-le64 roaring text}
work=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-many.XXXXXX")
shm=$(mktemp -d /dev/shm/roarfs-many.XXXXXX)
mkdir "$work/mnt" "$work/null" "$work/asked"

# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"
trap 'clean_up "$work"; rm -rf "$shm"' EXIT

# timed COMMAND... - how long it took, in ns.
timed()
{
	local begin=${EPOCHREALTIME/./}

	"$@" >/dev/null
	echo $(((${EPOCHREALTIME/./} - begin) * 1000))
}

# row NAME UNIT NS... - of roarfs first, per set; then how many times as long
# it took as the others.
row()
{
	local name=$1

	shift
	awk -v name="$name" -v n="$sets" 'BEGIN {
		printf "%-14s", name
		for (i = 1; i < ARGC; i++)
			printf " %8.2f", ARGV[i] / n / 1000
		printf "   "
		for (i = 2; i < ARGC; i++)
			printf " %6.2f", ARGV[1] / ARGV[i]
		printf "  %9.0f a second\n", n / ARGV[1] * 1e9
	}' "$@"
}

fresh()
{
	umount "$work/mnt" "$work/null" "$work/asked" 2>/dev/null || true
	rm -rf "$work/store" "$work/plain" "$shm/plain"
	mkdir "$work/plain" "$shm/plain"
	roarfs create "$work/store"
	roarfs mount "$work/store" "$work/mnt"
	nullfs "$work/null" &
	nullfs -s "$work/asked" &
	until mountpoint -q "$work/null" && mountpoint -q "$work/asked"; do
		sleep 0.1
	done
	sleep 0.5
}

# forget - as after a while; also, of what was removed, the inodes.
forget() { echo 2 2>/dev/null >/proc/sys/vm/drop_caches || true; }

load()
{
	local format=$1 to=$work/mnt/bitmaps

	case $format in
	text) ;;
	*) to=$to/.as/$format ;;
	esac
	fresh
	many_input "$format" "$sets" >"$work/tar"
	row "tar x, $format" "$(timed tar xf "$work/tar" -C "$to")" \
		"$(timed tar xf "$work/tar" -C "$work/asked")" \
		"$(timed tar xf "$work/tar" -C "$work/null")" \
		"$(timed tar xf "$work/tar" -C "$work/plain")" \
		"$(timed tar xf "$work/tar" -C "$shm/plain")"
}

list()
{
	local name=$1 at

	shift
	local -a ns=()
	for at in "$work/mnt/bitmaps" "$work/asked" "$work/null" "$work/plain" \
		"$shm/plain"; do
		forget
		ns+=("$(timed "$@" "$at")")
	done
	row "$name" "${ns[@]}"
}

printf '%d sets\n%-14s %8s %8s %8s %8s %8s    %s\n' "$sets" "us a set" roarfs \
	asked nullfs disk memory "roarfs / asked, nullfs, disk, memory"
for format in $formats; do
	load "$format"
done
list "ls -U" ls -U
list "ls -lU" ls -lU
list "find" find
sync "$work/mnt/bitmaps/a0"
du -k "$work/store" | awk -v n="$sets" '{
	printf "on the disk: %d KiB, %.0f bytes a set\n", $1, $1 * 1024 / n }'
