#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A file that is open for reading shows the set as it was when it was opened.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store
s=$MNT/bitmaps/s

seq 10 10 100000 >"$s"
seq 10 10 100000 >"$DIR/want"
exec 3<"$s"
head -c 10 <&3 >"$DIR/got"
seq 1 100 >>"$s"
echo -50000-60000 >>"$s"
cat <&3 >>"$DIR/got"
exec 3<&-
expect_same "$DIR/got" "$DIR/want"

# Also when it is replaced, and when it is removed.
seq 10 10 100000 >"$s"
exec 3<"$s"
echo 1 >"$s"
cat <&3 >"$DIR/got"
exec 3<&-
expect_same "$DIR/got" "$DIR/want"
expect_eq "$(cat "$s")" 1
seq 10 10 100000 >"$s"
exec 3<"$s"
rm "$s"
cat <&3 >"$DIR/got"
exec 3<&-
expect_same "$DIR/got" "$DIR/want"
[ ! -e "$s" ] || fail "still there"

# Nor does it end elsewhere for who asks where the data is.
require python3
seq 10 10 100000 >"$s"
python3 - "$s" <<'EOF'
import os, sys
f = os.open(sys.argv[1], os.O_RDONLY)
n = os.fstat(f).st_size
for text in "1\n", "1-1000000\n":
    with open(sys.argv[1], "w") as g:
        g.write(text)
    assert os.lseek(f, n - 1, os.SEEK_DATA) == n - 1
    assert os.lseek(f, 0, os.SEEK_HOLE) == n
    assert os.lseek(f, 0, os.SEEK_END) == n
EOF
rm "$s"

# Who writes sees it.
exec 3<>"$s"
printf '30\n20\n10\n' >&3
exec 3<&-
expect_eq "$(tr '\n' ' ' <"$s")" "10 20 30 "

unmount_store
check_store
