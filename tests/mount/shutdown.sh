#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The host filesystem is shut down under a live daemon with four writers: all
# that it has not flushed is lost at once, and every call fails from then on.
# Writers get I/O errors, the daemon lives on and says why; after the host was
# mounted again the check finds nothing and nothing that was synced is lost.
#
# ROUNDS= (1) repeats it, on each host.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
# shellcheck source=tests/mount/lib_host.sh
. "$TEST_LIB/lib_host.sh"
require_loop xfs_io mkfs.xfs mkfs.ext4

# writer N - each number is noted outside once it was acknowledged.
writer()
{
	local i=0 set=$MNT/bitmaps/w$1 file=$MNT/regions/w$1

	while :; do
		{ echo "$i" >>"$set" && sync "$set"; } || break
		{ printf '%08d\n' "$i" >>"$file" && sync "$file"; } || break
		echo "$i" >>"$DIR/acked.$1"
		i=$((i + 1))
	done
	echo stopped >"$DIR/stopped.$1"
}

# acked N - how many numbers writer N was promised.
acked()
{
	wc -l <"$DIR/acked.$1"
}

# is_there N - all that was acknowledged, in order, and no nonsense behind it.
is_there()
{
	local n got

	n=$(acked "$1")
	got=$(wc -l <"$MNT/bitmaps/w$1")
	[ "$got" -ge "$n" ] || fail "set $1: $got of $n lines are there"
	seq 0 $((got - 1)) >"$DIR/want"
	expect_same "$MNT/bitmaps/w$1" "$DIR/want"
	got=$(wc -l <"$MNT/regions/w$1")
	[ "$got" -ge "$n" ] || fail "file $1: $got of $n lines are there"
	seq -f %08.0f 0 $((got - 1)) >"$DIR/want"
	expect_same "$MNT/regions/w$1" "$DIR/want"
}

# The daemon is as it was, but for writing.
survives()
{
	kill -0 "$DAEMON" || fail "the daemon did not survive"
	grep -q '^state.*ERROR' "$MNT/.ctl/status" ||
		fail "status says '$(grep '^state' "$MNT/.ctl/status")'"
	expect_error 'Input/output error' \
		bash -c "echo 1 >>'$MNT/bitmaps/w1' && sync '$MNT/bitmaps/w1'"
	[ "$(ls "$MNT")" != "" ] || fail "nothing can be listed"
}

# round TYPE HOW - HOW is what xfs_io's shutdown is given.
round()
{
	local i how=()

	[ "$2" = drop ] || how=(-f)
	mount_host "$1" 320
	mount_store
	rm -f "$DIR"/acked.* "$DIR"/stopped.*
	for i in 1 2 3 4; do
		: >"$DIR/acked.$i"
		writer "$i" 2>/dev/null &
	done
	sleep 1
	xfs_io -x -c "shutdown ${how[*]}" "$HOST" || skip "no shutdown of $1"
	for i in 1 2 3 4; do
		for _ in {1..200}; do
			[ ! -e "$DIR/stopped.$i" ] || break
			sleep 0.05
		done
		[ -e "$DIR/stopped.$i" ] || fail "writer $i was never told"
		[ "$(acked "$i")" -gt 0 ] || fail "writer $i wrote nothing"
	done
	survives
	umount "$MNT"
	daemon_gone 30 || fail "the daemon did not end"
	wait "$DAEMON" 2>/dev/null || :
	DAEMON=
	remount_host
	check_store
	: >"$LOG"
	mount_store
	for i in 1 2 3 4; do
		is_there "$i"
	done
	echo "$1, $2: $(cat "$DIR"/acked.* | wc -l) acknowledged, all there"
	unmount_store
	check_store
	drop_host
}

for _ in $(seq "${ROUNDS:-1}"); do
	for type in xfs ext4; do
		round "$type" drop
		round "$type" flush
	done
done
