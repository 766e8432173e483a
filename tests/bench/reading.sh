#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# reading.sh - reading 10 M random members through the mount, beside a FUSE
# filesystem that does nothing (reading.c).
#
#   reading.sh [BUILD_DIR]     a release build; default build-bench

set -euo pipefail

build=$(cd "${1:-build-bench}" && pwd)
PATH=$build/fs:$build/tests/bench:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-reading.XXXXXX")
mkdir "$work/mnt" "$work/null"
trap 'umount "$work/mnt" "$work/null" 2>/dev/null; rm -rf "$work"' EXIT

roarfs create "$work/store"
roarfs mount "$work/store" "$work/mnt"
nullfs -s "$work/null" &
for _ in $(seq 50); do mountpoint -q "$work/null" && break; sleep 0.1; done
sleep 1

head -c 40000000 /dev/urandom | od -An -v -tu4 -w4 | tr -d ' ' \
	>"$work/mnt/bitmaps/s"
sync "$work/mnt/bitmaps/s"
reading "$work/mnt/bitmaps/s" "$work/null/a0"
