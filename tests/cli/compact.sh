#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# compact: a new store becomes short and stays sound; what cannot be compacted
# is refused with a reason.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

run 0 create x.store
size=$(stat -c %s x.store)
run 0 compact x.store
says out 'x.store: '
says out ', was '
[ "$(stat -c %s x.store)" -lt "$size" ] || fault "it did not become shorter"
run 0 check x.store
run 0 compact --json x.store
is_json out
says out '"file_bytes_before"'
says out '"packed_bytes"'
run 0 check x.store

run 1 compact none
says err "make one with 'roarfs create'"
run 1 compact /dev/null
run 2 compact
