#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Somebody cuts the store file below a live daemon. It does not die: what is
# still there is read, what is not is an I/O error, nothing is written any
# more, .ctl/status says why; and another daemon's store knows nothing of it.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse

mount_store
head -c 30000000 /dev/urandom >"$DIR/data"
seq 1 1000 >"$MNT/bitmaps/small"
cp "$DIR/data" "$MNT/regions/large"
remount_store

other=$DIR/other
mkdir "$other"
"$ROARFS" create "$DIR/other.store"
"$ROARFS" mount "$DIR/other.store" "$other"
drop_other()
{
	local code=$?

	umount -l "$other" 2>/dev/null || :
	(exit "$code") || finish
	finish
}
trap drop_other EXIT
seq 1 99 >"$other/bitmaps/s"

truncate -s 20000000 "$STORE"
expect_error 'Input/output error' cp "$MNT/regions/large" "$DIR/out"
grep -q "'/regions/large' .*bytes .* of the file" "$MNT/.ctl/errors" ||
	fail "$(cat "$MNT/.ctl/errors")"
kill -0 "$DAEMON" || fail "the daemon died"
grep -q '^state *ERROR.*was cut' "$MNT/.ctl/status" ||
	fail "$(cat "$MNT/.ctl/status")"
grep -q '^unreadable *[1-9]' "$MNT/.ctl/status" ||
	fail "$(cat "$MNT/.ctl/status")"

# What is there is served, as it was.
expect_eq "$(names "$MNT/bitmaps")" "small "
expect_eq "$(wc -l <"$MNT/bitmaps/small")" 1000 "$(cat "$MNT/.ctl/errors")"
head -c 1000000 "$MNT/regions/large" | cmp - <(head -c 1000000 "$DIR/data") ||
	fail "the part that is there"

# Nothing is written.
expect_error 'Input/output error' bash -c "echo 5 >>'$MNT/bitmaps/small'"
expect_error 'Input/output error' touch "$MNT/regions/new"
expect_error 'Input/output error' mkdir "$MNT/snapshots/late"
expect_error 'Input/output error' bash -c "echo >'$MNT/.ctl/sync'"
expect_eq "$(stat -c %s "$STORE")" 20000000 "size of the store"

# The other one goes on.
seq 100 200 >>"$other/bitmaps/s"
sync -f "$other/bitmaps/s"
expect_eq "$(wc -l <"$other/bitmaps/s")" 200
umount "$other"
for ((i = 0; i < 100; i++)); do
	"$ROARFS" check "$DIR/other.store" >"$DIR/check" 2>&1 && break
	sleep 0.05
done
grep -q sound "$DIR/check" || fail "$(cat "$DIR/check")"

umount "$MNT"
daemon_gone 30 || fail "the daemon did not end"
wait "$DAEMON" || : # it could not close its store well, and says so
DAEMON=
grep -q 'closing' "$LOG" || fail "the daemon ended without a word"
code=0
"$ROARFS" check "$STORE" >"$DIR/check" 2>&1 || code=$?
expect_eq "$code" 3 "$(cat "$DIR/check")"
grep -q 'was cut' "$DIR/check" || fail "$(cat "$DIR/check")"
