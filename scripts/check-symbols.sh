#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-symbols.sh LIBRARY... - every global symbol says whose it is.
#
# The libraries are static: whatever they define shares one name space with
# libfuse, CRoaring and libc.

set -euo pipefail
mapfile -t libraries < <(realpath -- "$@") # before the directory changes
# shellcheck source=scripts/lib-files.sh
. "$(dirname "$0")/lib-files.sh"

# prefix LIBRARY - what its symbols begin with.
prefix()
{
	case $1 in
	*/libbase.a) echo 'err_|lock_|rwlock_|cond_|buf_|hash(64|128)$' ;;
	*/libregionstore.a) echo 'rs_' ;;
	*/libbitmap.a) echo 'bm_' ;;
	*/libfs.a) echo 'fs_' ;;
	esac
}

for library in "${libraries[@]}"; do
	want=$(prefix "$library")
	[ -n "$want" ] || complain "$library: whose symbols are these?"
	# Two underscores: the compiler's own, for sanitizers and coverage.
	symbols=$(nm -g --defined-only "$library" |
		sed -En '/ [A-Z] (__|'"$want"')/d; s/^[0-9a-f]+ [A-Z] //p')
	for name in $symbols; do
		complain "$library: $name does not begin with $want"
	done
done
verdict symbols
