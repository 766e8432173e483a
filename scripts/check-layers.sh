#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-layers.sh - fs -> bitmap -> regionstore -> base, and never back.
#
# A layer sees itself, the one public header of each layer below, and base/.
# Every include in quotes is written from the root, so a pattern can tell.

set -euo pipefail
# shellcheck source=scripts/lib-files.sh
. "$(dirname "$0")/lib-files.sh"

base='regionstore/base/'
store='regionstore/regionstore\.h'
sets='bitmap/bitmap\.h'

# layer DIRECTORY MAY MAY-NOT - of the files right there, what they may
# include from the tree and what they may not from the system.
layer()
{
	local file line

	while IFS= read -r file; do
		while IFS= read -r line; do
			complain "$file: may not include $line"
		done < <(sed -En 's/^#[ \t]*include[ \t]+//p' "$file" |
			grep -Ev "^\"($2)" | grep -E "^\"|^<($3)" || :)
	done < <(tree_files "$1/*.[ch]" | grep -E "^$1/[^/]+$")
}

layer regionstore/base "$base" 'fuse|roaring'
layer regionstore 'regionstore/' 'fuse|roaring'
layer bitmap "bitmap/|$store\"|$base" 'fuse'
layer fs "fs/|$sets\"|$store\"|$base" 'roaring'
verdict layers
