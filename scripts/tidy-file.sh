#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tidy-file.sh BUILD LOG FILE - clang-tidy on one file, for ci.sh to run
# several at a time: prints ok or FAILED and the file, adds the rest to LOG.

set -euo pipefail
build=$1 log=$2 file=$3
verdict=ok

found=$(clang-tidy --quiet -p "$build" "$file" 2>&1) || verdict=FAILED
found=$(grep -vE '^$|^[0-9]+ warnings? generated' <<<"$found") || :
flock "$log" tee -a "$log" <<<"$file: $verdict${found:+
$found}" >/dev/null
echo "$verdict ${file##*../}"
