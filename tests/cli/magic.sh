#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# file(1) knows a store and roaring files, and takes nothing else for them.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

root=$TEST_LIB/../..
command -v file >/dev/null || {
	echo "no file(1)"
	exit 77
}

# kind FILE TEXT - that is how it begins what it says.
kind()
{
	local said

	said=$(file -b -m "$root/docs/roarfs.magic" "$1")
	[[ $said == "$2"* ]] || fault "$1: '$said' and not '$2'"
}

run 0 create x.store
kind x.store 'roarfs store, format 1'
for f in "$root"/tests/golden/formats/*; do
	case $f in
	*/empty.roaring) kind "$f" data ;; # eight zeros say nothing
	*.roaring) kind "$f" 'Roaring bitmap, 64-bit' ;;
	*.roaring32) kind "$f" 'Roaring bitmap, 32-bit' ;;
	esac
done
head -c 100 /dev/zero >zeros
kind zeros data
echo ';0 a remark of an assembler' >text
kind text ASCII
seq 1 1000 >numbers
kind numbers ASCII
