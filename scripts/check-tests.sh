#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-tests.sh - no test is forgotten, and no source file goes untested.
#
# A test that is not in the list of its meson.build would never run. A source
# file has the unit test of its name, or a line in tests/covered-elsewhere
# that says what covers it.

set -euo pipefail
# shellcheck source=scripts/lib-files.sh
. "$(dirname "$0")/lib-files.sh"

elsewhere=tests/covered-elsewhere

# listed GLOB SUFFIX - is each file's name, without prefix and SUFFIX, quoted
# in the meson.build beside it?
listed()
{
	local file name

	while IFS= read -r file; do
		name=${file##*/}
		name=${name%"$2"}
		name=${name#fuzz_}
		grep -q "'$name'" "${file%/*}/meson.build" ||
			complain "$file: not in ${file%/*}/meson.build"
	done < <(tree_files "$1")
}

# tested DIRECTORY UNIT - has each source in DIRECTORY a test in UNIT?
tested()
{
	local file name

	while IFS= read -r file; do
		name=${file##*/}
		[ -e "$2/${name%.c}_test.c" ] ||
			grep -q "^$file: " "$elsewhere" ||
			complain "$file: no $2/${name%.c}_test.c"
	done < <(tree_files "$1/*.c" | grep -E "^$1/[^/]+$")
}

# A line of the list must still be needed.
elsewhere_is_true()
{
	local path name

	while IFS=: read -r path _; do
		name=${path##*/}
		[ -e "$path" ] || complain "$elsewhere: no such file: $path"
		[ ! -e "tests/unit/${path%/*}/${name%.c}_test.c" ] ||
			complain "$elsewhere: $path has its own test"
	done < <(grep -v '^#' "$elsewhere")
}

listed 'tests/unit/*_test.c' _test.c
listed 'tests/model/*_model.c' _model.c
listed 'tests/crash/*_crash.c' _crash.c
listed 'tests/fuzz/fuzz_*.c' .c
listed 'tests/mount/[!l]*.sh' .sh
listed 'tests/mount/l[!i]*.sh' .sh
tested regionstore/base tests/unit/base
tested regionstore tests/unit/regionstore
tested bitmap tests/unit/bitmap
tested fs tests/unit/fs
elsewhere_is_true
verdict tests
