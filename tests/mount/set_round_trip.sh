#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is written to a set in any order reads back ascending, once each, at
# any offset, with an exact size.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store

want=$DIR/want
s=$MNT/bitmaps/s

seq 1 7 700000 | shuf --random-source=<(yes) >"$DIR/in"
sort -n "$DIR/in" >"$want"
cat "$DIR/in" "$DIR/in" >"$s"
expect_set "$s" "$want"
expect_eq "$(wc -l <"$s")" 100000
expect_eq "$(stat -c %b "$s")" "$((($(stat -c %s "$want") + 511) / 512))"

# At the ends and in the middle.
expect_eq "$(head -n 1 "$s")" 1
expect_eq "$(tail -n 1 "$s")" 699994
expect_eq "$(tail -c 100 "$s")" "$(tail -c 100 "$want")"
for at in 0 1 4095 4096 131072 300001; do
	expect_eq "$(dd if="$s" bs=1 skip=$at count=50 status=none)" \
		"$(dd if="$want" bs=1 skip=$at count=50 status=none)"
done
dd if="$s" of="$DIR/got" bs=7777 status=none
expect_same "$DIR/got" "$want"
grep -qx 77777 "$want" || expect_eq "$(grep -cx 77777 "$s" || :)" 0
expect_eq "$(grep -cx 70001 "$s")" 1

# All commands, and the largest number.
printf '%s\n' '# a comment' '' +5 00007 18446744073709551615 10-20 '-12-14' \
	'!16' '+100-102' -101 >"$s"
printf '%s\n' 5 7 10 11 15 17 18 19 20 100 102 18446744073709551615 >"$want"
expect_set "$s" "$want"

# No newline at the end.
printf '3\n1\n2' >"$s"
printf '%s\n' 1 2 3 >"$want"
expect_set "$s" "$want"

unmount_store
check_store
