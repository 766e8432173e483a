#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# roarfs check: 0 sound, 1 no store or not to be had, 3 damaged; never a
# signal, and never a change.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

run 0 create x.store
cp x.store good

run 0 check x.store
says out 'x.store: sound'
cmp x.store good || fault "check changed the store"
run 0 check --json x.store
is_json out
says out '"damaged": 0'

run 0 check --fast x.store
says out 'content not read'
run 0 check --fast --json x.store
is_json out
says out '"read": "metadata"'

# Things that are no store.
: >empty
echo text >text
head -c 1000000 /dev/urandom >noise
head -c 1000000 /dev/zero >zeros
mkdir directory
mkfifo fifo
for file in empty text noise zeros directory fifo /dev/null none; do
	run 1 check "$file"
	says err "'$file'"
done
run 1 check noise
says err "was it made by 'roarfs create'?"
run 1 mount noise directory
says err "noise: too short: not a store; was it made by 'roarfs create'?"
run 1 mount none directory
says err "none: No such file or directory; make one with 'roarfs create'"

# A store that ends too early, at a page and elsewhere.
size=$(stat -c %s good)
for at in 1 100 4095 4096 4097 8192 12288 16384 20480 24577 28672 40960 \
	$((size / 2)) $((size - 1)); do
	cp good cut
	truncate -s "$at" cut
	run '0|1|3' check cut
	run '0|1|3' info cut
done
run 2 check
run 2 check --no-such-option x.store
