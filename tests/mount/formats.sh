#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The same sets in every format, everywhere, with true sizes.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require python3 rsync
mount_store
b=$MNT/bitmaps

# as_pad, as_le64 FILE - what a text is in that format, made without roarfs.
as_pad()
{
	awk '{ printf "%020d\n", $1 }' "$1"
}

as_le64()
{
	python3 -c 'import sys, struct
for line in sys.stdin:
    sys.stdout.buffer.write(struct.pack("<Q", int(line)))' <"$1"
}

as_ranges()
{
	awk 'NR > 1 && $1 == last + 1 { last = $1; next }
		NR > 1 { print (first == last ? first : first "-" last) }
		{ first = last = $1 }
		END { if (NR) print (first == last ? first : first "-" last) }' \
		"$1"
}

mkdir -p "$b/dir/sub"
seq 1 10 >"$DIR/few"
{
	seq 100 7 300000
	seq 1000000 1200000
	seq 4294967290 4294967300
} >"$DIR/many"
cp "$DIR/few" "$b/few"
cp "$DIR/many" "$b/dir/sub/many"
: >"$b/dir/empty"
ln -s sub/many "$b/dir/link"

# The tree is mirrored, and nothing lists it.
expect_eq "$(ls -A "$b")" "$(printf 'dir\nfew')"
expect_eq "$(names "$b/.as")" "pad ranges le64 roaring roaring32 "
for format in pad ranges le64 roaring roaring32; do
	expect_eq "$(cd "$b" && find . | sort)" \
		"$(cd "$b/.as/$format" && find . | sort)" "$format"
	expect_eq "$(names "$MNT/.as/$format")" "bitmaps "
	expect_eq "$(stat -c %Y:%a:%h "$b/dir")" \
		"$(stat -c %Y:%a:%h "$b/.as/$format/dir")"
	expect_eq "$(stat -c %Y:%a:%h "$b/few")" \
		"$(stat -c %Y:%a:%h "$b/.as/$format/few")"
	[ "$(stat -c %i "$b/few")" != "$(stat -c %i "$b/.as/$format/few")" ] ||
		fail "the inode of a set is that of its text"
done
expect_eq "$(readlink "$b/.as/pad/dir/link")" sub/many

# Every format, every way in, live and in a snapshot.
as_pad "$DIR/many" >"$DIR/pad"
as_le64 "$DIR/many" >"$DIR/le64"
as_ranges "$DIR/many" >"$DIR/ranges"
mkdir "$MNT/snapshots/one"
echo 5 >>"$b/dir/sub/many"
for at in "$MNT/snapshots/one/.as/%/bitmaps/dir/sub" \
	"$MNT/snapshots/latest/bitmaps/.as/%/dir/sub" \
	"$MNT/snapshots/one/bitmaps/dir/sub/.as/%"; do
	for format in pad ranges le64; do
		expect_set "${at/\%/$format}/many" "$DIR/$format"
	done
done
echo -5 >>"$b/dir/sub/many"
for at in "$MNT/.as/%/bitmaps/dir/sub" "$b/.as/%/dir/sub" \
	"$b/dir/.as/%/sub" "$b/dir/sub/.as/%"; do
	for format in pad ranges le64; do
		expect_set "${at/\%/$format}/many" "$DIR/$format"
	done
done
expect_eq "$(cat "$b/.as/ranges/few")" 1-10
for format in pad ranges le64; do
	expect_eq "$(stat -c %s "$b/.as/$format/dir/empty")" 0
done

# Ten members in a row are one run of 6 bytes.
expect_eq "$(od -An -v -tx1 "$b/.as/roaring/few" | tr -d ' \n')" \
	0100000000000000000000003b3000000100000900010001000900
expect_eq "$(od -An -v -tx1 "$b/.as/roaring32/few" | tr -d ' \n')" \
	3b3000000100000900010001000900
expect_eq "$(od -An -v -tx1 "$b/.as/roaring32/dir/empty" | tr -d ' \n')" \
	3a30000000000000

# A member above 2^32 does not fit.
expect_error 'too large' cat "$b/.as/roaring32/dir/sub/many"
tail -n 1 "$MNT/.ctl/errors" | grep -q "many' 'roaring32' it has members above" ||
	fail "no reason in .ctl/errors"
expect_eq "$(stat -c %s "$b/.as/roaring32/dir/sub/many")" 0

# Any offset, and a mapping.
expect_eq "$(dd if="$b/.as/pad/dir/sub/many" bs=1 skip=21000 count=100 \
	status=none | cksum)" "$(tail -c +21001 "$DIR/pad" | head -c 100 | cksum)"
tail -c 5000 "$b/.as/le64/dir/sub/many" | cmp - <(tail -c 5000 "$DIR/le64")
python3 - "$b/.as/ranges/dir/sub/many" "$DIR/ranges" <<'PY'
import mmap, sys
with open(sys.argv[1], "rb") as f, open(sys.argv[2], "rb") as g:
    m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
    assert m[:] == g.read(), "the mapping differs"
PY

# A reader stays where it was opened.
exec 3<"$b/.as/le64/few"
seq 1 3 >"$b/few"
expect_eq "$(od -An -v -tu8 <&3 | tr -s ' \n' ' ')" " 1 2 3 4 5 6 7 8 9 10 "
exec 3<&-
expect_eq "$(cat "$b/.as/ranges/few")" 1-3

# What goes away and comes in the plain tree does so here.
expect_eq "$(test -e "$b/.as/pad/new" || echo none)" none
echo 7 >"$b/new"
expect_eq "$(cat "$b/.as/pad/new")" 00000000000000000007
mv "$b/new" "$b/newer"
expect_eq "$(cat "$b/.as/pad/newer")" 00000000000000000007
rm "$b/newer"
expect_eq "$(test -e "$b/.as/pad/newer" || echo none)" none

# join, comm, and tools that copy trees.
seq 5 15 >"$b/other"
seq 1 10 >"$b/few"
expect_eq "$(comm -12 "$b/.as/pad/few" "$b/.as/pad/other" | wc -l)" 6
rsync -a "$MNT/snapshots/latest/.as/roaring/" "$DIR/backup/"
expect_same "$DIR/backup/bitmaps/dir/sub/many" \
	"$MNT/snapshots/one/.as/roaring/bitmaps/dir/sub/many"
cp -a "$b/.as/le64" "$DIR/copy"
expect_same "$DIR/copy/dir/sub/many" "$DIR/le64"
tar -C "$b/.as" -cf - roaring | tar -tf - >/dev/null

# The name is taken.
expect_error 'exists' mkdir "$b/.as"
expect_error 'busy\|exists\|not empty' mv -T "$b/dir" "$b/.as"
expect_error 'No such file' ls "$MNT/regions/.as"

unmount_store
check_store
