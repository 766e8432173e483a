#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Many wait for syncs at once, and each of them is told: replies come from the
# thread on which requests arrive and from workers, all into one ring.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require perl
mount_store

clients=16 syncs=8000
sanitized && syncs=200
cat >"$DIR/client.pl" <<'END'
use strict;
use warnings;
use IO::Handle;
my ($path, $n) = @ARGV;
open(my $f, '>>', $path) or die "$path: $!\n";
for my $i (1 .. $n) {
	syswrite($f, "$i\n") or die "$path: $!\n";
	$f->sync or die "$path: $!\n";
	next if $i % 16;
	close $f or die "$path: $!\n";
	open($f, '>>', $path) or die "$path: $!\n";
}
END
pids=()
for ((i = 0; i < clients; i++)); do
	timeout 60 perl "$DIR/client.pl" "$MNT/bitmaps/$i" "$syncs" &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid" || fail "a client was not told, or an error"
done
seq "$syncs" >"$DIR/want"
for ((i = 0; i < clients; i++)); do
	expect_same "$MNT/bitmaps/$i" "$DIR/want"
done
unmount_store
check_store
