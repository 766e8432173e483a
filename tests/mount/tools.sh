#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The tools of every day on a set, each byte for byte.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require rsync tar
mount_store
d=$MNT/bitmaps
s=$d/s
want=$DIR/want

seq 3 3 300000 >"$want"
seq 1 7 70000 >"$DIR/other"

# cp and cat, within the mount and across.
cp "$want" "$s"
expect_set "$s" "$want"
cp "$s" "$d/copy"
expect_set "$d/copy" "$want"
cat "$s" >"$d/copy2"
expect_set "$d/copy2" "$want"
cp "$s" "$DIR/out"
expect_same "$DIR/out" "$want"
cat "$s" "$DIR/other" >"$d/union"
sort -nu "$want" "$DIR/other" >"$DIR/union"
expect_set "$d/union" "$DIR/union"

# Times that are set before the close stay.
touch -d '2001-02-03 04:05:06 UTC' "$want"
cp -p "$want" "$d/dated"
expect_eq "$(stat -c %Y "$d/dated")" "$(stat -c %Y "$want")"
cp -a "$d/dated" "$d/dated2"
expect_eq "$(stat -c %Y "$d/dated2")" "$(stat -c %Y "$want")"
echo 1 >>"$d/dated"
[ "$(stat -c %Y "$d/dated")" -gt 1000000000 ] || fail "no new time"

# sort onto itself, sed in place, tee.
shuf "$want" >"$s"
sort -n -o "$s" "$s"
expect_set "$s" "$want"
sed -i -e '/^9$/d' "$s"
expect_eq "$(wc -l <"$s")" 99999
sed -e '/^9$/d' "$want" >"$DIR/less"
expect_set "$s" "$DIR/less"
tee "$s" <"$want" >"$DIR/out"
expect_set "$s" "$want"
seq 1 10 | tee -a "$s" >"$DIR/out"
sort -nu "$want" <(seq 1 10) >"$DIR/union"
expect_set "$s" "$DIR/union"

# rsync: through a temporary name, in place to shorter and to longer.
rsync "$want" "$s"
expect_set "$s" "$want"
rsync --inplace --no-whole-file --ignore-times "$DIR/other" "$s" ||
	rsync --inplace --ignore-times "$DIR/other" "$s"
expect_set "$s" "$DIR/other"
rsync --inplace --ignore-times "$want" "$s"
expect_set "$s" "$want"
rsync -a "$want" "$d/synced"
expect_eq "$(stat -c %Y "$d/synced")" "$(stat -c %Y "$want")"
rsync -a "$d/synced" "$DIR/back"
expect_same "$DIR/back" "$want"

# tar, also with holes looked for.
mkdir "$d/tree"
cp "$want" "$d/tree/a"
cp "$DIR/other" "$d/tree/b"
: >"$d/tree/empty"
touch -d '2001-02-03 04:05:06 UTC' "$d/tree/a"
tar -C "$d" -cf "$DIR/t.tar" tree
tar -C "$d" -cSf "$DIR/t2.tar" tree
mkdir "$d/x" "$d/x2"
tar -C "$d/x" -xf "$DIR/t.tar"
tar -C "$d/x2" -xf "$DIR/t2.tar"
for x in x x2; do
	expect_set "$d/$x/tree/a" "$want"
	expect_set "$d/$x/tree/b" "$DIR/other"
	expect_eq "$(stat -c %s "$d/$x/tree/empty")" 0
	expect_eq "$(stat -c %Y "$d/$x/tree/a")" \
		"$(stat -c %Y "$d/tree/a")"
done

# dd in blocks that tear, and to nowhere in particular.
dd if="$want" of="$s" bs=1000 status=none
expect_set "$s" "$want"
dd if="$want" of="$s" bs=999 conv=fsync status=none
expect_set "$s" "$want"
dd if="$want" of="$s" bs=4096 oflag=sync count=1 status=none
head -c 4096 "$want" >"$DIR/less"
# The last line was cut by dd itself: it is a number all the same.
sort -nu "$DIR/less" >"$DIR/sorted"
expect_set "$s" "$DIR/sorted"

# Two names, one set.
cp "$want" "$s"
ln "$s" "$d/hard"
ln -s s "$d/soft"
echo 1 >>"$d/hard"
echo 2 >>"$d/soft"
expect_eq "$(head -n 3 "$s" | tr '\n' ' ')" "1 2 3 "
expect_eq "$(stat -c %h "$s")" 2

unmount_store
check_store
