#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What was there before unmounting is there after mounting, to the byte; what
# was synced survives a kill.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store

picture()
{
	(
		cd "$MNT"
		find bitmaps regions -printf '%p %y %m %U %G %s %T@ %n %l\n' |
			sort
		find bitmaps regions -type f -exec cksum {} + | sort
	)
}

mkdir -p "$MNT/bitmaps/a/b" "$MNT/regions/a/b"
for i in 1 10 100 1000 10000 100000; do
	seq "$i" 3 "$((i * 9))" >"$MNT/bitmaps/a/s$i"
	seq "$i" 3 "$((i * 9))" >"$MNT/regions/a/r$i"
done
ln "$MNT/regions/a/r1" "$MNT/regions/a/b/link"
ln -s ../nowhere "$MNT/bitmaps/a/b/soft"
chmod 600 "$MNT/bitmaps/a/s10"
picture >"$DIR/before"
remount_store
picture >"$DIR/after"
expect_same "$DIR/before" "$DIR/after"

# Acknowledged is durable.
seq 1 5 >"$MNT/bitmaps/synced"
sync "$MNT/bitmaps/synced"
dd if=/dev/urandom of="$MNT/regions/synced" bs=1000 count=100 conv=fsync \
	status=none
sum=$(cksum <"$MNT/regions/synced")
kill_daemon
expect_error 'connect\|canceled' ls "$MNT"
mount_store
expect_eq "$(tr '\n' ' ' <"$MNT/bitmaps/synced")" "1 2 3 4 5 "
expect_eq "$(cksum <"$MNT/regions/synced")" "$sum"

unmount_store
check_store
