#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-size.sh - one idea has an upper size: 500 lines for a source or a
# script, 300 for a header, 70 for a function.
#
# Parameters, statements and nesting are counted by clang-tidy.

set -euo pipefail
# shellcheck source=scripts/lib-files.sh
. "$(dirname "$0")/lib-files.sh"

# The public header of a layer is read as one chapter, and may be a long one.
chapters='regionstore/regionstore.h bitmap/bitmap.h'
chapter_limit=500

# no_longer_than LIMIT GLOB...
no_longer_than()
{
	local most=$1 limit file lines

	shift
	while IFS= read -r file; do
		lines=$(wc -l <"$file")
		limit=$most
		[[ " $chapters " != *" $file "* ]] || limit=$chapter_limit
		[ "$lines" -le "$limit" ] ||
			complain "$file: $lines lines, more than $limit"
	done < <(tree_files "$@")
}

# A function's body is from { to } in the first column.
functions()
{
	local line

	while IFS= read -r line; do
		complain "$line"
	done < <(tree_files '*.[ch]' | xargs -d '\n' awk '
		FNR == 1 { start = 0 }
		/^{/ { start = FNR }
		/^}/ && start {
			if (FNR - start - 1 > 70)
				printf "%s:%d: function of %d lines\n",
					FILENAME, start, FNR - start - 1
			start = 0
		}')
}

no_longer_than 500 '*.c' 'scripts/*' '*.sh'
no_longer_than 300 '*.h'
functions
verdict size
