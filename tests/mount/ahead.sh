#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Whoever reads in order is read ahead of (fs/ahead.h), and nobody can tell:
# together with others, on one handle or on several, with seeks and with an end
# in the middle, while the set changes.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse

# wait_all - for what runs behind; did all of it succeed?
wait_all()
{
	local pid

	for pid in "${pids[@]}"; do
		wait "$pid" || return 1
	done
	pids=()
}

# sums FILE - of each piece, as cat reads them.
sums()
{
	split -b 128K --filter=md5sum "$1"
}

mount_store
pids=()
s=$MNT/bitmaps/s
want=$DIR/want

{ seq 1 3 400000; seq 99900000 7 101000000; seq 4000000000 11 4009000000; } \
	>"$want"
cat "$want" >"$s"

for size in 4096 99991 128K 256K 1M; do
	dd if="$s" bs="$size" status=none | cmp - "$want" ||
		fail "in pieces of $size"
done

# Each with a handle of its own.
for i in 1 2 3 4 5 6; do
	cmp "$s" "$want" &
	pids+=($!)
done
wait_all || fail "six at once"

# Two processes on one handle: between them they read all of it, once.
exec 3<"$s"
cat <&3 >"$DIR/a" &
pids+=($!)
cat <&3 >"$DIR/b" &
pids+=($!)
wait_all || fail "two on one handle"
exec 3<&-
expect_eq "$({ sums "$DIR/a"; sums "$DIR/b"; } | sort)" \
	"$(sums "$want" | sort)"

# From the middle, to the middle.
size=$(stat -c %s "$s")
for skip in 700001 1500000 "$((size - 300000))"; do
	tail -c "+$skip" "$s" | cmp - <(tail -c "+$skip" "$want") ||
		fail "from byte $skip on"
	head -c "$skip" "$s" | cmp - <(head -c "$skip" "$want") ||
		fail "up to byte $skip"
done

# Closed in the middle, again and again, by several.
for i in 1 2 3 4; do
	for j in 3 5 8 13; do
		head -c "$((j * 100000 * i))" "$s" >/dev/null
	done &
	pids+=($!)
done
wait_all || fail "closing in the middle"

# What is read ahead is the version at open.
exec 3<"$s"
head -c 1000000 <&3 >"$DIR/got"
echo 5 >"$s"
seq 6 100000 >>"$s"
cat <&3 >>"$DIR/got"
exec 3<&-
expect_same "$DIR/got" "$want"
expect_eq "$(sum <"$s")" "$(seq 5 100000 | sum)"

# The other formats, and snapshots.
cat "$want" >"$s"
mkdir "$MNT/snapshots/one"
for as in le64 roaring pad ranges; do
	cmp "$MNT/bitmaps/.as/$as/s" "$MNT/snapshots/one/.as/$as/bitmaps/s" ||
		fail "$as"
done
cp "$MNT/bitmaps/.as/le64/s" "$MNT/bitmaps/.as/le64/t"
cmp "$MNT/bitmaps/t" "$want" || fail "copied as le64"

unmount_store
check_store
