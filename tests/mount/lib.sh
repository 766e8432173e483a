# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib.sh - what every mount test begins with.
#
#	. "$TEST_LIB/lib.sh"
#	require_fuse
#	mount_store
#	...
#	unmount_store
#	check_store
#
# A test has a directory of its own, $DIR, with the store $STORE, the mount
# $MNT and the daemon's stderr $LOG. Its verdict is its exit code: 0, 77 when
# this machine cannot run it, else failed. After a failure $DIR stays.

set -euo pipefail

DIR=$(mktemp -d /tmp/roarfs-test.XXXXXX)
STORE=$DIR/store
MNT=$DIR/mnt
LOG=$DIR/daemon.log
DAEMON=
mkdir "$MNT"
: >"$LOG"

# fail TEXT... - the test has failed.
fail()
{
	printf '%s: FAILED: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# skip TEXT... - this machine cannot run the test.
skip()
{
	printf '%s: skipped: %s\n' "${0##*/}" "$*" >&2
	exit 77
}

# finish - runs at every end: nothing stays mounted, nothing keeps running.
finish()
{
	local code=$?

	set +e
	if [ -n "$DAEMON" ]; then
		umount "$MNT" 2>/dev/null || umount -l "$MNT" 2>/dev/null
		daemon_gone 5 || kill -KILL "$DAEMON" 2>/dev/null
	fi
	umount -l "$MNT" 2>/dev/null
	case $code in
	0 | 77)
		rm -rf "$DIR"
		;;
	*)
		printf '%s: kept %s; the daemon said:\n' "${0##*/}" "$DIR" >&2
		tail -n 20 "$LOG" >&2
		;;
	esac
	exit "$code"
}
trap finish EXIT
trap 'exit 1' TERM INT
trap 'printf "%s: line %s: %s\n" "${0##*/}" "$LINENO" "$BASH_COMMAND" >&2' ERR

require_fuse()
{
	[ -c /dev/fuse ] || skip "no /dev/fuse"
	[ "$(id -u)" = 0 ] || command -v fusermount3 >/dev/null ||
		skip "neither root nor fusermount3"
}

# require COMMAND... - programs that are not on every machine.
require()
{
	local c

	for c in "$@"; do
		command -v "$c" >/dev/null || skip "no $c"
	done
}

# sanitized - is the daemon a build with memory of its own, for finding errors?
sanitized()
{
	grep -Eaq '__(asan|tsan)_init' "$ROARFS"
}

# daemon_gone SECONDS - has the daemon ended within that time?
daemon_gone()
{
	local i

	for ((i = 0; i < $1 * 20; i++)); do
		kill -0 "$DAEMON" 2>/dev/null || return 0
		sleep 0.05
	done
	return 1
}

# mount_store - make the store if there is none, and mount it, with the options
# in ROARFS_TEST_OPTIONS, if any.
mount_store()
{
	local i

	[ -e "$STORE" ] || "$ROARFS" create "$STORE" ||
		fail "cannot create $STORE"
	"$ROARFS" mount -f ${ROARFS_TEST_OPTIONS:+-o "$ROARFS_TEST_OPTIONS"} \
		"$STORE" "$MNT" 2>>"$LOG" &
	DAEMON=$!
	for ((i = 0; i < 200; i++)); do
		[ -e "$MNT/README" ] && break
		kill -0 "$DAEMON" 2>/dev/null || fail "the daemon ended"
		sleep 0.02
	done
	[ -e "$MNT/README" ] || fail "the mount cannot be used"
}

# unmount_store - and the daemon must end well and have said nothing bad.
unmount_store()
{
	local code=0

	umount "$MNT" || fail "cannot unmount"
	daemon_gone 30 || fail "the daemon did not end"
	wait "$DAEMON" || code=$?
	DAEMON=
	[ "$code" = 0 ] || fail "the daemon ended with $code"
	log_is_clean
}

log_is_clean()
{
	! grep -Ei 'error|warning|assert|Sanitizer|==[0-9]+==' "$LOG" >&2 ||
		fail "the daemon said that"
}

# kill_daemon - as if it had crashed.
kill_daemon()
{
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null || :
	DAEMON=
}

remount_store()
{
	unmount_store
	mount_store
}

# check_store - the offline checker finds nothing.
check_store()
{
	"$ROARFS" check "$STORE" >"$DIR/check" 2>&1 ||
		{
			cat "$DIR/check" >&2
			fail "the check found damage"
		}
}

# --- verdicts ---

expect_eq()
{
	[ "$1" = "$2" ] || fail "'$1' is not '$2'${3:+: $3}"
}

# expect_same FILE FILE - the same bytes.
expect_same()
{
	cmp "$1" "$2" >&2 || fail "$1 is not $2"
}

# expect_set SET FILE - the set has the lines of FILE, and the right size.
expect_set()
{
	expect_same "$1" "$2"
	expect_eq "$(stat -c %s "$1")" "$(stat -c %s "$2")" "size of $1"
}

# names DIRECTORY - what readdir gives, in its order, in one line.
names()
{
	find "$1" -mindepth 1 -maxdepth 1 -printf '%f '
}

# expect_error ERRNO-TEXT COMMAND... - it fails, saying that.
expect_error()
{
	local want=$1

	shift
	if LC_ALL=C "$@" >"$DIR/out" 2>&1; then
		fail "'$*' did not fail"
	fi
	grep -qi -- "$want" "$DIR/out" ||
		fail "'$*' said '$(cat "$DIR/out")' and not '$want'"
}
