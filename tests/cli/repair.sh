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

# lacks FILE TEXT - it does not say that.
lacks()
{
	! grep -F -- "$2" "$1" || fault "'$2' in $1"
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

# A superblock that is not there is one that may have been the newest. In a
# store with one commit the first one never was.
run 0 check good
lacks out 'note:'
for word in first second; do
	slot=1
	[ "$word" = first ] || slot=2
	cp good s
	dd if=/dev/zero of=s bs=4096 seek=$slot count=1 conv=notrunc status=none
	run 0 check s
	says out "s: note: the $word superblock is empty"
	run 0 check --json s
	is_json out
	says out "the $word superblock is empty"
	run 3 repair -n s
	says out "the $word superblock is empty"
	says out 'if the superblock that cannot be read was the newer one'
	run 0 repair -y s
	run 0 check s
	lacks out 'note:'
	cp good s
	turn s $((slot * 4096 + 50))
	run 0 check s
	says out "s: note: the $word superblock cannot be used"
done
cp good s
turn s $((3 * 4096 + 50))
run 0 check s
says out 's: note: the steady superblock cannot be used'

# Where to go back to.
cp good s
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
