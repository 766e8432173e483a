#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Mounting and unmounting: in the background, read-only, through mount(8)'s
# helper, twice, over a dead mount, with options that do not exist, by signal.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse

pid_of_daemon()
{
	pgrep -f -- "mount .*$STORE" | head -n 1
}

"$ROARFS" create "$STORE"
code=0
"$ROARFS" mount -o nonsense "$STORE" "$MNT" 2>"$DIR/out" || code=$?
expect_eq "$code" 2
grep -q nonsense "$DIR/out" || fail "the option is not named"
code=0
"$ROARFS" mount "$DIR/no" "$MNT" 2>"$DIR/out" || code=$?
expect_eq "$code" 1
grep -q "No such file" "$DIR/out" || fail "$(cat "$DIR/out")"

# When it returns, the mount can be used.
"$ROARFS" mount -o commit=1 "$STORE" "$MNT"
mountpoint -q "$MNT" || fail "not mounted"
seq 1 10 >"$MNT/bitmaps/s"
grep "$MNT" /proc/mounts >"$DIR/out"
grep -q "fuse.roarfs" "$DIR/out" || fail "$(cat "$DIR/out")"
grep -q "nosuid,nodev" "$DIR/out" || fail "$(cat "$DIR/out")"
mkdir "$DIR/second"
code=0
"$ROARFS" mount "$STORE" "$DIR/second" 2>"$DIR/out" || code=$?
expect_eq "$code" 1
grep -qi 'in use\|busy' "$DIR/out" || fail "$(cat "$DIR/out")"

# With sync each write is a commit when it returns, to a set and to a region.
durable()
{
	sed -n 's/.*newest durable \([0-9]*\).*/\1/p' "$MNT/.ctl/status"
}
"$ROARFS" umount "$MNT"
"$ROARFS" mount -o sync,commit=300,commit=2pc "$STORE" "$MNT"
before=$(durable)
echo 11 >>"$MNT/bitmaps/s"
[ "$(durable)" -gt "$before" ] || fail "a write to a set is not durable"
before=$(durable)
echo text >>"$MNT/regions/text"
[ "$(durable)" -gt "$before" ] || fail "a write to a region is not durable"
rm "$MNT/regions/text"
echo -11 >>"$MNT/bitmaps/s"
"$ROARFS" umount "$MNT"
"$ROARFS" mount -o commit=1 "$STORE" "$MNT"

# SIGTERM is a clean unmount; an open file is served until it is closed.
DAEMON=$(pid_of_daemon)
exec 3>"$MNT/bitmaps/late"
kill -TERM "$DAEMON"
sleep 0.5
seq 1 5 >&3
exec 3>&-
daemon_gone 10 || fail "the daemon stayed"
DAEMON=
! mountpoint -q "$MNT" || fail "still mounted"
check_store

# As mount(8) calls it, read-only.
ln -s "$ROARFS" "$DIR/mount.roarfs"
"$DIR/mount.roarfs" "$STORE" "$MNT" -o ro,noauto,user,_netdev,exec
DAEMON=$(pid_of_daemon || pgrep -f "mount.roarfs $STORE")
expect_eq "$(wc -l <"$MNT/bitmaps/s")" 10
expect_eq "$(wc -l <"$MNT/bitmaps/late")" 5
expect_error 'Read-only' touch "$MNT/bitmaps/x"

# A dead mount is cleared away.
kill_daemon
sleep 0.2
expect_error 'connect\|canceled' ls "$MNT"
"$ROARFS" mount "$STORE" "$MNT"
DAEMON=$(pid_of_daemon)
expect_eq "$(wc -l <"$MNT/bitmaps/s")" 10
"$ROARFS" umount "$MNT"
daemon_gone 10 || fail "the daemon stayed"
DAEMON=
check_store
