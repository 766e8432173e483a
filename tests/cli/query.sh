#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# roarfs query: the answer on stdout, what is wrong with the question on stderr.
# Sets with names are in tests/mount/query.sh, where they can be made.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

run 0 create x.store
cp x.store before

# answers TEXT ARGUMENT... - that is what is printed.
answers()
{
	local want=$1

	shift
	run 0 query "$@"
	printf '%b' "$want" | cmp -s - out ||
		fault "roarfs query $*: $(head -c 200 out)"
}

answers '1\n5\n7\n' x.store 'set(1,5) or set(7)'
answers '3\n' x.store --count 'set(1-10) minus set(2-8)'
answers '1-2\n10\n' x.store -f ranges 'set(1,2,10)'
answers '00000000000000000007\n' x.store --format=pad 'set(7)'
answers '' x.store 'set()'
answers 'expression  set(3-5)\ncount       3\nmin         3\nmax         5\nsets        0\n' \
	x.store --info 'set(3-5)'
run 0 query x.store --json 'set(3-5)'
is_json out
says out '"count": 3'
answers '0\n' x.store -c 'any(*)'
answers '18446744073709551615\n' x.store 'set(18446744073709551615)'
run 0 query x.store -f roaring 'set(1-10)'
[ "$(od -An -v -tx1 out | tr -d ' \n')" = \
	0100000000000000000000003b3000000100000900010001000900 ] ||
	fault "roaring: $(od -An -tx1 out)"
cmp x.store before || fault "query changed the store"

# What does not parse is usage, what is not there is failure.
run 2 query x.store 'set(1) nad set(2)'
says err "'set(1) nad set(2)': 'nad' at byte 8: an operator is missing"
run 2 query x.store ''
run 2 query x.store 'set(1) and'
run 2 query x.store "$(printf '(%.0s' {1..100})"
says err 'too deep'
run 2 query x.store -f text2 'set(1)'
says err 'no such format'
run 2 query x.store
run 1 query x.store 'paid'
says err "'paid' at byte 1: no such name"
run 1 query x.store 'at(monday,a)'
says err 'no such snapshot'
run 1 query x.store -f roaring32 'set(4294967296)'
says err 'take --format=roaring'
run 1 query none.store 'set(1)'

# As long as a shell lets one be.
long="set($(seq -s , 1 3 30000))"
answers '10000\n' x.store -c "$long"

[ ! -e /dev/full ] || {
	code=0
	"$ROARFS" query x.store 'set(1-100000)' >/dev/full 2>err || code=$?
	[ "$code" -eq 1 ] || fault "to a full disk: exit $code"
}
