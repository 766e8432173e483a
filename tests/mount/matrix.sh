#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The tool matrix: every ordinary tool reads, makes and changes a set, each
# row judged by every byte and the size. Prints a table:
#
#	meson test -C build mount-matrix -v
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
# shellcheck source=tests/matrix/lib.sh
. "$TEST_LIB/../matrix/lib.sh"
require_fuse
mount_store

want=$DIR/want
old=$DIR/old
odd=$DIR/odd
union=$DIR/union
longer=$DIR/longer
export want old odd union longer LC_ALL=C
seq 3 3 90000 >"$want"
seq 1 7 70000 >"$old"
grep '[13579]$' "$old" >"$odd"
sort -nu "$want" "$old" >"$union"
{ cat "$old"; seq 80000 90000; } >"$longer"

# shellcheck source=tests/matrix/rows-read.sh
. "$TEST_LIB/../matrix/rows-read.sh"
# shellcheck source=tests/matrix/rows-write.sh
. "$TEST_LIB/../matrix/rows-write.sh"

printf '%s rows right, %s wrong, %s without their tool\n' \
	"$row_ok" "$row_bad" "$row_no"
[ "$row_bad" = 0 ] || fail "$row_bad rows of the matrix are wrong"
unmount_store
check_store
