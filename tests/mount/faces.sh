#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is done to a set through one face is seen through the others at once,
# also when the kernel was just told its attributes there.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store

B=$MNT/bitmaps
one='\1\0\0\0\0\0\0\0'

# Made as text, filled as le64. No program is started in between: it would take
# longer than the kernel believes what it was told.
for i in {1..20}; do
	: >"$B/made$i"
	# shellcheck disable=SC2059 # bytes
	printf "$one" >"$B/.as/le64/made$i"
	[ -s "$B/made$i" ] || fail "made$i is empty as text"
	expect_eq "$(stat -c %s "$B/made$i")" 2
done

# The other way round.
for i in {1..20}; do
	: >"$B/.as/le64/back$i"
	echo 1 >>"$B/back$i"
	[ -s "$B/.as/le64/back$i" ] || fail "back$i is empty as le64"
done

# Listed as text, with attributes, and then filled as le64.
mkdir "$B/listed"
for i in {1..20}; do
	: >"$B/listed/s$i"
done
sleep 0.1
for i in {1..20}; do
	ls -lU "$B/listed" >/dev/null
	# shellcheck disable=SC2059
	printf "$one" >"$B/listed/.as/le64/s$i"
	[ -s "$B/listed/s$i" ] || fail "s$i is empty after a listing"
done

# Emptied by its name, just after it was made.
echo 7 >"$B/emptied"
sleep 0.1
ls -lU "$B" >/dev/null
truncate -s 0 "$B/.as/le64/emptied"
[ ! -s "$B/emptied" ] || fail "not empty as text"

# Whose it is by now does not matter to who unpacks an archive; but that it was
# said again is a change when time has gone by.
echo 7 >"$B/owned"
before=$(stat -c %Z%z "$B/owned")
sleep 0.05
chmod "$(stat -c %a "$B/owned")" "$B/owned"
[ "$(stat -c %Z%z "$B/owned")" != "$before" ] || fail "chmod left no trace"

unmount_store
check_store
