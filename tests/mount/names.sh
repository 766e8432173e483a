#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Names: links, renames, removal while open, attributes, odd bytes.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require getfattr setfattr python3
mount_store
cd "$MNT/regions"

echo one >a
ln a b
ln -s a c
expect_eq "$(stat -c %h a)" 2
expect_eq "$(readlink c)" a
expect_eq "$(cat c)" one
echo two >>b
expect_eq "$(wc -l <a)" 2
rm a
expect_eq "$(stat -c %h b)" 1
expect_error 'No such file' cat c
mv b a
expect_eq "$(head -n 1 c)" one

# Over another, exchanged, and not over.
echo x >x
echo y >y
mv -f x y
expect_eq "$(cat y)" x
[ ! -e x ] || fail "x is still there"
echo z >z
mv -n y z
expect_eq "$(cat z)" z
mkdir d d/e
mv d d2
[ -d d2/e ] || fail "the directory did not move with what is in it"
expect_error 'not empty' rmdir d2
rmdir d2/e d2
expect_error 'cross-device' python3 -c \
	'import os, sys; os.rename("a", "../bitmaps/a")'

# Removed, and still open.
echo data >open
exec 3<open
exec 4>>open
rm open
echo more >&4
expect_eq "$(tr '\n' ' ' <&3)" "data more "
exec 3<&- 4>&-
expect_error 'No such file' cat open

# Attributes.
echo q >q
chmod 4755 q
chown 1000:1000 q
expect_eq "$(stat -c '%u %g' q)" "1000 1000"
expect_eq "$(stat -c %a q)" 755
touch -d '2001-02-03 04:05:06.789 UTC' q
expect_eq "$(stat -c %.9Y q)" 981173106.789000000
setfattr -n user.colour -v blue q
expect_eq "$(getfattr --only-values -n user.colour q)" blue
setfattr -x user.colour q
expect_error 'No such attribute' getfattr -n user.colour q
mkfifo f
expect_eq "$(stat -c %F f)" fifo
chmod 6755 f
chown 1000:1000 f
expect_eq "$(stat -c %a f)" 755
seq 1 100 >../bitmaps/s
expect_eq "$(getfattr --only-values -n user.roarfs.count ../bitmaps/s)" 100
expect_eq "$(getfattr --only-values -n user.roarfs.max ../bitmaps/s)" 100

# Odd names, and one that is too long.
long=$(printf 'n%.0s' $(seq 255))
for n in ' ' $'new\nline' 'ü' "'" '"' "\\" '*' "$long" ...; do
	printf %s "$n" >"./$n"
	got=$(cat "./$n")
	expect_eq "$got" "$n"
done
expect_error 'too long' touch "${long}n"
remount=$(find . | sort | cksum)
cd /
remount_store
cd "$MNT/regions"
expect_eq "$(find . | sort | cksum)" "$remount"
cd /

unmount_store
check_store
