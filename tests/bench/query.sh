#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# query.sh - questions to sets through .q/, beside a FUSE filesystem that does
# nothing: two sets of 10 M random members, and two of census1881, where there
# is $ROARFS_DATA or ../shared/data.
#
#   query.sh [BUILD_DIR]     a release build; default build-bench
#
# QUERY_MEMBERS is how many, QUERY_ROUNDS how often it is asked.

set -euo pipefail

build=$(cd "${1:-build-bench}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"
PATH=$build/fs:$build/tests/bench:$PATH
members=${QUERY_MEMBERS:-10000000}
rounds=${QUERY_ROUNDS:-300}
work=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-query.XXXXXX")
mkdir "$work/mnt" "$work/null"
trap 'clean_up "$work"' EXIT

roarfs create "$work/store"
roarfs mount "$work/store" "$work/mnt"
nullfs -s "$work/null" &
for _ in $(seq 50); do mountpoint -q "$work/null" && break; sleep 0.1; done
b=$work/mnt/bitmaps

for s in A B; do
	head -c $((members * 4)) /dev/urandom | od -An -v -tu4 -w4 |
		tr -d ' ' >"$b/$s"
done
zip=${ROARFS_DATA:-$here/../../../shared/data}/census1881.zip
names=()
if [ -e "$zip" ]; then
	# The two largest of 200.
	mapfile -t names < <(unzip -Z "$zip" '*.txt' | grep '\.txt$' |
		sort -k4,4n | tail -n 2 | awk '{ print $NF }')
	unzip -p "$zip" "${names[0]}" | tr , '\n' >"$b/C"
	unzip -p "$zip" "${names[1]}" | tr , '\n' >"$b/D"
fi
sync "$b/A"

printf '%-22s %10s %10s %10s\n' 'open, read, close of' changed again nothing
# row ROUNDS EXPRESSION FILE SET
row()
{
	printf '%-22s ' "$2/$3"
	query "$b/.q/$2/$3" "$b/$4" "$work/null/a0" "$1"
}
few=$((rounds / 10 + 1))
for op in and or xor minus; do
	row "$few" "A $op B" count A
done
row "$few" 'A and B' max A
if [ "${#names[@]}" = 2 ]; then
	for op in and or xor minus; do
		row "$rounds" "C $op D" count C
	done
	row "$rounds" 'C and D' members C
	row "$rounds" 'A and C' count C
fi
row "$rounds" 'A and B' rank/7 A
