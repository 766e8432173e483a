#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Regions are files: random writes, growth, holes, truncation, as on the host.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store
r=$MNT/regions/r
w=$DIR/want

head -c 3000000 /dev/urandom >"$DIR/bytes"
both()
{
	"$@" "$r"
	"$@" "$w"
}
put()
{
	dd if="$DIR/bytes" of="$3" bs=1 count="$2" seek="$1" conv=notrunc \
		status=none
}
blocks()
{
	dd if="$DIR/bytes" of="$4" bs="$1" count="$2" seek="$3" conv=notrunc \
		status=none
}

both blocks 100000 30 0
expect_same "$r" "$w"
for at in 0 1 4095 4097 262143 262144 1000000 2999999; do
	both put $at 10
done
for n in 4096 5000 65536; do
	both blocks $n 3 7
done
expect_same "$r" "$w"
both truncate -s 1234567
expect_same "$r" "$w"
both truncate -s 5000000
expect_same "$r" "$w"
both put 7000000 3
expect_same "$r" "$w"
echo hello | tee -a "$r" >>"$w"
expect_same "$r" "$w"
both fallocate -p -o 500000 -l 1000000
expect_same "$r" "$w"
both fallocate -z -o 10 -l 5000
expect_same "$r" "$w"
both fallocate -l 9000000
expect_same "$r" "$w"
both fallocate -n -l 19000000
expect_eq "$(stat -c %s "$r")" "$(stat -c %s "$w")"

# Sparse: a hole costs nothing and is found.
truncate -s 10G "$MNT/regions/sparse"
printf x | dd of="$MNT/regions/sparse" bs=1 seek=5G conv=notrunc status=none
[ "$(stat -c %b "$MNT/regions/sparse")" -lt 1000 ] || fail "not sparse"
cp --sparse=always "$MNT/regions/sparse" "$DIR/sparse"
expect_eq "$(stat -c %s "$DIR/sparse")" 10737418240
rm "$MNT/regions/sparse" "$DIR/sparse"

# Small ones, and none.
: >"$MNT/regions/empty"
printf x >"$MNT/regions/one"
head -c 1024 "$DIR/bytes" >"$MNT/regions/inline"
head -c 1025 "$DIR/bytes" >"$MNT/regions/outside"
remount_store
expect_same "$r" "$w"
expect_eq "$(stat -c %s "$MNT/regions/empty")" 0
expect_eq "$(cat "$MNT/regions/one")" x
head -c 1024 "$DIR/bytes" | cmp - "$MNT/regions/inline"
head -c 1025 "$DIR/bytes" | cmp - "$MNT/regions/outside"

unmount_store
check_store
