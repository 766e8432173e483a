#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Appended lines take effect at once; a line that is cut anywhere is put
# together again, and two processes never tear each other's.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store
s=$MNT/bitmaps/s

echo 42 >>"$s"
expect_eq "$(cat "$s")" 42
echo 7 >>"$s"
echo -42 >>"$s"
expect_eq "$(cat "$s")" 7

# Cut after every byte.
exec 3>>"$s"
printf 1 >&3
exec 3>&-
expect_eq "$(tr '\n' ' ' <"$s")" "1 7 "
dd if=<(seq 100 120) of="$s" oflag=append conv=notrunc bs=1 status=none
expect_eq "$(wc -l <"$s")" 23

# While the handle is open, its complete lines show, and no others.
(printf '555\n66'; sleep 0.5; echo 6) | dd of="$s" oflag=append conv=notrunc \
	bs=4096 status=none &
dd=$!
sleep 0.2
expect_eq "$(grep -c '^555$' "$s")" 1
expect_eq "$(grep -c '^66$' "$s" || :)" 0
wait $dd
expect_eq "$(grep -c '^666$' "$s")" 1
expect_eq "$(grep -c '^6$' "$s" || :)" 0

# Two appenders, and two that share a file.
seq 1 2 200000 >>"$MNT/bitmaps/two" &
a=$!
seq 2 2 200000 >>"$MNT/bitmaps/two" &
b=$!
wait $a $b
seq 1 200000 >"$DIR/want"
expect_set "$MNT/bitmaps/two" "$DIR/want"
{
	seq 1 2 200000 &
	a=$!
	seq 2 2 200000 &
	b=$!
	wait $a $b
} >>"$MNT/bitmaps/shared"
expect_set "$MNT/bitmaps/shared" "$DIR/want"

unmount_store
check_store
