#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# .ctl/check: while everything is being changed, a check of the running store
# ends, and finds nothing. And what was damaged before, it finds.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store
cd "$MNT"

state()
{
	sed -n 's/^state *//p' .ctl/check
}

# wait_check - until it has ended; then how it did.
wait_check()
{
	local i

	for ((i = 0; i < 600; i++)); do
		case $(state) in
		running*) sleep 0.1 ;;
		*) break ;;
		esac
	done
	state
}

case $(state) in
"not run"*) ;;
*) fail "says '$(state)' before any" ;;
esac
expect_eq "$(stat -c %s .ctl/check)" "$(wc -c <.ctl/check)"

# --- writers that do everything ---

change()
{
	local i

	for ((i = 0; ; i++)); do
		[ ! -e "$DIR/enough" ] || return 0
		seq "$i" 3 $((i + 60000)) >>"bitmaps/s$1"
		echo "-$i-$((i + 20000))" >>"bitmaps/s$1"
		seq "$i" 7 $((i + 30000)) >"bitmaps/r$1"
		head -c 900000 /dev/zero >"regions/f$1"
		truncate -s $((i % 500 * 1000)) "regions/f$1"
		echo "$i" | dd of="regions/f$1" bs=4096 seek=$((i % 90)) \
			conv=notrunc,fsync status=none
		mv "regions/f$1" "regions/g$1"
		ln -s "target $i" "regions/l$1"
		rm "regions/l$1" "regions/g$1"
		mkdir "snapshots/n$1-$((i % 3))" 2>/dev/null || :
		rmdir "snapshots/n$1-$(((i + 1) % 3))" 2>/dev/null || :
		echo >.ctl/sync
	done
}

head -c 60000000 /dev/urandom >regions/large
seq 1 3 3000000 >bitmaps/large
change 1 &
first=$!
change 2 &
second=$!
sleep 0.3
for round in 1 2 3 4; do
	commits=$(grep '^commits' .ctl/status)
	word=$([ "$round" = 4 ] && echo fast || echo)
	echo "$word" >.ctl/check
	if [ "$round" = 1 ]; then
		# The second one while the first runs, unless that was faster.
		if (echo >.ctl/check) 2>"$DIR/second"; then
			echo "the first check had ended"
		else
			grep -q 'busy' "$DIR/second" ||
				fail "$(cat "$DIR/second")"
		fi
	fi
	expect_eq "$(wait_check)" sound "$(cat .ctl/check)"
	expect_eq "$(sed -n 's/^findings *//p' .ctl/check)" 0
	[ "$round" = 4 ] || [ "$(grep '^commits' .ctl/status)" != "$commits" ] ||
		fail "no commit while it ran"
done
touch "$DIR/enough"
wait "$first" "$second"
expect_eq "$(cat .ctl/errors)" ""
expect_error 'Invalid argument' bash -c 'echo please >.ctl/check'

# One that runs does not keep a store from being unmounted.
echo >.ctl/check
cd /
unmount_store
check_store

# --- damage: a byte of a file turned ---

mount_store
printf 'ROARFS-MARK%.0s' $(seq 1 1000) >"$MNT/regions/marked"
unmount_store
at=$(grep -abo ROARFS-MARK "$STORE" | sed -n "1s/:.*//p")
[ -n "$at" ] || fail "the mark is not in the store"
printf X | dd of="$STORE" bs=1 seek="$at" conv=notrunc status=none
mount_store
cd "$MNT"
echo >.ctl/check
expect_eq "$(wait_check)" DAMAGED
grep -q "^'regions/marked': .*checksum" .ctl/check || fail "$(cat .ctl/check)"
grep -q "'/regions/marked' .*checksum" .ctl/errors ||
	fail "$(cat .ctl/errors)"
echo fast >.ctl/check
expect_eq "$(wait_check)" sound "contents were read"
expect_error 'Bad message\|Input/output' cat regions/marked
cd /
# The daemon has said that something is damaged; it shall end well all the same.
umount "$MNT"
daemon_gone 30 || fail "the daemon did not end"
wait "$DAEMON" || fail "the daemon ended with $?"
DAEMON=
