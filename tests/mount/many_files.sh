#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A hundred thousand files in one directory, a deep tree, and a daemon that
# stays small.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require python3
mount_store

python3 - "$MNT/regions/many" <<'PY'
import os
import sys

os.mkdir(sys.argv[1])
os.chdir(sys.argv[1])
for i in range(100000):
    os.close(os.open(f"file{i:06}", os.O_CREAT | os.O_WRONLY, 0o644))
PY
expect_eq "$(find "$MNT/regions/many" -type f | wc -l)" 100000
cd "$MNT/regions/many"
find . -mindepth 1 | LC_ALL=C sort -c || fail "not in order"
expect_eq "$(find . -type f -size 0 | wc -l)" 100000
cd /
rss=$(awk '/^VmHWM/ { print $2 }' "/proc/$DAEMON/status")
sanitized || [ "$rss" -lt 200000 ] ||
	fail "the daemon needs $rss KiB"

deep=$MNT/bitmaps
for i in {1..100}; do
	deep=$deep/d$i
done
mkdir -p "$deep"
seq 1 10 >"$deep/s"
remount_store
expect_eq "$(wc -l <"$deep/s")" 10
expect_eq "$(find "$MNT/regions/many" -type f | wc -l)" 100000
rm -r "$MNT/regions/many" "$MNT/bitmaps/d1"
expect_eq "$(names "$MNT/regions")$(names "$MNT/bitmaps")" ""

unmount_store
check_store
