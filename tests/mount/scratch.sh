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

# Neither can be written on by who has it open, but he can read on.
says()
{
	tail -n 1 "$MNT/.ctl/errors" | grep -qF -- "$1" ||
		fail "no '$1' in: $(tail -n 1 "$MNT/.ctl/errors")"
}
echo 5 >"$d/.one"
expect_error 'not permitted' ln "$d/.one" "$d/four"
says "/bitmaps/.one' 'ln to four' one file cannot be bytes and a set"
printf '9\n8\n' >"$d/.one"
exec 7<>"$d/.one"
rename "$d/.one" "$d/four"
expect_eq "$(cat <&7 | tr '\n' ' ')" '8 9 '
echo 7 >>"$d/four"
expect_eq "$(python3 -c 'import os; print(os.pread(7, 9, 0), os.fstat(7).st_size)')" \
	"b'7\\n8\\n9\\n' 6"
expect_error 'not supported' python3 -c 'import os; os.write(7, b"6\n")'
says "/bitmaps/four' 'write at byte 4' it was renamed and is a set now"
expect_error 'not supported' python3 -c 'import os; os.ftruncate(7, 1)'
says "/bitmaps/four' 'truncate to 1' it was renamed"
exec 7>&-
expect_eq "$(tr '\n' ' ' <"$d/four")" '7 8 9 '
! grep -q EUCLEAN "$MNT/.ctl/errors" || fail "that is no damage"

unmount_store
check_store
