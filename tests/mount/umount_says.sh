#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# roarfs umount says nothing when the store was closed, and when it was not, that
# what was not synced may be lost.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse

# says CODE - unmounting ends with it, and a word is said if that is not 0.
says()
{
	local code=0 said

	said=$("$ROARFS" umount "$MNT" 2>&1) || code=$?
	daemon_gone 30 || fail "the daemon did not end"
	wait "$DAEMON" 2>/dev/null || :
	DAEMON=
	[ "$code" = "$1" ] || fail "umount ended with $code, not $1: $said"
	if [ "$1" = 0 ]; then
		[ -z "$said" ] || fail "umount said '$said'"
	else
		grep -q "'$STORE' was not closed in order" <<<"$said" ||
			fail "umount said '$said'"
	fi
}

mount_store
echo 1 >"$MNT/bitmaps/s"
says 0

mount_store
echo 2 >>"$MNT/bitmaps/s"
sync "$MNT/bitmaps/s"
kill -9 "$DAEMON"
says 1

# Who only reads closes nothing, and what is in the log he cannot show.
mount_store
says 0
ROARFS_TEST_OPTIONS=ro mount_store
says 0
check_store
