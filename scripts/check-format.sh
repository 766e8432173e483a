#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-format.sh - whitespace as clang-format has it, and lines of 80.
#
# To make it so: clang-format -i FILE... with version 14. Others differ from it
# in what they do to macros, so with them this check is skipped.

set -euo pipefail
# shellcheck source=scripts/lib-files.sh
. "$(dirname "$0")/lib-files.sh"

clang-format --version 2>/dev/null | grep -q 'version 14\.' || {
	echo "no clang-format 14"
	exit 77
}
mapfile -t files < <(tree_files '*.[ch]')
clang-format --dry-run --Werror "${files[@]}" || complain "clang-format -i"
# The formatter leaves comments alone: their lines count with tabs as 8.
while IFS= read -r line; do
	complain "$line: longer than 80 columns"
done < <(for file in "${files[@]}"; do
	expand "$file" | LC_ALL=C.UTF-8 grep -nE '^.{81}' |
		sed "s|^\([0-9]*\):.*|$file:\1|" || :
done)
verdict format
