#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# roarfs info counts what is there, for people and for programs.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

run 0 create x.store
run 0 info x.store
says out 'store        x.store'
says out 'directories  3'
says out 'sets         0'
run 0 info --json x.store
is_json out
says out '"directories": 3'
says out '"snapshots": []'

cp x.store before
run 0 info x.store
cmp x.store before || fault "info changed the store"

run 1 info none
says err "make one with 'roarfs create'"
run 1 info /dev/null
run 2 info
