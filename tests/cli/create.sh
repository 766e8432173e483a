#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# roarfs create makes a store once, and never touches what is there.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

run 0 create x.store
run 0 check x.store

cp x.store copy
run 1 create x.store
says err "'x.store': exists already"
cmp x.store copy || fault "create changed a store"

echo precious >file
run 1 create file
[ "$(cat file)" = precious ] || fault "create changed a file"

run 1 create no/such/directory/x.store
says err 'No such file or directory'
run 1 create .
run 2 create
run 2 create a b
run 2 create --owner=no-such-user-at-all y.store
[ ! -e y.store ] || fault "an unknown owner left a store"

run 0 create --owner=0:0 'name with  spaces
and a newline.store'
run 0 create --owner=12345:54321 owned.store
run 0 check owned.store

# A store is sparse: an empty one costs little.
[ "$(du -k x.store | cut -f1)" -lt 8192 ] || fault "an empty store is large"
