#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A replace shows all at once, at the close; an error in it keeps the old set.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store
s=$MNT/bitmaps/s

seq 1 1000 >"$s"
seq 1 1000 >"$DIR/old"
seq 5 5 500000 >"$DIR/new"

# The old one until the writer closes.
exec 3>"$s"
head -c 100000 "$DIR/new" >&3 &
wait $!
exec 3>&-
seq 1 1000 >"$s"
exec 3>"$s"
expect_set "$s" "$DIR/old"
seq 1 10 >&3
exec 3>&-
expect_eq "$(wc -l <"$s")" 10

# Readers see one or the other and nothing between.
cp "$DIR/old" "$s"
for ((i = 0; i < 20; i++)); do
	cat "$DIR/new" >"$s"
	cat "$DIR/old" >"$s"
done &
writer=$!
while kill -0 $writer 2>/dev/null; do
	sum=$(cksum <"$s")
	case $sum in
	"$(cksum <"$DIR/old")" | "$(cksum <"$DIR/new")") ;;
	*) fail "a reader saw $sum" ;;
	esac
done
wait $writer

# Errors.
cp "$DIR/old" "$s"
expect_error 'Invalid argument' bash -c "printf '1\\nabc\\n' >'$s'"
expect_set "$s" "$DIR/old"
expect_error 'result out of range\|Numerical' \
	bash -c "echo 18446744073709551616 >'$s'"
expect_set "$s" "$DIR/old"
expect_error 'Invalid argument' cp "$0" "$s"
expect_set "$s" "$DIR/old"
expect_error 'not supported' dd if=/dev/zero of="$s" bs=1 seek=5 count=1 \
	conv=notrunc
expect_set "$s" "$DIR/old"
expect_error 'not supported' truncate -s 77 "$s"
expect_set "$s" "$DIR/old"
expect_error 'not supported' fallocate -l 100 "$s"

# Empty.
: >"$s"
expect_eq "$(cat "$s")" ""
expect_eq "$(stat -c %s "$s")" 0
cp "$DIR/old" "$s"
truncate -s 0 "$s"
expect_eq "$(wc -c <"$s")" 0
cp "$DIR/old" "$s"
cp /dev/null "$s"
expect_eq "$(wc -c <"$s")" 0

unmount_store
check_store
