#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# large.sh - what a large store costs: memory of the daemon, and opening.
#
#   large.sh [BUILD_DIR]     a release build; default build-bench
#
# LARGE_GB (1) is the size of the store: four fifths of it regions, the rest
# sets of LARGE_MEMBERS (10,000,000) random members, all incompressible.
# LARGE_ROUNDS (3) is how often the daemon is killed. Goals: resident memory
# below 64 MB and what is dirty, opening below 5 ms, whatever the size.
#
# VmHWM is the most since the line before. RssFile is what of the store is
# mapped at the moment; the host can take it back at any time.

set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build-bench}" && pwd)
PATH=$build/fs:$build/tests/bench:$PATH
gb=${LARGE_GB:-1}
members=${LARGE_MEMBERS:-10000000}
work=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-large.XXXXXX")
store=$work/store mnt=$work/mnt

# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"
trap 'clean_up "$work"' EXIT

# noise KEY BYTES - the same bytes for the same key.
noise()
{
	openssl enc -aes-128-ctr -nosalt -pass "pass:$1" -pbkdf2 -iter 1 \
		-in /dev/zero 2>/dev/null | head -c "$2" || :
}

mount_it()
{
	local i

	roarfs mount -f "$store" "$mnt" &
	daemon=$!
	for ((i = 0; i < 500; i++)); do
		[ ! -e "$mnt/README" ] || return 0
		sleep 0.02
	done
	return 1
}

# mb FIELD - of the daemon's memory, in MiB
mb()
{
	awk -v f="$1:" '$1 == f { printf "%.1f", $2 / 1024 }' \
		"/proc/$daemon/status"
}

memory()
{
	local dirty

	dirty=$(awk '/^uncommitted/ { gsub(/[(),]/, "")
		printf "%.1f", $4 / 1048576 }' "$mnt/.ctl/status")
	printf '%-34s %8s %8s %8s %8s %8s\n' "$1" "$(mb VmRSS)" "$(mb VmHWM)" \
		"$(mb RssAnon)" "$(mb RssFile)" "$dirty"
	echo 5 >"/proc/$daemon/clear_refs" 2>/dev/null || :
}

# --- the store --------------------------------------------------------------

load_regions()
{
	local i n=$((gb * 32 / 5)) # of 125 MB

	for ((i = 0; i < n; i++)); do
		noise "region $i" $((125 * 1000 * 1000)) >"$mnt/regions/r$i"
	done
}

load_sets()
{
	local i=0

	while [ "$(du -B 1 "$store" | cut -f 1)" -lt $((gb * 1000000000)) ]; do
		noise "set $i" $((members * 8)) >"$mnt/bitmaps/.as/le64/s$i"
		echo >"$mnt/.ctl/sync"
		i=$((i + 1))
	done
}

# Members of the first set are replaced by others, and a region's half, below
# some snapshots.
snapshots()
{
	local i

	for i in 1 2 3 4 5; do
		mkdir "$mnt/snapshots/s$i"
		seq "$i" 1000 100000000 >>"$mnt/bitmaps/s0"
		noise "again $i" 60000000 |
			dd of="$mnt/regions/r0" conv=notrunc bs=1M status=none
	done
	for i in 4 2 5 1 3; do
		rmdir "$mnt/snapshots/s$i"
	done
}

read_all()
{
	find "$mnt/regions" "$mnt/bitmaps" -type f -exec cat {} + >/dev/null
}

read_back()
{
	cat "$mnt/bitmaps/s0" >/dev/null
	cat "$mnt/bitmaps/.as/roaring/s0" >/dev/null
	tail -n 1 "$mnt/bitmaps/s0" >/dev/null
}

measure_memory()
{
	printf '%-34s %8s %8s %8s %8s %8s\n' "memory of the daemon, MiB" \
		VmRSS VmHWM RssAnon RssFile dirty
	memory "an empty store"
	load_regions
	memory "regions written"
	load_sets
	memory "sets of $members written"
	echo >"$mnt/.ctl/sync"
	memory "all durable"
	read_all
	memory "everything read"
	snapshots
	memory "5 snapshots taken and dropped"
	read_back
	memory "a set read twice"
	exec 3<"$mnt/bitmaps/s0"
	seq 1 7 7000000 >>"$mnt/bitmaps/s0"
	memory "open, and a million appended"
	exec 3<&-
	umount "$mnt"
	wait "$daemon"
	mount_it
	read_all
	memory "mounted again, everything read"
}

# --- killed -----------------------------------------------------------------

write_for_ever()
{
	local i=0

	while :; do
		noise "killed $i" 3000000 >"$mnt/regions/k$((i % 9))" || break
		seq "$i" 1000 1000000 >>"$mnt/bitmaps/k" || break
		[ $((i % 8)) != 0 ] || sync "$mnt/bitmaps/k" || break
		i=$((i + 1))
	done
} 2>/dev/null

kill_it()
{
	local writer

	write_for_ever &
	writer=$!
	sleep 2
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || :
	umount -l "$mnt"
	wait "$writer" || :
}

measure_opening()
{
	local i

	printf '\n%s\n' "opening, the daemon killed while it wrote"
	for ((i = 0; i < ${LARGE_ROUNDS:-3}; i++)); do
		kill_it 2>/dev/null
		printf '%-34s %s\n' "at once" "$(open_bench "$store")"
		printf '%-34s %s\n' "again" "$(open_bench "$store")"
		if sync && echo 3 2>/dev/null >/proc/sys/vm/drop_caches; then
			printf '%-34s %s\n' "nothing in the host's cache" \
				"$(open_bench "$store")"
		fi
		mount_it
	done
	umount "$mnt"
	wait "$daemon"
	roarfs check --fast "$store"
}

mkdir "$mnt"
roarfs create "$store"
mount_it
measure_memory
du -B 1000000 "$store" | awk '{ printf "the store: %.2f GB\n", $1 / 1000 }'
measure_opening
