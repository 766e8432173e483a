#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# expiry.sh - files that go by themselves: gone for everybody at once, never
# in the way, and what was written over them is not lost.
#
# Nothing here is timed: what has to happen is waited for, and what must not
# happen early is held against the instant in user.roarfs.expires.

# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require getfattr setfattr rsync

ttl()
{
	setfattr -n user.roarfs.ttl -v "$@"
}

ours()
{
	getfattr --only-values -n "user.roarfs.$1" "$2" 2>"$DIR/err" ||
		grep -q 'No such attribute' "$DIR/err"
}

# gone FILE... - wait until they are, however it is asked.
gone()
{
	local f i

	for f; do
		for ((i = 0; i < 1000; i++)); do
			[ -e "$f" ] || break
			sleep 0.02
		done
		[ ! -e "$f" ] || fail "$f is still there"
		expect_error 'No such file' cat "$f"
		expect_error 'No such file' stat "$f"
		expect_error 'No such file' rm "$f"
		case " $(names "${f%/*}") " in
		*" ${f##*/} "*) fail "$f is still listed" ;;
		esac
	done
}

mount_store
cd "$MNT"

# --- set, read, take back ---
seq 10 >bitmaps/s
echo text >regions/r
# What the kernel has looked up before it does not believe for ever.
stat bitmaps/s regions/r >/dev/null
ttl 2h bitmaps/s
expect_eq "$(ours ttl bitmaps/s)" 2h
now=$(date +%s)
at=$(date -d "$(ours expires bitmaps/s)" +%s)
left=$((at - now))
if [ "$left" -lt 7100 ] || [ "$left" -gt 7201 ]; then
	fail "2h is $left seconds"
fi
expect_eq "$(getfattr --absolute-names -d bitmaps/s | grep -c roarfs)" 1
setfattr -x user.roarfs.ttl bitmaps/s
expect_eq "$(ours ttl bitmaps/s)$(ours expires bitmaps/s)" ''
for bad in 0 -1 1y 1.5h 'x' ' 1' 99999999999999999999; do
	expect_error 'Invalid argument' ttl "$bad" bitmaps/s
done
expect_error 'No such attribute' setfattr -x user.roarfs.ttl bitmaps/s
expect_error 'not supported' ttl 5 bitmaps
tail -n 1 .ctl/errors | grep -q 'only files expire' ||
	fail "no reason in .ctl/errors"
setfattr -n user.roarfs.expires -v 2100-01-01T00:00:00Z regions/r
expect_eq "$(ours expires regions/r)" 2100-01-01T00:00:00.000Z
setfattr -x user.roarfs.expires regions/r

# --- gone, with all its names; open handles and snapshots go on ---
ln regions/r regions/r2
ttl 1 bitmaps/s
ttl 1s regions/r
mkdir snapshots/before
exec 7<regions/r 8>>bitmaps/s
gone bitmaps/s regions/r regions/r2
expect_eq "$(cat <&7)" text
echo 11 >&8
exec 7<&- 8>&-
expect_eq "$(names snapshots/before/bitmaps)" 's '
expect_eq "$(cat snapshots/before/regions/r)" text
expect_eq "$(wc -l <snapshots/before/bitmaps/s)" 10
mkdir snapshots/after
expect_eq "$(names snapshots/after/bitmaps)" ''
expect_error 'No such file' cat snapshots/after/regions/r

# --- new content keeps it, adding does not ---
for how in replace truncate inplace rename; do
	echo 1 >bitmaps/$how
	ttl 2h bitmaps/$how
done
echo 2 >bitmaps/replace
truncate -s 0 bitmaps/truncate
echo 2 >"$DIR/two"
rsync -I --inplace "$DIR/two" bitmaps/inplace
cp "$DIR/two" bitmaps/.new
mv bitmaps/.new bitmaps/rename
for how in replace truncate inplace rename; do
	expect_eq "$(ours expires bitmaps/$how)" '' "$how"
done
echo 1 >bitmaps/add
ttl 2h bitmaps/add
echo 2 >>bitmaps/add
expect_eq "$(ours ttl bitmaps/add)" 2h
echo x >regions/r
ttl 2h regions/r
echo y >>regions/r
expect_eq "$(ours ttl regions/r)" 2h
echo z >regions/r
expect_eq "$(ours ttl regions/r)" ''

# --- a replace that ends after the old value's time is not lost ---
echo 1 >bitmaps/slow
ttl 1 bitmaps/slow
mkfifo "$DIR/fifo"
cat "$DIR/fifo" >bitmaps/slow &
writer=$!
exec 8>"$DIR/fifo"
gone bitmaps/slow
echo 2 >&8
exec 8>&-
wait "$writer"
expect_eq "$(cat bitmaps/slow)" 2
expect_eq "$(ours expires bitmaps/slow)" ''

# --- the name is free for anything ---
mkdir bitmaps/d
for f in append create mkdir link rename noreplace; do
	echo 1 >bitmaps/$f
	ttl 1 bitmaps/$f
done
# Open: so that it is the new one that has to make room.
exec 3<bitmaps/append 4<bitmaps/create 5<bitmaps/mkdir 6<bitmaps/link
exec 7<bitmaps/rename 8<bitmaps/noreplace
echo 1 >bitmaps/d/only
ttl 1 bitmaps/d/only
gone bitmaps/{append,create,mkdir,link,rename,noreplace,d/only}
echo 7 >>bitmaps/append
echo 7 >bitmaps/create
mkdir bitmaps/mkdir
ln bitmaps/create bitmaps/link
mv bitmaps/replace bitmaps/rename
mv -n bitmaps/add bitmaps/noreplace
rmdir bitmaps/d
expect_eq "$(cat bitmaps/append bitmaps/create bitmaps/link)" $'7\n7\n7'
expect_eq "$(cat bitmaps/rename)" 2
expect_eq "$(cat bitmaps/noreplace)" $'1\n2'
[ -d bitmaps/mkdir ] || fail "mkdir"
expect_eq "$(cat <&3)" 1
expect_eq "$(ours expires bitmaps/append)" ''
exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&-

# --- copies: a ttl goes along and begins anew, the rest is not in the way ---
ttl 1h bitmaps/create
cp -a bitmaps/create bitmaps/copy
expect_eq "$(ours ttl bitmaps/copy)" 1h
rsync -aX bitmaps/create bitmaps/synced
expect_eq "$(ours ttl bitmaps/synced)" 1h
tar --xattrs --xattrs-include='user.*' -cf "$DIR/t.tar" -C bitmaps create
mkdir bitmaps/out
tar --xattrs --xattrs-include='user.*' -xf "$DIR/t.tar" -C bitmaps/out
expect_eq "$(ours ttl bitmaps/out/create)" 1h

# --- many at once; space comes back, and a crash in between is no matter ---
mkdir regions/many
for ((i = 0; i < 1500; i++)); do
	echo "$i" >"regions/many/$i"
done
find regions/many -type f -exec setfattr -n user.roarfs.ttl -v 1 {} +
echo stays >regions/many/stays
# Listed, and so set, in byte order: this is the last.
gone regions/many/999
expect_eq "$(names regions/many)" 'stays '
echo >.ctl/sync
cd /
kill_daemon
umount -l "$MNT"
check_store
mount_store
expect_eq "$(names "$MNT/regions/many")" 'stays '
expect_eq "$(cat "$MNT/bitmaps/slow")" 2
used()
{
	"$ROARFS" info --json "$STORE" | sed -n 's/.*"regions": *\([0-9]*\).*/\1/p'
}
for ((i = 0; i < 100; i++)); do
	unmount_store
	[ "$(used)" -gt 4 ] || break
	mount_store
	sleep 0.1
done
expect_eq "$(used)" 2 "regions left in the store"
check_store

# --- a long row of them is passed over in steps, and nothing beside it lost ---
rm "$STORE"
mount_store
cd "$MNT/regions"
mkdir row
for ((i = 1000; i < 5000; i++)); do
	: >"row/$i"
done
find row -type f -exec setfattr -n user.roarfs.ttl -v 4 {} +
: >row/0
: >row/3000x
: >row/9
cd /
unmount_store
# Nobody cleans up what is only read.
ROARFS_TEST_OPTIONS=ro mount_store
for ((i = 0; i < 1000; i++)); do
	[ -e "$MNT/regions/row/4999" ] || break
	sleep 0.02
done
expect_eq "$(names "$MNT/regions/row")" '0 3000x 9 '
# shellcheck disable=SC2012
expect_eq "$(ls -lU "$MNT/regions/row" | wc -l)" 4
unmount_store
check_store
