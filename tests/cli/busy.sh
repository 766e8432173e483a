#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A store that somebody has open is refused, with the number of that process.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"
need python3

run 0 create x.store
python3 - x.store >ready <<'PYTHON' &
import fcntl, struct, sys, time
F_OFD_SETLK = 37
f = open(sys.argv[1], "r+b")
fcntl.fcntl(f, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
print("locked", flush=True)
time.sleep(60)
PYTHON
holder=$!
trap 'kill "$holder" 2>/dev/null || :; finish' EXIT
for _ in $(seq 100); do
	[ -s ready ] && break
	sleep 0.05
done
[ -s ready ] || fault "nobody locked the store"

for command in check info; do
	run 1 "$command" x.store
	says err "in use by process $holder"
	says err 'unmount it first'
done
kill "$holder"
wait "$holder" 2>/dev/null || :
run 0 check x.store
