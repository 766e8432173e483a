#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A name with a dot holds any bytes; renaming it to a set's name parses them.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require python3
mount_store
# mv(1) has words of its own for EINVAL.
rename()
{
	python3 -c 'import os, sys; os.rename(sys.argv[1], sys.argv[2])' "$@"
}
d=$MNT/bitmaps
s=$d/s

head -c 100000 /dev/urandom >"$DIR/bytes"
cp "$DIR/bytes" "$d/.swp"
expect_same "$d/.swp" "$DIR/bytes"
seq 1 100 >"$s"
seq 1 100 >"$DIR/old"
expect_error 'Invalid argument' rename "$d/.swp" "$s"
expect_set "$s" "$DIR/old"
expect_same "$d/.swp" "$DIR/bytes"
grep -q "/bitmaps/s'" "$MNT/.ctl/errors" || fail "no line in .ctl/errors"

seq 100000 -1 1 >"$d/.new"
chmod 640 "$d/.new"
touch -d '2001-02-03 04:05:06 UTC' "$d/.new"
mv "$d/.new" "$s"
seq 1 100000 >"$DIR/want"
expect_set "$s" "$DIR/want"
expect_eq "$(stat -c '%a %Y' "$s")" "640 981173106"
[ ! -e "$d/.new" ] || fail "the scratch name is still there"
echo 5-1 >"$d/.bad"
expect_error 'Invalid argument' rename "$d/.bad" "$d/other"
[ ! -e "$d/other" ] || fail "a set was made of nonsense"
rm "$d/.bad" "$d/.swp"

# One of two names would be left that says it leads to bytes.
echo 5 >"$d/.one"
ln "$d/.one" "$d/.two"
expect_error 'not permitted' rename "$d/.one" "$d/three"
grep -q "/bitmaps/three' .*another name" "$MNT/.ctl/errors" || fail "no reason"
rm "$d/.two"
rename "$d/.one" "$d/three"
expect_eq "$(cat "$d/three")" 5

unmount_store
check_store
