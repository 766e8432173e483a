#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# roarfs repair: it says what it will do, asks, and exits as all commands do.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

# turn FILE PLACE - one byte of it.
turn()
{
	printf '\377' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

run 0 create good
cp good s

# Nothing is wrong: nothing is given up, and still it asks.
run 0 repair --dry-run s
says out 's: nothing has to be given up'
cmp s good || fault "a dry run changed the store"
run 1 repair s
says err 'nothing was changed; --yes repairs'
cmp s good || fault "repair did not wait for an answer"
run 0 repair --yes s
says out 's: repaired'
run 0 check s

# A header can be made anew.
cp good s
turn s 40
run 3 check s
says err "'roarfs repair --dry-run'"
run 3 repair -n s
says out 'the header is damaged: it is made anew'
run 3 check s
run 0 repair -y s
says out 's: repaired'
run 0 check s

# Where to go back to.
run 0 repair -n --to=newest s
run 1 repair -n --to=snapshot=none s
says err 'no snapshot of that name'
run 2 repair -n --to=yesterday s
run 2 repair -n --to=snapshot= s
run 2 repair

# What is no store.
head -c 2000000 /dev/urandom >noise
cp noise noise.was
run 3 repair -y noise
says err "'roarfs salvage'"
cmp noise noise.was || fault "repair changed what is no store"
: >empty
run '1|3' repair -y empty
run 1 repair -y none
run 1 repair -y /dev/null
