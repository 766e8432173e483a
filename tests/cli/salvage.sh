#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# roarfs salvage: a new store, or a reason why not; the old one is only read.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

run 0 create s
# Without header and superblocks.
dd if=/dev/zero of=s bs=4096 count=4 conv=notrunc status=none
cp s was
run 1 check s
run 3 repair -y s
run 0 salvage s new
says out 'records went to new'
cmp s was || fault "salvage changed the old store"
run 0 check new

# What exists is not overwritten.
run 1 salvage s new
run 0 check new
run 1 salvage none other
head -c 2000000 /dev/urandom >noise
run 3 salvage noise other
says err 'nothing of a store'
[ ! -e other ] || fault "a new store of nothing"
run 2 salvage s
