#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A wrong byte in the store is an I/O error of who needs it, and never a
# shorter or an empty answer; .ctl/errors says which file and where. All else
# goes on. The bytes are turned before the mount, and below a live one.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require setfattr getfattr

# flip TEXT - turn a byte wherever TEXT stands in the store, old copies too.
flip()
{
	local at n=0

	while read -r at; do
		printf '\377' | dd of="$STORE" bs=1 seek=$((at + 3)) \
			conv=notrunc status=none
		n=$((n + 1))
	done < <(grep -abo -- "$1" "$STORE" | cut -d: -f1)
	[ "$n" -gt 0 ] || fail "'$1' is not in the store"
}

# logged PATH TEXT - the newest error is about PATH and says TEXT.
logged()
{
	local line

	line=$(tail -n 1 "$MNT/.ctl/errors")
	case $line in
	*"'$1' "*"at byte "*"$2"*) ;;
	*) fail "errors says '$line' and not '$1' ... '$2'" ;;
	esac
}

# remount - without asking how the daemon has ended: it has said a lot.
remount()
{
	cd /
	umount "$MNT"
	daemon_gone 30 || fail "the daemon did not end"
	wait "$DAEMON" || fail "the daemon ended with $?"
	DAEMON=
	mount_store
	cd "$MNT"
}

# --- one of each, with a mark in it ---

mount_store
cd "$MNT"
# Members whose low 16 bits read AA, BB, ... in an array; and many others.
for i in $(seq 65 90); do
	echo $((500 * 65536 + i * 256 + i))
done >"$DIR/marked"
seq 7 331 60000000 | awk 'int($1 / 65536) != 500' >"$DIR/others"
sort -nu "$DIR/marked" "$DIR/others" >"$DIR/set"
cat "$DIR/set" >bitmaps/big
head -c 300000 /dev/urandom >"$DIR/data"
printf 'REGION-MARK' | dd of="$DIR/data" bs=1 seek=150000 conv=notrunc \
	status=none
cp "$DIR/data" regions/file
echo plain >regions/plain
setfattr -n user.long -v "XATTR-MARK$(printf 'x%.0s' {1..3000})" regions/plain
setfattr -n user.short -v short regions/plain
ln -s "LINK-MARK$(printf 'l%.0s' {1..2000})" regions/link
mkdir regions/dir
for i in $(seq 1 600); do
	: >"regions/dir/$(echo "$i" | md5sum | cut -c1-32)"
done
ls -U regions/dir >"$DIR/names"
mkdir snapshots/before
echo 1 >>bitmaps/big
rm regions/file
cp "$DIR/data" regions/other
remount

# --- below a live mount: what was not read yet ---

flip 'AABBCCDD'
expect_error 'Input/output error' cat bitmaps/big
logged /bitmaps/big 'members from '
expect_error 'Input/output error' wc -l bitmaps/big
expect_error 'Input/output error' cat snapshots/before/bitmaps/big
logged /snapshots/before/bitmaps/big 'members from '
# Its size and its other segments are there.
expect_eq "$(stat -c %s snapshots/before/bitmaps/big)" \
	"$(stat -c %s "$DIR/set")"
expect_eq "$(tail -n 3 snapshots/before/bitmaps/big)" \
	"$(tail -n 3 "$DIR/set")"
expect_eq "$(head -n 9 snapshots/before/bitmaps/big)" "$(head -n 9 "$DIR/set")"

flip REGION-MARK
expect_error 'Input/output error' cp regions/other "$DIR/out"
logged /regions/other 'bytes 147456 to 151551 of the file'
expect_error 'Input/output error' cp snapshots/before/regions/file "$DIR/out"
logged /snapshots/before/regions/file 'bytes 147456 to 151551 of the file'
for part in 0 1 2 3 4; do
	dd if=regions/other bs=4096 skip=$((part * 9)) count=9 status=none \
		>"$DIR/part"
	dd if="$DIR/data" bs=4096 skip=$((part * 9)) count=9 status=none |
		cmp - "$DIR/part" || fail "part $part"
	[ "$part" -lt 3 ] || break
done

flip XATTR-MARK
expect_error 'Input/output error' getfattr -n user.long regions/plain
logged /regions/plain 'of the store'
expect_eq "$(getfattr --only-values -n user.short regions/plain)" short
expect_eq "$(cat regions/plain)" plain
expect_eq "$(getfattr regions/plain 2>/dev/null | grep -c user)" 2

flip LINK-MARK
expect_error 'Input/output error' cat regions/link
readlink regions/link >"$DIR/out" && fail "a link that was damaged was read"
logged /regions/link 'of the store'

# --- before the mount: a leaf with names, one with objects ---

name=$(sed -n 300p "$DIR/names")
flip "${name:8:16}"
remount
expect_error 'Input/output error' ls regions/dir
logged /regions/dir 'of the store'
expect_error 'Input/output error' cat "regions/dir/$name"
find regions/dir >"$DIR/out" 2>&1 && fail "find saw no error"
# Names that lie elsewhere are there; none is said not to be.
while read -r each; do
	stat "regions/dir/$each" >"$DIR/out" 2>&1 ||
		grep -q 'Input/output error' "$DIR/out" ||
		fail "$(cat "$DIR/out")"
done <"$DIR/names"
expect_error 'Input/output error' touch "regions/dir/$name"
expect_eq "$(stat -c %s snapshots/before/bitmaps/big)" \
	"$(stat -c %s "$DIR/set")"

# Nothing of this was an end: writing goes on, and the check counts it all.
seq 1 5 >bitmaps/new
sync -f bitmaps/new
expect_eq "$(wc -l <bitmaps/new)" 5
grep -q '^state *ok$' .ctl/status || fail "$(cat .ctl/status)"
cd /
umount "$MNT"
daemon_gone 30 || fail "the daemon did not end"
wait "$DAEMON" || fail "the daemon ended with $?"
DAEMON=
"$ROARFS" check "$STORE" >"$DIR/check" && fail "the check found nothing"
for text in "'bitmaps/big'" "'regions/plain'" "'regions/link'" \
	"'regions/other'" 'node on page'; do
	grep -q "$text" "$DIR/check" || fail "no $text: $(cat "$DIR/check")"
done
