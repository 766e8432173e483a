#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bench.sh - roarfs through the mount, against the floor and plain files.
#
#   bench.sh [BUILD_DIR]     a release build; default build-bench
#
# The floor is a FUSE filesystem that does nothing (nullfs), for durability a
# bare 4 KiB overwrite + fdatasync, or of a run of 28 KiB and a page, for sets
# the same bytes through cat and sort. All are measured in this run on this
# machine; read the ratios, the absolute figures move by a third from hour to
# hour.

set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build-bench}" && pwd)
PATH=$build/fs:$build/tests/bench:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-bench.XXXXXX")
mkdir "$work/mnt" "$work/null" "$work/checked" "$work/through" "$work/plain"
trap 'umount "$work/mnt" "$work/null" "$work/checked" "$work/through" \
	2>/dev/null; rm -rf "$work"' EXIT

seconds()
{
	local begin=$EPOCHREALTIME

	bash -c "$1" >/dev/null
	awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }'
}

# ratio NAME OURS FLOOR UNIT
ratio()
{
	awk -v n="$1" -v a="$2" -v b="$3" -v u="$4" 'BEGIN {
		printf "%-34s %10.2f %10.2f %-6s %6.2f x\n", n, a, b, u, a / b }'
}

# table FILE_OURS FILE_FLOOR: lines "name value unit" side by side
table()
{
	join <(sort "$1") <(sort "$2") | while read -r name a unit b _; do
		ratio "$name" "$a" "$b" "$unit"
	done
}

fresh()
{
	umount "$work/mnt" 2>/dev/null || true
	rm -f "$work/store"
	roarfs create "$work/store"
	roarfs mount "$work/store" "$work/mnt"
}

head_line() { printf '\n%-34s %10s %10s\n' "$1" roarfs "$2"; }

nullfs "$work/null" &
nullfs -p "$work/checked" &
nullfs -d "$work/disk" "$work/through" &
for _ in $(seq 50); do mountpoint -q "$work/through" && break; sleep 0.1; done
sleep 1
fresh

head_line "metadata, 100,000 files" nullfs
fsclient "$work/mnt/regions" 100000 >"$work/ours"
fsclient "$work/null" 100000 >"$work/floor"
table "$work/ours" "$work/floor"
head_line "the same, permissions checked" nullfs
fsclient "$work/checked" 100000 >"$work/floor"
table "$work/ours" "$work/floor"
head_line "the same" "plain fs"
fsclient "$work/plain" 100000 >"$work/floor"
table "$work/ours" "$work/floor"

head_line "data, one file of 512 MiB" nullfs
fsclient -d "$work/mnt/regions" 512 >"$work/ours"
fsclient -d "$work/null" 512 >"$work/floor"
table "$work/ours" "$work/floor"
head_line "the same" "plain fs"
fsclient -d "$work/plain" 512 >"$work/floor"
table "$work/ours" "$work/floor"
head_line "the same" "28 KiB run"
overwrite "$work/bare" 500 7 | sed s/overwrite_/write_4K_/ >"$work/floor"
table "$work/ours" "$work/floor"

fresh
"$here/make-input.sh" "$work"
head_line "sets" "floor"
load=$(seconds "cat '$work/random' > '$work/mnt/bitmaps/r'; sync '$work/mnt/bitmaps/r'")
floor=$(seconds "cat '$work/random' > '$work/null/a0'")
ratio "1 M random in, durable, ms" "$(awk "BEGIN{print $load*1e3}")" \
	"$(awk "BEGIN{print $floor*1e3}")" ms
load=$(seconds "seq 1 10000000 >> '$work/mnt/bitmaps/big'; sync '$work/mnt/bitmaps/big'")
floor=$(seconds "seq 1 10000000 >> '$work/null/a1'")
ratio "seq 1 10000000 in, durable, ms" "$(awk "BEGIN{print $load*1e3}")" \
	"$(awk "BEGIN{print $floor*1e3}")" ms
load=$(seconds "cat '$work/mnt/bitmaps/big'")
floor=$(seconds "cat '$work/plain.txt'")
ratio "cat 10 M members out, ms (ext4 file)" "$(awk "BEGIN{print $load*1e3}")" \
	"$(awk "BEGIN{print $floor*1e3}")" ms
dd if=/dev/zero "of=$work/mnt/regions/blocks" bs=1M count=64 status=none
sync "$work/mnt/regions/blocks"
: >"$work/through/a0"
durable 2000 "$work/bare" "append:$work/through/a0" \
	"append:$work/mnt/bitmaps/one" "append:$work/mnt/bitmaps/big" "block:$work/mnt/regions/blocks"
overwrite "$work/bare" 2000 >"$work/floor"
eight=$(seconds "for i in 1 2 3 4 5 6 7 8; do
	fsclient -s '$work/mnt/bitmaps/of'\$i 500 & done; wait")
ratio "append_fsync, 8 at once, each" "$(awk "BEGIN{print $eight*1e6/4000}")" \
	"$(awk '{ print $2 }' "$work/floor")" us
rm "$work/mnt/bitmaps/one"
sync "$work/mnt/bitmaps/big"
du -k "$work/store" | awk '{ printf "store on disk: %d KiB\n", $1 }'
