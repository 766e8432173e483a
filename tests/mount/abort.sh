#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# An administrator aborts the connection under load: the daemon ends by itself,
# in order, and the store is sound.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
[ "$(id -u)" = 0 ] || skip "not root"
control=/sys/fs/fuse/connections
mine=
if ! mountpoint -q $control; then
	mount -t fusectl none $control 2>/dev/null || skip "no $control"
	mine=$control
fi

load()
{
	local i

	for i in {1..100}; do
		dd if=/dev/zero of="$MNT/regions/$i" bs=64k count=50 conv=fsync \
			status=none || break
		seq 1 100000 >"$MNT/bitmaps/$i" || break
	done
}

for _ in 1 2 3; do
	mount_store
	id=$(($(stat -c %d "$MNT") & 255))
	load 2>/dev/null &
	loader=$!
	sleep 0.3
	echo 1 >"$control/$id/abort"
	daemon_gone 20 || fail "the daemon did not end"
	wait $loader || :
	code=0
	wait "$DAEMON" || code=$?
	DAEMON=
	expect_eq "$code" 0
	log_is_clean
	umount -l "$MNT"
	check_store
done

[ -z "$mine" ] || umount "$mine"
