#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A tree is backed up from a snapshot as roaring and restored into a new store,
# by cp, rsync and tar; then all text is as it was.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require rsync
mount_store

# Sets of all kinds at several depths.
b=$MNT/bitmaps
for dir in . a a/b a/b/c d; do
	mkdir -p "$b/$dir"
	seq 1 "$RANDOM" >"$b/$dir/run"
	seq 7 11 900000 >"$b/$dir/stripes"
	for ((i = 0; i < 200; i++)); do
		echo $((RANDOM * RANDOM * RANDOM * RANDOM))
	done >"$b/$dir/wide"
	: >"$b/$dir/empty"
	echo "1-100000000000" >"$b/$dir/long"
	# Sets and bytes below names with a dot.
	seq 3 9 300 >"$b/$dir/set"
	mv "$b/$dir/set" "$b/$dir/.set"
	head -c 999 /dev/urandom >"$b/$dir/.bytes"
done
ln -s b/run "$b/a/link"
chmod 640 "$b/a/run"
# rsync takes times of directories within one second for the same.
find "$b" -mindepth 1 ! -type l -exec touch -d '2001-02-03 04:05:06' {} +
touch -d '2002-02-03 04:05:06.789' "$b/a/run" "$b/a/b"
mkdir "$MNT/snapshots/s"
echo 1000000000 >>"$b/a/run"

# listing BITMAPS - all that must come back; `long` as ranges.
listing()
{
	(
		cd "$1"
		find . ! -path . ! -type l -printf '%P %y %m %T@\n' | sort
		find . -type l -printf '%P %l\n'
		find . -type f ! -name long -exec cksum {} + | sort
		cd .as/ranges && find . -name long -exec cksum {} + | sort
	)
}
listing "$MNT/snapshots/s/bitmaps" >"$DIR/before"
rsync -a "$MNT/snapshots/latest/.as/roaring/" "$DIR/rsync/"
cp -a "$MNT/snapshots/s/.as/roaring" "$DIR/cp"
tar -C "$MNT/snapshots/s/.as/roaring" --format=posix -cf "$DIR/tar" bitmaps
unmount_store
check_store

restored()
{
	listing "$MNT/bitmaps" >"$DIR/after"
	diff "$DIR/before" "$DIR/after" >&2 || fail "$1 does not restore it"
	unmount_store
	check_store
	rm "$STORE"
	mount_store
}
rm "$STORE"
mount_store
rsync -a "$DIR/rsync/" "$MNT/.as/roaring/"
restored rsync
cp -a "$DIR/cp/bitmaps/." "$MNT/bitmaps/.as/roaring/"
restored cp
tar -C "$MNT/.as/roaring" -xpf "$DIR/tar"
restored tar
unmount_store
