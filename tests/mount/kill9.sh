#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Killed at any moment under load, the store opens, checks clean, and no set
# is between two states. ROUNDS= (5) is how often.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse

# load DIRECTORY - replaces by one of two contents, appends, files, snapshots.
load()
{
	local i=0

	cd "$1" || exit
	while :; do
		seq 1 1000 >bitmaps/s || break
		seq 2 2 5000 >bitmaps/s || break
		seq "$((i * 100))" "$((i * 100 + 99))" >>bitmaps/log || break
		head -c 300000 /dev/zero >"regions/f$((i % 10))" || break
		[ "$((i % 5))" != 0 ] || sync . || break
		[ "$((i % 20))" != 7 ] || mkdir "snapshots/s$i" || break
		rm -f "regions/f$(((i + 5) % 10))" || break
		i=$((i + 1))
	done
}

for round in $(seq "${ROUNDS:-5}"); do
	mount_store
	load "$MNT" >/dev/null 2>&1 &
	loader=$!
	sleep "0.$((round * 171 % 900 + 100))"
	kill_daemon
	wait $loader || :
	umount "$MNT" || umount -l "$MNT"
	check_store
	mount_store
	if [ -e "$MNT/bitmaps/s" ]; then
		case $(wc -l <"$MNT/bitmaps/s") in
		0 | 1000 | 2500) ;;
		*) fail "the set is between two states" ;;
		esac
	fi
	if [ -s "$MNT/bitmaps/log" ]; then
		expect_eq "$(wc -l <"$MNT/bitmaps/log")" \
			"$(($(tail -n 1 "$MNT/bitmaps/log") + 1))"
	fi
	for s in "$MNT"/snapshots/s*; do
		[ ! -d "$s" ] || rmdir "$s"
	done
	rm -f "$MNT/bitmaps/log"
	unmount_store
	check_store
done
