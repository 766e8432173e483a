#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Mappings: of a set for reading, of a region for writing too.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require python3
mount_store

seq 1 100000 >"$DIR/want"
cp "$DIR/want" "$MNT/bitmaps/s"
head -c 1000000 /dev/urandom >"$DIR/bytes"
cp "$DIR/bytes" "$MNT/regions/r"
code=0
python3 - "$MNT/bitmaps/s" "$DIR/want" "$MNT/regions/r" "$DIR/bytes" <<'PY' ||
import errno
import mmap
import sys

with open(sys.argv[1], "rb") as f, open(sys.argv[2], "rb") as w:
    try:
        m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
    except OSError as e:
        # libfuse is too old to map what goes past the page cache.
        sys.exit(77 if e.errno == errno.ENODEV else 1)
    assert m[:] == w.read()
    m.close()
with open(sys.argv[3], "r+b") as f, open(sys.argv[4], "r+b") as w:
    m = mmap.mmap(f.fileno(), 0)
    want = bytearray(w.read())
    assert m[:] == want
    for at in (0, 4095, 4096, 500000, 999999):
        m[at] = 0x41
        want[at] = 0x41
    m.flush()
    m.close()
    f.seek(0)
    assert f.read() == want
    w.seek(0)
    w.write(want)
PY
	code=$?
[ "$code" != 77 ] || skip "this libfuse cannot map sets"
expect_eq "$code" 0
expect_same "$MNT/regions/r" "$DIR/bytes"
remount_store
expect_same "$MNT/regions/r" "$DIR/bytes"
expect_set "$MNT/bitmaps/s" "$DIR/want"

unmount_store
check_store
