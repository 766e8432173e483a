#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# More clients than a ring has places change names through a format, all on one
# CPU, while others list the plain directories: nobody waits for ever. What they
# change the kernel is told of, which waits for those who list. What is mounted
# inside stays there, though the kernel would take it away with all names.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require perl taskset timeout
mount_store

clients=14
seconds=8
cpu=$(taskset -pc $$ | sed 's/.*[: ]//; s/[-,].*//')

cat >"$DIR/client.pl" <<'END'
use strict;
use warnings;
my ($b, $who, $seconds) = @ARGV;
my ($d, $as) = ("$b/d$who", "$b/.as/le64/d$who");
my $end = time + $seconds;
mkdir $d or die "$d: $!";
for (0 .. 9) { open(my $f, '>', "$d/f$_") or die $!; print $f "1\n" }
if (fork == 0) {
	while (time < $end) {
		opendir(my $h, $d) or die $!;
		stat "$d/$_" for readdir $h;
	}
	exit 0;
}
while (time < $end) {
	for (0 .. 9) {
		chmod 0600, "$as/f$_" or die $!;
		rename "$as/f$_", "$as/g" or die $!;
		rename "$as/g", "$as/f$_" or die $!;
		link "$as/f$_", "$as/h" or die $!;
		unlink "$as/h" or die $!;
	}
}
wait;
END
if [ "$(id -u)" = 0 ]; then
	mkdir "$DIR/other" "$MNT/bitmaps/inside"
	mount --bind "$DIR/other" "$MNT/bitmaps/inside" || skip "no bind mounts"
fi
pids=()
for ((i = 0; i < clients; i++)); do
	taskset -c "$cpu" timeout -k 1 40 perl "$DIR/client.pl" \
		"$MNT/bitmaps" "$i" "$seconds" &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid" || fail "a client failed, or hung"
done
if [ "$(id -u)" = 0 ]; then
	umount "$MNT/bitmaps/inside" || fail "what was mounted inside is gone"
fi

unmount_store
check_store
