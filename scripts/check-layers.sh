#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-layers.sh - fs -> bitmap -> regionstore -> base, and never back.
#
# A layer sees itself, the one public header of each layer below, and base/.
# Every include in quotes is written from the root, so a pattern can tell.
# Inside a layer, a library from outside stays at the edge.

set -euo pipefail
# shellcheck source=scripts/lib-files.sh
. "$(dirname "$0")/lib-files.sh"

base='regionstore/base/'
store='regionstore/regionstore\.h'
sets='bitmap/bitmap\.h'

# includes FILE - what it includes, as it is written there.
includes()
{
	sed -En 's/^#[ \t]*include[ \t]+//p' "$1"
}

# layer DIRECTORY MAY MAY-NOT - of the files right there, what they may
# include from the tree and what they may not from the system.
layer()
{
	local file line

	while IFS= read -r file; do
		while IFS= read -r line; do
			complain "$file: may not include $line"
		done < <(includes "$file" |
			grep -Ev "^\"($2)" | grep -E "^\"|^<($3)" || :)
	done < <(tree_files "$1/*.[ch]" | grep -E "^$1/[^/]+$")
}

# edge NAME FILES - only FILES, a pattern of Perl's, include headers of library
# NAME; all else stays free of it, and can be tested without it.
edge()
{
	local file

	while IFS= read -r file; do
		! includes "$file" | grep -q "^<$1" ||
			complain "$file: may not include $1, only $2 may"
	done < <(tree_files 'regionstore/*.[ch]' 'bitmap/*.[ch]' 'fs/*.[ch]' |
		grep -vP "$2")
}

layer regionstore/base "$base" 'fuse|roaring'
layer regionstore 'regionstore/' 'fuse|roaring'
layer bitmap "bitmap/|$store\"|$base" 'fuse'
layer fs "fs/|$sets\"|$store\"|$base" 'roaring'
edge roaring '^bitmap/.*\.c$'
edge fuse '^fs/(?!ns|cmd_|mend|set_)'
verdict layers
