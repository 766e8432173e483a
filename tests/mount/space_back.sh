#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is removed comes back to the host by itself: a region, a set, and what a
# dropped snapshot alone held. It prints how long that took.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse

MB=${SPACE_BACK_MB:-300}
[ "$(df -Pm "$DIR" | awk 'NR == 2 { print $4 }')" -gt $((MB * 2 + 200)) ] ||
	skip "not enough room in $DIR"

# blocks - MiB that the host has given to the store.
blocks()
{
	du -m "$STORE" | cut -f 1
}

now_ms()
{
	echo $(($(date +%s%N) / 1000000))
}

# falls_to MIB WHAT - the store is that small before long.
falls_to()
{
	local since i

	since=$(now_ms)
	for ((i = 0; i < 600; i++)); do
		[ "$(blocks)" -le "$1" ] && break
		sleep 0.1
	done
	[ "$(blocks)" -le "$1" ] ||
		fail "$2: still $(blocks) MiB, $1 were expected"
	echo "$2: $(blocks) MiB after $(($(now_ms) - since)) ms"
}

mount_store
# Free pages keep blocks for 64 MiB; so much more may be left.
pool=80

head -c "${MB}M" /dev/urandom >"$MNT/regions/big"
echo >"$MNT/.ctl/sync"
[ "$(blocks)" -ge "$MB" ] || fail "only $(blocks) MiB for $MB"
since=$(now_ms)
rm "$MNT/regions/big"
echo "rm of $MB MiB took $(($(now_ms) - since)) ms"
falls_to $pool "rm of a region"

# A process that is killed leaves it to the next one.
head -c "${MB}M" /dev/urandom >"$MNT/regions/big"
echo >"$MNT/.ctl/sync"
rm "$MNT/regions/big"
echo >"$MNT/.ctl/sync"
kill_daemon
umount -l "$MNT"
mount_store
falls_to $pool "killed, and mounted again"

# Held by a snapshot it stays; dropped, it goes.
head -c "${MB}M" /dev/urandom >"$MNT/regions/big"
mkdir "$MNT/snapshots/s"
rm "$MNT/regions/big"
echo >"$MNT/.ctl/sync"
[ "$(blocks)" -ge "$MB" ] || fail "the snapshot lost its pages"
# What it holds alone is told, and is what comes back.
held=0
for ((i = 0; i < 300 && held < MB * 1000000; i++)); do
	sleep 0.1
	held=$(awk '$NF == "s" && NF == 3 { print $1 }' "$MNT/.ctl/space")
done
[ "$held" -ge $((MB * 1000000)) ] || fail "$held bytes held by the snapshot"
expect_eq "$(stat -c %s "$MNT/.ctl/space")" "$(wc -c <"$MNT/.ctl/space")"
since=$(now_ms)
rmdir "$MNT/snapshots/s"
echo "rmdir of the snapshot took $(($(now_ms) - since)) ms"
falls_to $pool "rmdir of a snapshot"


# df: what the host has, and what the store can write again without it.
host=$(df -Pk "$DIR" | awk 'NR == 2 { print $4 }')
store=$(df -Pk "$MNT" | awk 'NR == 2 { print $4 }')
[ "$store" -ge $((host * 9 / 10)) ] || fail "df says $store, the host $host"

unmount_store
check_store
