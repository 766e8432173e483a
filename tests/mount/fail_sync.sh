#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A sync of the store file fails below a live daemon. Nobody who waits for it
# sees an error, what was written is there, and .ctl/ says what happened. When
# the second try fails as well it is the ERROR state: reads go on.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse

export FAIL_SYNC=$DIR/fail
: >"$FAIL_SYNC"

mount_flaky()
{
	LD_PRELOAD=$FAIL_SYNC_LIB mount_store
}

# ended_with CODE - the daemon ends after an unmount.
ended_with()
{
	local code=0

	umount "$MNT"
	daemon_gone 30 || fail "the daemon did not end"
	wait "$DAEMON" || code=$?
	DAEMON=
	expect_eq "$((code != 0))" "$1" "$(cat "$LOG")"
}

# fails_once COMMAND... - with one sync that fails it succeeds all the same.
times=0
fails_once()
{
	printf x >"$FAIL_SYNC"
	"$@" || fail "$*"
	times=$((times + 1))
	expect_eq "$(stat -c %s "$FAIL_SYNC")" 0 "nothing failed: $*"
	grep -q '^state *ok$' "$MNT/.ctl/status" ||
		fail "$(cat "$MNT/.ctl/status")"
	grep -q "^disk failed *$times times" "$MNT/.ctl/status" ||
		fail "$(cat "$MNT/.ctl/status")"
	expect_eq "$(grep -c 'written again' "$MNT/.ctl/errors")" "$times"
}

head -c 3000000 /dev/urandom >"$DIR/data"
head -c 7000000 /dev/urandom >"$DIR/much"
mount_flaky
seq 1 3 100000 >"$DIR/set"
cp "$DIR/set" "$MNT/bitmaps/s"
fails_once dd if="$DIR/data" of="$MNT/regions/r" bs=100000 conv=fsync \
	status=none
fails_once dd if="$DIR/much" of="$MNT/regions/m" bs=1M conv=fsync status=none
echo 100001 | tee -a "$DIR/set" >>"$MNT/bitmaps/s"
fails_once sync "$MNT/bitmaps/s"
for i in 1 2 3; do # by a commit, and by the log
	echo "$((i * 3))" >>"$MNT/bitmaps/t"
	sync "$MNT/bitmaps/t"
	echo "$((i * 3 + 1))" >>"$MNT/bitmaps/t"
	fails_once sync "$MNT/bitmaps/t"
done
fails_once mkdir "$MNT/snapshots/now"
expect_same "$MNT/regions/r" "$DIR/data"
expect_same "$MNT/regions/m" "$DIR/much"
expect_set "$MNT/bitmaps/s" "$DIR/set"

# Killed, it has all of it.
kill_daemon
umount -l "$MNT"
check_store
mount_flaky
for at in "$MNT" "$MNT/snapshots/now"; do
	expect_same "$at/regions/r" "$DIR/data"
	expect_same "$at/regions/m" "$DIR/much"
	expect_set "$at/bitmaps/s" "$DIR/set"
	expect_eq "$(tr '\n' ' ' <"$at/bitmaps/t")" "3 4 6 7 9 10 "
done
grep -q '^disk failed' "$MNT/.ctl/status" && fail "it is another daemon"
times=0
echo >"$MNT/.ctl/sync" # what was found, which has no second place
fails_once mkdir "$MNT/snapshots/later"
ended_with 0
check_store
mount_flaky

# Twice in a row.
printf xx >"$FAIL_SYNC"
expect_error 'Input/output error' mkdir "$MNT/snapshots/never"
grep -q '^state *ERROR.*commit' "$MNT/.ctl/status" ||
	fail "$(cat "$MNT/.ctl/status")"
expect_error 'Input/output error' bash -c "echo 5 >>'$MNT/bitmaps/s'"
expect_error 'Input/output error' touch "$MNT/regions/new"
expect_error 'Input/output error' mv "$MNT/regions/r" "$MNT/regions/q"
expect_error 'Input/output error' rm "$MNT/regions/m"
expect_error 'Input/output error' sync "$MNT/regions/r"
for path in snapshots/never regions/new regions/r regions/m; do
	grep -q "'/$path' 'EIO'" "$MNT/.ctl/errors" ||
		fail "no '$path' in errors: $(cat "$MNT/.ctl/errors")"
done
grep "'-'" "$MNT/.ctl/errors" && fail "errors without a path"
expect_same "$MNT/regions/r" "$DIR/data"
ended_with 1
check_store
mount_flaky
expect_eq "$(names "$MNT/snapshots")" "later now latest "
expect_set "$MNT/bitmaps/s" "$DIR/set"
ended_with 0
