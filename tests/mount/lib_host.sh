# shellcheck shell=bash disable=SC2154,SC2034 # DIR, STORE: lib.sh
# SPDX-License-Identifier: Apache-2.0
#
# lib_host.sh - a small host filesystem of its own for the store, on a loop
# device, so that it can be filled or shut down.

HOST=$DIR/host
IMAGE=$DIR/image

# require_loop COMMAND... - root, loop devices, and these programs.
require_loop()
{
	[ "$(id -u)" = 0 ] || skip "needs root for a loop device"
	[ -e /dev/loop-control ] || skip "no loop devices"
	require losetup "$@"
}

# mount_host TYPE MIB - make it and mount it; $STORE will be on it.
mount_host()
{
	mkdir -p "$HOST"
	truncate -s "$2M" "$IMAGE"
	case $1 in
	xfs) mkfs.xfs -q "$IMAGE" ;;
	ext4) mkfs.ext4 -q "$IMAGE" ;;
	esac
	mount -o loop "$IMAGE" "$HOST" || skip "cannot mount a loop device"
	STORE=$HOST/store
}

# remount_host - as after a power cut; its journal is replayed.
remount_host()
{
	umount "$HOST" || fail "the host cannot be unmounted"
	mount -o loop "$IMAGE" "$HOST" || fail "the host cannot be mounted"
}

drop_host()
{
	umount "$HOST"
	rm -f "$IMAGE"
}

# What finish of lib.sh does, and then the host goes.
finish_host()
{
	local code=$?

	trap - EXIT
	(exit "$code") || :
	set +e
	if [ -n "$DAEMON" ]; then
		umount "$MNT" 2>/dev/null || umount -l "$MNT" 2>/dev/null
		daemon_gone 5 || kill -KILL "$DAEMON" 2>/dev/null
		daemon_gone 5
	fi
	umount -l "$MNT" 2>/dev/null
	umount -l "$HOST" 2>/dev/null
	case $code in
	0 | 77) rm -rf "$DIR" ;;
	*)
		printf '%s: kept %s; the daemon said:\n' "${0##*/}" "$DIR" >&2
		tail -n 20 "$LOG" >&2
		;;
	esac
	exit "$code"
}
trap finish_host EXIT
