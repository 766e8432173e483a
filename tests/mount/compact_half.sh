#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Half of everything is removed by lot, and the store is compacted: it is then
# within a tenth of a store that the same was written to afresh and that was
# compacted as well, as else it ends with room to grow. Once for sets of many
# members, of which half go; for many small sets and names, of which half go;
# and for regions of all lengths, of which some had grown in small pieces. So
# none can hide behind the others. It prints the figures of each.
#
# MEMBERS=, SMALL= and FILES= are how much of each there is, ONLY= which of
# them: sets, small, files, or all for all of it in one store.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
# shellcheck source=tests/mount/lib_compact.sh
. "$TEST_LIB/lib_compact.sh"
require_fuse

MEMBERS=${MEMBERS:-400000}
SMALL=${SMALL:-12000}
FILES=${FILES:-150}
# KiB for what comes in steps: holes too short to punch, room for commits. What a
# store keeps for removals on a full disk, 4 MiB, is not counted in either.
SPARE=4096
SLACK=512

# lots SEED N TOP - N numbers below TOP, by lot.
lots()
{
	awk -v seed="$1" -v n="$2" -v top="$3" 'BEGIN {
		srand(seed)
		for (i = 0; i < n; i++)
			printf "%.0f\n", int(rand() * 65536) * (top / 65536) + \
				int(rand() * (top / 65536))
	}'
}

# half SEED - every line has an even chance.
half()
{
	awk -v seed="$1" 'BEGIN { srand(seed) } rand() < 0.5'
}

# --- sets of many members: thin, close together, and far apart ---

load_sets()
{
	local i

	lots 1 "$MEMBERS" 4294967296 >"$MNT/bitmaps/thin"
	lots 2 "$MEMBERS" $((MEMBERS * 4)) >"$MNT/bitmaps/close"
	lots 3 $((MEMBERS / 4)) 281474976710656 >"$MNT/bitmaps/far"
	seq "$MEMBERS" >"$MNT/bitmaps/all"
	lots 99 $((MEMBERS / 4)) 4294967296 >"$MNT/bitmaps/slowly"
	for ((i = 0; i < 100; i++)); do
		lots $((i + 4)) $((MEMBERS / 1000 + i * 20)) 4294967296 \
			>"$MNT/bitmaps/some$i"
	done
}

thin_sets()
{
	local f

	# A few at a time, each time in place before the next.
	f=$MNT/bitmaps/slowly
	# shellcheck disable=SC2094 # what is open shows what it was
	half 6 <"$f" | shuf --random-source=<(yes) | sed 's/^/-/' |
		while read -r a && read -r b && read -r c; do
			printf '%s\n' "$a" "$b" "$c" >>"$f"
			[ -s "$f" ]
		done
	# And a batch.
	for f in "$MNT"/bitmaps/{thin,close,far,all,some*}; do
		half 7 <"$f" | sed 's/^/-/' >"$DIR/lines"
		cat "$DIR/lines" >>"$f"
	done
}

# --- many small ones ---

load_small()
{
	local i

	for ((i = 0; i < SMALL; i++)); do
		((i % 1000)) || mkdir -p "$MNT/bitmaps/small/$((i / 1000))"
		echo "$((i * 7))
$((i * 7 + i % 1000))-$((i * 7 + i % 3000))" \
			>"$MNT/bitmaps/small/$((i / 1000))/a-set-by-name-$i"
	done
}

thin_small()
{
	find "$MNT/bitmaps/small" -type f | sort | half 8 | xargs -r rm
}

# --- regions ---

load_files()
{
	local i size

	head -c 4194304 /dev/urandom >"$DIR/bytes"
	for ((i = 0; i < FILES; i++)); do
		((i % 100)) || mkdir -p "$MNT/regions/d/$((i / 100))"
		# 1 KiB to 1 MiB, each octave as likely as another.
		size=$((1024 << (i * 2654435761 >> 9) % 10))
		size=$((size + i * 40503 % size))
		head -c "$((size + i))" "$DIR/bytes" | tail -c "$size" \
			>"$MNT/regions/d/$((i / 100))/$i"
	done
	# Some that grow in turn, so that their blocks lie between each other.
	for ((i = 0; i < 400; i++)); do
		head -c 4096 "$DIR/bytes" >>"$MNT/regions/d/turn$((i % 10))"
		((i % 10 < 9)) || echo >"$MNT/.ctl/sync"
	done
}

thin_files()
{
	find "$MNT/regions/d" -type f | sort | half 9 | xargs -r rm
}

# --- one after the other --------------------------------------------------

# judge WHAT KIB FRESH - not more than a tenth above it.
judge()
{
	[ $(($2 - SPARE)) -le $((($3 - SPARE) * 11 / 10 + SLACK)) ] ||
		fail "$1: $2 KiB, and $3 when it is written afresh"
}

# scenario NAME PART... - the parts are removed in halves.
scenario()
{
	local name=$1 before length blocks fresh_length fresh_blocks part

	shift
	rm -rf "$STORE" "$DIR/old" "$DIR/copy"
	mount_store
	for part; do "load_$part"; done
	echo >"$MNT/.ctl/sync"
	for part; do "thin_$part"; done
	content "$MNT" >"$DIR/before"
	mkdir "$DIR/copy"
	cp -a "$MNT/bitmaps" "$MNT/regions" "$DIR/copy"
	unmount_store
	before=$(sizes "$STORE")
	compact_store
	mount_store
	expect_content "$DIR/before"
	unmount_store

	write_afresh "$DIR/before"
	echo "$name: before $before, compacted $length $blocks, fresh and" \
		"compacted $fresh_length $fresh_blocks KiB (length, blocks)"
	judge "$name, length" "$length" "$fresh_length"
	judge "$name, blocks" "$blocks" "$fresh_blocks"
}

for name in ${ONLY:-sets small files}; do
	case $name in
	all) scenario all sets small files ;;
	*) scenario "$name" "$name" ;;
	esac
done
