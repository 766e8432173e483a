#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Sets are written in every format; what is not whole or wrong changes nothing.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require python3 rsync
mount_store
b=$MNT/bitmaps

# le64 FILE - its lines as 64-bit numbers, as they come.
le64()
{
	python3 -c 'import sys, struct
for line in sys.stdin:
    sys.stdout.buffer.write(struct.pack("<Q", int(line)))' <"$1"
}

{
	seq 3 10 200000
	seq 1000000 1100000
} >"$DIR/text"
cp "$DIR/text" "$b/from"
seq 1 5 >"$DIR/old"

# Copies of each format, by each kind of tool, over an old set and as a new one.
for format in pad ranges le64 roaring roaring32; do
	f=$b/.as/$format
	cp "$f/from" "$DIR/$format"
	cp "$DIR/old" "$b/set"
	cp "$DIR/$format" "$f/set"
	expect_set "$b/set" "$DIR/text"
	expect_set "$f/set" "$DIR/$format"
	cat "$DIR/$format" >"$f/new"
	expect_set "$b/new" "$DIR/text"
	rm "$f/new"
	expect_error 'No such file' cat "$b/new"
	dd if="$DIR/$format" of="$f/new" bs=1000 status=none
	expect_set "$b/new" "$DIR/text"
	dd if="$DIR/$format" of="$b/set" bs=64k status=none 2>/dev/null || :
	rsync --inplace "$DIR/$format" "$f/set"
	expect_set "$b/set" "$DIR/text"
	cp "$DIR/old" "$b/new"
	rsync -a "$DIR/$format" "$f/new"
	expect_set "$b/new" "$DIR/text"
	expect_set "$f/new" "$DIR/$format"
	expect_eq "$(stat -c %Y "$b/new")" "$(stat -c %Y "$DIR/$format")"
	# Within the mount: the daemon may do it without bytes.
	cp "$f/from" "$f/copy"
	expect_set "$b/copy" "$DIR/text"
	: >"$f/copy"
	expect_eq "$(wc -c <"$b/copy")" 0
	rm "$b/new" "$b/copy"
	expect_error 'No such file' cat "$f/copy"
done

# From text to the kinds of lines and back; not to binary ones.
cp "$b/from" "$b/.as/pad/copy"
expect_set "$b/copy" "$DIR/text"
cp "$b/.as/ranges/from" "$b/copy"
expect_set "$b/copy" "$DIR/text"
expect_error 'Invalid argument' cp "$b/from" "$b/.as/roaring/copy"
expect_set "$b/copy" "$DIR/text"

# le64 in any order, twice; in pieces that tear members.
shuf "$DIR/text" | cat - "$DIR/old" "$DIR/old" >"$DIR/mixed"
le64 "$DIR/mixed" >"$DIR/le64"
dd if="$DIR/le64" of="$b/.as/le64/set" bs=1003 status=none
sort -nu "$DIR/mixed" >"$DIR/sorted"
expect_set "$b/set" "$DIR/sorted"

# Appending adds, where that means something.
cp "$DIR/old" "$b/set"
printf '\7\0\0\0\0\0\0\0' >>"$b/.as/le64/set"
echo 00000000000000000008 >>"$b/.as/pad/set"
echo 10-12 >>"$b/.as/ranges/set"
echo 14 >>"$b/set"
expect_eq "$(tr '\n' ' ' <"$b/set")" "1 2 3 4 5 7 8 10 11 12 14 "
cp "$b/set" "$DIR/now"
expect_error 'not supported' bash -c "cat '$DIR/roaring' >>'$b/.as/roaring/set'"
printf abc >"$DIR/bad"
expect_error 'Invalid argument' dd if="$DIR/bad" of="$b/.as/le64/set" \
	oflag=append conv=notrunc
expect_set "$b/set" "$DIR/now"

# What is wrong: the old set stays, and the reason can be read.
refused()
{
	local what=$1 why=$2

	expect_error 'Invalid argument' cp "$what" "$b/.as/roaring/set"
	expect_set "$b/set" "$DIR/now"
	tail -n 1 "$MNT/.ctl/errors" | grep -q "set.*byte .*$why" ||
		fail "the reason is '$(tail -n 1 "$MNT/.ctl/errors")'"
	expect_error 'Invalid argument' rsync "$what" "$b/.as/roaring/set"
	expect_set "$b/set" "$DIR/now"
	expect_eq "$(find "$b" -name '.*')" "" "temporary files"
}
head -c 100 "$DIR/roaring" >"$DIR/bad"
refused "$DIR/bad" 'ends too early'
{
	cat "$DIR/roaring"
	echo
} >"$DIR/bad"
refused "$DIR/bad" 'after the end'
head -c 5000 /dev/zero | tr '\0' x >"$DIR/bad"
refused "$DIR/bad" 'buckets'
cp "$DIR/text" "$DIR/bad"
refused "$DIR/bad" 'buckets'
expect_error 'Invalid argument' cp "$DIR/bad" "$b/.as/roaring32/set"
expect_set "$b/set" "$DIR/now"
printf 'x' >"$DIR/bad"
expect_error 'Invalid argument' cp "$DIR/bad" "$b/.as/le64/new"
expect_eq "$(wc -c <"$b/new")" 0
rm "$b/new"
head -c 10000 "$DIR/roaring" >"$DIR/bad"
bash -c 'cat "$1" && kill -9 $$' sh "$DIR/bad" >"$b/.as/roaring/set" 2>"$DIR/err" || :
expect_set "$b/set" "$DIR/now"

# Names through either way, at once, however they were looked up before.
for ((i = 0; i < 50; i++)); do
	[ ! -e "$b/x$i" ] || fail "x$i is there"
	echo "$i" >"$b/.as/pad/x$i"
	expect_eq "$(cat "$b/x$i")" "$i"
	mv "$b/.as/pad/x$i" "$b/.as/pad/y$i"
	[ ! -e "$b/x$i" ] || fail "x$i is still there"
	[ -e "$b/y$i" ] || fail "y$i is not there"
	mkdir "$b/.as/le64/d$i"
	[ -d "$b/d$i" ] || fail "d$i is not there"
	ls -l "$b" >/dev/null
	rm "$b/.as/le64/y$i"
	rmdir "$b/.as/le64/d$i"
	[ ! -e "$b/y$i" ] || fail "y$i is still there"
	[ ! -e "$b/d$i" ] || fail "d$i is still there"
done
# Both faces at the same time: what waits for the kernel's locks must not keep
# those who hold them waiting.
seq 5 7 5000 >"$DIR/other"
cp "$DIR/other" "$b/x"
cp "$b/.as/roaring/x" "$DIR/other.roaring"
rm "$b/x"
both_faces()
{
	local i

	for ((i = 0; i < 30; i++)); do
		cp "$DIR/other.roaring" "$b/.as/roaring/s$1"
		cp "$DIR/old" "$b/s$1"
		rsync "$DIR/other.roaring" "$b/.as/roaring/s$1"
		mv "$b/.as/le64/s$1" "$b/.as/le64/q$1"
		expect_same "$b/q$1" "$DIR/other"
		mv "$b/q$1" "$b/s$1"
	done
	rm "$b/.as/pad/s$1"
}
pids=()
for who in 1 2 3; do
	both_faces $who &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid" || fail "one of three failed"
done

mkdir "$b/.as/roaring/dir"
chmod 700 "$b/.as/roaring/dir"
touch -d @5 "$b/.as/roaring/dir"
expect_eq "$(stat -c '%a %Y' "$b/dir")" "700 5"
for mode in 701 702 703 704 705; do
	chmod $mode "$b/.as/roaring/dir"
	expect_eq "$(stat -c %a "$b/dir")" $mode
done
ln -s to "$b/.as/le64/dir/link"
expect_eq "$(readlink "$b/dir/link")" to
ln "$b/.as/le64/set" "$b/.as/le64/dir/hard"
expect_set "$b/dir/hard" "$DIR/now"
# A set keeps its format when it moves: into another one it is copied, as bytes.
expect_error 'Invalid argument' mv -T "$b/.as/roaring/set" "$b/set2"
expect_set "$b/set" "$DIR/now"
mv "$b/.as/ranges/set" "$b/set2"
expect_set "$b/set2" "$DIR/now"
[ ! -e "$b/set" ] || fail "set is still there"

unmount_store
check_store
