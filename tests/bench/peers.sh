#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# peers.sh - roarfs beside LMDB, SQLite, Redis and a roaring blob.
#
#   peers.sh [BUILD_DIR]     a release build; default build-bench
#
# BENCH_SCALE=1 is the size of the goals; the default is a tenth of it.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build-bench}" && pwd)
PATH=$build/fs:$build/tests/bench:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-peers.XXXXXX")

# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"
trap 'clean_up "$work"' EXIT

"$build/tests/bench/peers/peers_bench" "$work"
