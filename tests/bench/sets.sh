#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sets.sh - real sets and made-up ones: load, read back, bytes on the disk.
#
#   sets.sh [BUILD_DIR]     a release build; default build-bench
#
# Real ones are zips of lists of numbers in $ROARFS_DATA, or in shared/data
# beside the checkout, one row for each zip; without them there are only the
# made-up ones.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build-bench}" && pwd)
PATH=$build/fs:$PATH
data=${ROARFS_DATA:-$here/../../../shared/data}
[ -d "$data" ] || data=$here/../../../../shared/data
work=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-sets.XXXXXX")

# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"
trap 'clean_up "$work"' EXIT

collections=()
for zip in "$data"/*.zip; do
	if [ ! -f "$zip" ] || ! command -v unzip >/dev/null; then
		echo "no real sets: no zips in $data, or no unzip"
		break
	fi
	name=${zip##*/}
	unzip -q -j "$zip" -d "$work/${name%.zip}"
	collections+=("$work/${name%.zip}")
done
"$build/tests/bench/peers/sets_bench" "$work" "${collections[@]}"
