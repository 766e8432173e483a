#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# user.roarfs.shards of a directory: inherited, kept by a remount, and that many
# threads at most sort what goes into a set below; which does not show in it.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require setfattr getfattr
mount_store

get()
{
	getfattr --absolute-names --only-values -n "user.roarfs.$1" "$MNT/bitmaps/$2"
}

for n in 1 16; do
	mkdir "$MNT/bitmaps/$n"
	setfattr -n user.roarfs.shards -v $n "$MNT/bitmaps/$n"
	mkdir "$MNT/bitmaps/$n/below"
	expect_eq "$(get shards $n/below)" $n
done
: >"$MNT/bitmaps/usual"
expect_error 'not permitted' \
	setfattr -n user.roarfs.shards -v 2 "$MNT/bitmaps/usual"
expect_error 'Invalid' \
	setfattr -n user.roarfs.shards -v 17 "$MNT/bitmaps/16"
: >"$MNT/bitmaps/16/below/old"
setfattr -n user.roarfs.shards -v 3 "$MNT/bitmaps/16"
mkdir "$MNT/bitmaps/16/later"
remount_store
expect_eq "$(get shards 16/later)" 3
expect_eq "$(get shards 16/below)" 16
expect_eq "$(get shards 16/below/old)" 16

# In no order, from all containers of 2^24 in turn.
awk 'BEGIN { for (i = 0; i < 2500000; i++) print i * 40503 % 16777216 }' \
	>"$DIR/many"
sort -nu "$DIR/many" >"$DIR/sorted"

# most_threads SET - of the daemon, while all of it is appended and settled.
most_threads()
{
	local most=0 writer

	(cat "$DIR/many" >>"$1"; stat -c %s "$1" >"$DIR/size") &
	writer=$!
	while kill -0 "$writer" 2>/dev/null; do
		set -- "/proc/$DAEMON/task/"*
		[ $# -le "$most" ] || most=$#
	done
	wait "$writer" || fail "cannot write"
	echo "$most"
}

# The threads that come for other reasons are there after the first.
most_threads "$MNT/bitmaps/1/below/first" >"$DIR/warm"
alone=$(most_threads "$MNT/bitmaps/1/below/set")
for ((i = 0; i < 20; i++)); do
	: >"$MNT/bitmaps/16/below/set"
	many=$(most_threads "$MNT/bitmaps/16/below/set")
	[ "$many" -lt $((alone + 8)) ] || break
done
[ "$many" -ge $((alone + 8)) ] ||
	fail "$many threads with 16 shards and $alone with one"
[ "$alone" -lt $(($(wc -w <<<"$(echo "/proc/$DAEMON/task/"*)") + 8)) ] ||
	fail "$alone threads with one shard"

cat "$DIR/many" >"$MNT/bitmaps/16/below/replaced"
cp "$DIR/many" "$MNT/bitmaps/16/below/.renamed"
mv "$MNT/bitmaps/16/below/.renamed" "$MNT/bitmaps/16/below/renamed"
for s in 1/below/set 16/below/set 16/below/replaced 16/below/renamed; do
	expect_same "$DIR/sorted" "$MNT/bitmaps/$s"
	expect_eq "$(get shards $s)" "${s%%/*}"
done
for what in segments stored; do
	expect_eq "$(get $what 16/below/set)" "$(get $what 1/below/set)"
done

unmount_store
check_store
