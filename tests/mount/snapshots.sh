#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A snapshot is the whole tree as it was: nothing changes it, and any of them
# can be dropped in any order.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store
cd "$MNT"

seq 1 1000 >bitmaps/s
mkdir bitmaps/d
seq 5 9 >bitmaps/d/t
head -c 500000 /dev/urandom >"$DIR/r1"
cp "$DIR/r1" regions/r
ln -s r regions/link
expect_error 'No such file' readlink -ev snapshots/latest/bitmaps
mkdir snapshots/one
expect_eq "$(readlink snapshots/latest)" one
find snapshots/one | sed 's,^snapshots/one,.,' | sort >"$DIR/tree"

seq 2000 2010 >bitmaps/s
echo 1 >>bitmaps/d/t
head -c 500000 /dev/urandom >"$DIR/r2"
cp "$DIR/r2" regions/r
echo new >regions/new
mkdir snapshots/two
expect_eq "$(readlink snapshots/latest)" two
rm -r bitmaps/d regions/r

see_one()
{
	seq 1 1000 >"$DIR/want"
	expect_set "$1/bitmaps/s" "$DIR/want"
	expect_eq "$(tr '\n' ' ' <"$1/bitmaps/d/t")" "5 6 7 8 9 "
	expect_same "$1/regions/r" "$DIR/r1"
	expect_eq "$(readlink "$1/regions/link")" r
	[ ! -e "$1/regions/new" ] || fail "too new"
	expect_eq "$(find "$1" | sed "s,^$1,.," | sort | cksum)" \
		"$(cksum <"$DIR/tree")"
}
see_one snapshots/one
expect_same snapshots/two/regions/r "$DIR/r2"
expect_eq "$(wc -l <snapshots/latest/bitmaps/s)" 11
expect_eq "$(names snapshots)" "one two latest "

# Every change is refused.
e='Read-only file system'
expect_error "$e" touch snapshots/one/bitmaps/x
expect_error "$e" bash -c 'echo 1 >>snapshots/one/bitmaps/s'
expect_error "$e" bash -c 'echo 1 >snapshots/one/regions/r'
expect_error "$e" rm -f snapshots/one/bitmaps/s
expect_error "$e" mkdir snapshots/one/regions/d
expect_error "$e" mv snapshots/one/regions/r snapshots/one/regions/r2
expect_error "$e" chmod 600 snapshots/one/regions/r
expect_error "$e" truncate -s 0 snapshots/one/regions/r
expect_error "$e" ln -s x snapshots/one/regions/y
expect_error 'File exists' mkdir snapshots/one
expect_error 'File exists' mkdir snapshots/latest

# A new name; a file that is open in one that is dropped.
mv snapshots/one snapshots/first
see_one snapshots/first
expect_error 'No such file' ls snapshots/one
mkdir snapshots/three
cp -a snapshots/first/bitmaps/d bitmaps/restored
expect_eq "$(tr '\n' ' ' <bitmaps/restored/t)" "5 6 7 8 9 "
exec 3<snapshots/two/regions/r
rmdir snapshots/two
expect_error 'No such file' cat snapshots/two/bitmaps/s
cat <&3 | cmp - "$DIR/r2"
exec 3<&-
see_one snapshots/first
cd /
remount_store
cd "$MNT"
see_one snapshots/first
expect_eq "$(readlink snapshots/latest)" three
rmdir snapshots/first snapshots/three
expect_eq "$(names snapshots)" ""
[ "$(df --output=size "$MNT" | tail -n 1)" -gt 0 ] || fail "df says nothing"
cd /

unmount_store
check_store
