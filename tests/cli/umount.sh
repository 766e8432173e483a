#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# roarfs umount refuses what is no mount of roarfs, and says what it is.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

mkdir plain
for dir in plain ./plain/ . plain/..; do
	run 1 umount "$dir"
	says err 'nothing is mounted there'
done
run 1 umount none
run 1 umount no/such/place
run 1 umount /proc
says err "not a roarfs mount but proc of 'proc'"
run 1 umount /
says err 'not a roarfs mount'
run 2 umount
run 2 umount a b
