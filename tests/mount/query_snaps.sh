#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Queries in snapshots, and of snapshots from outside.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store
b=$MNT/bitmaps

mkdir "$b/d"
seq 1 10 >"$b/a"
seq 1 10 >"$b/d/a"
mkdir "$MNT/snapshots/one"
echo 11 >>"$b/a"
echo -1 >>"$b/a"
mkdir "$MNT/snapshots/10:30"
seq 1 3 >"$b/new"

# What came and what went.
expect_eq "$(cat "$b/.q/a minus at(one,a)/members")" 11
expect_eq "$(cat "$b/.q/at(one,a) minus a/members")" 1
expect_eq "$(cat "$b/.q/at(10:30,a),xor,at(one,a)/count")" 2
expect_eq "$(cat "$b/.q/at(one,a minus at(latest,a))/members")" 1
expect_eq "$(cat "$b/.q/at(one,any(*))/count")" 10
expect_eq "$(cat "$b/d/.q/at(one,a)/count")" 10

# Inside, names are those of then, and so is their order of any change.
s=$MNT/snapshots/one/bitmaps
expect_eq "$(cat "$s/.q/a/count" "$s/d/.q/..:a minus a/count")" "$(printf '10\n0')"
expect_eq "$(cat "$s/.q/at(10:30,a) minus a/members")" 11
expect_eq "$(names "$s/.q/of/1")" "a "
expect_eq "$(wc -l <"$s/.q/of/1/a")" 10
expect_error 'No such file' cat "$s/.q/new/count"
test -e "$s/.q/a/has/1" || fail "1 was there"
expect_error 'Read-only' mkdir "$s/.q/x"
expect_error 'Read-only' bash -c "echo 1 >'$s/.q/a/members'"
cp "$s/.q/a/members" "$b/back"
expect_same "$b/back" "$s/a"
expect_error 'No such file' ls "$MNT/snapshots/.q"
expect_error 'No such file' ls "$MNT/snapshots/one/.q"

# A directory is found by what it is, not by its name.
mv "$b/d" "$b/moved"
expect_eq "$(cat "$b/moved/.q/at(one,a)/count")" 10
mkdir "$b/young"
expect_error 'No such file' cat "$b/young/.q/at(one,a)/count"
tail -n 1 "$MNT/.ctl/errors" | grep -qF "this directory is not there" ||
	fail "no reason: $(tail -n 1 "$MNT/.ctl/errors")"
expect_error 'No such file' cat "$b/.q/at(two,a)/count"
tail -n 1 "$MNT/.ctl/errors" | grep -qF "'two' at byte 8: no such snapshot" ||
	fail "no reason: $(tail -n 1 "$MNT/.ctl/errors")"

# One that is dropped stays for who has it open.
exec 3<"$b/.q/at(one,a)/members"
rmdir "$MNT/snapshots/one"
expect_eq "$(cat <&3 | wc -l)" 10
exec 3<&-
expect_error 'No such file' cat "$b/.q/at(one,a)/count"
unmount_store
expect_eq "$("$ROARFS" query "$STORE" -c 'at(10:30,a)')" 10
expect_eq "$("$ROARFS" query "$STORE" -c 'at(latest,a)')" 10
check_store
