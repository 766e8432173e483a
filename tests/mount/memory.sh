#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The daemon stays small whatever it has stored and shown: below 64 MiB when
# nothing is dirty. tests/bench/large.sh does the same at any size.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse

# mib FIELD - of the daemon's memory
mib()
{
	awk -v f="$1:" '$1 == f { print int($2 / 1024) }' \
		"/proc/$DAEMON/status"
}

expect_small()
{
	[ "$(mib VmRSS)" -lt 64 ] ||
		fail "$1: $(mib VmRSS) MiB, $(mib RssAnon) of its own"
}

! sanitized || skip "a build with a sanitizer"
mount_store

for i in 1 2 3 4; do
	head -c 12000000 /dev/urandom >"$MNT/bitmaps/.as/le64/s$i"
	head -c 30000000 /dev/urandom >"$MNT/regions/r$i"
done
for i in 1 2 3; do
	seq "$i" 7 30000000 >"$MNT/bitmaps/t$i"
	seq "$i" 5 10000000 >>"$MNT/bitmaps/t1"
done
echo >"$MNT/.ctl/sync"
expect_small "written"

for i in 1 2; do
	find "$MNT/regions" "$MNT/bitmaps" -type f -exec cat {} + >/dev/null
	cat "$MNT/bitmaps/.as/roaring/"{s1,t1} >/dev/null
	mkdir "$MNT/snapshots/s$i"
	seq "$i" 1000 100000000 >>"$MNT/bitmaps/s1"
done
expect_small "read, with snapshots"

rmdir "$MNT/snapshots/s1" "$MNT/snapshots/s2"
echo >"$MNT/.ctl/sync"
expect_small "after them"
unmount_store
check_store
