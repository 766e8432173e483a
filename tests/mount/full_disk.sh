#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The disk below a store is filled to the last byte, by four writers in the
# store and one beside it. Whoever is refused is told ENOSPC; what was
# acknowledged is there; removing, truncating, dropping a snapshot and a commit
# work on the full disk; and then there is room to write again. On each kind of
# file system that this machine can make.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
[ "$(id -u)" = 0 ] || skip "only root may mount a small disk"

DISK=$DIR/disk
STORE=$DISK/store
mkdir "$DISK"

# The disk goes when the daemon is gone.
end()
{
	local code=$?

	set +e
	touch "$DIR/enough"
	[ -z "$DAEMON" ] || umount -l "$MNT" 2>/dev/null
	[ -z "$DAEMON" ] || daemon_gone 10
	umount -l "$DISK" 2>/dev/null
	(exit "$code")
	finish
}
trap end EXIT

# --- small disks ---

disk_tmpfs()
{
	mount -t tmpfs -o size=24m none "$DISK"
}

disk_loop()
{
	truncate -s "$2" "$DIR/image"
	"mkfs.$1" -q "$DIR/image" >/dev/null 2>&1 &&
		mount -o loop "$DIR/image" "$DISK" 2>/dev/null
}

disk_ext4()
{
	command -v mkfs.ext4 >/dev/null && disk_loop ext4 24M
}

# The smallest that mkfs.xfs makes has 300 MB.
disk_xfs()
{
	command -v mkfs.xfs >/dev/null && disk_loop xfs 301M
}

# --- writers ---

# attempt WHO COMMAND... - run it, and note if it was refused for any reason
# but one.
attempt()
{
	local who=$1

	shift
	LC_ALL=C "$@" 2>"$DIR/err.$who" && return
	grep -q 'No space left on device' "$DIR/err.$who" ||
		cat "$DIR/err.$who" >>"$DIR/wrong"
	return 1
}

# Files, each synced; the names of those that were acknowledged are noted.
write_regions()
{
	local i refused=0

	for ((i = 0; refused < 4; i++)); do
		if attempt "r$1" dd if="$DIR/bytes" of="$MNT/regions/$1.$i" \
			bs=4096 count=$((i % 200 + 1)) conv=fsync status=none; then
			echo "$1.$i $((i % 200 + 1))" >>"$DIR/acked"
			refused=0
		else
			refused=$((refused + 1))
		fi
	done
}

# members ROUND - what is added in it.
members()
{
	seq $(($1 * 1000)) 911 $(($1 * 1000 + 20000000))
}

# A set, appended to and synced.
write_set()
{
	local i refused=0 add

	for ((i = 1; refused < 4 && i < 30; i++)); do
		add="$DIR/add.$1"
		members "$i" >"$add"
		if attempt "s$1" dd if="$add" of="$MNT/bitmaps/$1" bs=1M \
			oflag=append conv=notrunc,fsync status=none; then
			echo "$i" >>"$DIR/acked.$1"
			refused=0
		else
			refused=$((refused + 1))
		fi
	done
}

fill_host()
{
	local size

	for size in 1M 4096 512 1; do
		dd if=/dev/zero of="$DISK/filler" bs=$size oflag=append \
			conv=notrunc status=none 2>/dev/null || :
	done
}

# --- afterwards ---

regions_are_there()
{
	local name count

	while read -r name count; do
		[ -e "$MNT/regions/$name" ] || continue
		cmp <(head -c $((count * 4096)) "$DIR/bytes") \
			"$MNT/regions/$name" || fail "$name was acknowledged"
	done <"$DIR/acked"
}

# Reading a set first puts its lines in place, for which there must be room.
sets_are_there()
{
	local name i

	for name in a b; do
		[ -e "$DIR/acked.$name" ] || continue
		while read -r i; do
			members "$i"
		done <"$DIR/acked.$name" | sort -u >"$DIR/want"
		sort "$MNT/bitmaps/$name" | comm -23 "$DIR/want" - >"$DIR/gone"
		[ ! -s "$DIR/gone" ] ||
			fail "members of $name that were acknowledged are gone"
	done
}

errors_are_right()
{
	[ ! -s "$DIR/wrong" ] || {
		sort "$DIR/wrong" | uniq -c >&2
		fail "refused for another reason"
	}
	expect_eq "$(sed -n 's/^state *//p' "$MNT/.ctl/status")" ok
}

fill_and_empty()
{
	local i last

	rm -f "$DIR"/acked* "$DIR/wrong"
	: >"$DIR/acked"
	mount_store
	dd if="$DIR/bytes" of="$MNT/regions/held" bs=4096 count=300 status=none
	mkdir "$MNT/snapshots/s"
	rm "$MNT/regions/held"
	write_regions 1 &
	write_regions 2 &
	write_set a &
	write_set b &
	for i in 1 2 3 4; do
		wait -n || fail "a writer failed"
	done
	fill_host
	write_regions 3
	errors_are_right
	regions_are_there
	echo "$1: full, $(wc -l <"$DIR/acked") regions acknowledged"

	# On the full disk.
	rmdir "$MNT/snapshots/s"
	rm "$MNT/regions/1."*
	last=$(sed -n 's/^\(2[^ ]*\) .*/\1/p' "$DIR/acked" | tail -n 1)
	truncate -s 0 "$MNT/regions/$last"
	echo >"$MNT/.ctl/sync" || fail "no commit on a full disk"
	sed -i "/^$last /d" "$DIR/acked"

	# There is room again.
	for i in 1 2 3; do
		dd if="$DIR/bytes" of="$MNT/regions/4.$i" bs=4096 count=200 \
			conv=fsync status=none ||
			fail "no room after much was removed"
		echo "4.$i 200" >>"$DIR/acked"
	done
	seq 5000 >"$MNT/bitmaps/c"
	echo >"$MNT/.ctl/sync"
	errors_are_right
	regions_are_there
	sets_are_there
	unmount_store
	check_store
	mount_store
	seq 5000 | cmp - "$MNT/bitmaps/c"
	unmount_store
	umount "$DISK"
	rm -f "$DIR/image"
}

head -c 819200 /dev/urandom >"$DIR/bytes"
tried=0
for kind in tmpfs ext4 xfs; do
	if ! "disk_$kind"; then
		echo "$kind: cannot be made here"
		continue
	fi
	tried=$((tried + 1))
	fill_and_empty "$kind"
done
[ "$tried" -gt 0 ] || skip "no small disk can be made"
